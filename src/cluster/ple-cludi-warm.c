/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cluster/ple-cludi-warm.h"

#include "cluster/ple-cludi-balance.h"
#include "cluster/ple-cludi-graph.h"
#include "linalg/ple-knn.h"
#include "linalg/ple-lloyd.h"

#include <string.h>

/* Fewer rows than this per cluster make no graph. */
#define MIN_ROWS_PER_CLUSTER 10
#define TEST_STARTS 10
#define TEST_ROUNDS 20
#define STARTS 8
#define ROUNDS 30
#define FREE_STARTS 10
/* Even clusters may score worse by this share and still be taken. */
#define MAX_EXCESS 0.005
/* Rows outside the sample follow so many of its rows. */
#define VOTERS 10

enum
{
  STREAM_SAMPLE,
  STREAM_KMEANS,
  STREAM_FREE_TEST,
  STREAM_EVEN_TEST,
  STREAM_GRAPHS,
};

void
ple_cludi_warm_clear (PleCludiWarm *warm)
{
  g_clear_pointer (&warm->labels, g_free);
}

static gboolean
group_by_kmeans (const PleMatrix *x,
                 size_t k,
                 gboolean spherical,
                 const PleRng *rng,
                 gint32 *labels,
                 double *score,
                 PleProgress *progress,
                 GError **error)
{
  const PleLloydOptions options = {
    .n_clusters = k, .n_starts = FREE_STARTS, .max_iterations = 100, .tolerance = 1e-4
  };
  g_autoptr (PleMatrix) centres = NULL;
  double inertia = 0;

  if (!ple_lloyd (x, &options, spherical, rng, &centres, labels, &inertia, progress, error))
    return FALSE;
  *score = 1 - inertia / (double) x->n_rows;
  return TRUE;
}

static gboolean
test_prior (const PleMatrix *x,
            size_t k,
            const PleRng *rng,
            PleCludiWarm *warm,
            PleProgress *progress,
            GError **error)
{
  PleCludiBalance free_run = { 0 }, even_run = { 0 };
  PleRng stream;
  gboolean ok;

  ple_rng_split (rng, STREAM_FREE_TEST, &stream);
  ok = ple_cludi_balance (x, k, FALSE, TEST_STARTS, TEST_ROUNDS, &stream, &free_run, progress,
                          error);
  ple_rng_split (rng, STREAM_EVEN_TEST, &stream);
  ok = ok && ple_cludi_balance (x, k, TRUE, TEST_STARTS, TEST_ROUNDS, &stream, &even_run, progress,
                                error);
  if (ok)
    {
      warm->excess = (free_run.hard_score - even_run.hard_score) / free_run.hard_score;
      warm->uniform = warm->excess < MAX_EXCESS;
    }
  ple_cludi_balance_clear (&free_run);
  ple_cludi_balance_clear (&even_run);
  return ok;
}

static gboolean
group_graph (PleCludiGraph *graph,
             size_t k,
             gboolean uniform,
             const PleRng *rng,
             gint32 *labels,
             double *score,
             PleProgress *progress,
             GError **error)
{
  g_autoptr (PleMatrix) vectors = ple_cludi_graph_embed (graph, k, rng, progress, error);
  PleCludiBalance balance = { 0 };
  gboolean ok;

  if (vectors == NULL)
    return FALSE;
  if (!uniform)
    {
      g_autoptr (PleProgress) quiet = ple_progress_new_stage (progress, NULL, 0, 0);

      return group_by_kmeans (vectors, k, FALSE, rng, labels, score, quiet, error);
    }
  ok = ple_cludi_balance (vectors, k, TRUE, STARTS, ROUNDS, rng, &balance, progress, error);
  if (ok)
    {
      memcpy (labels, balance.labels, vectors->n_rows * sizeof (gint32));
      *score = balance.soft_score;
    }
  ple_cludi_balance_clear (&balance);
  return ok;
}

/* Labels of the rows that make the graph. */
static gboolean
label_sample (const PleMatrix *x,
              size_t k,
              const PleRng *rng,
              PleCludiWarm *warm,
              PleProgress *progress,
              GError **error)
{
  static const double perplexities[] = { 8, 15, 25 };
  g_autoptr (PleProgress) quiet = ple_progress_new_stage (progress, NULL, 0, 0);
  g_autoptr (PleCludiGraph) graph = NULL;
  g_autofree gint32 *labels = g_new (gint32, x->n_rows);
  double best = -G_MAXDOUBLE;
  PleRng graphs, stream;

  if (!test_prior (x, k, rng, warm, progress, error) ||
      (graph = ple_cludi_graph_new (x, quiet, error)) == NULL)
    return FALSE;
  ple_rng_split (rng, STREAM_GRAPHS, &graphs);
  for (size_t i = 0; i < G_N_ELEMENTS (perplexities); i++)
    {
      double score = 0;

      ple_rng_split (&graphs, i, &stream);
      if (!ple_progress_report (progress, 0.3 + 0.2 * (double) i, error) ||
          !ple_cludi_graph_set_perplexity (graph, perplexities[i], progress, error) ||
          !group_graph (graph, k, warm->uniform, &stream, labels, &score, progress, error))
        return FALSE;
      if (score > best)
        {
          best = score;
          warm->perplexity = perplexities[i];
          memcpy (warm->labels, labels, x->n_rows * sizeof (gint32));
        }
    }
  return TRUE;
}

/* All rows by the votes of their nearest rows of the sample. */
static gboolean
spread_labels (const PleMatrix *x,
               const PleMatrix *sample,
               size_t k,
               PleCludiWarm *warm,
               PleProgress *progress,
               GError **error)
{
  const size_t n_voters = MIN (VOTERS, sample->n_rows);
  g_autofree gint32 *nearest = g_new (gint32, x->n_rows * n_voters);
  g_autofree guint32 *votes = g_new0 (guint32, k);
  gint32 *labels = g_new (gint32, x->n_rows);

  if (!ple_knn_query (sample, x, n_voters, PLE_METRIC_COSINE, nearest, NULL, progress, error))
    {
      g_free (labels);
      return FALSE;
    }
  for (size_t i = 0; i < x->n_rows; i++)
    {
      const gint32 *voters = nearest + i * n_voters;
      gint32 best = warm->labels[voters[0]];

      for (size_t v = 0; v < n_voters; v++)
        votes[warm->labels[voters[v]]]++;
      for (size_t v = 0; v < n_voters; v++)
        if (votes[warm->labels[voters[v]]] > votes[best])
          best = warm->labels[voters[v]];
      labels[i] = best;
      for (size_t v = 0; v < n_voters; v++)
        votes[warm->labels[voters[v]]] = 0;
    }
  g_free (warm->labels);
  warm->labels = labels;
  return TRUE;
}

gboolean
ple_cludi_warm (const PleMatrix *x,
                size_t n_clusters,
                const PleRng *rng,
                PleCludiWarm *warm,
                PleProgress *progress,
                GError **error)
{
  const size_t n = x->n_rows, m = MIN (n, PLE_CLUDI_WARM_ROWS);
  g_autofree guint32 *chosen = NULL;
  g_autoptr (PleMatrix) sample = NULL;
  double score;
  PleRng stream;

  memset (warm, 0, sizeof *warm);
  warm->labels = g_new (gint32, n);
  if (m < MIN_ROWS_PER_CLUSTER * n_clusters)
    {
      warm->uniform = TRUE;
      ple_rng_split (rng, STREAM_KMEANS, &stream);
      return group_by_kmeans (x, n_clusters, TRUE, &stream, warm->labels, &score, progress, error);
    }
  if (m == n)
    return label_sample (x, n_clusters, rng, warm, progress, error);
  chosen = g_new (guint32, m);
  ple_rng_split (rng, STREAM_SAMPLE, &stream);
  ple_rng_sample (&stream, n, m, chosen);
  sample = ple_matrix_take (x, chosen, m, error);
  return sample != NULL && label_sample (sample, n_clusters, rng, warm, progress, error) &&
         spread_labels (x, sample, n_clusters, warm, progress, error);
}
