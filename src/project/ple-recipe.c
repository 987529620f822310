/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "project/ple-recipe.h"

#include "base/ple-error.h"
#include "base/ple-text.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#define EMBEDDING_NONE "none"
#define GUESS_MAX 100

struct _PleRecipe
{
  GObject parent_instance;
  PleParams *params[PLE_RECIPE_N_PARTS];
  const PleModel *model;
  char *folder; /* of a model that is read from one */
  const PleMethod *method;
  const PleEmbedding *embedding;
  size_t adapted_clusters; /* of ple_recipe_adapt(), 0 before */
};

enum
{
  CHANGED,
  TABLES_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (PleRecipe, ple_recipe, G_TYPE_OBJECT)

/* clang-format off */
static const PleParam run_table[] = {
  PLE_STRING (PleRunSettings, model, "model", N_("Features"), "auto", .aliases = "model_type",
              .blurb = N_("Vision model that describes the pictures; \"auto\" takes the best on this computer.")),
  PLE_STRING (PleRunSettings, method, "method", N_("Method"), "kmeans", .aliases = "clustering_method",
              .blurb = N_("How the pictures are grouped.")),
  PLE_STRING (PleRunSettings, preset, "preset", N_("Preset"), "auto",
              .blurb = N_("Named settings of the method; an option that is given overrides them.")),
  PLE_STRING (PleRunSettings, embedding, "embedding", N_("Map"), "tsne", .aliases = "viz_method",
              .blurb = N_("How the map is laid out; \"none\" for no map.")),
  PLE_INT64  (PleRunSettings, seed, "seed", N_("Seed"), 0, 0, 9007199254740991.0,
              .flags = PLE_PARAM_ADVANCED | PLE_PARAM_NOT_SEARCHED,
              .blurb = N_("Source of all that is random: same seed, same result.")),
  PLE_INT    (PleRunSettings, k_samples, "k_samples", N_("Votes per cluster"), 10, 1, 1000,
              .ui_max = 100, .flags = PLE_PARAM_ADVANCED | PLE_PARAM_NOT_SEARCHED,
              .blurb = N_("Members nearest to the centre that vote for a cluster's label.")),
  PLE_STRING (PleRunSettings, load_features, "load_features", N_("Features from file"), "",
              .flags = PLE_PARAM_HIDDEN | PLE_PARAM_NOT_SEARCHED,
              .blurb = N_("Vectors computed before (.npy, .npz, .csv, or a folder with train_features and test_features) instead of the model's.")),
  PLE_STRING (PleRunSettings, resume_from, "resume_from", N_("Continue from"), "",
              .flags = PLE_PARAM_HIDDEN | PLE_PARAM_NOT_SEARCHED,
              .blurb = N_("Checkpoint, or folder of checkpoints, that training continues from. An interrupted run continues by itself when it is started again.")),
  PLE_STRING (PleRunSettings, checkpoint_dir, "checkpoint_dir", N_("Checkpoints"), "",
              .flags = PLE_PARAM_HIDDEN | PLE_PARAM_NO_EFFECT | PLE_PARAM_NOT_SEARCHED,
              .blurb = N_("Folder for checkpoints while training; without it they lie in the project.")),
  PLE_PARAM_END
};
/* clang-format on */

/* In the order in which a bare name is looked up. */
static const struct
{
  PleRecipePart part;
  const char *prefix;
} lookup_order[] = {
  { PLE_RECIPE_RUN, "run." },
  { PLE_RECIPE_METHOD, "method." },
  { PLE_RECIPE_MODEL, "model." },
  { PLE_RECIPE_EMBEDDING, "embedding." },
};

const PleParam *
ple_recipe_get_run_table (void)
{
  return run_table;
}

const PleRunSettings *
ple_recipe_get_settings (PleRecipe *recipe)
{
  return ple_params_get_struct (recipe->params[PLE_RECIPE_RUN]);
}

static const PlePreset *
find_preset (const PlePreset *presets, const char *id)
{
  for (const PlePreset *preset = presets; preset != NULL && preset->id != NULL; preset++)
    if (ple_name_equal (preset->id, id))
      return preset;
  return NULL;
}

/* Gives the method's values that were not given what preset and data set suggest. */
static void
refresh_method (PleRecipe *recipe)
{
  PleParams *params = recipe->params[PLE_RECIPE_METHOD];
  const PlePreset *preset;
  g_autofree char *settings = NULL;
  g_autofree char *clusters = NULL;
  PlePreset merged[2] = { { "merged", "", NULL }, { NULL, NULL, NULL } };
  g_autoptr (GError) error = NULL;

  if (params == NULL)
    return;
  preset = find_preset (recipe->method->presets, ple_recipe_get_settings (recipe)->preset);
  if (preset == NULL && recipe->method->presets != NULL && recipe->method->presets[0].id != NULL)
    preset = &recipe->method->presets[0];
  if (recipe->adapted_clusters > 0)
    clusters = g_strdup_printf (" num_clusters=%zu", recipe->adapted_clusters);
  settings = g_strconcat (preset != NULL ? preset->settings : "", clusters, NULL);
  merged[0].settings = settings;
  if (!ple_params_apply_preset (params, merged, "merged", &error))
    g_critical ("preset of %s: %s", recipe->method->id, error->message);
}

static void
on_params_changed (PleParams *params, PleRecipe *recipe)
{
  /* The detail is the entry's name, which signal handlers see in the hint only. */
  GSignalInvocationHint *hint = g_signal_get_invocation_hint (params);

  g_signal_emit (recipe, signals[CHANGED], hint != NULL ? hint->detail : 0);
}

/* Puts new values in place of a part's, keeping what was given under the same name. */
static void
replace_part (PleRecipe *recipe, PleRecipePart part, const PleParam *table, size_t struct_size)
{
  g_autoptr (PleParams) old = g_steal_pointer (&recipe->params[part]);
  PleParams *params;

  if (old != NULL)
    g_signal_handlers_disconnect_by_data (old, recipe);
  if (table == NULL)
    return;
  params = ple_params_new (table, struct_size);
  for (const PleParam *entry = table; old != NULL && entry->name != NULL; entry++)
    if (ple_params_is_given (old, entry->name))
      {
        g_autofree char *value = ple_params_get (old, entry->name);

        /* A value beyond the new table's range stays behind. */
        ple_params_set (params, entry->name, value, NULL);
      }
  recipe->params[part] = params;
  g_signal_connect (params, "changed", G_CALLBACK (on_params_changed), recipe);
}

/* Another folder is another model: what is known of the weights does not count any more. */
static void
choose_model (PleRecipe *recipe, const PleModel *model, const char *source)
{
  const char *folder = model != NULL && model->identify != NULL ? source : NULL;

  if (model == recipe->model && g_strcmp0 (folder, recipe->folder) == 0)
    return;
  recipe->model = model;
  g_free (recipe->folder);
  recipe->folder = g_strdup (folder);
  replace_part (recipe, PLE_RECIPE_MODEL, model != NULL ? model->params : NULL,
                model != NULL ? model->params_size : 0);
  if (folder != NULL)
    ple_params_set (recipe->params[PLE_RECIPE_MODEL], PLE_MODEL_WEIGHTS_PARAM, "", NULL);
}

static void
choose_method (PleRecipe *recipe, const PleMethod *method)
{
  if (method == recipe->method)
    return;
  recipe->method = method;
  replace_part (recipe, PLE_RECIPE_METHOD, method != NULL ? method->params : NULL,
                method != NULL ? method->params_size : 0);
  refresh_method (recipe);
}

static void
choose_embedding (PleRecipe *recipe, const PleEmbedding *embedding)
{
  if (embedding == recipe->embedding)
    return;
  recipe->embedding = embedding;
  replace_part (recipe, PLE_RECIPE_EMBEDDING, embedding != NULL ? embedding->params : NULL,
                embedding != NULL ? embedding->params_size : 0);
}

/* A choice in the run's own table brings the table of what was chosen. Values that name nothing
 * were refused by ple_recipe_set(); one that came another way leaves the choice as it is. */
static void
follow_choices (PleRecipe *recipe, PleParams *params)
{
  const PleRunSettings *settings = ple_params_get_struct (params);
  const PleModel *model = ple_model_find (settings->model, NULL);
  const PleMethod *method = ple_method_find (settings->method, NULL);
  const PleEmbedding *embedding = ple_embedding_find (settings->embedding, NULL);
  const char *source = settings->model;
  gboolean other;

  if (model == NULL)
    {
      model = recipe->model;
      source = recipe->folder;
    }
  if (method == NULL)
    method = recipe->method;
  if (embedding == NULL && strcmp (settings->embedding, EMBEDDING_NONE) != 0)
    embedding = recipe->embedding;
  other = model != recipe->model || method != recipe->method || embedding != recipe->embedding;
  choose_model (recipe, model, source);
  choose_method (recipe, method);
  choose_embedding (recipe, embedding);
  if (other)
    g_signal_emit (recipe, signals[TABLES_CHANGED], 0);
}

static void
on_run_changed (PleParams *params, PleRecipe *recipe)
{
  follow_choices (recipe, params);
  refresh_method (recipe);
  on_params_changed (params, recipe);
}

static void
ple_recipe_finalize (GObject *object)
{
  PleRecipe *recipe = PLE_RECIPE (object);

  for (size_t i = 0; i < PLE_RECIPE_N_PARTS; i++)
    {
      if (recipe->params[i] != NULL)
        g_signal_handlers_disconnect_by_data (recipe->params[i], recipe);
      g_clear_object (&recipe->params[i]);
    }
  g_free (recipe->folder);
  G_OBJECT_CLASS (ple_recipe_parent_class)->finalize (object);
}

static void
ple_recipe_class_init (PleRecipeClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = ple_recipe_finalize;
  signals[CHANGED] = g_signal_new ("changed", type, G_SIGNAL_RUN_LAST | G_SIGNAL_DETAILED, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 0);
  signals[TABLES_CHANGED] =
      g_signal_new ("tables-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
ple_recipe_init (PleRecipe *recipe)
{
  PleParams *params = ple_params_new (run_table, sizeof (PleRunSettings));

  recipe->params[PLE_RECIPE_RUN] = params;
  g_signal_connect (params, "changed", G_CALLBACK (on_run_changed), recipe);
  follow_choices (recipe, params);
}

PleRecipe *
ple_recipe_new (void)
{
  return g_object_new (PLE_TYPE_RECIPE, NULL);
}

PleRecipe *
ple_recipe_copy (PleRecipe *recipe)
{
  PleRecipe *copy = ple_recipe_new ();

  copy->model = recipe->model;
  g_free (copy->folder);
  copy->folder = g_strdup (recipe->folder);
  copy->method = recipe->method;
  copy->embedding = recipe->embedding;
  copy->adapted_clusters = recipe->adapted_clusters;
  for (size_t i = 0; i < PLE_RECIPE_N_PARTS; i++)
    {
      if (copy->params[i] != NULL)
        g_signal_handlers_disconnect_by_data (copy->params[i], copy);
      g_clear_object (&copy->params[i]);
      if (recipe->params[i] == NULL)
        continue;
      copy->params[i] = ple_params_copy (recipe->params[i]);
      g_signal_connect (
          copy->params[i], "changed",
          i == PLE_RECIPE_RUN ? G_CALLBACK (on_run_changed) : G_CALLBACK (on_params_changed), copy);
    }
  return copy;
}

/* Which part a name means, and the name within it; NULL if none has it. */
static PleParams *
find_part (PleRecipe *recipe, const char *name, const char **inner)
{
  for (size_t i = 0; i < G_N_ELEMENTS (lookup_order); i++)
    if (g_str_has_prefix (name, lookup_order[i].prefix))
      {
        PleParams *params = recipe->params[lookup_order[i].part];

        *inner = name + strlen (lookup_order[i].prefix);
        return params != NULL && ple_param_find (ple_params_get_table (params), *inner) != NULL
                   ? params
                   : NULL;
      }
  *inner = name;
  for (size_t i = 0; i < G_N_ELEMENTS (lookup_order); i++)
    {
      PleParams *params = recipe->params[lookup_order[i].part];

      if (params != NULL && ple_param_find (ple_params_get_table (params), name) != NULL)
        return params;
    }
  return NULL;
}

static gboolean
check_preset (PleRecipe *recipe, const char *id, GError **error)
{
  g_autoptr (GString) known = NULL;

  if (recipe->method == NULL || strcmp (id, run_table[2].default_string) == 0 ||
      find_preset (recipe->method->presets, id) != NULL)
    return TRUE;
  known = g_string_new (run_table[2].default_string);
  for (const PlePreset *preset = recipe->method->presets; preset != NULL && preset->id != NULL;
       preset++)
    if (!ple_name_equal (preset->id, run_table[2].default_string))
      g_string_append_printf (known, ", %s", preset->id);
  g_set_error (error, PLE_PARAM_ERROR, PLE_PARAM_ERROR_VALUE,
               _ ("preset: the method %s has no \"%s\"; there are: %s"), recipe->method->id, id,
               known->str);
  return FALSE;
}

/* Whether a choice of the run's own table names something. */
static gboolean
check_choice (PleRecipe *recipe, const char *entry, const char *value, GError **error)
{
  if (strcmp (entry, "model") == 0)
    return ple_model_find (value, error) != NULL;
  if (strcmp (entry, "method") == 0)
    return ple_method_find (value, error) != NULL;
  if (strcmp (entry, "embedding") == 0)
    return strcmp (value, EMBEDDING_NONE) == 0 || ple_embedding_find (value, error) != NULL;
  if (strcmp (entry, "preset") == 0)
    return check_preset (recipe, value, error);
  return TRUE;
}

gboolean
ple_recipe_set (PleRecipe *recipe, const char *name, const char *value, GError **error)
{
  const char *inner;
  PleParams *params;

  g_return_val_if_fail (PLE_IS_RECIPE (recipe) && name != NULL && value != NULL, FALSE);
  params = find_part (recipe, name, &inner);
  if (params == NULL)
    {
      g_set_error (error, PLE_PARAM_ERROR, PLE_PARAM_ERROR_UNKNOWN,
                   _ ("there is no setting \"%s\" with features \"%s\", method \"%s\", map \"%s\""),
                   name, recipe->model != NULL ? recipe->model->id : "",
                   recipe->method != NULL ? recipe->method->id : "",
                   recipe->embedding != NULL ? recipe->embedding->id : EMBEDDING_NONE);
      return FALSE;
    }
  if (params == recipe->params[PLE_RECIPE_RUN] &&
      !check_choice (recipe, ple_param_find (run_table, inner)->name, value, error))
    return FALSE;
  return ple_params_set (params, inner, value, error);
}

char *
ple_recipe_get (PleRecipe *recipe, const char *name)
{
  const char *inner;
  PleParams *params = find_part (recipe, name, &inner);

  return params != NULL ? ple_params_get (params, inner) : NULL;
}

PleParams *
ple_recipe_get_params (PleRecipe *recipe, PleRecipePart part)
{
  g_return_val_if_fail ((int) part >= 0 && part < PLE_RECIPE_N_PARTS, NULL);
  return recipe->params[part];
}

const PleModel *
ple_recipe_get_model (PleRecipe *recipe)
{
  return recipe->model;
}

const char *
ple_recipe_get_model_source (PleRecipe *recipe)
{
  if (recipe->folder != NULL)
    return recipe->folder;
  return recipe->model != NULL ? recipe->model->id : NULL;
}

gboolean
ple_recipe_identify_model (PleRecipe *recipe,
                           const char *cache_file,
                           PleProgress *progress,
                           GError **error)
{
  PleParams *params = recipe->params[PLE_RECIPE_MODEL];
  g_autofree char *known = NULL;
  g_autofree char *found = NULL;

  if (recipe->folder == NULL)
    return TRUE;
  found = recipe->model->identify (recipe->folder, cache_file, progress, error);
  if (found == NULL)
    return FALSE;
  known = ple_params_get (params, PLE_MODEL_WEIGHTS_PARAM);
  if (*known != '\0' && strcmp (known, found) != 0)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH,
                   _ ("%s: these are other weights (%.12s) than those asked for (%.12s)"),
                   recipe->folder, found, known);
      return FALSE;
    }
  return ple_params_set (params, PLE_MODEL_WEIGHTS_PARAM, found, error);
}

const PleMethod *
ple_recipe_get_method (PleRecipe *recipe)
{
  return recipe->method;
}

const PleEmbedding *
ple_recipe_get_embedding (PleRecipe *recipe)
{
  return recipe->embedding;
}

guint64
ple_recipe_get_seed (PleRecipe *recipe)
{
  return (guint64) ple_recipe_get_settings (recipe)->seed;
}

void
ple_recipe_adapt (PleRecipe *recipe, PleDataset *dataset, gboolean *guessed)
{
  size_t n_classes = ple_dataset_get_n_classes (dataset);
  double guess = sqrt ((double) ple_dataset_get_n_items (dataset) / 2);

  if (guessed != NULL)
    *guessed = n_classes < 2;
  recipe->adapted_clusters =
      n_classes >= 2 ? n_classes : (size_t) CLAMP (round (guess), 2, GUESS_MAX);
  refresh_method (recipe);
}

/* The shortest name that means this entry of this part. (transfer full) */
static char *
public_name (PleRecipe *recipe, size_t order, const PleParam *entry)
{
  for (size_t i = 0; i < order; i++)
    {
      PleParams *earlier = recipe->params[lookup_order[i].part];

      if (earlier != NULL && ple_param_find (ple_params_get_table (earlier), entry->name) != NULL)
        return g_strconcat (lookup_order[order].prefix, entry->name, NULL);
    }
  return g_strdup (entry->name);
}

void
ple_recipe_to_json (PleRecipe *recipe, JsonObject *object)
{
  for (size_t i = 0; i < G_N_ELEMENTS (lookup_order); i++)
    {
      PleParams *params = recipe->params[lookup_order[i].part];
      g_autoptr (JsonObject) values = json_object_new ();

      if (params == NULL)
        continue;
      ple_params_to_json (params, values);
      for (const PleParam *entry = ple_params_get_table (params); entry->name != NULL; entry++)
        {
          g_autofree char *name = public_name (recipe, i, entry);

          json_object_set_member (object, name, json_object_dup_member (values, entry->name));
        }
    }
  /* What "auto" came to is what the result was made with. */
  if (recipe->model != NULL)
    json_object_set_string_member (object, "model", ple_recipe_get_model_source (recipe));
}

static char *
text_of_node (JsonNode *node)
{
  char buffer[PLE_DOUBLE_BUFFER];
  GType type;

  if (!JSON_NODE_HOLDS_VALUE (node))
    return NULL;
  type = json_node_get_value_type (node);
  if (type == G_TYPE_STRING)
    return g_strdup (json_node_get_string (node));
  if (type == G_TYPE_BOOLEAN)
    return g_strdup (json_node_get_boolean (node) ? "true" : "false");
  if (type == G_TYPE_INT64)
    return g_strdup_printf ("%" G_GINT64_FORMAT, json_node_get_int (node));
  return g_strdup (ple_format_double (json_node_get_double (node), buffer));
}

static gboolean
take_member (PleRecipe *recipe, const char *name, JsonNode *node, GError **error)
{
  g_autofree char *old = ple_recipe_get (recipe, name);
  g_autofree char *text = old != NULL ? text_of_node (node) : NULL;

  return text == NULL || strcmp (old, text) == 0 || ple_recipe_set (recipe, name, text, error);
}

gboolean
ple_recipe_from_json (PleRecipe *recipe, JsonObject *object, GError **error)
{
  /* First, since they bring the tables of the rest. */
  static const char *const choices[] = { "model", "method", "embedding", "preset", NULL };
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  for (size_t i = 0; choices[i] != NULL; i++)
    if (json_object_has_member (object, choices[i]) &&
        !take_member (recipe, choices[i], json_object_get_member (object, choices[i]), error))
      return FALSE;
  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &node))
    if (!g_strv_contains (choices, name) && !take_member (recipe, name, node, error))
      return FALSE;
  return TRUE;
}

static void
append_option (GString *command, const char *name, const char *value)
{
  g_autofree char *quoted = g_shell_quote (value);
  gboolean plain = *value != '\0';

  for (const char *c = value; *c != '\0' && plain; c++)
    plain = g_ascii_isalnum (*c) || strchr ("._-/:+,@%", *c) != NULL;
  g_string_append_printf (command, " --%s %s", name, plain ? value : quoted);
}

char *
ple_recipe_to_command (PleRecipe *recipe, PleDataset *dataset)
{
  GString *command = g_string_new ("pleiades-cli run");

  append_option (command, "input", ple_dataset_get_path (dataset));
  for (size_t i = 0; i < G_N_ELEMENTS (lookup_order); i++)
    {
      PleParams *params = recipe->params[lookup_order[i].part];

      if (params == NULL)
        continue;
      for (const PleParam *entry = ple_params_get_table (params); entry->name != NULL; entry++)
        {
          g_autofree char *name = public_name (recipe, i, entry);
          g_autofree char *value = ple_params_get (params, entry->name);
          gboolean choice =
              lookup_order[i].part == PLE_RECIPE_RUN &&
              (strcmp (entry->name, "model") == 0 || strcmp (entry->name, "method") == 0 ||
               strcmp (entry->name, "embedding") == 0);

          if (strcmp (name, "model") == 0 && recipe->model != NULL)
            append_option (command, name, ple_recipe_get_model_source (recipe));
          else if (choice || strcmp (name, "num_clusters") == 0 || strcmp (name, "seed") == 0)
            append_option (command, name, value);
          else if (!ple_params_is_given (params, entry->name) || *value == '\0')
            continue;
          else if (entry->type == PLE_PARAM_BOOL)
            g_string_append_printf (command, " --%s=%s", name, value);
          else
            append_option (command, name, value);
        }
    }
  g_string_append (command, " --plot_clusters --generate_pseudo_labels --visualize_mapping");
  return g_string_free (command, FALSE);
}
