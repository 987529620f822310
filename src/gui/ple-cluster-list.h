/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "gui/ple-frame-log.h"
#include "gui/ple-picture-cache.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * PleClusterList:
 *
 * The sidebar's list of clusters: colour, name, count, a bar of purity or confidence, three
 * pictures and a state, in rows of equal height; put it in a GtkScrolledWindow. Rows are drawn, not
 * widgets, and only those on the screen cost anything. Sorting and filtering are the caller's: it
 * sets the rows to show, in order. Rows are known by their id, so selection, keyboard and place
 * survive that.
 *
 * Mouse: click selects, Ctrl+click toggles, Shift+click a range. Keyboard: up, down, Home, End,
 * Page, with Shift a range, with Ctrl the focus alone, Ctrl+Space toggles, Enter activates.
 *
 * Signals: "selection-changed", "activate" (guint id), "context-menu" (GdkEvent, or %NULL from the
 * keyboard).
 */
#define PLE_TYPE_CLUSTER_LIST (ple_cluster_list_get_type ())
G_DECLARE_FINAL_TYPE (PleClusterList, ple_cluster_list, PLE, CLUSTER_LIST, GtkDrawingArea)

#define PLE_CLUSTER_NONE G_MAXUINT32
#define PLE_CLUSTER_PICTURES 3

typedef enum
{
  PLE_CLUSTER_OPEN,     /* nothing decided: no glyph */
  PLE_CLUSTER_DONE,     /* confirmed: tick */
  PLE_CLUSTER_DOUBTFUL, /* question mark */
  PLE_CLUSTER_CONFLICT, /* exclamation mark */
} PleClusterState;

/**
 * PleClusterRow:
 * @id: of the cluster
 * @colour: 0xRRGGBB
 * @name: shown in bold; copied
 * @named: given by a person; else the name is only a number and shown dim
 * @count: members
 * @quality: 0 to 1 (purity or confidence) for the bar and the figure; NaN for none
 * @state: glyph at the end
 * @pictures: items to show, @n_pictures of them
 */
typedef struct
{
  guint32 id;
  guint32 colour;
  const char *name;
  gboolean named;
  guint64 count;
  double quality;
  PleClusterState state;
  guint32 pictures[PLE_CLUSTER_PICTURES];
  guint n_pictures;
} PleClusterRow;

GtkWidget *ple_cluster_list_new (void);

void ple_cluster_list_set_pictures (PleClusterList *list, PlePictureCache *cache);

/* The rows to show. Copied. Rows that are gone are no longer selected. The keyboard's row stays
 * where it is on the screen, or else the first visible row does. */
void ple_cluster_list_set_rows (PleClusterList *list, const PleClusterRow *rows, size_t n);
size_t ple_cluster_list_get_n_rows (PleClusterList *list);
/* One row of the same id has changed: cheaper than all. */
void ple_cluster_list_update_row (PleClusterList *list, const PleClusterRow *row);

/* In the order of rows. (transfer full) (array length=n) */
guint32 *ple_cluster_list_dup_selected (PleClusterList *list, size_t *n);
/* Selects these alone; ids without a row are ignored. The first becomes the keyboard's row. Emits
 * "selection-changed" if that is a change. */
void ple_cluster_list_select (PleClusterList *list, const guint32 *ids, size_t n);
/* The keyboard's row, or %PLE_CLUSTER_NONE. */
guint32 ple_cluster_list_get_focus_id (PleClusterList *list);
/* Selects the next row (previous with -1) and shows it. Returns: %FALSE at the end. */
gboolean ple_cluster_list_step (PleClusterList *list, int direction);
/* Scrolls as little as needed. */
void ple_cluster_list_reveal (PleClusterList *list, guint32 id);
/* @log: (nullable): not owned. */
void ple_cluster_list_set_frame_log (PleClusterList *list, PleFrameLog *log);

G_END_DECLS
