/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "dataset/ple-exif.h"
#include "ple-fuzz.h"

static void
check (guint orientation)
{
  g_assert_true (orientation >= 1 && orientation <= 8);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  size_t offset = 0;
  guint32 width, height;

  check (ple_exif_orientation_of_tiff (data, size, &offset));
  g_assert_true (offset == 0 || offset + 4 <= size);
  check (ple_exif_orientation_of_jpeg (data, size));
  check (ple_exif_orientation_of_png (data, size));
  ple_exif_size_of_tiff (data, size, &width, &height);
  return 0;
}
