/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-recipe-form.h"

#include "base/ple-text.h"

#include <glib/gi18n.h>
#include <math.h>

#define FIELD_WIDTH 190
#define LABEL_CHARS 17

struct _PleRecipeForm
{
  GtkBox parent_instance;
  PleRecipe *recipe;
  gboolean updating; /* the recipe changes the fields, not the person */
  char **folders;    /* models on this computer */
  char **titles;
  char *best; /* %NULL: the first of those without files */
};

G_DEFINE_FINAL_TYPE (PleRecipeForm, ple_recipe_form, GTK_TYPE_BOX)

static void rebuild (PleRecipeForm *form);

static void
ple_recipe_form_dispose (GObject *object)
{
  ple_recipe_form_set_recipe (PLE_RECIPE_FORM (object), NULL);
  G_OBJECT_CLASS (ple_recipe_form_parent_class)->dispose (object);
}

static void
ple_recipe_form_finalize (GObject *object)
{
  PleRecipeForm *form = PLE_RECIPE_FORM (object);

  g_strfreev (form->folders);
  g_strfreev (form->titles);
  g_free (form->best);
  G_OBJECT_CLASS (ple_recipe_form_parent_class)->finalize (object);
}

static void
ple_recipe_form_class_init (PleRecipeFormClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ple_recipe_form_finalize;
  G_OBJECT_CLASS (klass)->dispose = ple_recipe_form_dispose;
}

static void
ple_recipe_form_init (PleRecipeForm *form)
{
  gtk_orientable_set_orientation (GTK_ORIENTABLE (form), GTK_ORIENTATION_VERTICAL);
  gtk_box_set_spacing (GTK_BOX (form), 12);
}

GtkWidget *
ple_recipe_form_new (void)
{
  return g_object_new (PLE_TYPE_RECIPE_FORM, "visible", TRUE, NULL);
}

/* The part's prefix keeps entries of the same name in two tables apart. */
static const char *const part_prefixes[PLE_RECIPE_N_PARTS] = {
  [PLE_RECIPE_RUN] = "",
  [PLE_RECIPE_MODEL] = "model.",
  [PLE_RECIPE_METHOD] = "method.",
  [PLE_RECIPE_EMBEDDING] = "embedding.",
};

static void
show_refusal (GtkWidget *field, const GError *error)
{
  GtkStyleContext *style = gtk_widget_get_style_context (field);

  if (error != NULL)
    {
      gtk_style_context_add_class (style, "invalid");
      gtk_widget_set_tooltip_text (field, error->message);
    }
  else
    {
      gtk_style_context_remove_class (style, "invalid");
      gtk_widget_set_tooltip_text (field, g_object_get_data (G_OBJECT (field), "blurb"));
    }
}

static gboolean
let_go_cb (gpointer data)
{
  return G_SOURCE_REMOVE;
}

/* Hands the field's text to the recipe. */
static void
apply (PleRecipeForm *form, GtkWidget *field, const char *text)
{
  g_autoptr (GError) error = NULL;

  if (form->updating || form->recipe == NULL)
    return;
  /* A choice makes the form anew while GTK is still inside the field that goes. */
  g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, let_go_cb, g_object_ref (field), g_object_unref);
  ple_recipe_set (form->recipe, g_object_get_data (G_OBJECT (field), "name"), text, &error);
  show_refusal (field, error);
}

static void
on_spin_changed (GtkSpinButton *spin, PleRecipeForm *form)
{
  char text[PLE_DOUBLE_BUFFER];

  ple_format_double (round (gtk_spin_button_get_value (spin)), text);
  apply (form, GTK_WIDGET (spin), text);
}

/* 0 reads "automatic" where that is what it means. */
static gboolean
on_spin_output (GtkSpinButton *spin, gpointer data)
{
  if (gtk_spin_button_get_value (spin) != 0)
    return FALSE;
  gtk_entry_set_text (GTK_ENTRY (spin), _ ("automatic"));
  return TRUE;
}

static int
on_spin_input (GtkSpinButton *spin, double *value, gpointer data)
{
  if (g_strcmp0 (gtk_entry_get_text (GTK_ENTRY (spin)), _ ("automatic")) != 0)
    return FALSE;
  *value = 0;
  return TRUE;
}

static void
on_entry_changed (GtkEntry *entry, PleRecipeForm *form)
{
  apply (form, GTK_WIDGET (entry), gtk_entry_get_text (entry));
}

static void
on_switch_changed (GtkSwitch *toggle, GParamSpec *pspec, PleRecipeForm *form)
{
  apply (form, GTK_WIDGET (toggle), gtk_switch_get_active (toggle) ? "true" : "false");
}

static void
on_combo_changed (GtkComboBox *combo, PleRecipeForm *form)
{
  const char *id = gtk_combo_box_get_active_id (combo);

  if (id != NULL)
    apply (form, GTK_WIDGET (combo), id);
}

static GtkWidget *
make_spin (PleRecipeForm *form, const PleParam *entry, double value)
{
  gboolean automatic = (entry->flags & PLE_PARAM_ZERO_IS_AUTO) != 0;
  double low = automatic ? MIN (entry->min, 0) : entry->min;
  GtkWidget *spin = gtk_spin_button_new_with_range (low, entry->max, 1);

  gtk_spin_button_set_digits (GTK_SPIN_BUTTON (spin), 0);
  gtk_entry_set_width_chars (GTK_ENTRY (spin), 10);
  if (automatic)
    {
      g_signal_connect (spin, "output", G_CALLBACK (on_spin_output), NULL);
      g_signal_connect (spin, "input", G_CALLBACK (on_spin_input), NULL);
    }
  gtk_spin_button_set_value (GTK_SPIN_BUTTON (spin), value);
  gtk_spin_button_update (GTK_SPIN_BUTTON (spin));
  g_signal_connect (spin, "value-changed", G_CALLBACK (on_spin_changed), form);
  return spin;
}

static GtkWidget *
make_combo (PleRecipeForm *form, const PleParam *entry, const char *value)
{
  GtkWidget *combo = gtk_combo_box_text_new ();

  for (const PleParamChoice *choice = entry->choices; choice->nick != NULL; choice++)
    gtk_combo_box_text_append (GTK_COMBO_BOX_TEXT (combo), choice->nick, _ (choice->label));
  gtk_combo_box_set_active_id (GTK_COMBO_BOX (combo), value);
  g_signal_connect (combo, "changed", G_CALLBACK (on_combo_changed), form);
  return combo;
}

/* The models on this computer, the best of them first, then those that need no files. */
static GtkComboBoxText *
make_model_choice (PleRecipeForm *form)
{
  GtkComboBoxText *combo = GTK_COMBO_BOX_TEXT (gtk_combo_box_text_new ());

  if (form->best == NULL)
    gtk_combo_box_text_append (combo, "auto", _ ("Best on this computer"));
  for (size_t i = 0; form->folders != NULL && form->folders[i] != NULL; i++)
    if (g_strcmp0 (form->folders[i], form->best) == 0)
      {
        g_autofree char *text = g_strdup_printf (_ ("%s (best here)"), form->titles[i]);

        gtk_combo_box_text_prepend (combo, form->folders[i], text);
      }
    else
      gtk_combo_box_text_append (combo, form->folders[i], form->titles[i]);
  for (const PleModel *const *model = ple_models_list (); *model != NULL; model++)
    gtk_combo_box_text_append (combo, (*model)->id, _ ((*model)->title));
  return combo;
}

/* The settings that choose a row of a table: ids and titles come from there. */
static GtkWidget *
make_choice (PleRecipeForm *form, const char *name, const char *value)
{
  GtkComboBoxText *combo = NULL;

  if (g_str_equal (name, "model"))
    combo = make_model_choice (form);
  else if (g_str_equal (name, "method"))
    {
      combo = GTK_COMBO_BOX_TEXT (gtk_combo_box_text_new ());
      for (const PleMethod *const *method = ple_methods_list (); *method != NULL; method++)
        gtk_combo_box_text_append (combo, (*method)->id, _ ((*method)->title));
    }
  else if (g_str_equal (name, "preset"))
    {
      const PleMethod *method = ple_recipe_get_method (form->recipe);

      combo = GTK_COMBO_BOX_TEXT (gtk_combo_box_text_new ());
      for (const PlePreset *preset = method->presets; preset != NULL && preset->id != NULL;
           preset++)
        gtk_combo_box_text_append (combo, preset->id, _ (preset->title));
    }
  else if (g_str_equal (name, "embedding"))
    {
      combo = GTK_COMBO_BOX_TEXT (gtk_combo_box_text_new ());
      for (const PleEmbedding *const *row = ple_embeddings_list (); *row != NULL; row++)
        gtk_combo_box_text_append (combo, (*row)->id, _ ((*row)->title));
    }
  if (combo == NULL)
    return NULL;
  gtk_combo_box_set_active_id (GTK_COMBO_BOX (combo), value);
  g_signal_connect (combo, "changed", G_CALLBACK (on_combo_changed), form);
  return GTK_WIDGET (combo);
}

static GtkWidget *
make_field (PleRecipeForm *form, PleParams *params, const PleParam *entry)
{
  g_autofree char *text = ple_params_get (params, entry->name);
  GtkWidget *field;

  switch (entry->type)
    {
    case PLE_PARAM_INT:
    case PLE_PARAM_INT64:
      return make_spin (form, entry, ple_params_get_number (params, entry->name));
    case PLE_PARAM_BOOL:
      field = gtk_switch_new ();
      gtk_switch_set_active (GTK_SWITCH (field), ple_params_get_number (params, entry->name) != 0);
      g_signal_connect (field, "notify::active", G_CALLBACK (on_switch_changed), form);
      return field;
    case PLE_PARAM_ENUM:
      return make_combo (form, entry, text);
    case PLE_PARAM_STRING:
      field = make_choice (form, entry->name, text);
      if (field != NULL)
        return field;
      G_GNUC_FALLTHROUGH;
    case PLE_PARAM_DOUBLE:
    default:
      field = gtk_entry_new ();
      gtk_entry_set_text (GTK_ENTRY (field), text);
      gtk_entry_set_width_chars (GTK_ENTRY (field), 10);
      gtk_entry_set_input_purpose (GTK_ENTRY (field), entry->type == PLE_PARAM_DOUBLE
                                                          ? GTK_INPUT_PURPOSE_NUMBER
                                                          : GTK_INPUT_PURPOSE_FREE_FORM);
      g_signal_connect (field, "changed", G_CALLBACK (on_entry_changed), form);
      return field;
    }
}

static void
add_row (PleRecipeForm *form,
         GtkGrid *grid,
         int row,
         PleRecipePart part,
         PleParams *params,
         const PleParam *entry)
{
  GtkWidget *label = gtk_label_new (_ (entry->label));
  GtkWidget *field = make_field (form, params, entry);
  g_autofree char *blurb = ple_param_describe (entry);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  /* The two columns of the sheet fit beside each other in a window of 800 pixels. */
  gtk_label_set_line_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_max_width_chars (GTK_LABEL (label), LABEL_CHARS);
  gtk_label_set_mnemonic_widget (GTK_LABEL (label), field);
  gtk_widget_set_hexpand (label, TRUE);
  /* One column of equal fields; a switch has a size of its own. */
  gtk_widget_set_size_request (field, GTK_IS_SWITCH (field) ? -1 : FIELD_WIDTH, -1);
  gtk_widget_set_halign (field, GTK_IS_SWITCH (field) ? GTK_ALIGN_END : GTK_ALIGN_FILL);
  gtk_widget_set_tooltip_text (label, blurb);
  gtk_widget_set_tooltip_text (field, blurb);
  atk_object_set_name (gtk_widget_get_accessible (field), _ (entry->label));
  g_object_set_data_full (G_OBJECT (field), "blurb", g_steal_pointer (&blurb), g_free);
  g_object_set_data_full (G_OBJECT (field), "name",
                          g_strconcat (part_prefixes[part], entry->name, NULL), g_free);
  gtk_grid_attach (grid, label, 0, row, 1, 1);
  gtk_grid_attach (grid, field, 1, row, 1, 1);
}

static GtkGrid *
new_grid (void)
{
  GtkWidget *grid = gtk_grid_new ();

  gtk_grid_set_row_spacing (GTK_GRID (grid), 6);
  gtk_grid_set_column_spacing (GTK_GRID (grid), 18);
  return GTK_GRID (grid);
}

/* A sentence under the choice: what the model or method is good for. */
static void
add_summary (GtkGrid *grid, int row, const char *summary)
{
  GtkWidget *label = gtk_label_new (_ (summary));

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_line_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_max_width_chars (GTK_LABEL (label), 40);
  gtk_style_context_add_class (gtk_widget_get_style_context (label), "dim-label");
  gtk_grid_attach (grid, label, 0, row, 2, 1);
}

/* A choice of one is none. */
static gboolean
is_idle (PleRecipeForm *form, const PleParam *entry)
{
  const PlePreset *presets;

  if (!g_str_equal (entry->name, "preset"))
    return FALSE;
  presets = ple_recipe_get_method (form->recipe)->presets;
  return presets == NULL || presets[0].id == NULL || presets[1].id == NULL;
}

/* Rows of one part; @advanced chooses which half. Returns the number of rows now. */
static int
add_part (PleRecipeForm *form, GtkGrid *grid, int row, PleRecipePart part, gboolean advanced)
{
  PleParams *params = ple_recipe_get_params (form->recipe, part);

  if (params == NULL)
    return row;
  for (const PleParam *entry = ple_params_get_table (params); entry->name != NULL; entry++)
    {
      /* How pictures are described and laid out is rarely touched. */
      gboolean folded = (entry->flags & PLE_PARAM_ADVANCED) != 0 || part == PLE_RECIPE_MODEL ||
                        part == PLE_RECIPE_EMBEDDING;

      if ((entry->flags & PLE_PARAM_HIDDEN) != 0 || folded != advanced ||
          !ple_params_applies (params, entry) || is_idle (form, entry))
        continue;
      add_row (form, grid, row++, part, params, entry);
      if (part == PLE_RECIPE_RUN && g_str_equal (entry->name, "method"))
        add_summary (grid, row++, ple_recipe_get_method (form->recipe)->summary);
    }
  return row;
}

static void
rebuild (PleRecipeForm *form)
{
  static const PleRecipePart order[] = { PLE_RECIPE_RUN, PLE_RECIPE_METHOD, PLE_RECIPE_MODEL,
                                         PLE_RECIPE_EMBEDDING };
  g_autoptr (GList) children = gtk_container_get_children (GTK_CONTAINER (form));
  gboolean was_open = FALSE;
  GtkGrid *plain, *advanced;
  GtkWidget *expander;
  int row;

  for (GList *l = children; l != NULL; l = l->next)
    {
      if (GTK_IS_EXPANDER (l->data))
        was_open = gtk_expander_get_expanded (l->data);
      gtk_widget_destroy (l->data);
    }
  if (form->recipe == NULL)
    return;

  form->updating = TRUE;
  plain = new_grid ();
  row = 0;
  for (size_t i = 0; i < G_N_ELEMENTS (order); i++)
    row = add_part (form, plain, row, order[i], FALSE);
  gtk_container_add (GTK_CONTAINER (form), GTK_WIDGET (plain));

  expander = gtk_expander_new (_ ("More settings"));
  gtk_expander_set_expanded (GTK_EXPANDER (expander), was_open);
  advanced = new_grid ();
  g_object_set (advanced, "margin-top", 6, NULL);
  row = 0;
  for (size_t i = 0; i < G_N_ELEMENTS (order); i++)
    row = add_part (form, advanced, row, order[i], TRUE);
  gtk_container_add (GTK_CONTAINER (expander), GTK_WIDGET (advanced));
  gtk_container_add (GTK_CONTAINER (form), expander);
  gtk_widget_show_all (GTK_WIDGET (form));
  form->updating = FALSE;
}

void
ple_recipe_form_set_recipe (PleRecipeForm *form, PleRecipe *recipe)
{
  if (form->recipe != NULL)
    g_signal_handlers_disconnect_by_data (form->recipe, form);
  g_set_object (&form->recipe, recipe);
  if (recipe != NULL)
    g_signal_connect_swapped (recipe, "tables-changed", G_CALLBACK (rebuild), form);
  rebuild (form);
}

static gboolean
same_strings (char **a, const char *const *b)
{
  return a != NULL && g_strv_equal ((const char *const *) a, b);
}

void
ple_recipe_form_set_models (PleRecipeForm *form,
                            const char *const *folders,
                            const char *const *titles,
                            const char *best)
{
  g_autofree char *model = NULL;

  if (!same_strings (form->folders, folders) || !same_strings (form->titles, titles) ||
      g_strcmp0 (form->best, best) != 0)
    {
      g_strfreev (form->folders);
      form->folders = g_strdupv ((char **) folders);
      g_strfreev (form->titles);
      form->titles = g_strdupv ((char **) titles);
      g_free (form->best);
      form->best = g_strdup (best);
      rebuild (form);
    }
  if (form->recipe == NULL || best == NULL)
    return;
  model = ple_recipe_get (form->recipe, "model");
  if (g_strcmp0 (model, "auto") != 0)
    return;
  if (ple_recipe_set (form->recipe, "model", best, NULL))
    rebuild (form);
}
