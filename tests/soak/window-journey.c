/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ple-window-driver.h"

#include "base/ple-atomic.h"
#include "base/ple-json.h"

#include <string.h>
#include <sys/wait.h>

/* The whole way of a person through the real program, in each look: welcome, import, run, the
 * views, decisions, an export of each kind, goodbye, and back again; without a word on standard
 * error.
 *
 *   window-journey --program PLEIADES [--items N] [--quick]
 *
 * Without --items it is the built-in sample as it is offered, by the recipe that is offered; with
 * it, as many pictures by the cheapest recipe. --quick takes one look only. */
typedef struct
{
  const char *name;
  gboolean dark;
  int width;
  int height;
  const char *scale;
} Look;

static const Look looks[] = {
  { "light", FALSE, 1280, 800, "1" },
  { "dark-800x560", TRUE, 800, 560, "1" },
  { "light-800x560", FALSE, 800, 560, "1" },
  { "dark-scale-2", TRUE, 800, 560, "2" },
};

static char *program;
static int n_items;

/* --- exports ------------------------------------------------------------------------------- */

static gsize
count_lines (const char *bytes, gsize size)
{
  gsize n = 0;

  for (gsize i = 0; i < size; i++)
    n += bytes[i] == '\n';
  return n;
}

/* Pictures in the folders of labels. */
static guint
count_pictures (const char *path)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *name;
  guint n = 0;

  if (folder == NULL)
    return g_str_has_suffix (path, ".png");
  while ((name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *inside = g_build_filename (path, name, NULL);

      n += count_pictures (inside);
    }
  return n;
}

static void
check_export (const char *kind, const char *path, guint n)
{
  static const struct
  {
    const char *kind;
    const char *begin;
  } begins[] = { { "csv", "" },
                 { "mapping", "" },
                 { "json", "{" },
                 { "grid-png", "\x89PNG" },
                 { "map-png", "\x89PNG" },
                 { "map-svg", "<?xml" },
                 { "map-pdf", "%PDF" } };
  g_autofree char *bytes = NULL;
  gsize size = 0;

  if (g_str_equal (kind, "folders"))
    {
      g_assert_cmpuint (count_pictures (path), ==, n);
      return;
    }
  if (g_str_equal (kind, "links")) /* the sample has no files to link to */
    return;
  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  for (size_t i = 0; i < G_N_ELEMENTS (begins); i++)
    if (g_str_equal (begins[i].kind, kind))
      g_assert_true (g_str_has_prefix (bytes, begins[i].begin));
  if (g_str_equal (kind, "csv"))
    g_assert_cmpuint (count_lines (bytes, size), ==, n + 1);
  if (g_str_equal (kind, "json"))
    {
      g_autoptr (JsonNode) node = ple_json_load (path, 64 << 20, NULL);

      g_assert_nonnull (node);
    }
  g_assert_cmpuint (size, >, 100);
}

static void
export_all (PleWindowDriver *driver, guint n)
{
  static const char *const kinds[] = { "csv",     "mapping", "json",    "grid-png", "map-png",
                                       "map-svg", "map-pdf", "folders", "links" };

  for (size_t i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autofree char *path = g_build_filename (driver->folder, kinds[i], NULL);

      g_assert_true (
          ple_window_driver_act (driver, "win.export", g_variant_new ("(ss)", kinds[i], path)));
      ple_window_driver_wait (driver, ple_window_driver_is_idle);
      check_export (kinds[i], path, n);
    }
}

/* --- the way ------------------------------------------------------------------------------- */

static void
act (PleWindowDriver *driver, const char *action, GVariant *parameter)
{
  g_assert_true (ple_window_driver_act (driver, action, parameter));
}

static void
set_param (PleWindowDriver *driver, const char *name, const char *value)
{
  act (driver, "win.set-param", g_variant_new ("(ss)", name, value));
}

static void
import (PleWindowDriver *driver)
{
  if (n_items == 0)
    act (driver, "app.sample", NULL);
  else
    {
      g_autofree char *path = g_strdup_printf ("sample:%d:7", n_items);

      act (driver, "app.open", g_variant_new_string (path));
    }
  ple_window_driver_wait (driver, ple_window_driver_can_start);
  if (n_items > 0)
    {
      set_param (driver, "model", "hog-color");
      set_param (driver, "embedding", "pca");
    }
  set_param (driver, "num_clusters", "10");
  act (driver, "win.start", NULL);
  ple_window_driver_wait (driver, ple_window_driver_can_curate);
  ple_window_driver_wait (driver, ple_window_driver_is_idle);
  ple_window_driver_wait (driver, ple_window_driver_is_settled);
  g_assert_cmpint (ple_window_driver_get_int (driver, "win.n-clusters"), ==, 10);
}

/* Every view in every state that an action gives it. */
static void
look_around (PleWindowDriver *driver)
{
  static const char *const colours[] = { "class", "state", "confidence", "correctness", "cluster" };
  static const char *const toggles[] = { "win.side-by-side", "win.show-legend", "win.show-sidebar",
                                         "win.show-inspector" };

  for (size_t i = 0; i < G_N_ELEMENTS (colours); i++)
    {
      g_assert_true (
          ple_window_driver_set (driver, "win.colour-by", g_variant_new_string (colours[i])));
      ple_window_driver_wait (driver, ple_window_driver_is_settled);
    }
  for (size_t i = 0; i < 2 * G_N_ELEMENTS (toggles); i++)
    {
      const char *toggle = toggles[i / 2];
      gboolean on = ple_window_driver_get_boolean (driver, toggle);

      g_assert_true (ple_window_driver_set (driver, toggle, g_variant_new_boolean (!on)));
      ple_window_driver_wait (driver, ple_window_driver_is_settled);
      g_assert_cmpint (ple_window_driver_get_boolean (driver, toggle), ==, !on);
    }
  act (driver, "win.bench", g_variant_new ("(sid)", "zoom", 20, 3.0));
  ple_window_driver_wait (driver, ple_window_driver_is_settled);
  act (driver, "win.zoom-fit", NULL);
  for (int i = 0; i < 3; i++)
    act (driver, "win.step-cluster", g_variant_new_int32 (1));
  ple_window_driver_wait (driver, ple_window_driver_is_settled);
}

static int
curate (PleWindowDriver *driver)
{
  int n;

  act (driver, "win.select-cluster", g_variant_new_int32 (0));
  n = ple_window_driver_get_int (driver, "win.n-selected");
  g_assert_cmpint (n, >, 0);
  act (driver, "win.name-cluster", g_variant_new_string ("Boote"));
  act (driver, "win.confirm", NULL);
  g_assert_cmpint (ple_window_driver_get_int (driver, "win.n-confirmed"), ==, n);
  act (driver, "win.undo", NULL);
  g_assert_cmpint (ple_window_driver_get_int (driver, "win.n-confirmed"), ==, 0);
  act (driver, "win.redo", NULL);
  act (driver, "win.select-cluster", g_variant_new_int32 (1));
  act (driver, "win.split-selection", g_variant_new_int32 (2));
  ple_window_driver_wait (driver, ple_window_driver_is_idle);
  g_assert_cmpint (ple_window_driver_get_int (driver, "win.n-clusters"), ==, 11);
  ple_window_driver_wait (driver, ple_window_driver_is_settled);
  return ple_window_driver_get_int (driver, "win.n-confirmed");
}

static void
quit (PleWindowDriver *driver)
{
  act (driver, "app.quit", NULL);
  g_assert_cmpint (ple_window_driver_join (driver), ==, 0);
}

/* The one project below the user's data. (transfer full) */
static char *
find_project (PleWindowDriver *driver)
{
  g_autofree char *projects = g_build_filename (
      g_environ_getenv (driver->environment, "XDG_DATA_HOME"), "pleiades", "projects", NULL);
  g_autoptr (GDir) folder = g_dir_open (projects, 0, NULL);
  const char *name = NULL;

  g_assert_nonnull (folder);
  while ((name = g_dir_read_name (folder)) != NULL && !g_str_has_suffix (name, ".pleiades"))
    continue;
  g_assert_nonnull (name);
  return g_build_filename (projects, name, NULL);
}

/* Nothing in the window asks for more room than the look gives. */
static void
assert_size (PleWindowDriver *driver, const Look *look)
{
  g_autofree char *expected = g_strdup_printf ("window-size=(%d, %d)", look->width, look->height);
  g_autofree char *file =
      g_build_filename (g_environ_getenv (driver->environment, "XDG_CONFIG_HOME"), "glib-2.0",
                        "settings", "keyfile", NULL);
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (file, &text, NULL, NULL));
  if (strstr (text, expected) == NULL)
    g_test_message ("%s instead of %s", text, expected);
  g_assert_nonnull (strstr (text, expected));
}

static void
test_journey (gconstpointer data)
{
  const Look *look = data;
  g_autofree char *folder = g_dir_make_tmp ("ple-journey-XXXXXX", NULL);
  PleWindowDriver *driver = ple_window_driver_new (program, folder);
  g_autofree char *project = NULL;
  g_autofree char *undo = NULL;
  g_autofree char *undo_again = NULL;
  gint64 began = g_get_monotonic_time ();
  int n_confirmed, n;

  ple_window_driver_set_environment (driver, "GDK_SCALE", look->scale);
  ple_window_driver_set_size (driver, look->width, look->height);
  ple_window_driver_start (driver, NULL);
  ple_window_driver_wait_for_window (driver);
  g_assert_true (ple_window_driver_set (driver, "app.dark", g_variant_new_boolean (look->dark)));
  import (driver);
  n = ple_window_driver_get_int (driver, "win.n-items");
  g_assert_cmpint (n, ==, n_items > 0 ? n_items : 1800);
  look_around (driver);
  n_confirmed = curate (driver);
  undo = ple_window_driver_dup_text (driver, "win.undo-label");
  export_all (driver, (guint) n);
  quit (driver);
  assert_size (driver, look);

  project = find_project (driver);
  ple_window_driver_start (driver, project);
  ple_window_driver_wait_for_window (driver);
  ple_window_driver_wait (driver, ple_window_driver_can_curate);
  ple_window_driver_wait (driver, ple_window_driver_is_settled);
  g_assert_cmpint (ple_window_driver_get_int (driver, "win.n-items"), ==, n);
  g_assert_cmpint (ple_window_driver_get_int (driver, "win.n-clusters"), ==, 11);
  g_assert_cmpint (ple_window_driver_get_int (driver, "win.n-confirmed"), ==, n_confirmed);
  undo_again = ple_window_driver_dup_text (driver, "win.undo-label");
  g_assert_cmpstr (undo_again, ==, undo);
  quit (driver);
  ple_window_driver_assert_silent (driver);
  g_test_message ("%s: %d pictures, %d confirmed, %.1f s", look->name, n, n_confirmed,
                  (double) (g_get_monotonic_time () - began) / 1e6);
  ple_window_driver_free (driver);
  g_assert_true (ple_remove_recursively (folder, NULL));
}

int
main (int argc, char *argv[])
{
  gboolean quick = FALSE;
  const GOptionEntry entries[] = {
    { "program", 0, 0, G_OPTION_ARG_FILENAME, &program, "The window", "FILE" },
    { "items", 0, 0, G_OPTION_ARG_INT, &n_items, "Pictures", "N" },
    { "quick", 0, 0, G_OPTION_ARG_NONE, &quick, "One look only", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_test_init (&argc, &argv, NULL);
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_parse (context, &argc, &argv, &error);
  g_assert_no_error (error);
  g_assert_nonnull (program);
  for (size_t i = 0; i < (quick ? 1 : G_N_ELEMENTS (looks)); i++)
    {
      g_autofree char *path = g_strconcat ("/gui/journey/", looks[i].name, NULL);

      g_test_add_data_func (path, &looks[i], test_journey);
    }
  return g_test_run ();
}
