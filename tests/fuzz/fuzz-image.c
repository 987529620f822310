/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "dataset/ple-image.h"
#include "ple-fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (data, size);

  for (guint size_hint = 0; size_hint <= 4; size_hint += 4)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *flaw = NULL;
      g_autoptr (PleImage) image =
          ple_image_decode_flawed (bytes, size_hint, TRUE, "x.jpg", &flaw, &error);

      ple_fuzz_check (image, error, "x.jpg: ");
      if (image != NULL)
        g_assert_true (image->width > 0 && image->height > 0);
    }
  return 0;
}
