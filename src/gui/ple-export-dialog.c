/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-export-dialog.h"

#include <glib/gi18n.h>

/* The kinds of ple_export() as a person chooses among them. */
static const struct
{
  const char *kind;
  const char *title;
  const char *summary;
  const char *file_name;
} kinds[] = {
  { "csv", N_ ("Labels as CSV"),
    N_ ("One line per picture: path, cluster, label, state, confidence."), "labels.csv" },
  { "mapping", N_ ("Mapping of clusters as CSV"),
    N_ ("One line per cluster: label, size, accuracy, confidence."), "cluster_mapping.csv" },
  { "json", N_ ("Labels as JSON"), N_ ("All of it in one file."), "pseudo_labels.json" },
  { "folders", N_ ("A folder per label, copies"),
    N_ ("Ready for training programs that read class folders."), "labelled" },
  { "links", N_ ("A folder per label, links"), N_ ("The same with symbolic links: takes no room."),
    "labelled-links" },
  { "grid-png", N_ ("Picture of the clusters"),
    N_ ("The most typical pictures of each cluster, as PNG."), "clusters.png" },
  { "map-png", N_ ("Map as PNG"), N_ ("For slides and chats."), "map.png" },
  { "map-svg", N_ ("Map as SVG"), N_ ("Vector text, for further drawing."), "map.svg" },
  { "map-pdf", N_ ("Map as PDF"), N_ ("Vector text, for papers."), "map.pdf" },
};

static void
add_kind (GtkListBox *list, size_t i)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);
  GtkWidget *title = gtk_label_new (_ (kinds[i].title));
  GtkWidget *summary = gtk_label_new (_ (kinds[i].summary));

  gtk_label_set_xalign (GTK_LABEL (title), 0);
  gtk_label_set_xalign (GTK_LABEL (summary), 0);
  gtk_label_set_ellipsize (GTK_LABEL (summary), PANGO_ELLIPSIZE_END);
  gtk_style_context_add_class (gtk_widget_get_style_context (summary), "dim-label");
  g_object_set (box, "margin", 6, NULL);
  gtk_container_add (GTK_CONTAINER (box), title);
  gtk_container_add (GTK_CONTAINER (box), summary);
  gtk_list_box_insert (list, box, -1);
}

static char *
describe_readiness (PleSession *session)
{
  PleRun *run = ple_session_get_run (session);
  const PleCurated curated = {
    .dataset = ple_session_get_dataset (session),
    .curation = ple_session_get_curation (session),
    .features = run->features,
    .confidence = run->confidence,
    .k_samples = (size_t) ple_recipe_get_settings (run->recipe)->k_samples,
  };
  g_autoptr (GPtrArray) sentences = ple_curated_list_readiness (&curated);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < sentences->len; i++)
    g_string_append_printf (text, "%s• %s", i > 0 ? "\n" : "",
                            (const char *) g_ptr_array_index (sentences, i));
  return g_string_free (text, FALSE);
}

/* What the two dialogs hand on: the kind that was chosen and where it belongs. */
typedef struct
{
  GtkWindow *parent;
  PleSession *session;
  GtkListBox *list;
  size_t kind;
} Choice;

static void
choice_free (gpointer data)
{
  Choice *choice = data;

  g_object_unref (choice->session);
  g_free (choice);
}

static void
on_place_chosen (GtkNativeDialog *chooser, int response, Choice *choice)
{
  g_autofree char *path = gtk_file_chooser_get_filename (GTK_FILE_CHOOSER (chooser));
  g_autoptr (GError) error = NULL;

  if (response == GTK_RESPONSE_ACCEPT && path != NULL &&
      !ple_session_export (choice->session, kinds[choice->kind].kind, path, &error))
    ple_session_report (choice->session, _ ("Nothing was exported"), error);
  g_object_unref (chooser);
}

static void
ask_place (GtkWindow *parent, PleSession *session, size_t i)
{
  gboolean folder = g_str_equal (kinds[i].kind, "folders") || g_str_equal (kinds[i].kind, "links");
  GtkFileChooserNative *chooser = gtk_file_chooser_native_new (
      _ (kinds[i].title), parent, GTK_FILE_CHOOSER_ACTION_SAVE, _ ("_Export"), _ ("_Cancel"));
  Choice *choice = g_new0 (Choice, 1);

  choice->session = g_object_ref (session);
  choice->kind = i;
  gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (chooser), kinds[i].file_name);
  gtk_file_chooser_set_do_overwrite_confirmation (GTK_FILE_CHOOSER (chooser), !folder);
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (chooser), TRUE);
  g_object_set_data_full (G_OBJECT (chooser), "choice", choice, choice_free);
  g_signal_connect (chooser, "response", G_CALLBACK (on_place_chosen), choice);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (chooser));
}

static void
on_kind_chosen (GtkDialog *dialog, int response, Choice *choice)
{
  GtkListBoxRow *row = gtk_list_box_get_selected_row (choice->list);

  if (response == GTK_RESPONSE_ACCEPT && row != NULL)
    ask_place (choice->parent, choice->session, (size_t) gtk_list_box_row_get_index (row));
  gtk_widget_destroy (GTK_WIDGET (dialog));
}

void
ple_export_dialog_show (GtkWindow *parent, PleSession *session)
{
  g_autoptr (GtkBuilder) builder =
      gtk_builder_new_from_resource ("/org/pleiades/Pleiades/ui/ple-export-dialog.ui");
  GtkWindow *dialog = GTK_WINDOW (gtk_builder_get_object (builder, "dialog"));
  GtkWidget *readiness = GTK_WIDGET (gtk_builder_get_object (builder, "readiness"));
  g_autofree char *text = describe_readiness (session);
  Choice *choice = g_new0 (Choice, 1);

  choice->parent = parent;
  choice->session = g_object_ref (session);
  choice->list = GTK_LIST_BOX (gtk_builder_get_object (builder, "list"));
  for (size_t i = 0; i < G_N_ELEMENTS (kinds); i++)
    add_kind (choice->list, i);
  gtk_widget_show_all (GTK_WIDGET (choice->list));
  gtk_list_box_select_row (choice->list, gtk_list_box_get_row_at_index (choice->list, 0));
  gtk_label_set_text (GTK_LABEL (readiness),
                      text[0] != '\0' ? text : _ ("Nothing stands in the way."));
  g_object_set_data_full (G_OBJECT (dialog), "choice", choice, choice_free);
  g_signal_connect (dialog, "response", G_CALLBACK (on_kind_chosen), choice);
  gtk_window_set_transient_for (dialog, parent);
  gtk_window_set_destroy_with_parent (dialog, TRUE);
  gtk_window_present (dialog);
}
