/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-atomic.h"
#include "base/ple-error.h"
#include "features/ple-model-store-private.h"
#include "ple-test.h"

#include <glib/gstdio.h>
#include <string.h>

/* A header without tensors: as much of a weight file as the store looks at. */
static const char weights[] = { 2, 0, 0, 0, 0, 0, 0, 0, '{', '}' };

typedef struct
{
  char *root;
  char *data;
  char *hub;
  PleModelStore *store;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  PleEnvironment environment = { 0 };

  fixture->root = g_dir_make_tmp ("ple-models-XXXXXX", NULL);
  fixture->data = g_build_filename (fixture->root, "data", NULL);
  fixture->hub = g_build_filename (fixture->root, "hub", NULL);
  environment.data_dir = fixture->data;
  environment.hub_dir = fixture->hub;
  environment.hub_address = "http://mirror.example/";
  fixture->store = ple_model_store_new (&environment);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ple_model_store_unref (fixture->store);
  g_assert_true (ple_remove_recursively (fixture->root, NULL));
  g_free (fixture->root);
  g_free (fixture->data);
  g_free (fixture->hub);
}

static void
write_file (const char *folder, const char *name, const char *bytes, size_t size)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  g_mkdir_with_parents (folder, 0777);
  g_assert_true (g_file_set_contents (path, bytes, (gssize) size, NULL));
}

/* A folder below @root. (transfer full) */
static char *
make_model (const char *root, const char *name, const char *config, gboolean with_weights)
{
  char *folder = g_build_filename (root, name, NULL);

  write_file (folder, "config.json", config, strlen (config));
  if (with_weights)
    write_file (folder, "model.safetensors", weights, sizeof weights);
  return folder;
}

static void
assert_resolves (PleModelStore *store, const char *name, const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PleModelFolder) folder = ple_model_store_resolve (store, name, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (folder->path, ==, path);
  g_assert_null (folder->problem);
}

static void
assert_fails (PleModelStore *store, const char *name, PleModelStoreError code, const char *says)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (ple_model_store_resolve (store, name, &error));
  g_assert_error (error, PLE_MODEL_STORE_ERROR, (int) code);
  g_assert_nonnull (strstr (error->message, says));
}

#define SMALL "{\"model_type\": \"dinov2\", \"hidden_size\": 384}"
#define BASE "{\"model_type\": \"dinov2\", \"hidden_size\": 768}"

static void
test_table (void)
{
  size_t n;
  const PleKnownModel *models = ple_known_models_list (&n);
  g_autoptr (GHashTable) families = g_hash_table_new (g_str_hash, g_str_equal);

  g_assert_cmpuint (n, >=, 35);
  for (size_t i = 0; i < n; i++)
    {
      const char *slash = strchr (models[i].repository, '/');

      g_assert_nonnull (slash);
      g_assert_null (strchr (slash + 1, '/'));
      g_assert_true (ple_known_models_find (models[i].repository) == &models[i]);
      g_assert_true (ple_known_models_find (slash + 1) == &models[i]);
      g_assert_true (ple_known_models_is_family (models[i].family));
      g_assert_cmpuint (models[i].dimension, >, 0);
      g_assert_cmpuint (models[i].bytes, >, 50000000);
      g_assert_cmpint (models[i].gated, ==, strcmp (models[i].family, "dinov3") == 0);
      /* Rows of a family stand together. */
      if (i > 0 && strcmp (models[i].family, models[i - 1].family) != 0)
        g_assert_false (g_hash_table_contains (families, models[i].family));
      g_hash_table_add (families, (gpointer) models[i].family);
    }
  g_assert_null (ple_known_models_find ("dinov2"));
  g_assert_nonnull (ple_known_models_find ("DINOv2-Small"));
}

static void
test_own_and_names (Fixture *fixture, gconstpointer data)
{
  const char *own = ple_model_store_get_own_folder (fixture->store);
  g_autofree char *small = make_model (own, "facebook/dinov2-small", SMALL, TRUE);
  g_autofree char *base = make_model (own, "facebook/dinov2-base", BASE, TRUE);
  g_autofree char *other = make_model (own, "me/pets", BASE, TRUE);
  g_autoptr (GPtrArray) found = ple_model_store_list (fixture->store, NULL, NULL);
  const PleModelFolder *first;

  g_assert_cmpuint (found->len, ==, 3);
  first = found->pdata[0];
  g_assert_cmpstr (first->name, ==, "facebook/dinov2-small");
  g_assert_cmpstr (first->family, ==, "dinov2");
  g_assert_cmpuint (first->dimension, ==, 384);
  g_assert_cmpuint (first->bytes, ==, sizeof weights);
  g_assert_true (first->known == ple_known_models_find ("dinov2-small"));
  g_assert_cmpstr (((const PleModelFolder *) found->pdata[2])->name, ==, "me/pets");

  assert_resolves (fixture->store, "facebook/dinov2-small", small);
  assert_resolves (fixture->store, "dinov2-small", small);
  assert_resolves (fixture->store, "dinov2", base);
  assert_resolves (fixture->store, "pets", other);
  assert_resolves (fixture->store, other, other);
}

static void
test_absent (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) found = ple_model_store_list (fixture->store, NULL, NULL);

  g_assert_cmpuint (found->len, ==, 0);
  assert_fails (fixture->store, "dinov2", PLE_MODEL_STORE_ERROR_NOT_HERE, "dinov2-small");
  assert_fails (fixture->store, "clip-vit-base-patch32", PLE_MODEL_STORE_ERROR_NOT_HERE,
                "--download openai/clip-vit-base-patch32");
  assert_fails (fixture->store, "dinov3", PLE_MODEL_STORE_ERROR_NOT_HERE, "HF_TOKEN");
  assert_fails (fixture->store, "nonsense", PLE_MODEL_STORE_ERROR_UNKNOWN, "nonsense");
  assert_fails (fixture->store, "/nowhere/at/all", PLE_MODEL_STORE_ERROR_UNKNOWN, "folder");
  assert_fails (fixture->store, fixture->root, PLE_MODEL_STORE_ERROR_UNKNOWN, "config.json");
  g_assert_null (ple_model_store_find_best (fixture->store));
}

static void
test_incomplete (Fixture *fixture, gconstpointer data)
{
  const char *own = ple_model_store_get_own_folder (fixture->store);
  g_autofree char *none = make_model (own, "facebook/dinov2-small", SMALL, FALSE);
  g_autofree char *pickle = make_model (own, "facebook/dino-vits16", SMALL, FALSE);
  g_autofree char *pointer = make_model (own, "facebook/dinov2-base", BASE, FALSE);
  g_autofree char *broken = make_model (own, "me/broken", "{\"model_type\":", TRUE);

  write_file (pickle, "pytorch_model.bin", "x", 1);
  write_file (pointer, "model.safetensors", "version https://git-lfs.github.com/spec/v1\n", 43);
  assert_fails (fixture->store, "dinov2-small", PLE_MODEL_STORE_ERROR_INCOMPLETE,
                "no model.safetensors");
  assert_fails (fixture->store, "dino-vits16", PLE_MODEL_STORE_ERROR_INCOMPLETE,
                "pytorch_model.bin");
  assert_fails (fixture->store, "dinov2-base", PLE_MODEL_STORE_ERROR_INCOMPLETE, "cut off");
  assert_fails (fixture->store, "broken", PLE_MODEL_STORE_ERROR_INCOMPLETE, "config.json");
  /* None of them is taken for a family. */
  assert_fails (fixture->store, "dinov2", PLE_MODEL_STORE_ERROR_NOT_HERE, "dinov2");
}

static void
test_shards (Fixture *fixture, gconstpointer data)
{
  const char *own = ple_model_store_get_own_folder (fixture->store);
  g_autofree char *folder = make_model (own, "facebook/dinov2-giant", BASE, FALSE);
  const char *index = "{\"metadata\": {\"total_size\": 4}, \"weight_map\": {\"a\": "
                      "\"model-00001-of-00002.safetensors\", \"b\": "
                      "\"model-00002-of-00002.safetensors\", \"c\": "
                      "\"model-00001-of-00002.safetensors\"}}";
  const char *hostile[] = { "{\"weight_map\": {\"a\": \"../secret\"}}",
                            "{\"weight_map\": {\"a\": \"x/y\"}}",
                            "{\"weight_map\": {\"a\": 3}}",
                            "{\"weight_map\": {}}",
                            "{\"weight_map\": 3}",
                            "[1]",
                            "" };
  g_autoptr (PleModelFolder) complete = NULL;

  write_file (folder, PLE_MODEL_INDEX, index, strlen (index));
  write_file (folder, "model-00001-of-00002.safetensors", weights, sizeof weights);
  assert_fails (fixture->store, "dinov2-giant", PLE_MODEL_STORE_ERROR_INCOMPLETE,
                "model-00002-of-00002.safetensors");
  write_file (folder, "model-00002-of-00002.safetensors", weights, sizeof weights);
  complete = ple_model_store_resolve (fixture->store, "dinov2-giant", NULL);
  g_assert_nonnull (complete);
  g_assert_cmpuint (complete->bytes, ==, 2 * sizeof weights);
  for (size_t i = 0; i < G_N_ELEMENTS (hostile); i++)
    {
      write_file (folder, PLE_MODEL_INDEX, hostile[i], strlen (hostile[i]));
      assert_fails (fixture->store, "dinov2-giant", PLE_MODEL_STORE_ERROR_INCOMPLETE,
                    PLE_MODEL_INDEX);
    }
}

static void
test_hub_cache (Fixture *fixture, gconstpointer data)
{
  g_autofree char *repository =
      g_build_filename (fixture->hub, "models--facebook--dinov2-small", NULL);
  g_autofree char *snapshots = g_build_filename (repository, "snapshots", NULL);
  g_autofree char *refs = g_build_filename (repository, "refs", NULL);
  g_autofree char *old = make_model (snapshots, "aaaa", SMALL, TRUE);
  g_autofree char *newer = make_model (snapshots, "bbbb", SMALL, TRUE);
  g_autofree char *newest = make_model (snapshots, "cccc", SMALL, FALSE);

  /* Without a ref: the last complete one. */
  assert_resolves (fixture->store, "dinov2-small", newer);
  write_file (refs, "main", "aaaa\n", 5);
  assert_resolves (fixture->store, "dinov2", old);
  assert_resolves (fixture->store, repository, old);
  /* A ref to one that is being fetched: what is whole still serves. */
  write_file (refs, "main", "cccc", 4);
  assert_resolves (fixture->store, "dinov2-small", newer);
  write_file (refs, "main", "../../../x", 10);
  assert_resolves (fixture->store, "dinov2-small", newer);
}

static void
test_added_folders (Fixture *fixture, gconstpointer data)
{
  g_autofree char *shelf = g_build_filename (fixture->root, "shelf", NULL);
  g_autofree char *one = make_model (shelf, "dinov2-small", SMALL, TRUE);
  g_autofree char *deep = make_model (shelf, "openai/clip-vit-base-patch32",
                                      "{\"model_type\": \"clip\", \"projection_dim\": 640}", TRUE);
  g_autofree char *lone = make_model (fixture->root, "lone", BASE, TRUE);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) found = NULL;
  g_auto (GStrv) folders = NULL;

  g_assert_true (ple_model_store_add_folder (fixture->store, shelf, NULL));
  g_assert_true (ple_model_store_add_folder (fixture->store, shelf, NULL));
  g_assert_true (ple_model_store_add_folder (fixture->store, lone, NULL));
  g_assert_true (ple_model_store_add_folder (fixture->store, one, NULL));
  found = ple_model_store_list (fixture->store, NULL, NULL);
  /* The one that is reached by two ways counts once. */
  g_assert_cmpuint (found->len, ==, 3);
  assert_resolves (fixture->store, "facebook/dinov2-small", one);
  assert_resolves (fixture->store, "clip", deep);
  assert_resolves (fixture->store, "lone", lone);
  g_assert_cmpuint (((const PleModelFolder *) found->pdata[1])->dimension, ==, 640);

  g_assert_false (ple_model_store_add_folder (fixture->store, "/nowhere/at/all", &error));
  g_assert_error (error, PLE_MODEL_STORE_ERROR, PLE_MODEL_STORE_ERROR_UNKNOWN);
  g_assert_true (ple_model_store_remove_folder (fixture->store, shelf, NULL));
  g_assert_true (ple_model_store_remove_folder (fixture->store, one, NULL));
  folders = ple_model_store_dup_folders (fixture->store);
  g_assert_cmpuint (g_strv_length (folders), ==, 1);
  assert_fails (fixture->store, "clip", PLE_MODEL_STORE_ERROR_NOT_HERE, "clip");
}

static void
test_own_before_cache (Fixture *fixture, gconstpointer data)
{
  g_autofree char *snapshots =
      g_build_filename (fixture->hub, "models--facebook--dinov2-small", "snapshots", NULL);
  const char *own = ple_model_store_get_own_folder (fixture->store);
  g_autofree char *cached = make_model (snapshots, "aaaa", SMALL, TRUE);
  g_autofree char *mine = make_model (own, "facebook/dinov2-small", SMALL, FALSE);

  /* The complete one, wherever it is. */
  assert_resolves (fixture->store, "dinov2-small", cached);
  write_file (mine, "model.safetensors", weights, sizeof weights);
  assert_resolves (fixture->store, "dinov2-small", mine);
}

static void
test_best (Fixture *fixture, gconstpointer data)
{
  const char *own = ple_model_store_get_own_folder (fixture->store);
  g_autofree char *mae =
      make_model (own, "facebook/vit-mae-base", "{\"model_type\": \"vit_mae\"}", TRUE);
  g_autofree char *small = make_model (own, "facebook/dinov2-small", SMALL, TRUE);
  g_autofree char *base = make_model (own, "facebook/dinov2-base", BASE, TRUE);
  g_autoptr (PleModelFolder) best = ple_model_store_find_best (fixture->store);
  g_autoptr (PleModelFolder) third = NULL;
  g_autofree char *three = NULL;

  g_assert_cmpstr (best->path, ==, base);
  three = make_model (own, "facebook/dinov3-vits16-pretrain-lvd1689m",
                      "{\"model_type\": \"dinov3_vit\", \"hidden_size\": 384}", TRUE);
  third = ple_model_store_find_best (fixture->store);
  g_assert_cmpstr (third->path, ==, three);
  g_assert_cmpstr (third->family, ==, "dinov3");
}

static void
test_config (void)
{
  static const struct
  {
    const char *text;
    const char *name;
    const char *family;
    guint dimension;
  } cases[] = {
    { "{\"model_type\":\"dinov2_with_registers\",\"hidden_size\":384}", "x", "dinov2", 384 },
    { "{\"model_type\":\"clip\"}", "x", "clip", 512 },
    { "{\"model_type\":\"vit\",\"hidden_size\":768}", "facebook/dino-vitb8", "dino", 768 },
    { "{\"model_type\":\"vit\",\"hidden_size\":768}", "google/vit", "vit", 768 },
    { "{\"model_type\":\"resnet\",\"hidden_sizes\":[256,2048]}", "x", "resnet", 2048 },
    { "{\"model_type\":\"bert\",\"hidden_size\":-3}", "x", "bert", 0 },
    { "{\"hidden_sizes\":[]}", "x", "", 0 },
    { "{\"hidden_sizes\":[{}]}", "x", "", 0 },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (JsonNode) root =
          ple_json_parse (cases[i].text, strlen (cases[i].text), "config.json", NULL);
      JsonObject *config = json_node_get_object (root);

      g_assert_cmpstr (ple_model_config_get_family (config, cases[i].name), ==, cases[i].family);
      g_assert_cmpuint (ple_model_config_get_dimension (config), ==, cases[i].dimension);
    }
}

static void
test_mirror (Fixture *fixture, gconstpointer data)
{
  g_autofree char *from_environment = ple_model_store_dup_address (fixture->store);
  g_autofree char *set = NULL;
  g_autofree char *back = NULL;
  g_auto (GStrv) folders = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (from_environment, ==, "http://mirror.example");
  g_assert_true (ple_model_store_add_folder (fixture->store, fixture->root, NULL));
  g_assert_true (ple_model_store_set_mirror (fixture->store, "https://other.example:8080/", NULL));
  set = ple_model_store_dup_address (fixture->store);
  g_assert_cmpstr (set, ==, "https://other.example:8080");
  g_assert_false (ple_model_store_set_mirror (fixture->store, "file:///etc", &error));
  g_assert_error (error, PLE_MODEL_STORE_ERROR, PLE_MODEL_STORE_ERROR_UNKNOWN);
  g_assert_true (ple_model_store_set_mirror (fixture->store, "", NULL));
  back = ple_model_store_dup_address (fixture->store);
  g_assert_cmpstr (back, ==, "http://mirror.example");
  folders = ple_model_store_dup_folders (fixture->store);
  g_assert_cmpstr (folders[0], ==, fixture->root);
}

static void
test_cancel (Fixture *fixture, gconstpointer data)
{
  const char *own = ple_model_store_get_own_folder (fixture->store);
  g_autofree char *small = make_model (own, "facebook/dinov2-small", SMALL, TRUE);
  g_autoptr (PleProgress) progress = ple_test_cancelled ();
  g_autoptr (GError) error = NULL;

  g_assert_null (ple_model_store_list (fixture->store, progress, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_environment (void)
{
  g_autofree char *cache = ple_environment_build_hub_dir ("/c", "/h");
  g_autofree char *home = ple_environment_build_hub_dir ("", "/h");
  g_autofree char *fallback = ple_environment_build_hub_dir (NULL, "");

  g_assert_cmpstr (cache, ==, "/c");
  g_assert_cmpstr (home, ==, "/h/hub");
  g_assert_true (g_str_has_suffix (fallback, "/huggingface/hub"));
}

#define ADD(name, func)                                                                            \
  g_test_add ("/features/model-store/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/features/known-models/table-is-sound", test_table);
  g_test_add_func ("/features/model-store/reads-config", test_config);
  g_test_add_func ("/features/model-store/hub-folder-from-environment", test_environment);
  ADD ("own-folder-and-names", test_own_and_names);
  ADD ("absent-says-what-to-do", test_absent);
  ADD ("incomplete-names-the-file", test_incomplete);
  ADD ("shards-must-be-there", test_shards);
  ADD ("hub-cache-by-ref", test_hub_cache);
  ADD ("added-folders", test_added_folders);
  ADD ("own-before-cache", test_own_before_cache);
  ADD ("best-for-auto", test_best);
  ADD ("mirror-setting", test_mirror);
  ADD ("cancel", test_cancel);
  return g_test_run ();
}
