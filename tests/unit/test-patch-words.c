/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "features/ple-patch-words-private.h"

#include "dataset/ple-sample.h"
#include "linalg/ple-linalg.h"
#include "ple-test.h"

#include <math.h>

#define N_VALUES (PLE_PATCH_SIDE * PLE_PATCH_SIDE * 3)

static float *
render (gboolean mirrored)
{
  g_autoptr (PleImage) image = ple_sample_render (8, 0, 0, PLE_PATCH_SIDE, NULL);
  float *rgb = g_new (float, N_VALUES);

  for (size_t y = 0; y < PLE_PATCH_SIDE; y++)
    for (size_t x = 0; x < PLE_PATCH_SIDE; x++)
      for (size_t c = 0; c < 3; c++)
        rgb[(y * PLE_PATCH_SIDE + x) * 3 + c] =
            (float) image
                ->data[(y * PLE_PATCH_SIDE + (mirrored ? PLE_PATCH_SIDE - 1 - x : x)) * 3 + c] /
            255;
  return rgb;
}

/* A mirrored cut of a picture is the cut of the mirrored picture at the mirrored place. */
static void
test_mirrored_cut (void)
{
  enum
  {
    SIZE = 4,
    N = SIZE * SIZE * PLE_PATCH_BINS
  };
  g_autofree float *rgb = render (FALSE);
  g_autofree float *mirrored = render (TRUE);
  g_autofree float *scratch = g_new (float, 2 * PLE_PATCHES_SCRATCH);
  size_t positions = PLE_PATCH_POSITIONS (SIZE);
  PlePatches a, b;

  ple_patches_init (&a, SIZE, rgb, scratch);
  ple_patches_init (&b, SIZE, mirrored, scratch + PLE_PATCHES_SCRATCH);
  for (size_t row = 0; row < positions; row++)
    for (size_t column = 0; column < positions; column++)
      {
        float p[N], q[N];
        float contrast = ple_patches_cut (&a, row, column, TRUE, p);

        g_assert_cmpfloat_with_epsilon (
            contrast, ple_patches_cut (&b, row, positions - 1 - column, FALSE, q), 1e-3f);
        g_assert_cmpfloat (contrast, >=, 0);
        g_assert_cmpfloat (contrast, <=, 1);
        for (size_t i = 0; i < N; i++)
          g_assert_cmpfloat_with_epsilon (p[i], q[i], 2e-2f);
      }
}

static PlePatchWords *
learn (size_t n_items, guint64 seed, guint n_threads)
{
  g_autoptr (PleDataset) dataset = ple_sample_dataset_new (n_items, 0);
  g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, n_threads);
  g_autoptr (GError) error = NULL;
  PlePatchWords *words;
  PleRng rng;

  ple_rng_init (&rng, seed);
  words = ple_patch_words_learn (dataset, 4, 32, &rng, progress, &error);
  g_assert_no_error (error);
  return words;
}

static void
test_words_have_length_one (void)
{
  g_autoptr (PlePatchWords) words = learn (24, 1, 1);

  g_assert_cmpuint (words->words->n_rows, ==, 32);
  g_assert_cmpuint (words->projection->n_rows, ==, words->words->n_cols);
  for (size_t k = 0; k < words->words->n_rows; k++)
    {
      double sum = 0;

      for (size_t f = 0; f < words->words->n_cols; f++)
        sum += pow ((double) ple_matrix_row (words->words, k)[f], 2);
      g_assert_cmpfloat_with_epsilon (sum, 1, 1e-5);
    }
}

static void
test_same_seed_same_bits (void)
{
  g_autoptr (PlePatchWords) a = learn (24, 1, 1);
  g_autoptr (PlePatchWords) b = learn (24, 1, 3);
  g_autoptr (PlePatchWords) other = learn (24, 2, 1);

  ple_test_assert_same_bits (a->words, b->words);
  ple_test_assert_same_bits (a->projection, b->projection);
  ple_test_assert_same_bits (a->offset, b->offset);
  g_assert_cmpint (memcmp (a->words->data, other->words->data,
                           a->words->n_cols * a->words->n_rows * sizeof (float)),
                   !=, 0);
}

int
main (int argc, char **argv)
{
  ple_linalg_init ();
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/features/patch-words/mirrored-cut", test_mirrored_cut);
  g_test_add_func ("/features/patch-words/words-have-length-one", test_words_have_length_one);
  g_test_add_func ("/features/patch-words/same-seed-same-bits", test_same_seed_same_bits);
  return g_test_run ();
}
