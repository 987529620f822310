/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-labels.h"

#include <string.h>

PleLabels *
ple_labels_new (size_t n)
{
  PleLabels *labels = g_new0 (PleLabels, 1);

  labels->n = n;
  labels->data = g_new (gint32, MAX (n, 1));
  /* Two's complement: all bytes 0xff is -1. */
  memset (labels->data, 0xff, n * sizeof (gint32));
  labels->ref_count = 1;
  return labels;
}

PleLabels *
ple_labels_new_from (const gint32 *data, size_t n)
{
  PleLabels *labels = ple_labels_new (n);

  if (n > 0)
    memcpy (labels->data, data, n * sizeof (gint32));
  return labels;
}

PleLabels *
ple_labels_ref (PleLabels *labels)
{
  if (labels != NULL)
    g_atomic_int_inc (&labels->ref_count);
  return labels;
}

void
ple_labels_unref (PleLabels *labels)
{
  if (labels == NULL || !g_atomic_int_dec_and_test (&labels->ref_count))
    return;
  g_free (labels->data);
  g_free (labels);
}

PleLabels *
ple_labels_take (const PleLabels *labels, const guint32 *indices, size_t n)
{
  PleLabels *taken = ple_labels_new (n);

  for (size_t i = 0; i < n; i++)
    {
      g_assert (indices[i] < labels->n);
      taken->data[i] = labels->data[indices[i]];
    }
  return taken;
}

size_t
ple_labels_get_n_groups (const PleLabels *labels)
{
  gint32 largest = -1;

  for (size_t i = 0; i < labels->n; i++)
    largest = MAX (largest, labels->data[i]);
  return (size_t) ((gint64) largest + 1);
}

size_t *
ple_labels_count (const PleLabels *labels, size_t n_groups)
{
  size_t *counts = g_new0 (size_t, MAX (n_groups, 1));

  for (size_t i = 0; i < labels->n; i++)
    if (labels->data[i] >= 0 && (size_t) labels->data[i] < n_groups)
      counts[labels->data[i]]++;
  return counts;
}
