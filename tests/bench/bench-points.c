/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-rng.h"
#include "plot/ple-points.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Times of the map's index, as one table: CPU milliseconds of one thread, the least of the repeats.
 *
 *   bench-points [POINTS]
 */
#define N_BLOBS 20
#define N_CORNERS 200
#define N_REPEATS 15

static double
cpu_milliseconds (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e3 * (double) now.tv_sec + 1e-6 * (double) now.tv_nsec;
}

static PleMatrix *
blobs (size_t n)
{
  PleMatrix *xy = ple_matrix_new (n, 2, NULL);
  double centres[2 * N_BLOBS];
  PleRng rng;

  g_assert_nonnull (xy);
  ple_rng_init (&rng, 1);
  for (guint i = 0; i < 2 * N_BLOBS; i++)
    centres[i] = 20 * ple_rng_uniform (&rng) - 10;
  for (size_t i = 0; i < n; i++)
    {
      const double *centre = centres + 2 * ple_rng_below (&rng, N_BLOBS);

      xy->data[2 * i] = (float) (centre[0] + ple_rng_normal (&rng));
      xy->data[2 * i + 1] = (float) (centre[1] + ple_rng_normal (&rng));
    }
  return xy;
}

/* A loop drawn by hand: round, wavy, uneven. */
static void
draw_loop (double *corners, double radius)
{
  for (guint i = 0; i < N_CORNERS; i++)
    {
      double angle = 2 * G_PI * i / N_CORNERS;
      double r = radius * (1 + 0.2 * sin (5 * angle) + 0.05 * sin (23 * angle));

      corners[2 * i] = r * cos (angle);
      corners[2 * i + 1] = r * sin (angle);
    }
}

static void
bench_lasso (const PlePoints *points, double radius, const guint8 *flags)
{
  double corners[2 * N_CORNERS];
  double least = HUGE_VAL;
  guint caught = 0;

  draw_loop (corners, radius);
  for (guint i = 0; i < N_REPEATS; i++)
    {
      g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (guint32));
      double start = cpu_milliseconds ();

      ple_points_select_lasso (points, corners, N_CORNERS, flags, 4, ids);
      least = MIN (least, cpu_milliseconds () - start);
      caught = ids->len;
    }
  printf ("lasso, %d corners, %7u caught%s %8.2f\n", N_CORNERS, caught,
          flags != NULL ? ", flags" : "       ", least);
}

int
main (int argc, char **argv)
{
  size_t n = argc > 1 ? (size_t) strtoull (argv[1], NULL, 10) : 1000000;
  g_autoptr (PleMatrix) xy = blobs (n);
  g_autofree guint8 *flags = g_new0 (guint8, n);
  double start = cpu_milliseconds ();
  g_autoptr (PlePoints) points = ple_points_new (xy);

  printf ("%zu points\n%-41s %8.2f\n", n, "sort into cells", cpu_milliseconds () - start);
  bench_lasso (points, 2, NULL);
  bench_lasso (points, 6, NULL);
  bench_lasso (points, 6, flags);
  bench_lasso (points, 12, NULL);
  return EXIT_SUCCESS;
}
