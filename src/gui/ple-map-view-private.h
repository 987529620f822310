/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "gui/ple-map-labels.h"
#include "gui/ple-map-renderer.h"
#include "gui/ple-map-view.h"

G_BEGIN_DECLS

/* Of the files ple-map-{view,draw,motion,input}.c only: they share the widget. */

/* Logical pixels drawn beyond the view, so that a drag shows finished picture. */
#define PLE_MAP_MARGIN 128

typedef enum
{
  MAP_DRAG_NONE,
  MAP_DRAG_PRESSED, /* a button is down, not moved far yet */
  MAP_DRAG_PAN,
  MAP_DRAG_BOX,
  MAP_DRAG_LASSO,
} MapDrag;

typedef enum
{
  MAP_MOTION_NONE,
  MAP_MOTION_GLIDE,   /* to another camera */
  MAP_MOTION_KINETIC, /* on after a flick */
} MapMotion;

struct _PleMapView
{
  GtkDrawingArea parent_instance;

  /* What to show. */
  PleMatrix *xy;
  GBytes *colours;
  GBytes *flags;
  GBytes *table;
  PleSelection *selection;
  GBytes *selected; /* copy of the selection's mask at stamp */
  guint64 selected_stamp;
  PleSplatMode mode;
  double point_size;
  PleMapLabels *labels;

  /* From where. */
  PleCamera camera;   /* scale 0: not known before the first frame */
  gboolean following; /* new points move the camera */
  PleMapTool tool;

  /* Theme. */
  guint32 background;
  guint32 ink;
  guint32 accent;
  guint32 grey;
  guint32 ring;

  /* Pictures. */
  PleMapRenderer *renderer;
  PleMapFrame *frame;
  cairo_surface_t *surface;  /* the frame's picture on the display server */
  cairo_surface_t *overview; /* the same of the whole map */
  PleCamera overview_camera;
  guint64 submitted;
  gboolean settled;
  PleFrameLog *log;

  /* Input. */
  MapDrag drag;
  guint button;
  guint modifiers; /* at the press */
  double press_x, press_y;
  double last_x, last_y;
  double velocity_x, velocity_y; /* pixels a second */
  guint32 last_time;
  GArray *lasso; /* of double, data coordinates in pairs; a box has two */
  guint32 hover;
  GtkGesture *pinch;
  double pinch_scale;

  /* Motion. */
  guint tick;
  MapMotion motion;
  gint64 motion_time;
  PleCamera from;
  PleCamera to;
  gint64 glide_time;
  gboolean glide_even;

  /* Points on the way from where they were drawn last to xy. */
  gboolean wandering;
  double wander_share; /* of the way that was asked for last; 1 there */
  gboolean wander_even;
  gint64 wander_start;
  gint64 wander_time;
  gint64 wander_rest; /* the drawing thread is left alone until then */
  gint64 layout_time; /* when xy was set */
  guint bench_left;
  guint bench_total;
  gboolean bench_zoom;
  double bench_step;
};

/* ple-map-view.c */

/* Asks for a picture of what is to be shown now. */
void ple_map_view_submit (PleMapView *view);
void ple_map_view_update_settled (PleMapView *view);
void ple_map_view_snapshot_selection (PleMapView *view);

/* ple-map-draw.c */

/* Shows a picture of the renderer. @frame: (transfer full) */
void ple_map_view_take_frame (gpointer view, PleMapFrame *frame);
gboolean ple_map_view_draw (GtkWidget *widget, cairo_t *cr);

/* ple-map-motion.c */

/* Moves the camera there, draws, and asks for a picture if the present one will not do. */
void ple_map_view_move (PleMapView *view, const PleCamera *camera);
/* The same in 200 ms, or at once if the desktop wants no animation. */
void ple_map_view_glide (PleMapView *view, const PleCamera *camera);
void ple_map_view_fling (PleMapView *view);
void ple_map_view_stop_motion (PleMapView *view);
/* Lets the points go from where they are to the new xy; at once if no animation is wanted. */
void ple_map_view_wander (PleMapView *view);
void ple_map_view_stop_wandering (PleMapView *view);
/* Glides to where the camera shows @core, unless that is nearly so already. */
void ple_map_view_follow (PleMapView *view, const PleBox *core);
void ple_map_view_change_hover (PleMapView *view, guint32 item);

/* ple-map-input.c */
void ple_map_input_class_init (GtkWidgetClass *widget_class);
void ple_map_input_init (PleMapView *view);
/* Ends a drag without effect. */
void ple_map_input_cancel (PleMapView *view);
void ple_map_input_clear (PleMapView *view);

G_END_DECLS
