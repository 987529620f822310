/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/ple-cli.h"

#include "base/ple-error.h"
#include "project/ple-pipeline.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>

typedef struct
{
  char *project;
  char *run;
  char *kind;
  char *output;
} ExportOptions;

/* clang-format off */
static const PleParam export_params[] = {
  PLE_STRING (ExportOptions, project, "project", N_("Project"), "",
              .blurb = N_("Project folder, as `run` prints it and the window shows it.")),
  PLE_STRING (ExportOptions, run, "run", N_("Run"), "",
              .blurb = N_("Key of the run; without it the one shown last.")),
  PLE_STRING (ExportOptions, kind, "kind", N_("Kind"), "csv",
              .blurb = N_("One of: csv, mapping, json, grid-png, map-png, map-svg, map-pdf, folders, links.")),
  PLE_STRING (ExportOptions, output, "output", N_("Output"), "",
              .blurb = N_("File or folder to write.")),
  PLE_PARAM_END
};
/* clang-format on */

/* The run named, or the one shown last, or the newest. (transfer full) */
static char *
choose_run (const ExportOptions *options, PleProject *project, GError **error)
{
  g_auto (GStrv) runs = ple_project_list_runs (project);
  guint n = g_strv_length (runs);
  const char *current = ple_project_get_current_run (project);

  if (*options->run != '\0')
    return g_strdup (options->run);
  if (g_strv_contains ((const char *const *) runs, current))
    return g_strdup (current);
  if (n > 0)
    return g_strdup (runs[n - 1]);
  g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_EMPTY, _ ("%s: no run is finished there"),
               options->project);
  return NULL;
}

static gboolean
check_kind (const char *kind, GError **error)
{
  g_autofree char *known = NULL;

  if (g_strv_contains (ple_export_kinds (), kind))
    return TRUE;
  known = g_strjoinv (", ", (char **) ple_export_kinds ());
  g_set_error (error, PLE_CLI_ERROR, PLE_CLI_ERROR_USAGE, _ ("kind: \"%s\" is not one of: %s"),
               kind, known);
  return FALSE;
}

static gboolean
run_export (PleCli *cli, GError **error)
{
  const ExportOptions *options = ple_cli_get_options (cli);
  g_auto (PleCliClock) clock = ple_cli_clock_start ();
  g_autoptr (PleProject) project = NULL;
  g_autoptr (PleRun) run = NULL;
  g_autoptr (PleCuration) curation = NULL;
  g_autoptr (JsonObject) object = json_object_new ();
  g_autofree char *key = NULL;
  g_autofree char *journal = NULL;

  if (!ple_cli_require (cli, "project", error) || !ple_cli_require (cli, "output", error) ||
      !check_kind (options->kind, error))
    return FALSE;
  project = ple_project_open (options->project, cli->environment, cli->progress, error);
  key = project != NULL ? choose_run (options, project, error) : NULL;
  run = key != NULL ? ple_run_load (ple_project_get_path (project),
                                    ple_project_get_dataset (project), key, error)
                    : NULL;
  if (run == NULL)
    return FALSE;
  journal = ple_project_build_path (project, "curation.db", NULL);
  curation = ple_curation_open (journal, run->key, run->labels, run->n_clusters, error);
  if (curation == NULL)
    return FALSE;
  ple_cli_clock_mark (&clock, "open");
  if (!ple_export (ple_project_get_dataset (project), run, curation, options->kind, options->output,
                   cli->progress, error))
    return FALSE;
  ple_cli_clock_mark (&clock, "export");
  json_object_set_string_member (object, "command", "export");
  json_object_set_string_member (object, "kind", options->kind);
  json_object_set_string_member (object, "output", options->output);
  json_object_set_string_member (object, "run", run->key);
  ple_cli_clock_finish (&clock, object);
  if (ple_cli_wants_json (cli))
    ple_cli_print_json (object);
  else
    printf ("%s\n", options->output);
  return TRUE;
}

const PleCommand ple_command_export = {
  .name = "export",
  .arguments = "--project DIR --kind KIND --output PATH [OPTION…]",
  .summary = N_ ("what the window exports, the same bytes"),
  .params = export_params,
  .params_size = sizeof (ExportOptions),
  .run = run_export,
};
