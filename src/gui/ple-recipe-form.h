/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "project/ple-recipe.h"

G_BEGIN_DECLS

/**
 * PleRecipeForm:
 *
 * A form over a #PleRecipe, made from the parameter tables: a row per setting, the advanced ones
 * folded away. A value that the table refuses stays in its field, marked, with the reason as a
 * tooltip, and the recipe keeps the old one.
 */
#define PLE_TYPE_RECIPE_FORM (ple_recipe_form_get_type ())
G_DECLARE_FINAL_TYPE (PleRecipeForm, ple_recipe_form, PLE, RECIPE_FORM, GtkBox)

GtkWidget *ple_recipe_form_new (void);
/* @recipe: (nullable) */
void ple_recipe_form_set_recipe (PleRecipeForm *form, PleRecipe *recipe);

/**
 * ple_recipe_form_set_models:
 * @form: a form
 * @folders: (array zero-terminated=1): models on this computer, absolute paths
 * @titles: (array zero-terminated=1): as many
 * @best: (nullable): the folder that "the best on this computer" is
 *
 * What can be chosen beside the models that need no files. Kept until the next call; the same lists
 * again change nothing.
 */
void ple_recipe_form_set_models (PleRecipeForm *form,
                                 const char *const *folders,
                                 const char *const *titles,
                                 const char *best);

G_END_DECLS
