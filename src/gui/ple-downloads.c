/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-downloads-private.h"

#include "features/ple-model-download.h"

#include <glib/gi18n.h>
#include <string.h>

#define DATA_FOLDER_KEY "data-folder"

struct _PleDownloads
{
  GObject parent_instance;
  const PleEnvironment *environment;
  GSettings *settings;
  PleModelStore *store;
  GCancellable *looking; /* the look at the disk that is under way */
  GPtrArray *items;
  GHashTable *jobs;     /* id -> PleJob that runs */
  GHashTable *failures; /* id -> sentence */
  char *added;          /* folder just added, until it has been looked into */
};

enum
{
  ITEMS_CHANGED,
  ITEM_CHANGED,
  MESSAGE,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (PleDownloads, ple_downloads, G_TYPE_OBJECT)

static void
ple_downloads_dispose (GObject *object)
{
  PleDownloads *downloads = PLE_DOWNLOADS (object);

  g_cancellable_cancel (downloads->looking);
  g_clear_object (&downloads->looking);
  g_clear_object (&downloads->settings);
  G_OBJECT_CLASS (ple_downloads_parent_class)->dispose (object);
}

static void
ple_downloads_finalize (GObject *object)
{
  PleDownloads *downloads = PLE_DOWNLOADS (object);

  ple_model_store_unref (downloads->store);
  g_clear_pointer (&downloads->items, g_ptr_array_unref);
  g_hash_table_unref (downloads->jobs);
  g_hash_table_unref (downloads->failures);
  g_free (downloads->added);
  G_OBJECT_CLASS (ple_downloads_parent_class)->finalize (object);
}

static void
ple_downloads_class_init (PleDownloadsClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = ple_downloads_dispose;
  object_class->finalize = ple_downloads_finalize;
  signals[ITEMS_CHANGED] = g_signal_new ("items-changed", PLE_TYPE_DOWNLOADS, G_SIGNAL_RUN_LAST, 0,
                                         NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[ITEM_CHANGED] = g_signal_new ("item-changed", PLE_TYPE_DOWNLOADS, G_SIGNAL_RUN_LAST, 0,
                                        NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[MESSAGE] = g_signal_new ("message", PLE_TYPE_DOWNLOADS, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
ple_downloads_init (PleDownloads *downloads)
{
  downloads->jobs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  downloads->failures = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

PleDownloads *
ple_downloads_new (const PleEnvironment *environment, GSettings *settings)
{
  PleDownloads *downloads = g_object_new (PLE_TYPE_DOWNLOADS, NULL);

  downloads->environment = environment;
  downloads->settings = g_object_ref (settings);
  downloads->store = ple_model_store_new (environment);
  return downloads;
}

/* Looking */

typedef struct
{
  PleModelStore *store;
  char *data_folder;
} Look;

static void
look_free (gpointer data)
{
  Look *look = data;

  ple_model_store_unref (look->store);
  g_free (look->data_folder);
  g_free (look);
}

static void
look_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Look *look = data;

  g_task_return_pointer (task, ple_download_items_list (look->store, look->data_folder),
                         (GDestroyNotify) g_ptr_array_unref);
}

/* A folder was added: was it worth it? */
static void
check_added (PleDownloads *downloads)
{
  g_autofree char *added = g_steal_pointer (&downloads->added);
  g_autofree char *text = NULL;

  if (added == NULL)
    return;
  for (guint i = 0; i < downloads->items->len; i++)
    {
      const PleDownloadItem *item = g_ptr_array_index (downloads->items, i);

      if (!item->is_dataset && item->path != NULL && g_str_has_prefix (item->path, added))
        return;
    }
  ple_model_store_remove_folder (downloads->store, added, NULL);
  text = g_strdup_printf (_ ("No model in %s: a model is a folder with config.json and "
                             "model.safetensors"),
                          added);
  g_signal_emit (downloads, signals[MESSAGE], 0, text);
}

static void
on_looked (GObject *source, GAsyncResult *result, gpointer data)
{
  PleDownloads *downloads = PLE_DOWNLOADS (source);
  GPtrArray *items = g_task_propagate_pointer (G_TASK (result), NULL);

  /* Cancelled, because a newer look is under way or the window goes. */
  if (items == NULL)
    return;
  g_clear_pointer (&downloads->items, g_ptr_array_unref);
  downloads->items = items;
  g_clear_object (&downloads->looking);
  check_added (downloads);
  g_signal_emit (downloads, signals[ITEMS_CHANGED], 0);
}

void
ple_downloads_refresh (PleDownloads *downloads)
{
  g_autoptr (GTask) task = NULL;
  Look *look = g_new0 (Look, 1);

  g_cancellable_cancel (downloads->looking);
  g_clear_object (&downloads->looking);
  downloads->looking = g_cancellable_new ();
  look->store = ple_model_store_ref (downloads->store);
  look->data_folder = ple_downloads_dup_data_folder (downloads);
  task = g_task_new (downloads, downloads->looking, on_looked, NULL);
  g_task_set_task_data (task, look, look_free);
  g_task_run_in_thread (task, look_in_thread);
}

const GPtrArray *
ple_downloads_get_items (PleDownloads *downloads)
{
  return downloads->items;
}

static const PleDownloadItem *
find_item (PleDownloads *downloads, const char *id)
{
  for (guint i = 0; downloads->items != NULL && i < downloads->items->len; i++)
    {
      const PleDownloadItem *item = g_ptr_array_index (downloads->items, i);

      if (strcmp (item->id, id) == 0)
        return item;
    }
  return NULL;
}

const PleDownloadItem *
ple_downloads_find_model (PleDownloads *downloads, const char *path)
{
  for (guint i = 0; downloads->items != NULL && i < downloads->items->len; i++)
    {
      const PleDownloadItem *item = g_ptr_array_index (downloads->items, i);

      if (item->usable && strcmp (item->path, path) == 0)
        return item;
    }
  return NULL;
}

const PleDownloadItem *
ple_downloads_get_best_model (PleDownloads *downloads)
{
  for (guint i = 0; downloads->items != NULL && i < downloads->items->len; i++)
    {
      const PleDownloadItem *item = g_ptr_array_index (downloads->items, i);

      if (item->is_best)
        return item;
    }
  return NULL;
}

/* Downloading */

typedef struct
{
  PleModelStore *store;
  const PleKnownDataset *dataset; /* or a model */
  char *id;
  char *data_folder;
} Download;

static void
download_free (gpointer data)
{
  Download *download = data;

  ple_model_store_unref (download->store);
  g_free (download->id);
  g_free (download->data_folder);
  g_free (download);
}

static gpointer
run_download (PleProgress *progress, gpointer data, GError **error)
{
  Download *download = data;

  return download->dataset != NULL
             ? ple_known_dataset_download (download->dataset, download->data_folder, NULL, progress,
                                           error)
             : ple_model_download (download->store, download->id, NULL, progress, error);
}

PleJob *
ple_downloads_get_job (PleDownloads *downloads, const char *id)
{
  return g_hash_table_lookup (downloads->jobs, id);
}

const char *
ple_downloads_get_failure (PleDownloads *downloads, const char *id)
{
  return g_hash_table_lookup (downloads->failures, id);
}

char *
ple_downloads_describe (PleDownloads *downloads)
{
  GHashTableIter iter;
  gpointer id, job;

  g_hash_table_iter_init (&iter, downloads->jobs);
  if (!g_hash_table_iter_next (&iter, &id, &job))
    return g_strdup ("idle");
  return g_strdup_printf ("%s %.0f %%", (const char *) id, 100 * ple_job_get_fraction (job));
}

static void
on_job_updated (PleJob *job, PleDownloads *downloads)
{
  g_signal_emit (downloads, signals[ITEM_CHANGED], 0, g_object_get_data (G_OBJECT (job), "id"));
}

static void
on_job_finished (PleJob *job, PleDownloads *downloads)
{
  g_autofree char *id = g_strdup (g_object_get_data (G_OBJECT (job), "id"));

  if (ple_job_get_state (job) == PLE_JOB_FAILED)
    g_hash_table_insert (downloads->failures, g_strdup (id),
                         g_strdup (ple_job_get_error (job)->message));
  g_hash_table_remove (downloads->jobs, id);
  g_signal_emit (downloads, signals[ITEM_CHANGED], 0, id);
  ple_downloads_refresh (downloads);
}

void
ple_downloads_start (PleDownloads *downloads, const char *id)
{
  const PleKnownDataset *dataset = ple_known_datasets_find (id);
  const PleDownloadItem *item = find_item (downloads, id);
  Download *download;
  PleJob *job;

  if (g_hash_table_contains (downloads->jobs, id) ||
      (dataset == NULL && ple_known_models_find (id) == NULL))
    return;
  download = g_new0 (Download, 1);
  download->store = ple_model_store_ref (downloads->store);
  download->dataset = dataset;
  download->id = g_strdup (id);
  download->data_folder = ple_downloads_dup_data_folder (downloads);
  job =
      ple_job_new (item != NULL ? item->title : id, run_download, download, download_free, g_free);
  g_object_set_data_full (G_OBJECT (job), "id", g_strdup (id), g_free);
  g_hash_table_remove (downloads->failures, id);
  g_hash_table_insert (downloads->jobs, g_strdup (id), job);
  g_signal_connect_object (job, "updated", G_CALLBACK (on_job_updated), downloads, 0);
  g_signal_connect_object (job, "finished", G_CALLBACK (on_job_finished), downloads, 0);
  ple_job_start (job);
}

void
ple_downloads_cancel (PleDownloads *downloads, const char *id)
{
  PleJob *job = ple_downloads_get_job (downloads, id);

  if (job != NULL)
    ple_job_cancel (job);
}

void
ple_downloads_shut_down (PleDownloads *downloads)
{
  GHashTableIter iter;
  gpointer job;

  g_hash_table_iter_init (&iter, downloads->jobs);
  while (g_hash_table_iter_next (&iter, NULL, &job))
    ple_job_cancel (job);
  while (g_hash_table_size (downloads->jobs) > 0)
    g_main_context_iteration (NULL, TRUE);
}

/* Settings */

void
ple_downloads_add_folder (PleDownloads *downloads, const char *path)
{
  g_autoptr (GError) error = NULL;

  if (!ple_model_store_add_folder (downloads->store, path, &error))
    {
      g_signal_emit (downloads, signals[MESSAGE], 0, error->message);
      return;
    }
  g_free (downloads->added);
  downloads->added = g_canonicalize_filename (path, NULL);
  ple_downloads_refresh (downloads);
}

char *
ple_downloads_dup_mirror (PleDownloads *downloads)
{
  char *mirror = ple_model_store_dup_mirror (downloads->store);

  return mirror != NULL ? mirror : g_strdup ("");
}

gboolean
ple_downloads_set_mirror (PleDownloads *downloads, const char *address, GError **error)
{
  if (!ple_model_store_set_mirror (downloads->store, address, error))
    return FALSE;
  ple_downloads_refresh (downloads);
  return TRUE;
}

char *
ple_downloads_dup_data_folder (PleDownloads *downloads)
{
  g_autofree char *path = g_settings_get_string (downloads->settings, DATA_FOLDER_KEY);

  if (*path == '/')
    return g_steal_pointer (&path);
  return g_build_filename (downloads->environment->data_dir, "datasets", NULL);
}

void
ple_downloads_set_data_folder (PleDownloads *downloads, const char *path)
{
  g_settings_set_string (downloads->settings, DATA_FOLDER_KEY, path);
  ple_downloads_refresh (downloads);
}
