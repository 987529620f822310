/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cluster/ple-temi-train.h"
#include "linalg/ple-linalg.h"
#include "ple-test.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Training steps of TEMI on random features of the size of ImageNet-50's validation pictures, as
 * one table; never a pass or a fail. Quartiles, because other programs run, too. The share of the
 * peak is that of the multiply-adds of the products alone over a square product's speed.
 *
 *   bench-temi [STEPS]
 */
#define N_ROWS 2500
#define N_PAIRS 128
#define STEPS_PER_EPOCH (N_ROWS / N_PAIRS)
#define PEAK_SIZE 1024

static const PleTemiShape shape = {
  .n_heads = 16, .n_inputs = 384, .n_hidden = 512, .n_bottleneck = 256, .n_clusters = 50
};

static double
seconds (clockid_t clock)
{
  struct timespec now;

  clock_gettime (clock, &now);
  return (double) now.tv_sec + (double) now.tv_nsec * 1e-9;
}

static int
compare_doubles (const void *a, const void *b)
{
  const double *x = a, *y = b;

  return (*x > *y) - (*x < *y);
}

/* Multiply-adds of one step: two forward passes, and back to the weights and the hidden layer. */
static double
step_work (void)
{
  const double w1 = (double) (shape.n_inputs * shape.n_hidden);
  const double w2 = (double) (shape.n_hidden * shape.n_bottleneck);
  const double v = (double) (shape.n_bottleneck * shape.n_clusters);

  return 2.0 * N_PAIRS * (double) shape.n_heads * (3 * w1 + 4 * w2 + 4 * v);
}

/* Multiply-adds per second of one thread. */
static double
measure_peak (void)
{
  g_autoptr (PleMatrix) a = ple_test_random_matrix (PEAK_SIZE, PEAK_SIZE, 1);
  g_autoptr (PleMatrix) c = ple_matrix_new (PEAK_SIZE, PEAK_SIZE, NULL);
  double best = 0;

  for (int i = 0; i < 10; i++)
    {
      double start = seconds (CLOCK_PROCESS_CPUTIME_ID);

      ple_gemm (FALSE, FALSE, PEAK_SIZE, PEAK_SIZE, PEAK_SIZE, 1, a->data, PEAK_SIZE, a->data,
                PEAK_SIZE, 0, c->data, PEAK_SIZE);
      best = MAX (best, 1 / (seconds (CLOCK_PROCESS_CPUTIME_ID) - start));
    }
  return best * PEAK_SIZE * PEAK_SIZE * PEAK_SIZE;
}

static void
bench_steps (guint n_threads, size_t n_steps, const PleMatrix *x, double peak)
{
  const PleTemiLossOptions loss = { PLE_TEMI_OBJECTIVE_TEMI, 0.6, 0.1, 0.1, 0.9 };
  const PleTemiStep step = { .rate = 1e-3, .decay = 1e-4, .momentum = 0.97 };
  g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, n_threads);
  g_autoptr (GError) error = NULL;
  g_autoptr (PleTemiTrainer) trainer =
      ple_temi_trainer_new (&shape, &loss, N_PAIRS, progress, &error);
  g_autofree double *cpu = g_new (double, n_steps);
  g_autofree double *wall = g_new (double, n_steps);
  guint32 anchors[N_PAIRS];
  gint32 partners[N_PAIRS];
  PleRng rng;

  g_assert_no_error (error);
  ple_rng_init (&rng, 2);
  ple_temi_heads_init (trainer->student, &rng);
  ple_temi_trainer_start (trainer);
  for (size_t s = 0; s < n_steps; s++)
    {
      for (size_t i = 0; i < N_PAIRS; i++)
        {
          anchors[i] = (guint32) ple_rng_below (&rng, N_ROWS);
          partners[i] = (gint32) ple_rng_below (&rng, N_ROWS);
        }
      cpu[s] = seconds (CLOCK_PROCESS_CPUTIME_ID);
      wall[s] = seconds (CLOCK_MONOTONIC);
      ple_temi_trainer_step (trainer, x, N_PAIRS, anchors, partners, &step, progress, &error);
      g_assert_no_error (error);
      cpu[s] = seconds (CLOCK_PROCESS_CPUTIME_ID) - cpu[s];
      wall[s] = seconds (CLOCK_MONOTONIC) - wall[s];
    }
  qsort (cpu, n_steps, sizeof (double), compare_doubles);
  qsort (wall, n_steps, sizeof (double), compare_doubles);
  printf ("%7u  %13.3f  %14.3f  %13.2f\n", n_threads, STEPS_PER_EPOCH * cpu[n_steps / 4],
          STEPS_PER_EPOCH * wall[n_steps / 4],
          step_work () / (wall[n_steps / 4] * peak * n_threads));
}

int
main (int argc, char *argv[])
{
  const size_t n_steps = argc > 1 ? (size_t) g_ascii_strtoull (argv[1], NULL, 10) : 12;
  g_autoptr (PleMatrix) x = ple_test_random_matrix (N_ROWS, shape.n_inputs, 1);
  double peak;

  ple_linalg_init ();
  peak = measure_peak ();
  printf ("TEMI, %d rows of %d, %d heads, %d clusters, batch %d; one thread's sgemm: %.0f Gflop/s\n"
          "threads  epoch, CPU s  epoch, clock s  share of peak\n",
          N_ROWS, (int) shape.n_inputs, (int) shape.n_heads, (int) shape.n_clusters, N_PAIRS,
          2e-9 * peak);
  for (guint n_threads = 1; n_threads <= g_get_num_processors () && n_threads <= 16; n_threads *= 2)
    bench_steps (n_threads, MAX (n_steps, 1), x, peak);
  return EXIT_SUCCESS;
}
