/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "features/ple-model-download.h"

#include "base/ple-atomic.h"
#include "base/ple-error.h"
#include "dataset/ple-download.h"
#include "features/ple-model-store-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define MAX_TEXT ((guint64) 64 << 20)
#define MAX_SHARDS 200
#define RECEIPT "pleiades.json"
/* Beside a shard that is whole: its identity and its SHA-256, a line each. */
#define DONE ".done"

typedef struct
{
  PleModelStore *store;
  PleDownloader *downloader;
  PleProgress *progress;
  PleProgress *small;         /* of the texts, which are nothing beside the weights */
  const PleKnownModel *known; /* nullable */
  char *repository;
  char *address;
  char *revision; /* the commit, once it is known */
  char *part;     /* the folder that is being filled */
  char *folder;   /* where it will stand */
  int lock;
  JsonObject *files; /* of the receipt */
} Fetch;

/* A weight file: what the server says of it. */
typedef struct
{
  char *name;
  PleDownloadInfo info;
} Weights;

static void
weights_free (gpointer data)
{
  Weights *weights = data;

  g_free (weights->name);
  ple_download_info_clear (&weights->info);
  g_free (weights);
}

static void
fetch_clear (Fetch *fetch)
{
  g_clear_pointer (&fetch->downloader, ple_downloader_free);
  ple_progress_unref (fetch->progress);
  ple_progress_unref (fetch->small);
  if (fetch->lock >= 0)
    close (fetch->lock);
  g_free (fetch->repository);
  g_free (fetch->address);
  g_free (fetch->revision);
  g_free (fetch->part);
  g_free (fetch->folder);
  g_clear_pointer (&fetch->files, json_object_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Fetch, fetch_clear)

static gboolean
is_repository (const char *name)
{
  const char *slash = strchr (name, '/');

  return slash != NULL && slash != name && slash[1] != '\0' && strchr (slash + 1, '/') == NULL &&
         *name != '.' && slash[1] != '.' &&
         strspn (name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/") ==
             strlen (name);
}

/* "REPOSITORY below the own folder, with @prefix before its last part". (transfer full) */
static char *
build_folder (PleModelStore *store, const char *repository, const char *prefix)
{
  g_auto (GStrv) parts = g_strsplit (repository, "/", 2);
  g_autofree char *last = g_strconcat (prefix, parts[1], NULL);

  return g_build_filename (ple_model_store_get_own_folder (store), parts[0], last, NULL);
}

static gboolean
prepare (Fetch *fetch, const char *name, const PleModelDownloadOptions *options, GError **error)
{
  const char *revision = options != NULL ? options->revision : NULL;

  fetch->known = ple_known_models_find (name);
  if (fetch->known == NULL && !is_repository (name))
    {
      g_set_error (
          error, PLE_MODEL_STORE_ERROR, PLE_MODEL_STORE_ERROR_UNKNOWN,
          ple_known_models_is_family (name)
              ? _ ("\"%s\" is a family of models; name one of them, as pleiades-cli models "
                   "lists them")
              : _ ("\"%s\" is no model that is known, and no name of the form "
                   "ORGANISATION/MODEL"),
          name);
      return FALSE;
    }
  fetch->repository = g_strdup (fetch->known != NULL ? fetch->known->repository : name);
  fetch->address = options != NULL && options->address != NULL
                       ? g_strdup (options->address)
                       : ple_model_store_dup_address (fetch->store);
  fetch->revision = g_strdup (revision != NULL && *revision != '\0' ? revision : "main");
  fetch->folder = build_folder (fetch->store, fetch->repository, "");
  fetch->part = build_folder (fetch->store, fetch->repository, ".part-");
  fetch->files = json_object_new ();
  return TRUE;
}

/* Makes the folder that is filled, for us alone. */
static gboolean
take_folder (Fetch *fetch, GError **error)
{
  if (g_mkdir_with_parents (fetch->part, 0777) != 0 ||
      (fetch->lock = open (fetch->part, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
    {
      int saved = errno;

      g_set_error (error, G_FILE_ERROR, (int) g_file_error_from_errno (saved), "%s: %s",
                   fetch->part, g_strerror (saved));
      return FALSE;
    }
  if (flock (fetch->lock, LOCK_EX | LOCK_NB) == 0)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY,
               _ ("%s is being downloaded already, here or by another program"), fetch->repository);
  return FALSE;
}

static char *
build_url (Fetch *fetch, const char *file)
{
  return ple_download_build_url (fetch->address, fetch->repository, "resolve", fetch->revision,
                                 file, NULL);
}

/* What a refusal means here. */
static void
explain_refusal (Fetch *fetch, GError **error)
{
  g_autofree char *page = g_strconcat (PLE_HUB_ADDRESS "/", fetch->repository, NULL);

  if (!g_error_matches (*error, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_FORBIDDEN))
    return;
  g_clear_error (error);
  if (fetch->known != NULL && fetch->known->gated &&
      ple_model_store_get_token (fetch->store, fetch->address) != NULL)
    g_set_error (
        error, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_FORBIDDEN,
        _ ("%s is given only to who has accepted its licence; do so at %s with the account "
           "that the token in HF_TOKEN belongs to"),
        fetch->repository, page);
  else if (fetch->known != NULL && fetch->known->gated)
    g_set_error (error, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_FORBIDDEN,
                 _ ("%s is given only to who has accepted its licence: do so at %s, make a token "
                    "at " PLE_HUB_ADDRESS "/settings/tokens, and start again with HF_TOKEN set "
                    "to it"),
                 fetch->repository, page);
  else
    g_set_error (error, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_FORBIDDEN,
                 _ ("%s is not given to us: there is none of that name, or a licence has to be "
                    "accepted first at %s and HF_TOKEN set to a token"),
                 fetch->repository, page);
}

static void
note_file (Fetch *fetch, const char *name, gint64 bytes, const char *sha256)
{
  JsonObject *entry = json_object_new ();

  json_object_set_int_member (entry, "bytes", bytes);
  json_object_set_string_member (entry, "sha256", sha256);
  json_object_set_object_member (fetch->files, name, entry);
}

/* A small file, always fetched anew. */
static gboolean
fetch_text (Fetch *fetch, const char *name, PleDownloadInfo *info, GError **error)
{
  g_autofree char *url = build_url (fetch, name);
  g_autofree char *path = g_build_filename (fetch->part, name, NULL);
  PleDownloadFile file = { .url = url, .path = path, .max_bytes = MAX_TEXT };

  if (!ple_downloader_fetch (fetch->downloader, &file, info, fetch->small, error))
    return FALSE;
  note_file (fetch, name, info->size, info->sha256);
  return TRUE;
}

/* One that not every model has. What a former try left of it goes. */
static gboolean
fetch_optional (Fetch *fetch, const char *name, GError **error)
{
  g_auto (PleDownloadInfo) info = { 0 };
  g_autoptr (GError) reason = NULL;
  g_autofree char *path = g_build_filename (fetch->part, name, NULL);

  if (fetch_text (fetch, name, &info, &reason))
    return TRUE;
  g_unlink (path);
  if (g_error_matches (reason, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_NOT_FOUND))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&reason));
  return FALSE;
}

/* @family: (out) (transfer full) */
static gboolean
fetch_config (Fetch *fetch, char **family, GError **error)
{
  g_auto (PleDownloadInfo) info = { 0 };
  g_autoptr (GError) reason = NULL;
  g_autofree char *path = g_build_filename (fetch->part, PLE_MODEL_CONFIG, NULL);
  g_autoptr (JsonNode) root = NULL;

  if (!fetch_text (fetch, PLE_MODEL_CONFIG, &info, &reason))
    {
      explain_refusal (fetch, &reason);
      if (g_error_matches (reason, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_NOT_FOUND))
        g_set_error (error, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_NOT_FOUND,
                     _ ("%s: there is no model %s (no config.json at revision %s)"), fetch->address,
                     fetch->repository, fetch->revision);
      else
        g_propagate_error (error, g_steal_pointer (&reason));
      return FALSE;
    }
  root = ple_json_load (path, PLE_MODEL_MAX_CONFIG, error);
  if (root == NULL)
    return FALSE;
  if (!JSON_NODE_HOLDS_OBJECT (root))
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT, _ ("%s holds no object"),
                   PLE_MODEL_CONFIG);
      return FALSE;
    }
  *family = g_strdup (ple_model_config_get_family (json_node_get_object (root), fetch->repository));
  if (info.commit != NULL)
    {
      g_free (fetch->revision);
      fetch->revision = g_strdup (info.commit);
    }
  return TRUE;
}

static Weights *
probe_weights (Fetch *fetch, const char *name, GError **error)
{
  g_autofree char *url = build_url (fetch, name);
  g_autoptr (GError) reason = NULL;
  PleDownloadInfo info;
  Weights *weights;

  if (!ple_downloader_probe (fetch->downloader, url, &info, fetch->progress, &reason))
    {
      /* A server without HEAD tells with the file itself. */
      if (!g_error_matches (reason, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_SERVER))
        {
          explain_refusal (fetch, &reason);
          g_propagate_error (error, g_steal_pointer (&reason));
          return NULL;
        }
      info = (PleDownloadInfo){ .size = -1 };
    }
  weights = g_new0 (Weights, 1);
  weights->name = g_strdup (name);
  weights->info = info;
  return weights;
}

static gboolean
probe_shards (Fetch *fetch, GPtrArray *all, GError **error)
{
  g_auto (PleDownloadInfo) info = { 0 };
  g_autoptr (GError) reason = NULL;
  g_autofree char *path = g_build_filename (fetch->part, PLE_MODEL_INDEX, NULL);
  g_autoptr (GPtrArray) shards = NULL;

  if (!fetch_text (fetch, PLE_MODEL_INDEX, &info, &reason))
    {
      if (g_error_matches (reason, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_NOT_FOUND))
        g_set_error (error, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_NOT_FOUND,
                     _ ("%s has no model.safetensors at revision %s, only formats that are not "
                        "read because they can hold code; see %s/%s/discussions for a revision "
                        "with a converted file and name it by --revision"),
                     fetch->repository, fetch->revision, PLE_HUB_ADDRESS, fetch->repository);
      else
        g_propagate_error (error, g_steal_pointer (&reason));
      return FALSE;
    }
  shards = ple_model_index_list_shards (path, error);
  if (shards == NULL)
    return FALSE;
  if (shards->len > MAX_SHARDS)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_TOO_LARGE, _ ("%s: more than %d shards"),
                   PLE_MODEL_INDEX, MAX_SHARDS);
      return FALSE;
    }
  for (guint i = 0; i < shards->len; i++)
    {
      Weights *weights = probe_weights (fetch, g_ptr_array_index (shards, i), error);

      if (weights == NULL)
        return FALSE;
      g_ptr_array_add (all, weights);
    }
  return TRUE;
}

/* (transfer full) (element-type Weights) (nullable) */
static GPtrArray *
find_weights (Fetch *fetch, GError **error)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (weights_free);
  g_autoptr (GError) reason = NULL;
  g_autofree char *index = g_build_filename (fetch->part, PLE_MODEL_INDEX, NULL);
  Weights *single = probe_weights (fetch, PLE_MODEL_WEIGHTS, &reason);

  if (single != NULL)
    {
      g_ptr_array_add (all, single);
      g_unlink (index);
      return g_steal_pointer (&all);
    }
  if (!g_error_matches (reason, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_NOT_FOUND))
    {
      g_propagate_error (error, g_steal_pointer (&reason));
      return NULL;
    }
  return probe_shards (fetch, all, error) ? g_steal_pointer (&all) : NULL;
}

/* Whether a former try has brought this one in. */
static gboolean
is_done (Fetch *fetch, const Weights *weights, const char *path, const char *done)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  GStatBuf info;

  if (weights->info.identity == NULL || !g_file_get_contents (done, &text, NULL, NULL) ||
      g_stat (path, &info) != 0)
    return FALSE;
  lines = g_strsplit (text, "\n", 3);
  if (g_strv_length (lines) < 2 || strcmp (lines[0], weights->info.identity) != 0 ||
      info.st_size != weights->info.size)
    return FALSE;
  note_file (fetch, weights->name, info.st_size, lines[1]);
  return TRUE;
}

static gboolean
fetch_weights (Fetch *fetch, const Weights *weights, guint64 *fetched, GError **error)
{
  g_autofree char *url = build_url (fetch, weights->name);
  g_autofree char *path = g_build_filename (fetch->part, weights->name, NULL);
  g_autofree char *done = g_strconcat (path, DONE, NULL);
  PleDownloadFile file = { .url = url, .path = path };
  g_auto (PleDownloadInfo) info = { 0 };
  g_autofree char *text = NULL;
  g_autoptr (GError) reason = NULL;

  if (is_done (fetch, weights, path, done))
    {
      *fetched += (guint64) weights->info.size;
      return TRUE;
    }
  if (!ple_downloader_fetch (fetch->downloader, &file, &info, fetch->progress, &reason))
    {
      explain_refusal (fetch, &reason);
      g_propagate_error (error, g_steal_pointer (&reason));
      return FALSE;
    }
  *fetched += (guint64) info.size;
  note_file (fetch, weights->name, info.size, info.sha256);
  text = g_strdup_printf ("%s\n%s\n", info.identity != NULL ? info.identity : "", info.sha256);
  return g_file_set_contents (done, text, -1, error);
}

static gboolean
fetch_all_weights (Fetch *fetch, const GPtrArray *all, GError **error)
{
  guint64 total = 0;
  guint64 fetched = 0;
  gboolean known = TRUE;

  for (guint i = 0; i < all->len; i++)
    {
      const Weights *weights = g_ptr_array_index (all, i);

      known = known && weights->info.size >= 0;
      total += (guint64) MAX (weights->info.size, 0);
    }
  if (!known)
    total = fetch->known != NULL ? fetch->known->bytes : 0;
  for (guint i = 0; i < all->len; i++)
    {
      ple_downloader_set_span (fetch->downloader, fetched, total);
      if (!fetch_weights (fetch, g_ptr_array_index (all, i), &fetched, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
write_receipt (Fetch *fetch, GError **error)
{
  g_autofree char *path = g_build_filename (fetch->part, RECEIPT, NULL);
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *date = g_date_time_format_iso8601 (now);
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "repository", fetch->repository);
  json_object_set_string_member (object, "revision", fetch->revision);
  json_object_set_string_member (object, "address", fetch->address);
  json_object_set_string_member (object, "date", date);
  json_object_set_object_member (object, "files", json_object_ref (fetch->files));
  json_node_take_object (node, object);
  return ple_json_save (node, path, error);
}

/* Takes away all that is not noted: marks, and files of a former revision. */
static void
tidy (Fetch *fetch)
{
  g_autoptr (GDir) dir = g_dir_open (fetch->part, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (fetch->part, name, NULL);

      if (strcmp (name, RECEIPT) != 0 && !json_object_has_member (fetch->files, name))
        ple_remove_recursively (path, NULL);
    }
}

static gboolean
finish (Fetch *fetch, GError **error)
{
  g_autoptr (PleModelFolder) folder = NULL;

  if (!write_receipt (fetch, error))
    return FALSE;
  tidy (fetch);
  folder = ple_model_folder_inspect (fetch->part, fetch->repository, PLE_MODEL_PLACE_OWN);
  if (folder == NULL || folder->problem != NULL)
    {
      g_set_error (error, PLE_MODEL_STORE_ERROR, PLE_MODEL_STORE_ERROR_INCOMPLETE,
                   _ ("%s: what arrived is no model: %s"), fetch->repository,
                   folder != NULL ? folder->problem : PLE_MODEL_CONFIG);
      ple_remove_recursively (fetch->part, NULL);
      return FALSE;
    }
  return ple_atomic_put_dir (fetch->part, fetch->folder, error);
}

static gboolean
is_here (Fetch *fetch)
{
  g_autoptr (PleModelFolder) folder =
      ple_model_folder_inspect (fetch->folder, fetch->repository, PLE_MODEL_PLACE_OWN);

  return folder != NULL && folder->problem == NULL;
}

static gboolean
run (Fetch *fetch, GError **error)
{
  static const char *const words[] = { "vocab.json", "merges.txt", "tokenizer.json" };
  g_autofree char *family = NULL;
  g_autoptr (GPtrArray) all = NULL;

  if (!take_folder (fetch, error) || !fetch_config (fetch, &family, error) ||
      !fetch_optional (fetch, "preprocessor_config.json", error))
    return FALSE;
  for (size_t i = 0; strcmp (family, "clip") == 0 && i < G_N_ELEMENTS (words); i++)
    if (!fetch_optional (fetch, words[i], error))
      return FALSE;
  all = find_weights (fetch, error);
  return all != NULL && fetch_all_weights (fetch, all, error) && finish (fetch, error);
}

char *
ple_model_download (PleModelStore *store,
                    const char *name,
                    const PleModelDownloadOptions *options,
                    PleProgress *progress,
                    GError **error)
{
  g_auto (Fetch) fetch = { .store = store, .lock = -1 };

  if (!prepare (&fetch, name, options, error))
    return NULL;
  if (is_here (&fetch))
    return g_steal_pointer (&fetch.folder);
  fetch.progress = ple_progress_new_stage (progress, _ ("Download"), 0, 1);
  fetch.small = ple_progress_new_stage (progress, NULL, 0, 0);
  fetch.downloader = ple_downloader_new ();
  ple_downloader_set_token (fetch.downloader, ple_model_store_get_token (store, fetch.address));
  if (!run (&fetch, error))
    {
      /* Nothing but an empty folder: as if nothing had been asked. */
      g_rmdir (fetch.part);
      return NULL;
    }
  return g_steal_pointer (&fetch.folder);
}

guint64
ple_model_download_get_part_size (PleModelStore *store, const char *repository)
{
  g_autofree char *folder = build_folder (store, repository, ".part-");
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  guint64 bytes = 0;
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      GStatBuf info;

      if (g_stat (path, &info) == 0)
        bytes += (guint64) info.st_size;
    }
  return bytes;
}
