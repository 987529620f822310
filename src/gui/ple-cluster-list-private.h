/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "gui/ple-cells.h"
#include "gui/ple-cluster-list.h"
#include "gui/ple-scroller.h"

G_BEGIN_DECLS

#define PLE_CLUSTER_ROW_HEIGHT 54
/* More than fit on a screen; row i is kept in place i modulo this. */
#define PLE_CLUSTER_LIST_N_DRAWN 64

typedef struct
{
  PleClusterRow row; /* its name is ours */
  gboolean selected;
} PleClusterListRow;

/* A row as it looks, on the display server: text is too slow to be set anew in each frame. */
typedef struct
{
  cairo_surface_t *surface;
  size_t index;
  gboolean selected;
  gboolean complete; /* all its pictures are there */
  gboolean valid;
} PleClusterListDrawn;

struct _PleClusterList
{
  GtkDrawingArea parent_instance;

  PleClusterListRow *rows;
  size_t n;
  GHashTable *by_id; /* id -> index */
  PlePictureCache *pictures;
  PleFrameLog *log;
  PleScroller scroller;
  size_t focus; /* indices, PLE_CELL_NONE for none */
  size_t anchor;
  size_t hover;
  size_t shown_first;
  size_t shown_end;
  PleClusterListDrawn drawn[PLE_CLUSTER_LIST_N_DRAWN];
  PangoLayout *name_layout;
  PangoLayout *detail_layout;

  guint32 background;
  guint32 ink;
  guint32 accent;
  guint32 line;
  guint32 good;
  guint32 bad;
};

/* ple-cluster-list-draw.c */
gboolean ple_cluster_list_draw (GtkWidget *widget, cairo_t *cr);
/* The rows look otherwise now; with @all their size or place on the display server too. */
void ple_cluster_list_forget_drawn (PleClusterList *list, gboolean all);

G_END_DECLS
