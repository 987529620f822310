/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Models and data sets in the window, from a hub on this computer. */
#include "config.h"

#include "base/ple-atomic.h"
#include "features/ple-model-download.h"
#include "gui/ple-application.h"
#include "gui/ple-download-row.h"
#include "gui/ple-models-window.h"
#include "gui/ple-window.h"
#include "linalg/ple-linalg.h"
#include "ple-gui-test.h"
#include "unit/ple-test-server.h"

#include <glib/gstdio.h>
#include <string.h>

#define SMALL "facebook/dinov2-small"
#define GATED "facebook/dinov3-vits16-pretrain-lvd1689m"
#define SIZE 500000

typedef struct
{
  char *folder;
  PleEnvironment environment;
  PleApplication *app;
  PleTestServer *server;
} Program;

typedef struct
{
  const Program *program;
  PleWindow *window;
  const char *id; /* what is waited for */
  const char *text;
} Fixture;

static PleModelsWindow *
find_models_window (Fixture *fixture)
{
  g_autoptr (GList) all = gtk_window_list_toplevels ();

  for (GList *l = all; l != NULL; l = l->next)
    if (PLE_IS_MODELS_WINDOW (l->data) &&
        gtk_window_get_transient_for (l->data) == GTK_WINDOW (fixture->window))
      return l->data;
  return NULL;
}

static void
act (Fixture *fixture, const char *name, const char *text)
{
  g_assert_true (g_action_group_has_action (G_ACTION_GROUP (fixture->window), name));
  g_action_group_activate_action (G_ACTION_GROUP (fixture->window), name,
                                  text != NULL ? g_variant_new_string (text) : NULL);
}

/* Widgets below @widget, found by what they are and say. */

typedef gboolean (*Match) (GtkWidget *widget, gconstpointer data);

typedef struct
{
  Match match;
  gconstpointer data;
  GtkWidget *found;
} Search;

static void
search_cb (GtkWidget *widget, gpointer data)
{
  Search *search = data;

  if (search->found == NULL && search->match (widget, search->data))
    search->found = widget;
  if (search->found == NULL && GTK_IS_CONTAINER (widget))
    gtk_container_forall (GTK_CONTAINER (widget), search_cb, search);
}

static GtkWidget *
find (GtkWidget *below, Match match, gconstpointer data)
{
  Search search = { match, data, NULL };

  gtk_container_forall (GTK_CONTAINER (below), search_cb, &search);
  return search.found;
}

static gboolean
is_row (GtkWidget *widget, gconstpointer id)
{
  return PLE_IS_DOWNLOAD_ROW (widget) &&
         g_str_equal (ple_download_row_get_id (PLE_DOWNLOAD_ROW (widget)), id);
}

static gboolean
is_button (GtkWidget *widget, gconstpointer label)
{
  return GTK_IS_BUTTON (widget) && gtk_widget_get_visible (widget) &&
         g_strcmp0 (gtk_button_get_label (GTK_BUTTON (widget)), label) == 0;
}

static gboolean
is_text (GtkWidget *widget, gconstpointer text)
{
  return GTK_IS_LABEL (widget) && gtk_widget_get_visible (widget) &&
         strstr (gtk_label_get_text (GTK_LABEL (widget)), text) != NULL;
}

static gboolean
is_bar (GtkWidget *widget, gconstpointer data)
{
  return GTK_IS_PROGRESS_BAR (widget);
}

static GtkWidget *
find_row (Fixture *fixture, const char *id)
{
  PleModelsWindow *models = find_models_window (fixture);

  return models != NULL ? find (GTK_WIDGET (models), is_row, id) : NULL;
}

static gboolean
has_row (gpointer data)
{
  Fixture *fixture = data;

  return find_row (fixture, fixture->id) != NULL;
}

static gboolean
has_button (gpointer data)
{
  Fixture *fixture = data;
  GtkWidget *row = find_row (fixture, fixture->id);

  return row != NULL && find (row, is_button, fixture->text) != NULL;
}

static gboolean
has_text (gpointer data)
{
  Fixture *fixture = data;
  GtkWidget *row = find_row (fixture, fixture->id);

  return row != NULL && find (row, is_text, fixture->text) != NULL;
}

static gboolean
window_says (gpointer data)
{
  Fixture *fixture = data;

  return find (GTK_WIDGET (find_models_window (fixture)), is_text, fixture->text) != NULL;
}

static gboolean
has_progress (gpointer data)
{
  Fixture *fixture = data;
  GtkWidget *bar = find (find_row (fixture, fixture->id), is_bar, NULL);

  return gtk_progress_bar_get_fraction (GTK_PROGRESS_BAR (bar)) > 0.3;
}

static gboolean
is_idle (gpointer data)
{
  Fixture *fixture = data;
  g_autoptr (GVariant) state =
      g_action_group_get_action_state (G_ACTION_GROUP (fixture->window), "downloads");

  return g_str_equal (g_variant_get_string (state, NULL), "idle");
}

static void
wait_for (Fixture *fixture, PleGuiTestFunc func, const char *id, const char *text)
{
  fixture->id = id;
  fixture->text = text;
  ple_gui_test_wait (func, fixture);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->program = data;
  g_action_group_activate_action (G_ACTION_GROUP (fixture->program->app), "new-window", NULL);
  fixture->window =
      PLE_WINDOW (gtk_application_get_active_window (GTK_APPLICATION (fixture->program->app)));
  act (fixture, "models", NULL);
  wait_for (fixture, has_row, SMALL, NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_autofree char *models = g_build_filename (fixture->program->folder, "data", "models", NULL);

  gtk_window_close (GTK_WINDOW (fixture->window));
  for (int i = 0; i < 50; i++)
    {
      ple_gui_test_spin ();
      g_usleep (2000);
    }
  ple_remove_recursively (models, NULL);
}

/* DINOv2 small on the server; @fault: of its weights. */
static void
serve (Fixture *fixture, PleTestFault fault)
{
  static const char config[] = "{\"model_type\": \"dinov2\", \"hidden_size\": 384}";
  g_autoptr (GBytes) noise = ple_test_server_make_bytes (SIZE);
  guint8 *bytes = g_memdup2 (g_bytes_get_data (noise, NULL), SIZE);
  PleTestFile text = { .body = g_bytes_new_static (config, sizeof config - 1) };
  PleTestFile weights = { .body = NULL,
                          .etag = g_strdup ("\"one\""),
                          .fault = fault,
                          .at = fault == PLE_TEST_STATUS ? 500 : 250000 };

  memcpy (bytes, "\2\0\0\0\0\0\0\0{}", 10);
  weights.body = g_bytes_new_take (bytes, SIZE);
  ple_test_server_put (fixture->program->server, "/" SMALL "/resolve/main/config.json", &text);
  ple_test_server_put (fixture->program->server, "/" SMALL "/resolve/main/model.safetensors",
                       &weights);
}

static void
test_lists (Fixture *fixture, gconstpointer data)
{
  GtkWidget *row = find_row (fixture, SMALL);
  GtkWidget *gated = find_row (fixture, GATED);

  g_assert_nonnull (find (row, is_button, "Download"));
  g_assert_nonnull (find (row, is_text, "384"));
  g_assert_nonnull (find (row, is_text, "Apache-2.0"));
  g_assert_null (find (gated, is_button, "Download"));
  g_assert_nonnull (find_row (fixture, "cifar10"));
  g_assert_nonnull (find_row (fixture, "tiny-imagenet"));
  /* Nothing was asked of any server. */
  g_assert_cmpuint (ple_test_server_count (fixture->program->server, ""), ==, 0);
}

static void
test_gated (Fixture *fixture, gconstpointer data)
{
  GtkWidget *row = find_row (fixture, GATED);
  GtkWidget *button = find (row, is_button, "How to Get It");
  GtkWidget *note = find (row, is_text, "HF_TOKEN");
  GtkWidget *revealer = gtk_widget_get_ancestor (note, GTK_TYPE_REVEALER);

  g_assert_false (gtk_revealer_get_reveal_child (GTK_REVEALER (revealer)));
  gtk_button_clicked (GTK_BUTTON (button));
  g_assert_true (gtk_revealer_get_reveal_child (GTK_REVEALER (revealer)));
  gtk_button_clicked (GTK_BUTTON (button));
  g_assert_false (gtk_revealer_get_reveal_child (GTK_REVEALER (revealer)));
}

static void
test_download (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path =
      g_build_filename (fixture->program->folder, "data", "models", SMALL, NULL);

  serve (fixture, PLE_TEST_HANGS);
  gtk_button_clicked (GTK_BUTTON (find (find_row (fixture, SMALL), is_button, "Download")));
  g_assert_false (is_idle (fixture));
  wait_for (fixture, has_button, SMALL, "Cancel");
  wait_for (fixture, has_progress, SMALL, NULL);
  gtk_button_clicked (GTK_BUTTON (find (find_row (fixture, SMALL), is_button, "Cancel")));
  wait_for (fixture, is_idle, NULL, NULL);
  wait_for (fixture, has_button, SMALL, "Resume");
  wait_for (fixture, has_text, SMALL, "fetched");
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));

  serve (fixture, PLE_TEST_SERVES);
  ple_test_server_clear_log (fixture->program->server);
  gtk_button_clicked (GTK_BUTTON (find (find_row (fixture, SMALL), is_button, "Resume")));
  wait_for (fixture, has_text, SMALL, "On this computer");
  g_assert_true (is_idle (fixture));
  g_assert_true (g_file_test (path, G_FILE_TEST_IS_DIR));
  g_assert_cmpuint (ple_test_server_count (fixture->program->server,
                                           "GET /" SMALL
                                           "/resolve/main/model.safetensors bytes=250000-"),
                    ==, 1);
  g_assert_null (find (find_row (fixture, SMALL), is_button, "Download"));
}

/* The window of models may be closed meanwhile: nothing stops. */
static void
test_goes_on_behind (Fixture *fixture, gconstpointer data)
{
  serve (fixture, PLE_TEST_HANGS);
  act (fixture, "download", SMALL);
  wait_for (fixture, has_progress, SMALL, NULL);
  gtk_window_close (GTK_WINDOW (find_models_window (fixture)));
  ple_gui_test_spin ();
  g_assert_null (find_models_window (fixture));
  g_assert_false (is_idle (fixture));
  act (fixture, "models", NULL);
  wait_for (fixture, has_button, SMALL, "Cancel");
  /* Closing the window itself ends it; the fixture's end proves that this does not hang. */
}

static void
test_failure (Fixture *fixture, gconstpointer data)
{
  serve (fixture, PLE_TEST_STATUS);
  act (fixture, "download", SMALL);
  wait_for (fixture, has_text, SMALL, "500");
  wait_for (fixture, has_button, SMALL, "Resume");
  g_assert_true (is_idle (fixture));
  /* What is in no table cannot be asked for. */
  ple_test_server_clear_log (fixture->program->server);
  act (fixture, "download", "me/unknown");
  g_assert_true (is_idle (fixture));
  g_assert_cmpuint (ple_test_server_count (fixture->program->server, ""), ==, 0);
}

static void
test_folders (Fixture *fixture, gconstpointer data)
{
  const char *root = fixture->program->folder;
  g_autofree char *empty = g_build_filename (root, "empty", NULL);
  g_autofree char *shelf = g_build_filename (root, "shelf", NULL);
  g_autofree char *model = g_build_filename (shelf, "pets", NULL);
  g_autofree char *config = g_build_filename (model, "config.json", NULL);

  g_mkdir_with_parents (empty, 0777);
  act (fixture, "add-model-folder", empty);
  wait_for (fixture, window_says, NULL, "No model in");
  g_mkdir_with_parents (model, 0777);
  g_assert_true (g_file_set_contents (config, "{\"model_type\": \"dinov2\"}", -1, NULL));
  act (fixture, "add-model-folder", shelf);
  /* It is shown with what it lacks. */
  wait_for (fixture, has_text, model, "no model.safetensors");
}

static gboolean
recipe_says (gpointer data)
{
  Fixture *fixture = data;
  PleSession *session = ple_window_get_session (fixture->window);
  g_autofree char *model = NULL;

  if (ple_session_get_phase (session) != PLE_PHASE_IMPORT)
    return FALSE;
  model = ple_recipe_get (ple_session_get_recipe (session), "model");
  return g_strcmp0 (model, fixture->text) == 0;
}

static gboolean
is_model_choice (GtkWidget *widget, gconstpointer id)
{
  return GTK_IS_COMBO_BOX_TEXT (widget) &&
         g_strcmp0 (gtk_combo_box_get_active_id (GTK_COMBO_BOX (widget)), id) == 0;
}

/* A model that is here is what the recipe begins with; another can be chosen. */
static void
test_recipe_takes_best (Fixture *fixture, gconstpointer data)
{
  g_autofree char *shelf = g_build_filename (fixture->program->folder, "best", NULL);
  g_autofree char *model = g_build_filename (shelf, "dinov2-small", NULL);
  g_autofree char *config = g_build_filename (model, "config.json", NULL);
  g_autofree char *weights = g_build_filename (model, "model.safetensors", NULL);
  GtkWidget *choice;

  g_mkdir_with_parents (model, 0777);
  g_assert_true (
      g_file_set_contents (config, "{\"model_type\": \"dinov2\", \"hidden_size\": 384}", -1, NULL));
  g_assert_true (g_file_set_contents (weights, "\2\0\0\0\0\0\0\0{}", 10, NULL));
  act (fixture, "add-model-folder", shelf);
  wait_for (fixture, has_text, SMALL, "On this computer");
  act (fixture, "open", "sample:24:1");
  wait_for (fixture, recipe_says, NULL, model);
  choice = find (GTK_WIDGET (fixture->window), is_model_choice, model);
  g_assert_nonnull (choice);
  g_assert_true (gtk_combo_box_set_active_id (GTK_COMBO_BOX (choice), "hog-color"));
  wait_for (fixture, recipe_says, NULL, "hog-color");
}

static void
test_data_folder (Fixture *fixture, gconstpointer data)
{
  g_autofree char *folder = g_build_filename (fixture->program->folder, "sets", NULL);
  g_autofree char *set = g_build_filename (folder, "cifar-10-batches-bin", NULL);

  g_mkdir_with_parents (set, 0777);
  act (fixture, "datasets", NULL);
  g_assert_nonnull (find (find_row (fixture, "cifar10"), is_button, "Download"));
  act (fixture, "set-data-folder", folder);
  wait_for (fixture, has_button, "cifar10", "Open");
  wait_for (fixture, has_text, "cifar10", "On this computer");
}

static void
test_mirror (Fixture *fixture, gconstpointer data)
{
  g_autofree char *deep = g_strconcat (fixture->program->server->address, "/deep", NULL);

  act (fixture, "set-mirror", deep);
  ple_test_server_clear_log (fixture->program->server);
  act (fixture, "download", SMALL);
  wait_for (fixture, has_text, SMALL, "there is no model");
  g_assert_cmpuint (ple_test_server_count (fixture->program->server, "GET /deep/" SMALL), ==, 1);
  act (fixture, "set-mirror", "");
}

#define ADD(name, func)                                                                            \
  g_test_add ("/gui/models-window/" name, Fixture, &program, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  Program program = { 0 };
  g_autoptr (GSettings) settings = NULL;
  int status;

  gtk_test_init (&argc, &argv, NULL);
  ple_linalg_init ();
  settings = g_settings_new (PLE_APP_ID);
  program.server = ple_test_server_new ();
  program.folder = g_dir_make_tmp ("pleiades-models-XXXXXX", NULL);
  program.environment.data_dir = g_build_filename (program.folder, "data", NULL);
  program.environment.cache_dir = g_build_filename (program.folder, "cache", NULL);
  program.environment.hub_address = program.server->address;
  program.app = ple_application_new (&program.environment, settings, G_APPLICATION_NON_UNIQUE);
  g_assert_true (g_application_register (G_APPLICATION (program.app), NULL, NULL));

  ADD ("lists-and-asks-nobody", test_lists);
  ADD ("gated-says-how", test_gated);
  ADD ("download-cancel-resume", test_download);
  ADD ("goes-on-behind-a-closed-window", test_goes_on_behind);
  ADD ("failure-is-said", test_failure);
  ADD ("folders-of-ones-own", test_folders);
  ADD ("recipe-takes-the-best", test_recipe_takes_best);
  ADD ("data-folder", test_data_folder);
  ADD ("mirror", test_mirror);
  status = g_test_run ();

  g_object_unref (program.app);
  ple_test_server_free (program.server);
  ple_remove_recursively (program.folder, NULL);
  g_free (program.folder);
  g_free ((char *) program.environment.data_dir);
  g_free ((char *) program.environment.cache_dir);
  return status;
}
