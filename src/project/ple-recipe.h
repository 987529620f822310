/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-param.h"
#include "cluster/ple-method.h"
#include "dataset/ple-dataset.h"
#include "embed/ple-embedding.h"
#include "features/ple-model.h"

G_BEGIN_DECLS

/**
 * PleRecipe:
 *
 * All settings of a run: a table of its own (model, method, preset, embedding, seed, k_samples,
 * ...) and the tables of the chosen model, method and embedding. The window's import sheet, the
 * command line and config.json are three faces of it. Emits "changed" (detail: the name) and
 * "tables-changed" when a choice brings another table.
 */
#define PLE_TYPE_RECIPE (ple_recipe_get_type ())
G_DECLARE_FINAL_TYPE (PleRecipe, ple_recipe, PLE, RECIPE, GObject)

typedef enum
{
  PLE_RECIPE_RUN, /* model, method, preset, embedding, seed, k_samples, ... */
  PLE_RECIPE_MODEL,
  PLE_RECIPE_METHOD,
  PLE_RECIPE_EMBEDDING,
} PleRecipePart;
#define PLE_RECIPE_N_PARTS 4

PleRecipe *ple_recipe_new (void);
PleRecipe *ple_recipe_copy (PleRecipe *recipe);

/**
 * ple_recipe_set:
 * @name: of any part's table; the run's own first, then method, model, embedding. "model.NAME",
 * "method.NAME", "embedding.NAME" name a part outright
 * @value: text, C locale
 *
 * Choosing a model, method or embedding brings its table with its defaults and keeps what has the
 * same name.
 */
gboolean ple_recipe_set (PleRecipe *recipe, const char *name, const char *value, GError **error);
char *ple_recipe_get (PleRecipe *recipe, const char *name);
/* The values of a part; owned by the recipe, replaced when its choice changes. (transfer none) */
PleParams *ple_recipe_get_params (PleRecipe *recipe, PleRecipePart part);
const PleModel *ple_recipe_get_model (PleRecipe *recipe);
const PleMethod *ple_recipe_get_method (PleRecipe *recipe);
const PleEmbedding *ple_recipe_get_embedding (PleRecipe *recipe);
guint64 ple_recipe_get_seed (PleRecipe *recipe);

/* Sets what the data set suggests where nothing was given: num_clusters = classes where known, else
 * sqrt(n / 2), at most 100 (that is a guess: @guessed says so). */
void ple_recipe_adapt (PleRecipe *recipe, PleDataset *dataset, gboolean *guessed);

void ple_recipe_to_json (PleRecipe *recipe, JsonObject *object);
gboolean ple_recipe_from_json (PleRecipe *recipe, JsonObject *object, GError **error);
/* The command line that does the same, for "Copy as command". (transfer full) */
char *ple_recipe_to_command (PleRecipe *recipe, PleDataset *dataset);

G_END_DECLS
