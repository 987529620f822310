/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-import-page.h"

#include "gui/ple-format.h"
#include "gui/ple-recipe-form.h"
#include "gui/ple-surface.h"
#include "gui/ple-widgets.h"

#include <glib/gi18n.h>

/* The strip: 4 x 2 pictures spread over the data set. */
#define STRIP_COLUMNS 4
#define STRIP_ROWS 2
#define STRIP_SIDE 78
#define STRIP_GAP 8
#define N_ODD_SHOWN 50

struct _PleImportPage
{
  GtkBox parent_instance;
  PleSession *session;
  PleDownloads *downloads; /* of the window, which outlives the page */
  GCancellable *cancellable;
  GtkLabel *title_label;
  GtkLabel *kind_label;
  GtkWidget *strip;
  GtkGrid *facts;
  GtkWidget *odd_expander;
  GtkLabel *odd_label;
  GtkBox *form_box;
  GtkWidget *guess_label;
  GtkLabel *summary_label;
  PleRecipeForm *form;
  cairo_surface_t *pictures[STRIP_COLUMNS * STRIP_ROWS];
};

G_DEFINE_FINAL_TYPE (PleImportPage, ple_import_page, GTK_TYPE_BOX)

static void
drop_pictures (PleImportPage *page)
{
  for (size_t i = 0; i < G_N_ELEMENTS (page->pictures); i++)
    g_clear_pointer (&page->pictures[i], cairo_surface_destroy);
}

static void
ple_import_page_dispose (GObject *object)
{
  PleImportPage *page = PLE_IMPORT_PAGE (object);

  g_cancellable_cancel (page->cancellable);
  g_clear_object (&page->cancellable);
  drop_pictures (page);
  G_OBJECT_CLASS (ple_import_page_parent_class)->dispose (object);
}

static void
ple_import_page_class_init (PleImportPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ple_import_page_dispose;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/pleiades/Pleiades/ui/ple-import-page.ui");
  gtk_widget_class_bind_template_child (widget_class, PleImportPage, title_label);
  gtk_widget_class_bind_template_child (widget_class, PleImportPage, kind_label);
  gtk_widget_class_bind_template_child (widget_class, PleImportPage, strip);
  gtk_widget_class_bind_template_child (widget_class, PleImportPage, facts);
  gtk_widget_class_bind_template_child (widget_class, PleImportPage, odd_expander);
  gtk_widget_class_bind_template_child (widget_class, PleImportPage, odd_label);
  gtk_widget_class_bind_template_child (widget_class, PleImportPage, form_box);
  gtk_widget_class_bind_template_child (widget_class, PleImportPage, guess_label);
  gtk_widget_class_bind_template_child (widget_class, PleImportPage, summary_label);
}

static gboolean
on_draw_strip (GtkWidget *widget, cairo_t *cr, PleImportPage *page)
{
  gboolean mirrored = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL;

  for (int i = 0; i < STRIP_COLUMNS * STRIP_ROWS; i++)
    {
      int column = i % STRIP_COLUMNS;
      double x = (mirrored ? STRIP_COLUMNS - 1 - column : column) * (STRIP_SIDE + STRIP_GAP);
      double y = i / STRIP_COLUMNS * (STRIP_SIDE + STRIP_GAP);

      if (page->pictures[i] == NULL)
        continue;
      cairo_set_source_surface (cr, page->pictures[i], x, y);
      cairo_paint (cr);
    }
  return FALSE;
}

static void
ple_import_page_init (PleImportPage *page)
{
  gtk_widget_init_template (GTK_WIDGET (page));
  page->form = PLE_RECIPE_FORM (ple_recipe_form_new ());
  gtk_container_add (GTK_CONTAINER (page->form_box), GTK_WIDGET (page->form));
  g_signal_connect (page->strip, "draw", G_CALLBACK (on_draw_strip), page);
}

/* Pictures of the strip, decoded on a thread. */

typedef struct
{
  PleDataset *dataset;
  int scale;
  cairo_surface_t *pictures[STRIP_COLUMNS * STRIP_ROWS];
} Strip;

static void
strip_free (gpointer data)
{
  Strip *strip = data;

  for (size_t i = 0; i < G_N_ELEMENTS (strip->pictures); i++)
    g_clear_pointer (&strip->pictures[i], cairo_surface_destroy);
  ple_dataset_unref (strip->dataset);
  g_free (strip);
}

static void
decode_strip (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Strip *strip = data;
  size_t n = ple_dataset_get_n_items (strip->dataset);
  size_t n_pictures = MIN (n, G_N_ELEMENTS (strip->pictures));

  for (size_t i = 0; i < n_pictures && !g_cancellable_is_cancelled (cancellable); i++)
    {
      /* Spread evenly, so that folders of classes show one each. */
      size_t item = n_pictures > 1 ? i * (n - 1) / (n_pictures - 1) : 0;
      guint side = (guint) (STRIP_SIDE * strip->scale);
      g_autoptr (PleImage) image = ple_dataset_decode (strip->dataset, item, side, NULL);
      g_autoptr (PleImage) square = NULL;

      if (image != NULL)
        square = ple_image_resize_square (image, side, NULL);
      if (square == NULL)
        square = ple_image_new_placeholder (side);
      strip->pictures[i] = ple_surface_new_from_image (square, strip->scale);
    }
  g_task_return_boolean (task, TRUE);
}

static void
on_strip_decoded (GObject *source, GAsyncResult *result, gpointer data)
{
  PleImportPage *page = PLE_IMPORT_PAGE (source);
  Strip *strip = g_task_get_task_data (G_TASK (result));

  if (!g_task_propagate_boolean (G_TASK (result), NULL))
    return;
  drop_pictures (page);
  for (size_t i = 0; i < G_N_ELEMENTS (strip->pictures); i++)
    page->pictures[i] = g_steal_pointer (&strip->pictures[i]);
  gtk_widget_queue_draw (page->strip);
}

static void
load_strip (PleImportPage *page, PleDataset *dataset)
{
  g_autoptr (GTask) task = NULL;
  Strip *strip;

  g_cancellable_cancel (page->cancellable);
  g_clear_object (&page->cancellable);
  drop_pictures (page);
  gtk_widget_set_visible (page->strip, ple_dataset_has_pictures (dataset));
  if (!ple_dataset_has_pictures (dataset))
    return;
  page->cancellable = g_cancellable_new ();
  strip = g_new0 (Strip, 1);
  strip->dataset = ple_dataset_ref (dataset);
  strip->scale = gtk_widget_get_scale_factor (GTK_WIDGET (page));
  task = g_task_new (page, page->cancellable, on_strip_decoded, NULL);
  g_task_set_task_data (task, strip, strip_free);
  g_task_run_in_thread (task, decode_strip);
}

static void
add_fact (PleImportPage *page, int *row, const char *name, const char *value)
{
  GtkWidget *left = gtk_label_new (name);
  GtkWidget *right = gtk_label_new (value);

  gtk_label_set_xalign (GTK_LABEL (left), 0);
  gtk_label_set_xalign (GTK_LABEL (right), 0);
  gtk_label_set_ellipsize (GTK_LABEL (right), PANGO_ELLIPSIZE_END);
  gtk_label_set_max_width_chars (GTK_LABEL (right), 28);
  gtk_widget_set_hexpand (right, TRUE);
  gtk_widget_set_tooltip_text (right, value);
  gtk_style_context_add_class (gtk_widget_get_style_context (left), "dim-label");
  gtk_style_context_add_class (gtk_widget_get_style_context (right), "figure");
  gtk_grid_attach (page->facts, left, 0, *row, 1, 1);
  gtk_grid_attach (page->facts, right, 1, *row, 1, 1);
  (*row)++;
}

static char *
describe_classes (PleDataset *dataset)
{
  size_t n = ple_dataset_get_n_classes (dataset);
  GString *text = g_string_new (NULL);

  g_autofree char *count = ple_format_count (n);

  g_string_append (text, count);
  for (size_t c = 0; c < MIN (n, 12); c++)
    g_string_append_printf (text, "%s%s", c == 0 ? ": " : ", ",
                            ple_dataset_get_class_name (dataset, c));
  if (n > 12)
    g_string_append (text, ", …");
  return g_string_free (text, FALSE);
}

static void
show_facts (PleImportPage *page, PleDataset *dataset)
{
  static const struct
  {
    PleSplit split;
    const char *name;
  } splits[] = { { PLE_SPLIT_TRAIN, N_ ("Training") },
                 { PLE_SPLIT_VALIDATION, N_ ("Validation") },
                 { PLE_SPLIT_TEST, N_ ("Test") } };
  size_t n = ple_dataset_get_n_items (dataset);
  g_autofree char *count = ple_format_count (n);
  int row = 0;

  ple_container_clear (GTK_CONTAINER (page->facts));
  add_fact (page, &row, ple_dataset_has_pictures (dataset) ? _ ("Pictures") : _ ("Rows"), count);
  for (size_t i = 0; i < G_N_ELEMENTS (splits); i++)
    {
      size_t size = ple_dataset_get_split_size (dataset, splits[i].split);
      g_autofree char *text = ple_format_count (size);

      if (size > 0 && size < n)
        add_fact (page, &row, _ (splits[i].name), text);
    }
  if (ple_dataset_get_n_classes (dataset) > 0)
    {
      g_autofree char *classes = describe_classes (dataset);

      add_fact (page, &row, _ ("Classes"), classes);
    }
  else
    add_fact (page, &row, _ ("Classes"), _ ("none given"));
  add_fact (page, &row, _ ("From"), ple_dataset_get_path (dataset));
  gtk_widget_show_all (GTK_WIDGET (page->facts));
}

static void
show_odd_files (PleImportPage *page, PleDataset *dataset)
{
  g_autoptr (GPtrArray) odd = ple_dataset_dup_odd_files (dataset);
  gulong n_odd = ple_dataset_get_n_odd_files (dataset);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *title = NULL;

  gtk_widget_set_visible (page->odd_expander, n_odd > 0);
  for (guint i = 0; i < MIN (odd->len, N_ODD_SHOWN); i++)
    {
      const PleOddFile *file = g_ptr_array_index (odd, i);

      g_string_append_printf (text, "%s%s: %s", i > 0 ? "\n" : "", file->name, file->reason);
    }
  if (n_odd > N_ODD_SHOWN)
    g_string_append (text, "\n…");
  title = g_strdup_printf (ngettext ("%lu odd file", "%lu odd files", n_odd), n_odd);
  gtk_expander_set_label (GTK_EXPANDER (page->odd_expander), title);
  gtk_label_set_text (page->odd_label, text->str);
}

/* The model as a person knows it. */
static const char *
get_model_title (PleImportPage *page, PleRecipe *recipe)
{
  const char *source = ple_recipe_get_model_source (recipe);
  const PleDownloadItem *item = page->downloads != NULL && source != NULL
                                    ? ple_downloads_find_model (page->downloads, source)
                                    : NULL;

  return item != NULL ? item->title : _ (ple_recipe_get_model (recipe)->title);
}

static void
update_summary (PleImportPage *page)
{
  PleRecipe *recipe = ple_session_get_recipe (page->session);
  g_autofree char *clusters = ple_recipe_get (recipe, "num_clusters");
  g_autofree char *text = NULL;

  text =
      g_strdup_printf (_ ("%s · %s · %s clusters · %s"), get_model_title (page, recipe),
                       _ (ple_recipe_get_method (recipe)->title), clusters != NULL ? clusters : "?",
                       _ (ple_recipe_get_embedding (recipe)->title));
  gtk_label_set_text (page->summary_label, text);
}

/* The vision models that are here, as choices of the recipe. */
static void
offer_models (PleImportPage *page)
{
  const GPtrArray *items = ple_downloads_get_items (page->downloads);
  const PleDownloadItem *best = ple_downloads_get_best_model (page->downloads);
  g_autoptr (GStrvBuilder) folders = g_strv_builder_new ();
  g_autoptr (GStrvBuilder) titles = g_strv_builder_new ();
  g_auto (GStrv) all_folders = NULL;
  g_auto (GStrv) all_titles = NULL;

  if (ple_session_get_phase (page->session) != PLE_PHASE_IMPORT)
    return;
  for (guint i = 0; items != NULL && i < items->len; i++)
    {
      const PleDownloadItem *item = g_ptr_array_index (items, i);

      if (!item->usable)
        continue;
      g_strv_builder_add (folders, item->path);
      g_strv_builder_add (titles, item->title);
    }
  all_folders = g_strv_builder_end (folders);
  all_titles = g_strv_builder_end (titles);
  ple_recipe_form_set_models (page->form, (const char *const *) all_folders,
                              (const char *const *) all_titles, best != NULL ? best->path : NULL);
  update_summary (page);
}

static void
update (PleImportPage *page)
{
  PleDataset *dataset = ple_session_get_dataset (page->session);
  PleRecipe *recipe = ple_session_get_recipe (page->session);

  if (ple_session_get_phase (page->session) != PLE_PHASE_IMPORT)
    {
      ple_recipe_form_set_recipe (page->form, NULL);
      return;
    }
  gtk_label_set_text (page->title_label, ple_dataset_get_title (dataset));
  gtk_label_set_text (page->kind_label, ple_dataset_get_kind_title (dataset));
  show_facts (page, dataset);
  show_odd_files (page, dataset);
  load_strip (page, dataset);
  gtk_widget_set_visible (page->guess_label, ple_session_is_guess (page->session));
  ple_recipe_form_set_recipe (page->form, recipe);
  if (page->downloads != NULL)
    {
      offer_models (page);
      ple_downloads_refresh (page->downloads);
    }
  g_signal_connect_object (recipe, "changed", G_CALLBACK (update_summary), page, G_CONNECT_SWAPPED);
  update_summary (page);
}

void
ple_import_page_set_session (PleImportPage *page, PleSession *session)
{
  page->session = session;
  g_signal_connect_object (session, "phase-changed", G_CALLBACK (update), page, G_CONNECT_SWAPPED);
}

void
ple_import_page_set_downloads (PleImportPage *page, PleDownloads *downloads)
{
  page->downloads = downloads;
  g_signal_connect_object (downloads, "items-changed", G_CALLBACK (offer_models), page,
                           G_CONNECT_SWAPPED);
}
