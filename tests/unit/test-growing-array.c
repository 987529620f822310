/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-atomic.h"
#include "features/ple-growing-array.h"
#include "linalg/ple-array-file.h"

#include <glib/gstdio.h>
#include <unistd.h>

typedef struct
{
  char *folder;
  char *path;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->folder = g_dir_make_tmp ("pleiades-growing-XXXXXX", NULL);
  f->path = g_build_filename (f->folder, "x.npy", NULL);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  ple_remove_recursively (f->folder, NULL);
  g_free (f->folder);
  g_free (f->path);
}

static PleGrowingArray *
open_array (Fixture *f, const char *identity, size_t unit)
{
  g_autoptr (GError) error = NULL;
  PleGrowingArray *array = ple_growing_array_open (f->path, identity, 10, 3, unit, &error);

  g_assert_no_error (error);
  return array;
}

/* Row i is (3 i, 3 i + 1, 3 i + 2). */
static void
append (PleGrowingArray *array, size_t n)
{
  float rows[30];

  for (size_t i = 0; i < 3 * n; i++)
    rows[i] = (float) (3 * ple_growing_array_get_n_done (array) + i);
  g_assert_true (ple_growing_array_append (array, n, rows, NULL));
}

static void
check_whole (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PleArray) array = ple_npy_read (path, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (array->n_dims, ==, 2);
  g_assert_cmpuint (array->shape[0], ==, 10);
  g_assert_cmpuint (array->shape[1], ==, 3);
  for (size_t i = 0; i < 30; i++)
    g_assert_cmpfloat (((float *) array->data)[i], ==, (float) i);
}

static void
test_grows (Fixture *f, gconstpointer data)
{
  g_autoptr (PleGrowingArray) array = open_array (f, "a", 1);
  g_autofree char *to = g_build_filename (f->folder, "y.npy", NULL);
  g_autofree char *config = g_strconcat (f->path, ".json", NULL);

  append (array, 4);
  append (array, 6);
  g_assert_true (ple_growing_array_finish (f->path, to, NULL));
  check_whole (to);
  g_assert_false (g_file_test (config, G_FILE_TEST_EXISTS));
}

static void
test_continues (Fixture *f, gconstpointer data)
{
  PleGrowingArray *array = open_array (f, "a", 1);

  append (array, 7);
  ple_growing_array_free (array);
  array = open_array (f, "a", 1);
  g_assert_cmpuint (ple_growing_array_get_n_done (array), ==, 7);
  ple_growing_array_free (array);
  /* At whole units only. */
  array = open_array (f, "a", 4);
  g_assert_cmpuint (ple_growing_array_get_n_done (array), ==, 4);
  append (array, 6);
  ple_growing_array_free (array);
  /* Ten is all there is, though no multiple of four. */
  array = open_array (f, "a", 4);
  g_assert_cmpuint (ple_growing_array_get_n_done (array), ==, 10);
  ple_growing_array_free (array);
  check_whole (f->path);
}

/* Cut anywhere, as the death of the program or of the machine may leave it. */
static void
test_torn (Fixture *f, gconstpointer data)
{
  for (off_t size = 0; size <= 128 + 120; size += 7)
    {
      PleGrowingArray *array = open_array (f, "a", 1);
      size_t expected = size < 128 ? 0 : (size_t) (size - 128) / 12;

      append (array, 10 - ple_growing_array_get_n_done (array));
      ple_growing_array_free (array);
      g_assert_cmpint (truncate (f->path, size), ==, 0);
      array = open_array (f, "a", 1);
      g_assert_cmpuint (ple_growing_array_get_n_done (array), ==, expected);
      append (array, 10 - expected);
      ple_growing_array_free (array);
      check_whole (f->path);
    }
}

static void
test_other (Fixture *f, gconstpointer data)
{
  PleGrowingArray *array = open_array (f, "a", 1);

  append (array, 7);
  ple_growing_array_free (array);
  array = open_array (f, "b", 1);
  g_assert_cmpuint (ple_growing_array_get_n_done (array), ==, 0);
  ple_growing_array_free (array);
  array = open_array (f, "a", 1);
  g_assert_cmpuint (ple_growing_array_get_n_done (array), ==, 0);
  append (array, 2);
  ple_growing_array_free (array);
  /* The same identity of another shape. */
  array = ple_growing_array_open (f->path, "a", 11, 3, 1, NULL);
  g_assert_cmpuint (ple_growing_array_get_n_done (array), ==, 0);
  ple_growing_array_free (array);
  ple_growing_array_remove (f->path);
  g_assert_false (g_file_test (f->path, G_FILE_TEST_EXISTS));
}

static void
test_unwritable (Fixture *f, gconstpointer data)
{
  g_autofree char *path = g_build_filename (f->folder, "absent", "x.npy", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (ple_growing_array_open (path, "a", 1, 1, 1, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, test)                                                                            \
  g_test_add ("/features/growing-array/" name, Fixture, NULL, set_up, test, tear_down)
  ADD ("grows-to-an-array", test_grows);
  ADD ("goes-on-where-it-ended", test_continues);
  ADD ("torn-anywhere", test_torn);
  ADD ("another-identity-begins-anew", test_other);
  ADD ("errors-name-the-file", test_unwritable);
  return g_test_run ();
}
