/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options of the seeds' programs that no table of this version has. */
#include "config.h"

#include "cli/ple-cli.h"

#include "base/ple-text.h"

#include <glib/gi18n.h>

#define OF_ANOTHER_METHOD N_ ("it belongs to a method that is not used here")
#define OF_ANOTHER_MODEL N_ ("it belongs to features that are not used here")

/* clang-format off */
static const struct
{
  const char *name;
  PleSeedOption kind;
  gboolean takes_value;
  const char *reason;
} options[] = {
  { "distill_dataset",        PLE_SEED_OPTION_LATER, FALSE, NULL },
  { "images_per_class",       PLE_SEED_OPTION_LATER, TRUE,  NULL },
  { "distill_epochs",         PLE_SEED_OPTION_LATER, TRUE,  NULL },
  { "distill_lr",             PLE_SEED_OPTION_LATER, TRUE,  NULL },
  { "inner_epochs",           PLE_SEED_OPTION_LATER, TRUE,  NULL },
  { "evaluate_distilled",     PLE_SEED_OPTION_LATER, FALSE, NULL },
  { "selection_strategy",     PLE_SEED_OPTION_LATER, TRUE,  NULL },
  { "hyperparam_search",      PLE_SEED_OPTION_LATER, FALSE, NULL },
  { "search_method",          PLE_SEED_OPTION_LATER, TRUE,  NULL },
  { "search_trials",          PLE_SEED_OPTION_LATER, TRUE,  NULL },
  { "search_epochs",          PLE_SEED_OPTION_LATER, TRUE,  NULL },
  { "search_metric",          PLE_SEED_OPTION_LATER, TRUE,  NULL },
  { "search_seed",            PLE_SEED_OPTION_LATER, TRUE,  NULL },
  { "show_plots",             PLE_SEED_OPTION_NO_EFFECT, FALSE, N_ ("figures are written to files; the program pleiades shows them") },
  { "dinov2_model",           PLE_SEED_OPTION_NO_EFFECT, TRUE,  OF_ANOTHER_MODEL },
  { "clip_model",             PLE_SEED_OPTION_NO_EFFECT, TRUE,  OF_ANOTHER_MODEL },
  { "feature_batch_size",     PLE_SEED_OPTION_NO_EFFECT, TRUE,  OF_ANOTHER_MODEL },
  { "batch_size",             PLE_SEED_OPTION_NO_EFFECT, TRUE,  OF_ANOTHER_METHOD },
  { "num_epochs",             PLE_SEED_OPTION_NO_EFFECT, TRUE,  OF_ANOTHER_METHOD },
  { "learning_rate",          PLE_SEED_OPTION_NO_EFFECT, TRUE,  OF_ANOTHER_METHOD },
  { "temperature",            PLE_SEED_OPTION_NO_EFFECT, TRUE,  OF_ANOTHER_METHOD },
  { "hidden_dim",             PLE_SEED_OPTION_NO_EFFECT, TRUE,  OF_ANOTHER_METHOD },
  { "projection_dim",         PLE_SEED_OPTION_NO_EFFECT, TRUE,  OF_ANOTHER_METHOD },
  { "use_sinkhorn",           PLE_SEED_OPTION_NO_EFFECT, FALSE, OF_ANOTHER_METHOD },
  { "no_sinkhorn",            PLE_SEED_OPTION_NO_EFFECT, FALSE, OF_ANOTHER_METHOD },
  { "cludi_embedding_dim",    PLE_SEED_OPTION_NO_EFFECT, TRUE,  OF_ANOTHER_METHOD },
  { "cludi_diffusion_steps",  PLE_SEED_OPTION_NO_EFFECT, TRUE,  OF_ANOTHER_METHOD },
  { "cludi_batch_diffusion",  PLE_SEED_OPTION_NO_EFFECT, TRUE,  OF_ANOTHER_METHOD },
  { "cludi_rescaling_factor", PLE_SEED_OPTION_NO_EFFECT, TRUE,  OF_ANOTHER_METHOD },
  { "cludi_ce_lambda",        PLE_SEED_OPTION_NO_EFFECT, TRUE,  OF_ANOTHER_METHOD },
  { "cludi_use_v_prediction", PLE_SEED_OPTION_NO_EFFECT, FALSE, OF_ANOTHER_METHOD },
  { "cludi_warmup_epochs",    PLE_SEED_OPTION_NO_EFFECT, TRUE,  OF_ANOTHER_METHOD },
};
/* clang-format on */

PleSeedOption
ple_cli_find_seed_option (const char *name, gboolean *takes_value, const char **reason)
{
  for (size_t i = 0; i < G_N_ELEMENTS (options); i++)
    if (ple_name_equal (options[i].name, name))
      {
        *takes_value = options[i].takes_value;
        *reason = options[i].reason;
        return options[i].kind;
      }
  return PLE_SEED_OPTION_NONE;
}
