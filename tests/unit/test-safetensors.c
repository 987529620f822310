/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-atomic.h"
#include "base/ple-error.h"
#include "nn/ple-safetensors.h"

#include <math.h>
#include <string.h>

/* A file of this header and so many bytes of data, each byte its own position. */
static PleSafetensors *
parse (const char *header, size_t n_data, GError **error)
{
  size_t length = strlen (header);
  guint64 little = GUINT64_TO_LE ((guint64) length);
  GByteArray *array = g_byte_array_new ();
  g_autoptr (GBytes) bytes = NULL;

  g_byte_array_append (array, (const guint8 *) &little, sizeof little);
  g_byte_array_append (array, (const guint8 *) header, (guint) length);
  for (size_t i = 0; i < n_data; i++)
    {
      guint8 byte = (guint8) i;

      g_byte_array_append (array, &byte, 1);
    }
  bytes = g_byte_array_free_to_bytes (array);
  return ple_safetensors_parse (bytes, "test", error);
}

static void
test_round_trip (void)
{
  g_autofree char *folder = g_dir_make_tmp ("ple-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "sub", "a.safetensors", NULL);
  const float values[] = { 1, -2.5f, 3e-20f, 4, 5, 6 };
  const gint64 numbers[] = { -1, G_MAXINT64 };
  const size_t shape[] = { 2, 3 };
  const size_t empty[] = { 0, 7 };

  for (int sync = PLE_SAFETENSORS_DURABLE; sync <= PLE_SAFETENSORS_QUICK; sync++)
    {
      g_autoptr (PleSafetensorsWriter) writer = ple_safetensors_writer_new ();
      g_autoptr (PleSafetensors) file = NULL;
      g_autoptr (PleMatrix) matrix = NULL;
      g_autoptr (PleMatrix) nothing = NULL;
      g_autoptr (GError) error = NULL;
      const PleSafetensorsEntry *entry;

      ple_safetensors_writer_set_metadata (writer, "format", "a \"quoted\" text");
      ple_safetensors_writer_add (writer, "x.weight", PLE_SAFETENSORS_F32, 2, shape, values);
      ple_safetensors_writer_add (writer, "n", PLE_SAFETENSORS_I64, 1, shape, numbers);
      ple_safetensors_writer_add (writer, "none", PLE_SAFETENSORS_F32, 2, empty, NULL);
      ple_safetensors_writer_add (writer, "scalar", PLE_SAFETENSORS_F32, 0, NULL, values);
      g_assert_true (
          ple_safetensors_writer_write (writer, path, (PleSafetensorsSync) sync, &error));
      g_assert_no_error (error);

      file = ple_safetensors_open (path, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (ple_safetensors_get_n (file), ==, 4);
      g_assert_cmpstr (ple_safetensors_get_metadata (file, "format"), ==, "a \"quoted\" text");
      g_assert_null (ple_safetensors_get_metadata (file, "absent"));
      matrix = ple_safetensors_get_matrix_of (file, "x.weight", 2, 3, &error);
      g_assert_no_error (error);
      g_assert_cmpmem (matrix->data, sizeof values, values, sizeof values);
      /* Mapped, not copied. */
      entry = ple_safetensors_find (file, "x.weight");
      g_assert_true ((gconstpointer) matrix->data == entry->data);
      g_assert_cmpuint ((guintptr) entry->data % 64, ==, 0);
      entry = ple_safetensors_find (file, "n");
      g_assert_cmpint (entry->type, ==, PLE_SAFETENSORS_I64);
      g_assert_cmpmem (entry->data, entry->size, numbers, sizeof numbers);
      g_assert_cmpuint (ple_safetensors_find (file, "scalar")->n, ==, 1);
      nothing = ple_safetensors_get_matrix (file, "none", &error);
      g_assert_no_error (error);
      g_assert_cmpuint (nothing->n_rows * nothing->n_cols, ==, 0);
      g_assert_null (ple_safetensors_get_matrix_of (file, "x.weight", 3, 2, &error));
      g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH);
      g_clear_error (&error);
      g_assert_null (ple_safetensors_get_matrix (file, "y", &error));
      g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT);
    }
  g_assert_true (ple_remove_recursively (folder, NULL));
}

/* The mapping outlives the handle. */
static void
test_matrix_keeps_the_file (void)
{
  PleSafetensors *file =
      parse ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}   ", 8, NULL);
  g_autoptr (PleMatrix) matrix = ple_safetensors_get_matrix (file, "a", NULL);
  guint8 first;

  ple_safetensors_free (file);
  g_assert_cmpuint (matrix->n_rows, ==, 1);
  g_assert_cmpuint (matrix->n_cols, ==, 2);
  memcpy (&first, (const char *) matrix->data + 7, 1);
  g_assert_cmpuint (first, ==, 7);
}

static void
test_conversions (void)
{
  static const guint16 half[] = { 0x3c00, 0xc000, 0x0001, 0x7bff, 0x8000, 0xfc00, 0x03ff, 0x7e00 };
  static const float half_values[] = { 1,     -2,        0x1p-24f,        65504,
                                       -0.0f, -INFINITY, 1023 * 0x1p-24f, NAN };
  static const guint16 brain[] = { 0x3f80, 0xc040, 0x7f80 };
  static const float brain_values[] = { 1, -3, INFINITY };
  PleSafetensorsEntry entry = {
    .name = "e", .type = PLE_SAFETENSORS_F16, .n = 8, .size = 16, .data = half
  };
  static const gint8 small[] = { -128, 127 };
  static const double wide[] = { 0.1, -1e300 };
  float out[8];
  g_autoptr (GError) error = NULL;

  g_assert_true (ple_safetensors_read_floats (&entry, 0, 8, out, NULL));
  for (int i = 0; i < 7; i++)
    g_assert_cmpmem (&out[i], 4, &half_values[i], 4);
  g_assert_true (isnan (out[7]));
  entry = (PleSafetensorsEntry){ .type = PLE_SAFETENSORS_BF16, .n = 3, .data = brain };
  g_assert_true (ple_safetensors_read_floats (&entry, 1, 2, out, NULL));
  g_assert_cmpmem (out, 8, brain_values + 1, 8);
  entry = (PleSafetensorsEntry){ .type = PLE_SAFETENSORS_I8, .n = 2, .data = small };
  g_assert_true (ple_safetensors_read_floats (&entry, 0, 2, out, NULL));
  g_assert_cmpfloat (out[0], ==, -128);
  g_assert_cmpfloat (out[1], ==, 127);
  entry = (PleSafetensorsEntry){ .type = PLE_SAFETENSORS_F64, .n = 2, .data = wide };
  g_assert_true (ple_safetensors_read_floats (&entry, 0, 2, out, NULL));
  g_assert_cmpfloat (out[0], ==, 0.1f);
  g_assert_true (isinf (out[1]));
  entry =
      (PleSafetensorsEntry){ .name = "q", .type = PLE_SAFETENSORS_F8_E4M3, .n = 2, .data = small };
  g_assert_false (ple_safetensors_read_floats (&entry, 0, 2, out, &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_UNSUPPORTED);
}

#define TENSOR(type, shape, offsets)                                                               \
  "\"dtype\":\"" type "\",\"shape\":" shape ",\"data_offsets\":" offsets

static void
test_hostile_files (void)
{
  static const struct
  {
    const char *header;
    size_t n_data;
    int code;
  } cases[] = {
    { "", 0, PLE_FILE_ERROR_EMPTY },
    { "[]", 0, PLE_FILE_ERROR_FORMAT },
    { "{\"a\":1}", 0, PLE_FILE_ERROR_FORMAT },
    { "{\"a\":{" TENSOR ("F31", "[1]", "[0,4]") "}}", 4, PLE_FILE_ERROR_UNSUPPORTED },
    { "{\"a\":{" TENSOR ("F32", "[1]", "[0,5]") "}}", 5, PLE_FILE_ERROR_FORMAT },
    { "{\"a\":{" TENSOR ("F32", "[-1]", "[0,4]") "}}", 4, PLE_FILE_ERROR_FORMAT },
    { "{\"a\":{" TENSOR ("F32", "[1.5]", "[0,6]") "}}", 6, PLE_FILE_ERROR_FORMAT },
    { "{\"a\":{" TENSOR ("F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]") "}}", 4, PLE_FILE_ERROR_FORMAT },
    { "{\"a\":{" TENSOR ("F32", "[1]", "[4,0]") "}}", 4, PLE_FILE_ERROR_FORMAT },
    { "{\"a\":{" TENSOR ("F32", "[1]", "[0]") "}}", 4, PLE_FILE_ERROR_FORMAT },
    { "{\"a\":{" TENSOR ("F32", "[2]", "[0,8]") "}}", 4, PLE_FILE_ERROR_TRUNCATED },
    /* 2^32 * 2^32 elements wrap to 0. */
    { "{\"a\":{" TENSOR ("U8", "[4294967296,4294967296]", "[0,0]") "}}", 0, PLE_FILE_ERROR_FORMAT },
    { "{\"a\":{" TENSOR ("U8", "[4]", "[0,4]") "},\"b\":{" TENSOR ("U8", "[4]", "[2,6]") "}}", 6,
      PLE_FILE_ERROR_FORMAT },
    { "{\"a\":{" TENSOR ("U8", "[4]", "[0,4]") "},\"b\":{" TENSOR ("U8", "[4]", "[0,4]") "}}", 4,
      PLE_FILE_ERROR_FORMAT },
    { "{\"a\":{" TENSOR ("U8", "[2]", "[0,2]") "},\"b\":{" TENSOR ("U8", "[2]", "[4,6]") "}}", 6,
      PLE_FILE_ERROR_FORMAT },
    { "{\"a\":{" TENSOR ("U8", "[2]", "[0,2]") "}}", 3, PLE_FILE_ERROR_FORMAT },
    { "{\"a\":{\"dtype\":7,\"shape\":{},\"data_offsets\":null}}", 3, PLE_FILE_ERROR_UNSUPPORTED },
    { "{\"a\":", 0, PLE_FILE_ERROR_FORMAT },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      PleSafetensors *file = parse (cases[i].header, cases[i].n_data, &error);

      g_test_message ("case %zu: %s", i, error != NULL ? error->message : "accepted");
      g_assert_null (file);
      g_assert_error (error, PLE_FILE_ERROR, cases[i].code);
    }
}

static void
test_truncated_at_every_byte (void)
{
  static const char header[] = "{\"a\":{" TENSOR ("F32", "[2]", "[0,8]") "}}";
  guint8 whole[8 + sizeof header - 1 + 8] = { sizeof header - 1 };

  memcpy (whole + 8, header, sizeof header - 1);
  for (size_t n = 0; n <= sizeof whole; n++)
    {
      g_autoptr (GBytes) bytes = g_bytes_new (whole, n);
      g_autoptr (GError) error = NULL;
      g_autoptr (PleSafetensors) file = ple_safetensors_parse (bytes, "test", &error);

      g_assert_true ((file != NULL) == (n == sizeof whole));
      g_assert_true ((file != NULL) == (error == NULL));
    }
  /* A length of 2^64 - 1. */
  memset (whole, 0xff, 8);
  {
    g_autoptr (GBytes) bytes = g_bytes_new (whole, sizeof whole);
    g_autoptr (GError) error = NULL;

    g_assert_null (ple_safetensors_parse (bytes, "test", &error));
    g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_TOO_LARGE);
  }
}

static gboolean
count_down (gpointer data)
{
  int *left = data;

  return (*left)-- > 0;
}

/* Out of time after any number of pieces: the old file stays whole, and nothing lies beside it. */
static void
test_limit_keeps_the_old_file (void)
{
  const size_t n = 200000; /* four pieces */
  g_autofree char *folder = g_dir_make_tmp ("ple-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "state.safetensors", NULL);
  g_autofree float *values = g_new0 (float, n);

  for (int pieces = 4; pieces >= -1; pieces--)
    {
      g_autoptr (PleSafetensorsWriter) writer = ple_safetensors_writer_new ();
      g_autoptr (PleSafetensors) file = NULL;
      g_autoptr (GDir) entries = g_dir_open (folder, 0, NULL);
      g_autoptr (GError) error = NULL;
      int left = pieces, n_entries = 0;
      gboolean ok;

      values[n - 1] = (float) pieces;
      ple_safetensors_writer_add (writer, "values", PLE_SAFETENSORS_F32, 1, &n, values);
      ple_safetensors_writer_set_limit (writer, pieces >= 0 ? count_down : NULL, &left);
      ok = ple_safetensors_writer_write (writer, path, PLE_SAFETENSORS_QUICK, &error);
      g_assert_cmpint (ok, ==, pieces == 4 || pieces < 0);
      if (!ok)
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_clear_error (&error);
      file = ple_safetensors_open (path, &error);
      g_assert_no_error (error);
      g_assert_true (ple_safetensors_check_sum (file, &error));
      g_assert_cmpfloat (((const float *) ple_safetensors_find (file, "values")->data)[n - 1], ==,
                         pieces < 0 ? -1.0f : 4.0f);
      while (g_dir_read_name (entries) != NULL)
        n_entries++;
      g_assert_cmpint (n_entries, <=, 1);
    }
  g_assert_true (ple_remove_recursively (folder, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nn/safetensors/round-trip", test_round_trip);
  g_test_add_func ("/nn/safetensors/matrix-keeps-the-file", test_matrix_keeps_the_file);
  g_test_add_func ("/nn/safetensors/conversions", test_conversions);
  g_test_add_func ("/nn/safetensors/hostile-files", test_hostile_files);
  g_test_add_func ("/nn/safetensors/truncated-at-every-byte", test_truncated_at_every_byte);
  g_test_add_func ("/nn/safetensors/limit-keeps-the-old-file", test_limit_keeps_the_old_file);
  return g_test_run ();
}
