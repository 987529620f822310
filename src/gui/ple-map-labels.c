/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-map-labels.h"

#include "gui/ple-paint.h"

#include <math.h>

#define MAX_PLACED 80
/* Names measured for the first time in one go; the others wait for the next time. */
#define MAX_MEASURED 300
#define MAX_LABEL_WIDTH 180
#define GAP 4.0
#define HALO 3.0
/* While the scale changes, names are placed anew only so often. */
#define PLACE_INTERVAL (120 * 1000)

typedef struct
{
  char *name;
  float x;
  float y;
  double weight;
  int width; /* 0: not measured yet */
  int height;
  cairo_surface_t *surface;
} Label;

struct _PleMapLabels
{
  GArray *labels;   /* of Label, the weightiest first */
  GArray *placed;   /* of guint: indices */
  PleCamera camera; /* that they were placed for; scale 0: not placed yet */
  gint64 time;
  gboolean unfinished;
  guint32 ink;
  guint32 halo;
};

static void
clear_label (gpointer data)
{
  Label *label = data;
  g_clear_pointer (&label->name, g_free);
  g_clear_pointer (&label->surface, cairo_surface_destroy);
}

PleMapLabels *
ple_map_labels_new (void)
{
  PleMapLabels *labels = g_new0 (PleMapLabels, 1);
  labels->labels = g_array_new (FALSE, TRUE, sizeof (Label));
  g_array_set_clear_func (labels->labels, clear_label);
  labels->placed = g_array_new (FALSE, FALSE, sizeof (guint));
  return labels;
}

void
ple_map_labels_free (PleMapLabels *labels)
{
  g_array_unref (labels->labels);
  g_array_unref (labels->placed);
  g_free (labels);
}

static int
compare_weights (gconstpointer a, gconstpointer b)
{
  const Label *x = a, *y = b;
  return (x->weight < y->weight) - (x->weight > y->weight);
}

void
ple_map_labels_set (PleMapLabels *labels,
                    size_t n,
                    const char *const *names,
                    const float *xy,
                    const double *weights)
{
  g_array_set_size (labels->labels, 0);
  g_array_set_size (labels->placed, 0);
  labels->camera.scale = 0;
  for (size_t i = 0; i < n; i++)
    {
      if (names[i] == NULL || !isfinite (xy[2 * i]) || !isfinite (xy[2 * i + 1]))
        continue;
      Label label = { .name = g_strdup (names[i]),
                      .x = xy[2 * i],
                      .y = xy[2 * i + 1],
                      .weight = weights != NULL ? weights[i] : 0 };
      g_array_append_val (labels->labels, label);
    }
  /* A stable sort: names of equal weight keep their order. */
  g_array_sort (labels->labels, compare_weights);
}

void
ple_map_labels_restyle (PleMapLabels *labels, guint32 ink, guint32 halo)
{
  labels->ink = ink;
  labels->halo = halo;
  labels->camera.scale = 0;
  for (guint i = 0; i < labels->labels->len; i++)
    {
      Label *label = &g_array_index (labels->labels, Label, i);
      label->width = 0;
      g_clear_pointer (&label->surface, cairo_surface_destroy);
    }
}

static PangoLayout *
layout_for (GtkWidget *widget, const Label *label)
{
  PangoLayout *layout = gtk_widget_create_pango_layout (widget, label->name);
  PangoAttrList *attributes = pango_attr_list_new ();
  pango_attr_list_insert (attributes, pango_attr_weight_new (PANGO_WEIGHT_SEMIBOLD));
  pango_layout_set_attributes (layout, attributes);
  pango_attr_list_unref (attributes);
  pango_layout_set_single_paragraph_mode (layout, TRUE);
  pango_layout_set_ellipsize (layout, PANGO_ELLIPSIZE_END);
  int width;
  pango_layout_get_pixel_size (layout, &width, NULL);
  if (width > MAX_LABEL_WIDTH)
    pango_layout_set_width (layout, MAX_LABEL_WIDTH * PANGO_SCALE);
  return layout;
}

static void
measure (GtkWidget *widget, Label *label)
{
  g_autoptr (PangoLayout) layout = layout_for (widget, label);
  pango_layout_get_pixel_size (layout, &label->width, &label->height);
  label->width = MIN (label->width, MAX_LABEL_WIDTH) + 2 * (int) HALO;
  label->height += 2 * (int) HALO;
}

static void
render (PleMapLabels *labels, GtkWidget *widget, Label *label)
{
  g_autoptr (PangoLayout) layout = layout_for (widget, label);
  label->surface = gdk_window_create_similar_surface (
      gtk_widget_get_window (widget), CAIRO_CONTENT_COLOR_ALPHA, label->width, label->height);
  cairo_t *cr = cairo_create (label->surface);
  cairo_move_to (cr, HALO, HALO);
  pango_cairo_layout_path (cr, layout);
  cairo_set_line_width (cr, HALO);
  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  ple_paint_set (cr, labels->halo, 0.85);
  cairo_stroke (cr);
  cairo_move_to (cr, HALO, HALO);
  ple_paint_set (cr, labels->ink, 1);
  pango_cairo_show_layout (cr, layout);
  cairo_destroy (cr);
}

static cairo_rectangle_t
area_of (const Label *label, const PleCamera *camera)
{
  double x, y;
  ple_camera_to_view (camera, (double) label->x, (double) label->y, &x, &y);
  return (cairo_rectangle_t){ round (x - label->width / 2.0), round (y - label->height / 2.0),
                              label->width, label->height };
}

static gboolean
is_free (const GArray *areas, const cairo_rectangle_t *area)
{
  for (guint i = 0; i < areas->len; i++)
    {
      const cairo_rectangle_t *other = &g_array_index (areas, cairo_rectangle_t, i);
      if (area->x < other->x + other->width + GAP && other->x < area->x + area->width + GAP &&
          area->y < other->y + other->height && other->y < area->y + area->height)
        return FALSE;
    }
  return TRUE;
}

/* Over the view and half a view around it, so that panning brings names in. */
static void
place (PleMapLabels *labels, GtkWidget *widget, const PleCamera *camera)
{
  PleBox box = ple_camera_get_box (camera, MAX (camera->width, camera->height) / 2);
  g_autoptr (GArray) areas = g_array_new (FALSE, FALSE, sizeof (cairo_rectangle_t));
  guint measured = 0;
  g_array_set_size (labels->placed, 0);
  labels->unfinished = FALSE;
  for (guint i = 0; i < labels->labels->len && areas->len < MAX_PLACED; i++)
    {
      Label *label = &g_array_index (labels->labels, Label, i);
      double x = (double) label->x, y = (double) label->y;
      if (x < box.min_x || x > box.max_x || y < box.min_y || y > box.max_y)
        continue;
      if (label->width == 0)
        {
          if (measured++ >= MAX_MEASURED)
            {
              labels->unfinished = TRUE;
              break;
            }
          measure (widget, label);
        }
      cairo_rectangle_t area = area_of (label, camera);
      if (!is_free (areas, &area))
        continue;
      g_array_append_val (areas, area);
      g_array_append_val (labels->placed, i);
    }
  labels->camera = *camera;
  labels->time = g_get_monotonic_time ();
}

static gboolean
is_due (const PleMapLabels *labels, const PleCamera *camera, gboolean final)
{
  const PleCamera *old = &labels->camera;
  if (old->scale <= 0 || labels->unfinished)
    return TRUE;
  gboolean rescaled = fabs (log (camera->scale / old->scale)) > 1e-6;
  gboolean moved = fabs (camera->x - old->x) * camera->scale > camera->width / 4 ||
                   fabs (camera->y - old->y) * camera->scale > camera->height / 4 ||
                   camera->width != old->width || camera->height != old->height;
  return (rescaled || moved) && (final || g_get_monotonic_time () - labels->time > PLACE_INTERVAL);
}

void
ple_map_labels_draw (
    PleMapLabels *labels, GtkWidget *widget, cairo_t *cr, const PleCamera *camera, gboolean final)
{
  if (is_due (labels, camera, final))
    place (labels, widget, camera);
  for (guint i = 0; i < labels->placed->len; i++)
    {
      guint index = g_array_index (labels->placed, guint, i);
      Label *label = &g_array_index (labels->labels, Label, index);
      cairo_rectangle_t area = area_of (label, camera);
      if (area.x + area.width < 0 || area.y + area.height < 0 || area.x > camera->width ||
          area.y > camera->height)
        continue;
      if (label->surface == NULL)
        render (labels, widget, label);
      cairo_set_source_surface (cr, label->surface, area.x, area.y);
      cairo_paint (cr);
    }
}

guint
ple_map_labels_get_n_placed (PleMapLabels *labels)
{
  return labels->placed->len;
}
