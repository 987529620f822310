/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parallel loops over fixed chunks. pthread and C11 atomics rather than GLib's, so that the thread
 * sanitizer sees the order that they establish. */
#include "config.h"

#include "base/ple-parallel-private.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

typedef struct
{
  size_t n;
  size_t chunk_size;
  size_t n_chunks;
  PleParallelFunc func;
  gpointer data;
  PleProgress *progress;
  atomic_size_t next;
} Loop;

struct _PlePool
{
  pthread_mutex_t lock;
  pthread_cond_t work;
  pthread_cond_t idle;
  pthread_t *threads;
  guint n_workers; /* beside the calling thread */
  guint n_busy;
  guint64 generation;
  Loop *loop;
  bool quit;
  atomic_bool in_use;
};

typedef struct
{
  PlePool *pool;
  guint worker;
} Seat;

static void
run_chunks (Loop *loop, guint worker, gboolean report)
{
  for (;;)
    {
      size_t index = atomic_fetch_add (&loop->next, 1);
      PleChunk chunk;

      if (index >= loop->n_chunks)
        return;
      /* Claiming goes on after a cancel so that every thread sees the end; the work does not. */
      if (ple_progress_is_cancelled (loop->progress))
        continue;
      if (report &&
          !ple_progress_report (loop->progress, (double) index / (double) loop->n_chunks, NULL))
        continue;

      chunk.begin = index * loop->chunk_size;
      chunk.end = MIN (chunk.begin + loop->chunk_size, loop->n);
      chunk.index = index;
      chunk.worker = worker;
      loop->func (&chunk, loop->data);
    }
}

static void *
worker_main (void *data)
{
  Seat *seat = data;
  PlePool *pool = seat->pool;
  guint64 seen = 0;

  pthread_mutex_lock (&pool->lock);
  for (;;)
    {
      Loop *loop;

      while (!pool->quit && pool->generation == seen)
        pthread_cond_wait (&pool->work, &pool->lock);
      if (pool->quit)
        break;
      seen = pool->generation;
      loop = pool->loop;
      pthread_mutex_unlock (&pool->lock);

      run_chunks (loop, seat->worker, FALSE);

      pthread_mutex_lock (&pool->lock);
      if (--pool->n_busy == 0)
        pthread_cond_signal (&pool->idle);
    }
  pthread_mutex_unlock (&pool->lock);
  g_free (seat);
  return NULL;
}

PlePool *
ple_pool_new (guint n_threads)
{
  PlePool *pool = g_new0 (PlePool, 1);

  pthread_mutex_init (&pool->lock, NULL);
  pthread_cond_init (&pool->work, NULL);
  pthread_cond_init (&pool->idle, NULL);
  pool->threads = g_new0 (pthread_t, MAX (n_threads, 1));
  for (guint i = 1; i < n_threads; i++)
    {
      Seat *seat = g_new (Seat, 1);

      seat->pool = pool;
      seat->worker = pool->n_workers + 1;
      /* Out of threads: the loop works with those it got. */
      if (pthread_create (&pool->threads[pool->n_workers], NULL, worker_main, seat) != 0)
        {
          g_free (seat);
          break;
        }
      pool->n_workers++;
    }
  return pool;
}

void
ple_pool_free (PlePool *pool)
{
  if (pool == NULL)
    return;
  pthread_mutex_lock (&pool->lock);
  pool->quit = true;
  pthread_cond_broadcast (&pool->work);
  pthread_mutex_unlock (&pool->lock);
  for (guint i = 0; i < pool->n_workers; i++)
    pthread_join (pool->threads[i], NULL);
  pthread_mutex_destroy (&pool->lock);
  pthread_cond_destroy (&pool->work);
  pthread_cond_destroy (&pool->idle);
  g_free (pool->threads);
  g_free (pool);
}

static void
pool_run (PlePool *pool, Loop *loop, gboolean report)
{
  pthread_mutex_lock (&pool->lock);
  pool->loop = loop;
  pool->n_busy = pool->n_workers;
  pool->generation++;
  pthread_cond_broadcast (&pool->work);
  pthread_mutex_unlock (&pool->lock);

  run_chunks (loop, 0, report);

  pthread_mutex_lock (&pool->lock);
  while (pool->n_busy > 0)
    pthread_cond_wait (&pool->idle, &pool->lock);
  pool->loop = NULL;
  pthread_mutex_unlock (&pool->lock);
}

static gboolean
parallel_for (size_t n,
              size_t chunk_size,
              PleParallelFunc func,
              gpointer data,
              PleProgress *progress,
              gboolean report,
              GError **error)
{
  g_autoptr (PleProgress) own = NULL;
  Loop loop = { .n = n, .chunk_size = chunk_size, .func = func, .data = data };
  PlePool *pool;

  g_return_val_if_fail (chunk_size > 0, FALSE);

  loop.n_chunks = ple_parallel_n_chunks (n, chunk_size);
  loop.progress = progress;
  atomic_init (&loop.next, 0);

  if (loop.n_chunks > 1 && ple_progress_get_n_threads (progress) > 1)
    {
      if (progress == NULL)
        progress = own = ple_progress_new (NULL, NULL, 0);
      pool = ple_progress_get_pool (progress);
      if (pool->n_workers > 0 && !atomic_exchange (&pool->in_use, true))
        {
          pool_run (pool, &loop, report);
          atomic_store (&pool->in_use, false);
          return ple_progress_check (progress, error);
        }
    }
  run_chunks (&loop, 0, report);
  return ple_progress_check (progress, error);
}

gboolean
ple_parallel_for (size_t n,
                  size_t chunk_size,
                  PleParallelFunc func,
                  gpointer data,
                  PleProgress *progress,
                  GError **error)
{
  return parallel_for (n, chunk_size, func, data, progress, FALSE, error);
}

gboolean
ple_parallel_for_reporting (size_t n,
                            size_t chunk_size,
                            PleParallelFunc func,
                            gpointer data,
                            PleProgress *progress,
                            GError **error)
{
  return parallel_for (n, chunk_size, func, data, progress, TRUE, error);
}
