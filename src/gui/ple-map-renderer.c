/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-map-renderer.h"

#include <gdk/gdk.h>
#include <math.h>
#include <time.h>

/* More points than this in view are first drawn thinned out. */
#define QUICK_FROM 200000
#define QUICK_CAP 1
#define OVERVIEW_SIDE 640
#define DELIVER_PRIORITY (GDK_PRIORITY_REDRAW - 5)
#define OPACITY 0.78

struct _PleMapRenderer
{
  GThread *thread;
  GMainContext *context;
  guint n_threads;
  PleMapFrameFunc func;
  gpointer data;

  GMutex mutex;
  GCond cond;
  gboolean quit;
  PleMapRequest *pending;
  guint64 pending_serial;
  guint64 next_serial;
  PleProgress *drawing; /* of the picture being drawn, where it may be given up */
  PleMapFrame *done;
  GSource *delivery;

  /* Of the thread alone: what was worked out for the last request. */
  PleMatrix *xy;
  PlePoints *target; /* of xy */
  PleMatrix *from;   /* (nullable): where points were before xy came */
  PleMatrix *shown;  /* where they were drawn last */
  PlePoints *points; /* of shown */
  double share;
  GBytes *colours;
  guint16 *colours_by_position;
  GBytes *flags;
  GBytes *selection;
  GBytes *flags_by_position;
  GBytes *table;
  guint32 overview_background;
  gboolean overview_due;
};

static gint64
thread_cpu_time (void)
{
  struct timespec t;
  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &t);
  return (gint64) t.tv_sec * G_USEC_PER_SEC + t.tv_nsec / 1000;
}

static GBytes *
bytes_ref_or_null (GBytes *bytes)
{
  return bytes != NULL ? g_bytes_ref (bytes) : NULL;
}

static PleMapRequest *
request_copy (const PleMapRequest *request)
{
  PleMapRequest *copy = g_memdup2 (request, sizeof *request);
  ple_matrix_ref (copy->xy);
  g_bytes_ref (copy->colours);
  g_bytes_ref (copy->table);
  bytes_ref_or_null (copy->flags);
  bytes_ref_or_null (copy->selection);
  return copy;
}

static void
request_free (PleMapRequest *request)
{
  if (request == NULL)
    return;
  ple_matrix_unref (request->xy);
  g_bytes_unref (request->colours);
  g_bytes_unref (request->table);
  g_clear_pointer (&request->flags, g_bytes_unref);
  g_clear_pointer (&request->selection, g_bytes_unref);
  g_free (request);
}

void
ple_map_frame_free (PleMapFrame *frame)
{
  ple_points_unref (frame->points);
  ple_matrix_unref (frame->xy);
  g_clear_pointer (&frame->flags, g_bytes_unref);
  g_clear_pointer (&frame->image, cairo_surface_destroy);
  g_clear_pointer (&frame->overview, cairo_surface_destroy);
  g_free (frame);
}

static gboolean
deliver_cb (gpointer data)
{
  PleMapRenderer *renderer = data;
  g_mutex_lock (&renderer->mutex);
  PleMapFrame *frame = g_steal_pointer (&renderer->done);
  g_clear_pointer (&renderer->delivery, g_source_unref);
  g_mutex_unlock (&renderer->mutex);
  if (frame != NULL)
    renderer->func (renderer->data, frame);
  return G_SOURCE_REMOVE;
}

/* @frame: (transfer full) */
static void
deliver (PleMapRenderer *renderer, PleMapFrame *frame)
{
  g_mutex_lock (&renderer->mutex);
  if (renderer->done != NULL)
    {
      /* Not fetched yet: only the newest is wanted, but an overview is made once. */
      if (frame->overview == NULL && renderer->done->overview != NULL)
        {
          frame->overview = g_steal_pointer (&renderer->done->overview);
          frame->overview_camera = renderer->done->overview_camera;
        }
      ple_map_frame_free (renderer->done);
    }
  renderer->done = frame;
  if (renderer->delivery == NULL)
    {
      renderer->delivery = g_idle_source_new ();
      g_source_set_priority (renderer->delivery, DELIVER_PRIORITY);
      g_source_set_callback (renderer->delivery, deliver_cb, renderer, NULL);
      g_source_attach (renderer->delivery, renderer->context);
    }
  g_mutex_unlock (&renderer->mutex);
}

static void
arrange_colours (PleMapRenderer *renderer, const PleMapRequest *request)
{
  g_clear_pointer (&renderer->colours, g_bytes_unref);
  renderer->colours = g_bytes_ref (request->colours);
  renderer->colours_by_position =
      g_renew (guint16, renderer->colours_by_position, MAX (renderer->points->n_placed, 1));
  ple_points_arrange_16 (renderer->points, g_bytes_get_data (request->colours, NULL),
                         renderer->colours_by_position);
}

static void
arrange_flags (PleMapRenderer *renderer, const PleMapRequest *request)
{
  g_clear_pointer (&renderer->flags, g_bytes_unref);
  g_clear_pointer (&renderer->selection, g_bytes_unref);
  g_clear_pointer (&renderer->flags_by_position, g_bytes_unref);
  renderer->flags = bytes_ref_or_null (request->flags);
  renderer->selection = bytes_ref_or_null (request->selection);
  if (request->flags == NULL && request->selection == NULL)
    return;
  size_t n = renderer->points->n_placed;
  const guint32 *id = renderer->points->id;
  const guint8 *flags = request->flags != NULL ? g_bytes_get_data (request->flags, NULL) : NULL;
  const guint8 *selected =
      request->selection != NULL ? g_bytes_get_data (request->selection, NULL) : NULL;
  guint8 *arranged = g_new (guint8, n + 1);
  for (size_t p = 0; p < n; p++)
    arranged[p] = (flags != NULL ? flags[id[p]] : 0) |
                  (selected != NULL && selected[id[p]] != 0 ? PLE_POINT_SELECTED : 0);
  renderer->flags_by_position = g_bytes_new_take (arranged, n);
}

static gboolean
is_moving (const PleMapRenderer *renderer)
{
  return renderer->shown != renderer->xy;
}

/* Puts the points where the request wants them. Returns whether they have moved. */
static gboolean
move_points (PleMapRenderer *renderer, const PleMapRequest *request)
{
  gboolean new_target = request->xy != renderer->xy;
  if (new_target)
    {
      g_clear_pointer (&renderer->from, ple_matrix_unref);
      if (renderer->shown != NULL && renderer->shown->n_rows == request->xy->n_rows)
        renderer->from = ple_matrix_ref (renderer->shown);
      g_clear_pointer (&renderer->xy, ple_matrix_unref);
      g_clear_pointer (&renderer->target, ple_points_unref);
      renderer->xy = ple_matrix_ref (request->xy);
      renderer->target = ple_points_new (request->xy);
    }
  double share = renderer->from != NULL ? request->share : 1;
  if (!new_target && share == renderer->share)
    return FALSE;
  renderer->share = share;
  g_clear_pointer (&renderer->shown, ple_matrix_unref);
  g_clear_pointer (&renderer->points, ple_points_unref);
  if (share < 1)
    renderer->shown = ple_points_mix (renderer->from, renderer->xy, share, NULL);
  if (renderer->shown != NULL)
    renderer->points = ple_points_new (renderer->shown);
  else
    {
      renderer->shown = ple_matrix_ref (renderer->xy);
      renderer->points = ple_points_ref (renderer->target);
      g_clear_pointer (&renderer->from, ple_matrix_unref);
    }
  return TRUE;
}

/* Brings index and arrays up to the request. Returns whether colours or points are new. */
static gboolean
prepare (PleMapRenderer *renderer, const PleMapRequest *request)
{
  gboolean new_points = move_points (renderer, request);
  gboolean new_colours = new_points || request->colours != renderer->colours;
  if (new_colours)
    arrange_colours (renderer, request);
  if (new_points || request->flags != renderer->flags || request->selection != renderer->selection)
    arrange_flags (renderer, request);
  gboolean new_table = request->table != renderer->table;
  if (new_table)
    {
      g_clear_pointer (&renderer->table, g_bytes_unref);
      renderer->table = g_bytes_ref (request->table);
    }
  return new_colours || new_table;
}

static PleSplatScene
scene_of (PleMapRenderer *renderer, const PleMapRequest *request)
{
  gsize table_size;
  const guint32 *table = g_bytes_get_data (request->table, &table_size);
  return (PleSplatScene){ .points = renderer->points,
                          .colours = renderer->colours_by_position,
                          .flags = renderer->flags_by_position != NULL
                                       ? g_bytes_get_data (renderer->flags_by_position, NULL)
                                       : NULL,
                          .table = table,
                          .n_table = (guint) (table_size / sizeof (guint32)),
                          .grey = request->grey,
                          .ring = request->ring,
                          .accent = request->accent,
                          .opacity = OPACITY,
                          .size = request->size,
                          .pixel_ratio = request->ratio,
                          .mode = request->mode };
}

static cairo_surface_t *
blank (int width, int height, guint32 background)
{
  cairo_surface_t *image = cairo_image_surface_create (CAIRO_FORMAT_RGB24, width, height);
  size_t stride = (size_t) cairo_image_surface_get_stride (image) / sizeof (guint32);
  guint32 *row = (guint32 *) (void *) cairo_image_surface_get_data (image);
  if (row == NULL)
    return image;
  cairo_surface_flush (image);
  for (int y = 0; y < height; y++, row += stride)
    for (int x = 0; x < width; x++)
      row[x] = 0xff000000u | background;
  cairo_surface_mark_dirty (image);
  return image;
}

static gboolean
worth_a_quick_one (const PlePoints *points, const PleCamera *camera, double margin)
{
  PleBox box = ple_camera_get_box (camera, margin);
  PleCellRange cells = ple_points_get_cells (points, &box);
  size_t seen = 0;
  for (guint row = cells.row; row < cells.row_end; row++)
    {
      const guint32 *start = points->cell_start + (size_t) row * points->columns;
      seen += start[cells.column_end] - start[cells.column];
    }
  return seen > QUICK_FROM;
}

/* (transfer full) (nullable): %NULL if given up */
static PleMapFrame *
draw_frame (PleMapRenderer *renderer,
            const PleMapRequest *request,
            guint64 serial,
            guint cap,
            PleProgress *progress)
{
  gint64 wall = g_get_monotonic_time (), cpu = thread_cpu_time ();
  PleSplatScene scene = scene_of (renderer, request);
  int width = ((int) request->camera.width + 2 * request->margin) * request->ratio;
  int height = ((int) request->camera.height + 2 * request->margin) * request->ratio;
  PleCamera camera = request->camera;
  camera.scale *= request->ratio;
  camera.width = width;
  camera.height = height;
  g_autoptr (PleMapFrame) frame = g_new0 (PleMapFrame, 1);
  frame->points = ple_points_ref (renderer->points);
  frame->xy = ple_matrix_ref (renderer->xy);
  frame->core = renderer->target->core;
  frame->moving = is_moving (renderer);
  frame->flags = bytes_ref_or_null (renderer->flags_by_position);
  frame->camera = request->camera;
  frame->margin = request->margin;
  frame->ratio = request->ratio;
  frame->quick = cap > 0;
  frame->serial = serial;
  frame->image = blank (MAX (width, 1), MAX (height, 1), request->background);
  if (!ple_splat_render (&scene, &camera, cap, frame->image, progress, NULL))
    return NULL;
  frame->wall_us = g_get_monotonic_time () - wall;
  frame->cpu_us = thread_cpu_time () - cpu;
  return g_steal_pointer (&frame);
}

static void
add_overview (PleMapRenderer *renderer, const PleMapRequest *request, PleMapFrame *frame)
{
  PleSplatScene scene = scene_of (renderer, request);
  scene.pixel_ratio = 1;
  ple_camera_fit (&frame->overview_camera, &renderer->points->core, OVERVIEW_SIDE, OVERVIEW_SIDE,
                  8);
  frame->overview = blank (OVERVIEW_SIDE, OVERVIEW_SIDE, request->background);
  g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, 1);
  ple_splat_render (&scene, &frame->overview_camera, QUICK_CAP, frame->overview, progress, NULL);
}

static void
serve (PleMapRenderer *renderer, PleMapRequest *request, guint64 serial)
{
  if (prepare (renderer, request) || request->background != renderer->overview_background)
    renderer->overview_due = TRUE;
  if (request->fit)
    ple_camera_fit (&request->camera, &renderer->target->core, request->camera.width,
                    request->camera.height, PLE_MAP_FIT_MARGIN);

  gboolean quick = worth_a_quick_one (renderer->points, &request->camera, request->margin);
  g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, renderer->n_threads);
  PleMapFrame *frame = draw_frame (renderer, request, serial, quick ? QUICK_CAP : 0, progress);
  if (frame == NULL)
    return;
  if (renderer->overview_due && !frame->moving)
    {
      add_overview (renderer, request, frame);
      renderer->overview_background = request->background;
      renderer->overview_due = FALSE;
    }
  gboolean moving = frame->moving;
  deliver (renderer, frame);
  if (!quick || moving)
    return;

  g_mutex_lock (&renderer->mutex);
  gboolean superseded = renderer->pending != NULL || renderer->quit;
  renderer->drawing = superseded ? NULL : progress;
  g_mutex_unlock (&renderer->mutex);
  if (superseded)
    return;
  frame = draw_frame (renderer, request, serial, 0, progress);
  g_mutex_lock (&renderer->mutex);
  renderer->drawing = NULL;
  g_mutex_unlock (&renderer->mutex);
  if (frame != NULL)
    deliver (renderer, frame);
}

static gpointer
run (gpointer data)
{
  PleMapRenderer *renderer = data;
  for (;;)
    {
      g_mutex_lock (&renderer->mutex);
      while (renderer->pending == NULL && !renderer->quit)
        g_cond_wait (&renderer->cond, &renderer->mutex);
      PleMapRequest *request = g_steal_pointer (&renderer->pending);
      guint64 serial = renderer->pending_serial;
      gboolean quit = renderer->quit;
      g_mutex_unlock (&renderer->mutex);
      if (request != NULL && !quit)
        serve (renderer, request, serial);
      request_free (request);
      if (quit)
        return NULL;
    }
}

PleMapRenderer *
ple_map_renderer_new (guint n_threads, PleMapFrameFunc func, gpointer data)
{
  PleMapRenderer *renderer = g_new0 (PleMapRenderer, 1);
  renderer->context = g_main_context_ref_thread_default ();
  renderer->n_threads = MAX (n_threads, 1);
  renderer->func = func;
  renderer->data = data;
  g_mutex_init (&renderer->mutex);
  g_cond_init (&renderer->cond);
  renderer->thread = g_thread_new ("ple-map", run, renderer);
  return renderer;
}

void
ple_map_renderer_free (PleMapRenderer *renderer)
{
  g_mutex_lock (&renderer->mutex);
  renderer->quit = TRUE;
  if (renderer->drawing != NULL)
    ple_progress_cancel (renderer->drawing);
  g_cond_signal (&renderer->cond);
  g_mutex_unlock (&renderer->mutex);
  g_thread_join (renderer->thread);

  if (renderer->delivery != NULL)
    {
      g_source_destroy (renderer->delivery);
      g_source_unref (renderer->delivery);
    }
  g_clear_pointer (&renderer->done, ple_map_frame_free);
  request_free (renderer->pending);
  g_clear_pointer (&renderer->points, ple_points_unref);
  g_clear_pointer (&renderer->target, ple_points_unref);
  g_clear_pointer (&renderer->from, ple_matrix_unref);
  g_clear_pointer (&renderer->shown, ple_matrix_unref);
  g_clear_pointer (&renderer->xy, ple_matrix_unref);
  g_clear_pointer (&renderer->colours, g_bytes_unref);
  g_clear_pointer (&renderer->flags, g_bytes_unref);
  g_clear_pointer (&renderer->selection, g_bytes_unref);
  g_clear_pointer (&renderer->flags_by_position, g_bytes_unref);
  g_clear_pointer (&renderer->table, g_bytes_unref);
  g_free (renderer->colours_by_position);
  g_main_context_unref (renderer->context);
  g_mutex_clear (&renderer->mutex);
  g_cond_clear (&renderer->cond);
  g_free (renderer);
}

guint64
ple_map_renderer_submit (PleMapRenderer *renderer, const PleMapRequest *request)
{
  g_return_val_if_fail (
      g_bytes_get_size (request->colours) == request->xy->n_rows * sizeof (guint16), 0);
  g_return_val_if_fail (g_bytes_get_size (request->table) >= sizeof (guint32), 0);

  PleMapRequest *copy = request_copy (request);
  g_mutex_lock (&renderer->mutex);
  PleMapRequest *replaced = renderer->pending;
  renderer->pending = copy;
  guint64 serial = renderer->pending_serial = ++renderer->next_serial;
  if (renderer->drawing != NULL)
    ple_progress_cancel (renderer->drawing);
  g_cond_signal (&renderer->cond);
  g_mutex_unlock (&renderer->mutex);
  request_free (replaced);
  return serial;
}
