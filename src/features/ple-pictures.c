/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "features/ple-pictures-private.h"

#include "base/ple-parallel.h"

/* Small, because a large photograph may take 30 ms to decode. */
#define CHUNK 4

typedef struct
{
  PleDataset *dataset;
  const guint32 *items;
  size_t first;
  guint side;
  PlePictureFunc func;
  gpointer data;
  PleProgress *progress;
  float *tiles; /* one per worker */
  guint8 *broken;
} Pass;

/* The square of the item, or of the placeholder; %NULL only without memory. */
static PleImage *
load_square (Pass *pass, size_t item, gboolean *broken)
{
  g_autoptr (PleImage) image = ple_dataset_decode (pass->dataset, item, pass->side, NULL);
  PleImage *square = NULL;

  if (image != NULL)
    square = ple_image_resize_square (image, pass->side, NULL);
  *broken = square == NULL;
  return *broken ? ple_image_new_placeholder (pass->side) : square;
}

static void
visit_chunk (const PleChunk *chunk, gpointer data)
{
  Pass *pass = data;
  size_t n_values = (size_t) 3 * pass->side * pass->side;
  float *tile = pass->tiles + chunk->worker * n_values;

  for (size_t i = chunk->begin; i < chunk->end; i++)
    {
      size_t item = pass->items != NULL ? pass->items[i] : pass->first + i;
      gboolean broken;
      g_autoptr (PleImage) image = NULL;

      if (ple_progress_is_cancelled (pass->progress))
        return;
      image = load_square (pass, item, &broken);
      pass->broken[i] = (guint8) broken;
      for (size_t k = 0; k < n_values; k++)
        tile[k] = (float) image->data[k] / 255;
      pass->func (i, tile, chunk->worker, pass->data);
    }
}

gboolean
ple_pictures_for_each (PleDataset *dataset,
                       const guint32 *items,
                       size_t first,
                       size_t n,
                       guint side,
                       PlePictureFunc func,
                       gpointer data,
                       size_t *n_broken,
                       PleProgress *progress,
                       GError **error)
{
  size_t n_values = (size_t) 3 * side * side;
  g_autofree float *tiles = g_new (float, n_values *ple_progress_get_n_threads (progress));
  g_autofree guint8 *broken = g_new0 (guint8, n);
  Pass pass = { dataset, items, first, side, func, data, progress, tiles, broken };

  if (!ple_parallel_for_reporting (n, CHUNK, visit_chunk, &pass, progress, error))
    return FALSE;
  for (size_t i = 0; i < n; i++)
    *n_broken += broken[i];
  return TRUE;
}

guint32 *
ple_pictures_list_training (PleDataset *dataset, size_t *n)
{
  size_t n_items = ple_dataset_get_n_items (dataset);
  size_t n_training = ple_dataset_get_split_size (dataset, PLE_SPLIT_TRAIN);
  guint32 *items = g_new (guint32, MAX (n_items, 1));
  size_t count = 0;

  for (size_t i = 0; i < n_items; i++)
    if (n_training == 0 || ple_dataset_get_split (dataset, i) == PLE_SPLIT_TRAIN)
      items[count++] = (guint32) i;
  *n = count;
  return items;
}
