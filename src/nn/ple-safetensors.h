/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "linalg/ple-matrix.h"

G_BEGIN_DECLS

#define PLE_SAFETENSORS_MAX_DIMS 8
/* A longer header is refused before it is read; the largest published models need 1 MB. */
#define PLE_SAFETENSORS_MAX_HEADER ((size_t) 100 << 20)

typedef enum
{
  PLE_SAFETENSORS_BOOL,
  PLE_SAFETENSORS_U8,
  PLE_SAFETENSORS_I8,
  PLE_SAFETENSORS_F8_E4M3, /* known by size only: cannot be converted */
  PLE_SAFETENSORS_F8_E5M2, /* likewise */
  PLE_SAFETENSORS_U16,
  PLE_SAFETENSORS_I16,
  PLE_SAFETENSORS_F16,
  PLE_SAFETENSORS_BF16,
  PLE_SAFETENSORS_U32,
  PLE_SAFETENSORS_I32,
  PLE_SAFETENSORS_F32,
  PLE_SAFETENSORS_U64,
  PLE_SAFETENSORS_I64,
  PLE_SAFETENSORS_F64,
} PleSafetensorsType;

/**
 * PleSafetensorsEntry:
 * @name: as in the header
 * @type: of the elements, little-endian
 * @n_dims: 0 for a scalar
 * @shape: sizes
 * @n: product of the sizes
 * @size: bytes
 * @data: into the mapped file; only as well aligned as the writer made it
 */
typedef struct
{
  const char *name;
  PleSafetensorsType type;
  guint n_dims;
  size_t shape[PLE_SAFETENSORS_MAX_DIMS];
  size_t n;
  size_t size;
  gconstpointer data;
} PleSafetensorsEntry;

/**
 * PleSafetensors:
 *
 * An open .safetensors file: eight bytes with the length of the header, a JSON header, the bytes of
 * the tensors. The file is mapped, so that opening costs the header only. Everything in the header
 * is checked on opening: lengths against the file's, shapes against the offsets, and that the
 * tensors tile the data without overlap and without a hole. Frozen; use from any thread.
 */
typedef struct _PleSafetensors PleSafetensors;

/* (transfer full) (nullable): a PleFileError or a GFileError otherwise */
PleSafetensors *ple_safetensors_open (const char *path, GError **error);
/* @name is for messages. Takes a reference to @bytes. */
PleSafetensors *ple_safetensors_parse (GBytes *bytes, const char *name, GError **error);
void ple_safetensors_free (PleSafetensors *file);

size_t ple_safetensors_get_n (const PleSafetensors *file);
/* In the order of the bytes. */
const PleSafetensorsEntry *ple_safetensors_get_entry (const PleSafetensors *file, size_t i);
/* %NULL if absent. */
const PleSafetensorsEntry *ple_safetensors_find (const PleSafetensors *file, const char *name);
/* A string of "__metadata__"; %NULL if absent. */
const char *ple_safetensors_get_metadata (const PleSafetensors *file, const char *key);

/**
 * ple_safetensors_read_floats:
 * @entry: any type but the 8-bit floats
 * @first: first element
 * @n: elements
 * @out: (out caller-allocates): @n floats; whole numbers above 2^24 are rounded
 *
 * Returns: %FALSE with %PLE_FILE_ERROR_UNSUPPORTED for an 8-bit float
 */
gboolean ple_safetensors_read_floats (
    const PleSafetensorsEntry *entry, size_t first, size_t n, float *out, GError **error);

/**
 * ple_safetensors_get_matrix:
 * @name: of the tensor
 *
 * Returns: (transfer full) (nullable): (shape[0], product of the rest) as float32; a vector of n is
 * (1, n), a scalar (1, 1). Shares the mapped memory when the tensor is aligned F32: then it must
 * not be written to. %PLE_FILE_ERROR_FORMAT naming the tensor if it is not there
 */
PleMatrix *
ple_safetensors_get_matrix (const PleSafetensors *file, const char *name, GError **error);

/* As above, and refuses another shape than (n_rows, n_cols) with %PLE_FILE_ERROR_MISMATCH. */
PleMatrix *ple_safetensors_get_matrix_of (
    const PleSafetensors *file, const char *name, size_t n_rows, size_t n_cols, GError **error);

/* Copies a tensor of exactly this type and number of elements, as it is. %PLE_FILE_ERROR_FORMAT if
 * it is not there, %PLE_FILE_ERROR_MISMATCH if it is another one. */
gboolean ple_safetensors_get_bytes (const PleSafetensors *file,
                                    const char *name,
                                    PleSafetensorsType type,
                                    size_t n,
                                    gpointer out,
                                    GError **error);

/* Whether the data still has the sum that %PLE_SAFETENSORS_QUICK wrote into the header.
 * %PLE_FILE_ERROR_MISMATCH otherwise. Reads the whole file. */
gboolean ple_safetensors_check_sum (const PleSafetensors *file, GError **error);

/**
 * PleSafetensorsWriter:
 *
 * Collects named tensors (borrowed until the write) and strings, then writes them at once. The
 * header is padded with spaces so that the data begins at a multiple of 64 bytes.
 */
typedef struct _PleSafetensorsWriter PleSafetensorsWriter;

PleSafetensorsWriter *ple_safetensors_writer_new (void);
void ple_safetensors_writer_free (PleSafetensorsWriter *writer);
void
ple_safetensors_writer_set_metadata (PleSafetensorsWriter *writer, const char *key, const char *v);
/* Names must differ. @data is borrowed. */
void ple_safetensors_writer_add (PleSafetensorsWriter *writer,
                                 const char *name,
                                 PleSafetensorsType type,
                                 guint n_dims,
                                 const size_t *shape,
                                 gconstpointer data);
/* F32 of two dimensions. @matrix is borrowed. */
void ple_safetensors_writer_add_matrix (PleSafetensorsWriter *writer,
                                        const char *name,
                                        const PleMatrix *matrix);

/* Whether there is time to go on. */
typedef gboolean (*PleSafetensorsGoOn) (gpointer data);

/* Has @go_on asked before each 256 KiB that %PLE_SAFETENSORS_QUICK writes. When it says no, writing
 * ends with %G_IO_ERROR_CANCELLED and the file that was there stays. */
void ple_safetensors_writer_set_limit (PleSafetensorsWriter *writer,
                                       PleSafetensorsGoOn go_on,
                                       gpointer data);

/**
 * PleSafetensorsSync:
 * @PLE_SAFETENSORS_DURABLE: synced before it is renamed: survives a loss of power
 * @PLE_SAFETENSORS_QUICK: renamed without a sync: survives the death of the program, and returns
 * before the disk is done; for checkpoints. The metadata "sum" lets the reader see what a loss of
 * power has torn
 */
typedef enum
{
  PLE_SAFETENSORS_DURABLE,
  PLE_SAFETENSORS_QUICK,
} PleSafetensorsSync;

gboolean ple_safetensors_writer_write (PleSafetensorsWriter *writer,
                                       const char *path,
                                       PleSafetensorsSync sync,
                                       GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleSafetensors, ple_safetensors_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleSafetensorsWriter, ple_safetensors_writer_free)

G_END_DECLS
