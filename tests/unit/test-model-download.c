/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole models from a hub on this computer. */
#include "config.h"

#include "base/ple-atomic.h"
#include "base/ple-error.h"
#include "base/ple-json.h"
#include "dataset/ple-download.h"
#include "features/ple-model-download.h"
#include "ple-test-server.h"
#include "ple-test.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <unistd.h>

#define COMMIT "0123456789abcdef0123456789abcdef01234567"
#define SMALL "facebook/dinov2-small"

typedef struct
{
  char *root;
  char *hub;
  PleTestServer *server;
  PleModelStore *store;
} Fixture;

static void
make_store (Fixture *fixture, const char *token)
{
  PleEnvironment environment = { .data_dir = fixture->root,
                                 .hub_dir = fixture->hub,
                                 .hub_address = fixture->server->address,
                                 .hub_token = token };

  ple_model_store_unref (fixture->store);
  fixture->store = ple_model_store_new (&environment);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->root = g_dir_make_tmp ("ple-hub-XXXXXX", NULL);
  fixture->hub = g_build_filename (fixture->root, "hub", NULL);
  fixture->server = ple_test_server_new ();
  make_store (fixture, NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ple_model_store_unref (fixture->store);
  ple_test_server_free (fixture->server);
  g_assert_true (ple_remove_recursively (fixture->root, NULL));
  g_free (fixture->root);
  g_free (fixture->hub);
}

/* Weights as far as anybody looks here: a header without tensors, then bytes. */
static GBytes *
make_weights (void)
{
  g_autoptr (GBytes) noise = ple_test_server_make_bytes (500000);
  guint8 *bytes = g_memdup2 (g_bytes_get_data (noise, NULL), 500000);

  memcpy (bytes, "\2\0\0\0\0\0\0\0{}", 10);
  return g_bytes_new_take (bytes, 500000);
}

/* @file: what is special about it. Put at main and at the commit. */
static void
put (Fixture *fixture, const char *repository, const char *name, const PleTestFile *file)
{
  static const char *const revisions[] = { "main", COMMIT };

  for (size_t i = 0; i < G_N_ELEMENTS (revisions); i++)
    {
      g_autofree char *path = g_strdup_printf ("/%s/resolve/%s/%s", repository, revisions[i], name);
      PleTestFile copy = *file;

      copy.body = file->body != NULL ? g_bytes_ref (file->body) : NULL;
      copy.etag = g_strdup (file->etag);
      copy.linked_etag = g_strdup (file->linked_etag);
      copy.commit = g_strdup (COMMIT);
      copy.target = NULL;
      ple_test_server_put (fixture->server, path, &copy);
    }
  g_clear_pointer ((GBytes **) &file->body, g_bytes_unref);
}

static void
put_text (Fixture *fixture, const char *repository, const char *name, const char *text)
{
  PleTestFile file = { .body = g_bytes_new (text, strlen (text)), .etag = (char *) "\"text\"" };

  put (fixture, repository, name, &file);
}

/* @promise: FALSE promises other bytes. */
static void
put_weights (Fixture *fixture,
             const char *repository,
             const char *name,
             PleTestFault fault,
             gboolean promise)
{
  PleTestFile file = { .body = make_weights (), .fault = fault, .at = 200000, .times = 1 };
  g_autofree char *sha256 = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, file.body);
  g_autofree char *etag =
      promise ? g_strdup_printf ("\"%s\"", sha256) : g_strdup_printf ("\"%064d\"", 1);

  file.linked_etag = etag;
  put (fixture, repository, name, &file);
}

static void
put_small (Fixture *fixture, PleTestFault fault, gboolean promise)
{
  put_text (fixture, SMALL, "config.json", "{\"model_type\": \"dinov2\", \"hidden_size\": 384}");
  put_text (fixture, SMALL, "preprocessor_config.json", "{}");
  put_weights (fixture, SMALL, "model.safetensors", fault, promise);
}

static void
assert_fails (Fixture *fixture, const char *name, GQuark domain, int code, const char *says)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) found = NULL;

  g_assert_null (ple_model_download (fixture->store, name, NULL, NULL, &error));
  g_assert_error (error, domain, code);
  g_assert_nonnull (strstr (error->message, says));
  found = ple_model_store_list (fixture->store, NULL, NULL);
  g_assert_cmpuint (found->len, ==, 0);
}

static guint
count_files (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  guint n = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

static void
test_download (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = NULL;
  g_autofree char *again = NULL;
  g_autofree char *receipt = NULL;
  g_autoptr (PleModelFolder) found = NULL;
  g_autoptr (JsonNode) root = NULL;
  g_autoptr (GBytes) weights = make_weights ();
  g_autofree char *sha256 = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, weights);
  JsonObject *files;

  put_small (fixture, PLE_TEST_SERVES, TRUE);
  folder = ple_model_download (fixture->store, "dinov2-small", NULL, NULL, &error);
  g_assert_no_error (error);
  found = ple_model_store_resolve (fixture->store, "dinov2", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (found->path, ==, folder);
  g_assert_cmpuint (found->bytes, ==, 500000);
  g_assert_cmpuint (count_files (folder), ==, 4);

  receipt = g_build_filename (folder, "pleiades.json", NULL);
  root = ple_json_load (receipt, 100000, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (ple_json_get_string (json_node_get_object (root), "revision", ""), ==, COMMIT);
  files = ple_json_get_object (json_node_get_object (root), "files");
  g_assert_cmpstr (
      ple_json_get_string (ple_json_get_object (files, "model.safetensors"), "sha256", ""), ==,
      sha256);

  /* All of one commit, which config.json told. */
  g_assert_cmpuint (ple_test_server_count (fixture->server, "GET /" SMALL "/resolve/main/"), ==, 1);
  /* What is here is not fetched again. */
  ple_test_server_clear_log (fixture->server);
  again = ple_model_download (fixture->store, SMALL, NULL, NULL, &error);
  g_assert_cmpstr (again, ==, folder);
  g_assert_cmpuint (ple_test_server_count (fixture->server, ""), ==, 0);
}

static void
test_survives_break (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = NULL;

  put_small (fixture, PLE_TEST_DROPS, TRUE);
  folder = ple_model_download (fixture->store, SMALL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (folder);
  g_assert_cmpuint (ple_test_server_count (fixture->server, "GET /" SMALL "/resolve/" COMMIT
                                                            "/model.safetensors bytes=200000-"),
                    ==, 1);
}

typedef struct
{
  Fixture *fixture;
  PleProgress *progress;
} Watch;

static gpointer
cancel_when_there (gpointer data)
{
  Watch *watch = data;

  while (ple_model_download_get_part_size (watch->fixture->store, SMALL) < 200000)
    g_usleep (1000);
  ple_progress_cancel (watch->progress);
  return NULL;
}

/* Cancelled, nothing is to be seen of it; asked for again, it goes on. */
static void
test_cancel_and_resume (Fixture *fixture, gconstpointer data)
{
  g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, 1);
  Watch watch = { fixture, progress };
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) second = NULL;
  g_autoptr (GPtrArray) found = NULL;
  g_autofree char *folder = NULL;
  GThread *thread;

  put_small (fixture, PLE_TEST_HANGS, TRUE);
  thread = g_thread_new ("cancel", cancel_when_there, &watch);
  g_assert_null (ple_model_download (fixture->store, SMALL, NULL, progress, &error));
  g_thread_join (thread);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  found = ple_model_store_list (fixture->store, NULL, NULL);
  g_assert_cmpuint (found->len, ==, 0);
  g_assert_cmpuint (ple_model_download_get_part_size (fixture->store, SMALL), >=, 200000);

  put_small (fixture, PLE_TEST_SERVES, TRUE);
  ple_test_server_clear_log (fixture->server);
  folder = ple_model_download (fixture->store, SMALL, NULL, NULL, &second);
  g_assert_no_error (second);
  g_assert_cmpuint (ple_test_server_count (fixture->server, "GET /" SMALL "/resolve/" COMMIT
                                                            "/model.safetensors bytes=200000-"),
                    ==, 1);
  g_assert_cmpuint (ple_model_download_get_part_size (fixture->store, SMALL), ==, 0);
  g_assert_cmpuint (count_files (folder), ==, 4);
}

static void
test_wrong_checksum (Fixture *fixture, gconstpointer data)
{
  put_small (fixture, PLE_TEST_SERVES, FALSE);
  assert_fails (fixture, SMALL, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_CHECKSUM, "checksum");
}

static void
test_shards (Fixture *fixture, gconstpointer data)
{
  const char *giant = "facebook/dinov2-giant";
  const char *index = "{\"weight_map\": {\"a\": \"model-00001-of-00002.safetensors\", "
                      "\"b\": \"model-00002-of-00002.safetensors\"}}";
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = NULL;
  PleTestFile missing = { .fault = PLE_TEST_STATUS, .at = 503 };

  put_text (fixture, giant, "config.json", "{\"model_type\": \"dinov2\", \"hidden_size\": 1536}");
  put_text (fixture, giant, "model.safetensors.index.json", index);
  put_weights (fixture, giant, "model-00001-of-00002.safetensors", PLE_TEST_SERVES, TRUE);
  put (fixture, giant, "model-00002-of-00002.safetensors", &missing);
  assert_fails (fixture, giant, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_SERVER, "503");

  /* The shard that came is not fetched a second time. */
  put_weights (fixture, giant, "model-00002-of-00002.safetensors", PLE_TEST_SERVES, TRUE);
  ple_test_server_clear_log (fixture->server);
  folder = ple_model_download (fixture->store, giant, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (ple_test_server_count (fixture->server,
                                           "GET /facebook/dinov2-giant/resolve/" COMMIT
                                           "/model-00001"),
                    ==, 0);
  /* Two shards, index, config, receipt; no marks. */
  g_assert_cmpuint (count_files (folder), ==, 5);
}

static void
test_hostile_index (Fixture *fixture, gconstpointer data)
{
  put_text (fixture, SMALL, "config.json", "{\"model_type\": \"dinov2\"}");
  put_text (fixture, SMALL, "model.safetensors.index.json",
            "{\"weight_map\": {\"a\": \"../../../evil\"}}");
  assert_fails (fixture, SMALL, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT, "shard");
}

static void
test_clip_brings_words (Fixture *fixture, gconstpointer data)
{
  const char *clip = "openai/clip-vit-base-patch32";
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = NULL;
  g_autofree char *merges = NULL;

  put_text (fixture, clip, "config.json", "{\"model_type\": \"clip\"}");
  put_text (fixture, clip, "vocab.json", "{}");
  put_text (fixture, clip, "merges.txt", "#version\n");
  put_weights (fixture, clip, "model.safetensors", PLE_TEST_SERVES, TRUE);
  folder = ple_model_download (fixture->store, clip, NULL, NULL, &error);
  g_assert_no_error (error);
  merges = g_build_filename (folder, "merges.txt", NULL);
  g_assert_true (g_file_test (merges, G_FILE_TEST_EXISTS));
  g_assert_cmpuint (count_files (folder), ==, 5);
}

static void
test_absent (Fixture *fixture, gconstpointer data)
{
  assert_fails (fixture, SMALL, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_NOT_FOUND, "no model");
  g_assert_cmpuint (ple_model_download_get_part_size (fixture->store, SMALL), ==, 0);
  put_text (fixture, SMALL, "config.json", "{\"model_type\": \"dinov2\"}");
  assert_fails (fixture, SMALL, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_NOT_FOUND,
                "model.safetensors");
  put_text (fixture, SMALL, "config.json", "[1, 2]");
  assert_fails (fixture, SMALL, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT, "config.json");
  put_text (fixture, SMALL, "config.json", "<html>");
  assert_fails (fixture, SMALL, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT, "config.json");
  assert_fails (fixture, "dinov2", PLE_MODEL_STORE_ERROR, PLE_MODEL_STORE_ERROR_UNKNOWN, "family");
  assert_fails (fixture, "../x", PLE_MODEL_STORE_ERROR, PLE_MODEL_STORE_ERROR_UNKNOWN, "../x");
  assert_fails (fixture, "a/../b", PLE_MODEL_STORE_ERROR, PLE_MODEL_STORE_ERROR_UNKNOWN, "a/");
}

/* A page in place of the weights. */
static void
test_no_weights_after_all (Fixture *fixture, gconstpointer data)
{
  put_small (fixture, PLE_TEST_SERVES, TRUE);
  put_text (fixture, SMALL, "model.safetensors", "<html>please log in</html>");
  assert_fails (fixture, SMALL, PLE_MODEL_STORE_ERROR, PLE_MODEL_STORE_ERROR_INCOMPLETE,
                "model.safetensors");
  g_assert_cmpuint (ple_model_download_get_part_size (fixture->store, SMALL), ==, 0);
}

static void
test_gated (Fixture *fixture, gconstpointer data)
{
  const char *gated = "facebook/dinov3-vits16-pretrain-lvd1689m";
  PleTestFile refuses = { .fault = PLE_TEST_STATUS, .at = 403 };
  g_autofree char *folder = NULL;
  g_autoptr (GError) error = NULL;

  put (fixture, gated, "config.json", &refuses);
  assert_fails (fixture, gated, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_FORBIDDEN,
                "settings/tokens");
  make_store (fixture, "secret");
  assert_fails (fixture, gated, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_FORBIDDEN, "account");
  g_assert_cmpuint (ple_test_server_count (fixture->server, "GET"), ==, 2);

  put_text (fixture, gated, "config.json", "{\"model_type\": \"dinov3_vit\"}");
  put_weights (fixture, gated, "model.safetensors", PLE_TEST_SERVES, TRUE);
  ple_test_server_clear_log (fixture->server);
  folder = ple_model_download (fixture->store, gated, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (ple_test_server_count (fixture->server,
                                           "GET /facebook/dinov3-vits16-pretrain-lvd1689m/"
                                           "resolve/main/config.json - Bearer secret"),
                    ==, 1);
}

/* A mirror that the person has set does not learn the token. */
static void
test_mirror (Fixture *fixture, gconstpointer data)
{
  g_autofree char *address = g_strconcat (fixture->server->address, "/deep/", NULL);
  g_autofree char *deep = g_strconcat ("deep/", SMALL, NULL);
  g_autoptr (GError) error = NULL;

  make_store (fixture, "secret");
  g_assert_true (ple_model_store_set_mirror (fixture->store, address, &error));
  g_assert_null (ple_model_download (fixture->store, SMALL, NULL, NULL, &error));
  g_assert_error (error, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_NOT_FOUND);
  g_assert_cmpuint (
      ple_test_server_count (fixture->server, "GET /deep/" SMALL "/resolve/main/config.json - -"),
      ==, 1);
}

static void
test_revision (Fixture *fixture, gconstpointer data)
{
  PleModelDownloadOptions options = { .revision = "refs/pr/7" };
  g_autoptr (GError) error = NULL;

  g_assert_null (ple_model_download (fixture->store, SMALL, &options, NULL, &error));
  g_assert_cmpuint (
      ple_test_server_count (fixture->server, "GET /" SMALL "/resolve/refs/pr/7/config.json"), ==,
      1);
}

static void
test_one_at_a_time (Fixture *fixture, gconstpointer data)
{
  g_autofree char *part = g_build_filename (ple_model_store_get_own_folder (fixture->store),
                                            "facebook", ".part-dinov2-small", NULL);
  int lock;

  put_small (fixture, PLE_TEST_SERVES, TRUE);
  g_mkdir_with_parents (part, 0777);
  lock = open (part, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_assert_cmpint (flock (lock, LOCK_EX | LOCK_NB), ==, 0);
  assert_fails (fixture, SMALL, G_IO_ERROR, G_IO_ERROR_BUSY, "already");
  close (lock);
}

#define ADD(name, func)                                                                            \
  g_test_add ("/features/model-download/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("whole-model-with-receipt", test_download);
  ADD ("goes-on-after-a-break", test_survives_break);
  ADD ("cancel-and-resume", test_cancel_and_resume);
  ADD ("wrong-checksum", test_wrong_checksum);
  ADD ("shards", test_shards);
  ADD ("hostile-index", test_hostile_index);
  ADD ("clip-brings-its-words", test_clip_brings_words);
  ADD ("absent", test_absent);
  ADD ("page-for-weights", test_no_weights_after_all);
  ADD ("gated", test_gated);
  ADD ("mirror", test_mirror);
  ADD ("revision", test_revision);
  ADD ("one-at-a-time", test_one_at_a_time);
  return g_test_run ();
}
