/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "dataset/ple-exif.h"

#include <string.h>

/* TIFF 6.0: "II*\0" or "MM\0*", offset of the first folder; a folder is a count (2 bytes), then
 * entries of 12 bytes: tag (2), type (2), count (4), value or its offset (4). */
#define TIFF_HEADER_SIZE 8
#define TIFF_ENTRY_SIZE 12
#define TAG_WIDTH 0x0100
#define TAG_HEIGHT 0x0101
#define TAG_ORIENTATION 0x0112
#define TYPE_SHORT 3
#define TYPE_LONG 4

static guint32
get_u16 (const guint8 *p, gboolean big)
{
  return big ? (guint32) p[0] << 8 | p[1] : (guint32) p[1] << 8 | p[0];
}

static guint32
get_u32 (const guint8 *p, gboolean big)
{
  return big ? get_u16 (p, TRUE) << 16 | get_u16 (p + 2, TRUE)
             : get_u16 (p + 2, FALSE) << 16 | get_u16 (p, FALSE);
}

/* The single whole number of @tag in the first folder. Returns: offset of its value, 0 if absent.
 */
static size_t
find_tag (const guint8 *data, size_t size, guint tag, guint32 *value)
{
  gboolean big;
  size_t folder, n;

  if (size < TIFF_HEADER_SIZE)
    return 0;
  big = data[0] == 'M';
  if (data[0] != data[1] || (data[0] != 'M' && data[0] != 'I') || get_u16 (data + 2, big) != 42)
    return 0;
  folder = get_u32 (data + 4, big);
  if (folder < TIFF_HEADER_SIZE || folder > size - 2)
    return 0;
  n = MIN (get_u16 (data + folder, big), (size - folder - 2) / TIFF_ENTRY_SIZE);
  for (size_t i = 0; i < n; i++)
    {
      const guint8 *entry = data + folder + 2 + i * TIFF_ENTRY_SIZE;
      guint type = get_u16 (entry + 2, big);

      if (get_u16 (entry, big) != tag || get_u32 (entry + 4, big) != 1)
        continue;
      if (type != TYPE_SHORT && type != TYPE_LONG)
        return 0;
      *value = type == TYPE_SHORT ? get_u16 (entry + 8, big) : get_u32 (entry + 8, big);
      return (size_t) (entry + 8 - data);
    }
  return 0;
}

guint
ple_exif_orientation_of_tiff (const guint8 *data, size_t size, size_t *value_offset)
{
  guint32 value = 1;
  size_t offset = find_tag (data, size, TAG_ORIENTATION, &value);

  if (value_offset != NULL)
    *value_offset = offset;
  return offset != 0 && value >= 1 && value <= 8 ? value : 1;
}

gboolean
ple_exif_size_of_tiff (const guint8 *data, size_t size, guint32 *width, guint32 *height)
{
  return find_tag (data, size, TAG_WIDTH, width) != 0 &&
         find_tag (data, size, TAG_HEIGHT, height) != 0;
}

guint
ple_exif_orientation_of_jpeg (const guint8 *data, size_t size)
{
  size_t at = 2;

  /* Segments up to the start of the scan: FF, marker, length (2 bytes, counts itself). */
  while (at + 4 <= size && data[at] == 0xff)
    {
      guint marker = data[at + 1];
      size_t length = get_u16 (data + at + 2, TRUE);

      if (marker == 0xff)
        {
          at++;
          continue;
        }
      if (marker == 0xda || marker == 0xd9 || length < 2 || length > size - at - 2)
        break;
      if (marker == 0xe1 && length >= 8 && memcmp (data + at + 4, "Exif\0", 6) == 0)
        return ple_exif_orientation_of_tiff (data + at + 10, length - 8, NULL);
      at += 2 + length;
    }
  return 1;
}

guint
ple_exif_orientation_of_png (const guint8 *data, size_t size)
{
  size_t at = 8;

  /* Chunks: length (4), type (4), data, check sum (4). */
  while (at + 12 <= size)
    {
      size_t length = get_u32 (data + at, TRUE);

      if (length > size - at - 12 || memcmp (data + at + 4, "IEND", 4) == 0)
        break;
      if (memcmp (data + at + 4, "eXIf", 4) == 0)
        return ple_exif_orientation_of_tiff (data + at + 8, length, NULL);
      at += 12 + length;
    }
  return 1;
}
