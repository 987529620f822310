/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs the built pleiades-cli on tiny data: exit codes, output, files. --cli PATH names it. */
#include "config.h"

#include "base/ple-atomic.h"
#include "base/ple-json.h"
#include "base/ple-rng.h"
#include "linalg/ple-array-file.h"
#include "ple-make-model.h"
#include "unit/ple-test-server.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

typedef struct
{
  char *cli;
  char *folder; /* everything lies below it */
  char **environment;
  char *clip; /* a tiny CLIP model with its tokenizer */
} Context;

typedef struct
{
  int code;
  char *out;
  char *err;
} Result;

static void
result_clear (Result *result)
{
  g_free (result->out);
  g_free (result->err);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Result, result_clear)

static const char *const commands[] = { "run",          "features", "cluster", "embed",
                                        "knn",          "evaluate", "probe",   "name-clusters",
                                        "pseudo-label", "analyze",  "export",  "sample",
                                        "info",         "methods",  "models",  "datasets" };

/* Runs the program with the words of @line, in which @ stands for the test's folder. */
static Result
run (const Context *context, const char *line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", -1);
  g_autoptr (GPtrArray) argv = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  Result result = { 0 };
  int status;

  g_ptr_array_add (argv, g_strdup (context->cli));
  for (size_t i = 0; words[i] != NULL; i++)
    if (*words[i] != '\0')
      {
        g_auto (GStrv) parts = g_strsplit (words[i], "@", -1);

        g_ptr_array_add (argv, g_strjoinv (context->folder, parts));
      }
  g_ptr_array_add (argv, NULL);
  g_spawn_sync (context->folder, (char **) argv->pdata, context->environment, G_SPAWN_DEFAULT, NULL,
                NULL, &result.out, &result.err, &status, &error);
  g_assert_no_error (error);
  if (!WIFEXITED (status))
    g_error ("%s: ended by signal %d\n%s", line, WTERMSIG (status), result.err);
  result.code = WEXITSTATUS (status);
  return result;
}

static void
expect (const Result *result, int code, const char *line)
{
  if (result->code != code)
    g_error ("%s: exit %d, expected %d\nstdout: %s\nstderr: %s", line, result->code, code,
             result->out, result->err);
}

/* Runs, expects success and parses the one object on standard output. */
static JsonNode *
run_json (const Context *context, const char *line)
{
  g_auto (Result) result = run (context, line);
  g_autoptr (GError) error = NULL;
  JsonNode *node;

  expect (&result, 0, line);
  node = ple_json_parse (result.out, strlen (result.out), line, &error);
  g_assert_no_error (error);
  g_assert_true (JSON_NODE_HOLDS_OBJECT (node));
  g_assert_nonnull (ple_json_get_object (json_node_get_object (node), "seconds"));
  return node;
}

static void
assert_exists (const Context *context, const char *name)
{
  g_autofree char *path = g_build_filename (context->folder, name, NULL);

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    g_error ("%s is not there", name);
}

/* Three far groups of 20 rows, and their numbers. */
static void
write_vectors (const Context *context)
{
  g_autofree char *features = g_build_filename (context->folder, "f.npy", NULL);
  g_autofree char *labels = g_build_filename (context->folder, "l.npy", NULL);
  g_autoptr (PleMatrix) x = ple_matrix_new (60, 8, NULL);
  g_autoptr (PleLabels) truth = ple_labels_new (60);
  PleRng rng;

  ple_rng_init (&rng, 5);
  ple_rng_fill_normal (&rng, x->data, 60 * 8, 1);
  for (size_t i = 0; i < 60; i++)
    {
      ple_matrix_row (x, i)[i % 3] += 40;
      truth->data[i] = (gint32) (i % 3);
    }
  g_assert_true (ple_npy_write_matrix (features, x, NULL));
  g_assert_true (ple_npy_write_labels (labels, truth, NULL));
}

static void
test_help (gconstpointer data)
{
  const Context *context = data;

  for (size_t i = 0; i < G_N_ELEMENTS (commands); i++)
    {
      g_autofree char *line = g_strdup_printf ("%s --help", commands[i]);
      g_auto (Result) result = run (context, line);

      expect (&result, 0, line);
      g_assert_nonnull (strstr (result.out, commands[i]));
      g_assert_nonnull (strstr (result.out, "--json"));
      g_assert_cmpstr (result.err, ==, "");
    }
  {
    g_auto (Result) result = run (context, "run --help");
    g_auto (Result) overview = run (context, "--help");
    g_auto (Result) version = run (context, "--version");

    g_assert_nonnull (strstr (result.out, "--num_clusters"));
    g_assert_nonnull (strstr (result.out, "--num_epochs"));
    g_assert_nonnull (strstr (result.out, "--perplexity"));
    g_assert_nonnull (strstr (result.out, "--clustering_method"));
    expect (&overview, 0, "--help");
    for (size_t i = 0; i < G_N_ELEMENTS (commands); i++)
      g_assert_nonnull (strstr (overview.out, commands[i]));
    g_assert_nonnull (strstr (version.out, PLE_VERSION));
  }
}

static void
test_usage_errors (gconstpointer data)
{
  static const char *const lines[] = {
    "",
    "no-such-command",
    "search",
    "run",
    "run --no_such_option",
    "run --input sample:24:1 --num_clusters",
    "run --input sample:24:1 --num_clusters many",
    "run --input sample:24:1 --num_clusters -3",
    "run --input sample:24:1 --distill_dataset",
    "run --input sample:24:1 --hyperparam_search",
    "run --input sample:24:1 --search-trials 3",
    "run --input sample:24:1 --dataset cifar10",
    "run --dataset no-such-set",
    "run --input sample:24:1 --clustering_method no-such-method",
    "run --input sample:24:1 --viz_method no-such-map",
    "run --input sample:24:1 --preset no-such-preset",
    "run --input sample:24:1 --device abacus",
    "run --input sample:24:1 --experiment_name a/b",
    "run --input sample:24:1 stray-word",
    "cluster --features @/f.npy",
    "embed --method none --features @/f.npy --output @/x.npy",
    "evaluate --labels @/l.npy",
    "probe --labels @/l.npy",
    "name-clusters --features @/f.npy",
    "name-clusters --features @/f.npy --labels @/l.npy --model @/nowhere",
    "probe @/f.npy",
    "probe @/f.npy --labels @/l.npy --penalties 1,-1",
    "probe @/f.npy @/f.npy --labels @/l.npy --test_features @/f.npy --test_labels @/l.npy",
    "knn --features @/f.npy --k 0 --output @/x.npy",
    "analyze",
    "export --project @ --kind no-kind --output @/x",
    "pseudo-label",
    "sample",
  };
  const Context *context = data;

  for (size_t i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_auto (Result) result = run (context, lines[i]);

      expect (&result, 2, lines[i]);
      g_assert_cmpstr (result.out, ==, "");
      g_assert_cmpstr (result.err, !=, "");
    }
  {
    g_auto (Result) later = run (context, "run --input sample:24:1 --distill_dataset");

    g_assert_nonnull (strstr (later.err, "not in this version"));
  }
}

static void
test_failures (gconstpointer data)
{
  static const char *const lines[] = {
    "run --input @/nowhere",
    "run --dataset cifar10 --data_root @/nowhere",
    "run --input sample:24:1 --results_dir @/f.npy/below",
    "run --input sample:24:1 --results_dir @ --experiment_name taken",
    "features --input @/nowhere --output @/x.npy",
    "features --input sample:24:1 --model hog-color --output @/f.npy/x.npy",
    "cluster --features @/nowhere.npy --output @/x.npy --num_clusters 3",
    "cluster --features @/f.npy --output @/f.npy/x.npy --num_clusters 3",
    "cluster --features @/f.npy --labels @/short.txt --output @/x.npy --num_clusters 3",
    "embed --method pca --features @/short.txt/x --output @/x.npy",
    "evaluate --labels @/l.npy --predictions @/short.txt",
    "probe @/f.npy --labels @/short.txt",
    "knn --features @/f.npy --k 60 --output @/x.npy",
    "analyze @",
    "pseudo-label --experiment_dir @",
    "export --project @ --kind csv --output @/x.csv",
    "info @/nowhere",
    "sample --output @/f.npy/x --images 12",
  };
  const Context *context = data;
  g_autofree char *short_file = g_build_filename (context->folder, "short.txt", NULL);
  g_autofree char *taken = g_build_filename (context->folder, "taken", "file", NULL);
  g_autofree char *taken_folder = g_path_get_dirname (taken);

  g_assert_true (g_file_set_contents (short_file, "0\n1\n", -1, NULL));
  g_assert_cmpint (g_mkdir_with_parents (taken_folder, 0777), ==, 0);
  g_assert_true (g_file_set_contents (taken, "mine", -1, NULL));
  for (size_t i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_auto (Result) result = run (context, lines[i]);

      expect (&result, 1, lines[i]);
      g_assert_cmpstr (result.err, !=, "");
    }
  assert_exists (context, "taken/file");
}

static void
test_models_that_are_not_there (gconstpointer data)
{
  static const char *const names[] = { "dinov2", "clip", "dinov3", "/no/such/folder" };
  const Context *context = data;

  for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *line = g_strdup_printf ("run --input sample:24:1 --model_type %s", names[i]);
      g_auto (Result) result = run (context, line);

      g_assert_cmpint (result.code, !=, 0);
      g_assert_nonnull (strstr (result.err, names[i]));
      g_assert_nonnull (strstr (result.err, "hog-color"));
    }
}

/* A model in the hub's cache, by its name and by its family: vectors, what they were made with, and
 * a run that finds them again. */
static void
test_vision_models (gconstpointer data)
{
  const Context *context = data;
  g_autofree char *hub = g_build_filename (context->folder, "hf", NULL);
  g_autofree char *model =
      g_build_filename (hub, "hub", "models--facebook--dinov2-small", "snapshots", "0123", NULL);
  Context with_hub = { context->cli, context->folder,
                       g_environ_setenv (g_strdupv (context->environment), "HF_HOME", hub, TRUE) };
  g_autoptr (JsonNode) by_name = NULL;
  g_autoptr (JsonNode) first = NULL;
  g_autoptr (JsonNode) second = NULL;
  g_autoptr (PleMatrix) x = NULL;
  g_autoptr (PleMatrix) train = NULL;
  g_autofree char *file = g_build_filename (context->folder, "v.npy", NULL);
  g_autofree char *train_file = g_build_filename (context->folder, "train_features.npy", NULL);
  JsonObject *object;

  g_assert_true (ple_make_model (model,
                                 "dinov2 hidden_size=24 num_attention_heads=3 "
                                 "num_hidden_layers=1 patch_size=14 image_size=28",
                                 NULL));
  by_name = run_json (&with_hub, "features --input sample:24:1 --model facebook/dinov2-small "
                                 "--output @/v.npy --batch_size 5 --num_workers 2 "
                                 "--save_features --json");
  object = json_node_get_object (by_name);
  g_assert_cmpint (ple_json_get_int (object, "num_samples", 0), ==, 24);
  g_assert_cmpint (ple_json_get_int (object, "feature_dim", 0), ==, 24);
  g_assert_cmpuint (strlen (ple_json_get_string (object, "weights", "")), ==, 64);
  assert_exists (context, "v.json");
  x = ple_features_read (file, NULL);
  train = ple_features_read (train_file, NULL);
  g_assert_cmpuint (x->n_rows, ==, 24);
  g_assert_cmpmem (train->data, train->n_rows * 24 * sizeof (float), x->data,
                   train->n_rows * 24 * sizeof (float));
  first = run_json (&with_hub, "run --input sample:24:1 --model_type dinov2 --dinov2_model "
                               "dinov2_vits14 --num_clusters 3 --results_dir @/v --project @/vp "
                               "--json");
  second = run_json (&with_hub, "run --input sample:24:1 --model @/hf/hub/models--facebook--dinov2-"
                                "small/snapshots/0123 --num_clusters 4 --results_dir @/v "
                                "--project @/vp --json");
  g_assert_cmpuint (
      json_array_get_length (ple_json_get_array (json_node_get_object (first), "found")), ==, 0);
  g_assert_cmpstr (json_array_get_string_element (
                       ple_json_get_array (json_node_get_object (second), "found"), 0),
                   ==, "features");
  g_strfreev (with_hub.environment);
}

static void
test_probe (gconstpointer data)
{
  const Context *context = data;
  g_autoptr (JsonNode) root =
      run_json (context, "probe --labels @/l.npy --k 3 @/f.npy @/f.npy --json");
  JsonArray *rows = ple_json_get_array (json_node_get_object (root), "results");
  g_autoptr (JsonNode) given = run_json (
      context, "probe --features @/f.npy --labels @/l.npy --test_features @/f.npy --test_labels "
               "@/l.npy --k 0 --json");
  JsonArray *single = ple_json_get_array (json_node_get_object (given), "results");

  g_assert_cmpuint (json_array_get_length (rows), ==, 2);
  for (guint i = 0; i < 2; i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);

      g_assert_cmpfloat (ple_json_get_double (row, "test_accuracy", 0), ==, 1);
      g_assert_cmpfloat (ple_json_get_double (row, "knn_accuracy", 0), ==, 1);
      g_assert_cmpint (ple_json_get_int (row, "num_test", 0), ==, 12);
      g_assert_cmpint (ple_json_get_int (row, "num_train", 0), ==, 48);
    }
  g_assert_cmpint (ple_json_get_int (json_array_get_object_element (single, 0), "num_test", 0), ==,
                   60);
  g_assert_false (
      json_object_has_member (json_array_get_object_element (single, 0), "knn_accuracy"));
}

/* Names come from the person's vocabulary, best first, and into the file as on standard output. */
static void
test_name_clusters (gconstpointer data)
{
  const Context *context = data;
  g_autofree char *vectors = g_build_filename (context->folder, "c.npy", NULL);
  g_autofree char *words = g_build_filename (context->folder, "words.txt", NULL);
  g_autofree char *csv = g_build_filename (context->folder, "names.csv", NULL);
  g_autofree char *line =
      g_strdup_printf ("name-clusters --features @/c.npy --labels @/l.npy --model %s --vocabulary "
                       "@/words.txt --top 2 --distinct --output @/names.csv --json",
                       context->clip);
  g_autofree char *narrow = g_strdup_printf (
      "name-clusters --features @/f.npy --labels @/l.npy --model %s", context->clip);
  g_autofree char *text = NULL;
  g_autoptr (PleMatrix) x = ple_matrix_new (60, 40, NULL);
  g_autoptr (GHashTable) firsts = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (JsonNode) root = NULL;
  g_auto (Result) refused = { 0 };
  g_auto (GStrv) lines = NULL;
  JsonArray *clusters;
  PleRng rng;

  ple_rng_init (&rng, 1);
  ple_rng_fill_normal (&rng, x->data, 60 * 40, 1);
  g_assert_true (ple_npy_write_matrix (vectors, x, NULL));
  g_assert_true (
      g_file_set_contents (words, "# things\ncat\nsailing boat\nteapot\napple\n", -1, NULL));
  root = run_json (context, line);
  clusters = ple_json_get_array (json_node_get_object (root), "clusters");
  g_assert_cmpuint (json_array_get_length (clusters), ==, 3);
  g_assert_cmpint (ple_json_get_int (json_node_get_object (root), "num_words", 0), ==, 4);
  for (guint j = 0; j < 3; j++)
    {
      JsonArray *names = ple_json_get_array (json_array_get_object_element (clusters, j), "names");
      const char *first =
          ple_json_get_string (json_array_get_object_element (names, 0), "name", "");

      g_assert_cmpuint (json_array_get_length (names), ==, 2);
      g_assert_true (g_hash_table_add (firsts, (gpointer) first));
      g_assert_nonnull (strstr ("cat sailing boat teapot apple", first));
    }
  g_assert_true (g_file_get_contents (csv, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 1 + 6 + 1);
  g_assert_cmpstr (lines[0], ==, "cluster,rank,name,cosine,share");

  refused = run (context, narrow);
  expect (&refused, 1, narrow);
  g_assert_nonnull (strstr (refused.err, "both must be of the same model"));
}

static void
test_vectors_through_all_commands (gconstpointer data)
{
  const Context *context = data;
  g_autoptr (JsonNode) cluster =
      run_json (context, "cluster --method kmeans --features @/f.npy --num_clusters 3 --labels "
                         "@/l.npy --output @/p.npy --json");
  g_autoptr (JsonNode) again =
      run_json (context, "cluster --features @/f.npy --num-clusters=3 --output @/p2.npy --json "
                         "--threads 1");
  g_autoptr (JsonNode) evaluate =
      run_json (context, "evaluate --labels @/l.npy --predictions @/p.npy --json");
  g_autoptr (JsonNode) knn = run_json (
      context, "knn --features @/f.npy --k 4 --output @/n.npy --distances @/d.npy --json");
  g_autoptr (JsonNode) descent = run_json (
      context, "knn --features @/f.npy --k 4 --output @/n2.npy --search approximate --json");
  g_autoptr (JsonNode) embed =
      run_json (context, "embed --method pca --features @/f.npy --output @/xy.npy --json");
  g_autoptr (JsonNode) info = run_json (context, "info @/n.npy --json");
  static const char *const members[] = {
    "accuracy", "accuracy_many_to_one", "nmi",          "nmi_geometric",       "ari",
    "ami",      "num_samples",          "num_clusters", "num_active_clusters", "num_empty_clusters"
  };
  JsonObject *object = json_node_get_object (evaluate);

  g_assert_cmpfloat (ple_json_get_double (json_node_get_object (cluster), "accuracy", 0), ==, 1);
  g_assert_nonnull (again);
  for (size_t i = 0; i < G_N_ELEMENTS (members); i++)
    g_assert_true (json_object_has_member (object, members[i]));
  g_assert_cmpfloat (ple_json_get_double (object, "ari", 0), ==, 1);
  g_assert_cmpint (ple_json_get_int (json_node_get_object (knn), "k", 0), ==, 4);
  g_assert_cmpfloat (ple_json_get_double (json_node_get_object (knn), "recall", 0), ==, 1);
  /* Sixty rows are one leaf. */
  g_assert_cmpfloat (ple_json_get_double (json_node_get_object (descent), "recall", 0), ==, 1);
  g_assert_cmpint (ple_json_get_int (json_node_get_object (embed), "num_samples", 0), ==, 60);
  g_assert_cmpstr (ple_json_get_string (json_node_get_object (info), "array", ""), ==,
                   "int32 (60, 4)");
  {
    g_autofree char *a_path = g_build_filename (context->folder, "p.npy", NULL);
    g_autofree char *b_path = g_build_filename (context->folder, "p2.npy", NULL);
    g_autofree char *a = NULL;
    g_autofree char *b = NULL;
    gsize a_size, b_size;

    g_assert_true (g_file_get_contents (a_path, &a, &a_size, NULL));
    g_assert_true (g_file_get_contents (b_path, &b, &b_size, NULL));
    g_assert_cmpmem (a, a_size, b, b_size);
  }
}

static void
test_run_on_pictures (gconstpointer data)
{
  static const char *const files[] = { "config.json",
                                       "results.json",
                                       "predictions.npz",
                                       "final_checkpoint.safetensors",
                                       "features/train_features.npy",
                                       "features/test_features.npy",
                                       "visualizations/training_clusters_pca.png",
                                       "visualizations/test_distribution.png",
                                       "pseudo_labels/pseudo_labels_k4.json",
                                       "pseudo_labels/train_pseudo_labels_k4.csv",
                                       "pseudo_labels/cluster_mapping_k4.png" };
  const Context *context = data;
  const char *line =
      "run --input @/pictures --model_type hog-color --clustering_method kmeans --num-clusters 12 "
      "--k-samples 4 --plot_clusters --viz_method pca --save-features --generate_pseudo_labels "
      "--visualize_mapping --results_dir @/results --experiment_name first --num_workers 2 --json";
  g_autoptr (JsonNode) sample =
      run_json (context, "sample --output @/pictures --images 120 --seed 4 --json");
  g_autoptr (JsonNode) node = run_json (context, line);
  g_autoptr (JsonNode) again = run_json (context, line);
  JsonObject *object = json_node_get_object (node);
  JsonObject *other = json_node_get_object (again);

  g_assert_cmpint (ple_json_get_int (json_node_get_object (sample), "num_samples", 0), ==, 120);
  g_assert_cmpstr (ple_json_get_string (object, "experiment_name", ""), ==, "first");
  g_assert_cmpint (ple_json_get_int (object, "num_clusters", 0), ==, 12);
  g_assert_cmpfloat (ple_json_get_double (ple_json_get_object (object, "training"), "accuracy", -1),
                     >, 0.15);
  for (size_t i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *path = g_build_filename ("results", "first", files[i], NULL);

      assert_exists (context, path);
    }
  /* The second run finds everything. */
  g_assert_cmpuint (json_array_get_length (ple_json_get_array (object, "found")), ==, 0);
  g_assert_cmpuint (json_array_get_length (ple_json_get_array (other, "found")), ==, 5);
  g_assert_cmpstr (ple_json_get_string (object, "run", ""), ==,
                   ple_json_get_string (other, "run", "-"));
  {
    g_autoptr (JsonNode) labels = run_json (
        context, "pseudo-label --experiment_dir @/results/first --k_samples 3 --visualize "
                 "--json");
    g_autoptr (JsonNode) analysis =
        run_json (context, "analyze @/results/first --detailed --plot --viz_method pca --json");
    g_autoptr (JsonNode) info = run_json (context, "info @/results/first --json");
    g_autofree char *export_line =
        g_strdup_printf ("export --project %s --kind csv --output @/out.csv --json",
                         ple_json_get_string (object, "project", ""));
    g_autoptr (JsonNode) export = run_json (context, export_line);

    g_assert_cmpint (ple_json_get_int (json_node_get_object (labels), "k_samples", 0), ==, 3);
    assert_exists (context, "results/first/pseudo_labels/cluster_mapping_k3.png");
    g_assert_true (json_object_has_member (json_node_get_object (analysis), "training"));
    g_assert_cmpstr (ple_json_get_string (json_node_get_object (info), "kind", ""), ==,
                     "experiment");
    g_assert_nonnull (export);
    assert_exists (context, "out.csv");
  }
  {
    g_auto (Result) text = run (context, "analyze @/results/first --detailed");

    expect (&text, 0, "analyze");
    g_assert_nonnull (strstr (text.out, "purity"));
  }
}

static void
test_features_of_pictures (gconstpointer data)
{
  const Context *context = data;
  g_autoptr (JsonNode) node =
      run_json (context, "features --input sample:36:2 --model hog-color --output @/s.npy "
                         "--labels-output @/sl.npy --json");
  g_autofree char *path = g_build_filename (context->folder, "sl.npy", NULL);
  g_autoptr (PleLabels) labels = ple_labels_read (path, NULL);

  g_assert_cmpint (ple_json_get_int (json_node_get_object (node), "num_samples", 0), ==, 36);
  g_assert_cmpuint (labels->n, ==, 36);
  g_assert_cmpuint (ple_labels_get_n_groups (labels), ==, 12);
}

static void
test_options_without_effect_say_so (gconstpointer data)
{
  const Context *context = data;
  g_auto (Result) result = run (
      context, "run --input sample:36:2 --model hog-color --clustering_method kmeans "
               "--cludi_embedding_dim 32 --use_sinkhorn --num_epochs 3 --device cuda --show_plots "
               "--samples_per_cluster 3 --results_dir @/results --experiment_name quiet");

  expect (&result, 0, "run with options that do nothing");
  g_assert_nonnull (strstr (result.err, "--cludi_embedding_dim has no effect"));
  g_assert_nonnull (strstr (result.err, "--use_sinkhorn has no effect"));
  g_assert_nonnull (strstr (result.err, "--num_epochs has no effect"));
  g_assert_nonnull (strstr (result.err, "--show_plots has no effect"));
  g_assert_nonnull (strstr (result.err, "--samples_per_cluster has no effect"));
  g_assert_nonnull (strstr (result.err, "cuda"));
}

static void
test_progress_as_json_lines (gconstpointer data)
{
  const Context *context = data;
  g_auto (Result) result = run (context, "run --input sample:48:3 --model hog-color --results_dir "
                                         "@/results --experiment_name lines --progress json");
  g_auto (GStrv) lines = g_strsplit (result.err, "\n", -1);
  guint n = 0;

  expect (&result, 0, "--progress json");
  for (size_t i = 0; lines[i] != NULL && *lines[i] != '\0'; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (JsonNode) node = ple_json_parse (lines[i], strlen (lines[i]), "line", &error);

      g_assert_no_error (error);
      n += json_object_has_member (json_node_get_object (node), "fraction");
    }
  g_assert_cmpuint (n, >, 0);
}

static void
test_methods_and_models (gconstpointer data)
{
  const Context *context = data;
  g_auto (Result) methods = run (context, "methods --markdown");
  g_auto (Result) models = run (context, "models");
  g_auto (Result) json = run (context, "methods --json");

  expect (&methods, 0, "methods");
  g_assert_nonnull (strstr (methods.out, "`kmeans`"));
  g_assert_nonnull (strstr (methods.out, "`temi`"));
  g_assert_nonnull (strstr (methods.out, "`tsne`"));
  expect (&models, 0, "models");
  g_assert_nonnull (strstr (models.out, "hog-color"));
  expect (&json, 0, "methods --json");
  g_assert_cmpint (json.out[0], ==, '{');
}

/* From a hub and a mirror of our own. */
static void
test_downloads (gconstpointer data)
{
  static const char config[] = "{\"model_type\": \"dinov2\", \"hidden_size\": 384}";
  static const char weights[] = "\2\0\0\0\0\0\0\0{}";
  const Context *context = data;
  PleTestServer *server = ple_test_server_new ();
  PleTestFile texts = { .body = g_bytes_new_static (config, sizeof config - 1) };
  PleTestFile tensors = { .body = g_bytes_new_static (weights, sizeof weights - 1) };
  PleTestFile page = { .body = g_bytes_new_static ("a page", 6) };
  g_autofree char *get =
      g_strdup_printf ("models --download dinov2-small --json --mirror %s", server->address);
  g_autofree char *wrong = g_strdup_printf ("datasets --download cifar10 --data_root @/data "
                                            "--mirror %s",
                                            server->address);
  g_autofree char *absent =
      g_strdup_printf ("models --download me/none --mirror %s", server->address);
  g_auto (Result) not_there = run (context, absent);
  g_autoptr (JsonNode) got = NULL;
  g_autoptr (JsonNode) listed = NULL;
  g_autoptr (JsonNode) sets = NULL;
  JsonArray *folders;
  const char *path;

  expect (&not_there, 1, absent);
  g_assert_nonnull (strstr (not_there.err, "me/none"));
  ple_test_server_put (server, "/facebook/dinov2-small/resolve/main/config.json", &texts);
  ple_test_server_put (server, "/facebook/dinov2-small/resolve/main/model.safetensors", &tensors);
  ple_test_server_put (server, "/cifar-10-binary.tar.gz", &page);
  got = run_json (context, get);
  path = ple_json_get_string (json_node_get_object (got), "path", "");
  g_assert_true (g_file_test (path, G_FILE_TEST_IS_DIR));
  listed = run_json (context, "models --json");
  folders = ple_json_get_array (json_node_get_object (listed), "folders");
  g_assert_cmpuint (json_array_get_length (folders), ==, 1);
  g_assert_cmpstr (ple_json_get_string (json_array_get_object_element (folders, 0), "path", ""), ==,
                   path);
  g_assert_true (ple_remove_recursively (path, NULL));
  {
    g_auto (Result) result = run (context, wrong);
    g_autofree char *archive =
        g_build_filename (context->folder, "data", "cifar-10-binary.tar.gz", NULL);

    expect (&result, 1, wrong);
    g_assert_nonnull (strstr (result.err, "c32a1d4ab5d03f1284b67883e8d87530"));
    g_assert_false (g_file_test (archive, G_FILE_TEST_EXISTS));
  }
  sets = run_json (context, "datasets --json --data_root @/data");
  g_assert_nonnull (ple_json_get_array (json_node_get_object (sets), "datasets"));
  {
    g_auto (Result) odd = run (context, "models --download dinov2-small --mirror rubbish");
    g_auto (Result) unknown = run (context, "datasets --download nonsense");
    g_auto (Result) text = run (context, "datasets --data_root @/data");

    expect (&odd, 2, "--mirror rubbish");
    expect (&unknown, 2, "datasets --download nonsense");
    expect (&text, 0, "datasets");
    g_assert_nonnull (strstr (text.out, "stl10"));
  }
  ple_test_server_free (server);
}

/* SIGINT while it works: 130, and the same command goes on. */
static void
test_interrupt (gconstpointer data)
{
  const Context *context = data;
  g_autofree char *results = g_build_filename (context->folder, "results", NULL);
  const char *const argv[] = {
    context->cli, "run",           "--input", "sample:50000:9",    "--model",
    "hog-color",  "--results_dir", results,   "--experiment_name", "interrupted",
    "--progress", "json",          NULL
  };
  g_autoptr (GError) error = NULL;
  GPid pid;
  int err, status;
  struct rusage usage;
  char buffer[4096];

  g_assert_true (g_spawn_async_with_pipes (context->folder, (char **) argv, context->environment,
                                           G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, NULL, NULL,
                                           &err, &error));
  /* The first line says that it works. */
  g_assert_cmpint (read (err, buffer, sizeof buffer), >, 0);
  g_assert_cmpint (kill (pid, SIGINT), ==, 0);
  while (read (err, buffer, sizeof buffer) > 0)
    continue;
  g_assert_cmpint (wait4 (pid, &status, 0, &usage), ==, pid);
  if (WIFSIGNALED (status))
    g_error ("ended by signal %d", WTERMSIG (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 130);
  /* Minutes of work if nobody interrupted; the clock on the wall proves nothing on a busy machine.
   */
  g_assert_cmpint (usage.ru_utime.tv_sec, <, 20);
  close (err);
  g_spawn_close_pid (pid);
  {
    g_autofree char *folder = g_build_filename (results, "interrupted", NULL);

    g_assert_false (g_file_test (folder, G_FILE_TEST_EXISTS));
  }
}

int
main (int argc, char **argv)
{
  Context context = { 0 };
  int code;

  g_test_init (&argc, &argv, NULL);
  for (int i = 1; i + 1 < argc; i++)
    if (strcmp (argv[i], "--cli") == 0)
      context.cli = argv[i + 1];
    else if (strcmp (argv[i], "--clip") == 0)
      context.clip = argv[i + 1];
  g_assert_true (context.cli != NULL && context.clip != NULL);
  /* Meson gives a relative name; children run in a folder of their own. */
  context.cli = g_canonicalize_filename (context.cli, NULL);
  context.clip = g_canonicalize_filename (context.clip, NULL);
  context.folder = g_dir_make_tmp ("ple-cli-XXXXXX", NULL);
  context.environment = g_get_environ ();
  context.environment =
      g_environ_setenv (context.environment, "XDG_DATA_HOME", context.folder, TRUE);
  context.environment =
      g_environ_setenv (context.environment, "XDG_CACHE_HOME", context.folder, TRUE);
  context.environment = g_environ_setenv (context.environment, "HF_HOME", context.folder, TRUE);
  context.environment = g_environ_unsetenv (context.environment, "HF_HUB_CACHE");
  context.environment = g_environ_setenv (context.environment, "LC_ALL", "C", TRUE);
  write_vectors (&context);
  g_test_add_data_func ("/cli/help", &context, test_help);
  g_test_add_data_func ("/cli/usage-errors", &context, test_usage_errors);
  g_test_add_data_func ("/cli/failures", &context, test_failures);
  g_test_add_data_func ("/cli/models-that-are-not-there", &context, test_models_that_are_not_there);
  g_test_add_data_func ("/cli/vectors-through-all-commands", &context,
                        test_vectors_through_all_commands);
  g_test_add_data_func ("/cli/vision-models", &context, test_vision_models);
  g_test_add_data_func ("/cli/name-clusters", &context, test_name_clusters);
  g_test_add_data_func ("/cli/probe", &context, test_probe);
  g_test_add_data_func ("/cli/run-on-pictures", &context, test_run_on_pictures);
  g_test_add_data_func ("/cli/features-of-pictures", &context, test_features_of_pictures);
  g_test_add_data_func ("/cli/options-without-effect-say-so", &context,
                        test_options_without_effect_say_so);
  g_test_add_data_func ("/cli/progress-as-json-lines", &context, test_progress_as_json_lines);
  g_test_add_data_func ("/cli/methods-and-models", &context, test_methods_and_models);
  g_test_add_data_func ("/cli/downloads", &context, test_downloads);
  g_test_add_data_func ("/cli/interrupt", &context, test_interrupt);
  code = g_test_run ();
  g_assert_true (ple_remove_recursively (context.folder, NULL));
  g_free (context.folder);
  g_free (context.cli);
  g_strfreev (context.environment);
  return code;
}
