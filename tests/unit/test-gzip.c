/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-error.h"
#include "base/ple-parallel.h"
#include "base/ple-rng.h"
#include "dataset/ple-gzip-private.h"

#include "ple-test-pictures.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

/* Several noted places, at the 4 MiB that lie between them. */
#define SIZE ((size_t) 9 << 20)

typedef struct
{
  guint8 *plain;
  char *folder;
  char *path;
  int fd;
  PleGzip *gzip;
} Fixture;

static void
pack (const char *path, const char *mode, const guint8 *data, size_t size)
{
  gzFile stream = gzopen (path, mode);

  g_assert_cmpint (gzwrite (stream, data, (unsigned) size), ==, size);
  g_assert_cmpint (gzclose (stream), ==, Z_OK);
}

/* Words of few kinds, so that blocks refer back; in two members, as "cat a.gz b.gz" makes. */
static void
set_up (Fixture *fixture, gconstpointer unused)
{
  PleRng rng;
  off_t size;

  ple_rng_init (&rng, 3);
  fixture->plain = g_malloc (SIZE);
  for (size_t i = 0; i < SIZE; i += 4)
    {
      guint32 word = (guint32) (ple_rng_next (&rng) & 0x3ff) * 2654435761u;

      memcpy (fixture->plain + i, &word, 4);
    }
  fixture->folder = ple_test_folder_new ();
  fixture->path = g_build_filename (fixture->folder, "x.gz", NULL);
  pack (fixture->path, "wb1", fixture->plain, SIZE / 3);
  pack (fixture->path, "ab1", fixture->plain + SIZE / 3, SIZE - SIZE / 3);
  fixture->fd = open (fixture->path, O_RDONLY | O_CLOEXEC);
  size = lseek (fixture->fd, 0, SEEK_END);
  fixture->gzip = ple_gzip_new (fixture->fd, (guint64) size);
}

static void
tear_down (Fixture *fixture, gconstpointer unused)
{
  ple_gzip_free (fixture->gzip);
  close (fixture->fd);
  ple_test_folder_free (fixture->folder);
  g_free (fixture->path);
  g_free (fixture->plain);
}

static void
assert_read (Fixture *fixture, size_t offset, size_t size)
{
  g_autofree guint8 *buffer = g_malloc (size);
  g_autoptr (GError) error = NULL;

  g_assert_true (ple_gzip_read_at (fixture->gzip, offset, buffer, size, "x.gz", &error));
  g_assert_no_error (error);
  g_assert_cmpmem (buffer, size, fixture->plain + offset, size);
}

static void
read_chunk (const PleChunk *chunk, gpointer data)
{
  PleRng rng;

  ple_rng_init (&rng, chunk->index);
  for (size_t i = chunk->begin; i < chunk->end; i++)
    assert_read (data, ple_rng_below (&rng, SIZE - 5000), 1 + ple_rng_below (&rng, 5000));
}

static void
test_any_place (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, 4);

  assert_read (fixture, 0, 100);
  assert_read (fixture, SIZE - 1, 1);
  assert_read (fixture, SIZE / 3 - 50, 100);
  assert_read (fixture, 10, 100);
  g_assert_true (ple_parallel_for (32, 4, read_chunk, fixture, progress, NULL));
}

/* Threads from the first byte on, while nothing is noted yet. */
static void
test_threads_on_fresh_file (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, 4);

  g_assert_true (ple_parallel_for (16, 1, read_chunk, fixture, progress, NULL));
}

static void
test_end_and_cancel (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, 1);
  g_autoptr (GError) error = NULL;
  guint8 buffer[8];

  ple_progress_cancel (progress);
  ple_gzip_set_progress (fixture->gzip, progress);
  g_assert_false (ple_gzip_read_at (fixture->gzip, SIZE - 8, buffer, 8, "x.gz", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  ple_gzip_set_progress (fixture->gzip, NULL);
  g_assert_false (ple_gzip_read_at (fixture->gzip, SIZE - 4, buffer, 8, "x.gz", &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_TRUNCATED);
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/dataset/gzip/any-place", test_any_place);
  ADD ("/dataset/gzip/threads-on-fresh-file", test_threads_on_fresh_file);
  ADD ("/dataset/gzip/end-and-cancel", test_end_and_cancel);
  return g_test_run ();
}
