/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "nn/ple-safetensors.h"
#include "ple-fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (PleSafetensors) file = ple_safetensors_parse (bytes, "x.safetensors", &error);

  ple_fuzz_check (file, error, "x.safetensors: ");
  for (size_t i = 0; file != NULL && i < ple_safetensors_get_n (file); i++)
    {
      const PleSafetensorsEntry *entry = ple_safetensors_get_entry (file, i);
      g_autoptr (GError) refused = NULL;
      g_autoptr (PleMatrix) matrix = ple_safetensors_get_matrix (file, entry->name, &refused);

      ple_fuzz_check (matrix, refused, "x.safetensors: ");
      g_assert_true (matrix == NULL || matrix->n_rows * matrix->n_cols == entry->n);
      /* Reads every number, so that a sanitizer sees a bound that is wrong. */
      if (matrix != NULL)
        (void) ple_matrix_find_not_finite (matrix);
    }
  if (file != NULL)
    (void) ple_safetensors_check_sum (file, NULL);
  return 0;
}
