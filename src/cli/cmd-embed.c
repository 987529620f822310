/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/ple-cli.h"
#include "linalg/ple-array-file.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>

typedef struct
{
  char *features;
  char *output;
} EmbedOptions;

/* clang-format off */
static const PleParam embed_params[] = {
  PLE_STRING (EmbedOptions, features, "features", N_("Features"), "",
              .blurb = N_("Vectors to lay out: .npy, .npz or .csv, one row each.")),
  PLE_STRING (EmbedOptions, output, "output", N_("Output"), "",
              .blurb = N_("File for the coordinates: .npy, (n, 2) float32.")),
  PLE_PARAM_END
};
/* clang-format on */

static void
report (PleCli *cli,
        const EmbedOptions *options,
        PleMatrix *xy,
        JsonObject *quality,
        PleCliClock *clock)
{
  g_autoptr (JsonObject) object = json_object_new ();
  const char *id = ple_recipe_get_embedding (cli->recipe)->id;

  if (!ple_cli_wants_json (cli))
    {
      printf (_ ("%s: %zu points by %s\n"), options->output, xy->n_rows, id);
      return;
    }
  json_object_set_string_member (object, "command", "embed");
  json_object_set_string_member (object, "method", id);
  json_object_set_string_member (object, "output", options->output);
  json_object_set_int_member (object, "num_samples", (gint64) xy->n_rows);
  json_object_set_object_member (object, "quality", json_object_ref (quality));
  ple_cli_clock_finish (clock, object);
  ple_cli_print_json (object);
}

static gboolean
run_embed (PleCli *cli, GError **error)
{
  const EmbedOptions *options = ple_cli_get_options (cli);
  g_auto (PleCliClock) clock = ple_cli_clock_start ();
  const PleEmbedding *embedding = ple_recipe_get_embedding (cli->recipe);
  PleParams *params = ple_recipe_get_params (cli->recipe, PLE_RECIPE_EMBEDDING);
  g_autoptr (JsonObject) quality = json_object_new ();
  g_autoptr (PleMatrix) features = NULL;
  g_autoptr (PleMatrix) xy = NULL;

  if (!ple_cli_require (cli, "features", error) || !ple_cli_require (cli, "output", error))
    return FALSE;
  if (embedding == NULL)
    {
      g_set_error (error, PLE_CLI_ERROR, PLE_CLI_ERROR_USAGE, _ ("--method none lays out nothing"));
      return FALSE;
    }
  features = ple_features_read (options->features, error);
  if (features == NULL || !ple_matrix_check_finite (features, options->features, error))
    return FALSE;
  ple_cli_clock_mark (&clock, "read");
  xy = embedding->run (features, ple_params_get_struct (params), ple_recipe_get_seed (cli->recipe),
                       quality, cli->progress, error);
  if (xy == NULL)
    return FALSE;
  ple_cli_clock_mark (&clock, "embed");
  if (!ple_npy_write_matrix (options->output, xy, error))
    return FALSE;
  ple_cli_clock_mark (&clock, "write");
  report (cli, options, xy, quality, &clock);
  return TRUE;
}

static const char *const recipe_names[] = { "embedding", "seed", NULL };

const PleCommand ple_command_embed = {
  .name = "embed",
  .arguments = "--method NAME --features FILE --output FILE.npy [OPTION…]",
  .summary = N_ ("feature vectors to the plane"),
  .params = embed_params,
  .params_size = sizeof (EmbedOptions),
  .recipe_names = recipe_names,
  .recipe_parts = 1u << PLE_RECIPE_EMBEDDING,
  .method_is = "embedding",
  .run = run_embed,
};
