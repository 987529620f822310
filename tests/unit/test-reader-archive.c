/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-error.h"
#include "base/ple-parallel.h"
#include "dataset/ple-dataset.h"

#include "ple-test-pictures.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define LONG_FOLDER                                                                                \
  "a-folder-with-a-name-of-some-length/and-another-one-in-it-with-a-longer-name/and-a-third-one-"  \
  "that-brings-the-whole-well-over-one-hundred-bytes"

static const char *const members[][2] = {
  { "set/train/dog/b.png", "png" },   { "set/train/cat/a.jpg", "jpeg" },
  { "set/train/cat/10.png", "png" },  { "set/val/dog/1.bmp", "bmp" },
  { "set/train/dog/notes.docx", "" }, { "set/.hidden/x.png", "png" },
  { "__MACOSX/x.png", "png" },        { "set/classes.txt", "cat a cat\ndog a dog\n" },
  { "../outside.png", "png" },        { "set/train/cat/" LONG_FOLDER "/1.webp", "webp" },
};

static const char expected[] = "train:a cat:set/train/cat/10.png\n"
                               "train:a cat:set/train/cat/a.jpg\n"
                               "train:a cat:set/train/cat/" LONG_FOLDER "/1.webp\n"
                               "train:a dog:set/train/dog/b.png\n"
                               "val:a dog:set/val/dog/1.bmp\n";

static const char expected_in_file_order[] = "train:a dog:set/train/dog/b.png\n"
                                             "train:a cat:set/train/cat/a.jpg\n"
                                             "train:a cat:set/train/cat/10.png\n"
                                             "train:a cat:set/train/cat/" LONG_FOLDER "/1.webp\n"
                                             "val:a dog:set/val/dog/1.bmp\n";

static void
write_member (struct archive *archive, const char *name, gconstpointer data, size_t size)
{
  struct archive_entry *entry = archive_entry_new ();

  archive_entry_set_pathname (entry, name);
  archive_entry_set_size (entry, (la_int64_t) size);
  archive_entry_set_filetype (entry, AE_IFREG);
  archive_entry_set_perm (entry, 0644);
  g_assert_cmpint (archive_write_header (archive, entry), ==, ARCHIVE_OK);
  g_assert_cmpint (archive_write_data (archive, data, size), ==, size);
  archive_entry_free (entry);
}

/* The members above, in a file at @path. */
static void
write_archive (const char *path, int format, int filter, const char *options)
{
  struct archive *archive = archive_write_new ();

  g_assert_cmpint (archive_write_set_format (archive, format), ==, ARCHIVE_OK);
  g_assert_cmpint (archive_write_add_filter (archive, filter), <=, ARCHIVE_OK);
  g_assert_cmpint (archive_write_set_options (archive, options), ==, ARCHIVE_OK);
  g_assert_cmpint (archive_write_open_filename (archive, path), ==, ARCHIVE_OK);
  for (size_t i = 0; i < G_N_ELEMENTS (members); i++)
    {
      const char *text = members[i][1];

      if (strlen (text) >= 3 && strlen (text) <= 4)
        {
          g_autoptr (GBytes) bytes = ple_test_picture (text, 48, 32);

          write_member (archive, members[i][0], g_bytes_get_data (bytes, NULL),
                        g_bytes_get_size (bytes));
        }
      else
        write_member (archive, members[i][0], text, strlen (text));
    }
  g_assert_cmpint (archive_write_close (archive), ==, ARCHIVE_OK);
  archive_write_free (archive);
}

static char *
describe (PleDataset *dataset)
{
  static const char *const splits[] = { "train", "val", "test" };
  GString *text = g_string_new (NULL);

  for (size_t i = 0; i < ple_dataset_get_n_items (dataset); i++)
    {
      g_autofree char *name = ple_dataset_dup_item_name (dataset, i);
      gint32 label = ple_dataset_get_labels (dataset)->data[i];

      g_string_append_printf (text, "%s:%s:%s\n", splits[ple_dataset_get_split (dataset, i)],
                              ple_dataset_get_class_name (dataset, (size_t) label), name);
    }
  return g_string_free (text, FALSE);
}

static void
decode_chunk (const PleChunk *chunk, gpointer data)
{
  for (size_t i = chunk->begin; i < chunk->end; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (PleImage) image =
          ple_dataset_decode (data, (i * 7) % ple_dataset_get_n_items (data), 0, &error);

      g_assert_no_error (error);
      ple_test_assert_quarters (image);
    }
}

typedef struct
{
  const char *name;
  int format;
  int filter;
  const char *options;
  gboolean file_order;
} Case;

static const Case cases[] = {
  { "x.tar", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_NONE, "", FALSE },
  { "x.tar", ARCHIVE_FORMAT_TAR_GNUTAR, ARCHIVE_FILTER_NONE, "", FALSE },
  { "x.tar", ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE, ARCHIVE_FILTER_NONE, "", FALSE },
  { "x.zip", ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, "zip:compression=store", FALSE },
  { "x.zip", ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, "zip:compression=deflate", FALSE },
  { "x.zip", ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, "zip:zip64", FALSE },
  { "x.tar.gz", ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE, ARCHIVE_FILTER_GZIP, "", TRUE },
  { "x.tgz", ARCHIVE_FORMAT_TAR_GNUTAR, ARCHIVE_FILTER_GZIP, "", TRUE },
  { "x.tar.xz", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_XZ, "", TRUE },
  { "x.tar.bz2", ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE, ARCHIVE_FILTER_BZIP2, "", TRUE },
  { "x.tar.zst", ARCHIVE_FORMAT_TAR_GNUTAR, ARCHIVE_FILTER_ZSTD, "", TRUE },
};
/* From here on they are packed in a way that is read from front to back. */
#define FIRST_PACKED 8

static PleDataset *
open_with_cache (const char *path, const char *cache_dir, PleProgress *progress, GError **error)
{
  const PleDatasetOptions options = { .cache_dir = cache_dir };

  return ple_dataset_open (path, &options, progress, error);
}

static void
test_forms (void)
{
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      char *folder = ple_test_folder_new ();
      g_autofree char *path = g_build_filename (folder, cases[i].name, NULL);
      g_autoptr (GError) error = NULL;
      g_autoptr (PleDataset) dataset = NULL;
      g_autofree char *text = NULL;

      write_archive (path, cases[i].format, cases[i].filter, cases[i].options);
      dataset = ple_dataset_open (path, NULL, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpstr (ple_dataset_get_kind (dataset), ==, "archive");
      text = describe (dataset);
      g_assert_cmpstr (text, ==, cases[i].file_order ? expected_in_file_order : expected);
      /* The document and the path that leads out. */
      g_assert_cmpuint (ple_dataset_get_n_odd_files (dataset), ==, 2);
      g_assert_true (ple_parallel_for (40, 3, decode_chunk, dataset, NULL, NULL));
      ple_test_folder_free (folder);
    }
}

/* Cut at many places and with single bytes wrong: a set or an error, never more. */
static void
test_damaged (void)
{
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      char *folder = ple_test_folder_new ();
      g_autofree char *path = g_build_filename (folder, cases[i].name, NULL);
      g_autofree char *bytes = NULL;
      gsize size;

      write_archive (path, cases[i].format, cases[i].filter, cases[i].options);
      g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
      for (gsize k = 0; k < 60; k++)
        {
          gsize at = size * (k / 2) / 30;
          g_autoptr (GError) error = NULL;
          g_autoptr (PleDataset) dataset = NULL;

          bytes[at] ^= 0x41;
          ple_test_write_file (path, bytes, k % 2 == 0 ? at : size);
          bytes[at] ^= 0x41;
          /* Half of them unpacked. */
          dataset = open_with_cache (path, k % 4 < 2 ? folder : NULL, NULL, &error);
          g_assert_true ((dataset == NULL) == (error != NULL));
          for (size_t item = 0; dataset != NULL && item < ple_dataset_get_n_items (dataset); item++)
            {
              g_autoptr (PleImage) image = ple_dataset_decode (dataset, item, 0, NULL);
            }
        }
      ple_test_folder_free (folder);
    }
}

/* The one file that a packed tar was unpacked to; how many there are. (transfer full) */
static char *
find_unpacked (const char *cache, guint *n)
{
  g_autofree char *folder = g_build_filename (cache, "unpacked", NULL);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  char *found = NULL;
  const char *name;

  *n = 0;
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_free (found);
      found = g_build_filename (folder, name, NULL);
      *n += 1;
    }
  return found;
}

static void
set_mtime (const char *path, gint64 seconds)
{
  const struct timespec times[2] = { { seconds, 0 }, { seconds, 0 } };

  g_assert_cmpint (utimensat (AT_FDCWD, path, times, 0), ==, 0);
}

/* Unpacked once, found again; the same data set either way. */
static void
test_unpacked_once (void)
{
  for (size_t i = FIRST_PACKED; i < G_N_ELEMENTS (cases); i++)
    {
      char *folder = ple_test_folder_new (), *cache = ple_test_folder_new ();
      g_autofree char *path = g_build_filename (folder, cases[i].name, NULL);
      g_autofree char *unpacked = NULL, *again = NULL, *bytes = NULL;
      gsize size;
      guint n;

      write_archive (path, cases[i].format, cases[i].filter, cases[i].options);
      set_mtime (path, 1000000000);
      for (int round = 0; round < 4; round++)
        {
          g_autoptr (GError) error = NULL;
          g_autoptr (PleDataset) dataset =
              open_with_cache (path, round > 0 ? cache : NULL, NULL, &error);
          static char *fingerprint = NULL;
          g_autofree char *text = NULL;

          g_assert_no_error (error);
          text = describe (dataset);
          g_assert_cmpstr (text, ==, expected_in_file_order);
          g_assert_cmpuint (ple_dataset_get_n_odd_files (dataset), ==, 2);
          g_assert_true (ple_parallel_for (40, 3, decode_chunk, dataset, NULL, NULL));
          if (round == 0)
            {
              g_free (fingerprint);
              fingerprint = g_strdup (ple_dataset_get_fingerprint (dataset));
            }
          g_assert_cmpstr (ple_dataset_get_fingerprint (dataset), ==, fingerprint);
          g_free (unpacked);
          unpacked = find_unpacked (cache, &n);
          g_assert_cmpuint (n, ==, round > 0);
          if (round == 1)
            {
              /* What is packed is not looked at again: here it could not even be read. */
              g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
              memset (bytes + size / 2, 0, size / 2);
              ple_test_write_file (path, bytes, size);
              set_mtime (path, 1000000000);
            }
          if (round == 2)
            {
              /* An unpacked file that is cut off is made again, from an archive that is whole. */
              g_assert_cmpint (truncate (unpacked, 2000), ==, 0);
              write_archive (path, cases[i].format, cases[i].filter, cases[i].options);
              set_mtime (path, 1000000000);
            }
          if (round == 3)
            g_clear_pointer (&fingerprint, g_free);
        }
      /* Another time is another archive. */
      set_mtime (path, 1000000001);
      ple_dataset_unref (open_with_cache (path, cache, NULL, NULL));
      again = find_unpacked (cache, &n);
      g_assert_cmpuint (n, ==, 2);
      ple_test_folder_free (folder);
      ple_test_folder_free (cache);
    }
}

/* What is damaged or no tar at all is not left behind. */
static void
test_nothing_bad_is_kept (void)
{
  char *folder = ple_test_folder_new (), *cache = ple_test_folder_new ();
  g_autofree char *path = g_build_filename (folder, "x.tar.xz", NULL);
  g_autofree char *bytes = NULL, *found = NULL;
  g_autoptr (PleDataset) dataset = NULL;
  g_autoptr (PleProgress) cancelled = ple_progress_new (NULL, NULL, 1);
  g_autoptr (GError) error = NULL;
  gsize size;
  guint n;

  write_archive (path, ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_XZ, "");
  ple_progress_cancel (cancelled);
  g_assert_null (open_with_cache (path, cache, cancelled, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  found = find_unpacked (cache, &n);
  g_assert_cmpuint (n, ==, 0);
  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  bytes[size / 2] ^= 1;
  ple_test_write_file (path, bytes, size);
  dataset = open_with_cache (path, cache, NULL, NULL);
  g_free (found);
  found = find_unpacked (cache, &n);
  g_assert_cmpuint (n, ==, 0);
  ple_test_folder_free (folder);
  ple_test_folder_free (cache);
}

static void
count_warning (gpointer data, const char *message)
{
  *(guint *) data += 1;
}

/* A cache that cannot be written: said, and read without it. */
static void
test_no_room (void)
{
  static const PleProgressSink sink = { .warning = count_warning };
  char *folder = ple_test_folder_new ();
  g_autofree char *path = g_build_filename (folder, "x.tar.xz", NULL);
  g_autoptr (PleDataset) dataset = NULL;
  g_autoptr (GError) error = NULL;
  guint n_warnings = 0;
  g_autoptr (PleProgress) progress = ple_progress_new (&sink, &n_warnings, 2);

  write_archive (path, ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_XZ, "");
  dataset = open_with_cache (path, path, progress, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (n_warnings, ==, 1);
  g_assert_true (ple_parallel_for (40, 3, decode_chunk, dataset, NULL, NULL));
  ple_test_folder_free (folder);
}

/* Files with holes take no room on the disk, but count. */
static void
test_oldest_go_first (void)
{
  char *folder = ple_test_folder_new (), *cache = ple_test_folder_new ();
  g_autofree char *path = g_build_filename (folder, "x.tar.xz", NULL);
  g_autofree char *unpacked = g_build_filename (cache, "unpacked", NULL);
  g_autoptr (PleDataset) dataset = NULL;
  g_autofree char *left = NULL;
  guint n;

  g_assert_cmpint (g_mkdir (unpacked, 0700), ==, 0);
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *name = g_strdup_printf ("%s/%u-3000000000.tar", unpacked, i);

      g_assert_true (g_file_set_contents (name, "", 0, NULL));
      if (truncate (name, G_GINT64_CONSTANT (3000000000)) != 0)
        {
          g_test_skip ("no files of 3 GB here");
          break;
        }
      set_mtime (name, 1000 + (i * 2) % 3); /* the second one is the youngest */
    }
  write_archive (path, ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_XZ, "");
  dataset = open_with_cache (path, cache, NULL, NULL);
  if (!g_test_failed ())
    for (guint i = 0; i < 3; i++)
      {
        g_autofree char *name = g_strdup_printf ("%s/%u-3000000000.tar", unpacked, i);

        g_assert_cmpint (g_file_test (name, G_FILE_TEST_EXISTS), ==, i != 0);
      }
  left = find_unpacked (cache, &n);
  g_assert_cmpuint (n, ==, 3);
  ple_test_folder_free (folder);
  ple_test_folder_free (cache);
}

static void
test_cifar_in_an_archive (void)
{
  char *folder = ple_test_folder_new ();
  g_autofree char *path = g_build_filename (folder, "cifar-10-binary.tar.gz", NULL);
  struct archive *archive = archive_write_new ();
  g_autoptr (GError) error = NULL;

  archive_write_set_format_ustar (archive);
  archive_write_add_filter_gzip (archive);
  g_assert_cmpint (archive_write_open_filename (archive, path), ==, ARCHIVE_OK);
  write_member (archive, "cifar-10-batches-bin/data_batch_1.bin", "x", 1);
  archive_write_close (archive);
  archive_write_free (archive);
  g_assert_null (ple_dataset_open (path, NULL, NULL, &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_UNSUPPORTED);
  ple_test_folder_free (folder);
}

static void
test_nothing_is_written (void)
{
  char *folder = ple_test_folder_new ();
  g_autofree char *path = g_build_filename (folder, "x.zip", NULL);
  g_autoptr (PleDataset) dataset = NULL;
  g_autoptr (GDir) dir = NULL;

  write_archive (path, ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, "");
  dataset = ple_dataset_open (path, NULL, NULL, NULL);
  g_assert_true (ple_parallel_for (10, 3, decode_chunk, dataset, NULL, NULL));
  dir = g_dir_open (folder, 0, NULL);
  g_assert_cmpstr (g_dir_read_name (dir), ==, "x.zip");
  g_assert_null (g_dir_read_name (dir));
  ple_test_folder_free (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/dataset/archive/forms", test_forms);
  g_test_add_func ("/dataset/archive/damaged", test_damaged);
  g_test_add_func ("/dataset/archive/unpacked-once", test_unpacked_once);
  g_test_add_func ("/dataset/archive/nothing-bad-is-kept", test_nothing_bad_is_kept);
  g_test_add_func ("/dataset/archive/no-room", test_no_room);
  g_test_add_func ("/dataset/archive/oldest-go-first", test_oldest_go_first);
  g_test_add_func ("/dataset/archive/cifar-in-an-archive", test_cifar_in_an_archive);
  g_test_add_func ("/dataset/archive/nothing-is-written", test_nothing_is_written);
  return g_test_run ();
}
