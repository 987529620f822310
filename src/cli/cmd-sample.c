/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cli/ple-cli.h"
#include "dataset/ple-sample.h"

#include <glib/gi18n.h>
#include <stdio.h>

typedef struct
{
  char *output;
  int images;
  gint64 seed;
} SampleOptions;

/* clang-format off */
static const PleParam sample_params[] = {
  PLE_STRING (SampleOptions, output, "output", N_("Output"), "",
              .blurb = N_("Folder to make: train/CLASS/NNNN.png and test/CLASS/NNNN.png.")),
  PLE_INT    (SampleOptions, images, "images", N_("Pictures"), PLE_SAMPLE_DEFAULT_ITEMS, 1, PLE_SAMPLE_MAX_ITEMS,
              .blurb = N_("Pictures in all, of 12 classes.")),
  PLE_INT64  (SampleOptions, seed, "seed", N_("Seed"), 1, 0, 9007199254740991.0,
              .blurb = N_("Of the drawings.")),
  PLE_PARAM_END
};
/* clang-format on */

static gboolean
run_sample (PleCli *cli, GError **error)
{
  const SampleOptions *options = ple_cli_get_options (cli);
  g_auto (PleCliClock) clock = ple_cli_clock_start ();
  g_autoptr (JsonObject) object = json_object_new ();

  if (!ple_cli_require (cli, "output", error) ||
      !ple_sample_write (options->output, (size_t) options->images, (guint64) options->seed,
                         cli->progress, error))
    return FALSE;
  ple_cli_clock_mark (&clock, "draw");
  json_object_set_string_member (object, "command", "sample");
  json_object_set_string_member (object, "output", options->output);
  json_object_set_int_member (object, "num_samples", options->images);
  ple_cli_clock_finish (&clock, object);
  if (ple_cli_wants_json (cli))
    ple_cli_print_json (object);
  else
    printf (_ ("%s: %d pictures\n"), options->output, options->images);
  return TRUE;
}

const PleCommand ple_command_sample = {
  .name = "sample",
  .arguments = "--output DIR [OPTION…]",
  .summary = N_ ("writes the built-in sample set"),
  .params = sample_params,
  .params_size = sizeof (SampleOptions),
  .run = run_sample,
};
