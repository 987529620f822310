/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * PleRng:
 *
 * A splittable stream of random numbers (xoshiro256++, seeded through SplitMix64; Blackman and
 * Vigna 2019). Plain data: it may be copied, compared and written to a checkpoint as four 64-bit
 * words.
 *
 * Every consumer gets a stream of its own by ple_rng_split(): a chunk of a parallel loop by the
 * chunk's index, an epoch by its number. So a result depends on the seed only, never on the number
 * of threads or on the order of work.
 */
typedef struct
{
  guint64 state[4];
} PleRng;

void ple_rng_init (PleRng *rng, guint64 seed);

/* An independent stream named @stream; @parent is not advanced, so the order of splits does not
 * matter. */
void ple_rng_split (const PleRng *parent, guint64 stream, PleRng *child);

guint64 ple_rng_next (PleRng *rng);
/* Uniform in [0, 1), 53 bits. */
double ple_rng_uniform (PleRng *rng);
/* Uniform in [0, n), without bias (Lemire 2019); n > 0. */
guint64 ple_rng_below (PleRng *rng, guint64 n);
/* Standard normal (Box and Muller; two draws each, nothing cached). */
double ple_rng_normal (PleRng *rng);

/* Fills with independent standard normals times @deviation. */
void ple_rng_fill_normal (PleRng *rng, float *values, size_t n, double deviation);
/* Fisher-Yates. */
void ple_rng_shuffle (PleRng *rng, guint32 *values, size_t n);
/* k distinct numbers of 0..n-1 in random order, k <= n (Floyd, then shuffled); O(k) expected. */
void ple_rng_sample (PleRng *rng, size_t n, size_t k, guint32 *chosen);

/* Stafford's variant 13 of the SplitMix64 finaliser: a bijection that mixes all bits. */
static inline guint64
ple_mix64 (guint64 z)
{
  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return z ^ (z >> 31);
}

G_END_DECLS
