/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-rng.h"
#include "embed/ple-spectral-private.h"
#include "linalg/ple-linalg.h"

#include <math.h>
#include <string.h>

/* Every point with the next @k, around a circle: the eigenvectors are waves. */
static PleNeighbourGraph *
ring (size_t n, size_t k)
{
  g_autofree gint32 *neighbours = g_new (gint32, n * k);
  g_autofree float *weights = g_new (float, n *k);

  for (size_t i = 0; i < n; i++)
    for (size_t a = 0; a < k; a++)
      {
        neighbours[i * k + a] = (gint32) ((i + a + 1) % n);
        weights[i * k + a] = 1;
      }
  return ple_neighbour_graph_new (n, k, neighbours, weights, PLE_GRAPH_UNION_FUZZY, NULL, NULL);
}

/* Points of one group hang together; each group has one thin bridge to the next. */
static PleNeighbourGraph *
groups (size_t n, size_t n_groups, size_t k, guint64 seed)
{
  g_autofree gint32 *neighbours = g_new (gint32, n * k);
  g_autofree float *weights = g_new (float, n *k);
  g_autofree guint32 *chosen = g_new (guint32, k);
  size_t size = n / n_groups;
  PleRng rng;

  ple_rng_init (&rng, seed);
  for (size_t i = 0; i < n; i++)
    {
      size_t group = i / size;

      ple_rng_sample (&rng, size - 1, k, chosen);
      for (size_t a = 0; a < k; a++)
        {
          size_t j = group * size + chosen[a] + (chosen[a] >= i % size ? 1 : 0);

          if (i % size == 0 && a == 0)
            j = (i + size) % n;
          neighbours[i * k + a] = (gint32) j;
          weights[i * k + a] = 0.5f;
        }
    }
  return ple_neighbour_graph_new (n, k, neighbours, weights, PLE_GRAPH_UNION_FUZZY, NULL, NULL);
}

/* |M v - lambda v| for a column, with lambda = v'Mv returned. */
static double
residual_of (const PleNeighbourGraph *graph, const PleMatrix *layout, size_t column, double *value)
{
  size_t n = graph->n;
  g_autofree double *degree = g_new0 (double, n);
  g_autofree double *product = g_new0 (double, n);
  double sum = 0;

  for (size_t i = 0; i < n; i++)
    for (size_t e = graph->offsets[i]; e < graph->offsets[i + 1]; e++)
      degree[i] += (double) graph->values[e];
  *value = 0;
  for (size_t i = 0; i < n; i++)
    {
      for (size_t e = graph->offsets[i]; e < graph->offsets[i + 1]; e++)
        {
          size_t j = (size_t) graph->columns[e];

          product[i] += (double) graph->values[e] / sqrt (degree[i] * degree[j]) *
                        (double) layout->data[2 * j + column];
        }
      *value += product[i] * (double) layout->data[2 * i + column];
    }
  for (size_t i = 0; i < n; i++)
    sum += pow (product[i] - *value * (double) layout->data[2 * i + column], 2);
  return sqrt (sum);
}

static void
test_ring_becomes_a_circle (void)
{
  const size_t n = 64;
  g_autoptr (PleNeighbourGraph) graph = ring (n, 3);
  g_autoptr (PleMatrix) start = ple_matrix_new (n, 2, NULL);
  g_autoptr (PleMatrix) layout = ple_spectral_layout (graph, start, 1, NULL, NULL);
  /* The mean of cos over the three steps to either side. */
  double wave = 2 * G_PI / (double) n, truth = (cos (wave) + cos (2 * wave) + cos (3 * wave)) / 3;

  g_assert_nonnull (layout);
  for (size_t c = 0; c < 2; c++)
    {
      double value;

      g_assert_cmpfloat (residual_of (graph, layout, c, &value), <, 2e-3);
      g_assert_cmpfloat_with_epsilon (value, truth, 1e-4);
    }
  for (size_t i = 0; i < n; i++)
    g_assert_cmpfloat_with_epsilon (
        hypot ((double) layout->data[2 * i], (double) layout->data[2 * i + 1]),
        sqrt (2.0 / (double) n), 5e-3);
}

/* Gaps of 1e-3 and less, which stall restarted Lanczos: here the work is bounded, and what comes
 * out separates the groups. */
static void
test_nearly_disconnected_graph (void)
{
  const size_t n = 3000, size = 1000;
  g_autoptr (PleNeighbourGraph) graph = groups (n, 3, 8, 2);
  g_autoptr (PleMatrix) start = ple_matrix_new (n, 2, NULL);
  g_autoptr (PleMatrix) layout = NULL;
  double centre[3][2] = { { 0 } }, spread = 0;

  g_assert_cmpuint (ple_neighbour_graph_n_components (graph), ==, 1);
  layout = ple_spectral_layout (graph, start, 3, NULL, NULL);
  g_assert_nonnull (layout);
  for (size_t i = 0; i < n; i++)
    for (size_t c = 0; c < 2; c++)
      centre[i / size][c] += (double) layout->data[2 * i + c] / (double) size;
  for (size_t i = 0; i < n; i++)
    spread += hypot ((double) layout->data[2 * i] - centre[i / size][0],
                     (double) layout->data[2 * i + 1] - centre[i / size][1]) /
              (double) n;
  for (size_t g = 0; g < 3; g++)
    g_assert_cmpfloat (
        hypot (centre[g][0] - centre[(g + 1) % 3][0], centre[g][1] - centre[(g + 1) % 3][1]), >,
        3 * spread);
}

static void
test_orthogonal_unit_and_signed (void)
{
  g_autoptr (PleNeighbourGraph) graph = groups (600, 4, 6, 4);
  g_autoptr (PleMatrix) start = ple_matrix_new (600, 2, NULL);
  g_autoptr (PleMatrix) layout = ple_spectral_layout (graph, start, 5, NULL, NULL);
  double products[3] = { 0 };

  for (size_t i = 0; i < 600; i++)
    {
      double x = (double) layout->data[2 * i], y = (double) layout->data[2 * i + 1];

      products[0] += x * x;
      products[1] += x * y;
      products[2] += y * y;
    }
  g_assert_cmpfloat_with_epsilon (products[0], 1, 1e-4);
  g_assert_cmpfloat_with_epsilon (products[1], 0, 1e-4);
  g_assert_cmpfloat_with_epsilon (products[2], 1, 1e-4);
  for (size_t c = 0; c < 2; c++)
    {
      float largest = 0;

      for (size_t i = 0; i < 600; i++)
        if (fabsf (layout->data[2 * i + c]) > fabsf (largest))
          largest = layout->data[2 * i + c];
      g_assert_cmpfloat (largest, >, 0);
    }
}

static void
test_same_bits_for_any_number_of_threads (void)
{
  g_autoptr (PleNeighbourGraph) graph = groups (4000, 4, 6, 6);
  g_autoptr (PleMatrix) start = ple_matrix_new (4000, 2, NULL);
  g_autoptr (PleProgress) single = ple_progress_new (NULL, NULL, 1);
  g_autoptr (PleProgress) triple = ple_progress_new (NULL, NULL, 3);
  g_autoptr (PleMatrix) one = ple_spectral_layout (graph, start, 7, single, NULL);
  g_autoptr (PleMatrix) three = ple_spectral_layout (graph, start, 7, triple, NULL);

  g_assert_cmpmem (one->data, 8000 * sizeof (float), three->data, 8000 * sizeof (float));
}

static void
test_cancelled (void)
{
  g_autoptr (PleNeighbourGraph) graph = ring (100, 2);
  g_autoptr (PleMatrix) start = ple_matrix_new (100, 2, NULL);
  g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, 2);
  g_autoptr (GError) error = NULL;

  ple_progress_cancel (progress);
  g_assert_null (ple_spectral_layout (graph, start, 1, progress, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ple_linalg_init ();
  g_test_add_func ("/embed/spectral/ring-becomes-a-circle", test_ring_becomes_a_circle);
  g_test_add_func ("/embed/spectral/nearly-disconnected-graph", test_nearly_disconnected_graph);
  g_test_add_func ("/embed/spectral/orthogonal-unit-and-signed", test_orthogonal_unit_and_signed);
  g_test_add_func ("/embed/spectral/same-bits-for-any-number-of-threads",
                   test_same_bits_for_any_number_of_threads);
  g_test_add_func ("/embed/spectral/cancelled", test_cancelled);
  return g_test_run ();
}
