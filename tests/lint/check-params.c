/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Walks every parameter table of the program: names, ranges, defaults, choices, aliases, presets,
 * conditions. */
#include "config.h"

#include "cluster/ple-method.h"
#include "embed/ple-embedding.h"
#include "features/ple-model.h"
#include "project/ple-recipe.h"

#include <stdio.h>
#include <string.h>

static guint n_wrong;

static void
wrong (const char *table, const char *entry, const char *what)
{
  printf ("%s: %s: %s\n", table, entry, what);
  n_wrong++;
}

static void
check_choices (const char *table, const PleParam *entry)
{
  gboolean has_default = FALSE;

  if (entry->choices == NULL || entry->choices[0].nick == NULL)
    {
      wrong (table, entry->name, "no choices");
      return;
    }
  for (const PleParamChoice *choice = entry->choices; choice->nick != NULL; choice++)
    {
      has_default |= choice->value == (int) entry->default_number;
      if (choice->label == NULL)
        wrong (table, entry->name, "a choice without a label");
    }
  if (!has_default)
    wrong (table, entry->name, "the default is none of the choices");
}

static void
check_number (const char *table, const PleParam *entry)
{
  gboolean automatic = (entry->flags & PLE_PARAM_ZERO_IS_AUTO) != 0;

  if (entry->min > entry->max)
    wrong (table, entry->name, "empty range");
  if (entry->ui_min > entry->ui_max)
    wrong (table, entry->name, "empty range of the slider");
  if (!(automatic && entry->default_number == 0) &&
      (entry->default_number < entry->min || entry->default_number > entry->max))
    wrong (table, entry->name, "the default is out of range");
}

static void
check_table (const char *table, const PleParam *params, size_t size, const PlePreset *presets)
{
  g_autoptr (PleParams) values = ple_params_new (params, size);

  for (const PleParam *entry = params; entry->name != NULL; entry++)
    {
      if (strspn (entry->name, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen (entry->name))
        wrong (table, entry->name, "the name is not lower case with '_'");
      if (entry->label == NULL || entry->blurb == NULL)
        wrong (table, entry->name, "no label or no blurb");
      if (ple_param_find (params, entry->name) != entry)
        wrong (table, entry->name, "the name stands twice");
      if (entry->offset >= size)
        wrong (table, entry->name, "the offset lies outside the struct");
      if (entry->type == PLE_PARAM_ENUM)
        check_choices (table, entry);
      else if (entry->type != PLE_PARAM_STRING && entry->type != PLE_PARAM_BOOL)
        check_number (table, entry);
      if (entry->only_when != NULL)
        {
          const char *equals = strchr (entry->only_when, '=');
          g_autofree char *name =
              equals != NULL ? g_strndup (entry->only_when, (size_t) (equals - entry->only_when))
                             : NULL;

          if (name == NULL || ple_param_find (params, name) == NULL)
            wrong (table, entry->name, "its condition names no setting");
        }
    }
  for (const PlePreset *preset = presets; preset != NULL && preset->id != NULL; preset++)
    {
      g_autoptr (GError) error = NULL;

      if (!ple_params_apply_preset (values, presets, preset->id, &error))
        wrong (table, preset->id, error->message);
    }
}

int
main (void)
{
  for (const PleModel *const *model = ple_models_list (); *model != NULL; model++)
    check_table ((*model)->id, (*model)->params, (*model)->params_size, NULL);
  for (const PleMethod *const *method = ple_methods_list (); *method != NULL; method++)
    {
      check_table ((*method)->id, (*method)->params, (*method)->params_size, (*method)->presets);
      if (ple_param_find ((*method)->params, "num_clusters") == NULL)
        wrong ((*method)->id, "num_clusters", "missing");
    }
  for (const PleEmbedding *const *row = ple_embeddings_list (); *row != NULL; row++)
    check_table ((*row)->id, (*row)->params, (*row)->params_size, NULL);
  check_table ("run", ple_recipe_get_run_table (), sizeof (PleRunSettings), NULL);
  return n_wrong > 0;
}
