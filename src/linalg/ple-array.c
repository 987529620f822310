/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-array-file.h"
#include "linalg/ple-array-private.h"

#include "base/ple-error.h"

#include <math.h>
#include <string.h>

G_STATIC_ASSERT (G_BYTE_ORDER == G_LITTLE_ENDIAN);

size_t
ple_array_type_size (PleArrayType type)
{
  static const guint8 sizes[] = { [PLE_ARRAY_F2] = 2, [PLE_ARRAY_F4] = 4, [PLE_ARRAY_F8] = 8,
                                  [PLE_ARRAY_I1] = 1, [PLE_ARRAY_I2] = 2, [PLE_ARRAY_I4] = 4,
                                  [PLE_ARRAY_I8] = 8, [PLE_ARRAY_U1] = 1, [PLE_ARRAY_BOOL] = 1 };

  return sizes[type];
}

gboolean
ple_array_count (guint n_dims, const size_t *shape, size_t item_size, size_t *n, size_t *bytes)
{
  gsize count = 1, size;
  gboolean empty = FALSE;

  for (guint i = 0; i < n_dims; i++)
    {
      empty = empty || shape[i] == 0;
      if (!g_size_checked_mul (&count, count, MAX (shape[i], 1)))
        return FALSE;
    }
  if (!g_size_checked_mul (&size, count, item_size) || size > G_MAXSSIZE)
    return FALSE;
  *n = empty ? 0 : count;
  *bytes = empty ? 0 : size;
  return TRUE;
}

PleArray *
ple_array_new (
    PleArrayType type, guint n_dims, const size_t *shape, GBytes *bytes, gconstpointer data)
{
  PleArray *array = g_new0 (PleArray, 1);
  size_t size;

  array->type = type;
  array->n_dims = n_dims;
  for (guint i = 0; i < n_dims; i++)
    array->shape[i] = shape[i];
  if (!ple_array_count (n_dims, shape, ple_array_type_size (type), &array->n, &size))
    g_assert_not_reached ();
  array->bytes = bytes;
  array->data = (void *) data;
  array->ref_count = 1;
  return array;
}

PleArray *
ple_array_ref (PleArray *array)
{
  g_atomic_int_inc (&array->ref_count);
  return array;
}

void
ple_array_unref (PleArray *array)
{
  if (array == NULL || !g_atomic_int_dec_and_test (&array->ref_count))
    return;
  g_bytes_unref (array->bytes);
  g_free (array);
}

/* IEEE 754 binary16 to binary32: exact. */
static float
half_to_float (guint16 half)
{
  guint32 sign = (guint32) (half & 0x8000) << 16;
  guint32 exponent = (half >> 10) & 0x1f;
  guint32 fraction = half & 0x3ff;
  guint32 bits;
  float value;

  if (exponent == 0)
    {
      /* Zero or subnormal: fraction units of 2^-24. */
      value = (float) fraction * 0x1p-24f;
      return sign != 0 ? -value : value;
    }
  if (exponent == 31)
    bits = sign | 0x7f800000 | fraction << 13;
  else
    bits = sign | (exponent + 112) << 23 | fraction << 13;
  memcpy (&value, &bits, sizeof value);
  return value;
}

double
ple_array_get (const PleArray *array, size_t i)
{
  g_return_val_if_fail (i < array->n, NAN);

  switch (array->type)
    {
    case PLE_ARRAY_F2:
      return (double) half_to_float (((const guint16 *) array->data)[i]);
    case PLE_ARRAY_F4:
      return (double) ((const float *) array->data)[i];
    case PLE_ARRAY_F8:
      return ((const double *) array->data)[i];
    case PLE_ARRAY_I1:
      return (double) ((const gint8 *) array->data)[i];
    case PLE_ARRAY_I2:
      return (double) ((const gint16 *) array->data)[i];
    case PLE_ARRAY_I4:
      return (double) ((const gint32 *) array->data)[i];
    case PLE_ARRAY_I8:
      return (double) ((const gint64 *) array->data)[i];
    case PLE_ARRAY_U1:
      return (double) ((const guint8 *) array->data)[i];
    case PLE_ARRAY_BOOL:
      return ((const guint8 *) array->data)[i] != 0;
    default:
      g_assert_not_reached ();
    }
}

double *
ple_array_to_doubles (const PleArray *array)
{
  double *values = g_new (double, MAX (array->n, 1));

  for (size_t i = 0; i < array->n; i++)
    values[i] = ple_array_get (array, i);
  return values;
}

static void
unref_array (gpointer array)
{
  ple_array_unref (array);
}

PleMatrix *
ple_array_to_matrix (PleArray *array, GError **error)
{
  size_t n_rows = array->n_dims > 0 ? array->shape[0] : 1;
  size_t n_cols = 1;
  PleMatrix *matrix;

  /* Cannot overflow: ple_array_count() has multiplied these. */
  for (guint i = 1; i < array->n_dims; i++)
    n_cols *= array->shape[i];
  if (array->type == PLE_ARRAY_F4 && array->n > 0)
    return ple_matrix_new_with_owner (n_rows, n_cols, array->data, ple_array_ref (array),
                                      unref_array);
  matrix = ple_matrix_new (n_rows, n_cols, error);
  for (size_t i = 0; matrix != NULL && i < array->n; i++)
    matrix->data[i] = (float) ple_array_get (array, i);
  return matrix;
}

gboolean
ple_array_is_whole (const PleArray *array)
{
  if (array->type > PLE_ARRAY_F8)
    return TRUE;
  for (size_t i = 0; i < array->n; i++)
    {
      double value = ple_array_get (array, i);

      if (!(value == floor (value)) || isinf (value))
        return FALSE;
    }
  return TRUE;
}

gboolean
ple_label_check (double value, size_t item, const char *name, GError **error)
{
  if (!(value == floor (value)) || value < -1)
    g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT,
                 "%s: item %" G_GSIZE_FORMAT " is %g, not a whole number from -1", name, item,
                 value);
  else if (value > PLE_LABEL_MAX)
    g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_TOO_LARGE,
                 "%s: item %" G_GSIZE_FORMAT " is %.0f, labels end at %d", name, item, value,
                 PLE_LABEL_MAX);
  else
    return TRUE;
  return FALSE;
}

PleLabels *
ple_array_to_labels (PleArray *array, const char *name, GError **error)
{
  g_autoptr (PleLabels) labels = NULL;

  if (array->n_dims != 1 && !(array->n_dims == 2 && array->shape[1] == 1))
    {
      g_set_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_FORMAT,
                   "%s: labels must have one dimension, found %u", name, array->n_dims);
      return NULL;
    }
  labels = ple_labels_new (array->n);
  for (size_t i = 0; i < array->n; i++)
    {
      double value = ple_array_get (array, i);

      if (!ple_label_check (value, i, name, error))
        return NULL;
      labels->data[i] = (gint32) value;
    }
  return g_steal_pointer (&labels);
}
