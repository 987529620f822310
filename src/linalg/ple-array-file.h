/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-progress.h"
#include "linalg/ple-labels.h"
#include "linalg/ple-matrix.h"

G_BEGIN_DECLS

#define PLE_ARRAY_MAX_DIMS 8

typedef enum
{
  PLE_ARRAY_F2,
  PLE_ARRAY_F4,
  PLE_ARRAY_F8,
  PLE_ARRAY_I1,
  PLE_ARRAY_I2,
  PLE_ARRAY_I4,
  PLE_ARRAY_I8,
  PLE_ARRAY_U1,
  PLE_ARRAY_BOOL,
} PleArrayType;

/**
 * PleArray:
 * @type: of the elements, little-endian in memory
 * @n_dims: 0 for a scalar
 * @shape: sizes
 * @n: product of the sizes
 * @data: n elements in C order
 *
 * An array as numpy writes it (.npy versions 1 to 3; Fortran order is turned into C order on
 * reading). Frozen once read. Reference-counted.
 */
typedef struct
{
  PleArrayType type;
  guint n_dims;
  size_t shape[PLE_ARRAY_MAX_DIMS];
  size_t n;
  void *data;
  /*< private >*/
  int ref_count;
  GBytes *bytes;
} PleArray;

PleArray *ple_array_ref (PleArray *array);
void ple_array_unref (PleArray *array);
/* Element @i as a double (any type). */
double ple_array_get (const PleArray *array, size_t i);
/* (transfer full): all elements as doubles */
double *ple_array_to_doubles (const PleArray *array);
/* (n, d) float32; 1-D becomes (n, 1), more dimensions are flattened to (shape[0], rest). Shares
 * memory if F4. */
PleMatrix *ple_array_to_matrix (PleArray *array, GError **error);
/* 1-D whole numbers within int32 (floats that are whole count). %PLE_FILE_ERROR_FORMAT otherwise.
 */
PleLabels *ple_array_to_labels (PleArray *array, const char *name, GError **error);

/* .npy. A C-order f4 file is mapped, not read. Sizes are checked against the file's before anything
 * is allocated. */
PleArray *ple_npy_read (const char *path, GError **error);
PleArray *ple_npy_parse (GBytes *bytes, const char *name, GError **error);
gboolean ple_npy_write (const char *path,
                        PleArrayType type,
                        guint n_dims,
                        const size_t *shape,
                        gconstpointer data,
                        GError **error);
gboolean ple_npy_write_matrix (const char *path, const PleMatrix *matrix, GError **error);
/* int64, as numpy users expect. */
gboolean ple_npy_write_labels (const char *path, const PleLabels *labels, GError **error);

/**
 * PleNpz:
 *
 * A .npz archive (stored or deflated members).
 */
typedef struct _PleNpz PleNpz;
PleNpz *ple_npz_open (const char *path, GError **error);
void ple_npz_free (PleNpz *npz);
/* (transfer none) (array zero-terminated=1): names without ".npy" */
const char *const *ple_npz_get_names (PleNpz *npz);
/* (transfer full) (nullable): %PLE_FILE_ERROR_FORMAT naming the member if it is not there or broken
 */
PleArray *ple_npz_get (PleNpz *npz, const char *name, GError **error);

/* Writes stored members; (name, array) pairs in order. Atomic. */
typedef struct
{
  const char *name;
  PleArrayType type;
  guint n_dims;
  size_t shape[PLE_ARRAY_MAX_DIMS];
  gconstpointer data;
} PleNpzMember;
gboolean
ple_npz_write (const char *path, const PleNpzMember *members, size_t n_members, GError **error);

/**
 * ple_features_read:
 * @path: .npy, .npz (array "features", or the only 2-D one), .csv (numbers, optional header); a
 * folder or a stem without extension is looked up as the seeds' --load_features does
 *
 * Returns: (transfer full) (nullable): (n, d), finite values not checked
 */
PleMatrix *ple_features_read (const char *path, GError **error);
/* .npy, .npz ("labels", or the only 1-D one of whole numbers), .csv or text with one number per
 * line. */
PleLabels *ple_labels_read (const char *path, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleArray, ple_array_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleNpz, ple_npz_free)

G_END_DECLS
