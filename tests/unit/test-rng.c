/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-rng.h"

#include <math.h>
#include <string.h>

/* The numbers that the authors' own code gives (Blackman and Vigna; Steele et al.). */
static void
test_known_numbers (void)
{
  static const guint64 seeded[] = { G_GUINT64_CONSTANT (0xe220a8397b1dcdaf),
                                    G_GUINT64_CONSTANT (0x6e789e6aa1b965f4),
                                    G_GUINT64_CONSTANT (0x06c45d188009454f),
                                    G_GUINT64_CONSTANT (0xf88bb8a8724c81ec) };
  static const guint64 outputs[] = { G_GUINT64_CONSTANT (41943041),
                                     G_GUINT64_CONSTANT (58720359),
                                     G_GUINT64_CONSTANT (3588806011781223),
                                     G_GUINT64_CONSTANT (3591011842654386),
                                     G_GUINT64_CONSTANT (9228616714210784205),
                                     G_GUINT64_CONSTANT (9973669472204895162) };
  PleRng rng;

  ple_rng_init (&rng, 0);
  for (size_t i = 0; i < 4; i++)
    g_assert_cmpuint (rng.state[i], ==, seeded[i]);
  rng = (PleRng){ { 1, 2, 3, 4 } };
  for (size_t i = 0; i < G_N_ELEMENTS (outputs); i++)
    g_assert_cmpuint (ple_rng_next (&rng), ==, outputs[i]);
}

static void
test_split (void)
{
  PleRng parent, before, children[1000];

  ple_rng_init (&parent, 42);
  before = parent;
  for (guint64 i = 0; i < 1000; i++)
    ple_rng_split (&parent, i, &children[i]);
  /* The parent stays, so the order of splits does not matter. */
  g_assert_cmpmem (&parent, sizeof parent, &before, sizeof before);
  for (size_t i = 0; i < 1000; i++)
    {
      g_assert_true (memcmp (&children[i], &parent, sizeof parent) != 0);
      for (size_t j = 0; j < i; j++)
        g_assert_true (children[i].state[0] != children[j].state[0]);
    }
  ple_rng_next (&parent);
  ple_rng_split (&parent, 0, &before);
  g_assert_true (memcmp (&before, &children[0], sizeof before) != 0);
}

/* Neighbouring streams are no more alike than chance allows: correlation within 5 / sqrt (n). */
static void
test_streams_are_independent (void)
{
  enum
  {
    N = 20000
  };
  PleRng parent;

  ple_rng_init (&parent, 1);
  for (guint64 stream = 0; stream < 10; stream++)
    {
      PleRng a, b;
      double sum = 0;

      ple_rng_split (&parent, stream, &a);
      ple_rng_split (&parent, stream + 1, &b);
      for (size_t i = 0; i < N; i++)
        sum += (ple_rng_uniform (&a) - 0.5) * (ple_rng_uniform (&b) - 0.5) * 12;
      g_assert_cmpfloat (fabs (sum), <, 5 * sqrt (N));
    }
}

static void
test_uniform (void)
{
  enum
  {
    N = 100000,
    BINS = 50
  };
  guint bins[BINS] = { 0 };
  double chi = 0;
  PleRng rng;

  ple_rng_init (&rng, 7);
  for (size_t i = 0; i < N; i++)
    {
      double u = ple_rng_uniform (&rng);

      g_assert_true (u >= 0 && u < 1);
      bins[(size_t) (u * BINS)]++;
    }
  for (size_t i = 0; i < BINS; i++)
    chi += pow (bins[i] - (double) N / BINS, 2) / ((double) N / BINS);
  /* 49 degrees of freedom: mean 49, deviation 10. */
  g_assert_cmpfloat (chi, <, 110);
  g_assert_cmpfloat (chi, >, 15);
}

static void
test_below (void)
{
  static const guint64 ns[] = { 1, 2, 3, 7, 1000, G_GUINT64_CONSTANT (1) << 63, G_MAXUINT64 };
  guint counts[7] = { 0 };
  PleRng rng;

  ple_rng_init (&rng, 9);
  for (size_t i = 0; i < G_N_ELEMENTS (ns); i++)
    for (size_t j = 0; j < 1000; j++)
      g_assert_cmpuint (ple_rng_below (&rng, ns[i]), <, ns[i]);
  for (size_t i = 0; i < 70000; i++)
    counts[ple_rng_below (&rng, 7)]++;
  for (size_t i = 0; i < 7; i++)
    g_assert_cmpfloat (fabs (counts[i] - 10000.0), <, 500);
}

static void
test_normal (void)
{
  enum
  {
    N = 100000
  };
  g_autofree float *values = g_new (float, N);
  double sum = 0, squares = 0, cubes = 0, fourths = 0;
  PleRng rng;

  ple_rng_init (&rng, 5);
  ple_rng_fill_normal (&rng, values, N, 3);
  for (size_t i = 0; i < N; i++)
    {
      double z = (double) values[i] / 3;

      g_assert_true (isfinite (z));
      sum += z;
      squares += z * z;
      cubes += z * z * z;
      fourths += z * z * z * z;
    }
  /* Five deviations of each moment. */
  g_assert_cmpfloat_with_epsilon (sum / N, 0, 5 / sqrt (N));
  g_assert_cmpfloat_with_epsilon (squares / N, 1, 5 * sqrt (2.0 / N));
  g_assert_cmpfloat_with_epsilon (cubes / N, 0, 5 * sqrt (15.0 / N));
  g_assert_cmpfloat_with_epsilon (fourths / N, 3, 5 * sqrt (96.0 / N));
}

static void
test_shuffle (void)
{
  guint counts[5][5] = { { 0 } };
  guint32 values[5];
  PleRng rng;

  ple_rng_init (&rng, 3);
  for (size_t round = 0; round < 20000; round++)
    {
      guint seen = 0;

      for (guint32 i = 0; i < 5; i++)
        values[i] = i;
      ple_rng_shuffle (&rng, values, 5);
      for (size_t i = 0; i < 5; i++)
        {
          counts[i][values[i]]++;
          seen |= 1u << values[i];
        }
      g_assert_cmpuint (seen, ==, 31);
    }
  for (size_t i = 0; i < 5; i++)
    for (size_t j = 0; j < 5; j++)
      g_assert_cmpfloat (fabs (counts[i][j] - 4000.0), <, 300);
  ple_rng_shuffle (&rng, values, 0);
}

static void
test_sample (void)
{
  guint counts[10] = { 0 }, first[10] = { 0 };
  guint32 chosen[10];
  PleRng rng;

  ple_rng_init (&rng, 4);
  for (size_t round = 0; round < 20000; round++)
    {
      guint seen = 0;

      ple_rng_sample (&rng, 10, 3, chosen);
      first[chosen[0]]++;
      for (size_t i = 0; i < 3; i++)
        {
          g_assert_cmpuint (chosen[i], <, 10);
          g_assert_cmpuint (seen >> chosen[i] & 1, ==, 0);
          seen |= 1u << chosen[i];
          counts[chosen[i]]++;
        }
    }
  for (size_t i = 0; i < 10; i++)
    {
      g_assert_cmpfloat (fabs (counts[i] - 6000.0), <, 350);
      g_assert_cmpfloat (fabs (first[i] - 2000.0), <, 250);
    }
  /* All of them: a permutation. None of them: nothing is touched. */
  ple_rng_sample (&rng, 10, 10, chosen);
  for (guint32 i = 0, seen = 0; i < 10; i++)
    {
      seen |= 1u << chosen[i];
      g_assert_true (i < 9 || seen == 1023);
    }
  ple_rng_sample (&rng, 10, 0, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/rng/known-numbers", test_known_numbers);
  g_test_add_func ("/base/rng/split", test_split);
  g_test_add_func ("/base/rng/streams-are-independent", test_streams_are_independent);
  g_test_add_func ("/base/rng/uniform", test_uniform);
  g_test_add_func ("/base/rng/below", test_below);
  g_test_add_func ("/base/rng/normal", test_normal);
  g_test_add_func ("/base/rng/shuffle", test_shuffle);
  g_test_add_func ("/base/rng/sample", test_sample);
  return g_test_run ();
}
