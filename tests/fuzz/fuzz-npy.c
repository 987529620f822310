/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-array-file.h"
#include "ple-fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (PleArray) array = ple_npy_parse (bytes, "x.npy", &error);

  ple_fuzz_check (array, error, "x.npy: ");
  if (array != NULL)
    {
      g_autoptr (PleMatrix) matrix = ple_array_to_matrix (array, NULL);
      g_autoptr (PleLabels) labels = ple_array_to_labels (array, "x.npy", NULL);
      double sum = 0;

      for (size_t i = 0; i < array->n; i++)
        sum += ple_array_get (array, i);
      g_assert_true (array->n > 0 || sum == 0);
    }
  return 0;
}
