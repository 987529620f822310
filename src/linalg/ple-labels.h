/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stddef.h>

G_BEGIN_DECLS

/**
 * PleLabels:
 * @n: items
 * @data: one number per item, >= 0; -1 for none (noise, unknown)
 *
 * A labelling: classes or clusters. Reference-counted, from any thread; frozen once shared.
 */
typedef struct
{
  size_t n;
  gint32 *data;
  /*< private >*/
  int ref_count;
} PleLabels;

/* All -1. (transfer full); aborts like g_new if memory is short. */
PleLabels *ple_labels_new (size_t n);
PleLabels *ple_labels_new_from (const gint32 *data, size_t n);
PleLabels *ple_labels_ref (PleLabels *labels);
void ple_labels_unref (PleLabels *labels);
/* Items @indices of @labels. (transfer full) */
PleLabels *ple_labels_take (const PleLabels *labels, const guint32 *indices, size_t n);
/* 1 + the largest label, 0 if none is >= 0. */
size_t ple_labels_get_n_groups (const PleLabels *labels);
/* (transfer full) (array length=n_groups): members per label */
size_t *ple_labels_count (const PleLabels *labels, size_t n_groups);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleLabels, ple_labels_unref)

G_END_DECLS
