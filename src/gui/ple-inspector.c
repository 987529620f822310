/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-inspector.h"

#include "gui/ple-format.h"
#include "gui/ple-paint.h"
#include "gui/ple-surface.h"
#include "gui/ple-widgets.h"

#include <glib/gi18n.h>
#include <math.h>

/* Longer side of what is decoded for the large view, per unit of scale. */
#define VIEW_SIDE 640
#define N_NEIGHBOURS 6
#define NEIGHBOUR_SIDE 74
/* Pictures smaller than this are enlarged by whole factors, so that pixels stay square and crisp;
 * others smoothly. */
#define CRISP_BELOW 64
#define RADIUS 6
#define N_HISTORY 6

struct _PleInspector
{
  GtkScrolledWindow parent_instance;
  PleSession *session;
  GtkWidget *empty_label;
  GtkWidget *content;
  GtkWidget *picture;
  GtkLabel *cluster_label;
  GtkWidget *confidence_box;
  GtkLabel *confidence_label;
  GtkProgressBar *confidence_bar;
  GtkWidget *truth_box;
  GtkLabel *truth_label;
  GtkWidget *neighbours_box;
  GtkWidget *neighbours;
  GtkLabel *history_label;
  GtkLabel *file_label;

  guint32 item;      /* what is shown */
  PleRun *shown_run; /* whose neighbours; only compared */
  GCancellable *cancellable;
  guint n_pending;
  cairo_surface_t *surface;
  guint width; /* of the original, 0 while unknown */
  guint height;
};

G_DEFINE_FINAL_TYPE (PleInspector, ple_inspector, GTK_TYPE_SCROLLED_WINDOW)

static void
ple_inspector_dispose (GObject *object)
{
  PleInspector *inspector = PLE_INSPECTOR (object);

  g_cancellable_cancel (inspector->cancellable);
  g_clear_object (&inspector->cancellable);
  g_clear_pointer (&inspector->surface, cairo_surface_destroy);
  G_OBJECT_CLASS (ple_inspector_parent_class)->dispose (object);
}

static void
ple_inspector_class_init (PleInspectorClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ple_inspector_dispose;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/pleiades/Pleiades/ui/ple-inspector.ui");
  gtk_widget_class_bind_template_child (widget_class, PleInspector, empty_label);
  gtk_widget_class_bind_template_child (widget_class, PleInspector, content);
  gtk_widget_class_bind_template_child (widget_class, PleInspector, picture);
  gtk_widget_class_bind_template_child (widget_class, PleInspector, cluster_label);
  gtk_widget_class_bind_template_child (widget_class, PleInspector, confidence_box);
  gtk_widget_class_bind_template_child (widget_class, PleInspector, confidence_label);
  gtk_widget_class_bind_template_child (widget_class, PleInspector, confidence_bar);
  gtk_widget_class_bind_template_child (widget_class, PleInspector, truth_box);
  gtk_widget_class_bind_template_child (widget_class, PleInspector, truth_label);
  gtk_widget_class_bind_template_child (widget_class, PleInspector, neighbours_box);
  gtk_widget_class_bind_template_child (widget_class, PleInspector, neighbours);
  gtk_widget_class_bind_template_child (widget_class, PleInspector, history_label);
  gtk_widget_class_bind_template_child (widget_class, PleInspector, file_label);
}

/* Fits the picture into the area. */
static gboolean
on_draw_picture (GtkWidget *widget, cairo_t *cr, PleInspector *inspector)
{
  double width = gtk_widget_get_allocated_width (widget);
  double height = gtk_widget_get_allocated_height (widget);
  double scale_x, scale_y, w, h, scale;
  gboolean crisp;

  if (inspector->surface == NULL)
    return FALSE;
  cairo_surface_get_device_scale (inspector->surface, &scale_x, &scale_y);
  w = cairo_image_surface_get_width (inspector->surface) / scale_x;
  h = cairo_image_surface_get_height (inspector->surface) / scale_y;
  scale = MIN (width / w, height / h);
  crisp = scale > 2 && MAX (w, h) * scale_x < CRISP_BELOW;
  if (crisp)
    scale = floor (scale);
  cairo_translate (cr, round ((width - scale * w) / 2), round ((height - scale * h) / 2));
  ple_paint_rounded (cr, 0, 0, scale * w, scale * h, RADIUS);
  cairo_clip (cr);
  cairo_scale (cr, scale, scale);
  cairo_set_source_surface (cr, inspector->surface, 0, 0);
  cairo_pattern_set_filter (cairo_get_source (cr),
                            crisp ? CAIRO_FILTER_NEAREST : CAIRO_FILTER_GOOD);
  cairo_paint (cr);
  return FALSE;
}

static void
ple_inspector_init (PleInspector *inspector)
{
  gtk_widget_init_template (GTK_WIDGET (inspector));
  inspector->item = PLE_SELECTION_NO_ITEM;
  g_signal_connect (inspector->picture, "draw", G_CALLBACK (on_draw_picture), inspector);
}

/* Decoding, on a thread: the large picture, or a thumbnail of a neighbour. */

typedef struct
{
  PleDataset *dataset;
  guint32 item;
  guint side; /* 0: whole picture of about VIEW_SIDE */
  int scale;
  cairo_surface_t *surface;
  guint width;
  guint height;
  GtkImage *target; /* of a thumbnail */
} Decoding;

static void
decoding_free (gpointer data)
{
  Decoding *decoding = data;

  ple_dataset_unref (decoding->dataset);
  g_clear_pointer (&decoding->surface, cairo_surface_destroy);
  g_clear_object (&decoding->target);
  g_free (decoding);
}

static void
decode_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Decoding *decoding = data;
  guint hint = decoding->side > 0 ? decoding->side : (guint) (VIEW_SIDE * decoding->scale);
  g_autoptr (GError) error = NULL;
  g_autoptr (PleImage) image = NULL;
  g_autoptr (PleImage) fitted = NULL;

  if (g_cancellable_is_cancelled (cancellable))
    {
      g_task_return_boolean (task, FALSE);
      return;
    }
  image =
      ple_dataset_decode (decoding->dataset, decoding->item, decoding->side > 0 ? hint : 0, &error);
  if (image == NULL)
    image = ple_image_new_placeholder (MIN (hint, 256));
  decoding->width = image->width;
  decoding->height = image->height;
  if (decoding->side > 0)
    fitted = ple_image_resize_square (image, decoding->side, NULL);
  else if (MAX (image->width, image->height) > hint)
    {
      double share = (double) hint / MAX (image->width, image->height);

      fitted = ple_image_resize (image, MAX ((guint) (image->width * share), 1),
                                 MAX ((guint) (image->height * share), 1), NULL);
    }
  decoding->surface = ple_surface_new_from_image (fitted != NULL ? fitted : image, decoding->scale);
  g_task_return_boolean (task, TRUE);
}

static void
on_decoded (GObject *source, GAsyncResult *result, gpointer data)
{
  PleInspector *inspector = PLE_INSPECTOR (source);
  Decoding *decoding = g_task_get_task_data (G_TASK (result));

  inspector->n_pending--;
  if (!g_task_propagate_boolean (G_TASK (result), NULL))
    return;
  if (decoding->target != NULL)
    gtk_image_set_from_surface (decoding->target, decoding->surface);
  else
    {
      g_clear_pointer (&inspector->surface, cairo_surface_destroy);
      inspector->surface = g_steal_pointer (&decoding->surface);
      inspector->width = decoding->width;
      inspector->height = decoding->height;
      gtk_widget_queue_draw (inspector->picture);
    }
}

static void
decode (PleInspector *inspector, guint32 item, guint side, GtkImage *target)
{
  Decoding *decoding = g_new0 (Decoding, 1);
  g_autoptr (GTask) task = NULL;

  decoding->dataset = ple_dataset_ref (ple_session_get_dataset (inspector->session));
  decoding->item = item;
  decoding->scale = gtk_widget_get_scale_factor (GTK_WIDGET (inspector));
  decoding->side = side * (guint) decoding->scale;
  decoding->target = target != NULL ? g_object_ref (target) : NULL;
  task = g_task_new (inspector, inspector->cancellable, on_decoded, NULL);
  g_task_set_task_data (task, decoding, decoding_free);
  inspector->n_pending++;
  g_task_run_in_thread (task, decode_in_thread);
}

static void
on_neighbour_clicked (GtkButton *button, PleInspector *inspector)
{
  guint32 item = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (button), "item"));
  PleSelection *selection = ple_session_get_selection (inspector->session);

  ple_selection_apply (selection, &item, 1, PLE_SELECT_REPLACE);
  ple_selection_set_focus (selection, item);
}

static void
show_neighbours (PleInspector *inspector)
{
  PleRun *run = ple_session_get_run (inspector->session);
  PleDataset *dataset = ple_session_get_dataset (inspector->session);
  const gint32 *labels = ple_session_get_labels (inspector->session);
  gboolean shown = run != NULL && run->neighbours != NULL && ple_dataset_has_pictures (dataset);

  ple_container_clear (GTK_CONTAINER (inspector->neighbours));
  inspector->shown_run = run;
  gtk_widget_set_visible (inspector->neighbours_box, shown);
  for (size_t k = 0; shown && k < MIN (run->n_neighbours, N_NEIGHBOURS); k++)
    {
      gint32 other = run->neighbours[inspector->item * run->n_neighbours + k];
      g_autofree char *name = NULL;
      g_autofree char *cluster = NULL;
      g_autofree char *tip = NULL;
      GtkWidget *button, *image;

      if (other < 0)
        continue;
      name = ple_dataset_dup_item_name (dataset, (size_t) other);
      cluster = ple_session_dup_cluster_name (inspector->session, labels[other]);
      tip = g_strdup_printf ("%s\n%s", name, cluster);
      button = gtk_button_new ();
      image = gtk_image_new ();
      gtk_widget_set_size_request (image, NEIGHBOUR_SIDE, NEIGHBOUR_SIDE);
      gtk_container_add (GTK_CONTAINER (button), image);
      gtk_button_set_relief (GTK_BUTTON (button), GTK_RELIEF_NONE);
      gtk_style_context_add_class (gtk_widget_get_style_context (button), "picture-button");
      gtk_widget_set_tooltip_text (button, tip);
      atk_object_set_name (gtk_widget_get_accessible (button), name);
      g_object_set_data (G_OBJECT (button), "item", GUINT_TO_POINTER ((guint32) other));
      g_signal_connect (button, "clicked", G_CALLBACK (on_neighbour_clicked), inspector);
      gtk_container_add (GTK_CONTAINER (inspector->neighbours), button);
      gtk_widget_show_all (gtk_widget_get_parent (button));
      decode (inspector, (guint32) other, NEIGHBOUR_SIDE, GTK_IMAGE (image));
    }
}

static const char *
describe_state (PleState state)
{
  static const char *const names[PLE_N_STATES] = {
    [PLE_STATE_AUTO] = N_ ("as the run says"), [PLE_STATE_CONFIRMED] = N_ ("confirmed"),
    [PLE_STATE_UNSURE] = N_ ("unsure"),        [PLE_STATE_EXCLUDED] = N_ ("excluded"),
    [PLE_STATE_CONFLICT] = N_ ("conflicting"),
  };

  return _ (names[state]);
}

static void
show_history (PleInspector *inspector)
{
  PleCuration *curation = ple_session_get_curation (inspector->session);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GPtrArray) entries = NULL;
  PleRun *run = ple_session_get_run (inspector->session);

  if (run != NULL)
    {
      g_autofree char *first = NULL;
      gint32 label = run->labels->data[inspector->item];

      first = label >= 0 ? g_strdup_printf (_ ("Cluster %d"), label) : g_strdup (_ ("No cluster"));
      g_string_append_printf (text, _ ("%s: %s"), _ (ple_recipe_get_method (run->recipe)->title),
                              first);
    }
  if (curation != NULL)
    entries = ple_curation_dup_history (curation, inspector->item);
  for (guint i = entries != NULL && entries->len > N_HISTORY ? entries->len - N_HISTORY : 0;
       entries != NULL && i < entries->len; i++)
    {
      const PleJournalEntry *entry = g_ptr_array_index (entries, i);
      g_autofree char *when = ple_format_time (entry->time);

      g_string_append_printf (text, "\n%s %s", when, entry->summary);
      if (entry->undone)
        g_string_append (text, _ (" (undone)"));
    }
  gtk_label_set_text (inspector->history_label, text->str);
}

/* What depends on decisions: cheap, called after each. */
static void
show_label (PleInspector *inspector)
{
  PleDataset *dataset = ple_session_get_dataset (inspector->session);
  PleRun *run = ple_session_get_run (inspector->session);
  PleLabels *truth = ple_dataset_get_labels (dataset);
  const gint32 *labels = ple_session_get_labels (inspector->session);
  const guint8 *states = ple_session_get_states (inspector->session);
  g_autofree char *name = NULL;
  g_autofree char *text = NULL;

  if (labels != NULL)
    name = ple_session_dup_cluster_name (inspector->session, labels[inspector->item]);
  else
    name = g_strdup (_ ("not grouped yet"));
  if (states != NULL)
    text = g_strdup_printf ("%s · %s", name, describe_state (states[inspector->item]));
  gtk_label_set_text (inspector->cluster_label, text != NULL ? text : name);

  gtk_widget_set_visible (inspector->confidence_box, run != NULL && run->confidence != NULL);
  if (run != NULL && run->confidence != NULL)
    {
      double confidence = (double) run->confidence->data[inspector->item];
      g_autofree char *figure = g_strdup_printf (_ ("Confidence %.2f"), confidence);

      gtk_label_set_text (inspector->confidence_label, figure);
      gtk_progress_bar_set_fraction (inspector->confidence_bar, CLAMP (confidence, 0, 1));
    }
  gtk_widget_set_visible (inspector->truth_box, truth != NULL && truth->data[inspector->item] >= 0);
  if (truth != NULL && truth->data[inspector->item] >= 0)
    gtk_label_set_text (
        inspector->truth_label,
        ple_dataset_get_class_name (dataset, (size_t) truth->data[inspector->item]));
  show_history (inspector);
}

static void
show_item (PleInspector *inspector)
{
  PleDataset *dataset = ple_session_get_dataset (inspector->session);
  guint32 item = ple_selection_get_focus (ple_session_get_selection (inspector->session));
  g_autofree char *name = NULL;

  g_cancellable_cancel (inspector->cancellable);
  g_clear_object (&inspector->cancellable);
  inspector->cancellable = g_cancellable_new ();
  inspector->item = item;
  gtk_widget_set_visible (inspector->content, item != PLE_SELECTION_NO_ITEM);
  gtk_widget_set_visible (inspector->empty_label, item == PLE_SELECTION_NO_ITEM);
  if (item == PLE_SELECTION_NO_ITEM)
    {
      g_clear_pointer (&inspector->surface, cairo_surface_destroy);
      return;
    }
  name = ple_dataset_dup_item_name (dataset, item);
  gtk_label_set_text (inspector->file_label, name);
  atk_object_set_name (gtk_widget_get_accessible (inspector->picture), name);
  gtk_widget_set_visible (inspector->picture, ple_dataset_has_pictures (dataset));
  if (ple_dataset_has_pictures (dataset))
    decode (inspector, item, 0, NULL);
  show_label (inspector);
  show_neighbours (inspector);
}

static void
on_clusters_changed (PleInspector *inspector)
{
  if (inspector->item == PLE_SELECTION_NO_ITEM)
    return;
  show_label (inspector);
  if (inspector->shown_run != ple_session_get_run (inspector->session))
    show_neighbours (inspector);
}

static void
on_run_may_have_changed (PleInspector *inspector)
{
  if (inspector->item != PLE_SELECTION_NO_ITEM)
    show_item (inspector);
}

gboolean
ple_inspector_is_settled (PleInspector *inspector)
{
  return inspector->n_pending == 0;
}

void
ple_inspector_set_session (PleInspector *inspector, PleSession *session)
{
  inspector->session = session;
  g_signal_connect_object (ple_session_get_selection (session), "focus-changed",
                           G_CALLBACK (show_item), inspector, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "clusters-changed", G_CALLBACK (on_clusters_changed), inspector,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "phase-changed", G_CALLBACK (on_run_may_have_changed),
                           inspector, G_CONNECT_SWAPPED);
  gtk_widget_set_visible (inspector->empty_label, TRUE);
}
