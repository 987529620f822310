/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What --model names: a row of the table of models, or a folder that the store of models finds. */
#include "config.h"

#include "cli/ple-cli-data.h"
#include "cli/ple-cli.h"
#include "features/ple-model-store.h"

#include <glib/gi18n.h>
#include <string.h>

/* Names that the original repositories have for what the hub calls otherwise. */
static const struct
{
  const char *name;
  const char *repository;
} other_names[] = {
  { "dinov2_vits14", "facebook/dinov2-small" },
  { "dinov2_vitb14", "facebook/dinov2-base" },
  { "dinov2_vitl14", "facebook/dinov2-large" },
  { "dinov2_vitg14", "facebook/dinov2-giant" },
  { "dinov2_vits14_reg", "facebook/dinov2-with-registers-small" },
  { "dinov2_vitb14_reg", "facebook/dinov2-with-registers-base" },
  { "dinov2_vitl14_reg", "facebook/dinov2-with-registers-large" },
  { "dinov2_vitg14_reg", "facebook/dinov2-with-registers-giant" },
  { "ViT-B/32", "openai/clip-vit-base-patch32" },
  { "ViT-B/16", "openai/clip-vit-base-patch16" },
  { "ViT-L/14", "openai/clip-vit-large-patch14" },
  { "ViT-L/14@336px", "openai/clip-vit-large-patch14-336" },
};

/* A family of which one is named by an option of its own; and what the hub calls it. (transfer
 * full) */
static char *
narrow_down (PleCli *cli, const char *name)
{
  static const struct
  {
    const char *family;
    const char *option;
  } options[] = { { "dinov2", "dinov2_model" }, { "clip", "clip_model" } };
  g_autofree char *chosen = g_strdup (name);

  for (size_t i = 0; i < G_N_ELEMENTS (options); i++)
    if (strcmp (options[i].family, name) == 0 && cli->options != NULL &&
        ple_param_find (ple_params_get_table (cli->options), options[i].option) != NULL &&
        ple_cli_is_given (cli, options[i].option))
      {
        g_free (chosen);
        chosen = ple_params_get (cli->options, options[i].option);
      }
  for (size_t i = 0; i < G_N_ELEMENTS (other_names); i++)
    if (strcmp (other_names[i].name, chosen) == 0)
      return g_strdup (other_names[i].repository);
  return g_steal_pointer (&chosen);
}

/* What can be taken instead. */
static void
add_alternatives (const GError *inner, GError **error)
{
  g_autoptr (GString) ids = g_string_new (NULL);

  for (const PleModel *const *model = ple_models_list (); *model != NULL; model++)
    g_string_append_printf (ids, "%s%s", ids->len > 0 ? ", " : "", (*model)->id);
  g_set_error (error, inner->domain, inner->code, _ ("%s (without any files there are: %s)"),
               inner->message, ids->str);
}

char *
ple_cli_resolve_model (PleCli *cli, const char *name, GError **error)
{
  g_autoptr (PleModelStore) store = NULL;
  g_autoptr (PleModelFolder) folder = NULL;
  g_autoptr (GError) inner = NULL;
  g_autofree char *chosen = NULL;

  if (g_path_is_absolute (name) || ple_model_find (name, NULL) == NULL)
    {
      store = ple_model_store_new (cli->environment);
      chosen = narrow_down (cli, name);
      folder = ple_model_store_resolve (store, chosen, &inner);
      if (folder == NULL)
        add_alternatives (inner, error);
      return folder != NULL ? g_strdup (folder->path) : NULL;
    }
  if (strcmp (name, "auto") != 0)
    return g_strdup (name);
  store = ple_model_store_new (cli->environment);
  folder = ple_model_store_find_best (store);
  return g_strdup (folder != NULL ? folder->path : name);
}
