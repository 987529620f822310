/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-array-private.h"
#include "ple-fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) labels_error = NULL;
  g_autoptr (PleMatrix) matrix = ple_csv_parse_matrix (bytes, "x.csv", &error);
  g_autoptr (PleLabels) labels = ple_csv_parse_labels (bytes, "x.csv", &labels_error);

  ple_fuzz_check (matrix, error, "x.csv: ");
  ple_fuzz_check (labels, labels_error, "x.csv: ");
  /* No more numbers than the bytes can hold. */
  if (matrix != NULL)
    g_assert_cmpuint (matrix->n_rows * matrix->n_cols, <=, size);
  return 0;
}
