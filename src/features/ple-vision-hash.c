/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The cache: {"PATH": {"size": bytes, "time": "nanoseconds", "sha256": "..."}, ...} */
#include "config.h"

#include "features/ple-vision-extract.h"

#include "base/ple-hash.h"
#include "features/ple-vision-weights.h"

#include <glib/gstdio.h>
#include <string.h>

#define CACHE_MAX ((size_t) 4 << 20)

typedef struct
{
  JsonObject *known; /* (nullable) */
  gboolean changed;
} Cache;

static char *
time_of (const GStatBuf *info)
{
  return g_strdup_printf ("%" G_GINT64_FORMAT ".%09ld", (gint64) info->st_mtim.tv_sec,
                          info->st_mtim.tv_nsec);
}

/* The sum of one file, from the cache if the file is as it was. (transfer full) (nullable) */
static char *
sum_file (Cache *cache, const char *path, PleProgress *progress, GError **error)
{
  g_autofree char *absolute = g_canonicalize_filename (path, NULL);
  JsonObject *entry = cache->known != NULL ? ple_json_get_object (cache->known, absolute) : NULL;
  g_autofree char *time = NULL;
  g_autofree char *sum = NULL;
  GStatBuf info;

  if (g_stat (path, &info) != 0)
    return ple_hash_file (path, progress, error);
  time = time_of (&info);
  if (entry != NULL && ple_json_get_int (entry, "size", -1) == (gint64) info.st_size &&
      strcmp (ple_json_get_string (entry, "time", ""), time) == 0 &&
      strlen (ple_json_get_string (entry, "sha256", "")) == 64)
    return g_strdup (ple_json_get_string (entry, "sha256", NULL));
  sum = ple_hash_file (path, progress, error);
  if (sum == NULL || cache->known == NULL)
    return g_steal_pointer (&sum);
  entry = json_object_new ();
  json_object_set_int_member (entry, "size", (gint64) info.st_size);
  json_object_set_string_member (entry, "time", time);
  json_object_set_string_member (entry, "sha256", sum);
  json_object_set_object_member (cache->known, absolute, entry);
  cache->changed = TRUE;
  return g_steal_pointer (&sum);
}

static gboolean
add_file (PleHash *hash,
          Cache *cache,
          const char *folder,
          const char *name,
          PleProgress *progress,
          GError **error)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *sum = sum_file (cache, path, progress, error);

  if (sum == NULL)
    return FALSE;
  ple_hash_add_string (hash, name);
  ple_hash_add_string (hash, sum);
  return TRUE;
}

static JsonObject *
load_cache (const char *path)
{
  g_autoptr (JsonNode) root = ple_json_load (path, CACHE_MAX, NULL);
  JsonObject *copy = json_object_new ();
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    return copy;
  /* What was parsed is immutable. */
  json_object_iter_init (&iter, json_node_get_object (root));
  while (json_object_iter_next (&iter, &name, &node))
    json_object_set_member (copy, name, json_node_copy (node));
  return copy;
}

/* A cache that cannot be written costs time, no more. */
static void
save_cache (JsonObject *known, const char *path)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autofree char *folder = g_path_get_dirname (path);

  json_node_set_object (node, known);
  g_mkdir_with_parents (folder, 0777);
  ple_json_save (node, path, NULL);
}

char *
ple_vision_hash (const char *folder, const char *cache_file, PleProgress *progress, GError **error)
{
  g_autoptr (PleVisionWeights) weights = ple_vision_weights_open (folder, NULL, error);
  g_autoptr (PleHash) hash = ple_hash_new ();
  g_autoptr (JsonObject) known = cache_file != NULL ? load_cache (cache_file) : NULL;
  g_autofree char *preprocessor = g_build_filename (folder, "preprocessor_config.json", NULL);
  Cache cache = { known, FALSE };
  gboolean ok;

  if (weights == NULL)
    return NULL;
  ok = add_file (hash, &cache, folder, "config.json", progress, error);
  if (ok && g_file_test (preprocessor, G_FILE_TEST_EXISTS))
    ok = add_file (hash, &cache, folder, "preprocessor_config.json", progress, error);
  for (const char *const *name = ple_vision_weights_get_files (weights); ok && *name != NULL;
       name++)
    ok = add_file (hash, &cache, folder, *name, progress, error);
  if (cache.changed)
    save_cache (known, cache_file);
  return ok ? ple_hash_get_hex (hash, 64) : NULL;
}
