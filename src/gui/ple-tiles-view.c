/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The grid of pictures: model and scrolling. Drawing is in ple-tiles-draw.c, input in
 * ple-tiles-input.c, geometry in ple-tiles-layout.c. */
#include "config.h"

#include "gui/ple-paint.h"
#include "gui/ple-tiles-view-private.h"

#include <glib/gi18n-lib.h>
#include <math.h>

enum
{
  PROP_SETTLED = PLE_SCROLLER_N_PROPS,
  PROP_TILE_SIZE,
};

enum
{
  HOVER,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void cells_init (PleCellsInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (PleTilesView,
                               ple_tiles_view,
                               GTK_TYPE_DRAWING_AREA,
                               G_IMPLEMENT_INTERFACE (GTK_TYPE_SCROLLABLE, NULL)
                                   G_IMPLEMENT_INTERFACE (PLE_TYPE_CELLS, cells_init))

/* ---- scrolling and layout ---- */

double
ple_tiles_view_mirror (PleTilesView *view, double x, double width)
{
  gboolean mirrored = gtk_widget_get_direction (GTK_WIDGET (view)) == GTK_TEXT_DIR_RTL;
  return mirrored ? view->layout.width - x - width : x;
}

static void
configure (PleTilesView *view)
{
  ple_scroller_configure (&view->scroller, view->layout.height, (view->size + PLE_TILES_GAP) / 2.0,
                          gtk_widget_get_allocated_height (GTK_WIDGET (view)) * 0.9);
}

static void
lay_out (PleTilesView *view)
{
  ple_tiles_layout_clear (&view->layout);
  ple_tiles_layout_init (&view->layout, view->n, view->size,
                         gtk_widget_get_allocated_width (GTK_WIDGET (view)), view->starts,
                         view->n_sections, view->titles != NULL);
  configure (view);
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

/* Lays out anew such that tile @index is @offset below the upper edge of the widget. */
static void
lay_out_around (PleTilesView *view, size_t index, double offset)
{
  double x, y;
  lay_out (view);
  if (index >= view->n)
    return;
  ple_tiles_layout_get_place (&view->layout, index, &x, &y);
  ple_scroller_to (&view->scroller, y - offset);
}

/* The first tile that is on the screen at height @y of the widget, and where it is. */
static size_t
tile_near (PleTilesView *view, double y, double *offset)
{
  size_t first, end;
  double x, top, scroll = ple_scroller_get (&view->scroller);
  *offset = 0;
  ple_tiles_layout_get_range (&view->layout, scroll + y, view->layout.height, &first, &end);
  if (first >= view->n)
    return PLE_TILES_NONE;
  ple_tiles_layout_get_place (&view->layout, first, &x, &top);
  *offset = top - scroll;
  return first;
}

void
ple_tiles_view_resize_at (PleTilesView *view, int size, double y)
{
  size = CLAMP (size, PLE_TILE_SIZE_MIN, PLE_TILE_SIZE_MAX);
  if (size == view->size)
    return;
  double offset, share = 0;
  size_t index = tile_near (view, y, &offset);
  gboolean at_top = ple_scroller_get (&view->scroller) <= 0;
  /* The same part of the picture stays under the pointer. */
  if (index < view->n)
    share = (y - offset) / view->size;
  view->size = size;
  ple_tiles_decor_clear (view);
  lay_out_around (view, at_top ? PLE_TILES_NONE : index, y - share * size);
  g_object_notify (G_OBJECT (view), "tile-size");
}

static void
reveal_index (PleTilesView *view, size_t index)
{
  double x, y;
  if (index >= view->n)
    return;
  ple_tiles_layout_get_place (&view->layout, index, &x, &y);
  ple_scroller_reveal (&view->scroller, index < view->layout.columns ? 0 : y - PLE_TILES_GAP,
                       y + view->size + PLE_TILES_PADDING);
}

/* ---- accessibility ---- */

static void
get_visible (PleCells *cells, guint *first, guint *end)
{
  PleTilesView *view = PLE_TILES_VIEW (cells);
  *first = (guint) MIN (view->shown_first, view->n);
  *end = (guint) MIN (view->shown_end, view->n);
}

static void
get_area (PleCells *cells, guint index, GdkRectangle *area)
{
  PleTilesView *view = PLE_TILES_VIEW (cells);
  double x, y;
  if (index >= view->n)
    return;
  ple_tiles_layout_get_place (&view->layout, index, &x, &y);
  x = ple_tiles_view_mirror (view, x, view->size);
  *area = (GdkRectangle){ (int) x, (int) (y - ple_scroller_get (&view->scroller)), view->size,
                          view->size };
}

static char *
dup_name (PleCells *cells, guint index)
{
  PleTilesView *view = PLE_TILES_VIEW (cells);
  if (index < view->n && view->name != NULL)
    return view->name (view->name_data, view->items[index], index);
  return g_strdup_printf (_ ("Tile %u of %zu"), index + 1, view->n);
}

static gboolean
is_selected (PleCells *cells, size_t index)
{
  PleTilesView *view = PLE_TILES_VIEW (cells);
  return view->selection != NULL && index < view->n &&
         ple_selection_contains (view->selection, view->items[index]);
}

static size_t
get_n (PleCells *cells, size_t *focus)
{
  *focus = PLE_TILES_VIEW (cells)->focus;
  return PLE_TILES_VIEW (cells)->n;
}

static size_t
get_at (PleCells *cells, double x, double y)
{
  return ple_tiles_view_get_index_at (PLE_TILES_VIEW (cells), x, y);
}

static guint
get_id (PleCells *cells, size_t index)
{
  return PLE_TILES_VIEW (cells)->items[index];
}

static void
click (PleCells *cells, size_t index, guint modifiers)
{
  ple_tiles_input_click (PLE_TILES_VIEW (cells), index, modifiers);
}

static size_t
step (PleCells *cells, size_t from, PleCellStep step)
{
  PleTilesView *view = PLE_TILES_VIEW (cells);
  gboolean mirrored = gtk_widget_get_direction (GTK_WIDGET (view)) == GTK_TEXT_DIR_RTL;
  long page =
      MAX (gtk_widget_get_allocated_height (GTK_WIDGET (view)) / (view->size + PLE_TILES_GAP), 1);
  switch (step)
    {
    case PLE_CELL_LEFT:
    case PLE_CELL_RIGHT:
      if ((step == PLE_CELL_LEFT) != mirrored)
        return from > 0 ? from - 1 : 0;
      return MIN (from + 1, view->n - 1);
    case PLE_CELL_UP:
      return ple_tiles_layout_step_rows (&view->layout, from, -1);
    case PLE_CELL_DOWN:
      return ple_tiles_layout_step_rows (&view->layout, from, 1);
    case PLE_CELL_PAGE_UP:
      return ple_tiles_layout_step_rows (&view->layout, from, -page);
    case PLE_CELL_PAGE_DOWN:
      return ple_tiles_layout_step_rows (&view->layout, from, page);
    default:
      return PLE_CELL_NONE;
    }
}

static void
set_focus (PleCells *cells, size_t index)
{
  ple_tiles_view_set_focus_index (PLE_TILES_VIEW (cells), index);
}

static void
reveal (PleCells *cells, size_t index)
{
  reveal_index (PLE_TILES_VIEW (cells), index);
}

static void
cells_init (PleCellsInterface *iface)
{
  iface->cell_role = ATK_ROLE_IMAGE;
  iface->get_n = get_n;
  iface->get_visible = get_visible;
  iface->get_at = get_at;
  iface->get_area = get_area;
  iface->get_id = get_id;
  iface->dup_name = dup_name;
  iface->is_selected = is_selected;
  iface->click = click;
  iface->step = step;
  iface->set_focus = set_focus;
  iface->reveal = reveal;
}

/* ---- widget ---- */

static void
ple_tiles_view_size_allocate (GtkWidget *widget, GtkAllocation *allocation)
{
  PleTilesView *view = PLE_TILES_VIEW (widget);
  double offset;
  gboolean rewrap = view->layout.width != allocation->width;
  size_t index = rewrap ? tile_near (view, 0, &offset) : PLE_TILES_NONE;
  gboolean at_top = ple_scroller_get (&view->scroller) <= 0;
  GTK_WIDGET_CLASS (ple_tiles_view_parent_class)->size_allocate (widget, allocation);
  if (rewrap)
    lay_out_around (view, at_top ? PLE_TILES_NONE : index, offset);
  else
    configure (view);
}

static void
ple_tiles_view_style_updated (GtkWidget *widget)
{
  PleTilesView *view = PLE_TILES_VIEW (widget);
  GTK_WIDGET_CLASS (ple_tiles_view_parent_class)->style_updated (widget);
  view->background = ple_paint_theme (widget, "theme_base_color", 0xffffff);
  view->ink = ple_paint_theme (widget, "theme_text_color", 0x202020);
  view->accent = ple_paint_accent (widget, view->background);
  ple_tiles_decor_clear (view);
  gtk_widget_queue_draw (widget);
}

static void
ple_tiles_view_unrealize (GtkWidget *widget)
{
  PleTilesView *view = PLE_TILES_VIEW (widget);
  ple_tiles_input_cancel (view);
  ple_tiles_decor_clear (view);
  if (view->pictures != NULL)
    ple_picture_cache_retract (view->pictures, view);
  GTK_WIDGET_CLASS (ple_tiles_view_parent_class)->unrealize (widget);
}

static void
on_scale_factor_changed (PleTilesView *view)
{
  ple_tiles_decor_clear (view);
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

static void
on_pictures_updated (PleTilesView *view)
{
  ple_tiles_draw_update_settled (view);
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

static void
on_selection_changed (PleTilesView *view)
{
  ple_cells_selection_changed (PLE_CELLS (view));
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

static size_t
find (PleTilesView *view, guint32 item)
{
  for (size_t i = 0; i < view->n; i++)
    if (view->items[i] == item)
      return i;
  return PLE_TILES_NONE;
}

static void
on_focus_changed (PleTilesView *view)
{
  guint32 item = ple_selection_get_focus (view->selection);
  if (view->focus < view->n && view->items[view->focus] == item)
    return;
  view->focus = item != PLE_SELECTION_NO_ITEM ? find (view, item) : PLE_TILES_NONE;
  view->anchor = view->focus;
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

void
ple_tiles_view_set_focus_index (PleTilesView *view, size_t index)
{
  view->focus = index;
  ple_selection_set_focus (view->selection, view->items[index]);
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

static void
ple_tiles_view_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  PleTilesView *view = PLE_TILES_VIEW (object);
  switch (id)
    {
    case PROP_SETTLED:
      g_value_set_boolean (value, view->settled);
      break;
    case PROP_TILE_SIZE:
      g_value_set_int (value, view->size);
      break;
    default:
      if (!ple_scroller_get_property (&view->scroller, id, value))
        G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ple_tiles_view_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  PleTilesView *view = PLE_TILES_VIEW (object);
  switch (id)
    {
    case PROP_TILE_SIZE:
      ple_tiles_view_set_tile_size (view, g_value_get_int (value));
      break;
    default:
      if (!ple_scroller_set_property (&view->scroller, id, value))
        G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ple_tiles_view_dispose (GObject *object)
{
  PleTilesView *view = PLE_TILES_VIEW (object);
  ple_tiles_view_set_pictures (view, NULL);
  ple_tiles_view_set_selection (view, NULL);
  view->info = NULL;
  view->name = NULL;
  view->log = NULL;
  ple_scroller_clear (&view->scroller);
  G_OBJECT_CLASS (ple_tiles_view_parent_class)->dispose (object);
}

static void
ple_tiles_view_finalize (GObject *object)
{
  PleTilesView *view = PLE_TILES_VIEW (object);
  ple_tiles_layout_clear (&view->layout);
  g_free (view->items);
  g_free (view->starts);
  for (size_t s = 0; view->titles != NULL && s < view->n_sections; s++)
    g_free (view->titles[s]);
  g_free (view->titles);
  g_free (view->kept);
  G_OBJECT_CLASS (ple_tiles_view_parent_class)->finalize (object);
}

static void
ple_tiles_view_class_init (PleTilesViewClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  GType type = G_TYPE_FROM_CLASS (klass);

  object_class->get_property = ple_tiles_view_get_property;
  object_class->set_property = ple_tiles_view_set_property;
  object_class->dispose = ple_tiles_view_dispose;
  object_class->finalize = ple_tiles_view_finalize;
  widget_class->draw = ple_tiles_draw;
  widget_class->size_allocate = ple_tiles_view_size_allocate;
  widget_class->style_updated = ple_tiles_view_style_updated;
  widget_class->unrealize = ple_tiles_view_unrealize;
  ple_tiles_input_class_init (widget_class);
  gtk_widget_class_set_css_name (widget_class, "pletiles");
  gtk_widget_class_set_accessible_type (widget_class, PLE_TYPE_CELLS_ACCESSIBLE);
  gtk_widget_class_set_accessible_role (widget_class, ATK_ROLE_TABLE);

  ple_scroller_class_init (object_class);
  g_object_class_install_property (
      object_class, PROP_SETTLED,
      g_param_spec_boolean ("settled", NULL, NULL, TRUE,
                            G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
  g_object_class_install_property (
      object_class, PROP_TILE_SIZE,
      g_param_spec_int ("tile-size", NULL, NULL, PLE_TILE_SIZE_MIN, PLE_TILE_SIZE_MAX,
                        PLE_TILE_SIZE_DEFAULT,
                        G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY));

  signals[HOVER] = g_signal_new ("hover", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                 1, G_TYPE_UINT);
}

static void
ple_tiles_view_init (PleTilesView *view)
{
  ple_scroller_init (&view->scroller, GTK_WIDGET (view));
  view->size = PLE_TILE_SIZE_DEFAULT;
  view->crisp = TRUE;
  view->settled = TRUE;
  view->focus = view->anchor = PLE_TILES_NONE;
  view->hover = PLE_SELECTION_NO_ITEM;
  ple_tiles_layout_init (&view->layout, 0, view->size, 1, NULL, 0, FALSE);
  gtk_style_context_add_class (gtk_widget_get_style_context (GTK_WIDGET (view)), "view");
  gtk_widget_set_can_focus (GTK_WIDGET (view), TRUE);
  ple_tiles_input_init (view);
  g_signal_connect (view, "notify::scale-factor", G_CALLBACK (on_scale_factor_changed), NULL);
  atk_object_set_name (gtk_widget_get_accessible (GTK_WIDGET (view)), _ ("Pictures"));
}

GtkWidget *
ple_tiles_view_new (void)
{
  return g_object_new (PLE_TYPE_TILES_VIEW, NULL);
}

/* ---- model ---- */

void
ple_tiles_view_set_pictures (PleTilesView *view, PlePictureCache *cache)
{
  if (view->pictures != NULL)
    {
      g_signal_handlers_disconnect_by_data (view->pictures, view);
      ple_picture_cache_retract (view->pictures, view);
    }
  g_set_object (&view->pictures, cache);
  if (cache != NULL)
    g_signal_connect_swapped (cache, "updated", G_CALLBACK (on_pictures_updated), view);
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

void
ple_tiles_view_set_selection (PleTilesView *view, PleSelection *selection)
{
  if (view->selection != NULL)
    g_signal_handlers_disconnect_by_data (view->selection, view);
  g_set_object (&view->selection, selection);
  if (selection == NULL)
    return;
  g_signal_connect_swapped (selection, "changed", G_CALLBACK (on_selection_changed), view);
  g_signal_connect_swapped (selection, "focus-changed", G_CALLBACK (on_focus_changed), view);
  on_focus_changed (view);
}

static void
set_sections (PleTilesView *view, const PleTileSection *sections, size_t n)
{
  gboolean titled = FALSE;
  for (size_t s = 0; view->titles != NULL && s < view->n_sections; s++)
    g_free (view->titles[s]);
  g_clear_pointer (&view->titles, g_free);
  g_clear_pointer (&view->starts, g_free);
  view->n_sections = n;
  if (n == 0)
    return;
  view->starts = g_new (size_t, n);
  for (size_t s = 0; s < n; s++)
    {
      view->starts[s] = sections[s].first;
      titled |= sections[s].title != NULL;
    }
  if (!titled)
    return;
  view->titles = g_new0 (char *, n);
  for (size_t s = 0; s < n; s++)
    view->titles[s] = g_strdup (sections[s].title);
}

void
ple_tiles_view_set_items (PleTilesView *view,
                          const guint32 *items,
                          size_t n,
                          const PleTileSection *sections,
                          size_t n_sections)
{
  double offset;
  size_t top = tile_near (view, 0, &offset);
  guint32 top_item = top < view->n ? view->items[top] : PLE_SELECTION_NO_ITEM;
  guint32 focus_item =
      view->selection != NULL ? ple_selection_get_focus (view->selection) : PLE_SELECTION_NO_ITEM;
  gboolean at_top = ple_scroller_get (&view->scroller) <= 0;

  ple_tiles_input_cancel (view);
  g_free (view->items);
  view->items = g_memdup2 (items, n * sizeof *items);
  view->n = n;
  set_sections (view, sections, n_sections);
  view->focus = focus_item != PLE_SELECTION_NO_ITEM ? find (view, focus_item) : PLE_TILES_NONE;
  view->anchor = view->focus;
  view->hover = PLE_SELECTION_NO_ITEM;
  top = at_top || top_item == PLE_SELECTION_NO_ITEM ? PLE_TILES_NONE : find (view, top_item);
  lay_out_around (view, top, offset);
  ple_cells_content_changed (PLE_CELLS (view));
}

const guint32 *
ple_tiles_view_get_items (PleTilesView *view, size_t *n)
{
  *n = view->n;
  return view->items;
}

void
ple_tiles_view_set_info_func (PleTilesView *view, PleTileInfoFunc func, gpointer data)
{
  view->info = func;
  view->info_data = data;
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

void
ple_tiles_view_set_name_func (PleTilesView *view, PleTileNameFunc func, gpointer data)
{
  view->name = func;
  view->name_data = data;
}

void
ple_tiles_view_refresh (PleTilesView *view)
{
  ple_cells_content_changed (PLE_CELLS (view));
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

void
ple_tiles_view_set_tile_size (PleTilesView *view, int size)
{
  ple_tiles_view_resize_at (view, size, 0);
}

int
ple_tiles_view_get_tile_size (PleTilesView *view)
{
  return view->size;
}

void
ple_tiles_view_set_crisp (PleTilesView *view, gboolean crisp)
{
  view->crisp = crisp;
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

void
ple_tiles_view_scroll_to_top (PleTilesView *view)
{
  ple_scroller_to (&view->scroller, 0);
}

void
ple_tiles_view_reveal (PleTilesView *view, guint32 item)
{
  reveal_index (view, find (view, item));
}

size_t
ple_tiles_view_get_index_at (PleTilesView *view, double x, double y)
{
  return ple_tiles_layout_get_at (&view->layout, ple_tiles_view_mirror (view, x, 0),
                                  y + ple_scroller_get (&view->scroller));
}

guint32
ple_tiles_view_get_item_at (PleTilesView *view, double x, double y)
{
  size_t index = ple_tiles_view_get_index_at (view, x, y);
  return index < view->n ? view->items[index] : PLE_SELECTION_NO_ITEM;
}

gboolean
ple_tiles_view_get_item_area (PleTilesView *view, guint32 item, GdkRectangle *area)
{
  size_t index = find (view, item);
  if (index >= view->n)
    return FALSE;
  get_area (PLE_CELLS (view), (guint) index, area);
  return TRUE;
}

gboolean
ple_tiles_view_get_settled (PleTilesView *view)
{
  return view->settled;
}

void
ple_tiles_view_set_frame_log (PleTilesView *view, PleFrameLog *log)
{
  view->log = log;
}
