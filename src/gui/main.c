/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-application.h"
#include "linalg/ple-linalg.h"

#include <glib/gi18n.h>
#include <locale.h>

/* The folder of the running program, for what lies beside it in a build folder. (transfer full)
 * (nullable) */
static char *
dup_program_folder (void)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);

  return program != NULL ? g_path_get_dirname (program) : NULL;
}

/* The schema beside the program (a build folder), else the installed one. */
static GSettings *
open_settings (const char *folder)
{
  GSettingsSchemaSource *fallback = g_settings_schema_source_get_default ();
  g_autoptr (GSettingsSchemaSource) beside =
      folder != NULL ? g_settings_schema_source_new_from_directory (folder, fallback, FALSE, NULL)
                     : NULL;
  GSettingsSchemaSource *source = beside != NULL ? beside : fallback;
  g_autoptr (GSettingsSchema) schema =
      source != NULL ? g_settings_schema_source_lookup (source, PLE_APP_ID, TRUE) : NULL;

  if (schema == NULL)
    {
      g_printerr ("pleiades: the settings schema %s is not installed; run glib-compile-schemas\n",
                  PLE_APP_ID);
      return NULL;
    }
  return g_settings_new_full (schema, NULL, NULL);
}

int
main (int argc, char **argv)
{
  g_autofree char *folder = dup_program_folder ();
  g_autofree char *data_dir = g_build_filename (g_get_user_data_dir (), "pleiades", NULL);
  g_autofree char *cache_dir = g_build_filename (g_get_user_cache_dir (), "pleiades", NULL);
  g_autofree char *hub_dir =
      ple_environment_build_hub_dir (g_getenv ("HF_HUB_CACHE"), g_getenv ("HF_HOME"));
  const PleEnvironment environment = {
    .data_dir = data_dir,
    .cache_dir = cache_dir,
    .hub_dir = hub_dir,
    .hub_address = g_getenv ("HF_ENDPOINT"),
    .hub_token = g_getenv ("HF_TOKEN"),
    .frame_log = g_getenv ("PLEIADES_FRAME_LOG"),
    .frame_sync = g_strcmp0 (g_getenv ("PLEIADES_FRAME_SYNC"), "1") == 0,
  };
  g_autoptr (GSettings) settings = NULL;
  g_autoptr (PleApplication) app = NULL;

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, PLE_LOCALE_DIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  ple_linalg_init ();
  settings = open_settings (folder);
  if (settings == NULL)
    return 1;
  app = ple_application_new (&environment, settings, G_APPLICATION_DEFAULT_FLAGS);
  return g_application_run (G_APPLICATION (app), argc, argv);
}
