/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "evaluate/ple-metrics.h"

PleConfusion *
ple_confusion_new (const PleLabels *truth,
                   const PleLabels *predicted,
                   size_t n_classes,
                   size_t n_clusters)
{
  PleConfusion *confusion = g_new0 (PleConfusion, 1);
  gsize n_counts;

  g_return_val_if_fail (truth->n == predicted->n, confusion);

  confusion->n_classes = MAX (n_classes, ple_labels_get_n_groups (truth));
  confusion->n_clusters = MAX (n_clusters, ple_labels_get_n_groups (predicted));
  if (!g_size_checked_mul (&n_counts, confusion->n_classes, confusion->n_clusters))
    g_error ("a confusion of %" G_GSIZE_FORMAT " x %" G_GSIZE_FORMAT " is too large",
             confusion->n_clusters, confusion->n_classes);
  confusion->counts = g_new0 (guint64, MAX (n_counts, 1));
  confusion->noise_counts = g_new0 (guint64, MAX (confusion->n_classes, 1));
  for (size_t i = 0; i < truth->n; i++)
    {
      if (truth->data[i] < 0)
        continue;
      confusion->n++;
      if (predicted->data[i] >= 0)
        confusion->counts[(size_t) predicted->data[i] * confusion->n_classes +
                          (size_t) truth->data[i]]++;
      else
        {
          confusion->n_noise++;
          confusion->noise_counts[truth->data[i]]++;
        }
    }
  return confusion;
}

void
ple_confusion_free (PleConfusion *confusion)
{
  if (confusion == NULL)
    return;
  g_free (confusion->counts);
  g_free (confusion->noise_counts);
  g_free (confusion);
}

void
ple_confusion_move (PleConfusion *confusion, gint32 class_index, gint32 from, gint32 to)
{
  size_t n_classes = confusion->n_classes;

  /* Without a true label it was never counted. */
  if (class_index < 0)
    return;
  g_return_if_fail ((size_t) class_index < n_classes);
  g_return_if_fail (from < (gint32) confusion->n_clusters && to < (gint32) confusion->n_clusters);
  if (from >= 0)
    confusion->counts[(size_t) from * n_classes + (size_t) class_index]--;
  else
    {
      confusion->n_noise--;
      confusion->noise_counts[class_index]--;
    }
  if (to >= 0)
    confusion->counts[(size_t) to * n_classes + (size_t) class_index]++;
  else
    {
      confusion->n_noise++;
      confusion->noise_counts[class_index]++;
    }
}
