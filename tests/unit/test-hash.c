/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-hash.h"

#include "base/ple-atomic.h"

#include <string.h>

static char *
hash_of (const char *first, const char *second)
{
  g_autoptr (PleHash) hash = ple_hash_new ();

  ple_hash_add_string (hash, first);
  if (second != NULL)
    ple_hash_add_string (hash, second);
  return ple_hash_get_hex (hash, 64);
}

static void
test_framing (void)
{
  static const char *const pairs[][2] = { { "ab", "c" }, { "a", "bc" },   { "abc", "" },
                                          { "", "abc" }, { "abc", NULL }, { "", "" },
                                          { "", NULL } };

  for (size_t i = 0; i < G_N_ELEMENTS (pairs); i++)
    for (size_t j = 0; j < i; j++)
      {
        g_autofree char *a = hash_of (pairs[i][0], pairs[i][1]);
        g_autofree char *b = hash_of (pairs[j][0], pairs[j][1]);

        g_assert_cmpstr (a, !=, b);
      }
}

/* SHA-256 of the frame (8 bytes, little-endian) and the text: the key of a project must not change
 * from one version of the program to the next. */
static void
test_stable (void)
{
  g_autoptr (PleHash) hash = ple_hash_new ();
  g_autoptr (GChecksum) expected = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree char *hex = NULL;
  gint64 minus_two = GINT64_TO_LE (-2);

  ple_hash_add_string (hash, "name");
  ple_hash_add_int (hash, -2);
  ple_hash_add_double (hash, 0.1);
  g_checksum_update (expected, (const guchar *) "\4\0\0\0\0\0\0\0name", 12);
  g_checksum_update (expected, (const guchar *) "\10\0\0\0\0\0\0\0", 8);
  g_checksum_update (expected, (const guchar *) &minus_two, 8);
  g_checksum_update (expected,
                     (const guchar *) "\3\0\0\0\0\0\0\0"
                                      "0.1",
                     11);
  hex = ple_hash_get_hex (hash, 64);
  g_assert_cmpstr (hex, ==, g_checksum_get_string (expected));
}

static void
test_more_after_reading (void)
{
  g_autoptr (PleHash) hash = ple_hash_new ();
  g_autofree char *first = NULL;
  g_autofree char *again = NULL;
  g_autofree char *both = hash_of ("a", "b");
  g_autofree char *after = NULL;

  ple_hash_add_string (hash, "a");
  first = ple_hash_get_hex (hash, 12);
  again = ple_hash_get_hex (hash, 64);
  g_assert_cmpuint (strlen (first), ==, 12);
  g_assert_true (g_str_has_prefix (again, first));
  ple_hash_add_string (hash, "b");
  after = ple_hash_get_hex (hash, 64);
  g_assert_cmpstr (after, ==, both);
}

static void
test_file (void)
{
  g_autofree char *folder = g_dir_make_tmp ("ple-hash-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "a", NULL);
  g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, 1);
  g_autofree char *hex = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_null (ple_hash_file (path, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_true (g_file_set_contents (path, "abc", 3, NULL));
  hex = ple_hash_file (path, NULL, &error);
  g_assert_cmpstr (hex, ==, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  ple_progress_cancel (progress);
  g_assert_null (ple_hash_file (path, progress, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  ple_remove_recursively (folder, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/hash/framing", test_framing);
  g_test_add_func ("/base/hash/stable", test_stable);
  g_test_add_func ("/base/hash/more-after-reading", test_more_after_reading);
  g_test_add_func ("/base/hash/file", test_file);
  return g_test_run ();
}
