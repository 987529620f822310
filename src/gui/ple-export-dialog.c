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

static void
export_to (GtkWindow *parent, PleSession *session, size_t i)
{
  gboolean folder = g_str_equal (kinds[i].kind, "folders") || g_str_equal (kinds[i].kind, "links");
  g_autoptr (GtkFileChooserNative) chooser = gtk_file_chooser_native_new (
      _ (kinds[i].title), parent, GTK_FILE_CHOOSER_ACTION_SAVE, _ ("_Export"), _ ("_Cancel"));
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;

  gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (chooser), kinds[i].file_name);
  gtk_file_chooser_set_do_overwrite_confirmation (GTK_FILE_CHOOSER (chooser), !folder);
  if (gtk_native_dialog_run (GTK_NATIVE_DIALOG (chooser)) != GTK_RESPONSE_ACCEPT)
    return;
  path = gtk_file_chooser_get_filename (GTK_FILE_CHOOSER (chooser));
  if (path != NULL && !ple_session_export (session, kinds[i].kind, path, &error))
    ple_session_report (session, _ ("Nothing was exported"), error);
}

void
ple_export_dialog_run (GtkWindow *parent, PleSession *session)
{
  g_autoptr (GtkBuilder) builder =
      gtk_builder_new_from_resource ("/org/pleiades/Pleiades/ui/ple-export-dialog.ui");
  GtkDialog *dialog = GTK_DIALOG (gtk_builder_get_object (builder, "dialog"));
  GtkListBox *list = GTK_LIST_BOX (gtk_builder_get_object (builder, "list"));
  GtkWidget *readiness = GTK_WIDGET (gtk_builder_get_object (builder, "readiness"));
  g_autofree char *text = describe_readiness (session);
  GtkListBoxRow *row;
  int chosen = -1;

  for (size_t i = 0; i < G_N_ELEMENTS (kinds); i++)
    add_kind (list, i);
  gtk_widget_show_all (GTK_WIDGET (list));
  gtk_list_box_select_row (list, gtk_list_box_get_row_at_index (list, 0));
  gtk_label_set_text (GTK_LABEL (readiness),
                      text[0] != '\0' ? text : _ ("Nothing stands in the way."));
  gtk_window_set_transient_for (GTK_WINDOW (dialog), parent);
  if (gtk_dialog_run (dialog) == GTK_RESPONSE_ACCEPT)
    {
      row = gtk_list_box_get_selected_row (list);
      chosen = row != NULL ? gtk_list_box_row_get_index (row) : -1;
    }
  gtk_widget_destroy (GTK_WIDGET (dialog));
  if (chosen >= 0)
    export_to (parent, session, (size_t) chosen);
}
