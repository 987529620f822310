/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-rng.h"
#include "embed/ple-tsne-forces-private.h"

#include <math.h>

#define N 40

typedef struct
{
  PleNeighbourGraph *p;
  float x[N], y[N];
  float xy[2 * N] __attribute__ ((aligned (8)));
} Case;

static void
case_init (Case *c, guint64 seed)
{
  gint32 neighbours[N * (N - 1)];
  float weights[N * (N - 1)];
  PleRng rng;

  ple_rng_init (&rng, seed);
  for (size_t i = 0; i < N; i++)
    {
      double sum = 0;

      c->x[i] = (float) (3 * ple_rng_normal (&rng));
      c->y[i] = (float) (3 * ple_rng_normal (&rng));
      c->xy[2 * i] = c->x[i];
      c->xy[2 * i + 1] = c->y[i];
      for (size_t a = 0; a < N - 1; a++)
        {
          neighbours[i * (N - 1) + a] = (gint32) (a + (a >= i ? 1 : 0));
          weights[i * (N - 1) + a] = (float) ple_rng_uniform (&rng);
          sum += (double) weights[i * (N - 1) + a];
        }
      for (size_t a = 0; a < N - 1; a++)
        weights[i * (N - 1) + a] = (float) ((double) weights[i * (N - 1) + a] / sum);
    }
  c->p = ple_neighbour_graph_new (N, N - 1, neighbours, weights, PLE_GRAPH_UNION_MEAN, NULL, NULL);
}

static void
case_clear (Case *c)
{
  ple_neighbour_graph_free (c->p);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Case, case_clear)

/* KL(P || Q) as the paper defines it, in double; point @moved shifted by (dx, dy). */
static double
divergence_reference (const Case *c, size_t moved, double dx, double dy)
{
  double z = 0, kl = 0, x[N], y[N];

  for (size_t i = 0; i < N; i++)
    {
      x[i] = (double) c->x[i] + (i == moved ? dx : 0);
      y[i] = (double) c->y[i] + (i == moved ? dy : 0);
    }
  for (size_t i = 0; i < N; i++)
    for (size_t j = 0; j < N; j++)
      if (i != j)
        z += 1 / (1 + pow (x[i] - x[j], 2) + pow (y[i] - y[j], 2));
  for (size_t i = 0; i < N; i++)
    for (size_t e = c->p->offsets[i]; e < c->p->offsets[i + 1]; e++)
      {
        size_t j = (size_t) c->p->columns[e];
        double p = (double) c->p->values[e];

        kl += p * log (p * z * (1 + pow (x[i] - x[j], 2) + pow (y[i] - y[j], 2)));
      }
  return kl;
}

static void
test_divergence_agrees_with_definition (void)
{
  g_auto (Case) c = { 0 };
  float fx[N], fy[N];
  double z;

  case_init (&c, 1);
  z = ple_tsne_repel_exact (N, 0, N, c.x, c.y, fx, fy);
  g_assert_cmpfloat_with_epsilon (ple_tsne_divergence (c.p, 0, N, c.xy) + log (z),
                                  divergence_reference (&c, N, 0, 0), 1e-5);
}

static void
test_gradient_agrees_with_finite_differences (void)
{
  g_auto (Case) c = { 0 };
  float attract_x[N], attract_y[N], repel_x[N], repel_y[N];
  const double h = 1e-5;
  double z, difference = 0, size = 0;

  case_init (&c, 2);
  ple_tsne_attract (c.p, 0, N, c.xy, attract_x, attract_y);
  z = ple_tsne_repel_exact (N, 0, N, c.x, c.y, repel_x, repel_y);
  for (size_t i = 0; i < N; i++)
    {
      double gx = 4 * ((double) attract_x[i] - (double) repel_x[i] / z);
      double gy = 4 * ((double) attract_y[i] - (double) repel_y[i] / z);
      double nx =
          (divergence_reference (&c, i, h, 0) - divergence_reference (&c, i, -h, 0)) / (2 * h);
      double ny =
          (divergence_reference (&c, i, 0, h) - divergence_reference (&c, i, 0, -h)) / (2 * h);

      difference += (gx - nx) * (gx - nx) + (gy - ny) * (gy - ny);
      size += nx * nx + ny * ny;
    }
  g_assert_cmpfloat (sqrt (difference / size), <, 1e-4);
}

static void
test_forces_cancel_over_all_points (void)
{
  g_auto (Case) c = { 0 };
  float attract_x[N], attract_y[N], repel_x[N], repel_y[N];
  double sums[4] = { 0 };

  case_init (&c, 3);
  ple_tsne_attract (c.p, 0, N, c.xy, attract_x, attract_y);
  ple_tsne_repel_exact (N, 0, N, c.x, c.y, repel_x, repel_y);
  for (size_t i = 0; i < N; i++)
    {
      sums[0] += (double) attract_x[i];
      sums[1] += (double) attract_y[i];
      sums[2] += (double) repel_x[i];
      sums[3] += (double) repel_y[i];
    }
  g_assert_cmpfloat_with_epsilon (sums[0], 0, 1e-6);
  g_assert_cmpfloat_with_epsilon (sums[1], 0, 1e-6);
  g_assert_cmpfloat_with_epsilon (sums[2], 0, 1e-4);
  g_assert_cmpfloat_with_epsilon (sums[3], 0, 1e-4);
}

static void
test_forces_turn_with_the_layout (void)
{
  g_auto (Case) c = { 0 };
  float fx[N], fy[N], turned_x[N], turned_y[N], gx[N], gy[N];
  double z, turned_z;

  case_init (&c, 4);
  z = ple_tsne_repel_exact (N, 0, N, c.x, c.y, fx, fy);
  for (size_t i = 0; i < N; i++)
    {
      turned_x[i] = -c.y[i];
      turned_y[i] = c.x[i];
    }
  turned_z = ple_tsne_repel_exact (N, 0, N, turned_x, turned_y, gx, gy);
  g_assert_cmpfloat_with_epsilon (turned_z / z, 1, 1e-6);
  for (size_t i = 0; i < N; i++)
    {
      g_assert_cmpfloat_with_epsilon (gx[i], -fy[i], 1e-5f);
      g_assert_cmpfloat_with_epsilon (gy[i], fx[i], 1e-5f);
    }
}

static void
test_order_of_points_does_not_matter (void)
{
  g_auto (Case) c = { 0 };
  float fx[N], fy[N], x[N], y[N], gx[N], gy[N];

  case_init (&c, 5);
  for (size_t i = 0; i < N; i++)
    {
      x[i] = c.x[N - 1 - i];
      y[i] = c.y[N - 1 - i];
    }
  ple_tsne_repel_exact (N, 0, N, c.x, c.y, fx, fy);
  ple_tsne_repel_exact (N, 0, N, x, y, gx, gy);
  for (size_t i = 0; i < N; i++)
    {
      g_assert_cmpfloat_with_epsilon (gx[i], fx[N - 1 - i], 1e-5f);
      g_assert_cmpfloat_with_epsilon (gy[i], fy[N - 1 - i], 1e-5f);
    }
}

static void
test_points_that_coincide_do_not_push (void)
{
  float x[3] = { 1, 1, 1 }, y[3] = { 2, 2, 2 }, fx[3], fy[3];

  g_assert_cmpfloat (ple_tsne_repel_exact (3, 0, 3, x, y, fx, fy), ==, 6);
  for (size_t i = 0; i < 3; i++)
    {
      g_assert_cmpfloat (fx[i], ==, 0);
      g_assert_cmpfloat (fy[i], ==, 0);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/embed/tsne-forces/divergence-agrees-with-definition",
                   test_divergence_agrees_with_definition);
  g_test_add_func ("/embed/tsne-forces/gradient-agrees-with-finite-differences",
                   test_gradient_agrees_with_finite_differences);
  g_test_add_func ("/embed/tsne-forces/forces-cancel-over-all-points",
                   test_forces_cancel_over_all_points);
  g_test_add_func ("/embed/tsne-forces/forces-turn-with-the-layout",
                   test_forces_turn_with_the_layout);
  g_test_add_func ("/embed/tsne-forces/order-of-points-does-not-matter",
                   test_order_of_points_does_not_matter);
  g_test_add_func ("/embed/tsne-forces/points-that-coincide-do-not-push",
                   test_points_that_coincide_do_not_push);
  return g_test_run ();
}
