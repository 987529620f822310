/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reader. Format, little-endian:
 *   u64      length n of the header
 *   n bytes  JSON object: "name": {"dtype": "F32", "shape": [..], "data_offsets": [begin, end]},
 *            optional "__metadata__": {"key": "string"}; may end in spaces
 *   rest     the tensors, C order; offsets count from here; they cover it without overlap or hole
 */
#include "config.h"

#include "nn/ple-safetensors.h"

#include "base/ple-error.h"
#include "base/ple-json.h"
#include "base/ple-rng.h"
#include "nn/ple-safetensors-private.h"

#include <string.h>

struct _PleSafetensors
{
  GBytes *bytes;
  JsonNode *header;
  JsonObject *metadata;
  char *name;
  GArray *entries;
  GHashTable *by_name; /* name -> 1 + index */
};

static const PleSafetensorsTypeInfo type_infos[] = {
  [PLE_SAFETENSORS_BOOL] = { "BOOL", 1 },       [PLE_SAFETENSORS_U8] = { "U8", 1 },
  [PLE_SAFETENSORS_I8] = { "I8", 1 },           [PLE_SAFETENSORS_F8_E4M3] = { "F8_E4M3", 1 },
  [PLE_SAFETENSORS_F8_E5M2] = { "F8_E5M2", 1 }, [PLE_SAFETENSORS_U16] = { "U16", 2 },
  [PLE_SAFETENSORS_I16] = { "I16", 2 },         [PLE_SAFETENSORS_F16] = { "F16", 2 },
  [PLE_SAFETENSORS_BF16] = { "BF16", 2 },       [PLE_SAFETENSORS_U32] = { "U32", 4 },
  [PLE_SAFETENSORS_I32] = { "I32", 4 },         [PLE_SAFETENSORS_F32] = { "F32", 4 },
  [PLE_SAFETENSORS_U64] = { "U64", 8 },         [PLE_SAFETENSORS_I64] = { "I64", 8 },
  [PLE_SAFETENSORS_F64] = { "F64", 8 },
};

const PleSafetensorsTypeInfo *
ple_safetensors_type_info (PleSafetensorsType type)
{
  return &type_infos[type];
}

static gboolean G_GNUC_PRINTF (4, 5)
    fail (GError **error, const char *file, PleFileError code, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, PLE_FILE_ERROR, code, "%s: %s", file, message);
  return FALSE;
}

/* A whole number >= 0 at @i. */
static gboolean
get_size (JsonArray *array, guint i, size_t *size)
{
  JsonNode *node = json_array_get_element (array, i);

  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_INT64 ||
      json_node_get_int (node) < 0)
    return FALSE;
  *size = (size_t) json_node_get_int (node);
  return TRUE;
}

static gboolean
parse_shape (JsonArray *shape, PleSafetensorsEntry *entry)
{
  if (shape == NULL || json_array_get_length (shape) > PLE_SAFETENSORS_MAX_DIMS)
    return FALSE;
  entry->n_dims = json_array_get_length (shape);
  entry->n = 1;
  for (guint i = 0; i < entry->n_dims; i++)
    if (!get_size (shape, i, &entry->shape[i]) ||
        !g_size_checked_mul (&entry->n, entry->n, entry->shape[i]))
      return FALSE;
  return TRUE;
}

static gboolean
parse_type (const char *text, PleSafetensorsEntry *entry)
{
  for (guint i = 0; text != NULL && i < G_N_ELEMENTS (type_infos); i++)
    if (strcmp (text, type_infos[i].name) == 0)
      {
        entry->type = (PleSafetensorsType) i;
        return TRUE;
      }
  return FALSE;
}

static gboolean
parse_entry (
    PleSafetensors *file, const char *name, JsonObject *object, size_t data_offset, GError **error)
{
  gsize n_bytes;
  const guint8 *bytes = g_bytes_get_data (file->bytes, &n_bytes);
  PleSafetensorsEntry entry = { .name = name };
  const char *type = ple_json_get_string (object, "dtype", NULL);
  JsonArray *offsets = ple_json_get_array (object, "data_offsets");
  size_t begin, end;

  if (!parse_type (type, &entry))
    return fail (error, file->name, PLE_FILE_ERROR_UNSUPPORTED,
                 "tensor \"%.200s\" has the unknown type \"%.20s\"", name,
                 type != NULL ? type : "");
  if (!parse_shape (ple_json_get_array (object, "shape"), &entry) ||
      !g_size_checked_mul (&entry.size, entry.n, type_infos[entry.type].size))
    return fail (error, file->name, PLE_FILE_ERROR_FORMAT, "tensor \"%.200s\" has no valid shape",
                 name);
  if (offsets == NULL || json_array_get_length (offsets) != 2 || !get_size (offsets, 0, &begin) ||
      !get_size (offsets, 1, &end) || begin > end || end - begin != entry.size)
    return fail (error, file->name, PLE_FILE_ERROR_FORMAT,
                 "tensor \"%.200s\" has offsets that do not fit its shape", name);
  if (end > n_bytes - data_offset)
    return fail (error, file->name, PLE_FILE_ERROR_TRUNCATED,
                 "tensor \"%.200s\" ends beyond the end of the file", name);
  entry.data = bytes + data_offset + begin;
  g_array_append_val (file->entries, entry);
  return TRUE;
}

static int
compare_position (gconstpointer a, gconstpointer b)
{
  const PleSafetensorsEntry *left = a;
  const PleSafetensorsEntry *right = b;
  const char *left_end = (const char *) left->data + left->size;
  const char *right_end = (const char *) right->data + right->size;

  if (left->data != right->data)
    return (const char *) left->data < (const char *) right->data ? -1 : 1;
  if (left_end != right_end)
    return left_end < right_end ? -1 : 1;
  return strcmp (left->name, right->name);
}

/* The entries, sorted by position, tile the data. */
static gboolean
check_tiling (PleSafetensors *file, size_t data_offset, GError **error)
{
  gsize n_bytes;
  const char *bytes = g_bytes_get_data (file->bytes, &n_bytes);
  const char *expected = bytes + data_offset;

  for (guint i = 0; i < file->entries->len; i++)
    {
      const PleSafetensorsEntry *entry = &g_array_index (file->entries, PleSafetensorsEntry, i);

      if ((const char *) entry->data != expected)
        return fail (error, file->name, PLE_FILE_ERROR_FORMAT,
                     "tensor \"%.200s\" %s another one in the file", entry->name,
                     (const char *) entry->data < expected ? "overlaps" : "leaves a hole after");
      expected += entry->size;
    }
  if (expected != bytes + n_bytes)
    return fail (error, file->name, PLE_FILE_ERROR_FORMAT, "bytes after the last tensor");
  return TRUE;
}

static gboolean
parse_header (PleSafetensors *file, GError **error)
{
  gsize n_bytes;
  const guint8 *bytes = g_bytes_get_data (file->bytes, &n_bytes);
  g_autoptr (GList) names = NULL;
  JsonObject *root;
  guint64 length;

  if (n_bytes == 0)
    return fail (error, file->name, PLE_FILE_ERROR_EMPTY, "the file is empty");
  if (n_bytes < sizeof length)
    return fail (error, file->name, PLE_FILE_ERROR_TRUNCATED, "too short for a safetensors file");
  memcpy (&length, bytes, sizeof length);
  length = GUINT64_FROM_LE (length);
  if (length > PLE_SAFETENSORS_MAX_HEADER)
    return fail (error, file->name, PLE_FILE_ERROR_TOO_LARGE,
                 "not a safetensors file, or its header is longer than 100 MB");
  if (length > n_bytes - sizeof length)
    return fail (error, file->name, PLE_FILE_ERROR_TRUNCATED, "the file ends within its header");
  file->header = ple_json_parse ((const char *) bytes + sizeof length, length, file->name, error);
  if (file->header == NULL)
    return FALSE;
  if (!JSON_NODE_HOLDS_OBJECT (file->header))
    return fail (error, file->name, PLE_FILE_ERROR_FORMAT, "the header is not a JSON object");

  root = json_node_get_object (file->header);
  names = json_object_get_members (root);
  for (GList *l = names; l != NULL; l = l->next)
    {
      JsonObject *object = ple_json_get_object (root, l->data);

      if (object == NULL)
        return fail (error, file->name, PLE_FILE_ERROR_FORMAT,
                     "the header's member \"%.200s\" is not an object", (char *) l->data);
      if (strcmp (l->data, "__metadata__") == 0)
        file->metadata = object;
      else if (!parse_entry (file, l->data, object, sizeof length + length, error))
        return FALSE;
    }
  g_array_sort (file->entries, compare_position);
  for (guint i = 0; i < file->entries->len; i++)
    g_hash_table_insert (file->by_name,
                         (gpointer) g_array_index (file->entries, PleSafetensorsEntry, i).name,
                         GSIZE_TO_POINTER ((gsize) i + 1));
  return check_tiling (file, sizeof length + length, error);
}

PleSafetensors *
ple_safetensors_parse (GBytes *bytes, const char *name, GError **error)
{
  g_autoptr (PleSafetensors) file = g_new0 (PleSafetensors, 1);

  file->bytes = g_bytes_ref (bytes);
  file->name = g_strdup (name);
  file->entries = g_array_new (FALSE, FALSE, sizeof (PleSafetensorsEntry));
  file->by_name = g_hash_table_new (g_str_hash, g_str_equal);
  if (!parse_header (file, error))
    return NULL;
  return g_steal_pointer (&file);
}

PleSafetensors *
ple_safetensors_open (const char *path, GError **error)
{
  g_autoptr (GMappedFile) mapped = g_mapped_file_new (path, FALSE, error);
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *name = g_path_get_basename (path);

  if (mapped == NULL)
    return NULL;
  bytes = g_mapped_file_get_bytes (mapped);
  return ple_safetensors_parse (bytes, name, error);
}

void
ple_safetensors_free (PleSafetensors *file)
{
  if (file == NULL)
    return;
  g_clear_pointer (&file->by_name, g_hash_table_unref);
  g_clear_pointer (&file->entries, g_array_unref);
  g_clear_pointer (&file->header, json_node_unref);
  g_clear_pointer (&file->bytes, g_bytes_unref);
  g_free (file->name);
  g_free (file);
}

size_t
ple_safetensors_get_n (const PleSafetensors *file)
{
  return file->entries->len;
}

const PleSafetensorsEntry *
ple_safetensors_get_entry (const PleSafetensors *file, size_t i)
{
  g_return_val_if_fail (i < file->entries->len, NULL);
  return &g_array_index (file->entries, PleSafetensorsEntry, i);
}

const PleSafetensorsEntry *
ple_safetensors_find (const PleSafetensors *file, const char *name)
{
  gsize index = GPOINTER_TO_SIZE (g_hash_table_lookup (file->by_name, name));

  return index > 0 ? ple_safetensors_get_entry (file, index - 1) : NULL;
}

const char *
ple_safetensors_get_metadata (const PleSafetensors *file, const char *key)
{
  return file->metadata != NULL ? ple_json_get_string (file->metadata, key, NULL) : NULL;
}

static float
float_of_bits (guint32 bits)
{
  float value;

  memcpy (&value, &bits, sizeof value);
  return value;
}

static float
float_of_half (guint16 half)
{
  guint32 sign = (guint32) (half & 0x8000) << 16;
  guint32 magnitude = (guint32) (half & 0x7fff) << 13;
  float value;

  if (magnitude >= 0x0f800000) /* infinity and NaN: the exponent becomes all ones */
    return float_of_bits (sign | (magnitude + 0x70000000));
  /* Scaling by 2^112 rebiases the exponent, of subnormal numbers too. */
  value = float_of_bits (magnitude) * 0x1p112f;
  return sign != 0 ? -value : value;
}

#define CONVERT(T, expression)                                                                     \
  for (size_t i = 0; i < n; i++)                                                                   \
    {                                                                                              \
      T v;                                                                                         \
      memcpy (&v, (const char *) entry->data + (first + i) * sizeof (T), sizeof (T));              \
      out[i] = (expression);                                                                       \
    }                                                                                              \
  return TRUE

gboolean
ple_safetensors_read_floats (
    const PleSafetensorsEntry *entry, size_t first, size_t n, float *out, GError **error)
{
  g_return_val_if_fail (first <= entry->n && n <= entry->n - first, FALSE);

  switch (entry->type)
    {
    case PLE_SAFETENSORS_F32:
      if (n > 0)
        memcpy (out, (const char *) entry->data + first * sizeof (float), n * sizeof (float));
      return TRUE;
    case PLE_SAFETENSORS_F16:
      CONVERT (guint16, float_of_half (v));
    case PLE_SAFETENSORS_BF16:
      CONVERT (guint16, float_of_bits ((guint32) v << 16));
    case PLE_SAFETENSORS_F64:
      CONVERT (double, (float) v);
    case PLE_SAFETENSORS_I64:
      CONVERT (gint64, (float) v);
    case PLE_SAFETENSORS_U64:
      CONVERT (guint64, (float) v);
    case PLE_SAFETENSORS_I32:
      CONVERT (gint32, (float) v);
    case PLE_SAFETENSORS_U32:
      CONVERT (guint32, (float) v);
    case PLE_SAFETENSORS_I16:
      CONVERT (gint16, (float) v);
    case PLE_SAFETENSORS_U16:
      CONVERT (guint16, (float) v);
    case PLE_SAFETENSORS_I8:
      CONVERT (gint8, (float) v);
    case PLE_SAFETENSORS_U8:
      CONVERT (guint8, (float) v);
    case PLE_SAFETENSORS_BOOL:
      CONVERT (guint8, v != 0 ? 1.0f : 0.0f);
    case PLE_SAFETENSORS_F8_E4M3:
    case PLE_SAFETENSORS_F8_E5M2:
    default:
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_UNSUPPORTED,
                   "tensor \"%.200s\" holds 8-bit floats; convert the model to 16 or 32 bits",
                   entry->name);
      return FALSE;
    }
}

PleMatrix *
ple_safetensors_get_matrix (const PleSafetensors *file, const char *name, GError **error)
{
  const PleSafetensorsEntry *entry = ple_safetensors_find (file, name);
  size_t n_rows, n_cols = 1;
  g_autoptr (PleMatrix) matrix = NULL;

  if (entry == NULL)
    {
      fail (error, file->name, PLE_FILE_ERROR_FORMAT, "there is no tensor \"%.200s\"", name);
      return NULL;
    }
  n_rows = entry->n_dims > 1 ? entry->shape[0] : 1;
  /* With a zero among the sizes the product of the others may not fit. */
  if (entry->n > 0)
    n_cols = entry->n / n_rows;
  else
    n_rows = n_cols = 0;

  if (entry->type == PLE_SAFETENSORS_F32 && (guintptr) entry->data % sizeof (float) == 0 &&
      entry->n > 0)
    return ple_matrix_new_with_owner (n_rows, n_cols, (float *) entry->data,
                                      g_bytes_ref (file->bytes), (GDestroyNotify) g_bytes_unref);
  matrix = ple_matrix_new (n_rows, n_cols, error);
  if (matrix == NULL)
    {
      g_prefix_error (error, "%s: ", file->name);
      return NULL;
    }
  if (!ple_safetensors_read_floats (entry, 0, entry->n, matrix->data, error))
    {
      g_prefix_error (error, "%s: ", file->name);
      return NULL;
    }
  return g_steal_pointer (&matrix);
}

PleMatrix *
ple_safetensors_get_matrix_of (
    const PleSafetensors *file, const char *name, size_t n_rows, size_t n_cols, GError **error)
{
  g_autoptr (PleMatrix) matrix = ple_safetensors_get_matrix (file, name, error);

  if (matrix == NULL)
    return NULL;
  if (matrix->n_rows != n_rows || matrix->n_cols != n_cols)
    {
      fail (error, file->name, PLE_FILE_ERROR_MISMATCH,
            "tensor \"%.200s\" is %" G_GSIZE_FORMAT " x %" G_GSIZE_FORMAT
            ", expected %" G_GSIZE_FORMAT " x %" G_GSIZE_FORMAT,
            name, matrix->n_rows, matrix->n_cols, n_rows, n_cols);
      return NULL;
    }
  return g_steal_pointer (&matrix);
}

gboolean
ple_safetensors_get_bytes (const PleSafetensors *file,
                           const char *name,
                           PleSafetensorsType type,
                           size_t n,
                           gpointer out,
                           GError **error)
{
  const PleSafetensorsEntry *entry = ple_safetensors_find (file, name);

  if (entry == NULL)
    return fail (error, file->name, PLE_FILE_ERROR_FORMAT, "there is no tensor \"%.200s\"", name);
  if (entry->type != type || entry->n != n)
    return fail (error, file->name, PLE_FILE_ERROR_MISMATCH,
                 "tensor \"%.200s\" has another type or size than expected", name);
  if (entry->size > 0)
    memcpy (out, entry->data, entry->size);
  return TRUE;
}

guint64
ple_safetensors_add_sum (guint64 sum, gconstpointer data, size_t size)
{
  const char *bytes = data;
  guint64 lanes[4] = { sum, 1, 2, 3 };
  guint64 words[4];
  size_t i = 0;

  /* Four independent chains, each step odd-multiplied so that the order of words counts. */
  for (; i + sizeof words <= size; i += sizeof words)
    {
      memcpy (words, bytes + i, sizeof words);
      for (int l = 0; l < 4; l++)
        lanes[l] = (lanes[l] ^ words[l]) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
    }
  for (; i < size; i++)
    lanes[0] = (lanes[0] ^ (guint8) bytes[i]) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
  for (int l = 1; l < 4; l++)
    lanes[0] = ple_mix64 (lanes[0]) ^ lanes[l];
  return ple_mix64 (lanes[0] ^ size);
}

gboolean
ple_safetensors_check_sum (const PleSafetensors *file, GError **error)
{
  const char *expected = ple_safetensors_get_metadata (file, "sum");
  g_autofree char *found = NULL;
  guint64 sum = 0;

  for (guint i = 0; i < file->entries->len; i++)
    {
      const PleSafetensorsEntry *entry = &g_array_index (file->entries, PleSafetensorsEntry, i);

      sum = ple_safetensors_add_sum (sum, entry->data, entry->size);
    }
  found = g_strdup_printf ("%016" G_GINT64_MODIFIER "x", sum);
  return g_strcmp0 (expected, found) == 0 ||
         fail (error, file->name, PLE_FILE_ERROR_MISMATCH, "the file is damaged or not complete");
}
