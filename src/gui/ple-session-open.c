/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening pictures or a project on a thread, and closing them. */
#include "config.h"

#include "gui/ple-session-private.h"

#include "gui/ple-thumbnail-loader.h"

#include <glib/gi18n.h>

#define PICTURE_BYTES ((size_t) 256 << 20)

typedef struct
{
  char *path;
  const PleEnvironment *environment;
  PleProgress *progress;
  PleDataset *dataset;
  PleProject *project;
  PleLoadedRun *loaded;
} Opening;

static void
opening_free (gpointer data)
{
  Opening *opening = data;

  g_free (opening->path);
  ple_progress_unref (opening->progress);
  g_clear_pointer (&opening->dataset, ple_dataset_unref);
  g_clear_object (&opening->project);
  g_clear_pointer (&opening->loaded, ple_loaded_run_free);
  g_free (opening);
}

/* The run shown last, or the newest; none is no error. */
static gboolean
load_current_run (Opening *opening, GError **error)
{
  g_auto (GStrv) keys = ple_project_list_runs (opening->project);
  const char *current = ple_project_get_current_run (opening->project);
  const char *key = NULL;

  for (size_t i = 0; keys[i] != NULL; i++)
    if (key == NULL || !g_str_equal (key, current))
      key = keys[i];
  if (key == NULL)
    return TRUE;
  opening->loaded =
      ple_loaded_run_load (ple_project_get_path (opening->project), opening->dataset, key, error);
  return opening->loaded != NULL;
}

static void
open_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Opening *opening = data;
  GError *error = NULL;

  if (ple_project_is_project (opening->path))
    {
      opening->project =
          ple_project_open (opening->path, opening->environment, opening->progress, &error);
      if (opening->project != NULL)
        {
          opening->dataset = ple_dataset_ref (ple_project_get_dataset (opening->project));
          load_current_run (opening, &error);
        }
    }
  else
    {
      const PleDatasetOptions options = { .cache_dir = opening->environment->cache_dir };

      opening->dataset = ple_dataset_open (opening->path, &options, opening->progress, &error);
    }
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

static void
take_dataset (PleSession *session, Opening *opening)
{
  session->dataset = g_steal_pointer (&opening->dataset);
  session->project = g_steal_pointer (&opening->project);
  if (ple_dataset_has_pictures (session->dataset))
    session->pictures = ple_picture_cache_new (
        ple_thumbnail_loader_load,
        ple_thumbnail_loader_new (session->dataset, session->environment->cache_dir),
        ple_thumbnail_loader_unref, PICTURE_BYTES);
  session->order = PLE_ORDER_CENTRE;
  ple_selection_reset (session->selection, ple_dataset_get_n_items (session->dataset));
}

static void
on_opened (GObject *source, GAsyncResult *result, gpointer data)
{
  PleSession *session = PLE_SESSION (source);
  Opening *opening = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;

  if (!g_task_propagate_boolean (G_TASK (result), &error))
    {
      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
      ple_session_set_phase (session, PLE_PHASE_WELCOME);
      ple_session_report (session, _ ("This cannot be opened"), error);
      return;
    }
  take_dataset (session, opening);
  if (opening->loaded != NULL)
    {
      if (!ple_session_open_curation (session, opening->loaded, &error))
        {
          ple_session_drop_all (session);
          ple_session_set_phase (session, PLE_PHASE_WELCOME);
          ple_session_report (session, _ ("The decisions of this project cannot be opened"), error);
          return;
        }
      ple_session_adopt (session, opening->loaded);
      ple_session_take_recipe (session, ple_recipe_copy (session->run->recipe), FALSE);
      ple_session_set_phase (session, PLE_PHASE_PROJECT);
    }
  else
    {
      PleRecipe *recipe = ple_recipe_new ();
      gboolean guess;

      session->index = ple_session_make_index (session->dataset, NULL);
      ple_recipe_adapt (recipe, session->dataset, &guess);
      ple_session_take_recipe (session, recipe, guess);
      ple_session_set_phase (session, PLE_PHASE_IMPORT);
    }
  ple_session_scope_changed (session);
}

static void
on_open_cancelled (GCancellable *cancellable, PleProgress *progress)
{
  ple_progress_cancel (progress);
}

void
ple_session_open (PleSession *session, const char *path)
{
  Opening *opening = g_new0 (Opening, 1);
  g_autoptr (GTask) task = NULL;

  ple_session_drop_all (session);
  ple_selection_reset (session->selection, 0);
  ple_session_set_phase (session, PLE_PHASE_OPENING);

  opening->path = g_strdup (path);
  opening->environment = session->environment;
  opening->progress = ple_progress_new (NULL, NULL, 0);
  g_cancellable_connect (session->cancellable, G_CALLBACK (on_open_cancelled),
                         ple_progress_ref (opening->progress), (GDestroyNotify) ple_progress_unref);
  task = g_task_new (session, session->cancellable, on_opened, NULL);
  g_task_set_task_data (task, opening, opening_free);
  g_task_run_in_thread (task, open_in_thread);
}

void
ple_session_close (PleSession *session)
{
  ple_session_drop_all (session);
  ple_selection_reset (session->selection, 0);
  ple_session_set_phase (session, PLE_PHASE_WELCOME);
}
