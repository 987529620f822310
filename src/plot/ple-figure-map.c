/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The map as a figure: panels of points with names and legends. */
#include "config.h"

#include "plot/ple-figure-private.h"
#include "plot/ple-splat.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#define OPACITY 0.78
#define LEGEND_LINES 5
/* Pixels a unit of the embedded image in files without pixels of their own. */
#define VECTOR_IMAGE_SCALE 3

/* Colours of the groups, and after them that of points without one. (transfer full) */
static guint32 *
colour_table (const PleScatterFigure *figure, const PleScatterPanel *panel)
{
  guint32 *table = g_new (guint32, panel->n_groups + 1);
  g_autofree guint8 *assigned = NULL;
  const guint8 *colours = panel->colours;
  if (colours == NULL)
    {
      assigned = g_new (guint8, panel->n_groups + 1);
      ple_palette_assign (figure->points, panel->labels, panel->n_groups, assigned);
      colours = assigned;
    }
  for (size_t g = 0; g < panel->n_groups; g++)
    table[g] = ple_palette_get (figure->set, colours[g]);
  table[panel->n_groups] = PLE_PALETTE_NONE;
  return table;
}

static size_t
group_of (const PleScatterPanel *panel, guint32 id)
{
  gint32 g = panel->labels[id];
  return g >= 0 && (size_t) g < panel->n_groups ? (size_t) g : panel->n_groups;
}

static void
draw_discs (cairo_t *cr,
            const PlePoints *points,
            const PleScatterPanel *panel,
            const guint32 *table,
            const PleCamera *camera,
            double radius)
{
  for (size_t p = 0; p < points->n_placed; p++)
    {
      double x, y;
      ple_camera_to_view (camera, (double) points->x[p], (double) points->y[p], &x, &y);
      ple_set_colour_alpha (cr, table[group_of (panel, points->id[p])], OPACITY);
      cairo_arc (cr, x, y, radius, 0, 2 * G_PI);
      cairo_fill (cr);
    }
}

static void
draw_image (cairo_t *cr, PleSplatScene *scene, const PleCamera *camera, guint32 background)
{
  cairo_surface_type_t type = cairo_surface_get_type (cairo_get_target (cr));
  double scale = VECTOR_IMAGE_SCALE, unused = 0;
  if (type == CAIRO_SURFACE_TYPE_IMAGE)
    {
      scale = 1;
      cairo_user_to_device_distance (cr, &scale, &unused);
    }
  PleCamera fine = *camera;
  fine.scale *= scale;
  fine.width = ceil (camera->width * scale);
  fine.height = ceil (camera->height * scale);
  scene->pixel_ratio = scale;

  cairo_surface_t *image =
      cairo_image_surface_create (CAIRO_FORMAT_RGB24, (int) fine.width, (int) fine.height);
  cairo_t *fill = cairo_create (image);
  ple_set_colour (fill, background);
  cairo_paint (fill);
  cairo_destroy (fill);
  ple_splat_render (scene, &fine, 0, image, NULL, NULL);
  cairo_save (cr);
  cairo_scale (cr, 1 / scale, 1 / scale);
  cairo_set_source_surface (cr, image, 0, 0);
  cairo_paint (cr);
  cairo_restore (cr);
  cairo_surface_destroy (image);
}

typedef struct
{
  size_t group;
  size_t count;
} GroupSize;

static int
compare_sizes (gconstpointer a, gconstpointer b)
{
  const GroupSize *x = a, *y = b;
  if (x->count != y->count)
    return x->count > y->count ? -1 : 1;
  return (x->group > y->group) - (x->group < y->group);
}

/* Groups by size, the largest first. (transfer full) */
static GroupSize *
by_size (const PlePoints *points, const PleScatterPanel *panel)
{
  GroupSize *sizes = g_new0 (GroupSize, panel->n_groups + 1);
  for (size_t g = 0; g < panel->n_groups; g++)
    sizes[g].group = g;
  for (size_t p = 0; p < points->n_placed; p++)
    sizes[group_of (panel, points->id[p])].count++;
  qsort (sizes, panel->n_groups, sizeof *sizes, compare_sizes);
  return sizes;
}

static gboolean
overlaps_any (const GArray *areas, const PleArea *area)
{
  for (guint i = 0; i < areas->len; i++)
    {
      const PleArea *other = &g_array_index (areas, PleArea, i);
      if (area->x < other->x + other->width && other->x < area->x + area->width &&
          area->y < other->y + other->height && other->y < area->y + area->height)
        return TRUE;
    }
  return FALSE;
}

static void
draw_names (cairo_t *cr,
            const PleFigureStyle *style,
            const PlePoints *points,
            const PleScatterPanel *panel,
            const PleCamera *camera)
{
  g_autofree float *medoids = g_new (float, 2 * panel->n_groups + 1);
  g_autofree GroupSize *sizes = by_size (points, panel);
  g_autoptr (GArray) taken = g_array_new (FALSE, FALSE, sizeof (PleArea));
  ple_points_get_medoids (points, panel->labels, panel->n_groups, medoids);

  for (size_t i = 0; i < panel->n_groups && sizes[i].count > 0; i++)
    {
      size_t g = sizes[i].group;
      const char *name = panel->names != NULL ? panel->names[g] : NULL;
      if (name == NULL)
        continue;
      double x, y, width, height;
      ple_camera_to_view (camera, (double) medoids[2 * g], (double) medoids[2 * g + 1], &x, &y);
      ple_text_measure (cr, style, PLE_TEXT_BOLD, name, &width, &height);
      PleArea area = { x - width / 2, y - height / 2, width, height };
      if (area.x < 0 || area.y < 0 || area.x + width > camera->width ||
          area.y + height > camera->height || overlaps_any (taken, &area))
        continue;
      g_array_append_val (taken, area);
      static const int around[8][2] = { { -1, -1 }, { 0, -1 }, { 1, -1 }, { -1, 0 },
                                        { 1, 0 },   { -1, 1 }, { 0, 1 },  { 1, 1 } };
      for (guint k = 0; k < G_N_ELEMENTS (around); k++)
        ple_text_draw (cr, style, PLE_TEXT_BOLD, style->background, area.x + around[k][0] * 1.2,
                       area.y + around[k][1] * 1.2, 0, 0, -1, name, NULL);
      ple_text_draw (cr, style, PLE_TEXT_BOLD, style->ink, area.x, area.y, 0, 0, -1, name, NULL);
    }
}

static void
draw_points (cairo_t *cr,
             const PleScatterFigure *figure,
             const PleScatterPanel *panel,
             const PleFigureStyle *style,
             const guint32 *table,
             PleArea area)
{
  const PlePoints *points = figure->points;
  PleCamera camera;
  ple_camera_fit (&camera, &points->core, area.width, area.height, 10);
  cairo_save (cr);
  cairo_translate (cr, area.x, area.y);
  cairo_rectangle (cr, 0, 0, area.width, area.height);
  cairo_clip (cr);

  PleSplatScene scene = { .points = points,
                          .table = table,
                          .n_table = (guint) panel->n_groups + 1,
                          .opacity = OPACITY,
                          .size = 1,
                          .pixel_ratio = 1 };
  if (points->n_placed <= PLE_FIGURE_VECTOR_POINTS)
    draw_discs (cr, points, panel, table, &camera, ple_splat_radius (&scene, camera.scale));
  else
    {
      g_autofree guint16 *colours = g_new (guint16, points->n_placed);
      for (size_t p = 0; p < points->n_placed; p++)
        colours[p] = (guint16) MIN (group_of (panel, points->id[p]), G_MAXUINT16);
      scene.colours = colours;
      draw_image (cr, &scene, &camera, style->background);
    }
  if (figure->name_groups)
    draw_names (cr, style, points, panel, &camera);
  cairo_restore (cr);
  ple_set_colour (cr, style->line);
  cairo_set_line_width (cr, 1);
  cairo_rectangle (cr, area.x + 0.5, area.y + 0.5, area.width - 1, area.height - 1);
  cairo_stroke (cr);
}

static void
draw_panel (cairo_t *cr,
            const PleScatterFigure *figure,
            const PleScatterPanel *panel,
            const PleFigureStyle *style,
            PleArea area)
{
  double em = style->font_size;
  g_autofree guint32 *table = colour_table (figure, panel);
  if (panel->title != NULL)
    {
      ple_text_draw (cr, style, PLE_TEXT_BOLD, style->ink, area.x + area.width / 2, area.y, 0.5, 0,
                     area.width, panel->title, NULL);
      area.y += em * 1.8;
      area.height -= em * 1.8;
    }
  if (figure->legend)
    {
      g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
      for (size_t g = 0; g < panel->n_groups; g++)
        g_ptr_array_add (names, panel->names != NULL && panel->names[g] != NULL
                                    ? g_strdup (panel->names[g])
                                    : g_strdup_printf ("%zu", g));
      PleArea legend = { area.x, 0, area.width, em * 1.6 * LEGEND_LINES };
      const char *const *texts = (const char *const *) names->pdata;
      double used = ple_legend_draw (cr, style, legend, texts, table, panel->n_groups, FALSE);
      legend.y = area.y + area.height - used;
      ple_legend_draw (cr, style, legend, texts, table, panel->n_groups, TRUE);
      area.height -= used + em * 0.6;
    }
  if (area.height > 1)
    draw_points (cr, figure, panel, style, table, area);
}

void
ple_figure_scatter (cairo_t *cr, double width, double height, gpointer scatter_figure)
{
  const PleScatterFigure *figure = scatter_figure;
  const PleFigureStyle *style =
      figure->style != NULL ? figure->style : ple_figure_style_get (FALSE);
  PleArea area = ple_figure_begin (cr, width, height, style, figure->title);
  g_return_if_fail (figure->n_panels > 0);
  double gap = style->font_size * 1.5;
  double each = (area.width - gap * (figure->n_panels - 1)) / figure->n_panels;
  for (guint i = 0; i < figure->n_panels; i++)
    draw_panel (cr, figure, &figure->panels[i], style,
                (PleArea){ area.x + (each + gap) * i, area.y, each, area.height });
}
