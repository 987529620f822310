/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What unit tests of numeric code share. */

#include "base/ple-progress.h"
#include "base/ple-rng.h"
#include "linalg/ple-labels.h"
#include "linalg/ple-matrix.h"

#include <time.h>

/* Standard normals. (transfer full) */
static inline PleMatrix *
ple_test_random_matrix (size_t n_rows, size_t n_cols, guint64 seed)
{
  PleMatrix *matrix = ple_matrix_new (n_rows, n_cols, NULL);
  PleRng rng;

  ple_rng_init (&rng, seed);
  ple_rng_fill_normal (&rng, matrix->data, n_rows * n_cols, 1);
  return matrix;
}

static inline void
ple_test_assert_same_bits (const PleMatrix *a, const PleMatrix *b)
{
  g_assert_cmpuint (a->n_rows, ==, b->n_rows);
  g_assert_cmpuint (a->n_cols, ==, b->n_cols);
  g_assert_cmpmem (a->data, a->n_rows * a->n_cols * sizeof (float), b->data,
                   b->n_rows * b->n_cols * sizeof (float));
}

/* A progress that has been cancelled. (transfer full) */
static inline PleProgress *
ple_test_cancelled (void)
{
  PleProgress *progress = ple_progress_new (NULL, NULL, 2);

  ple_progress_cancel (progress);
  return progress;
}

/* Processor time of this program so far, in microseconds: unlike the clock on the wall it does not
 * run faster on a busy machine. */
static inline gint64
ple_test_cpu_time (void)
{
  struct timespec time;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &time);
  return (gint64) time.tv_sec * G_USEC_PER_SEC + time.tv_nsec / 1000;
}

/* Normals around a centre of their own for each class. (transfer full) */
static inline PleMatrix *
ple_test_blobs (const PleLabels *classes, size_t n_cols, guint64 seed)
{
  PleMatrix *x = ple_test_random_matrix (classes->n, n_cols, seed);

  for (size_t i = 0; i < classes->n; i++)
    ple_matrix_row (x, i)[(size_t) classes->data[i] % n_cols] +=
        8.0f * (float) (1 + classes->data[i] / (gint32) n_cols);
  return x;
}
