/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Error domains shared by all layers. Cancelling is always %G_IO_ERROR_CANCELLED; what the system
 * says is a #GFileError or #GIOError. Messages say what, where and what to do, without a trailing
 * stop. */

#define PLE_FILE_ERROR (ple_file_error_quark ())
#define PLE_NUMERIC_ERROR (ple_numeric_error_quark ())

/**
 * PleFileError:
 * @PLE_FILE_ERROR_TRUNCATED: the file ends before what it promises
 * @PLE_FILE_ERROR_FORMAT: the bytes are not of the format
 * @PLE_FILE_ERROR_UNSUPPORTED: a valid file of a kind that is not read; the message says what to do
 * @PLE_FILE_ERROR_TOO_LARGE: a size beyond the stated limit or beyond memory
 * @PLE_FILE_ERROR_MISMATCH: two files (or a file and its manifest) disagree
 * @PLE_FILE_ERROR_EMPTY: nothing of use in it
 */
typedef enum
{
  PLE_FILE_ERROR_TRUNCATED,
  PLE_FILE_ERROR_FORMAT,
  PLE_FILE_ERROR_UNSUPPORTED,
  PLE_FILE_ERROR_TOO_LARGE,
  PLE_FILE_ERROR_MISMATCH,
  PLE_FILE_ERROR_EMPTY,
} PleFileError;

/**
 * PleNumericError:
 * @PLE_NUMERIC_ERROR_NOT_FINITE: NaN or infinity in the input
 * @PLE_NUMERIC_ERROR_SHAPE: sizes do not fit together
 * @PLE_NUMERIC_ERROR_TOO_FEW: fewer rows than the method needs
 * @PLE_NUMERIC_ERROR_NO_CONVERGENCE: an iteration did not end
 * @PLE_NUMERIC_ERROR_NO_MEMORY: a block of the stated size cannot be had
 */
typedef enum
{
  PLE_NUMERIC_ERROR_NOT_FINITE,
  PLE_NUMERIC_ERROR_SHAPE,
  PLE_NUMERIC_ERROR_TOO_FEW,
  PLE_NUMERIC_ERROR_NO_CONVERGENCE,
  PLE_NUMERIC_ERROR_NO_MEMORY,
} PleNumericError;

GQuark ple_file_error_quark (void);
GQuark ple_numeric_error_quark (void);

G_END_DECLS
