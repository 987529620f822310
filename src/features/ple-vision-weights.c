/* SPDX-License-Identifier: GPL-3.0-or-later */
/* model.safetensors.index.json:
 *   {"metadata": {...}, "weight_map": {"TENSOR": "model-00001-of-00002.safetensors", ...}} */
#include "config.h"

#include "features/ple-vision-weights.h"

#include "base/ple-error.h"
#include "base/ple-json.h"

#include <glib/gi18n-lib.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SINGLE "model.safetensors"
#define INDEX "model.safetensors.index.json"
#define MAX_SHARDS 4096

/* Floats that are converted at once. */
#define CONVERT_BLOCK ((size_t) 1 << 16)

typedef struct
{
  char *name;
  PleSafetensors *file;
} Shard;

struct _PleVisionWeights
{
  const char *const *prefixes;
  GArray *shards;     /* of Shard, by name */
  GPtrArray *names;   /* of the shards, then NULL */
  GHashTable *places; /* tensor -> shard + 1; NULL without an index */
  atomic_size_t n_read;
};

static void
shard_clear (gpointer data)
{
  Shard *shard = data;

  g_free (shard->name);
  ple_safetensors_free (shard->file);
}

void
ple_vision_weights_free (PleVisionWeights *weights)
{
  if (weights == NULL)
    return;
  g_clear_pointer (&weights->places, g_hash_table_unref);
  g_ptr_array_unref (weights->names);
  g_array_unref (weights->shards);
  g_free (weights);
}

static const Shard *
get_shard (const PleVisionWeights *weights, guint i)
{
  return &g_array_index (weights->shards, Shard, i);
}

const char *const *
ple_vision_weights_get_files (const PleVisionWeights *weights)
{
  return (const char *const *) weights->names->pdata;
}

size_t
ple_vision_weights_get_n_read (const PleVisionWeights *weights)
{
  return atomic_load (&weights->n_read);
}

static gboolean
add_shard (PleVisionWeights *weights, const char *folder, const char *name, GError **error)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  Shard shard = { g_strdup (name), ple_safetensors_open (path, error) };

  if (shard.file == NULL)
    {
      g_free (shard.name);
      return FALSE;
    }
  g_array_append_val (weights->shards, shard);
  return TRUE;
}

/* A name that stays in the folder and is what it claims to be. */
static gboolean
check_shard_name (const char *name, GError **error)
{
  if (name != NULL && *name != '.' && strchr (name, '/') == NULL && strchr (name, '\\') == NULL &&
      strstr (name, "..") == NULL && g_str_has_suffix (name, ".safetensors"))
    return TRUE;
  g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT,
               _ ("%s: weight_map: expected names of .safetensors files of this folder, found "
                  "\"%s\""),
               INDEX, name != NULL ? name : "");
  return FALSE;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* The names that the index gives, each once, sorted; the tensors' places. */
static gboolean
list_shards (PleVisionWeights *weights, JsonObject *map, GPtrArray *names, GError **error)
{
  g_autoptr (GHashTable) numbers = g_hash_table_new (g_str_hash, g_str_equal);
  JsonObjectIter iter;
  const char *tensor;
  JsonNode *node;

  json_object_iter_init (&iter, map);
  while (json_object_iter_next (&iter, &tensor, &node))
    {
      const char *name = JSON_NODE_HOLDS_VALUE (node) ? json_node_get_string (node) : NULL;

      if (!check_shard_name (name, error))
        return FALSE;
      if (g_hash_table_add (numbers, (gpointer) name))
        g_ptr_array_add (names, (gpointer) name);
    }
  if (names->len == 0 || names->len > MAX_SHARDS)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT,
                   _ ("%s: weight_map: expected 1 to %d files, found %u"), INDEX, MAX_SHARDS,
                   names->len);
      return FALSE;
    }
  g_ptr_array_sort (names, compare_names);
  g_hash_table_remove_all (numbers);
  for (guint i = 0; i < names->len; i++)
    g_hash_table_insert (numbers, names->pdata[i], GUINT_TO_POINTER (i + 1));
  weights->places = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  json_object_iter_init (&iter, map);
  while (json_object_iter_next (&iter, &tensor, &node))
    g_hash_table_insert (weights->places, g_strdup (tensor),
                         g_hash_table_lookup (numbers, json_node_get_string (node)));
  return TRUE;
}

static gboolean
open_index (PleVisionWeights *weights, const char *folder, const char *path, GError **error)
{
  g_autoptr (JsonNode) root = ple_json_load (path, PLE_VISION_INDEX_MAX, error);
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  JsonObject *map;

  if (root == NULL)
    return FALSE;
  map = JSON_NODE_HOLDS_OBJECT (root)
            ? ple_json_get_object (json_node_get_object (root), "weight_map")
            : NULL;
  if (map == NULL)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT,
                   _ ("%s: weight_map: expected an object of tensors and files"), INDEX);
      return FALSE;
    }
  if (!list_shards (weights, map, names, error))
    return FALSE;
  for (guint i = 0; i < names->len; i++)
    {
      const char *name = names->pdata[i];
      g_autofree char *file = g_build_filename (folder, name, NULL);

      if (!g_file_test (file, G_FILE_TEST_IS_REGULAR))
        {
          g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH,
                       _ ("%s is missing: %s names it (%u files in all)"), name, INDEX, names->len);
          return FALSE;
        }
      if (!add_shard (weights, folder, name, error))
        return FALSE;
    }
  return TRUE;
}

/* Why there is nothing to open. */
static void
fail_empty (const char *folder, GError **error)
{
  static const char *const others[] = { "pytorch_model.bin", "pytorch_model.bin.index.json",
                                        "tf_model.h5", "flax_model.msgpack", "model.onnx" };

  for (size_t i = 0; i < G_N_ELEMENTS (others); i++)
    {
      g_autofree char *path = g_build_filename (folder, others[i], NULL);

      if (g_file_test (path, G_FILE_TEST_EXISTS))
        {
          g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_UNSUPPORTED,
                       _ ("%s: no model.safetensors; %s cannot be read: look for a copy of the "
                          "model in safetensors form"),
                       folder, others[i]);
          return;
        }
    }
  g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_EMPTY, _ ("%s: no model.safetensors"), folder);
}

PleVisionWeights *
ple_vision_weights_open (const char *folder, const char *const *prefixes, GError **error)
{
  g_autoptr (PleVisionWeights) weights = g_new0 (PleVisionWeights, 1);
  g_autofree char *single = g_build_filename (folder, SINGLE, NULL);
  g_autofree char *index = g_build_filename (folder, INDEX, NULL);

  weights->prefixes = prefixes;
  weights->shards = g_array_new (FALSE, FALSE, sizeof (Shard));
  g_array_set_clear_func (weights->shards, shard_clear);
  weights->names = g_ptr_array_new ();
  if (g_file_test (single, G_FILE_TEST_EXISTS))
    {
      if (!add_shard (weights, folder, SINGLE, error))
        return NULL;
    }
  else if (g_file_test (index, G_FILE_TEST_EXISTS))
    {
      if (!open_index (weights, folder, index, error))
        return NULL;
    }
  else
    {
      fail_empty (folder, error);
      return NULL;
    }
  for (guint i = 0; i < weights->shards->len; i++)
    g_ptr_array_add (weights->names, get_shard (weights, i)->name);
  g_ptr_array_add (weights->names, NULL);
  return g_steal_pointer (&weights);
}

/* The tensor of exactly that name; *@shard where it is or should be. */
static const PleSafetensorsEntry *
look_up (const PleVisionWeights *weights, const char *name, const Shard **shard)
{
  guint place = 1;

  if (weights->places != NULL)
    place = GPOINTER_TO_UINT (g_hash_table_lookup (weights->places, name));
  if (place == 0)
    return NULL;
  *shard = get_shard (weights, place - 1);
  return ple_safetensors_find ((*shard)->file, name);
}

static const PleSafetensorsEntry *
look_up_prefixed (const PleVisionWeights *weights, const char *name, const Shard **shard)
{
  const PleSafetensorsEntry *entry = look_up (weights, name, shard);

  for (size_t i = 0; entry == NULL && weights->prefixes != NULL && weights->prefixes[i] != NULL;
       i++)
    {
      g_autofree char *full = g_strconcat (weights->prefixes[i], name, NULL);

      entry = look_up (weights, full, shard);
    }
  return entry;
}

gboolean
ple_vision_weights_has (const PleVisionWeights *weights, const char *name)
{
  const Shard *shard;

  return look_up_prefixed (weights, name, &shard) != NULL;
}

static char *
format_shape (guint n_dims, const size_t *shape)
{
  GString *text = g_string_new ("[");

  for (guint i = 0; i < n_dims; i++)
    g_string_append_printf (text, "%s%zu", i > 0 ? "," : "", shape[i]);
  g_string_append_c (text, ']');
  return g_string_free (text, FALSE);
}

static gboolean
is_float (PleSafetensorsType type)
{
  return type == PLE_SAFETENSORS_F32 || type == PLE_SAFETENSORS_F16 ||
         type == PLE_SAFETENSORS_BF16 || type == PLE_SAFETENSORS_F64;
}

/* @shape: NULL for any. */
static const PleSafetensorsEntry *
find (
    PleVisionWeights *weights, const char *name, guint n_dims, const size_t *shape, GError **error)
{
  const Shard *shard = get_shard (weights, 0);
  const PleSafetensorsEntry *entry = look_up_prefixed (weights, name, &shard);
  g_autofree char *expected = NULL;
  g_autofree char *found = NULL;

  if (entry == NULL)
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH,
                   _ ("%s: the tensor %s that config.json calls for is missing"), shard->name,
                   name);
      return NULL;
    }
  if (entry->n_dims != n_dims ||
      (shape != NULL && memcmp (entry->shape, shape, n_dims * sizeof *shape) != 0))
    {
      found = format_shape (entry->n_dims, entry->shape);
      expected =
          shape != NULL ? format_shape (n_dims, shape) : g_strdup_printf (_ ("%u sizes"), n_dims);
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH,
                   _ ("%s: tensor %s: config.json calls for the shape %s, found %s"), shard->name,
                   entry->name, expected, found);
      return NULL;
    }
  if (!is_float (entry->type))
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_UNSUPPORTED,
                   _ ("%s: tensor %s: expected numbers of type F32, F16, BF16 or F64"), shard->name,
                   entry->name);
      return NULL;
    }
  return entry;
}

const PleSafetensorsEntry *
ple_vision_weights_find (
    PleVisionWeights *weights, GError **error, const char *name, guint n_dims, ...)
{
  size_t shape[PLE_SAFETENSORS_MAX_DIMS];
  va_list arguments;

  g_return_val_if_fail (n_dims <= PLE_SAFETENSORS_MAX_DIMS, NULL);
  va_start (arguments, n_dims);
  for (guint i = 0; i < n_dims; i++)
    shape[i] = va_arg (arguments, size_t);
  va_end (arguments);
  return find (weights, name, n_dims, shape, error);
}

const PleSafetensorsEntry *
ple_vision_weights_find_any (PleVisionWeights *weights,
                             GError **error,
                             const char *name,
                             guint n_dims)
{
  return find (weights, name, n_dims, NULL, error);
}

/* Elements first .. first + n - 1 were read. The whole pages among them are clean pages of a mapped
 * file: the system reads them again if anybody asks, and until then they are not counted as ours.
 */
static void
give_back (PleVisionWeights *weights, const PleSafetensorsEntry *entry, size_t first, size_t n)
{
  guintptr page = (guintptr) sysconf (_SC_PAGESIZE);
  guintptr begin = (guintptr) entry->data + entry->size / MAX (entry->n, 1) * first;
  guintptr end = begin + entry->size / MAX (entry->n, 1) * n;

  atomic_fetch_add (&weights->n_read, n);
  begin = (begin + page - 1) / page * page;
  end = end / page * page;
  if (end > begin)
    madvise ((void *) begin, end - begin, MADV_DONTNEED);
}

gboolean
ple_vision_weights_copy_part (PleVisionWeights *weights,
                              const PleSafetensorsEntry *entry,
                              size_t first,
                              size_t n,
                              float *out,
                              GError **error)
{
  gboolean ok = ple_safetensors_read_floats (entry, first, n, out, error);

  give_back (weights, entry, first, n);
  return ok;
}

gboolean
ple_vision_weights_copy (PleVisionWeights *weights,
                         const PleSafetensorsEntry *entry,
                         float *out,
                         GError **error)
{
  return ple_vision_weights_copy_part (weights, entry, 0, entry->n, out, error);
}

float *
ple_vision_weights_get_vector (PleVisionWeights *weights,
                               const char *name,
                               size_t n,
                               GError **error)
{
  const PleSafetensorsEntry *entry = find (weights, name, 1, &n, error);
  g_autofree float *vector = NULL;

  if (entry == NULL)
    return NULL;
  vector = g_new (float, MAX (n, 1));
  return ple_vision_weights_copy (weights, entry, vector, error) ? g_steal_pointer (&vector) : NULL;
}

gboolean
ple_vision_weights_pack (PleVisionWeights *weights,
                         const PleSafetensorsEntry *entry,
                         size_t from,
                         size_t n_rows,
                         PlePacked *packed,
                         size_t first,
                         GError **error)
{
  size_t n_in = ple_packed_get_n_in (packed);
  size_t block = MAX (CONVERT_BLOCK / n_in, 1);
  g_autofree float *rows = NULL;

  g_return_val_if_fail (
      (from + n_rows) * n_in <= entry->n && first + n_rows <= ple_packed_get_n_out (packed), FALSE);
  if (entry->type == PLE_SAFETENSORS_F32 && (guintptr) entry->data % sizeof (float) == 0)
    ple_packed_set_rows (packed, first, n_rows, (const float *) entry->data + from * n_in, n_in);
  else
    {
      rows = g_new (float, block *n_in);
      for (size_t i = 0; i < n_rows; i += block)
        {
          size_t n = MIN (block, n_rows - i);

          if (!ple_safetensors_read_floats (entry, (from + i) * n_in, n * n_in, rows, error))
            return FALSE;
          ple_packed_set_rows (packed, first + i, n, rows, n_in);
        }
    }
  give_back (weights, entry, from * n_in, n_rows * n_in);
  return TRUE;
}

gboolean
ple_vision_weights_get_linear (PleVisionWeights *weights,
                               const char *name,
                               size_t n_out,
                               size_t n_in,
                               gboolean has_bias,
                               PleLinear *linear,
                               GError **error)
{
  g_autofree char *weight_name = g_strconcat (name, ".weight", NULL);
  g_autofree char *bias_name = g_strconcat (name, ".bias", NULL);
  const PleSafetensorsEntry *entry =
      ple_vision_weights_find (weights, error, weight_name, 2, n_out, n_in);

  if (entry == NULL)
    return FALSE;
  linear->weights = ple_packed_new (n_out, n_in, error);
  if (linear->weights == NULL ||
      !ple_vision_weights_pack (weights, entry, 0, n_out, linear->weights, 0, error))
    return FALSE;
  if (has_bias)
    linear->bias = ple_vision_weights_get_vector (weights, bias_name, n_out, error);
  return !has_bias || linear->bias != NULL;
}

float *
ple_vision_weights_get_norm (PleVisionWeights *weights, const char *name, size_t n, GError **error)
{
  g_autofree char *weight_name = g_strconcat (name, ".weight", NULL);
  g_autofree char *bias_name = g_strconcat (name, ".bias", NULL);
  const PleSafetensorsEntry *weight = ple_vision_weights_find (weights, error, weight_name, 1, n);
  const PleSafetensorsEntry *bias =
      weight != NULL ? ple_vision_weights_find (weights, error, bias_name, 1, n) : NULL;
  g_autofree float *norm = NULL;

  if (bias == NULL)
    return NULL;
  norm = g_new (float, 2 * n);
  if (!ple_vision_weights_copy (weights, weight, norm, error) ||
      !ple_vision_weights_copy (weights, bias, norm + n, error))
    return NULL;
  return g_steal_pointer (&norm);
}
