/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-array-file.h"
#include "linalg/ple-array-private.h"

#include "base/ple-error.h"

#include <math.h>

static PleArray *
array_of (PleArrayType type, guint n_dims, const size_t *shape, gconstpointer data, size_t size)
{
  GBytes *bytes = g_bytes_new (data, size);

  return ple_array_new (type, n_dims, shape, bytes, g_bytes_get_data (bytes, NULL));
}

static void
test_half_floats (void)
{
  static const guint16 bits[] = { 0x0000, 0x8000, 0x3c00, 0xc000, 0x7bff, 0x0001,
                                  0x03ff, 0x0400, 0x3555, 0x7c00, 0xfc00 };
  static const double values[] = {
    0, -0.0, 1, -2, 65504, 0x1p-24, 1023 * 0x1p-24, 0x1p-14, 0.333251953125, INFINITY, -INFINITY
  };
  size_t shape[] = { G_N_ELEMENTS (bits) };
  guint16 nan = 0x7e00;
  size_t one[] = { 1 };
  g_autoptr (PleArray) array = array_of (PLE_ARRAY_F2, 1, shape, bits, sizeof bits);
  g_autoptr (PleArray) not_a_number = array_of (PLE_ARRAY_F2, 1, one, &nan, sizeof nan);
  g_autofree double *doubles = ple_array_to_doubles (array);

  for (size_t i = 0; i < G_N_ELEMENTS (bits); i++)
    g_assert_cmpfloat (doubles[i], ==, values[i]);
  g_assert_true (signbit (doubles[1]));
  g_assert_true (isnan (ple_array_get (not_a_number, 0)));
}

static void
test_every_type (void)
{
  static const gint8 i1[] = { -128, 127 };
  static const gint16 i2[] = { -32768, 32767 };
  static const gint32 i4[] = { G_MININT32, G_MAXINT32 };
  static const gint64 i8[] = { -((gint64) 1 << 53), (gint64) 1 << 53 };
  static const guint8 u1[] = { 0, 255 };
  static const guint8 truth[] = { 0, 7 };
  static const float f4[] = { 0.1f, -3e38f };
  static const double f8[] = { 0.1, -1e300 };
  static const struct
  {
    PleArrayType type;
    gconstpointer data;
    double values[2];
  } cases[] = { { PLE_ARRAY_I1, i1, { -128, 127 } },
                { PLE_ARRAY_I2, i2, { -32768, 32767 } },
                { PLE_ARRAY_I4, i4, { G_MININT32, G_MAXINT32 } },
                { PLE_ARRAY_I8, i8, { -9007199254740992.0, 9007199254740992.0 } },
                { PLE_ARRAY_U1, u1, { 0, 255 } },
                { PLE_ARRAY_BOOL, truth, { 0, 1 } },
                { PLE_ARRAY_F4, f4, { (double) 0.1f, (double) -3e38f } },
                { PLE_ARRAY_F8, f8, { 0.1, -1e300 } } };
  size_t shape[] = { 2 };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (PleArray) array = array_of (cases[i].type, 1, shape, cases[i].data,
                                             2 * ple_array_type_size (cases[i].type));

      g_assert_cmpfloat (ple_array_get (array, 0), ==, cases[i].values[0]);
      g_assert_cmpfloat (ple_array_get (array, 1), ==, cases[i].values[1]);
    }
}

static void
test_to_matrix_shapes (void)
{
  static const float values[24] = { 1, 2, 3, 4, 5, 6, 7, 8 };
  size_t shape[] = { 2, 3, 4 };
  g_autoptr (PleMatrix) flat = NULL;
  g_autoptr (PleMatrix) column = NULL;
  g_autoptr (PleMatrix) single = NULL;
  size_t eight[] = { 8 };
  PleArray *cube = array_of (PLE_ARRAY_F4, 3, shape, values, sizeof values);
  g_autoptr (PleArray) line = array_of (PLE_ARRAY_F4, 1, eight, values, 8 * sizeof (float));
  g_autoptr (PleArray) scalar = array_of (PLE_ARRAY_F4, 0, NULL, values, sizeof (float));

  flat = ple_array_to_matrix (cube, NULL);
  g_assert_true (flat->data == cube->data);
  /* The matrix keeps the memory of the array alive. */
  ple_array_unref (cube);
  g_assert_cmpuint (flat->n_rows, ==, 2);
  g_assert_cmpuint (flat->n_cols, ==, 12);
  g_assert_cmpfloat (flat->data[7], ==, 8);
  column = ple_array_to_matrix (line, NULL);
  g_assert_cmpuint (column->n_rows, ==, 8);
  g_assert_cmpuint (column->n_cols, ==, 1);
  single = ple_array_to_matrix (scalar, NULL);
  g_assert_cmpuint (single->n_rows, ==, 1);
  g_assert_cmpuint (single->n_cols, ==, 1);
}

static void
check_labels_refused (PleArrayType type, gconstpointer data, guint n_dims, PleFileError code)
{
  size_t shape[] = { 2, 2 };
  g_autoptr (PleArray) array =
      array_of (type, n_dims, shape, data, ple_array_type_size (type) * (n_dims == 2 ? 4 : 2));
  g_autoptr (GError) error = NULL;

  g_assert_null (ple_array_to_labels (array, "some.npy", &error));
  g_assert_error (error, PLE_FILE_ERROR, (int) code);
  g_assert_true (g_str_has_prefix (error->message, "some.npy: "));
}

static void
test_to_labels (void)
{
  static const double good[] = { 3, -1, 0 };
  static const double fraction[] = { 1, 1.5 };
  static const double nan[] = { 1, NAN };
  static const gint64 below[] = { 0, -2 };
  static const gint64 huge[] = { 0, 5000000000 };
  static const gint32 large[] = { 0, G_MAXINT32 };
  static const gint32 table[] = { 0, 1, 2, 3 };
  size_t column[] = { 3, 1 };
  g_autoptr (PleArray) array = array_of (PLE_ARRAY_F8, 2, column, good, sizeof good);
  g_autoptr (GError) error = NULL;
  g_autoptr (PleLabels) labels = ple_array_to_labels (array, "x", &error);

  g_assert_no_error (error);
  g_assert_cmpuint (labels->n, ==, 3);
  g_assert_cmpint (labels->data[0], ==, 3);
  g_assert_cmpint (labels->data[1], ==, -1);
  g_assert_cmpint (labels->data[2], ==, 0);
  check_labels_refused (PLE_ARRAY_F8, fraction, 1, PLE_FILE_ERROR_FORMAT);
  check_labels_refused (PLE_ARRAY_F8, nan, 1, PLE_FILE_ERROR_FORMAT);
  check_labels_refused (PLE_ARRAY_I8, below, 1, PLE_FILE_ERROR_FORMAT);
  check_labels_refused (PLE_ARRAY_I8, huge, 1, PLE_FILE_ERROR_TOO_LARGE);
  check_labels_refused (PLE_ARRAY_I4, large, 1, PLE_FILE_ERROR_TOO_LARGE);
  check_labels_refused (PLE_ARRAY_I4, table, 2, PLE_FILE_ERROR_FORMAT);
}

static void
test_count_overflow (void)
{
  size_t n, bytes;
  static const size_t wraps[] = { (size_t) 1 << 40, (size_t) 1 << 40 };
  static const size_t hidden[] = { 0, (size_t) 1 << 40, (size_t) 1 << 40 };
  static const size_t empty[] = { 0, 384 };

  g_assert_false (ple_array_count (2, wraps, 1, &n, &bytes));
  /* A zero must not hide sizes whose product wraps. */
  g_assert_false (ple_array_count (3, hidden, 1, &n, &bytes));
  g_assert_true (ple_array_count (2, empty, 4, &n, &bytes));
  g_assert_cmpuint (n, ==, 0);
  g_assert_true (ple_array_count (0, NULL, 4, &n, &bytes));
  g_assert_cmpuint (bytes, ==, 4);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/linalg/array/half-floats", test_half_floats);
  g_test_add_func ("/linalg/array/every-type", test_every_type);
  g_test_add_func ("/linalg/array/to-matrix-shapes", test_to_matrix_shapes);
  g_test_add_func ("/linalg/array/to-labels", test_to_labels);
  g_test_add_func ("/linalg/array/count-overflow", test_count_overflow);
  return g_test_run ();
}
