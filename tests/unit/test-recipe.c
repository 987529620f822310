/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "project/ple-recipe.h"

#include <string.h>

static void
assert_value (PleRecipe *recipe, const char *name, const char *expected)
{
  g_autofree char *value = ple_recipe_get (recipe, name);

  g_assert_cmpstr (value, ==, expected);
}

static void
set (PleRecipe *recipe, const char *name, const char *value)
{
  g_autoptr (GError) error = NULL;

  ple_recipe_set (recipe, name, value, &error);
  g_assert_no_error (error);
}

static void
test_defaults_have_all_parts (void)
{
  g_autoptr (PleRecipe) recipe = ple_recipe_new ();

  g_assert_nonnull (ple_recipe_get_model (recipe));
  g_assert_nonnull (ple_recipe_get_method (recipe));
  g_assert_nonnull (ple_recipe_get_embedding (recipe));
  for (int part = 0; part < PLE_RECIPE_N_PARTS; part++)
    g_assert_nonnull (ple_recipe_get_params (recipe, (PleRecipePart) part));
  g_assert_cmpstr (ple_recipe_get_method (recipe)->id, ==, "kmeans");
}

static void
test_names_and_aliases (void)
{
  g_autoptr (PleRecipe) recipe = ple_recipe_new ();

  set (recipe, "num-clusters", "7");
  assert_value (recipe, "num_clusters", "7");
  assert_value (recipe, "method.num_clusters", "7");
  set (recipe, "clustering_method", "temi");
  assert_value (recipe, "method", "temi");
  set (recipe, "viz_method", "pca");
  g_assert_cmpstr (ple_recipe_get_embedding (recipe)->id, ==, "pca");
  assert_value (recipe, "no_such_setting", NULL);
}

static void
test_a_choice_keeps_what_was_given (void)
{
  g_autoptr (PleRecipe) recipe = ple_recipe_new ();

  set (recipe, "num_clusters", "23");
  set (recipe, "method", "temi");
  assert_value (recipe, "num_clusters", "23");
  set (recipe, "num_heads", "3");
  set (recipe, "method", "kmeans");
  assert_value (recipe, "num_clusters", "23");
  assert_value (recipe, "num_heads", NULL);
}

static void
test_a_failed_set_changes_nothing (void)
{
  g_autoptr (PleRecipe) recipe = ple_recipe_new ();
  g_autoptr (GError) error = NULL;

  g_assert_false (ple_recipe_set (recipe, "method", "no-such-method", &error));
  g_assert_error (error, PLE_PARAM_ERROR, PLE_PARAM_ERROR_VALUE);
  assert_value (recipe, "method", "kmeans");
  g_clear_error (&error);
  g_assert_false (ple_recipe_set (recipe, "num_clusters", "1e9", &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_false (ple_recipe_set (recipe, "nonsense", "1", &error));
  g_assert_error (error, PLE_PARAM_ERROR, PLE_PARAM_ERROR_UNKNOWN);
  g_clear_error (&error);
  g_assert_false (ple_recipe_set (recipe, "preset", "no-such-preset", &error));
  g_assert_error (error, PLE_PARAM_ERROR, PLE_PARAM_ERROR_VALUE);
  assert_value (recipe, "preset", "auto");
}

static void
test_what_is_given_overrides_the_preset (void)
{
  g_autoptr (PleRecipe) recipe = ple_recipe_new ();

  set (recipe, "method", "temi");
  set (recipe, "knn", "33");
  set (recipe, "preset", "official");
  assert_value (recipe, "batch_size", "1024");
  assert_value (recipe, "knn", "33");
  set (recipe, "preset", "auto");
  assert_value (recipe, "batch_size", "0");
  assert_value (recipe, "knn", "33");
}

static void
test_no_map (void)
{
  g_autoptr (PleRecipe) recipe = ple_recipe_new ();

  set (recipe, "embedding", "none");
  g_assert_null (ple_recipe_get_embedding (recipe));
  g_assert_null (ple_recipe_get_params (recipe, PLE_RECIPE_EMBEDDING));
  set (recipe, "embedding", "tsne");
  g_assert_nonnull (ple_recipe_get_embedding (recipe));
}

static char *
json_of (PleRecipe *recipe)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);

  ple_recipe_to_json (recipe, object);
  return json_to_string (node, FALSE);
}

static void
test_json_there_and_back (void)
{
  g_autoptr (PleRecipe) recipe = ple_recipe_new ();
  g_autoptr (PleRecipe) other = ple_recipe_new ();
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  set (recipe, "method", "temi");
  set (recipe, "preset", "official");
  set (recipe, "temperature", "0.07");
  set (recipe, "seed", "9007199254740991");
  set (recipe, "embedding", "pca");
  ple_recipe_to_json (recipe, object);
  g_assert_cmpint (json_object_get_int_member (object, "seed"), ==,
                   G_GINT64_CONSTANT (9007199254740991));
  json_object_set_string_member (object, "of_another_program", "is left alone");
  g_assert_true (ple_recipe_from_json (other, object, &error));
  g_assert_no_error (error);
  before = json_of (recipe);
  after = json_of (other);
  g_assert_cmpstr (before, ==, after);
}

static void
test_json_refuses_what_is_out_of_range (void)
{
  g_autoptr (PleRecipe) recipe = ple_recipe_new ();
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (GError) error = NULL;

  json_object_set_int_member (object, "num_clusters", -5);
  g_assert_false (ple_recipe_from_json (recipe, object, &error));
  g_assert_error (error, PLE_PARAM_ERROR, PLE_PARAM_ERROR_RANGE);
}

static void
test_a_copy_is_independent (void)
{
  g_autoptr (PleRecipe) recipe = ple_recipe_new ();
  g_autoptr (PleRecipe) copy = NULL;

  set (recipe, "num_clusters", "5");
  copy = ple_recipe_copy (recipe);
  set (recipe, "num_clusters", "6");
  set (recipe, "method", "temi");
  assert_value (copy, "num_clusters", "5");
  assert_value (copy, "method", "kmeans");
  set (copy, "method", "temi");
  assert_value (copy, "num_clusters", "5");
}

static void
test_adapts_to_the_data_set (void)
{
  g_autoptr (PleDataset) dataset = ple_sample_dataset_new (120, 1);
  g_autoptr (PleRecipe) recipe = ple_recipe_new ();
  gboolean guessed = TRUE;

  ple_recipe_adapt (recipe, dataset, &guessed);
  g_assert_false (guessed);
  assert_value (recipe, "num_clusters", "12");
  set (recipe, "method", "temi");
  assert_value (recipe, "num_clusters", "12");
  set (recipe, "num_clusters", "4");
  ple_recipe_adapt (recipe, dataset, &guessed);
  assert_value (recipe, "num_clusters", "4");
}

static void
test_guesses_without_classes (void)
{
  const PleDatasetOptions options = { .ignore_classes = TRUE };
  g_autoptr (GError) error = NULL;
  g_autoptr (PleDataset) dataset = ple_dataset_open ("sample:800:1", &options, NULL, &error);
  g_autoptr (PleRecipe) recipe = ple_recipe_new ();
  gboolean guessed = FALSE;

  g_assert_no_error (error);
  ple_recipe_adapt (recipe, dataset, &guessed);
  g_assert_true (guessed);
  assert_value (recipe, "num_clusters", "20");
}

static void
on_changed (PleRecipe *recipe, int *count)
{
  (*count)++;
}

static void
test_signals (void)
{
  g_autoptr (PleRecipe) recipe = ple_recipe_new ();
  int n_clusters = 0, n_seed = 0, n_tables = 0;

  g_signal_connect (recipe, "changed::num_clusters", G_CALLBACK (on_changed), &n_clusters);
  g_signal_connect (recipe, "changed::seed", G_CALLBACK (on_changed), &n_seed);
  g_signal_connect (recipe, "tables-changed", G_CALLBACK (on_changed), &n_tables);
  set (recipe, "num_clusters", "9");
  g_assert_cmpint (n_clusters, ==, 1);
  g_assert_cmpint (n_seed, ==, 0);
  set (recipe, "seed", "3");
  g_assert_cmpint (n_seed, ==, 1);
  g_assert_cmpint (n_tables, ==, 0);
  set (recipe, "method", "temi");
  g_assert_cmpint (n_tables, ==, 1);
  /* A form that writes to the run's own table is followed too. */
  ple_params_set (ple_recipe_get_params (recipe, PLE_RECIPE_RUN), "method", "kmeans", NULL);
  g_assert_cmpint (n_tables, ==, 2);
  g_assert_cmpstr (ple_recipe_get_method (recipe)->id, ==, "kmeans");
}

static void
test_command_line (void)
{
  g_autoptr (PleDataset) dataset = ple_sample_dataset_new (120, 1);
  g_autoptr (PleRecipe) recipe = ple_recipe_new ();
  g_autofree char *command = NULL;

  set (recipe, "num_clusters", "5");
  set (recipe, "checkpoint_dir", "a folder");
  command = ple_recipe_to_command (recipe, dataset);
  g_assert_true (g_str_has_prefix (command, "pleiades-cli run --input sample:120:1 "));
  g_assert_nonnull (strstr (command, " --num_clusters 5"));
  g_assert_nonnull (strstr (command, " --checkpoint_dir 'a folder'"));
  g_assert_null (strstr (command, "auto"));
}

/* A folder is a model: its row's settings, its own name in files and commands, and nothing known of
 * the weights once another is chosen. */
static void
test_model_of_a_folder (void)
{
  g_autoptr (PleRecipe) recipe = ple_recipe_new ();
  g_autoptr (PleRecipe) copy = NULL;
  g_autoptr (PleRecipe) read = ple_recipe_new ();
  g_autoptr (PleDataset) dataset = ple_sample_dataset_new (12, 0);
  g_autoptr (JsonObject) json = json_object_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *command = NULL;

  g_assert_cmpstr (ple_recipe_get_model_source (recipe), ==, ple_recipe_get_model (recipe)->id);
  g_assert_true (ple_recipe_identify_model (recipe, NULL, NULL, NULL));
  set (recipe, "model", "/no/such/folder");
  g_assert_true (ple_recipe_get_model (recipe) == ple_model_of_folders ());
  set (recipe, "weights", "abc");
  set (recipe, "feature_batch_size", "7");
  copy = ple_recipe_copy (recipe);
  g_assert_cmpstr (ple_recipe_get_model_source (copy), ==, "/no/such/folder");
  ple_recipe_to_json (recipe, json);
  g_assert_true (ple_recipe_from_json (read, json, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (ple_recipe_get_model_source (read), ==, "/no/such/folder");
  assert_value (read, "weights", "abc");
  command = ple_recipe_to_command (recipe, dataset);
  g_assert_nonnull (strstr (command, "--model /no/such/folder"));
  g_assert_nonnull (strstr (command, "--weights abc"));
  g_assert_false (ple_recipe_identify_model (recipe, NULL, NULL, &error));
  g_assert_nonnull (error);
  set (recipe, "model", "/another/folder");
  assert_value (recipe, "weights", "");
  assert_value (recipe, "feature_batch_size", "7");
  set (recipe, "model", "hog-color");
  g_assert_cmpstr (ple_recipe_get_model_source (recipe), ==, "hog-color");
  g_assert_cmpstr (ple_recipe_get_model_source (copy), ==, "/no/such/folder");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/project/recipe/defaults-have-all-parts", test_defaults_have_all_parts);
  g_test_add_func ("/project/recipe/names-and-aliases", test_names_and_aliases);
  g_test_add_func ("/project/recipe/choice-keeps-what-was-given",
                   test_a_choice_keeps_what_was_given);
  g_test_add_func ("/project/recipe/failed-set-changes-nothing", test_a_failed_set_changes_nothing);
  g_test_add_func ("/project/recipe/given-overrides-preset",
                   test_what_is_given_overrides_the_preset);
  g_test_add_func ("/project/recipe/no-map", test_no_map);
  g_test_add_func ("/project/recipe/json-there-and-back", test_json_there_and_back);
  g_test_add_func ("/project/recipe/json-out-of-range", test_json_refuses_what_is_out_of_range);
  g_test_add_func ("/project/recipe/copy-is-independent", test_a_copy_is_independent);
  g_test_add_func ("/project/recipe/adapts-to-classes", test_adapts_to_the_data_set);
  g_test_add_func ("/project/recipe/guesses-without-classes", test_guesses_without_classes);
  g_test_add_func ("/project/recipe/signals", test_signals);
  g_test_add_func ("/project/recipe/command-line", test_command_line);
  g_test_add_func ("/project/recipe/model-of-a-folder", test_model_of_a_folder);
  return g_test_run ();
}
