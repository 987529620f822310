/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-parallel.h"
#include "dataset/ple-thumbnails-private.h"

#include "ple-test-pictures.h"

#include <sys/stat.h>
#include <unistd.h>

/* big.png (300 x 200), small.png (20 x 30), middle.png (60 x 60), broken.png, in a folder with its
 * cache beside. */
typedef struct
{
  char *folder;
  char *data;
  char *cache;
} Fixture;

enum
{
  BIG,
  BROKEN,
  MIDDLE,
  SMALL,
  N_ITEMS,
};

static void
write_sized (const char *folder, const char *name, int width, int height)
{
  g_autoptr (GBytes) bytes = ple_test_picture ("png", width, height);

  ple_test_write (folder, name, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

static void
set_up (Fixture *fixture, gconstpointer unused)
{
  fixture->folder = ple_test_folder_new ();
  fixture->data = g_build_filename (fixture->folder, "data", NULL);
  fixture->cache = g_build_filename (fixture->folder, "cache", NULL);
  write_sized (fixture->data, "big.png", 300, 200);
  write_sized (fixture->data, "small.png", 20, 30);
  write_sized (fixture->data, "middle.png", 60, 60);
  ple_test_write_text (fixture->data, "broken.png", "no picture");
}

static void
tear_down (Fixture *fixture, gconstpointer unused)
{
  ple_test_folder_free (fixture->folder);
  g_free (fixture->data);
  g_free (fixture->cache);
}

static PleThumbnails *
open_thumbnails (const Fixture *fixture)
{
  g_autoptr (PleDataset) dataset = ple_dataset_open (fixture->data, NULL, NULL, NULL);

  return ple_thumbnails_new (dataset, fixture->cache);
}

static char *
cache_path (const Fixture *fixture)
{
  g_autoptr (PleDataset) dataset = ple_dataset_open (fixture->data, NULL, NULL, NULL);

  return ple_thumbnails_dup_cache_path (dataset, fixture->cache);
}

static void
assert_all_right (PleThumbnails *thumbnails)
{
  static const guint sides[N_ITEMS] = { 128, 128, 60, 20 };

  for (size_t i = 0; i < N_ITEMS; i++)
    {
      g_autofree char *reason = NULL;
      g_autoptr (PleImage) image = ple_thumbnails_get (thumbnails, i, &reason);

      g_assert_cmpuint (image->width, ==, sides[i]);
      g_assert_cmpuint (image->height, ==, sides[i]);
      g_assert_true ((reason != NULL) == (i == BROKEN));
      if (i != BROKEN)
        ple_test_assert_quarters (image);
    }
}

static void
test_made_once (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (PleThumbnails) thumbnails = open_thumbnails (fixture);
  g_autofree char *path = cache_path (fixture);
  struct stat before, after;

  g_assert_cmpuint (ple_thumbnails_get_n_cached (thumbnails), ==, 0);
  assert_all_right (thumbnails);
  g_assert_cmpuint (ple_thumbnails_get_n_cached (thumbnails), ==, N_ITEMS);
  ple_thumbnails_free (thumbnails);
  g_assert_cmpint (stat (path, &before), ==, 0);
  thumbnails = open_thumbnails (fixture);
  g_assert_cmpuint (ple_thumbnails_get_n_cached (thumbnails), ==, N_ITEMS);
  assert_all_right (thumbnails);
  g_assert_cmpint (stat (path, &after), ==, 0);
  g_assert_cmpint (before.st_size, ==, after.st_size);
}

static void
test_stale_is_made_again (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (PleThumbnails) thumbnails = open_thumbnails (fixture);
  g_autoptr (PleImage) image = NULL;

  assert_all_right (thumbnails);
  ple_thumbnails_free (thumbnails);
  write_sized (fixture->data, "middle.png", 44, 50);
  thumbnails = open_thumbnails (fixture);
  image = ple_thumbnails_get (thumbnails, MIDDLE, NULL);
  g_assert_cmpuint (image->width, ==, 44);
}

/* Whatever part of the file is there, and whichever byte is wrong, the pictures are right. */
static void
test_torn_and_spoilt (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *path = cache_path (fixture);
  g_autofree char *bytes = NULL;
  PleThumbnails *thumbnails = open_thumbnails (fixture);
  gsize size;

  assert_all_right (thumbnails);
  ple_thumbnails_free (thumbnails);
  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  for (gsize length = 0; length < size; length += size / 23)
    {
      ple_test_write_file (path, bytes, length);
      thumbnails = open_thumbnails (fixture);
      assert_all_right (thumbnails);
      ple_thumbnails_free (thumbnails);
      thumbnails = open_thumbnails (fixture);
      g_assert_cmpuint (ple_thumbnails_get_n_cached (thumbnails), ==, N_ITEMS);
      ple_thumbnails_free (thumbnails);
    }
  for (gsize at = 0; at < size; at += at < 100 ? 1 : size / 61)
    {
      bytes[at] ^= 0x10;
      ple_test_write_file (path, bytes, size);
      bytes[at] ^= 0x10;
      thumbnails = open_thumbnails (fixture);
      assert_all_right (thumbnails);
      ple_thumbnails_free (thumbnails);
    }
}

static void
test_second_opener_adds_nothing (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (PleThumbnails) first = open_thumbnails (fixture);
  g_autoptr (PleThumbnails) second = open_thumbnails (fixture);

  assert_all_right (second);
  g_assert_cmpuint (ple_thumbnails_get_n_cached (second), ==, 0);
  assert_all_right (first);
  g_assert_cmpuint (ple_thumbnails_get_n_cached (first), ==, N_ITEMS);
}

static void
test_nothing_on_disk (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (PleDataset) dataset = ple_dataset_open (fixture->data, NULL, NULL, NULL);
  g_autoptr (PleThumbnails) thumbnails = ple_thumbnails_new (dataset, NULL);

  assert_all_right (thumbnails);
  g_assert_false (g_file_test (fixture->cache, G_FILE_TEST_EXISTS));
}

static void
get_chunk (const PleChunk *chunk, gpointer data)
{
  for (size_t i = chunk->begin; i < chunk->end; i++)
    {
      g_autoptr (PleImage) image = ple_thumbnails_get (data, i % N_ITEMS, NULL);

      g_assert_nonnull (image);
    }
}

static void
test_threads (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (PleThumbnails) thumbnails = open_thumbnails (fixture);
  g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, 4);

  g_assert_true (ple_parallel_for (200, 3, get_chunk, thumbnails, progress, NULL));
  assert_all_right (thumbnails);
  g_assert_cmpuint (ple_thumbnails_get_n_cached (thumbnails), ==, N_ITEMS);
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/dataset/thumbnails/made-once", test_made_once);
  ADD ("/dataset/thumbnails/stale-is-made-again", test_stale_is_made_again);
  ADD ("/dataset/thumbnails/torn-and-spoilt", test_torn_and_spoilt);
  ADD ("/dataset/thumbnails/second-opener-adds-nothing", test_second_opener_adds_nothing);
  ADD ("/dataset/thumbnails/nothing-on-disk", test_nothing_on_disk);
  ADD ("/dataset/thumbnails/threads", test_threads);
  return g_test_run ();
}
