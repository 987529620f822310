/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-array-file.h"
#include "linalg/ple-array-private.h"

#include "base/ple-atomic.h"
#include "base/ple-error.h"
#include "ple-test.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

static PleMatrix *
parse (const char *text, GError **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  return ple_csv_parse_matrix (bytes, "x.csv", error);
}

static void
test_csv_dialects (void)
{
  static const char *const texts[] = {
    "1,2.5,-3e2\n4,5,6\n",
    "1;2.5;-3e2\n4;5;6",
    "1\t2.5\t-3e2\r\n4\t5\t6\r\n",
    "1 2.5  -3e2\n4 5 6 \n\n",
    "a,b,c\n1,2.5,-3e2\n4,5,6\n",
    "\xef\xbb\xbf# made by hand\n\"a\", \"b\", \"c\"\n 1, 2.5, -3e2\n\n\"4\",\"5\",\"6\"\n",
  };

  for (size_t i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (PleMatrix) matrix = parse (texts[i], &error);

      g_test_message ("%s", texts[i]);
      g_assert_no_error (error);
      g_assert_cmpuint (matrix->n_rows, ==, 2);
      g_assert_cmpuint (matrix->n_cols, ==, 3);
      g_assert_cmpfloat (matrix->data[1], ==, 2.5f);
      g_assert_cmpfloat (matrix->data[2], ==, -300.0f);
      g_assert_cmpfloat (matrix->data[5], ==, 6.0f);
    }
}

static void
test_csv_refuses (void)
{
  static const struct
  {
    const char *text;
    PleFileError code;
  } cases[] = {
    { "", PLE_FILE_ERROR_EMPTY },
    { "a,b\n", PLE_FILE_ERROR_FORMAT },
    { "a\nb\n1\n", PLE_FILE_ERROR_FORMAT },
    { "1,2\n3\n", PLE_FILE_ERROR_FORMAT },
    { "1,2\n3,4,5\n", PLE_FILE_ERROR_FORMAT },
    { "1,2\n3,\n", PLE_FILE_ERROR_FORMAT },
    { "1,2\n3,x\n", PLE_FILE_ERROR_FORMAT },
    { "1,2\n,3\n", PLE_FILE_ERROR_FORMAT },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", cases[i].text);
      g_assert_null (parse (cases[i].text, &error));
      g_assert_error (error, PLE_FILE_ERROR, (int) cases[i].code);
      g_assert_true (g_str_has_prefix (error->message, "x.csv: "));
    }
}

static void
test_csv_nul_byte (void)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("1,2\n3,4\0,9\n", 11);
  g_autoptr (GError) error = NULL;

  g_assert_null (ple_csv_parse_matrix (bytes, "x.csv", &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT);
}

static void
check_labels (const char *text, int code)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));
  g_autoptr (GError) error = NULL;
  g_autoptr (PleLabels) labels = ple_csv_parse_labels (bytes, "x.txt", &error);

  g_test_message ("%s", text);
  if (code >= 0)
    {
      g_assert_null (labels);
      g_assert_error (error, PLE_FILE_ERROR, code);
      return;
    }
  g_assert_no_error (error);
  g_assert_cmpuint (labels->n, ==, 3);
  g_assert_cmpint (labels->data[0], ==, 5);
  g_assert_cmpint (labels->data[1], ==, -1);
  g_assert_cmpint (labels->data[2], ==, 0);
}

static void
test_label_lists (void)
{
  check_labels ("5\n-1\n0\n", -1);
  check_labels ("label\r\n5\r\n-1\r\n0.0", -1);
  check_labels ("5\nx\n0\n", PLE_FILE_ERROR_FORMAT);
  check_labels ("a,b\n5,1\n", PLE_FILE_ERROR_FORMAT);
  check_labels ("5\n-1,2\n", PLE_FILE_ERROR_FORMAT);
  check_labels ("5\n0.5\n", PLE_FILE_ERROR_FORMAT);
  check_labels ("5\nnan\n", PLE_FILE_ERROR_FORMAT);
  check_labels ("5\n2000000000\n", PLE_FILE_ERROR_TOO_LARGE);
  check_labels ("label\n", PLE_FILE_ERROR_EMPTY);
  check_labels ("", PLE_FILE_ERROR_EMPTY);
}

typedef struct
{
  char *folder;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("ple-features-XXXXXX", NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ple_remove_recursively (fixture->folder, NULL);
  g_free (fixture->folder);
}

static char *
inside (Fixture *fixture, const char *name)
{
  return g_build_filename (fixture->folder, name, NULL);
}

/* Folders and stems, as the seeds' --load_features takes them. */
static void
test_look_up (Fixture *fixture, gconstpointer data)
{
  static const char *const asked[] = { "run", "run/features", "run/features/train_features",
                                       "run/features/train_features.npy" };
  g_autofree char *folder = inside (fixture, "run/features");
  g_autofree char *file = inside (fixture, "run/features/train_features.npy");
  g_autoptr (PleMatrix) matrix = ple_test_random_matrix (5, 3, 1);

  g_mkdir_with_parents (folder, 0700);
  g_assert_true (ple_npy_write_matrix (file, matrix, NULL));
  for (size_t i = 0; i < G_N_ELEMENTS (asked); i++)
    {
      g_autofree char *path = inside (fixture, asked[i]);
      g_autoptr (GError) error = NULL;
      g_autoptr (PleMatrix) back = ple_features_read (path, &error);

      g_assert_no_error (error);
      ple_test_assert_same_bits (matrix, back);
    }
}

static void
test_npz_choice (Fixture *fixture, gconstpointer data)
{
  static const float table[6] = { 1, 2, 3, 4, 5, 6 };
  static const float other[4] = { 9, 9, 9, 9 };
  static const gint64 labels[2] = { 1, 0 };
  g_autofree char *path = inside (fixture, "a.npz");
  PleNpzMember members[] = {
    { .name = "x", .type = PLE_ARRAY_F4, .n_dims = 2, .shape = { 2, 3 }, .data = table },
    { .name = "y", .type = PLE_ARRAY_I8, .n_dims = 1, .shape = { 2 }, .data = labels },
    { .name = "other", .type = PLE_ARRAY_F4, .n_dims = 2, .shape = { 2, 2 }, .data = other },
  };
  g_autoptr (PleMatrix) only = NULL;
  g_autoptr (PleMatrix) named = NULL;
  g_autoptr (PleLabels) y = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (ple_npz_write (path, members, 2, NULL));
  only = ple_features_read (path, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (only->n_cols, ==, 3);
  y = ple_labels_read (path, &error);
  g_assert_no_error (error);
  g_assert_cmpint (y->data[0], ==, 1);

  g_assert_true (ple_npz_write (path, members, 3, NULL));
  g_assert_null (ple_features_read (path, &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT);
  members[2].name = "features";
  g_assert_true (ple_npz_write (path, members, 3, NULL));
  named = ple_features_read (path, NULL);
  g_assert_cmpuint (named->n_cols, ==, 2);
}

static void
test_refused_kinds (Fixture *fixture, gconstpointer data)
{
  g_autofree char *checkpoint = inside (fixture, "features.pt");
  g_autofree char *missing = inside (fixture, "missing.npy");
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (checkpoint, "PK\3\4", 4, NULL));
  g_assert_null (ple_features_read (checkpoint, &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_UNSUPPORTED);
  g_clear_error (&error);
  g_assert_null (ple_features_read (missing, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
  g_clear_error (&error);
  g_assert_null (ple_labels_read (fixture->folder, &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/linalg/csv/dialects", test_csv_dialects);
  g_test_add_func ("/linalg/csv/refuses", test_csv_refuses);
  g_test_add_func ("/linalg/csv/nul-byte", test_csv_nul_byte);
  g_test_add_func ("/linalg/csv/label-lists", test_label_lists);
#define ADD(name, func) g_test_add (name, Fixture, NULL, set_up, func, tear_down)
  ADD ("/linalg/features-file/look-up", test_look_up);
  ADD ("/linalg/features-file/npz-choice", test_npz_choice);
  ADD ("/linalg/features-file/refused-kinds", test_refused_kinds);
  return g_test_run ();
}
