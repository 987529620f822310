/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/**
 * PleSelection:
 *
 * What is selected, shared by all views: map, grid, sidebar, inspector and commands always agree
 * because there is only this one. A byte per item, the number selected, and one focus item (the
 * picture that the inspector shows).
 *
 * Signals: "changed" (the set has changed; once per call below that changes something),
 * "focus-changed".
 */
#define PLE_TYPE_SELECTION (ple_selection_get_type ())
G_DECLARE_FINAL_TYPE (PleSelection, ple_selection, PLE, SELECTION, GObject)

#define PLE_SELECTION_NO_ITEM G_MAXUINT32

typedef enum
{
  PLE_SELECT_REPLACE,
  PLE_SELECT_ADD,
  PLE_SELECT_REMOVE,
  PLE_SELECT_TOGGLE,
} PleSelectMode;

PleSelection *ple_selection_new (void);

/* Empties it and sets the number of items. */
void ple_selection_reset (PleSelection *selection, size_t n_items);
size_t ple_selection_get_n_items (PleSelection *selection);
size_t ple_selection_get_n_selected (PleSelection *selection);
gboolean ple_selection_contains (PleSelection *selection, guint32 item);
/* 1 or 0 per item; valid until the next change of the number of items. (transfer none) */
const guint8 *ple_selection_get_mask (PleSelection *selection);
/* Goes up with every change of the set. */
guint64 ple_selection_get_stamp (PleSelection *selection);

void
ple_selection_apply (PleSelection *selection, const guint32 *items, size_t n, PleSelectMode mode);
void ple_selection_select_all (PleSelection *selection);
void ple_selection_clear (PleSelection *selection);
void ple_selection_invert (PleSelection *selection);
/* In item order. (transfer full) (array length=n) */
guint32 *ple_selection_dup_items (PleSelection *selection, size_t *n);

/* The item that the keyboard is on and the inspector shows; PLE_SELECTION_NO_ITEM for none.
 * Selected or not. */
guint32 ple_selection_get_focus (PleSelection *selection);
void ple_selection_set_focus (PleSelection *selection, guint32 item);

G_END_DECLS
