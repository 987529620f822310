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
 *
 * Not thread-safe: hand a worker a ple_recipe_copy().
 */
#define PLE_TYPE_RECIPE (ple_recipe_get_type ())
G_DECLARE_FINAL_TYPE (PleRecipe, ple_recipe, PLE, RECIPE, GObject)

typedef enum
{
  PLE_RECIPE_RUN, /* PleRunSettings */
  PLE_RECIPE_MODEL,
  PLE_RECIPE_METHOD,
  PLE_RECIPE_EMBEDDING,
} PleRecipePart;
#define PLE_RECIPE_N_PARTS 4

/**
 * PleRunSettings:
 * @model: id, "auto" for the best that needs no files, or the folder of a vision model
 * @method: id
 * @preset: of the method; a method without that preset follows its first
 * @embedding: id, "none" for no map
 * @seed: of all that is random
 * @k_samples: members of a cluster that vote for its pseudo-label
 * @load_features: file, folder or stem with vectors of all items, instead of the model; "" for none
 * @resume_from: checkpoint (file or folder of them) that training continues from; "" for none
 * @checkpoint_dir: where checkpoints are kept while training; "" for the project
 *
 * The struct behind ple_recipe_get_params() of %PLE_RECIPE_RUN.
 */
typedef struct
{
  char *model;
  char *method;
  char *preset;
  char *embedding;
  gint64 seed;
  int k_samples;
  char *load_features;
  char *resume_from;
  char *checkpoint_dir;
} PleRunSettings;

PleRecipe *ple_recipe_new (void);
PleRecipe *ple_recipe_copy (PleRecipe *recipe);

/* The run's own table, for --help and the README. */
const PleParam *ple_recipe_get_run_table (void);

/**
 * ple_recipe_set:
 * @name: of any part's table; the run's own first, then method, model, embedding. "model.NAME",
 * "method.NAME", "embedding.NAME" name a part outright
 * @value: text, C locale
 *
 * Choosing a model, method or embedding brings its table with its defaults and keeps what has the
 * same name and was given. A failed call changes nothing.
 */
gboolean ple_recipe_set (PleRecipe *recipe, const char *name, const char *value, GError **error);
/* (transfer full) (nullable): %NULL if no part has that name */
char *ple_recipe_get (PleRecipe *recipe, const char *name);
/* The values of a part; owned by the recipe, replaced when its choice changes. (transfer none)
 * (nullable): %NULL for the embedding "none" and for a part of which this build has nothing */
PleParams *ple_recipe_get_params (PleRecipe *recipe, PleRecipePart part);
/* The choices, resolved ("auto" is never returned); %NULL as ple_recipe_get_params() is. */
const PleModel *ple_recipe_get_model (PleRecipe *recipe);
/* What names the model: its id, or the folder of a vision model. */
const char *ple_recipe_get_model_source (PleRecipe *recipe);
const PleMethod *ple_recipe_get_method (PleRecipe *recipe);
const PleEmbedding *ple_recipe_get_embedding (PleRecipe *recipe);
guint64 ple_recipe_get_seed (PleRecipe *recipe);
const PleRunSettings *ple_recipe_get_settings (PleRecipe *recipe);

/**
 * ple_recipe_identify_model:
 * @cache_file: (nullable): remembers sums of files between calls
 *
 * Sets the parameter "weights" of a model that is read from a folder to the hash of its files, so
 * that keys depend on them. Reads the files, unless the cache knows them. Nothing to do for other
 * models.
 *
 * Returns: %FALSE if the folder cannot be read or its files are not those that "weights" names
 */
gboolean ple_recipe_identify_model (PleRecipe *recipe,
                                    const char *cache_file,
                                    PleProgress *progress,
                                    GError **error);

/* Sets what the data set suggests where nothing was given: num_clusters = classes where known, else
 * sqrt(n / 2), at least 2 and at most 100 (that is a guess: @guessed says so). */
void ple_recipe_adapt (PleRecipe *recipe, PleDataset *dataset, gboolean *guessed);

/* One flat object: each member's name is one that ple_recipe_set() takes, the shortest that means
 * this part ("num_clusters"; "embedding.learning_rate" where the method has a learning_rate too).
 */
void ple_recipe_to_json (PleRecipe *recipe, JsonObject *object);
/* Takes the members it knows and leaves others alone. What differs from the presets counts as
 * given. */
gboolean ple_recipe_from_json (PleRecipe *recipe, JsonObject *object, GError **error);
/* The command line that does the same, for "Copy as command". (transfer full) */
char *ple_recipe_to_command (PleRecipe *recipe, PleDataset *dataset);

G_END_DECLS
