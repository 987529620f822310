/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-recent-tile.h"

#include "gui/ple-format.h"
#include "gui/ple-mosaic.h"

#include <glib/gi18n.h>

struct _PleRecentTile
{
  GtkOverlay parent_instance;
  GtkWidget *open_button;
  GtkWidget *forget_button;
  GtkImage *picture;
  GtkLabel *title_label;
  GtkLabel *detail_label;
  GCancellable *cancellable;
  char *cache_dir;
  char *path;
};

G_DEFINE_FINAL_TYPE (PleRecentTile, ple_recent_tile, GTK_TYPE_OVERLAY)

typedef struct
{
  char *cache_dir;
  char *path;
  int scale;
  PleMosaic mosaic;
  cairo_surface_t *surface;
} Load;

static void
load_free (gpointer data)
{
  Load *load = data;

  g_clear_pointer (&load->surface, cairo_surface_destroy);
  g_free (load->cache_dir);
  g_free (load->path);
  g_free (load);
}

static void
load_cb (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Load *load = data;

  load->surface = ple_mosaic_load (load->cache_dir, load->path, load->scale, &load->mosaic);
  g_task_return_boolean (task, load->surface != NULL);
}

/* "1 800 pictures · 25 % confirmed" */
static char *
describe (const PleMosaic *mosaic)
{
  g_autofree char *n = ple_format_count (mosaic->n_items);
  g_autofree char *pictures =
      g_strdup_printf (ngettext ("%s picture", "%s pictures", (gulong) mosaic->n_items), n);

  if (mosaic->n_confirmed == 0)
    return g_strdup_printf (_ ("%s · not reviewed"), pictures);
  if (mosaic->n_confirmed >= mosaic->n_items)
    return g_strdup_printf (_ ("%s · done"), pictures);
  return g_strdup_printf (
      _ ("%s · %d %% confirmed"), pictures,
      (int) MAX (100 * (double) mosaic->n_confirmed / (double) mosaic->n_items, 1));
}

static void
on_loaded (GObject *source, GAsyncResult *result, gpointer data)
{
  PleRecentTile *tile = PLE_RECENT_TILE (source);
  Load *load = g_task_get_task_data (G_TASK (result));
  g_autofree char *detail = NULL;

  /* Cancelled, or nothing is kept: the placeholder stays. */
  if (!g_task_propagate_boolean (G_TASK (result), NULL))
    return;
  gtk_image_set_from_surface (tile->picture, load->surface);
  gtk_style_context_remove_class (gtk_widget_get_style_context (GTK_WIDGET (tile->picture)),
                                  "mosaic-placeholder");
  detail = describe (&load->mosaic);
  gtk_label_set_text (tile->detail_label, detail);
}

static void
start_loading (PleRecentTile *tile)
{
  g_autoptr (GTask) task = g_task_new (tile, tile->cancellable, on_loaded, NULL);
  Load *load = g_new0 (Load, 1);

  load->cache_dir = g_strdup (tile->cache_dir);
  load->path = g_strdup (tile->path);
  load->scale = gtk_widget_get_scale_factor (GTK_WIDGET (tile));
  g_task_set_task_data (task, load, load_free);
  g_task_run_in_thread (task, load_cb);
}

static void
ple_recent_tile_dispose (GObject *object)
{
  PleRecentTile *tile = PLE_RECENT_TILE (object);

  g_cancellable_cancel (tile->cancellable);
  g_clear_object (&tile->cancellable);
  G_OBJECT_CLASS (ple_recent_tile_parent_class)->dispose (object);
}

static void
ple_recent_tile_finalize (GObject *object)
{
  g_free (PLE_RECENT_TILE (object)->cache_dir);
  g_free (PLE_RECENT_TILE (object)->path);
  G_OBJECT_CLASS (ple_recent_tile_parent_class)->finalize (object);
}

static void
ple_recent_tile_class_init (PleRecentTileClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ple_recent_tile_dispose;
  G_OBJECT_CLASS (klass)->finalize = ple_recent_tile_finalize;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/pleiades/Pleiades/ui/ple-recent-tile.ui");
  gtk_widget_class_bind_template_child (widget_class, PleRecentTile, open_button);
  gtk_widget_class_bind_template_child (widget_class, PleRecentTile, forget_button);
  gtk_widget_class_bind_template_child (widget_class, PleRecentTile, picture);
  gtk_widget_class_bind_template_child (widget_class, PleRecentTile, title_label);
  gtk_widget_class_bind_template_child (widget_class, PleRecentTile, detail_label);
}

static void
ple_recent_tile_init (PleRecentTile *tile)
{
  gtk_widget_init_template (GTK_WIDGET (tile));
  gtk_widget_set_size_request (GTK_WIDGET (tile->picture), PLE_MOSAIC_SIDE, PLE_MOSAIC_SIDE);
  tile->cancellable = g_cancellable_new ();
}

/* "today, 15:20", "3 days ago" or a date. */
static char *
describe_time (gint64 time)
{
  g_autoptr (GDateTime) then = g_date_time_new_from_unix_local (time);
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  gint64 days;

  if (then == NULL)
    return g_strdup ("");
  days = g_date_time_difference (now, then) / G_TIME_SPAN_DAY;
  if (days < 1)
    return g_date_time_format (then, _ ("today, %H:%M"));
  if (days < 7)
    return g_strdup_printf (ngettext ("%d day ago", "%d days ago", (gulong) days), (int) days);
  return g_date_time_format (then, "%x");
}

GtkWidget *
ple_recent_tile_new (const PleRecentProject *recent, const char *cache_dir)
{
  PleRecentTile *tile = g_object_new (PLE_TYPE_RECENT_TILE, NULL);
  g_autofree char *when = describe_time (recent->time);
  g_autofree char *tooltip = g_strdup_printf ("%s\n%s", recent->path, when);

  tile->path = g_strdup (recent->path);
  tile->cache_dir = g_strdup (cache_dir);
  gtk_label_set_text (tile->title_label, recent->title);
  gtk_label_set_text (tile->detail_label, recent->missing ? _ ("moved or deleted") : when);
  gtk_widget_set_tooltip_text (tile->open_button, tooltip);
  atk_object_set_name (gtk_widget_get_accessible (tile->open_button), recent->title);
  gtk_actionable_set_action_target (GTK_ACTIONABLE (tile->open_button), "s", recent->path);
  gtk_actionable_set_action_target (GTK_ACTIONABLE (tile->forget_button), "s", recent->path);
  if (recent->missing)
    gtk_image_set_from_icon_name (tile->picture, "image-missing-symbolic", GTK_ICON_SIZE_DIALOG);
  else
    start_loading (tile);
  return GTK_WIDGET (tile);
}
