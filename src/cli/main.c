/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/ple-cli.h"
#include "features/ple-model-store.h"
#include "linalg/ple-linalg.h"

#include <glib-unix.h>
#include <glib/gi18n.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const PleCommand *const commands[] = {
  &ple_command_run,
  &ple_command_features,
  &ple_command_cluster,
  &ple_command_embed,
  &ple_command_knn,
  &ple_command_evaluate,
  &ple_command_probe,
  &ple_command_name_clusters,
  &ple_command_analyze,
  &ple_command_pseudo_label,
  &ple_command_export,
  &ple_command_sample,
  &ple_command_info,
  &ple_command_methods,
  &ple_command_models,
  &ple_command_datasets,
  NULL,
};

/* Commands of later versions, so that asking for one is not answered by "no such command". */
static const char *const later_commands[] = { "search", "choose-k", NULL };

typedef struct
{
  PleProgress *progress;
  guint n_signals;
} Watch;

/* The first signal cancels the work, the second ends the program. */
static gboolean
on_signal (gpointer data)
{
  Watch *watch = data;

  if (watch->n_signals++ > 0)
    _exit (PLE_CLI_EXIT_CANCELLED);
  ple_progress_cancel (watch->progress);
  return G_SOURCE_CONTINUE;
}

static gpointer
run_watch (gpointer data)
{
  GMainContext *context = data;

  for (;;)
    g_main_context_iteration (context, TRUE);
  return NULL;
}

/* SIGINT and SIGTERM are looked at on a thread of their own, which lives as long as the program.
 * GLib's handler is used, not a blocked signal: OpenBLAS starts threads before main() that would
 * not block it. */
static void
watch_signals (PleProgress *progress)
{
  static const int numbers[] = { SIGINT, SIGTERM };
  GMainContext *context = g_main_context_new ();
  Watch *watch = g_new0 (Watch, 1);

  watch->progress = ple_progress_ref (progress);
  for (size_t i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      g_autoptr (GSource) source = g_unix_signal_source_new (numbers[i]);

      g_source_set_callback (source, on_signal, watch, NULL);
      g_source_attach (source, context);
    }
  g_thread_unref (g_thread_new ("signals", run_watch, context));
}

static int
exit_code (const GError *error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return PLE_CLI_EXIT_CANCELLED;
  if (error->domain == PLE_CLI_ERROR || error->domain == PLE_PARAM_ERROR)
    return PLE_CLI_EXIT_USAGE;
  if (g_error_matches (error, PLE_MODEL_STORE_ERROR, PLE_MODEL_STORE_ERROR_UNKNOWN))
    return PLE_CLI_EXIT_USAGE;
  return PLE_CLI_EXIT_FAILED;
}

static int
complain (const PleCli *cli, const GError *error)
{
  const PleCommand *command = cli->command;
  int code = exit_code (error);

  if (code == PLE_CLI_EXIT_CANCELLED)
    ple_cli_note (cli->resumes || strcmp (command->name, "run") == 0
                      ? _ ("cancelled; what is finished was kept, the same command continues there")
                  : command == &ple_command_models || command == &ple_command_datasets
                      ? _ ("cancelled; what has arrived was kept, the same command continues there")
                      : _ ("cancelled; nothing was written"));
  else
    fprintf (stderr, "pleiades-cli %s: %s\n", command->name, error->message);
  if (code == PLE_CLI_EXIT_USAGE)
    fprintf (stderr, _ ("See pleiades-cli %s --help\n"), command->name);
  return code;
}

static gboolean
run_command (PleCli *cli, GError **error)
{
  const PleCommonOptions *common = ple_params_get_struct (cli->common);
  PleCliDisplay *display = ple_cli_display_new ((PleCliProgressStyle) common->progress);
  gboolean ok;

  cli->progress = ple_cli_display_start (display, (guint) common->threads);
  watch_signals (cli->progress);
  ok = cli->command->run (cli, error);
  ple_cli_display_free (display);
  return ok;
}

static int
start (const PleCommand *command, int argc, char **argv, const PleEnvironment *environment)
{
  PleCli cli = { .command = command, .environment = environment };
  g_autoptr (GError) error = NULL;
  gboolean help;
  int code = PLE_CLI_EXIT_DONE;

  if (!ple_cli_parse (&cli, argc, argv, &help, &error))
    code = complain (&cli, error);
  else if (help)
    {
      g_autofree char *text = ple_cli_help (command);

      fputs (text, stdout);
    }
  else if (!run_command (&cli, &error))
    code = complain (&cli, error);
  if (code == PLE_CLI_EXIT_DONE && (fflush (stdout) != 0 || ferror (stdout)))
    {
      ple_cli_note (_ ("cannot write to standard output"));
      code = PLE_CLI_EXIT_FAILED;
    }
  ple_cli_clear (&cli);
  return code;
}

static int
print_overview (FILE *stream, int code)
{
  g_autofree char *text = ple_cli_overview (commands);

  fputs (text, stream);
  return code;
}

int
main (int argc, char **argv)
{
  g_autofree char *data_dir = NULL;
  g_autofree char *cache_dir = NULL;
  g_autofree char *hub_dir = NULL;
  PleEnvironment environment = { 0 };
  const char *name = argc > 1 ? argv[1] : "";

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, PLE_LOCALE_DIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  signal (SIGPIPE, SIG_IGN);
  ple_linalg_init ();
  data_dir = g_build_filename (g_get_user_data_dir (), "pleiades", NULL);
  cache_dir = g_build_filename (g_get_user_cache_dir (), "pleiades", NULL);
  environment.data_dir = data_dir;
  environment.cache_dir = cache_dir;
  hub_dir = ple_environment_build_hub_dir (g_getenv ("HF_HUB_CACHE"), g_getenv ("HF_HOME"));
  environment.hub_dir = hub_dir;
  environment.hub_address = g_getenv ("HF_ENDPOINT");
  environment.hub_token = g_getenv ("HF_TOKEN");

  if (strcmp (name, "--version") == 0)
    {
      printf ("pleiades-cli %s\n", PLE_VERSION);
      return PLE_CLI_EXIT_DONE;
    }
  if (strcmp (name, "--help") == 0 || strcmp (name, "-h") == 0)
    return print_overview (stdout, PLE_CLI_EXIT_DONE);
  if (*name == '\0')
    return print_overview (stderr, PLE_CLI_EXIT_USAGE);
  for (size_t i = 0; commands[i] != NULL; i++)
    if (strcmp (commands[i]->name, name) == 0)
      return start (commands[i], argc - 2, argv + 2, &environment);
  if (g_strv_contains (later_commands, name))
    ple_cli_note (_ ("%s is not in this version"), name);
  else
    ple_cli_note (_ ("there is no command \"%s\"; pleiades-cli --help lists them"), name);
  return PLE_CLI_EXIT_USAGE;
}
