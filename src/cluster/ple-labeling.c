/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cluster/ple-labeling.h"

static double
pairs_of (double n)
{
  return n * (n - 1) / 2;
}

static size_t *
count_members (const gint32 *labels, size_t n, size_t n_clusters)
{
  size_t *counts = g_new0 (size_t, n_clusters);

  for (size_t i = 0; i < n; i++)
    counts[labels[i]]++;
  return counts;
}

size_t
ple_labeling_count_active (const gint32 *labels, size_t n, size_t n_clusters)
{
  g_autofree size_t *counts = count_members (labels, n, n_clusters);
  size_t active = 0;

  for (size_t c = 0; c < n_clusters; c++)
    active += counts[c] > 0;
  return active;
}

void
ple_labeling_get_sizes (
    const gint32 *labels, size_t n, size_t n_clusters, size_t *smallest, size_t *largest)
{
  g_autofree size_t *counts = count_members (labels, n, n_clusters);

  *smallest = n;
  *largest = 0;
  for (size_t c = 0; c < n_clusters; c++)
    {
      *smallest = MIN (*smallest, counts[c]);
      *largest = MAX (*largest, counts[c]);
    }
}

double
ple_labeling_compare (size_t n, size_t n_clusters, const gint32 *a, const gint32 *b)
{
  g_autofree size_t *left = count_members (a, n, n_clusters);
  g_autofree size_t *right = count_members (b, n, n_clusters);
  g_autofree size_t *at = g_new (size_t, n_clusters + 1);
  g_autofree size_t *counts = g_new0 (size_t, n_clusters);
  g_autofree gint32 *sorted = g_new (gint32, n);
  double both = 0, left_pairs = 0, right_pairs = 0, expected, largest;

  at[0] = 0;
  for (size_t c = 0; c < n_clusters; c++)
    {
      left_pairs += pairs_of ((double) left[c]);
      right_pairs += pairs_of ((double) right[c]);
      at[c + 1] = at[c] + left[c];
    }
  /* b's labels, sorted by a's; afterwards at[c] is the end of cluster c. */
  for (size_t i = 0; i < n; i++)
    sorted[at[a[i]]++] = b[i];
  for (size_t c = 0; c < n_clusters; c++)
    {
      /* Adding a member to m others makes m pairs. */
      for (size_t i = at[c] - left[c]; i < at[c]; i++)
        both += (double) counts[sorted[i]]++;
      for (size_t i = at[c] - left[c]; i < at[c]; i++)
        counts[sorted[i]] = 0;
    }
  expected = n > 1 ? left_pairs * right_pairs / pairs_of ((double) n) : 0;
  largest = (left_pairs + right_pairs) / 2;
  return largest > expected ? (both - expected) / (largest - expected) : 1;
}
