/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-picture-cache.h"
#include "ple-gui-test.h"

#include <string.h>

/* Makes pictures of 40 x 20 with a white bar in the left quarter; waits while it is closed, and for
 * one item by itself. */
#define NONE G_MAXUINT32
#define N_MAKERS 2 /* threads of the cache */

typedef struct
{
  GMutex mutex;
  GCond cond;
  gboolean closed;
  guint32 held;   /* waits all the same */
  guint n_inside; /* threads that are here */
  GArray *made;   /* of guint32, in order */
  gboolean destroyed;
} Source;

static cairo_surface_t *
make (gpointer data, size_t item, guint side)
{
  Source *source = data;
  g_mutex_lock (&source->mutex);
  source->n_inside++;
  g_cond_broadcast (&source->cond);
  guint32 number = (guint32) item;
  while (source->closed || source->held == number)
    g_cond_wait (&source->cond, &source->mutex);
  source->n_inside--;
  g_array_append_val (source->made, number);
  g_mutex_unlock (&source->mutex);
  if (item == 13)
    return NULL;
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, 40, 20);
  cairo_t *cr = cairo_create (surface);
  cairo_set_source_rgb (cr, 1, 1, 1);
  cairo_rectangle (cr, 0, 0, 10, 20);
  cairo_fill (cr);
  cairo_set_source_rgb (cr, 1, 0, 0);
  cairo_rectangle (cr, 10, 0, 10, 20);
  cairo_fill (cr);
  cairo_destroy (cr);
  return surface;
}

static void
destroyed (gpointer data)
{
  ((Source *) data)->destroyed = TRUE;
}

static void
source_init (Source *source)
{
  memset (source, 0, sizeof *source);
  g_mutex_init (&source->mutex);
  g_cond_init (&source->cond);
  source->held = NONE;
  source->made = g_array_new (FALSE, FALSE, sizeof (guint32));
}

static void
source_clear (Source *source)
{
  g_assert_true (source->destroyed);
  g_array_unref (source->made);
  g_mutex_clear (&source->mutex);
  g_cond_clear (&source->cond);
}

static void
set_closed (Source *source, gboolean closed)
{
  g_mutex_lock (&source->mutex);
  source->closed = closed;
  g_cond_broadcast (&source->cond);
  g_mutex_unlock (&source->mutex);
}

/* Waits until all threads of the cache are at a picture. */
static void
wait_until_taken (Source *source)
{
  g_mutex_lock (&source->mutex);
  while (source->n_inside < N_MAKERS)
    g_cond_wait (&source->cond, &source->mutex);
  g_mutex_unlock (&source->mutex);
}

static void
hold (Source *source, guint32 item)
{
  g_mutex_lock (&source->mutex);
  source->held = item;
  g_cond_broadcast (&source->cond);
  g_mutex_unlock (&source->mutex);
}

static const char client_a, client_b;

static gboolean
is_a_idle (gpointer cache)
{
  return !ple_picture_cache_is_busy (cache, &client_a);
}

static gboolean
is_idle (gpointer cache)
{
  return !ple_picture_cache_is_busy (cache, &client_a) &&
         !ple_picture_cache_is_busy (cache, &client_b);
}

static void
test_square_cut_and_size (void)
{
  Source source;
  source_init (&source);
  PlePictureCache *cache = ple_picture_cache_new (make, &source, destroyed, 1 << 20);
  PlePictureForm form = { .side = 10, .crisp = 1 };
  g_assert_null (ple_picture_cache_lookup (cache, NULL, 5, form));
  ple_picture_cache_request (cache, &client_a, 5, form);
  g_assert_true (ple_picture_cache_is_busy (cache, &client_a));
  ple_gui_test_wait (is_idle, cache);
  cairo_surface_t *surface = ple_picture_cache_lookup (cache, NULL, 5, form);
  g_assert_nonnull (surface);
  g_assert_cmpint (cairo_image_surface_get_width (surface), ==, 10);
  g_assert_cmpint (cairo_image_surface_get_height (surface), ==, 10);
  /* The middle square is red on its left half, black on the right: no white from the outside. */
  const guint32 *row = (const guint32 *) (gpointer) (cairo_image_surface_get_data (surface) +
                                                     5 * cairo_image_surface_get_stride (surface));
  g_assert_cmphex (row[1], ==, 0xffff0000);
  g_assert_cmphex (row[8], ==, 0xff000000);
  guint side = 0;
  g_assert_true (ple_picture_cache_lookup_any (cache, 5, &side) == surface);
  g_assert_cmpuint (side, ==, 10);
  form.side = 12;
  g_assert_null (ple_picture_cache_lookup (cache, NULL, 5, form));
  g_object_unref (cache);
  source_clear (&source);
}

static void
test_newest_first_and_retract (void)
{
  Source source;
  source_init (&source);
  set_closed (&source, TRUE);
  PlePictureCache *cache = ple_picture_cache_new (make, &source, destroyed, 1 << 20);
  PlePictureForm form = { .side = 8 };
  /* The first ones keep the threads busy, one of them to the end, so that the other makes the rest
   * one by one; then a screen of one view and one of another. */
  hold (&source, 100);
  for (guint32 i = 100; i < 102; i++)
    ple_picture_cache_request (cache, &client_b, i, form);
  wait_until_taken (&source);
  for (guint32 i = 0; i < 20; i++)
    ple_picture_cache_request (cache, &client_a, i, form);
  ple_picture_cache_retract (cache, &client_a);
  for (guint32 i = 30; i < 40; i++)
    ple_picture_cache_request (cache, &client_a, i, form);
  set_closed (&source, FALSE);
  ple_gui_test_wait (is_a_idle, cache);
  hold (&source, NONE);
  ple_gui_test_wait (is_idle, cache);
  /* None of those that were retracted, and the newest first. */
  g_assert_cmpuint (source.made->len, ==, 12);
  g_assert_cmpuint (g_array_index (source.made, guint32, 0), ==, 101);
  for (guint i = 0; i < 10; i++)
    g_assert_cmpuint (g_array_index (source.made, guint32, 1 + i), ==, 39 - i);
  for (guint32 i = 30; i < 40; i++)
    g_assert_nonnull (ple_picture_cache_lookup (cache, NULL, i, form));
  g_object_unref (cache);
  source_clear (&source);
}

static void
test_bytes_are_bounded (void)
{
  Source source;
  source_init (&source);
  /* Room for about ten pictures of 16 x 16. */
  PlePictureCache *cache = ple_picture_cache_new (make, &source, destroyed, 11000);
  PlePictureForm form = { .side = 16 };
  for (guint32 i = 0; i < 50; i++)
    {
      ple_picture_cache_request (cache, &client_a, i, form);
      ple_gui_test_wait (is_idle, cache);
      /* Item 0 is looked at all the time and so stays. */
      g_assert_nonnull (ple_picture_cache_lookup (cache, NULL, 0, form));
    }
  g_assert_cmpuint (ple_picture_cache_get_bytes (cache), <=, 11000);
  g_assert_nonnull (ple_picture_cache_lookup (cache, NULL, 49, form));
  g_assert_null (ple_picture_cache_lookup (cache, NULL, 1, form));
  guint side;
  g_assert_null (ple_picture_cache_lookup_any (cache, 1, &side));
  g_object_unref (cache);
  source_clear (&source);
}

static void
test_missing_and_cleared (void)
{
  Source source;
  source_init (&source);
  PlePictureCache *cache = ple_picture_cache_new (make, &source, destroyed, 1 << 20);
  PlePictureForm form = { .side = 16 };
  ple_picture_cache_request (cache, &client_a, 13, form);
  ple_gui_test_wait (is_idle, cache);
  g_assert_nonnull (ple_picture_cache_lookup (cache, NULL, 13, form));
  /* What is being made while the cache is cleared does not come in. */
  set_closed (&source, TRUE);
  ple_picture_cache_request (cache, &client_a, 1, form);
  ple_picture_cache_request (cache, &client_a, 2, form);
  ple_picture_cache_request (cache, &client_a, 3, form);
  wait_until_taken (&source);
  ple_picture_cache_clear (cache);
  g_assert_cmpuint (ple_picture_cache_get_bytes (cache), ==, 0);
  g_assert_false (ple_picture_cache_is_busy (cache, &client_a));
  set_closed (&source, FALSE);
  /* A later request is delivered with them or after them. */
  ple_picture_cache_request (cache, &client_a, 4, form);
  ple_gui_test_wait (is_idle, cache);
  g_assert_null (ple_picture_cache_lookup (cache, NULL, 1, form));
  g_assert_null (ple_picture_cache_lookup (cache, NULL, 2, form));
  g_assert_null (ple_picture_cache_lookup (cache, NULL, 13, form));
  ple_picture_cache_request (cache, &client_a, 1, form);
  ple_gui_test_wait (is_idle, cache);
  g_assert_nonnull (ple_picture_cache_lookup (cache, NULL, 1, form));
  g_object_unref (cache);
  source_clear (&source);
}

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  g_test_add_func ("/gui/picture-cache/square-cut-and-size", test_square_cut_and_size);
  g_test_add_func ("/gui/picture-cache/newest-first-and-retract", test_newest_first_and_retract);
  g_test_add_func ("/gui/picture-cache/bytes-are-bounded", test_bytes_are_bounded);
  g_test_add_func ("/gui/picture-cache/missing-and-cleared", test_missing_and_cleared);
  return g_test_run ();
}
