/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-selection.h"

#include <string.h>

struct _PleSelection
{
  GObject parent_instance;
  guint8 *mask;
  size_t n_items;
  size_t n_selected;
  guint64 stamp;
  guint32 focus;
};

enum
{
  CHANGED,
  FOCUS_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (PleSelection, ple_selection, G_TYPE_OBJECT)

static void
ple_selection_finalize (GObject *object)
{
  g_free (PLE_SELECTION (object)->mask);
  G_OBJECT_CLASS (ple_selection_parent_class)->finalize (object);
}

static void
ple_selection_class_init (PleSelectionClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = ple_selection_finalize;
  signals[CHANGED] =
      g_signal_new ("changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[FOCUS_CHANGED] =
      g_signal_new ("focus-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
ple_selection_init (PleSelection *selection)
{
  selection->focus = PLE_SELECTION_NO_ITEM;
  selection->mask = g_new0 (guint8, 1);
}

PleSelection *
ple_selection_new (void)
{
  return g_object_new (PLE_TYPE_SELECTION, NULL);
}

static void
changed (PleSelection *selection)
{
  selection->stamp++;
  g_signal_emit (selection, signals[CHANGED], 0);
}

void
ple_selection_reset (PleSelection *selection, size_t n_items)
{
  g_free (selection->mask);
  selection->mask = g_new0 (guint8, MAX (n_items, 1));
  selection->n_items = n_items;
  selection->n_selected = 0;
  changed (selection);
  ple_selection_set_focus (selection, PLE_SELECTION_NO_ITEM);
}

size_t
ple_selection_get_n_items (PleSelection *selection)
{
  return selection->n_items;
}

size_t
ple_selection_get_n_selected (PleSelection *selection)
{
  return selection->n_selected;
}

gboolean
ple_selection_contains (PleSelection *selection, guint32 item)
{
  return item < selection->n_items && selection->mask[item] != 0;
}

const guint8 *
ple_selection_get_mask (PleSelection *selection)
{
  return selection->mask;
}

guint64
ple_selection_get_stamp (PleSelection *selection)
{
  return selection->stamp;
}

/* Sets one; returns whether it changed. */
static gboolean
set_item (PleSelection *selection, guint32 item, guint8 on)
{
  if (selection->mask[item] == on)
    return FALSE;
  selection->mask[item] = on;
  if (on)
    selection->n_selected++;
  else
    selection->n_selected--;
  return TRUE;
}

/* Returns whether the set became another one. */
static gboolean
replace (PleSelection *selection, const guint32 *items, size_t n)
{
  g_autofree guint8 *old = g_memdup2 (selection->mask, MAX (selection->n_items, 1));

  memset (selection->mask, 0, selection->n_items);
  selection->n_selected = 0;
  for (size_t i = 0; i < n; i++)
    if (items[i] < selection->n_items)
      set_item (selection, items[i], 1);
  return memcmp (old, selection->mask, selection->n_items) != 0;
}

void
ple_selection_apply (PleSelection *selection, const guint32 *items, size_t n, PleSelectMode mode)
{
  gboolean any = FALSE;

  if (mode == PLE_SELECT_REPLACE)
    any = replace (selection, items, n);
  else
    for (size_t i = 0; i < n; i++)
      if (items[i] < selection->n_items)
        {
          guint8 on = mode == PLE_SELECT_ADD      ? 1
                      : mode == PLE_SELECT_REMOVE ? 0
                                                  : !selection->mask[items[i]];

          any |= set_item (selection, items[i], on);
        }
  if (any)
    changed (selection);
}

void
ple_selection_select_all (PleSelection *selection)
{
  if (selection->n_selected == selection->n_items)
    return;
  memset (selection->mask, 1, selection->n_items);
  selection->n_selected = selection->n_items;
  changed (selection);
}

void
ple_selection_clear (PleSelection *selection)
{
  if (selection->n_selected == 0)
    return;
  memset (selection->mask, 0, selection->n_items);
  selection->n_selected = 0;
  changed (selection);
}

void
ple_selection_invert (PleSelection *selection)
{
  if (selection->n_items == 0)
    return;
  for (size_t i = 0; i < selection->n_items; i++)
    selection->mask[i] = !selection->mask[i];
  selection->n_selected = selection->n_items - selection->n_selected;
  changed (selection);
}

guint32 *
ple_selection_dup_items (PleSelection *selection, size_t *n)
{
  guint32 *items = g_new (guint32, MAX (selection->n_selected, 1));
  size_t count = 0;

  for (size_t i = 0; i < selection->n_items; i++)
    if (selection->mask[i] != 0)
      items[count++] = (guint32) i;
  *n = count;
  return items;
}

guint32
ple_selection_get_focus (PleSelection *selection)
{
  return selection->focus;
}

void
ple_selection_set_focus (PleSelection *selection, guint32 item)
{
  if (item >= selection->n_items)
    item = PLE_SELECTION_NO_ITEM;
  if (selection->focus == item)
    return;
  selection->focus = item;
  g_signal_emit (selection, signals[FOCUS_CHANGED], 0);
}
