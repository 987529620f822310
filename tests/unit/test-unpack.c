/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Archives that mean well, archives that do not, and the download of data sets made of them. */
#include "config.h"

#include "base/ple-atomic.h"
#include "base/ple-error.h"
#include "dataset/ple-download.h"
#include "dataset/ple-known-datasets.h"
#include "dataset/ple-unpack.h"
#include "ple-test-server.h"
#include "ple-test.h"

#include <archive.h>
#include <archive_entry.h>
#include <glib/gstdio.h>

typedef struct
{
  const char *name;
  const char *data; /* NULL: a folder */
  const char *link;
  gboolean hard;
} Member;

typedef struct
{
  char *root;
  char *archive;
  char *folder;
} Fixture;

static const PleUnpackLimits limits = { 100, 100000 };

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->root = g_dir_make_tmp ("ple-unpack-XXXXXX", NULL);
  fixture->archive = g_build_filename (fixture->root, "set.tgz", NULL);
  fixture->folder = g_build_filename (fixture->root, "out", "set", NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_assert_true (ple_remove_recursively (fixture->root, NULL));
  g_free (fixture->root);
  g_free (fixture->archive);
  g_free (fixture->folder);
}

static void
add_member (struct archive *archive, const Member *member)
{
  struct archive_entry *entry = archive_entry_new ();
  size_t size = member->data != NULL ? strlen (member->data) : 0;

  archive_entry_set_pathname (entry, member->name);
  archive_entry_set_perm (entry, 0000);
  if (member->link != NULL && member->hard)
    archive_entry_set_hardlink (entry, member->link);
  else if (member->link != NULL)
    {
      archive_entry_set_filetype (entry, AE_IFLNK);
      archive_entry_set_symlink (entry, member->link);
    }
  else
    archive_entry_set_filetype (entry, member->data != NULL ? AE_IFREG : AE_IFDIR);
  archive_entry_set_size (entry, (la_int64_t) size);
  g_assert_cmpint (archive_write_header (archive, entry), ==, ARCHIVE_OK);
  if (size > 0 && member->link == NULL)
    g_assert_cmpint (archive_write_data (archive, member->data, size), ==, (la_ssize_t) size);
  archive_entry_free (entry);
}

/* A tar packed by gzip, or a zip. */
static void
make_archive (const char *path, gboolean zip, const Member *members, size_t n)
{
  struct archive *archive = archive_write_new ();

  if (zip)
    archive_write_set_format_zip (archive);
  else
    {
      archive_write_set_format_pax_restricted (archive);
      archive_write_add_filter_gzip (archive);
    }
  g_assert_cmpint (archive_write_open_filename (archive, path), ==, ARCHIVE_OK);
  for (size_t i = 0; i < n; i++)
    add_member (archive, &members[i]);
  g_assert_cmpint (archive_write_close (archive), ==, ARCHIVE_OK);
  archive_write_free (archive);
}

static void
assert_contents (const char *folder, const char *name, const char *expected)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, expected);
}

static const Member good[] = {
  { "set/", NULL, NULL, FALSE },
  { "./set/train/a.txt", "first", NULL, FALSE },
  { "set/train/._a.txt", "of a Mac", NULL, FALSE },
  { "set/test//b.txt", "second", NULL, FALSE },
  { "__MACOSX/set/x", "of a Mac", NULL, FALSE },
  { "set/empty/", NULL, NULL, FALSE },
  { "set/...", "odd but harmless", NULL, FALSE },
};

static void
test_unpacks (Fixture *fixture, gconstpointer data)
{
  for (int zip = 0; zip < 2; zip++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *mac = g_build_filename (fixture->folder, "train", "._a.txt", NULL);
      g_autofree char *empty = g_build_filename (fixture->folder, "empty", NULL);

      make_archive (fixture->archive, zip, good, G_N_ELEMENTS (good));
      ple_unpack (fixture->archive, "set", fixture->folder, &limits, NULL, &error);
      g_assert_no_error (error);
      assert_contents (fixture->folder, "train/a.txt", "first");
      assert_contents (fixture->folder, "test/b.txt", "second");
      assert_contents (fixture->folder, "...", "odd but harmless");
      g_assert_true (g_file_test (empty, G_FILE_TEST_IS_DIR));
      g_assert_false (g_file_test (mac, G_FILE_TEST_EXISTS));
    }
}

/* Nothing may be left, neither at the place nor beside it. */
static void
assert_refused (Fixture *fixture, int code)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *parent = g_path_get_dirname (fixture->folder);
  g_autoptr (GDir) dir = NULL;

  g_assert_false (ple_unpack (fixture->archive, "set", fixture->folder, &limits, NULL, &error));
  g_assert_error (error, PLE_FILE_ERROR, code);
  dir = g_dir_open (parent, 0, NULL);
  g_assert_true (dir == NULL || g_dir_read_name (dir) == NULL);
}

static void
test_hostile (Fixture *fixture, gconstpointer data)
{
  static const Member hostile[] = {
    { "set/../../evil", "x", NULL, FALSE },
    { "../evil", "x", NULL, FALSE },
    { "/tmp/evil", "x", NULL, FALSE },
    { "elsewhere/file", "x", NULL, FALSE },
    { "setting/file", "x", NULL, FALSE },
    { "set/link", "", "../../../etc/passwd", FALSE },
    { "set/link", "", "b.txt", FALSE },
    { "set/hard", "", "set/train/a.txt", TRUE },
    { "set/train/a.txt", "again", NULL, FALSE },
    { "set", "a file where the folder was", NULL, FALSE },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (hostile); i++)
    {
      const Member members[] = { good[1], hostile[i] };

      make_archive (fixture->archive, FALSE, members, G_N_ELEMENTS (members));
      assert_refused (fixture, PLE_FILE_ERROR_FORMAT);
    }
}

/* What a link would lead to stays untouched even if the link comes first. */
static void
test_link_then_file (Fixture *fixture, gconstpointer data)
{
  g_autofree char *victim = g_build_filename (fixture->root, "victim", NULL);
  const Member members[] = { { "set/door", "", victim, FALSE },
                             { "set/door/file", "x", NULL, FALSE } };

  g_mkdir (victim, 0777);
  make_archive (fixture->archive, FALSE, members, G_N_ELEMENTS (members));
  assert_refused (fixture, PLE_FILE_ERROR_FORMAT);
  g_assert_cmpint (g_rmdir (victim), ==, 0);
}

static void
test_limits (Fixture *fixture, gconstpointer data)
{
  g_autofree char *big = g_strnfill (100001, 'x');
  const Member one[] = { { "set/big", big, NULL, FALSE } };
  Member many[101];
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  make_archive (fixture->archive, FALSE, one, 1);
  assert_refused (fixture, PLE_FILE_ERROR_TOO_LARGE);
  for (guint i = 0; i < G_N_ELEMENTS (many); i++)
    {
      g_ptr_array_add (names, g_strdup_printf ("set/%u", i));
      many[i] = (Member){ g_ptr_array_index (names, i), "x", NULL, FALSE };
    }
  make_archive (fixture->archive, FALSE, many, G_N_ELEMENTS (many));
  assert_refused (fixture, PLE_FILE_ERROR_TOO_LARGE);
  make_archive (fixture->archive, FALSE, many, 100);
  g_assert_true (ple_unpack (fixture->archive, "set", fixture->folder, &limits, NULL, NULL));
}

static void
test_damaged (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = NULL;
  g_autoptr (GBytes) noise = ple_test_server_make_bytes (30000);
  g_autofree char *words = g_base64_encode (g_bytes_get_data (noise, NULL), 30000);
  const Member members[] = { { "set/a", words, NULL, FALSE }, { "set/b", words, NULL, FALSE } };
  gsize size;

  make_archive (fixture->archive, FALSE, members, 2);
  g_assert_true (g_file_get_contents (fixture->archive, &text, &size, NULL));
  g_assert_true (g_file_set_contents (fixture->archive, text, (gssize) size - 1000, NULL));
  assert_refused (fixture, PLE_FILE_ERROR_TRUNCATED);
  g_assert_true (g_file_set_contents (fixture->archive, "not an archive at all", -1, NULL));
  assert_refused (fixture, PLE_FILE_ERROR_FORMAT);
  make_archive (fixture->archive, FALSE, NULL, 0);
  assert_refused (fixture, PLE_FILE_ERROR_EMPTY);
}

static void
test_cancel (Fixture *fixture, gconstpointer data)
{
  g_autoptr (PleProgress) progress = ple_test_cancelled ();
  g_autoptr (GError) error = NULL;

  make_archive (fixture->archive, FALSE, good, G_N_ELEMENTS (good));
  g_assert_false (ple_unpack (fixture->archive, "set", fixture->folder, &limits, progress, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_false (g_file_test (fixture->folder, G_FILE_TEST_EXISTS));
}

/* Data sets */

static void
test_table (void)
{
  size_t n;
  const PleKnownDataset *datasets = ple_known_datasets_list (&n);

  g_assert_cmpuint (n, >=, 5);
  for (size_t i = 0; i < n; i++)
    {
      g_assert_true (ple_known_datasets_find (datasets[i].id) == &datasets[i]);
      g_assert_cmpuint (strlen (datasets[i].md5), ==, 32);
      g_assert_nonnull (strrchr (datasets[i].url, '/'));
      g_assert_cmpuint (datasets[i].max_bytes, >, datasets[i].bytes);
      g_assert_null (strpbrk (datasets[i].folder, "/"));
    }
  g_assert_true (ple_known_datasets_find ("tiny_imagenet") ==
                 ple_known_datasets_find ("tiny-imagenet"));
  g_assert_null (ple_known_datasets_find ("nonsense"));
}

static void
test_dataset (Fixture *fixture, gconstpointer data)
{
  PleTestServer *server = ple_test_server_new ();
  g_autofree char *data_folder = g_build_filename (fixture->root, "data", NULL);
  g_autofree char *leftover = g_build_filename (data_folder, "set.tgz", NULL);
  g_autofree char *md5 = NULL;
  g_autofree char *folder = NULL;
  g_autofree char *again = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) wrong = NULL;
  PleTestFile file = { .fault = PLE_TEST_DROPS, .at = 20, .times = 1 };
  PleKnownDataset dataset = { .id = "set",
                              .url = "http://127.0.0.1:1/official/set.tgz",
                              .folder = "set",
                              .md5 = "00000000000000000000000000000000",
                              .max_bytes = 100000 };
  gsize size;

  make_archive (fixture->archive, FALSE, good, G_N_ELEMENTS (good));
  g_assert_true (g_file_get_contents (fixture->archive, &text, &size, NULL));
  file.body = g_bytes_new (text, size);
  md5 = g_compute_checksum_for_bytes (G_CHECKSUM_MD5, file.body);
  ple_test_server_put (server, "/set.tgz", &file);

  g_assert_null (ple_known_dataset_download (&dataset, data_folder, server->address, NULL, &wrong));
  g_assert_error (wrong, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_CHECKSUM);
  g_assert_null (ple_known_dataset_find_folder (&dataset, data_folder));
  dataset.md5 = md5;
  folder = ple_known_dataset_download (&dataset, data_folder, server->address, NULL, &error);
  g_assert_no_error (error);
  assert_contents (folder, "train/a.txt", "first");
  g_assert_false (g_file_test (leftover, G_FILE_TEST_EXISTS));

  /* What is there is left alone; what lies there as an archive is not fetched. */
  ple_test_server_clear_log (server);
  again = ple_known_dataset_download (&dataset, data_folder, server->address, NULL, &error);
  g_assert_cmpstr (again, ==, folder);
  g_assert_true (ple_remove_recursively (folder, NULL));
  g_assert_true (g_file_set_contents (leftover, text, (gssize) size, NULL));
  g_free (again);
  again = ple_known_dataset_download (&dataset, data_folder, server->address, NULL, &error);
  g_assert_no_error (error);
  assert_contents (folder, "test/b.txt", "second");
  g_assert_cmpuint (ple_test_server_count (server, ""), ==, 0);
  ple_test_server_free (server);
}

#define ADD(name, func) g_test_add ("/dataset/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("unpack/tar-and-zip", test_unpacks);
  ADD ("unpack/hostile-members", test_hostile);
  ADD ("unpack/link-then-file", test_link_then_file);
  ADD ("unpack/limits", test_limits);
  ADD ("unpack/damaged", test_damaged);
  ADD ("unpack/cancel", test_cancel);
  g_test_add_func ("/dataset/known-datasets/table-is-sound", test_table);
  ADD ("known-datasets/download-and-unpack", test_dataset);
  return g_test_run ();
}
