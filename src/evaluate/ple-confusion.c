/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "evaluate/ple-metrics.h"

static inline guint64 *
cell (PleConfusion *confusion, gint32 cluster, gint32 class_index)
{
  size_t row = cluster >= 0 ? (size_t) cluster : confusion->n_clusters;

  return &confusion->counts[row * MAX (confusion->n_classes, 1) + (size_t) MAX (class_index, 0)];
}

PleConfusion *
ple_confusion_new (const PleLabels *truth,
                   const PleLabels *predicted,
                   size_t n_classes,
                   size_t n_clusters)
{
  PleConfusion *confusion = g_new0 (PleConfusion, 1);
  gsize n_counts;

  g_assert (truth == NULL || truth->n == predicted->n);
  if (truth != NULL)
    confusion->n_classes = MAX (n_classes, ple_labels_get_n_groups (truth));
  confusion->n_clusters = MAX (n_clusters, ple_labels_get_n_groups (predicted));
  if (!g_size_checked_mul (&n_counts, confusion->n_clusters + 1, MAX (confusion->n_classes, 1)))
    g_error ("a confusion of %" G_GSIZE_FORMAT " x %" G_GSIZE_FORMAT " is too large",
             confusion->n_clusters, confusion->n_classes);
  confusion->counts = g_new0 (guint64, n_counts);
  for (size_t i = 0; i < predicted->n; i++)
    {
      gint32 class_index = truth != NULL ? truth->data[i] : 0;

      if (class_index < 0)
        continue;
      (*cell (confusion, predicted->data[i], class_index))++;
      confusion->n++;
      confusion->n_noise += predicted->data[i] < 0;
    }
  return confusion;
}

void
ple_confusion_free (PleConfusion *confusion)
{
  if (confusion == NULL)
    return;
  g_free (confusion->counts);
  g_free (confusion);
}

void
ple_confusion_move (PleConfusion *confusion, gint32 class_index, gint32 from, gint32 to)
{
  /* Without a true label it was never counted. */
  if (class_index < 0 && confusion->n_classes > 0)
    return;
  g_return_if_fail (*cell (confusion, from, class_index) > 0);

  (*cell (confusion, from, class_index))--;
  (*cell (confusion, to, class_index))++;
  confusion->n_noise += (size_t) (to < 0) - (size_t) (from < 0);
}
