/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-error.h"
#include "base/ple-rng.h"
#include "embed/ple-tsne-field-private.h"
#include "embed/ple-tsne-forces-private.h"

#include <math.h>
#include <string.h>

typedef struct
{
  size_t n;
  float *x, *y, *fx, *fy;
  double z;
} Cloud;

/* Twenty groups over a disk, as a map looks when it has settled. */
static void
cloud_init (Cloud *cloud, size_t n, double radius, guint64 seed)
{
  PleRng rng;

  ple_rng_init (&rng, seed);
  cloud->n = n;
  cloud->x = g_new (float, n);
  cloud->y = g_new (float, n);
  cloud->fx = g_new0 (float, n);
  cloud->fy = g_new0 (float, n);
  for (size_t i = 0; i < n; i++)
    {
      double group = (double) (i % 20), r = radius * sqrt ((group + 0.5) / 20);

      cloud->x[i] = (float) (r * cos (2.4 * group) + radius / 12 * ple_rng_normal (&rng));
      cloud->y[i] = (float) (r * sin (2.4 * group) + radius / 12 * ple_rng_normal (&rng));
    }
}

static void
cloud_clear (Cloud *cloud)
{
  g_free (cloud->x);
  g_free (cloud->y);
  g_free (cloud->fx);
  g_free (cloud->fy);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Cloud, cloud_clear)

static void
repel (Cloud *cloud, double spacing, guint n_threads)
{
  g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, n_threads);
  g_autoptr (PleTsneField) field = ple_tsne_field_new (spacing, n_threads);
  g_autoptr (GError) error = NULL;

  g_assert_true (ple_tsne_field_repel (field, cloud->n, cloud->x, cloud->y, cloud->fx, cloud->fy,
                                       &cloud->z, progress, &error));
  g_assert_no_error (error);
}

/* Relative errors of gradient and Z against all pairs. */
static void
measure (const Cloud *cloud, double *gradient_error, double *z_error)
{
  g_autofree float *fx = g_new (float, cloud->n);
  g_autofree float *fy = g_new (float, cloud->n);
  double difference = 0, size = 0;
  double z = ple_tsne_repel_exact (cloud->n, 0, cloud->n, cloud->x, cloud->y, fx, fy);

  for (size_t i = 0; i < cloud->n; i++)
    {
      double dx = (double) cloud->fx[i] - (double) fx[i];
      double dy = (double) cloud->fy[i] - (double) fy[i];

      difference += dx * dx + dy * dy;
      size += (double) fx[i] * (double) fx[i] + (double) fy[i] * (double) fy[i];
    }
  *gradient_error = sqrt (difference / size);
  *z_error = fabs (cloud->z / z - 1);
}

static void
test_agrees_with_all_pairs (void)
{
  const double radii[] = { 3, 10, 30 };

  for (size_t r = 0; r < G_N_ELEMENTS (radii); r++)
    {
      g_auto (Cloud) cloud = { 0 };
      double gradient_error, z_error;

      cloud_init (&cloud, 2000, radii[r], r);
      repel (&cloud, 0.3, 2);
      measure (&cloud, &gradient_error, &z_error);
      g_test_message ("radius %g: gradient %.2e, Z %.2e", radii[r], gradient_error, z_error);
      g_assert_cmpfloat (gradient_error, <, 1e-3);
      g_assert_cmpfloat (z_error, <, 1e-4);
    }
}

static void
test_coarse_grid_is_good_enough_for_dense_maps (void)
{
  g_auto (Cloud) cloud = { 0 };
  double gradient_error, z_error;

  cloud_init (&cloud, 6000, 30, 9);
  repel (&cloud, 0.5, 2);
  measure (&cloud, &gradient_error, &z_error);
  g_test_message ("gradient %.2e, Z %.2e", gradient_error, z_error);
  g_assert_cmpfloat (gradient_error, <, 1e-2);
  g_assert_cmpfloat (z_error, <, 3e-4);
}

/* 1e-4 is the size of the start. Repulsion is then a small difference of large sums: what matters
 * is that Z is right and that nothing pushes harder than it should. */
static void
test_tiny_layout (void)
{
  g_auto (Cloud) cloud = { 0 };
  double gradient_error, z_error;

  cloud_init (&cloud, 2000, 1e-4, 4);
  repel (&cloud, 0.3, 1);
  measure (&cloud, &gradient_error, &z_error);
  g_test_message ("gradient %.2e, Z %.2e", gradient_error, z_error);
  g_assert_cmpfloat (z_error, <, 1e-4);
  g_assert_cmpfloat (gradient_error, <, 0.5);
}

static void
test_grid_grows_with_the_layout (void)
{
  g_autoptr (PleTsneField) field = ple_tsne_field_new (0.3, 1);
  g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, 1);

  for (double radius = 0.1; radius < 50; radius *= 5)
    {
      g_auto (Cloud) cloud = { 0 };
      double gradient_error, z_error;

      cloud_init (&cloud, 1000, radius, 5);
      g_assert_true (ple_tsne_field_repel (field, cloud.n, cloud.x, cloud.y, cloud.fx, cloud.fy,
                                           &cloud.z, progress, NULL));
      measure (&cloud, &gradient_error, &z_error);
      g_assert_cmpfloat (z_error, <, 1e-4);
      /* A layout much smaller than the kernel feels only its curvature at 0. */
      g_assert_cmpfloat (gradient_error, <, radius < 1 ? 1e-2 : 1e-3);
    }
}

static void
test_same_bits_for_any_number_of_threads (void)
{
  g_auto (Cloud) one = { 0 };
  g_auto (Cloud) three = { 0 };

  cloud_init (&one, 5000, 20, 6);
  cloud_init (&three, 5000, 20, 6);
  repel (&one, 0.5, 1);
  repel (&three, 0.5, 3);
  g_assert_cmpmem (one.fx, one.n * sizeof (float), three.fx, one.n * sizeof (float));
  g_assert_cmpmem (one.fy, one.n * sizeof (float), three.fy, one.n * sizeof (float));
  g_assert_true (memcmp (&one.z, &three.z, sizeof one.z) == 0);
}

static void
test_one_point_feels_nothing (void)
{
  g_auto (Cloud) cloud = { 0 };

  cloud_init (&cloud, 1, 1, 7);
  repel (&cloud, 0.3, 1);
  /* Its own potential is flat on top, up to the interpolation. */
  g_assert_cmpfloat (fabsf (cloud.fx[0]), <, 2e-3f);
  g_assert_cmpfloat (fabs (cloud.z), <, 2e-3);
}

static void
test_not_finite_is_refused (void)
{
  float x[2] = { 0, NAN }, y[2] = { 0, 0 }, fx[2], fy[2];
  double z;
  g_autoptr (PleTsneField) field = ple_tsne_field_new (0.5, 1);
  g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, 1);
  g_autoptr (GError) error = NULL;

  g_assert_false (ple_tsne_field_repel (field, 2, x, y, fx, fy, &z, progress, &error));
  g_assert_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NO_CONVERGENCE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/embed/tsne-field/agrees-with-all-pairs", test_agrees_with_all_pairs);
  g_test_add_func ("/embed/tsne-field/coarse-grid-is-good-enough-for-dense-maps",
                   test_coarse_grid_is_good_enough_for_dense_maps);
  g_test_add_func ("/embed/tsne-field/tiny-layout", test_tiny_layout);
  g_test_add_func ("/embed/tsne-field/grid-grows-with-the-layout", test_grid_grows_with_the_layout);
  g_test_add_func ("/embed/tsne-field/same-bits-for-any-number-of-threads",
                   test_same_bits_for_any_number_of_threads);
  g_test_add_func ("/embed/tsne-field/one-point-feels-nothing", test_one_point_feels_nothing);
  g_test_add_func ("/embed/tsne-field/not-finite-is-refused", test_not_finite_is_refused);
  return g_test_run ();
}
