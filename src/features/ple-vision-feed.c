/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "features/ple-vision-feed.h"

#include <pthread.h>
#include <string.h>

#define PLACEHOLDER_SIDE 224

struct _PleVisionFeed
{
  PleDataset *dataset;
  const PlePreprocess *preprocess;
  size_t n_values; /* of a picture */
  pthread_mutex_t lock;
  pthread_cond_t work;
  pthread_cond_t done;
  pthread_t *threads;
  guint n_threads;
  gboolean quit;
  size_t first; /* item of the first picture of the batch */
  size_t n;
  size_t next;  /* of the batch to be claimed */
  size_t ready; /* pictures that are finished */
  size_t n_broken;
  float *pixels;
};

/* FALSE if the placeholder stands in. */
static gboolean
fill (PleVisionFeed *feed, size_t item, float *pixels)
{
  g_autoptr (PleImage) image = ple_dataset_decode (feed->dataset, item, 0, NULL);
  g_autoptr (PleImage) placeholder = NULL;

  if (image != NULL && ple_preprocess_run (feed->preprocess, image, pixels, NULL))
    return TRUE;
  placeholder = ple_image_new_placeholder (PLACEHOLDER_SIDE);
  if (!ple_preprocess_run (feed->preprocess, placeholder, pixels, NULL))
    memset (pixels, 0, feed->n_values * sizeof *pixels);
  return FALSE;
}

/* Fills pictures of the batch until all are claimed. Called and left with the lock held. */
static void
take_part (PleVisionFeed *feed)
{
  while (feed->next < feed->n && !feed->quit)
    {
      size_t i = feed->next++;
      float *pixels = feed->pixels + i * feed->n_values;
      gboolean whole;

      pthread_mutex_unlock (&feed->lock);
      whole = fill (feed, feed->first + i, pixels);
      pthread_mutex_lock (&feed->lock);
      feed->n_broken += !whole;
      if (++feed->ready == feed->n)
        pthread_cond_broadcast (&feed->done);
    }
}

static void *
run (void *data)
{
  PleVisionFeed *feed = data;

  pthread_mutex_lock (&feed->lock);
  while (!feed->quit)
    {
      take_part (feed);
      if (!feed->quit)
        pthread_cond_wait (&feed->work, &feed->lock);
    }
  pthread_mutex_unlock (&feed->lock);
  return NULL;
}

PleVisionFeed *
ple_vision_feed_new (PleDataset *dataset, const PlePreprocess *preprocess, guint n_threads)
{
  PleVisionFeed *feed = g_new0 (PleVisionFeed, 1);

  feed->dataset = dataset;
  feed->preprocess = preprocess;
  feed->n_values =
      3 * ple_preprocess_get_height (preprocess) * ple_preprocess_get_width (preprocess);
  pthread_mutex_init (&feed->lock, NULL);
  pthread_cond_init (&feed->work, NULL);
  pthread_cond_init (&feed->done, NULL);
  feed->threads = g_new0 (pthread_t, n_threads);
  /* Out of threads: who waits decodes too, so fewer will do, even none. */
  while (feed->n_threads < n_threads &&
         pthread_create (&feed->threads[feed->n_threads], NULL, run, feed) == 0)
    feed->n_threads++;
  return feed;
}

void
ple_vision_feed_free (PleVisionFeed *feed)
{
  if (feed == NULL)
    return;
  pthread_mutex_lock (&feed->lock);
  feed->quit = TRUE;
  pthread_cond_broadcast (&feed->work);
  pthread_mutex_unlock (&feed->lock);
  for (guint i = 0; i < feed->n_threads; i++)
    pthread_join (feed->threads[i], NULL);
  pthread_cond_destroy (&feed->done);
  pthread_cond_destroy (&feed->work);
  pthread_mutex_destroy (&feed->lock);
  g_free (feed->threads);
  g_free (feed);
}

void
ple_vision_feed_begin (PleVisionFeed *feed, size_t first, size_t n, float *pixels)
{
  pthread_mutex_lock (&feed->lock);
  feed->first = first;
  feed->pixels = pixels;
  feed->ready = 0;
  feed->next = 0;
  feed->n = n;
  feed->n_broken = 0;
  pthread_cond_broadcast (&feed->work);
  pthread_mutex_unlock (&feed->lock);
}

size_t
ple_vision_feed_finish (PleVisionFeed *feed)
{
  size_t n_broken;

  pthread_mutex_lock (&feed->lock);
  take_part (feed);
  while (feed->ready < feed->n)
    pthread_cond_wait (&feed->done, &feed->lock);
  n_broken = feed->n_broken;
  pthread_mutex_unlock (&feed->lock);
  return n_broken;
}
