/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "features/ple-describe-private.h"

#include "base/ple-error.h"
#include "features/ple-compress-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define MAX_LEARNED 6000
#define BLOCK 1024

typedef struct
{
  PleDataset *dataset;
  const PleDescriber *describer;
  float *scratch;
  PleMatrix *rows; /* of the pass in progress */
  size_t n_broken;
} Description;

static void
describe_picture (size_t index, const float *rgb, guint worker, gpointer data)
{
  Description *description = data;
  const PleDescriber *describer = description->describer;

  describer->describe (describer->data, rgb, description->scratch + worker * describer->n_scratch,
                       ple_matrix_row (description->rows, index));
}

static int
compare_items (gconstpointer a, gconstpointer b)
{
  guint32 x = *(const guint32 *) a, y = *(const guint32 *) b;

  return (x > y) - (x < y);
}

/* The pictures that are learned from, ascending. */
static guint32 *
choose_learned (PleDataset *dataset, const PleRng *rng, size_t *n)
{
  g_autofree guint32 *training = ple_pictures_list_training (dataset, n);
  guint32 *chosen;
  PleRng stream = *rng;

  if (*n <= MAX_LEARNED)
    return g_steal_pointer (&training);
  chosen = g_new (guint32, MAX_LEARNED);
  ple_rng_sample (&stream, *n, MAX_LEARNED, chosen);
  for (size_t i = 0; i < MAX_LEARNED; i++)
    chosen[i] = training[chosen[i]];
  qsort (chosen, MAX_LEARNED, sizeof *chosen, compare_items);
  *n = MAX_LEARNED;
  return chosen;
}

/* Describes and compresses the items of @items, and puts their vectors where they belong. */
static gboolean
fill_block (Description *description,
            const PleCompress *compress,
            const guint32 *items,
            size_t n,
            PleMatrix *vectors,
            PleProgress *progress,
            GError **error)
{
  size_t q = vectors->n_cols;
  g_autoptr (PleMatrix) rows = ple_matrix_new_rows (description->rows, 0, n);
  g_autoptr (PleMatrix) short_rows = ple_matrix_new (n, q, error);

  if (short_rows == NULL ||
      !ple_pictures_for_each (description->dataset, items, 0, n, description->describer->side,
                              describe_picture, description, &description->n_broken, progress,
                              error) ||
      !ple_compress_apply (compress, rows, FALSE, short_rows, progress, error))
    return FALSE;
  for (size_t i = 0; i < n; i++)
    memcpy (ple_matrix_row (vectors, items[i]), ple_matrix_row (short_rows, i), q * sizeof (float));
  return TRUE;
}

static gboolean
fill_rest (Description *description,
           const PleCompress *compress,
           const guint32 *learned,
           size_t n_learned,
           PleMatrix *vectors,
           PleProgress *progress,
           GError **error)
{
  size_t n_items = ple_dataset_get_n_items (description->dataset);
  size_t n_rest = n_items - n_learned, done = 0;
  g_autofree guint32 *rest = g_new (guint32, MAX (n_rest, 1));

  for (size_t i = 0, l = 0, r = 0; i < n_items; i++)
    if (l < n_learned && learned[l] == i)
      l++;
    else
      rest[r++] = (guint32) i;
  g_clear_pointer (&description->rows, ple_matrix_unref);
  description->rows = ple_matrix_new (MIN (n_rest, BLOCK), description->describer->n_values, error);
  if (description->rows == NULL)
    return FALSE;
  while (done < n_rest)
    {
      size_t n = MIN (BLOCK, n_rest - done);
      g_autoptr (PleProgress) stage = ple_progress_new_stage (
          progress, NULL, (double) done / (double) n_rest, (double) (done + n) / (double) n_rest);

      if (!fill_block (description, compress, rest + done, n, vectors, stage, error))
        return FALSE;
      done += n;
    }
  return TRUE;
}

static PleMatrix *
describe (Description *description,
          size_t n_components,
          double whitening,
          const PleRng *rng,
          PleProgress *progress,
          GError **error)
{
  PleDataset *dataset = description->dataset;
  size_t n_items = ple_dataset_get_n_items (dataset), n_learned;
  g_autofree guint32 *learned = NULL;
  g_autoptr (PleCompress) compress = NULL;
  g_autoptr (PleMatrix) learned_vectors = NULL;
  g_autoptr (PleMatrix) vectors = NULL;
  g_autoptr (PleProgress) first = NULL, middle = NULL, last = NULL;
  PleRng of_choice, of_compression;
  double share;

  ple_rng_split (rng, 0, &of_choice);
  ple_rng_split (rng, 1, &of_compression);
  learned = choose_learned (dataset, &of_choice, &n_learned);
  share = 0.9 * (double) n_learned / (double) n_items;
  first = ple_progress_new_stage (progress, NULL, 0, share);
  middle = ple_progress_new_stage (progress, _ ("Compression"), share, share + 0.1);
  last = ple_progress_new_stage (progress, NULL, share + 0.1, 1);

  description->rows = ple_matrix_new (n_learned, description->describer->n_values, error);
  if (description->rows == NULL ||
      !ple_pictures_for_each (dataset, learned, 0, n_learned, description->describer->side,
                              describe_picture, description, &description->n_broken, first, error))
    return NULL;
  compress =
      ple_compress_new (description->rows, n_components, whitening, &of_compression, middle, error);
  if (compress == NULL)
    return NULL;
  vectors = ple_matrix_new (n_items, compress->projection->n_rows, error);
  learned_vectors = ple_matrix_new (n_learned, compress->projection->n_rows, error);
  if (vectors == NULL || learned_vectors == NULL ||
      !ple_compress_apply (compress, description->rows, TRUE, learned_vectors, middle, error))
    return NULL;
  for (size_t i = 0; i < n_learned; i++)
    memcpy (ple_matrix_row (vectors, learned[i]), ple_matrix_row (learned_vectors, i),
            vectors->n_cols * sizeof (float));
  if (!fill_rest (description, compress, learned, n_learned, vectors, last, error))
    return NULL;
  return g_steal_pointer (&vectors);
}

PleMatrix *
ple_describe_dataset (PleDataset *dataset,
                      const PleDescriber *describer,
                      size_t n_components,
                      double whitening,
                      const PleRng *rng,
                      PleProgress *progress,
                      GError **error)
{
  Description description = { .dataset = dataset, .describer = describer };
  g_autoptr (PleProgress) stage =
      ple_progress_new_stage (progress, _ ("Describing pictures"), 0, 1);
  PleMatrix *vectors;

  description.scratch =
      g_new (float, MAX (describer->n_scratch, 1) * ple_progress_get_n_threads (progress));
  vectors = describe (&description, n_components, whitening, rng, stage, error);
  if (vectors != NULL && description.n_broken > 0)
    ple_progress_warning (progress,
                          g_dngettext (GETTEXT_PACKAGE,
                                       "%zu picture cannot be read; a placeholder stands for it",
                                       "%zu pictures cannot be read; placeholders stand for them",
                                       description.n_broken),
                          description.n_broken);
  g_clear_pointer (&description.rows, ple_matrix_unref);
  g_free (description.scratch);
  return vectors;
}
