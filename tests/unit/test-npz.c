/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-array-file.h"
#include "linalg/ple-array-private.h"

#include "base/ple-atomic.h"
#include "base/ple-error.h"
#include "ple-test.h"

#include <gio/gio.h>
#include <string.h>

#define N 1000

static void
fill (gint32 *values)
{
  for (gint32 i = 0; i < N; i++)
    values[i] = i % 7 - 1;
}

/* An archive of two members: "numbers" (N int32) and "folder/x" (2 x 3 float32). */
static GBytes *
stored_archive (void)
{
  g_autofree char *folder = g_dir_make_tmp ("ple-npz-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "a.npz", NULL);
  static const float x[6] = { 1, 2, 3, 4, 5, 6 };
  gint32 numbers[N];
  PleNpzMember members[] = {
    { .name = "numbers", .type = PLE_ARRAY_I4, .n_dims = 1, .shape = { N }, .data = numbers },
    { .name = "folder/x", .type = PLE_ARRAY_F4, .n_dims = 2, .shape = { 2, 3 }, .data = x },
  };
  g_autoptr (GError) error = NULL;
  char *contents;
  gsize size;

  fill (numbers);
  ple_npz_write (path, members, G_N_ELEMENTS (members), &error);
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (path, &contents, &size, NULL));
  ple_remove_recursively (folder, NULL);
  return g_bytes_new_take (contents, size);
}

static void
put (GByteArray *out, guint64 value, guint n_bytes)
{
  for (guint i = 0; i < n_bytes; i++)
    {
      guint8 byte = (guint8) (value >> (8 * i));

      g_byte_array_append (out, &byte, 1);
    }
}

static guint64
get (const guint8 *p, guint n_bytes)
{
  guint64 value = 0;

  for (guint i = n_bytes; i-- > 0;)
    value = value << 8 | p[i];
  return value;
}

/* One deflated member, as numpy.savez_compressed writes it: with a 64-bit extra field in the local
 * header. The CRC-32 is taken from the archive that we wrote. */
static GBytes *
deflated_archive (gint64 size_error, gboolean wide_directory)
{
  g_autoptr (GBytes) stored = stored_archive ();
  const guint8 *base = g_bytes_get_data (stored, NULL);
  g_autoptr (GZlibCompressor) deflater = g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_RAW, 6);
  size_t plain = (size_t) get (base + 22, 4);
  guint64 crc = get (base + 14, 4);
  g_autofree guint8 *packed = g_malloc (plain);
  gsize used, n_packed;
  guint64 directory;
  GByteArray *zip = g_byte_array_new ();

  g_assert_cmpint (g_converter_convert (G_CONVERTER (deflater), base + 30 + 11, plain, packed,
                                        plain, G_CONVERTER_INPUT_AT_END, &used, &n_packed, NULL),
                   ==, G_CONVERTER_FINISHED);
  g_assert_cmpuint (n_packed, <, plain);

  g_byte_array_append (zip, (const guint8 *) "PK\3\4", 4);
  put (zip, 45, 2);
  put (zip, 0, 2);
  put (zip, 8, 2);
  put (zip, 0x210000, 4);
  put (zip, crc, 4);
  put (zip, G_MAXUINT32, 4);
  put (zip, G_MAXUINT32, 4);
  put (zip, 11, 2);
  put (zip, 20, 2);
  g_byte_array_append (zip, (const guint8 *) "numbers.npy", 11);
  put (zip, 1, 2);
  put (zip, 16, 2);
  put (zip, plain, 8);
  put (zip, n_packed, 8);
  g_byte_array_append (zip, packed, (guint) n_packed);

  directory = zip->len;
  g_byte_array_append (zip, (const guint8 *) "PK\1\2", 4);
  put (zip, 45, 2);
  put (zip, 45, 2);
  put (zip, 0, 2);
  put (zip, 8, 2);
  put (zip, 0x210000, 4);
  put (zip, crc, 4);
  put (zip, wide_directory ? G_MAXUINT32 : n_packed, 4);
  put (zip, wide_directory ? G_MAXUINT32 : plain + (guint64) size_error, 4);
  put (zip, 11, 2);
  put (zip, wide_directory ? 28 : 0, 2);
  put (zip, 0, 8);
  put (zip, 0, 2);
  put (zip, wide_directory ? G_MAXUINT32 : 0, 4);
  g_byte_array_append (zip, (const guint8 *) "numbers.npy", 11);
  if (wide_directory)
    {
      put (zip, 1, 2);
      put (zip, 24, 2);
      put (zip, plain + (guint64) size_error, 8);
      put (zip, n_packed, 8);
      put (zip, 0, 8);
    }
  g_byte_array_append (zip, (const guint8 *) "PK\5\6", 4);
  put (zip, 0, 4);
  put (zip, 1, 2);
  put (zip, 1, 2);
  put (zip, zip->len - 12 - directory, 4);
  put (zip, directory, 4);
  put (zip, 5, 2);
  g_byte_array_append (zip, (const guint8 *) "hello", 5);
  return g_byte_array_free_to_bytes (zip);
}

static void
check_numbers (GBytes *bytes)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PleNpz) npz = ple_npz_parse (bytes, "a.npz", &error);
  g_autoptr (PleArray) array = NULL;
  gint32 numbers[N];

  g_assert_no_error (error);
  array = ple_npz_get (npz, "numbers", &error);
  g_assert_no_error (error);
  fill (numbers);
  g_assert_cmpmem (array->data, array->n * 4, numbers, sizeof numbers);
}

static void
test_stored (void)
{
  g_autoptr (GBytes) bytes = stored_archive ();
  g_autoptr (PleNpz) npz = ple_npz_parse (bytes, "a.npz", NULL);
  g_autoptr (PleArray) x = NULL;
  const char *const *names = ple_npz_get_names (npz);

  g_assert_cmpstr (names[0], ==, "numbers");
  g_assert_cmpstr (names[1], ==, "folder/x");
  g_assert_null (names[2]);
  x = ple_npz_get (npz, "folder/x", NULL);
  /* An array outlives its archive. */
  g_clear_pointer (&npz, ple_npz_free);
  g_assert_cmpuint (x->shape[1], ==, 3);
  g_assert_cmpfloat (ple_array_get (x, 5), ==, 6);
  check_numbers (bytes);
}

static void
test_deflated (void)
{
  g_autoptr (GBytes) narrow = deflated_archive (0, FALSE);
  g_autoptr (GBytes) wide = deflated_archive (0, TRUE);

  check_numbers (narrow);
  check_numbers (wide);
}

static void
test_missing_member (void)
{
  g_autoptr (GBytes) bytes = stored_archive ();
  g_autoptr (PleNpz) npz = ple_npz_parse (bytes, "a.npz", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (ple_npz_get (npz, "nothing", &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT);
  g_assert_nonnull (strstr (error->message, "nothing"));
}

/* A size that lies, by a little or by 2^60: one sentence, no allocation of that size. */
static void
test_lying_sizes (void)
{
  static const gint64 lies[] = { 1, -1, 1 << 20, (gint64) 1 << 60 };

  for (size_t i = 0; i < G_N_ELEMENTS (lies); i++)
    {
      g_autoptr (GBytes) bytes = deflated_archive (lies[i], TRUE);
      g_autoptr (PleNpz) npz = ple_npz_parse (bytes, "a.npz", NULL);
      g_autoptr (GError) error = NULL;

      g_assert_nonnull (npz);
      g_assert_null (ple_npz_get (npz, "numbers", &error));
      g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT);
    }
}

/* Whatever the cut and whichever bit is turned: an error, or an array that is the right one. */
static void
check_survives (GBytes *bytes)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PleNpz) npz = ple_npz_parse (bytes, "a.npz", &error);
  const char *const *names = npz != NULL ? ple_npz_get_names (npz) : NULL;

  if (npz == NULL)
    g_assert_true (error->domain == PLE_FILE_ERROR);
  for (size_t i = 0; npz != NULL && names[i] != NULL; i++)
    {
      g_autoptr (GError) member_error = NULL;
      g_autoptr (PleArray) array = ple_npz_get (npz, names[i], &member_error);

      if (array == NULL)
        g_assert_true (member_error->domain == PLE_FILE_ERROR);
      else if (g_str_equal (names[i], "numbers"))
        g_assert_cmpuint (array->n, ==, N);
    }
}

static void
test_cuts_and_flips (void)
{
  for (int kind = 0; kind < 2; kind++)
    {
      g_autoptr (GBytes) whole = kind == 0 ? stored_archive () : deflated_archive (0, TRUE);
      size_t size;
      const guint8 *data = g_bytes_get_data (whole, &size);

      for (size_t cut = 0; cut < size; cut += 1 + cut / 100)
        {
          g_autoptr (GBytes) part = g_bytes_new (data, cut);

          check_survives (part);
        }
      for (size_t i = 0; i < size; i += kind == 0 && i > 200 && i + 400 < size ? 97 : 1)
        {
          g_autofree guint8 *copy = g_memdup2 (data, size);
          g_autoptr (GBytes) flipped = NULL;

          copy[i] ^= (guint8) (1 << (i % 8));
          flipped = g_bytes_new_take (g_steal_pointer (&copy), size);
          check_survives (flipped);
        }
    }
}

static void
test_corrupt_data_is_noticed (void)
{
  g_autoptr (GBytes) whole = stored_archive ();
  size_t size;
  guint8 *copy = g_bytes_unref_to_data (g_steal_pointer (&whole), &size);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (PleNpz) npz = NULL;
  g_autoptr (GError) error = NULL;

  copy[1000] ^= 1;
  bytes = g_bytes_new_take (copy, size);
  npz = ple_npz_parse (bytes, "a.npz", NULL);
  g_assert_null (ple_npz_get (npz, "numbers", &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT);
}

static void
test_not_an_archive (void)
{
  static const struct
  {
    const char *text;
    PleFileError code;
  } cases[] = { { "", PLE_FILE_ERROR_EMPTY },
                { "P", PLE_FILE_ERROR_TRUNCATED },
                { "hello", PLE_FILE_ERROR_FORMAT },
                { "PK\3\4 and no directory at all", PLE_FILE_ERROR_TRUNCATED } };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GBytes) bytes = g_bytes_new (cases[i].text, strlen (cases[i].text));
      g_autoptr (GError) error = NULL;

      g_assert_null (ple_npz_parse (bytes, "a.npz", &error));
      g_assert_error (error, PLE_FILE_ERROR, (int) cases[i].code);
    }
}

static void
test_no_members (void)
{
  g_autofree char *folder = g_dir_make_tmp ("ple-npz-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "a.npz", NULL);
  g_autoptr (PleNpz) npz = NULL;

  g_assert_true (ple_npz_write (path, NULL, 0, NULL));
  npz = ple_npz_open (path, NULL);
  g_assert_null (ple_npz_get_names (npz)[0]);
  ple_remove_recursively (folder, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/linalg/npz/stored", test_stored);
  g_test_add_func ("/linalg/npz/deflated", test_deflated);
  g_test_add_func ("/linalg/npz/missing-member", test_missing_member);
  g_test_add_func ("/linalg/npz/lying-sizes", test_lying_sizes);
  g_test_add_func ("/linalg/npz/cuts-and-flips", test_cuts_and_flips);
  g_test_add_func ("/linalg/npz/corrupt-data-is-noticed", test_corrupt_data_is_noticed);
  g_test_add_func ("/linalg/npz/not-an-archive", test_not_an_archive);
  g_test_add_func ("/linalg/npz/no-members", test_no_members);
  return g_test_run ();
}
