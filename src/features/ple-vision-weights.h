/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "features/ple-vision-linear.h"
#include "nn/ple-safetensors.h"

G_BEGIN_DECLS

/* A longer index is refused. */
#define PLE_VISION_INDEX_MAX ((size_t) 64 << 20)

/**
 * PleVisionWeights:
 *
 * The tensors of a model folder: model.safetensors, or the shards that model.safetensors.index.json
 * names. Files are mapped; each tensor is checked against the shape that the caller expects when it
 * is read, and its pages are given back afterwards, so that reading a model into other memory does
 * not keep it twice. Reading from several threads is allowed.
 */
typedef struct _PleVisionWeights PleVisionWeights;

/**
 * ple_vision_weights_open:
 * @prefixes: (nullable) (array zero-terminated=1): tried before a name that is absent as it is;
 * constant
 *
 * Returns: (transfer full) (nullable): %PLE_FILE_ERROR_UNSUPPORTED if there are weights of another
 * format only, %PLE_FILE_ERROR_EMPTY if there are none, %PLE_FILE_ERROR_MISMATCH naming a shard
 * that is missing, %PLE_FILE_ERROR_FORMAT for an index that names a file outside of the folder
 */
PleVisionWeights *
ple_vision_weights_open (const char *folder, const char *const *prefixes, GError **error);
void ple_vision_weights_free (PleVisionWeights *weights);

/* Names of the files, in alphabetic order. (transfer none) (array zero-terminated=1) */
const char *const *ple_vision_weights_get_files (const PleVisionWeights *weights);

/* Elements of all tensors that were read so far. */
size_t ple_vision_weights_get_n_read (const PleVisionWeights *weights);

/* Whether a tensor of that name is there, with or without a prefix. */
gboolean ple_vision_weights_has (const PleVisionWeights *weights, const char *name);

/**
 * ple_vision_weights_find:
 * @name: of the tensor
 * @n_dims: sizes that follow, as size_t
 *
 * Returns: (transfer none) (nullable): an entry of exactly these sizes and of floating-point
 * numbers; else %PLE_FILE_ERROR_MISMATCH naming file, tensor, what was expected and what found
 */
const PleSafetensorsEntry *ple_vision_weights_find (
    PleVisionWeights *weights, GError **error, const char *name, guint n_dims, ...);

/* As ple_vision_weights_find(), but any sizes of @n_dims dimensions. */
const PleSafetensorsEntry *ple_vision_weights_find_any (PleVisionWeights *weights,
                                                        GError **error,
                                                        const char *name,
                                                        guint n_dims);

/* The elements as floats into @out (entry->n). */
gboolean ple_vision_weights_copy (PleVisionWeights *weights,
                                  const PleSafetensorsEntry *entry,
                                  float *out,
                                  GError **error);

/* The same from element @first on. */
gboolean ple_vision_weights_copy_part (PleVisionWeights *weights,
                                       const PleSafetensorsEntry *entry,
                                       size_t first,
                                       size_t n,
                                       float *out,
                                       GError **error);

/* A vector of @n floats. (transfer full) (nullable) */
float *ple_vision_weights_get_vector (PleVisionWeights *weights,
                                      const char *name,
                                      size_t n,
                                      GError **error);

/**
 * ple_vision_weights_pack:
 * @entry: rows of as many elements as @packed has inputs, of any sizes
 * @from: row of @entry to begin with
 * @n_rows: how many
 * @packed: (out)
 * @first: row of @packed to begin with
 *
 * Reads a part of a matrix into a part of @packed.
 */
gboolean ple_vision_weights_pack (PleVisionWeights *weights,
                                  const PleSafetensorsEntry *entry,
                                  size_t from,
                                  size_t n_rows,
                                  PlePacked *packed,
                                  size_t first,
                                  GError **error);

/**
 * ple_vision_weights_get_linear:
 * @linear: (out): NAME.weight (n_out, n_in) and, if @has_bias, NAME.bias (n_out)
 */
gboolean ple_vision_weights_get_linear (PleVisionWeights *weights,
                                        const char *name,
                                        size_t n_out,
                                        size_t n_in,
                                        gboolean has_bias,
                                        PleLinear *linear,
                                        GError **error);

/* NAME.weight (n), then NAME.bias (n). (transfer full) (nullable) */
float *
ple_vision_weights_get_norm (PleVisionWeights *weights, const char *name, size_t n, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleVisionWeights, ple_vision_weights_free)

G_END_DECLS
