/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "features/ple-model-store-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define SETTINGS_FILE "models.json"
/* "auto" takes nothing larger: a base model, with CLIP's text part. */
#define MAX_AUTO_BYTES ((guint64) 700000000)

G_DEFINE_QUARK (ple - model - store - error - quark, ple_model_store_error)

struct _PleModelStore
{
  gatomicrefcount n_refs;
  char *own;
  char *settings_path;
  char *hub_dir;
  char *hub_address;
  char *hub_token;
};

PleModelStore *
ple_model_store_new (const PleEnvironment *environment)
{
  PleModelStore *store = g_new0 (PleModelStore, 1);

  g_atomic_ref_count_init (&store->n_refs);
  store->own = g_build_filename (environment->data_dir, "models", NULL);
  store->settings_path = g_build_filename (environment->data_dir, SETTINGS_FILE, NULL);
  store->hub_dir = g_strdup (environment->hub_dir);
  store->hub_address = g_strdup (environment->hub_address);
  store->hub_token = g_strdup (environment->hub_token);
  return store;
}

PleModelStore *
ple_model_store_ref (PleModelStore *store)
{
  g_atomic_ref_count_inc (&store->n_refs);
  return store;
}

void
ple_model_store_unref (PleModelStore *store)
{
  if (store == NULL || !g_atomic_ref_count_dec (&store->n_refs))
    return;
  g_free (store->own);
  g_free (store->settings_path);
  g_free (store->hub_dir);
  g_free (store->hub_address);
  g_free (store->hub_token);
  g_free (store);
}

const char *
ple_model_store_get_own_folder (const PleModelStore *store)
{
  return store->own;
}

/* Looking around */

static void
take (GPtrArray *found, PleModelFolder *folder)
{
  if (folder != NULL)
    g_ptr_array_add (found, folder);
}

static gboolean
is_complete (const PleModelFolder *folder)
{
  return folder->problem == NULL;
}

/* The first line of a small file. (transfer full) (nullable) */
static char *
read_line (const char *path)
{
  char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return NULL;
  text[strcspn (text, "\r\n")] = '\0';
  return g_strstrip (text);
}

/* The snapshot of a cached repository that refs/main names; else the best of those there are:
 * complete before incomplete, then the one that sorts last, so that the choice does not depend on
 * the order of the directory. */
static PleModelFolder *
look_into_cached (const char *path, const char *name)
{
  g_autofree char *ref_path = g_build_filename (path, "refs", "main", NULL);
  g_autofree char *revision = read_line (ref_path);
  g_autofree char *snapshots = g_build_filename (path, "snapshots", NULL);
  g_autoptr (PleModelFolder) best = NULL;
  g_autofree char *best_name = NULL;
  g_autoptr (GDir) dir = NULL;
  const char *entry;

  if (revision != NULL && *revision != '\0' && strchr (revision, '/') == NULL)
    {
      g_autofree char *main_path = g_build_filename (snapshots, revision, NULL);

      best = ple_model_folder_inspect (main_path, name, PLE_MODEL_PLACE_HUB);
      if (best != NULL && is_complete (best))
        return g_steal_pointer (&best);
    }
  dir = g_dir_open (snapshots, 0, NULL);
  while (dir != NULL && (entry = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (snapshots, entry, NULL);
      g_autoptr (PleModelFolder) folder =
          ple_model_folder_inspect (child, name, PLE_MODEL_PLACE_HUB);

      if (folder == NULL ||
          (best != NULL && (is_complete (best) > is_complete (folder) ||
                            (is_complete (best) == is_complete (folder) && best_name != NULL &&
                             strcmp (best_name, entry) > 0))))
        continue;
      ple_model_folder_free (best);
      best = g_steal_pointer (&folder);
      g_free (best_name);
      best_name = g_strdup (entry);
    }
  return g_steal_pointer (&best);
}

/* "models--facebook--dinov2-small" as "facebook/dinov2-small". (transfer full) (nullable) */
static char *
parse_cached_name (const char *entry)
{
  g_auto (GStrv) parts = NULL;

  if (!g_str_has_prefix (entry, "models--"))
    return NULL;
  parts = g_strsplit (entry + strlen ("models--"), "--", 2);
  return g_strjoinv ("/", parts);
}

/* @depth: how many levels of folders below @path may hold models. */
static gboolean
look_into (GPtrArray *found,
           const char *path,
           const char *prefix,
           int depth,
           PleModelPlace place,
           PleProgress *progress,
           GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *entry;

  while (dir != NULL && (entry = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, entry, NULL);
      g_autofree char *cached = parse_cached_name (entry);
      g_autofree char *name = prefix != NULL ? g_strconcat (prefix, "/", entry, NULL) : NULL;
      PleModelFolder *folder;

      if (!ple_progress_check (progress, error))
        return FALSE;
      if (*entry == '.' || !g_file_test (child, G_FILE_TEST_IS_DIR))
        continue;
      if (cached != NULL)
        {
          take (found, look_into_cached (child, cached));
          continue;
        }
      folder = ple_model_folder_inspect (child, name, place);
      take (found, folder);
      if (folder == NULL && depth > 1 &&
          !look_into (found, child, entry, depth - 1, place, progress, error))
        return FALSE;
    }
  return TRUE;
}

static int
compare_folders (gconstpointer a, gconstpointer b)
{
  const PleModelFolder *one = *(PleModelFolder *const *) a;
  const PleModelFolder *two = *(PleModelFolder *const *) b;
  int order;

  if ((one->known == NULL) != (two->known == NULL))
    return one->known == NULL ? 1 : -1;
  if (one->known != two->known)
    return one->known < two->known ? -1 : 1;
  order = strcmp (one->name, two->name);
  if (order == 0)
    order = is_complete (two) - is_complete (one);
  if (order == 0)
    order = (int) one->place - (int) two->place;
  return order != 0 ? order : strcmp (one->path, two->path);
}

/* The same folder, reached by two ways, once. */
static void
drop_doubles (GPtrArray *found)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  guint n = 0;

  for (guint i = 0; i < found->len; i++)
    {
      PleModelFolder *folder = g_ptr_array_index (found, i);

      if (g_hash_table_add (seen, folder->path))
        found->pdata[n++] = folder;
      else
        ple_model_folder_free (folder);
    }
  for (guint i = n; i < found->len; i++)
    found->pdata[i] = NULL;
  g_ptr_array_set_size (found, (int) n);
}

GPtrArray *
ple_model_store_list (PleModelStore *store, PleProgress *progress, GError **error)
{
  g_autoptr (GPtrArray) found =
      g_ptr_array_new_with_free_func ((GDestroyNotify) ple_model_folder_free);
  g_auto (GStrv) folders = ple_model_store_dup_folders (store);

  if (!look_into (found, store->own, NULL, 2, PLE_MODEL_PLACE_OWN, progress, error) ||
      (store->hub_dir != NULL &&
       !look_into (found, store->hub_dir, NULL, 1, PLE_MODEL_PLACE_HUB, progress, error)))
    return NULL;
  for (size_t i = 0; folders[i] != NULL; i++)
    {
      PleModelFolder *itself = ple_model_folder_inspect (folders[i], NULL, PLE_MODEL_PLACE_ADDED);

      take (found, itself);
      if (itself == NULL &&
          !look_into (found, folders[i], NULL, 2, PLE_MODEL_PLACE_ADDED, progress, error))
        return NULL;
    }
  g_ptr_array_sort (found, compare_folders);
  drop_doubles (found);
  return g_steal_pointer (&found);
}

/* Names */

char *
ple_known_model_describe_how_to_get (const PleKnownModel *model)
{
  g_autofree char *page = ple_known_model_build_page (model);
  g_autofree char *size = g_format_size (model->bytes);

  if (model->gated)
    return g_strdup_printf (
        _ ("%s (%s) is given only to who accepts its licence: do that at %s, make a token there, "
           "set HF_TOKEN to it and run pleiades-cli models --download %s; or point at a folder "
           "that has it"),
        model->repository, size, page, model->repository);
  return g_strdup_printf (
      _ ("get %s (%s) by pleiades-cli models --download %s or on the Models page of the window"),
      model->repository, size, model->repository);
}

static gboolean
has_name (const PleModelFolder *folder, const char *name)
{
  const char *base = strrchr (folder->name, '/');

  return g_ascii_strcasecmp (folder->name, name) == 0 ||
         (base != NULL && g_ascii_strcasecmp (base + 1, name) == 0);
}

/* Steals the one that was chosen. */
static PleModelFolder *
steal (GPtrArray *found, guint i)
{
  PleModelFolder *folder = found->pdata[i];

  found->pdata[i] = NULL;
  return folder;
}

/* The largest of @family up to @max_bytes; of equals the first. */
static PleModelFolder *
steal_best (GPtrArray *found, const char *family, guint64 max_bytes)
{
  guint best = G_MAXUINT;

  for (guint i = 0; i < found->len; i++)
    {
      const PleModelFolder *folder = found->pdata[i];

      if (!is_complete (folder) || folder->bytes > max_bytes ||
          g_ascii_strcasecmp (folder->family, family) != 0)
        continue;
      if (best == G_MAXUINT ||
          folder->dimension > ((const PleModelFolder *) found->pdata[best])->dimension)
        best = i;
    }
  return best != G_MAXUINT ? steal (found, best) : NULL;
}

PleModelFolder *
ple_model_store_find_best (PleModelStore *store)
{
  static const char *const order[] = { "dinov3", "dinov2",   "clip",   "msn", "dino",
                                       "vit",    "convnext", "resnet", "mae" };
  g_autoptr (GPtrArray) found = ple_model_store_list (store, NULL, NULL);

  for (size_t i = 0; i < G_N_ELEMENTS (order); i++)
    {
      PleModelFolder *folder = steal_best (found, order[i], MAX_AUTO_BYTES);

      if (folder != NULL)
        return folder;
    }
  return NULL;
}

static PleModelFolder *
fail_incomplete (const PleModelFolder *folder, GError **error)
{
  g_set_error (error, PLE_MODEL_STORE_ERROR, PLE_MODEL_STORE_ERROR_INCOMPLETE, "%s: %s",
               folder->path, folder->problem);
  return NULL;
}

static PleModelFolder *
resolve_path (const char *name, GError **error)
{
  g_autofree char *path = name[0] == '~' && (name[1] == '/' || name[1] == '\0')
                              ? g_build_filename (g_get_home_dir (), name + 1, NULL)
                              : g_strdup (name);
  g_autoptr (PleModelFolder) folder = ple_model_folder_inspect (path, NULL, PLE_MODEL_PLACE_ADDED);

  if (folder == NULL)
    {
      g_autofree char *base = g_path_get_basename (path);
      g_autofree char *repository = parse_cached_name (base);
      g_autoptr (PleModelFolder) cached = look_into_cached (path, repository);

      if (cached != NULL && is_complete (cached))
        return g_steal_pointer (&cached);
      g_set_error (error, PLE_MODEL_STORE_ERROR, PLE_MODEL_STORE_ERROR_UNKNOWN,
                   g_file_test (path, G_FILE_TEST_IS_DIR)
                       ? _ ("%s: no config.json in it, so it is not the folder of a model")
                       : _ ("%s: there is no such folder"),
                   path);
      return NULL;
    }
  return is_complete (folder) ? g_steal_pointer (&folder) : fail_incomplete (folder, error);
}

static PleModelFolder *
fail_absent (const char *name, GError **error)
{
  const PleKnownModel *known = ple_known_models_find (name);
  size_t n;
  const PleKnownModel *models = ple_known_models_list (&n);

  for (size_t i = 0; known == NULL && i < n; i++)
    if (g_ascii_strcasecmp (models[i].family, name) == 0)
      known = &models[i];
  if (known != NULL)
    {
      g_autofree char *how = ple_known_model_describe_how_to_get (known);

      g_set_error (error, PLE_MODEL_STORE_ERROR, PLE_MODEL_STORE_ERROR_NOT_HERE,
                   _ ("%s is not on this computer; %s"), name, how);
    }
  else
    g_set_error (error, PLE_MODEL_STORE_ERROR, PLE_MODEL_STORE_ERROR_UNKNOWN,
                 _ ("there is no model \"%s\": neither a folder nor a name that is known or on "
                    "this computer; pleiades-cli models lists them"),
                 name);
  return NULL;
}

PleModelFolder *
ple_model_store_resolve (PleModelStore *store, const char *name, GError **error)
{
  g_autoptr (GPtrArray) found = NULL;
  const PleModelFolder *broken = NULL;
  PleModelFolder *best;

  if (*name == '/' || *name == '.' || *name == '~')
    return resolve_path (name, error);
  found = ple_model_store_list (store, NULL, error);
  if (found == NULL)
    return NULL;
  for (guint i = 0; i < found->len; i++)
    {
      const PleModelFolder *folder = found->pdata[i];

      if (!has_name (folder, name))
        continue;
      if (is_complete (folder))
        return steal (found, i);
      broken = folder;
    }
  if (broken != NULL)
    return fail_incomplete (broken, error);
  best = steal_best (found, name, G_MAXUINT64);
  if (best != NULL)
    return best;
  return g_file_test (name, G_FILE_TEST_IS_DIR) ? resolve_path (name, error)
                                                : fail_absent (name, error);
}

/* What the person has set */

/* (transfer full): an empty one if there is none or it cannot be read */
static JsonObject *
load_settings (PleModelStore *store)
{
  g_autoptr (JsonNode) root = ple_json_load (store->settings_path, PLE_MODEL_MAX_CONFIG, NULL);

  return root != NULL && JSON_NODE_HOLDS_OBJECT (root) ? json_node_dup_object (root)
                                                       : json_object_new ();
}

/* Other members, of a later version, stay as they are. */
static gboolean
save_settings (PleModelStore *store, char **folders, const char *mirror, GError **error)
{
  g_autoptr (JsonObject) old = load_settings (store);
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autofree char *parent = g_path_get_dirname (store->settings_path);
  JsonArray *array = json_array_new ();
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;

  json_object_iter_init (&iter, old);
  while (json_object_iter_next (&iter, &name, &value))
    json_object_set_member (object, name, json_node_copy (value));
  for (size_t i = 0; folders[i] != NULL; i++)
    json_array_add_string_element (array, folders[i]);
  json_object_set_array_member (object, "folders", array);
  json_object_set_string_member (object, "mirror", mirror != NULL ? mirror : "");
  json_node_set_object (node, object);
  g_mkdir_with_parents (parent, 0777);
  return ple_json_save (node, store->settings_path, error);
}

char **
ple_model_store_dup_folders (PleModelStore *store)
{
  g_autoptr (JsonObject) settings = load_settings (store);
  JsonArray *array = ple_json_get_array (settings, "folders");
  g_autoptr (GStrvBuilder) folders = g_strv_builder_new ();

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    {
      JsonNode *node = json_array_get_element (array, i);

      if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_string (node) != NULL &&
          *json_node_get_string (node) == '/')
        g_strv_builder_add (folders, json_node_get_string (node));
    }
  return g_strv_builder_end (folders);
}

/* The list without @path, and with it at the end if @add. */
static gboolean
change_folders (PleModelStore *store, const char *path, gboolean add, GError **error)
{
  g_autofree char *absolute = g_canonicalize_filename (path, NULL);
  g_auto (GStrv) old = ple_model_store_dup_folders (store);
  g_autofree char *mirror = ple_model_store_dup_mirror (store);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) folders = NULL;

  if (g_strv_contains ((const char *const *) old, absolute) == add)
    return TRUE;
  for (size_t i = 0; old[i] != NULL; i++)
    if (strcmp (old[i], absolute) != 0)
      g_strv_builder_add (builder, old[i]);
  if (add)
    g_strv_builder_add (builder, absolute);
  folders = g_strv_builder_end (builder);
  return save_settings (store, folders, mirror, error);
}

gboolean
ple_model_store_add_folder (PleModelStore *store, const char *path, GError **error)
{
  if (!g_file_test (path, G_FILE_TEST_IS_DIR))
    {
      g_set_error (error, PLE_MODEL_STORE_ERROR, PLE_MODEL_STORE_ERROR_UNKNOWN,
                   _ ("%s: there is no such folder"), path);
      return FALSE;
    }
  return change_folders (store, path, TRUE, error);
}

gboolean
ple_model_store_remove_folder (PleModelStore *store, const char *path, GError **error)
{
  return change_folders (store, path, FALSE, error);
}

char *
ple_model_store_dup_mirror (PleModelStore *store)
{
  g_autoptr (JsonObject) settings = load_settings (store);
  const char *mirror = ple_json_get_string (settings, "mirror", "");

  return *mirror != '\0' ? g_strdup (mirror) : NULL;
}

/* (transfer full) */
static char *
without_slash (const char *address)
{
  size_t length = strlen (address);

  while (length > 0 && address[length - 1] == '/')
    length--;
  return g_strndup (address, length);
}

char *
ple_model_store_dup_address (PleModelStore *store)
{
  g_autofree char *mirror = ple_model_store_dup_mirror (store);

  if (mirror != NULL)
    return without_slash (mirror);
  if (store->hub_address != NULL && *store->hub_address != '\0')
    return without_slash (store->hub_address);
  return g_strdup (PLE_HUB_ADDRESS);
}

const char *
ple_model_store_get_token (const PleModelStore *store, const char *address)
{
  g_autofree char *asked = without_slash (address);
  g_autofree char *endpoint =
      without_slash (store->hub_address != NULL ? store->hub_address : PLE_HUB_ADDRESS);

  if (store->hub_token == NULL || *store->hub_token == '\0' ||
      (strcmp (asked, PLE_HUB_ADDRESS) != 0 && strcmp (asked, endpoint) != 0))
    return NULL;
  return store->hub_token;
}

gboolean
ple_model_store_set_mirror (PleModelStore *store, const char *address, GError **error)
{
  g_auto (GStrv) folders = ple_model_store_dup_folders (store);

  if (address != NULL && *address != '\0' && !ple_model_store_is_address (address))
    {
      g_set_error (error, PLE_MODEL_STORE_ERROR, PLE_MODEL_STORE_ERROR_UNKNOWN,
                   _ ("\"%s\" is no address: it has to begin with https:// or http://"), address);
      return FALSE;
    }
  return save_settings (store, folders, address, error);
}

gboolean
ple_model_store_is_address (const char *address)
{
  g_autoptr (GUri) uri = g_uri_parse (address, G_URI_FLAGS_NONE, NULL);

  return uri != NULL && g_uri_get_host (uri) != NULL && *g_uri_get_host (uri) != '\0' &&
         (strcmp (g_uri_get_scheme (uri), "https") == 0 ||
          strcmp (g_uri_get_scheme (uri), "http") == 0);
}
