/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-map-pane.h"

#include "gui/ple-run-button.h"

#include <glib/gi18n.h>

#define HOVER_SIDE 128
/* Names beyond this would only be dropped as colliding. */
#define N_MAP_NAMES 200

struct _PleMapPane
{
  GtkOverlay parent_instance;
  PleSession *session;
  PleMapView *map;
  PleMapView *truth_map;
  GtkWidget *note;
  GtkLabel *colour_label;
  PleRunButton *run_button;
  GtkWidget *legend;

  PlePictureCache *pictures; /* that the hovered picture comes from */
  PleColourMode colour_mode;
  PleMapColours *colours;
  gboolean legend_wanted;
  guint32 hovered;
  PleMapView *hover_map;
  GtkWidget *hover_popover;
  GtkWidget *hover_image;
};

enum
{
  CONTEXT_MENU,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (PleMapPane, ple_map_pane, GTK_TYPE_OVERLAY)

static const char *const colour_names[PLE_N_COLOUR_MODES] = {
  [PLE_COLOUR_BY_CLUSTER] = N_ ("Colour: cluster"),
  [PLE_COLOUR_BY_CLASS] = N_ ("Colour: true class"),
  [PLE_COLOUR_BY_STATE] = N_ ("Colour: state"),
  [PLE_COLOUR_BY_CONFIDENCE] = N_ ("Colour: confidence"),
  [PLE_COLOUR_BY_CORRECTNESS] = N_ ("Colour: right or wrong"),
};

static void
update_names (PleMapPane *pane)
{
  PleClusterIndex *index = ple_session_get_index (pane->session);
  PleCuration *curation = ple_session_get_curation (pane->session);
  PlePoints *points = curation != NULL ? ple_session_get_points (pane->session) : NULL;
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GArray) xy = g_array_new (FALSE, FALSE, sizeof (float));
  g_autoptr (GArray) weights = g_array_new (FALSE, FALSE, sizeof (double));
  size_t n_ids = index != NULL ? ple_cluster_index_get_n_ids (index) : 0;

  for (size_t id = 0; points != NULL && id < n_ids; id++)
    {
      PleClusterInfo info = ple_curation_get_cluster (curation, (gint32) id);
      const PleClusterSummary *summary = ple_cluster_index_get (index, (gint32) id);
      guint32 position;
      double weight = (double) summary->size;

      /* Numbers say little; names are what the person gave. */
      if (summary->n_nearest == 0 || (info.name[0] == '\0' && n_ids > N_MAP_NAMES))
        continue;
      position = points->position[summary->nearest[0]];
      if (position == PLE_POINTS_NOWHERE)
        continue;
      if (info.name[0] != '\0')
        {
          g_ptr_array_add (names, g_strdup (info.name));
          weight *= 1000;
        }
      else
        g_ptr_array_add (names, g_strdup_printf ("%" G_GSIZE_FORMAT, id));
      g_array_append_val (xy, points->x[position]);
      g_array_append_val (xy, points->y[position]);
      g_array_append_val (weights, weight);
    }
  ple_map_view_set_names (pane->map, names->len, (const char *const *) names->pdata,
                          (const float *) (void *) xy->data,
                          (const double *) (void *) weights->data);
}

/* While one cluster is in focus the others step back. */
static void
update_flags (PleMapPane *pane)
{
  gint32 scope = ple_session_get_scope (pane->session);
  const gint32 *labels = ple_session_get_labels (pane->session);
  size_t n = ple_session_get_n_items (pane->session);
  g_autofree guint8 *flags = NULL;

  if (scope < 0 || labels == NULL)
    {
      ple_map_view_set_flags (pane->map, NULL, n);
      return;
    }
  flags = g_new (guint8, MAX (n, 1));
  for (size_t i = 0; i < n; i++)
    flags[i] = labels[i] == scope ? PLE_POINT_HIGHLIGHTED : PLE_POINT_GREYED;
  ple_map_view_set_flags (pane->map, flags, n);
}

static void
set_colours (PleMapView *map, const PleMapColours *colours)
{
  ple_map_view_set_colours (map, colours->index, colours->n, colours->table, colours->n_table);
}

static void
update_colours (PleMapPane *pane)
{
  g_clear_pointer (&pane->colours, ple_map_colours_free);
  if (ple_session_get_index (pane->session) == NULL)
    return;
  pane->colours = ple_map_colours_new (pane->session, pane->colour_mode);
  set_colours (pane->map, pane->colours);
  if (gtk_widget_get_visible (GTK_WIDGET (pane->truth_map)))
    {
      g_autoptr (PleMapColours) truth = ple_map_colours_new (pane->session, PLE_COLOUR_BY_CLASS);

      set_colours (pane->truth_map, truth);
    }
  gtk_label_set_text (pane->colour_label, _ (colour_names[pane->colour_mode]));
  gtk_widget_set_visible (pane->legend, pane->legend_wanted && pane->colours->legend->len > 0);
  gtk_widget_set_size_request (pane->legend, 150, 12 + 18 * (int) pane->colours->legend->len);
  gtk_widget_queue_draw (pane->legend);
}

static gboolean
on_draw_legend (GtkWidget *widget, cairo_t *cr, PleMapPane *pane)
{
  GtkStyleContext *style = gtk_widget_get_style_context (widget);
  double width = gtk_widget_get_allocated_width (widget);
  double height = gtk_widget_get_allocated_height (widget);
  g_autoptr (PangoLayout) layout = gtk_widget_create_pango_layout (widget, NULL);
  GdkRGBA paper = { 1, 1, 1, 1 }, ink;

  if (pane->colours == NULL)
    return FALSE;
  gtk_style_context_lookup_color (style, "theme_base_color", &paper);
  gtk_style_context_get_color (style, gtk_style_context_get_state (style), &ink);
  cairo_rectangle (cr, 0, 0, width, height);
  cairo_set_source_rgba (cr, paper.red, paper.green, paper.blue, 0.85);
  cairo_fill (cr);
  pango_layout_set_ellipsize (layout, PANGO_ELLIPSIZE_END);
  pango_layout_set_width (layout, (int) (width - 32) * PANGO_SCALE);
  for (guint i = 0; i < pane->colours->legend->len; i++)
    {
      const PleLegendEntry *entry = g_ptr_array_index (pane->colours->legend, i);
      double y = 6 + 18.0 * i;

      cairo_arc (cr, 12, y + 9, 5, 0, 2 * G_PI);
      cairo_set_source_rgb (cr, (entry->colour >> 16) / 255.0, (entry->colour >> 8 & 255) / 255.0,
                            (entry->colour & 255) / 255.0);
      cairo_fill (cr);
      pango_layout_set_text (layout, entry->text, -1);
      gdk_cairo_set_source_rgba (cr, &ink);
      cairo_move_to (cr, 24, y);
      pango_cairo_show_layout (cr, layout);
    }
  return FALSE;
}

static void
update_note (PleMapPane *pane)
{
  PleJob *job = ple_session_get_job (pane->session);
  gboolean has_map = ple_session_get_layout (pane->session) != NULL;
  const char *text;

  if (job != NULL && !ple_job_is_over (job))
    text = _ ("The map appears here as soon as the pictures are described.\n"
              "You can browse them below already.");
  else if (job != NULL && ple_job_get_state (job) == PLE_JOB_FAILED)
    text = _ ("The run failed. The ring at the top says why.");
  else if (job != NULL && ple_job_get_state (job) == PLE_JOB_CANCELLED)
    text = _ ("The run was cancelled. The ring at the top lets you try again.");
  else
    text = _ ("This run has no map.");
  gtk_label_set_text (GTK_LABEL (pane->note), text);
  gtk_widget_set_visible (pane->note, !has_map);
}

static void
on_layout_changed (PleMapPane *pane)
{
  PleMatrix *xy = ple_session_get_layout (pane->session);

  ple_map_view_set_points (pane->map, xy);
  if (gtk_widget_get_visible (GTK_WIDGET (pane->truth_map)))
    ple_map_view_set_points (pane->truth_map, xy);
  update_note (pane);
  update_names (pane);
}

/* Hover */

static void
hide_hover (PleMapPane *pane)
{
  pane->hovered = PLE_SELECTION_NO_ITEM;
  gtk_popover_popdown (GTK_POPOVER (pane->hover_popover));
}

/* Shows the hovered picture as soon as a thread has made it. */
static void
show_hover (PleMapPane *pane)
{
  GdkRectangle area = { .width = 1, .height = 1 };
  int scale = gtk_widget_get_scale_factor (GTK_WIDGET (pane));
  const PlePictureForm form = { .side = (guint16) (HOVER_SIDE * scale) };
  cairo_surface_t *surface;
  double x, y;

  if (pane->hovered == PLE_SELECTION_NO_ITEM || pane->pictures == NULL)
    return;
  surface = ple_picture_cache_lookup (pane->pictures, NULL, pane->hovered, form);
  if (surface == NULL)
    {
      ple_picture_cache_request (pane->pictures, pane, pane->hovered, form);
      return;
    }
  if (!ple_map_view_get_item_position (pane->hover_map, pane->hovered, &x, &y))
    return;
  cairo_surface_set_device_scale (surface, scale, scale);
  gtk_image_set_from_surface (GTK_IMAGE (pane->hover_image), surface);
  area.x = (int) x;
  area.y = (int) y;
  gtk_popover_set_relative_to (GTK_POPOVER (pane->hover_popover), GTK_WIDGET (pane->hover_map));
  gtk_popover_set_pointing_to (GTK_POPOVER (pane->hover_popover), &area);
  gtk_popover_popup (GTK_POPOVER (pane->hover_popover));
}

/* The other map of the two, if it is shown. (nullable) */
static PleMapView *
other_map (PleMapPane *pane, PleMapView *map)
{
  PleMapView *other = map == pane->map ? pane->truth_map : pane->map;

  return gtk_widget_get_visible (GTK_WIDGET (other)) ? other : NULL;
}

static void
on_hover (PleMapView *map, guint item, PleMapPane *pane)
{
  PleMapView *other = other_map (pane, map);

  if (other != NULL)
    ple_map_view_set_hover (other, item);
  if (item == pane->hovered)
    return;
  if (pane->pictures != NULL)
    ple_picture_cache_retract (pane->pictures, pane);
  if (item == PLE_SELECTION_NO_ITEM)
    {
      hide_hover (pane);
      return;
    }
  pane->hovered = item;
  pane->hover_map = map;
  show_hover (pane);
}

/* Both maps look from one place: who leads is the one that the person moves. */
static void
on_camera_moved (PleMapView *map, PleMapPane *pane)
{
  PleMapView *other = other_map (pane, map);

  if (other != NULL)
    ple_map_view_mirror (other, map);
}

static void
on_context_menu (PleMapView *map, GdkEvent *event, PleMapPane *pane)
{
  g_signal_emit (pane, signals[CONTEXT_MENU], 0, event);
}

/* Another data set, or none: the hovered picture is of the old one. */
static void
take_pictures (PleMapPane *pane)
{
  PlePictureCache *pictures = ple_session_get_pictures (pane->session);

  if (pane->pictures == pictures)
    return;
  hide_hover (pane);
  if (pane->pictures != NULL)
    g_signal_handlers_disconnect_by_data (pane->pictures, pane);
  g_set_object (&pane->pictures, pictures);
  if (pictures != NULL)
    g_signal_connect_object (pictures, "updated", G_CALLBACK (show_hover), pane, G_CONNECT_SWAPPED);
}

static void
on_clusters_changed (PleMapPane *pane)
{
  update_colours (pane);
  update_names (pane);
}

static void
on_phase_changed (PleMapPane *pane)
{
  take_pictures (pane);
  on_clusters_changed (pane);
  on_layout_changed (pane);
  update_flags (pane);
}

static void
ple_map_pane_dispose (GObject *object)
{
  PleMapPane *pane = PLE_MAP_PANE (object);

  g_clear_pointer (&pane->colours, ple_map_colours_free);
  g_clear_object (&pane->pictures);
  g_clear_pointer (&pane->hover_popover, gtk_widget_destroy);
  G_OBJECT_CLASS (ple_map_pane_parent_class)->dispose (object);
}

static void
ple_map_pane_class_init (PleMapPaneClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  g_type_ensure (PLE_TYPE_MAP_VIEW);
  g_type_ensure (PLE_TYPE_RUN_BUTTON);
  G_OBJECT_CLASS (klass)->dispose = ple_map_pane_dispose;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/pleiades/Pleiades/ui/ple-map-pane.ui");
  gtk_widget_class_bind_template_child (widget_class, PleMapPane, map);
  gtk_widget_class_bind_template_child (widget_class, PleMapPane, truth_map);
  gtk_widget_class_bind_template_child (widget_class, PleMapPane, note);
  gtk_widget_class_bind_template_child (widget_class, PleMapPane, colour_label);
  gtk_widget_class_bind_template_child (widget_class, PleMapPane, run_button);
  gtk_widget_class_bind_template_child (widget_class, PleMapPane, legend);

  signals[CONTEXT_MENU] =
      g_signal_new ("context-menu", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                    NULL, G_TYPE_NONE, 1, GDK_TYPE_EVENT | G_SIGNAL_TYPE_STATIC_SCOPE);
}

static void
make_hover_popover (PleMapPane *pane)
{
  pane->hover_popover = gtk_popover_new (GTK_WIDGET (pane->map));
  pane->hover_image = gtk_image_new ();
  gtk_popover_set_modal (GTK_POPOVER (pane->hover_popover), FALSE);
  gtk_style_context_add_class (gtk_widget_get_style_context (pane->hover_popover), "hover-card");
  gtk_widget_show (pane->hover_image);
  gtk_container_add (GTK_CONTAINER (pane->hover_popover), pane->hover_image);
}

/* Not in the template: GtkBuilder knows no internal child of an accessible of our own. */
static void
watch_map (PleMapPane *pane, PleMapView *map, const char *name)
{
  atk_object_set_name (gtk_widget_get_accessible (GTK_WIDGET (map)), name);
  g_signal_connect (map, "hover", G_CALLBACK (on_hover), pane);
  g_signal_connect (map, "camera-moved", G_CALLBACK (on_camera_moved), pane);
  g_signal_connect (map, "context-menu", G_CALLBACK (on_context_menu), pane);
}

static void
ple_map_pane_init (PleMapPane *pane)
{
  pane->hovered = PLE_SELECTION_NO_ITEM;
  gtk_widget_init_template (GTK_WIDGET (pane));
  make_hover_popover (pane);
  watch_map (pane, pane->map, _ ("Map"));
  watch_map (pane, pane->truth_map, _ ("Map of the true classes"));
  g_signal_connect (pane->legend, "draw", G_CALLBACK (on_draw_legend), pane);
}

void
ple_map_pane_set_session (PleMapPane *pane, PleSession *session)
{
  static const struct
  {
    const char *signal;
    void (*update) (PleMapPane *pane);
  } watched[] = {
    { "phase-changed", on_phase_changed },
    { "layout-changed", on_layout_changed },
    { "clusters-changed", on_clusters_changed },
    { "scope-changed", update_flags },
    { "job-changed", update_note },
  };

  pane->session = session;
  ple_run_button_set_session (pane->run_button, session);
  ple_map_view_set_selection (pane->map, ple_session_get_selection (session));
  ple_map_view_set_selection (pane->truth_map, ple_session_get_selection (session));
  for (size_t i = 0; i < G_N_ELEMENTS (watched); i++)
    g_signal_connect_object (session, watched[i].signal, G_CALLBACK (watched[i].update), pane,
                             G_CONNECT_SWAPPED);
}

PleMapView *
ple_map_pane_get_map (PleMapPane *pane)
{
  return pane->map;
}

PleMapView *
ple_map_pane_get_truth_map (PleMapPane *pane)
{
  return pane->truth_map;
}

void
ple_map_pane_set_colour_mode (PleMapPane *pane, PleColourMode mode)
{
  pane->colour_mode = mode;
  update_colours (pane);
}

void
ple_map_pane_set_side_by_side (PleMapPane *pane, gboolean shown)
{
  if (shown)
    ple_map_view_mirror (pane->truth_map, pane->map);
  gtk_widget_set_visible (GTK_WIDGET (pane->truth_map), shown);
  /* The legend is of the left map. */
  gtk_widget_set_halign (pane->legend, shown ? GTK_ALIGN_START : GTK_ALIGN_END);
  on_layout_changed (pane);
  update_flags (pane);
  update_colours (pane);
}

void
ple_map_pane_set_legend (PleMapPane *pane, gboolean shown)
{
  pane->legend_wanted = shown;
  update_colours (pane);
}

void
ple_map_pane_set_tool (PleMapPane *pane, PleMapTool tool)
{
  ple_map_view_set_tool (pane->map, tool);
  ple_map_view_set_tool (pane->truth_map, tool);
}

gboolean
ple_map_pane_has_focus (PleMapPane *pane)
{
  return gtk_widget_is_focus (GTK_WIDGET (pane->map)) ||
         gtk_widget_is_focus (GTK_WIDGET (pane->truth_map));
}

gboolean
ple_map_pane_is_settled (PleMapPane *pane)
{
  return ple_map_view_get_settled (pane->map) &&
         (!gtk_widget_get_mapped (GTK_WIDGET (pane->truth_map)) ||
          ple_map_view_get_settled (pane->truth_map));
}
