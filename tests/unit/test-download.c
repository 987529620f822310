/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Downloads from a server on this computer that misbehaves to order. */
#include "config.h"

#include "base/ple-atomic.h"
#include "dataset/ple-download.h"
#include "ple-test-server.h"
#include "ple-test.h"

#include <glib/gstdio.h>

#define SIZE ((gsize) 1000000)

typedef struct
{
  char *root;
  char *path;
  char *url;
  PleTestServer *server;
  PleDownloader *downloader;
  GBytes *bytes;
  char *sha256;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->root = g_dir_make_tmp ("ple-download-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->root, "file", NULL);
  fixture->server = ple_test_server_new ();
  fixture->url = g_strconcat (fixture->server->address, "/file", NULL);
  fixture->downloader = ple_downloader_new ();
  ple_downloader_set_patience (fixture->downloader, 2, 1);
  fixture->bytes = ple_test_server_make_bytes (SIZE);
  fixture->sha256 = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, fixture->bytes);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ple_downloader_free (fixture->downloader);
  ple_test_server_free (fixture->server);
  g_assert_true (ple_remove_recursively (fixture->root, NULL));
  g_bytes_unref (fixture->bytes);
  g_free (fixture->root);
  g_free (fixture->path);
  g_free (fixture->url);
  g_free (fixture->sha256);
}

static PleTestFile
make_file (Fixture *fixture, PleTestFault fault)
{
  PleTestFile file = { .body = g_bytes_ref (fixture->bytes),
                       .etag = g_strdup ("\"one\""),
                       .fault = fault };

  return file;
}

static gboolean
fetch (Fixture *fixture, const PleDownloadFile *more, PleProgress *progress, GError **error)
{
  PleDownloadFile file = more != NULL ? *more : (PleDownloadFile){ 0 };

  file.url = file.url != NULL ? file.url : fixture->url;
  file.path = fixture->path;
  return ple_downloader_fetch (fixture->downloader, &file, NULL, progress, error);
}

static void
assert_fetched (Fixture *fixture)
{
  g_autofree char *part = g_strconcat (fixture->path, ".part", NULL);
  g_autofree char *id = g_strconcat (fixture->path, ".part-id", NULL);
  char *bytes;
  gsize size;

  g_assert_true (g_file_get_contents (fixture->path, &bytes, &size, NULL));
  g_assert_cmpmem (bytes, size, g_bytes_get_data (fixture->bytes, NULL),
                   g_bytes_get_size (fixture->bytes));
  g_free (bytes);
  g_assert_false (g_file_test (part, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (id, G_FILE_TEST_EXISTS));
}

static void
assert_fails (Fixture *fixture, const PleDownloadFile *more, PleDownloadError code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (fetch (fixture, more, NULL, &error));
  g_assert_error (error, PLE_DOWNLOAD_ERROR, (int) code);
  g_assert_false (g_file_test (fixture->path, G_FILE_TEST_EXISTS));
  g_assert_null (strchr (error->message, '\n'));
}

static void
test_fetch (Fixture *fixture, gconstpointer data)
{
  PleTestFile file = make_file (fixture, PLE_TEST_SERVES);
  PleDownloadFile what = { .url = fixture->url, .path = fixture->path };
  g_auto (PleDownloadInfo) info = { 0 };
  g_auto (PleDownloadInfo) probed = { 0 };
  g_autoptr (GError) error = NULL;

  file.commit = g_strdup ("0123456789abcdef0123456789abcdef01234567");
  ple_test_server_put (fixture->server, "/file", &file);
  g_assert_true (ple_downloader_probe (fixture->downloader, fixture->url, &probed, NULL, &error));
  g_assert_cmpint (probed.size, ==, (gint64) SIZE);
  g_assert_cmpstr (probed.identity, ==, "one");
  g_assert_null (probed.sha256);
  g_assert_cmpstr (probed.commit, ==, "0123456789abcdef0123456789abcdef01234567");
  g_assert_true (ple_downloader_fetch (fixture->downloader, &what, &info, NULL, &error));
  g_assert_no_error (error);
  assert_fetched (fixture);
  g_assert_cmpstr (info.sha256, ==, fixture->sha256);
  g_assert_cmpint (info.size, ==, (gint64) SIZE);
}

static void
test_empty (Fixture *fixture, gconstpointer data)
{
  PleTestFile file = { .body = g_bytes_new_static ("", 0) };

  g_bytes_unref (fixture->bytes);
  fixture->bytes = g_bytes_new_static ("", 0);
  ple_test_server_put (fixture->server, "/file", &file);
  g_assert_true (fetch (fixture, NULL, NULL, NULL));
  assert_fetched (fixture);
}

static void
test_goes_on_by_itself (Fixture *fixture, gconstpointer data)
{
  PleTestFile file = make_file (fixture, PLE_TEST_DROPS);
  g_autoptr (GError) error = NULL;

  file.at = 300000;
  file.times = 3;
  ple_test_server_put (fixture->server, "/file", &file);
  fetch (fixture, NULL, NULL, &error);
  g_assert_no_error (error);
  assert_fetched (fixture);
  /* Each went on where the one before it ended. */
  g_assert_cmpuint (ple_test_server_count (fixture->server, "GET"), ==, 4);
  g_assert_cmpuint (ple_test_server_count (fixture->server, "GET /file bytes=300000-"), ==, 1);
  g_assert_cmpuint (ple_test_server_count (fixture->server, "GET /file bytes=900000-"), ==, 1);
}

typedef struct
{
  PleProgress *progress;
  const char *path;
  guint64 size;
} Watch;

/* Cancels once that much has arrived. */
static gpointer
cancel_when_there (gpointer data)
{
  Watch *watch = data;

  while (ple_download_get_part_size (watch->path) < watch->size)
    g_usleep (1000);
  ple_progress_cancel (watch->progress);
  return NULL;
}

/* Fetches a part by a cancel in the middle, from a server that hangs there. */
static void
leave_part (Fixture *fixture, gsize size)
{
  PleTestFile file = make_file (fixture, PLE_TEST_HANGS);
  g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, 1);
  Watch watch = { progress, fixture->path, size };
  g_autoptr (GError) error = NULL;
  GThread *thread;

  file.at = size;
  ple_test_server_put (fixture->server, "/file", &file);
  thread = g_thread_new ("cancel", cancel_when_there, &watch);
  g_assert_false (fetch (fixture, NULL, progress, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_thread_join (thread);
  g_assert_cmpuint (ple_download_get_part_size (fixture->path), ==, size);
  ple_test_server_clear_log (fixture->server);
}

static void
test_resumes (Fixture *fixture, gconstpointer data)
{
  PleTestFile file = make_file (fixture, PLE_TEST_SERVES);
  g_autoptr (GError) error = NULL;

  leave_part (fixture, 300000);
  ple_test_server_put (fixture->server, "/file", &file);
  fetch (fixture, NULL, NULL, &error);
  g_assert_no_error (error);
  assert_fetched (fixture);
  g_assert_cmpuint (ple_test_server_count (fixture->server, "GET /file bytes=300000-"), ==, 1);
  g_assert_cmpuint (ple_test_server_count (fixture->server, "GET"), ==, 1);
}

static void
test_changed_meanwhile (Fixture *fixture, gconstpointer data)
{
  PleTestFile file = make_file (fixture, PLE_TEST_SERVES);

  leave_part (fixture, 300000);
  g_bytes_unref (fixture->bytes);
  fixture->bytes = g_bytes_new_static ("another file altogether", 23);
  g_bytes_unref (file.body);
  file.body = g_bytes_ref (fixture->bytes);
  g_free (file.etag);
  file.etag = g_strdup ("\"two\"");
  ple_test_server_put (fixture->server, "/file", &file);
  g_assert_true (fetch (fixture, NULL, NULL, NULL));
  assert_fetched (fixture);
}

/* Same length, other content: only the identity tells. */
static void
test_changed_same_length (Fixture *fixture, gconstpointer data)
{
  PleTestFile file = make_file (fixture, PLE_TEST_SERVES);
  guint8 *bytes;

  leave_part (fixture, 300000);
  bytes = g_memdup2 (g_bytes_get_data (fixture->bytes, NULL), SIZE);
  for (gsize i = 0; i < SIZE; i++)
    bytes[i] ^= 255;
  g_bytes_unref (fixture->bytes);
  fixture->bytes = g_bytes_new_take (bytes, SIZE);
  g_bytes_unref (file.body);
  file.body = g_bytes_ref (fixture->bytes);
  g_free (file.etag);
  file.etag = g_strdup ("\"two\"");
  ple_test_server_put (fixture->server, "/file", &file);
  g_assert_true (fetch (fixture, NULL, NULL, NULL));
  assert_fetched (fixture);
}

static void
test_no_ranges (Fixture *fixture, gconstpointer data)
{
  PleTestFile file = make_file (fixture, PLE_TEST_SERVES);

  leave_part (fixture, 300000);
  file.no_ranges = TRUE;
  ple_test_server_put (fixture->server, "/file", &file);
  g_assert_true (fetch (fixture, NULL, NULL, NULL));
  assert_fetched (fixture);
}

static void
test_no_ranges_and_drops (Fixture *fixture, gconstpointer data)
{
  PleTestFile file = make_file (fixture, PLE_TEST_DROPS);

  file.no_ranges = TRUE;
  file.at = 300000;
  file.times = 2;
  ple_test_server_put (fixture->server, "/file", &file);
  g_assert_true (fetch (fixture, NULL, NULL, NULL));
  assert_fetched (fixture);
}

/* Killed between the last byte and the rename. */
static void
test_whole_part (Fixture *fixture, gconstpointer data)
{
  PleTestFile file = make_file (fixture, PLE_TEST_SERVES);
  g_autofree char *part = g_strconcat (fixture->path, ".part", NULL);
  g_autofree char *id = g_strconcat (fixture->path, ".part-id", NULL);

  g_assert_true (g_file_set_contents (part, g_bytes_get_data (fixture->bytes, NULL), SIZE, NULL));
  g_assert_true (g_file_set_contents (id, "one", -1, NULL));
  ple_test_server_put (fixture->server, "/file", &file);
  g_assert_true (fetch (fixture, NULL, NULL, NULL));
  assert_fetched (fixture);
  g_assert_cmpuint (ple_test_server_count (fixture->server, "GET"), ==, 0);
}

/* A part of which nobody knows what it is of. */
static void
test_foreign_part (Fixture *fixture, gconstpointer data)
{
  PleTestFile file = make_file (fixture, PLE_TEST_SERVES);
  g_autofree char *part = g_strconcat (fixture->path, ".part", NULL);

  g_assert_true (g_file_set_contents (part, "rubbish", -1, NULL));
  ple_test_server_put (fixture->server, "/file", &file);
  g_assert_true (fetch (fixture, NULL, NULL, NULL));
  assert_fetched (fixture);
}

static void
test_wrong_length (Fixture *fixture, gconstpointer data)
{
  PleTestFile file = make_file (fixture, PLE_TEST_SHORT);
  g_autofree char *part = g_strconcat (fixture->path, ".part", NULL);

  file.no_ranges = TRUE;
  ple_test_server_put (fixture->server, "/file", &file);
  assert_fails (fixture, NULL, PLE_DOWNLOAD_ERROR_NETWORK);
  g_assert_cmpuint (ple_download_get_part_size (fixture->path), ==, SIZE);

  g_unlink (part);
  file = make_file (fixture, PLE_TEST_LONG);
  file.linked_etag = g_strdup ("\"one\"");
  ple_test_server_put (fixture->server, "/file", &file);
  ple_test_server_clear_log (fixture->server);
  assert_fails (fixture, NULL, PLE_DOWNLOAD_ERROR_TOO_LARGE);
  g_assert_cmpuint (ple_download_get_part_size (fixture->path), ==, 0);
}

static void
test_checksums (Fixture *fixture, gconstpointer data)
{
  PleTestFile file = make_file (fixture, PLE_TEST_SERVES);
  g_autofree char *md5 = g_compute_checksum_for_bytes (G_CHECKSUM_MD5, fixture->bytes);
  g_autofree char *other = g_compute_checksum_for_string (G_CHECKSUM_SHA256, "x", 1);
  PleDownloadFile right = { .md5 = md5, .sha256 = fixture->sha256 };
  PleDownloadFile wrong = { .md5 = "00000000000000000000000000000000" };
  PleDownloadFile wrong_sha = { .sha256 = other };

  ple_test_server_put (fixture->server, "/file", &file);
  assert_fails (fixture, &wrong, PLE_DOWNLOAD_ERROR_CHECKSUM);
  g_assert_cmpuint (ple_download_get_part_size (fixture->path), ==, 0);
  assert_fails (fixture, &wrong_sha, PLE_DOWNLOAD_ERROR_CHECKSUM);
  g_assert_true (fetch (fixture, &right, NULL, NULL));
  assert_fetched (fixture);
}

/* The hub: a redirection to a store whose own ETag is something else. */
static void
test_linked_checksum (Fixture *fixture, gconstpointer data)
{
  PleTestFile store = make_file (fixture, PLE_TEST_SERVES);
  PleTestFile right = { .fault = PLE_TEST_REDIRECT,
                        .target = g_strdup ("/store"),
                        .linked_etag = g_strdup_printf ("\"%s\"", fixture->sha256) };
  PleTestFile wrong = { .fault = PLE_TEST_REDIRECT,
                        .target = g_strdup ("/store"),
                        .linked_etag = g_strdup_printf ("\"%064d\"", 7) };
  PleTestFile unlinked = { .fault = PLE_TEST_REDIRECT, .target = g_strdup ("/store") };
  g_auto (PleDownloadInfo) info = { 0 };

  g_free (store.etag);
  store.etag = g_strdup_printf ("\"%064d\"", 3);
  ple_test_server_put (fixture->server, "/store", &store);
  ple_test_server_put (fixture->server, "/file", &wrong);
  assert_fails (fixture, NULL, PLE_DOWNLOAD_ERROR_CHECKSUM);
  ple_test_server_put (fixture->server, "/file", &right);
  g_assert_true (ple_downloader_probe (fixture->downloader, fixture->url, &info, NULL, NULL));
  g_assert_cmpstr (info.sha256, ==, fixture->sha256);
  g_assert_cmpint (info.size, ==, (gint64) SIZE);
  g_assert_true (fetch (fixture, NULL, NULL, NULL));
  assert_fetched (fixture);
  /* A store's ETag of 64 digits is no promise about the bytes. */
  ple_test_server_put (fixture->server, "/file", &unlinked);
  g_assert_true (fetch (fixture, NULL, NULL, NULL));
}

static void
test_statuses (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    guint status;
    PleDownloadError code;
  } cases[] = {
    { 401, PLE_DOWNLOAD_ERROR_FORBIDDEN }, { 403, PLE_DOWNLOAD_ERROR_FORBIDDEN },
    { 404, PLE_DOWNLOAD_ERROR_NOT_FOUND }, { 407, PLE_DOWNLOAD_ERROR_NETWORK },
    { 410, PLE_DOWNLOAD_ERROR_NOT_FOUND }, { 416, PLE_DOWNLOAD_ERROR_SERVER },
    { 429, PLE_DOWNLOAD_ERROR_SERVER },    { 500, PLE_DOWNLOAD_ERROR_SERVER },
    { 503, PLE_DOWNLOAD_ERROR_SERVER },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      PleTestFile file = { .fault = PLE_TEST_STATUS, .at = cases[i].status };

      ple_test_server_put (fixture->server, "/file", &file);
      assert_fails (fixture, NULL, cases[i].code);
      g_assert_cmpuint (ple_download_get_part_size (fixture->path), ==, 0);
    }
}

static void
test_addresses (Fixture *fixture, gconstpointer data)
{
  static const char *const bad[] = { "", "file:///etc/passwd", "ftp://x/y", "http://", "rubbish" };
  PleTestFile circle = { .fault = PLE_TEST_REDIRECT, .target = g_strdup ("/file") };
  PleTestFile outside = { .fault = PLE_TEST_REDIRECT, .target = g_strdup ("file:///etc/passwd") };
  PleDownloadFile closed = { .url = "http://127.0.0.1:1/file" };

  for (size_t i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      PleDownloadFile file = { .url = bad[i] };

      assert_fails (fixture, &file, PLE_DOWNLOAD_ERROR_ADDRESS);
    }
  ple_test_server_put (fixture->server, "/file", &circle);
  assert_fails (fixture, NULL, PLE_DOWNLOAD_ERROR_ADDRESS);
  ple_test_server_put (fixture->server, "/file", &outside);
  assert_fails (fixture, NULL, PLE_DOWNLOAD_ERROR_ADDRESS);
  assert_fails (fixture, &closed, PLE_DOWNLOAD_ERROR_NETWORK);
}

static void
test_limit (Fixture *fixture, gconstpointer data)
{
  PleTestFile file = make_file (fixture, PLE_TEST_SERVES);
  PleTestFile unsaid = make_file (fixture, PLE_TEST_LONG);
  PleDownloadFile limited = { .max_bytes = 1000 };

  ple_test_server_put (fixture->server, "/file", &file);
  assert_fails (fixture, &limited, PLE_DOWNLOAD_ERROR_TOO_LARGE);
  ple_test_server_put (fixture->server, "/file", &unsaid);
  assert_fails (fixture, &limited, PLE_DOWNLOAD_ERROR_TOO_LARGE);
  g_assert_cmpuint (ple_download_get_part_size (fixture->path), ==, 0);
}

/* The token is for the host that was asked, not for where it sends us. */
static void
test_token_stays_home (Fixture *fixture, gconstpointer data)
{
  PleTestServer *store = ple_test_server_new ();
  PleTestFile there = make_file (fixture, PLE_TEST_SERVES);
  PleTestFile here = { .fault = PLE_TEST_REDIRECT,
                       .target = g_strconcat (store->address, "/store", NULL) };

  ple_test_server_put (store, "/store", &there);
  ple_test_server_put (fixture->server, "/file", &here);
  ple_downloader_set_token (fixture->downloader, "secret");
  g_assert_true (fetch (fixture, NULL, NULL, NULL));
  assert_fetched (fixture);
  g_assert_cmpuint (ple_test_server_count (fixture->server, "GET /file - Bearer secret"), ==, 1);
  g_assert_cmpuint (ple_test_server_count (store, "GET /store - -"), ==, 1);
  ple_test_server_free (store);
}

static gpointer
cancel_soon (gpointer data)
{
  g_usleep (50000);
  ple_progress_cancel (data);
  return NULL;
}

/* Neither a server that says nothing nor one that stops in the middle holds a cancel up. No time is
 * measured: without the cancel this would take the minute of silence that is allowed, and end with
 * another error. */
static void
test_cancel (Fixture *fixture, gconstpointer data)
{
  PleTestFile silent = { .fault = PLE_TEST_SILENT };
  g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, 1);
  g_autoptr (PleProgress) early = ple_test_cancelled ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) second = NULL;
  GThread *thread;

  ple_test_server_put (fixture->server, "/file", &silent);
  thread = g_thread_new ("cancel", cancel_soon, progress);
  g_assert_false (fetch (fixture, NULL, progress, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_thread_join (thread);
  g_assert_false (fetch (fixture, NULL, early, &second));
  g_assert_error (second, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_urls (void)
{
  g_autofree char *url = ple_download_build_url ("http://x//", "a/b", "c d", "e#f", NULL);

  g_assert_cmpstr (url, ==, "http://x/a/b/c%20d/e%23f");
}

#define ADD(name, func)                                                                            \
  g_test_add ("/dataset/download/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("whole-file-and-its-header", test_fetch);
  ADD ("empty-file", test_empty);
  ADD ("goes-on-after-a-break", test_goes_on_by_itself);
  ADD ("resumes-by-range", test_resumes);
  ADD ("starts-anew-when-changed", test_changed_meanwhile);
  ADD ("starts-anew-when-changed-at-same-length", test_changed_same_length);
  ADD ("starts-anew-without-ranges", test_no_ranges);
  ADD ("breaks-without-ranges", test_no_ranges_and_drops);
  ADD ("whole-part-is-not-fetched-again", test_whole_part);
  ADD ("foreign-part-is-not-trusted", test_foreign_part);
  ADD ("wrong-length", test_wrong_length);
  ADD ("checksums", test_checksums);
  ADD ("linked-checksum-of-the-hub", test_linked_checksum);
  ADD ("statuses", test_statuses);
  ADD ("addresses", test_addresses);
  ADD ("limit", test_limit);
  ADD ("token-stays-home", test_token_stays_home);
  ADD ("cancel", test_cancel);
  g_test_add_func ("/dataset/download/urls-are-escaped", test_urls);
  return g_test_run ();
}
