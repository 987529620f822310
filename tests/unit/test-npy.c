/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-array-file.h"

#include "base/ple-atomic.h"
#include "base/ple-error.h"
#include "ple-test.h"

#include <glib/gstdio.h>
#include <string.h>

/* The bytes of a .npy file with any header text and data, of any version. */
static GBytes *
make_npy (guint version, const char *header, gconstpointer data, size_t size)
{
  GByteArray *file = g_byte_array_new ();
  size_t length = strlen (header);
  guint8 start[12] = { 0x93, 'N', 'U', 'M', 'P', 'Y', (guint8) version };

  for (int i = 0; i < 4; i++)
    start[8 + i] = (guint8) (length >> (8 * i));
  g_byte_array_append (file, start, version == 1 ? 10 : 12);
  g_byte_array_append (file, (const guint8 *) header, (guint) length);
  g_byte_array_append (file, data, (guint) size);
  return g_byte_array_free_to_bytes (file);
}

static PleArray *
parse (guint version, const char *header, gconstpointer data, size_t size, GError **error)
{
  g_autoptr (GBytes) bytes = make_npy (version, header, data, size);

  return ple_npy_parse (bytes, "x.npy", error);
}

static void
test_versions (void)
{
  static const float values[6] = { 1, 2, 3, 4, 5, 6 };

  for (guint version = 1; version <= 3; version++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (PleArray) array =
          parse (version, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }   \n",
                 values, sizeof values, &error);

      g_assert_no_error (error);
      g_assert_cmpint (array->type, ==, PLE_ARRAY_F4);
      g_assert_cmpuint (array->n_dims, ==, 2);
      g_assert_cmpuint (array->shape[0], ==, 2);
      g_assert_cmpuint (array->shape[1], ==, 3);
      g_assert_cmpmem (array->data, array->n * 4, values, sizeof values);
    }
}

static void
test_fortran_order (void)
{
  /* a[i][j][k] = 100 i + 10 j + k, the first index running fastest. */
  gint16 stored[2 * 3 * 4];
  g_autoptr (GError) error = NULL;
  g_autoptr (PleArray) array = NULL;

  for (size_t i = 0; i < 2; i++)
    for (size_t j = 0; j < 3; j++)
      for (size_t k = 0; k < 4; k++)
        stored[i + 2 * (j + 3 * k)] = (gint16) (100 * i + 10 * j + k);
  array = parse (1, "{\"shape\": (2, 3, 4), 'fortran_order': True, 'descr': '<i2'}\n", stored,
                 sizeof stored, &error);
  g_assert_no_error (error);
  for (size_t i = 0; i < 2; i++)
    for (size_t j = 0; j < 3; j++)
      for (size_t k = 0; k < 4; k++)
        g_assert_cmpfloat (ple_array_get (array, (i * 3 + j) * 4 + k), ==,
                           (double) (100 * i + 10 * j + k));
}

static void
test_other_byte_order_and_widening (void)
{
  static const guint8 big[] = { 0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0 };
  static const guint8 words[] = { 0xff, 0xff, 1, 0 };
  static const guint8 doubles[] = { 0xff, 0xff, 0xff, 0xff };
  g_autoptr (PleArray) f4 =
      parse (1, "{'descr': '>f4', 'fortran_order': False, 'shape': (2,)}", big, 8, NULL);
  g_autoptr (PleArray) u2 =
      parse (1, "{'descr': '<u2', 'fortran_order': False, 'shape': (2L,)}", words, 4, NULL);
  g_autoptr (PleArray) u4 =
      parse (1, "{'descr': '<u4', 'fortran_order': False, 'shape': ()}", doubles, 4, NULL);

  g_assert_cmpfloat (ple_array_get (f4, 0), ==, 1);
  g_assert_cmpfloat (ple_array_get (f4, 1), ==, -2);
  g_assert_cmpfloat (ple_array_get (u2, 0), ==, 65535);
  g_assert_cmpfloat (ple_array_get (u2, 1), ==, 1);
  g_assert_cmpuint (u4->n, ==, 1);
  g_assert_cmpfloat (ple_array_get (u4, 0), ==, 4294967295.0);
}

/* An odd header length puts the elements at an address that no float may have. */
static void
test_odd_alignment (void)
{
  static const float values[2] = { 1.5f, -2.5f };

  for (int pad = 0; pad < 4; pad++)
    {
      g_autofree char *header = g_strdup_printf (
          "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}%*s", pad + 1, "\n");
      g_autoptr (PleArray) array = parse (1, header, values, sizeof values, NULL);

      g_assert_cmpfloat (((const float *) array->data)[1], ==, -2.5f);
    }
}

static void
test_hostile_headers (void)
{
  static const struct
  {
    const char *header;
    PleFileError code;
  } cases[] = {
    { "", PLE_FILE_ERROR_FORMAT },
    { "{}", PLE_FILE_ERROR_FORMAT },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)", PLE_FILE_ERROR_FORMAT },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x", PLE_FILE_ERROR_FORMAT },
    { "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (1,)}", PLE_FILE_ERROR_FORMAT },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", PLE_FILE_ERROR_FORMAT },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (1 2)}", PLE_FILE_ERROR_FORMAT },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': 4}", PLE_FILE_ERROR_FORMAT },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}",
      PLE_FILE_ERROR_FORMAT },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
      PLE_FILE_ERROR_FORMAT },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
      PLE_FILE_ERROR_TOO_LARGE },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4294967296, 4294967296)}",
      PLE_FILE_ERROR_TOO_LARGE },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,)}",
      PLE_FILE_ERROR_TRUNCATED },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", PLE_FILE_ERROR_TRUNCATED },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (0,)}", PLE_FILE_ERROR_MISMATCH },
    { "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", PLE_FILE_ERROR_UNSUPPORTED },
    { "{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}", PLE_FILE_ERROR_UNSUPPORTED },
    { "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}",
      PLE_FILE_ERROR_UNSUPPORTED },
    { "{'descr': '', 'fortran_order': False, 'shape': (1,)}", PLE_FILE_ERROR_FORMAT },
    { "{'descr': 'a very long type name', 'fortran_order': False, 'shape': (1,)}",
      PLE_FILE_ERROR_FORMAT },
  };
  static const float one = 1;

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", cases[i].header);
      g_assert_null (parse (1, cases[i].header, &one, sizeof one, &error));
      g_assert_error (error, PLE_FILE_ERROR, (int) cases[i].code);
      g_assert_true (g_str_has_prefix (error->message, "x.npy: "));
    }
}

static void
test_every_truncation (void)
{
  static const float values[6] = { 1, 2, 3, 4, 5, 6 };
  g_autoptr (GBytes) whole =
      make_npy (2, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}\n", values, 24);

  for (size_t size = 0; size < g_bytes_get_size (whole); size++)
    {
      /* A copy of exactly that size, so that the address sanitizer sees a read beyond it. */
      g_autoptr (GBytes) part = g_bytes_new (g_bytes_get_data (whole, NULL), size);
      g_autoptr (GError) error = NULL;

      g_assert_null (ple_npy_parse (part, "x.npy", &error));
      g_assert_true (error->domain == PLE_FILE_ERROR);
    }
}

typedef struct
{
  char *folder;
  char *path;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("ple-npy-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->folder, "a.npy", NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ple_remove_recursively (fixture->folder, NULL);
  g_free (fixture->folder);
  g_free (fixture->path);
}

static void
test_round_trip (Fixture *fixture, gconstpointer data)
{
  g_autoptr (PleMatrix) matrix = ple_test_random_matrix (37, 11, 5);
  g_autoptr (PleMatrix) back = NULL;
  g_autoptr (PleArray) array = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (ple_npy_write_matrix (fixture->path, matrix, &error));
  array = ple_npy_read (fixture->path, &error);
  g_assert_no_error (error);
  back = ple_array_to_matrix (array, &error);
  ple_test_assert_same_bits (matrix, back);
  /* Mapped in place: no copy was made of what may be larger than memory. */
  g_assert_true (back->data == array->data);
  g_assert_cmpuint ((gsize) array->data % 64, ==, 0);
}

static void
test_labels_round_trip (Fixture *fixture, gconstpointer data)
{
  static const gint32 values[] = { 4, -1, 0, 16777215 };
  g_autoptr (PleLabels) labels = ple_labels_new_from (values, G_N_ELEMENTS (values));
  g_autoptr (PleLabels) back = NULL;
  g_autoptr (PleArray) array = NULL;

  g_assert_true (ple_npy_write_labels (fixture->path, labels, NULL));
  array = ple_npy_read (fixture->path, NULL);
  g_assert_cmpint (array->type, ==, PLE_ARRAY_I8);
  back = ple_array_to_labels (array, "a.npy", NULL);
  g_assert_cmpmem (back->data, back->n * 4, values, sizeof values);
}

static void
test_scalar_and_empty_round_trip (Fixture *fixture, gconstpointer data)
{
  double value = 0.1;
  size_t empty[] = { 0, 384 };
  g_autoptr (PleArray) scalar = NULL;
  g_autoptr (PleArray) none = NULL;
  g_autoptr (PleMatrix) matrix = NULL;

  g_assert_true (ple_npy_write (fixture->path, PLE_ARRAY_F8, 0, NULL, &value, NULL));
  scalar = ple_npy_read (fixture->path, NULL);
  g_assert_cmpuint (scalar->n_dims, ==, 0);
  g_assert_cmpfloat (ple_array_get (scalar, 0), ==, 0.1);
  g_assert_true (ple_npy_write (fixture->path, PLE_ARRAY_F4, 2, empty, NULL, NULL));
  none = ple_npy_read (fixture->path, NULL);
  matrix = ple_array_to_matrix (none, NULL);
  g_assert_cmpuint (matrix->n_rows, ==, 0);
  g_assert_cmpuint (matrix->n_cols, ==, 384);
}

static void
test_what_is_no_file (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (ple_npy_read (fixture->path, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
  g_clear_error (&error);
  g_assert_null (ple_npy_read (fixture->folder, &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT);
  g_clear_error (&error);
  g_assert_true (g_file_set_contents (fixture->path, "", 0, NULL));
  g_assert_null (ple_npy_read (fixture->path, &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_EMPTY);
}

/* The bytes that numpy writes for np.arange (3, dtype=np.int64). */
static void
test_bytes_as_numpy (Fixture *fixture, gconstpointer data)
{
  static const char header[] = "\x93NUMPY\x01\x00v\x00{'descr': '<i8', 'fortran_order': False, "
                               "'shape': (3,), }";
  static const gint32 values[] = { 0, 1, 2 };
  g_autoptr (PleLabels) labels = ple_labels_new_from (values, 3);
  g_autofree char *contents = NULL;
  gsize size;

  ple_npy_write_labels (fixture->path, labels, NULL);
  g_assert_true (g_file_get_contents (fixture->path, &contents, &size, NULL));
  g_assert_cmpuint (size, ==, 128 + 24);
  g_assert_cmpmem (contents, sizeof header - 1, header, sizeof header - 1);
  g_assert_cmpint (contents[127], ==, '\n');
  for (size_t i = sizeof header - 1; i < 127; i++)
    g_assert_cmpint (contents[i], ==, ' ');
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/linalg/npy/versions", test_versions);
  g_test_add_func ("/linalg/npy/fortran-order", test_fortran_order);
  g_test_add_func ("/linalg/npy/byte-order-and-widening", test_other_byte_order_and_widening);
  g_test_add_func ("/linalg/npy/odd-alignment", test_odd_alignment);
  g_test_add_func ("/linalg/npy/hostile-headers", test_hostile_headers);
  g_test_add_func ("/linalg/npy/every-truncation", test_every_truncation);
#define ADD(name, func) g_test_add (name, Fixture, NULL, set_up, func, tear_down)
  ADD ("/linalg/npy/round-trip", test_round_trip);
  ADD ("/linalg/npy/labels-round-trip", test_labels_round_trip);
  ADD ("/linalg/npy/scalar-and-empty", test_scalar_and_empty_round_trip);
  ADD ("/linalg/npy/what-is-no-file", test_what_is_no_file);
  ADD ("/linalg/npy/bytes-as-numpy", test_bytes_as_numpy);
  return g_test_run ();
}
