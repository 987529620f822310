/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "dataset/ple-dataset-private.h"
#include "dataset/ple-gzip-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define ZLIB_CONST
#include <zlib.h>

/* Gzip (RFC 1952) is deflate (RFC 1951) between a header and 8 bytes of check sum and length; a
 * file may be several of these in a row. Deflate is a row of blocks that may begin at any bit and
 * refer to the 32 KiB before them: so a place to start from is the offset of a block, its bit, and
 * these 32 KiB. */

#define WINDOW 32768
#define INPUT_SIZE 65536
#define TRAILER_SIZE 8
#define FIRST_SPACING ((guint64) 4 << 20)
#define MAX_POINTS 1024
#define MAX_IDLE 16
#define CHECK_EVERY ((guint64) 8 << 20)
/* Window bits for zlib: a gzip file; bare deflate. */
#define MODE_GZIP (MAX_WBITS + 16)
#define MODE_BARE (-MAX_WBITS)

typedef struct
{
  guint64 out; /* unpacked bytes before it */
  guint64 in;  /* packed bytes before it, the begun one included */
  int bits;    /* of the begun byte that belong to it */
  guint window_size;
  guint8 window[WINDOW];
} Point;

typedef struct
{
  z_stream z;
  gboolean bare;
  guint skip; /* bytes of a trailer still to pass over */
  guint64 in; /* packed bytes read from the file */
  guint64 out;
  guint8 input[INPUT_SIZE];
} Cursor;

struct _PleGzip
{
  int fd;
  guint64 packed_size;
  PleProgress *progress;
  GMutex lock;       /* guards what follows */
  GPtrArray *points; /* Point, by rising place; freed only with the object or when thinned */
  guint64 spacing;
  GQueue idle; /* Cursor, the longest unused first */
};

static void
cursor_free (gpointer data)
{
  Cursor *cursor = data;

  inflateEnd (&cursor->z);
  g_free (cursor);
}

PleGzip *
ple_gzip_new (int fd, guint64 packed_size)
{
  PleGzip *gzip = g_new0 (PleGzip, 1);

  gzip->fd = fd;
  gzip->packed_size = packed_size;
  gzip->spacing = FIRST_SPACING;
  gzip->points = g_ptr_array_new_with_free_func (g_free);
  g_mutex_init (&gzip->lock);
  g_queue_init (&gzip->idle);
  return gzip;
}

void
ple_gzip_free (PleGzip *gzip)
{
  if (gzip == NULL)
    return;
  g_queue_clear_full (&gzip->idle, cursor_free);
  g_ptr_array_unref (gzip->points);
  g_mutex_clear (&gzip->lock);
  g_free (gzip);
}

void
ple_gzip_set_progress (PleGzip *gzip, PleProgress *progress)
{
  gzip->progress = progress;
}

/* Under the lock. The last point at or before @offset; %NULL: the beginning. */
static const Point *
find_point (const PleGzip *gzip, guint64 offset)
{
  guint low = 0, high = gzip->points->len;

  while (low < high)
    {
      guint middle = (low + high) / 2;
      const Point *point = g_ptr_array_index (gzip->points, middle);

      if (point->out <= offset)
        low = middle + 1;
      else
        high = middle;
    }
  return low > 0 ? g_ptr_array_index (gzip->points, low - 1) : NULL;
}

/* Notes the place where @cursor stands, between two blocks, if it is far enough behind the last. */
static void
note_point (PleGzip *gzip, Cursor *cursor)
{
  Point *point;
  const Point *last;

  g_mutex_lock (&gzip->lock);
  last = gzip->points->len > 0 ? g_ptr_array_index (gzip->points, gzip->points->len - 1) : NULL;
  if (cursor->out >= (last != NULL ? last->out : 0) + gzip->spacing)
    {
      point = g_new (Point, 1);
      point->out = cursor->out;
      point->in = cursor->in - cursor->z.avail_in;
      point->bits = cursor->z.data_type & 7;
      point->window_size = 0;
      inflateGetDictionary (&cursor->z, point->window, &point->window_size);
      g_ptr_array_add (gzip->points, point);
      if (gzip->points->len == MAX_POINTS)
        {
          for (guint i = MAX_POINTS; i-- > 0;)
            if (i % 2 == 0)
              g_ptr_array_remove_index (gzip->points, i);
          gzip->spacing *= 2;
        }
    }
  g_mutex_unlock (&gzip->lock);
}

/* Under the lock, because thinning frees points. */
static Cursor *
cursor_new (const Point *point, guint8 begun_byte)
{
  Cursor *cursor = g_new0 (Cursor, 1);

  cursor->bare = point != NULL;
  if (inflateInit2 (&cursor->z, point != NULL ? MODE_BARE : MODE_GZIP) != Z_OK)
    {
      g_free (cursor);
      return NULL;
    }
  if (point != NULL)
    {
      cursor->in = point->in;
      cursor->out = point->out;
      if (point->bits > 0)
        inflatePrime (&cursor->z, point->bits, begun_byte >> (8 - point->bits));
      inflateSetDictionary (&cursor->z, point->window, point->window_size);
    }
  return cursor;
}

/* The cursor that has the least to unpack to get to @offset; it belongs to the caller then. */
static Cursor *
take_cursor (PleGzip *gzip, guint64 offset)
{
  Cursor *cursor = NULL;
  GList *best = NULL;
  const Point *point;
  guint8 byte = 0;

  g_mutex_lock (&gzip->lock);
  for (GList *l = gzip->idle.head; l != NULL; l = l->next)
    {
      const Cursor *candidate = l->data;

      if (candidate->out <= offset &&
          (best == NULL || candidate->out > ((const Cursor *) best->data)->out))
        best = l;
    }
  point = find_point (gzip, offset);
  if (best != NULL && (point == NULL || ((const Cursor *) best->data)->out >= point->out))
    {
      cursor = best->data;
      g_queue_delete_link (&gzip->idle, best);
    }
  else if (point == NULL || point->bits == 0 ||
           ple_file_read_at (gzip->fd, point->in - 1, &byte, 1, "gzip", NULL))
    cursor = cursor_new (point, byte);
  g_mutex_unlock (&gzip->lock);
  return cursor;
}

static void
give_back (PleGzip *gzip, Cursor *cursor)
{
  g_mutex_lock (&gzip->lock);
  g_queue_push_tail (&gzip->idle, cursor);
  if (gzip->idle.length > MAX_IDLE)
    cursor_free (g_queue_pop_head (&gzip->idle));
  g_mutex_unlock (&gzip->lock);
}

static gboolean
fail (GError **error, const char *name, PleFileError code, const char *reason)
{
  g_set_error (error, PLE_FILE_ERROR, (int) code, "%s: %s", name, reason);
  return FALSE;
}

/* Input for inflate(), past what is left of a trailer. */
static gboolean
refill (PleGzip *gzip, Cursor *cursor, const char *name, GError **error)
{
  while (cursor->z.avail_in == 0 || cursor->skip > 0)
    {
      guint n = MIN (cursor->skip, cursor->z.avail_in);

      cursor->z.next_in += n;
      cursor->z.avail_in -= n;
      cursor->skip -= n;
      if (cursor->z.avail_in > 0)
        continue;
      n = (guint) MIN (INPUT_SIZE, gzip->packed_size - MIN (cursor->in, gzip->packed_size));
      if (n == 0)
        return fail (error, name, PLE_FILE_ERROR_TRUNCATED, _ ("the packed file ends early"));
      if (!ple_file_read_at (gzip->fd, cursor->in, cursor->input, n, name, error))
        return FALSE;
      cursor->in += n;
      cursor->z.next_in = cursor->input;
      cursor->z.avail_in = n;
    }
  return TRUE;
}

/* Unpacks @size bytes to @out. */
static gboolean
unpack (PleGzip *gzip, Cursor *cursor, guint8 *out, size_t size, const char *name, GError **error)
{
  cursor->z.next_out = out;
  cursor->z.avail_out = (uInt) size;
  while (cursor->z.avail_out > 0)
    {
      uInt before_out = cursor->z.avail_out, before_in;
      int result;

      if (!refill (gzip, cursor, name, error))
        return FALSE;
      before_in = cursor->z.avail_in;
      /* Stops between blocks, where places can be noted. */
      result = inflate (&cursor->z, Z_BLOCK);
      cursor->out += before_out - cursor->z.avail_out;
      if (result == Z_STREAM_END)
        {
          cursor->skip = cursor->bare ? TRAILER_SIZE : 0;
          cursor->bare = FALSE;
          if (inflateReset2 (&cursor->z, MODE_GZIP) != Z_OK)
            return fail (error, name, PLE_FILE_ERROR_FORMAT, _ ("the packed file is damaged"));
        }
      else if ((result != Z_OK && result != Z_BUF_ERROR) ||
               (before_in == cursor->z.avail_in && before_out == cursor->z.avail_out &&
                (cursor->z.data_type & 128) == 0))
        return fail (error, name, PLE_FILE_ERROR_FORMAT, _ ("the packed file is damaged"));
      else if ((cursor->z.data_type & 128) != 0 && (cursor->z.data_type & 64) == 0)
        note_point (gzip, cursor);
    }
  return TRUE;
}

gboolean
ple_gzip_read_at (
    PleGzip *gzip, guint64 offset, void *buffer, size_t size, const char *name, GError **error)
{
  Cursor *cursor = take_cursor (gzip, offset);
  g_autofree guint8 *passed = NULL;
  guint64 next_check;
  gboolean ok = TRUE;

  if (cursor == NULL)
    return fail (error, name, PLE_FILE_ERROR_TOO_LARGE, _ ("no memory to unpack it"));
  passed = cursor->out < offset ? g_malloc (INPUT_SIZE) : NULL;
  next_check = cursor->out + CHECK_EVERY;
  while (ok && cursor->out < offset)
    {
      ok = unpack (gzip, cursor, passed, (size_t) MIN (offset - cursor->out, INPUT_SIZE), name,
                   error);
      if (ok && cursor->out >= next_check)
        {
          next_check = cursor->out + CHECK_EVERY;
          ok = ple_progress_check (gzip->progress, error);
        }
    }
  /* Limits of the callers keep it below what zlib can count. */
  g_assert (size <= G_MAXUINT32);
  ok = ok && unpack (gzip, cursor, buffer, size, name, error);
  if (ok)
    give_back (gzip, cursor);
  else
    cursor_free (cursor);
  return ok;
}
