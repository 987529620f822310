/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs one fuzz target as a normal test: every file of the corpus as it is, then mutations of them
 * that are the same in each run. A target is a file with LLVMFuzzerTestOneInput(), so it may also
 * be linked with libFuzzer for the long hunt.
 *
 *   fuzz-READER CORPUS_FOLDER [INPUT...]    with inputs: only these, to look at a crash
 */
#include "config.h"

#include "base/ple-rng.h"
#include "ple-fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_SIZE ((size_t) 1 << 16)
#define MAX_MUTATIONS 6
#define N_INPUTS 20000
#define CPU_SECONDS 2

/* In memory of exactly that size, so that the address sanitizer sees a read beyond it. */
static void
run_one (const guint8 *data, size_t size)
{
  guint8 *copy = malloc (size > 0 ? size : 1);

  if (size > 0)
    memcpy (copy, data, size);
  LLVMFuzzerTestOneInput (copy, size);
  free (copy);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static GPtrArray *
load_corpus (const char *folder)
{
  GPtrArray *corpus = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (names, g_build_filename (folder, name, NULL));
  /* The order of a folder is an accident; mutations shall be the same everywhere. */
  g_ptr_array_sort (names, compare_names);
  for (guint i = 0; i < names->len; i++)
    {
      char *contents;
      gsize size;

      if (g_file_get_contents (names->pdata[i], &contents, &size, NULL))
        g_ptr_array_add (corpus, g_bytes_new_take (contents, size));
    }
  return corpus;
}

static size_t
below (PleRng *rng, size_t n)
{
  return n > 0 ? (size_t) ple_rng_below (rng, n) : 0;
}

/* Numbers at which size arithmetic goes wrong. */
static guint64
interesting (PleRng *rng)
{
  static const guint64 numbers[] = { 0,
                                     1,
                                     0x7f,
                                     0x80,
                                     0xff,
                                     0x7fff,
                                     0xffff,
                                     0x7fffffff,
                                     0x80000000,
                                     0xffffffff,
                                     G_GUINT64_CONSTANT (0x7fffffffffffffff),
                                     G_GUINT64_CONSTANT (0xffffffffffffffff),
                                     G_GUINT64_CONSTANT (0x2000000000000001) };

  return numbers[below (rng, G_N_ELEMENTS (numbers))];
}

static void
overwrite (GByteArray *input, size_t at, gconstpointer bytes, size_t size)
{
  if (at < input->len)
    memcpy (input->data + at, bytes, MIN (size, input->len - at));
}

static void
mutate (GByteArray *input, GPtrArray *corpus, PleRng *rng)
{
  static const char tokens[] = "0123456789-+.eE,;:(){}[]\"'\\ \t\r\n#<>/";
  size_t at = below (rng, input->len);
  guint64 number = interesting (rng);
  guint8 byte = (guint8) ple_rng_next (rng);
  char token = tokens[below (rng, sizeof tokens - 1)];
  size_t length = MIN ((size_t) 1 + byte / 4, input->len - at);

  switch (below (rng, 8))
    {
    case 0:
      if (input->len > 0)
        input->data[at] ^= (guint8) (1 << (byte % 8));
      break;
    case 1:
      overwrite (input, at, &byte, 1);
      break;
    case 2:
      overwrite (input, at, &token, 1);
      break;
    case 3:
      overwrite (input, at, &number, (size_t) 1 << (byte % 4));
      break;
    case 4:
      g_byte_array_set_size (input, (guint) at);
      break;
    case 5:
      if (input->len > 0)
        g_byte_array_remove_range (input, (guint) at, (guint) length);
      break;
    case 6:
      {
        /* A piece said twice. */
        g_autofree guint8 *piece = g_memdup2 (input->data + at, length);

        if (input->len + length <= MAX_SIZE)
          g_byte_array_append (input, piece, (guint) length);
        break;
      }
    default:
      {
        /* A piece of another file of the corpus. */
        gsize size;
        const guint8 *other = g_bytes_get_data (corpus->pdata[below (rng, corpus->len)], &size);
        size_t from = below (rng, size);

        if (size > 0)
          overwrite (input, at, other + from, MIN (size - from, (size_t) byte + 1));
      }
    }
}

static size_t
run_mutations (GPtrArray *corpus)
{
  clock_t end = clock () + CPU_SECONDS * CLOCKS_PER_SEC;
  PleRng rng;
  size_t n;

  ple_rng_init (&rng, corpus->len);
  for (n = 0; n < N_INPUTS && clock () < end; n++)
    {
      g_autoptr (GByteArray) input = g_byte_array_new ();
      gsize size;
      const guint8 *seed = g_bytes_get_data (corpus->pdata[n % corpus->len], &size);

      g_byte_array_append (input, seed, (guint) MIN (size, MAX_SIZE));
      for (size_t i = 1 + below (&rng, MAX_MUTATIONS); i > 0; i--)
        mutate (input, corpus, &rng);
      run_one (input->data, input->len);
    }
  return n;
}

int
main (int argc, char **argv)
{
  g_autoptr (GPtrArray) corpus = NULL;

  if (argc < 2)
    {
      fprintf (stderr, "usage: %s CORPUS_FOLDER [INPUT...]\n", argv[0]);
      return 2;
    }
  for (int i = 2; i < argc; i++)
    {
      g_autofree char *contents = NULL;
      gsize size;

      if (g_file_get_contents (argv[i], &contents, &size, NULL))
        run_one ((const guint8 *) contents, size);
    }
  if (argc > 2)
    return 0;

  corpus = load_corpus (argv[1]);
  printf ("TAP version 13\n1..2\n");
  for (guint i = 0; i < corpus->len; i++)
    {
      gsize size;
      const guint8 *data = g_bytes_get_data (corpus->pdata[i], &size);

      run_one (data, size);
    }
  printf ("%sok 1 - %u files of the corpus\n", corpus->len > 0 ? "" : "not ", corpus->len);
  fflush (stdout);
  if (corpus->len == 0)
    {
      printf ("not ok 2 - no corpus in %s\n", argv[1]);
      return 1;
    }
  printf ("ok 2 - %zu mutations\n", run_mutations (corpus));
  return 0;
}
