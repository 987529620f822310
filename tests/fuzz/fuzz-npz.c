/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-array-private.h"
#include "ple-fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (PleNpz) npz = ple_npz_parse (bytes, "x.npz", &error);
  const char *const *names = npz != NULL ? ple_npz_get_names (npz) : NULL;

  ple_fuzz_check (npz, error, "x.npz: ");
  for (size_t i = 0; npz != NULL && names[i] != NULL; i++)
    {
      g_autoptr (GError) member_error = NULL;
      g_autoptr (PleArray) array = ple_npz_get (npz, names[i], &member_error);

      ple_fuzz_check (array, member_error, "x.npz: ");
    }
  return 0;
}
