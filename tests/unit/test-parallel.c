/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-parallel.h"

#include "base/ple-rng.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

static const guint thread_counts[] = { 1, 2, 3, 7 };

typedef struct
{
  size_t n;
  size_t chunk_size;
  guint n_threads;
  atomic_uchar *visits;
  double *partial;
  PleRng rng;
  PleProgress *progress;
} Work;

static void
visit (const PleChunk *chunk, gpointer data)
{
  Work *work = data;

  g_assert_cmpuint (chunk->begin, ==, chunk->index * work->chunk_size);
  g_assert_cmpuint (chunk->end, ==, MIN (chunk->begin + work->chunk_size, work->n));
  g_assert_cmpuint (chunk->worker, <, work->n_threads);
  for (size_t i = chunk->begin; i < chunk->end; i++)
    atomic_fetch_add (&work->visits[i], 1);
}

static void
test_each_item_once (void)
{
  static const size_t sizes[][2] = { { 0, 1 },     { 1, 1 },     { 1, 100 },  { 99, 100 },
                                     { 100, 100 }, { 101, 100 }, { 1000, 1 }, { 777, 13 } };

  for (size_t t = 0; t < G_N_ELEMENTS (thread_counts); t++)
    {
      g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, thread_counts[t]);

      for (size_t s = 0; s < G_N_ELEMENTS (sizes); s++)
        {
          Work work = { .n = sizes[s][0],
                        .chunk_size = sizes[s][1],
                        .n_threads = thread_counts[t] };

          work.visits = g_new0 (atomic_uchar, work.n + 1);
          g_assert_true (ple_parallel_for (work.n, work.chunk_size, visit, &work, progress, NULL));
          for (size_t i = 0; i < work.n; i++)
            g_assert_cmpuint (atomic_load (&work.visits[i]), ==, 1);
          g_assert_cmpuint (ple_parallel_n_chunks (work.n, work.chunk_size), ==,
                            (work.n + work.chunk_size - 1) / work.chunk_size);
          g_free (work.visits);
        }
    }
}

static void
test_without_progress (void)
{
  Work work = { .n = 5000, .chunk_size = 7, .n_threads = g_get_num_processors () };

  work.visits = g_new0 (atomic_uchar, work.n);
  g_assert_true (ple_parallel_for (work.n, work.chunk_size, visit, &work, NULL, NULL));
  g_assert_true (ple_parallel_for_reporting (work.n, work.chunk_size, visit, &work, NULL, NULL));
  for (size_t i = 0; i < work.n; i++)
    g_assert_cmpuint (atomic_load (&work.visits[i]), ==, 2);
  g_free (work.visits);
}

/* Sums of random numbers of very different sizes: any other order of adding gives other bits. */
static void
add_random (const PleChunk *chunk, gpointer data)
{
  Work *work = data;
  double sum = 0;
  PleRng rng;

  ple_rng_split (&work->rng, chunk->index, &rng);
  for (size_t i = chunk->begin; i < chunk->end; i++)
    sum += ple_rng_normal (&rng) / (1e-9 + ple_rng_uniform (&rng));
  work->partial[chunk->index] = sum;
}

static void
test_same_bits_any_threads (void)
{
  double first = 0;

  for (size_t t = 0; t < G_N_ELEMENTS (thread_counts); t++)
    for (int again = 0; again < 3; again++)
      {
        g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, thread_counts[t]);
        Work work = { .n = 20011, .chunk_size = 101 };
        size_t n_chunks = ple_parallel_n_chunks (work.n, work.chunk_size);
        double sum = 0;

        ple_rng_init (&work.rng, 99);
        work.partial = g_new0 (double, n_chunks);
        g_assert_true (
            ple_parallel_for (work.n, work.chunk_size, add_random, &work, progress, NULL));
        for (size_t i = 0; i < n_chunks; i++)
          sum += work.partial[i];
        g_free (work.partial);
        if (t == 0 && again == 0)
          first = sum;
        g_assert_cmpmem (&sum, sizeof sum, &first, sizeof first);
      }
}

typedef struct
{
  PleProgress *progress;
  Work inner;
} Nested;

static void
inner (const PleChunk *chunk, gpointer data)
{
  Nested *nested = data;

  visit (chunk, &nested->inner);
}

static void
outer (const PleChunk *chunk, gpointer data)
{
  Nested *nested = data;

  g_assert_true (ple_parallel_for (nested->inner.n, nested->inner.chunk_size, inner, nested,
                                   nested->progress, NULL));
}

/* A loop inside a loop runs to its end on its own thread, instead of waiting for a crew that waits
 * for it. */
static void
test_nested (void)
{
  for (size_t t = 0; t < G_N_ELEMENTS (thread_counts); t++)
    {
      g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, thread_counts[t]);
      Nested nested = { .progress = progress,
                        .inner = { .n = 100, .chunk_size = 9, .n_threads = thread_counts[t] } };

      nested.inner.visits = g_new0 (atomic_uchar, 100);
      g_assert_true (ple_parallel_for (50, 1, outer, &nested, progress, NULL));
      for (size_t i = 0; i < 100; i++)
        g_assert_cmpuint (atomic_load (&nested.inner.visits[i]), ==, 50);
      g_free (nested.inner.visits);
    }
}

static void *
run_loops (void *data)
{
  Work *work = data;

  for (int round = 0; round < 100; round++)
    g_assert_true (ple_parallel_for (work->n, work->chunk_size, visit, work, work->progress, NULL));
  return NULL;
}

/* Two threads that share one progress: one gets the crew, the other works alone. */
static void
test_two_callers (void)
{
  g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, 3);
  Work works[2];
  pthread_t threads[2];

  for (size_t i = 0; i < 2; i++)
    {
      works[i] = (Work){ .n = 200, .chunk_size = 3, .n_threads = 3, .progress = progress };
      works[i].visits = g_new0 (atomic_uchar, 200);
      g_assert_cmpint (pthread_create (&threads[i], NULL, run_loops, &works[i]), ==, 0);
    }
  for (size_t i = 0; i < 2; i++)
    {
      pthread_join (threads[i], NULL);
      for (size_t j = 0; j < 200; j++)
        g_assert_cmpuint (atomic_load (&works[i].visits[j]), ==, 100);
      g_free (works[i].visits);
    }
}

typedef struct
{
  PleProgress *progress;
  atomic_size_t n_done;
  atomic_bool cancelled; /* set once the call that cancels has returned */
  atomic_size_t n_late;  /* chunks begun after that */
  size_t cancel_at;
} Cancelling;

static void
cancel_at (const PleChunk *chunk, gpointer data)
{
  Cancelling *cancelling = data;

  size_t number;

  if (atomic_load (&cancelling->cancelled))
    atomic_fetch_add (&cancelling->n_late, 1);
  number = atomic_fetch_add (&cancelling->n_done, 1);
  if (number == cancelling->cancel_at)
    {
      ple_progress_cancel (cancelling->progress);
      atomic_store (&cancelling->cancelled, true);
    }
  /* Nobody runs ahead of the one that cancels, however the machine shares its processors out. */
  while (number > cancelling->cancel_at && !atomic_load (&cancelling->cancelled))
    sched_yield ();
}

static void
test_cancel_from_within (void)
{
  for (size_t t = 0; t < G_N_ELEMENTS (thread_counts); t++)
    for (int reporting = 0; reporting < 2; reporting++)
      {
        g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, thread_counts[t]);
        Cancelling cancelling = { .progress = progress, .cancel_at = 20 };
        g_autoptr (GError) error = NULL;

        g_assert_false ((reporting ? ple_parallel_for_reporting : ple_parallel_for) (
            100000, 1, cancel_at, &cancelling, progress, &error));
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
        /* A thread that looked just before may begin the chunk in its hand; no further one begins.
         */
        g_assert_cmpuint (atomic_load (&cancelling.n_late), <=, (size_t) thread_counts[t]);
        g_assert_cmpuint (atomic_load (&cancelling.n_done), <=,
                          cancelling.cancel_at + 1 + (size_t) thread_counts[t]);
        g_clear_error (&error);
        /* What is cancelled stays so, and the crew can still be freed. */
        g_assert_false (ple_parallel_for (10, 1, cancel_at, &cancelling, progress, &error));
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      }
}

static void
slow (const PleChunk *chunk, gpointer data)
{
  g_usleep (5000);
}

/* Chunks that begin; from the fifth on they wait until somebody has cancelled. */
static void
wait_for_cancel (const PleChunk *chunk, gpointer data)
{
  Cancelling *cancelling = data;

  if (atomic_fetch_add (&cancelling->n_done, 1) >= cancelling->cancel_at)
    while (!atomic_load (&cancelling->cancelled))
      sched_yield ();
}

static void *
cancel_once_begun (void *data)
{
  Cancelling *cancelling = data;

  while (atomic_load (&cancelling->n_done) < cancelling->cancel_at)
    sched_yield ();
  ple_progress_cancel (cancelling->progress);
  atomic_store (&cancelling->cancelled, true);
  return NULL;
}

static void
test_cancel_from_outside (void)
{
  g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, 2);
  Cancelling cancelling = { .progress = progress, .cancel_at = 5 };
  g_autoptr (GError) error = NULL;
  pthread_t thread;

  g_assert_cmpint (pthread_create (&thread, NULL, cancel_once_begun, &cancelling), ==, 0);
  g_assert_false (ple_parallel_for (100000, 1, wait_for_cancel, &cancelling, progress, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  pthread_join (thread, NULL);
  /* Each of the two may have had one in its hand. */
  g_assert_cmpuint (atomic_load (&cancelling.n_done), <=, cancelling.cancel_at + 2);
}

static void
remember_fraction (gpointer data, double fraction, const char *stage, const char *detail)
{
  double *last = data;

  g_assert_cmpfloat (fraction, >=, *last);
  g_assert_cmpfloat (fraction, <=, 1);
  *last = fraction;
}

static void
test_reports_rise (void)
{
  static const PleProgressSink sink = { .report = remember_fraction };
  double last = 0;
  g_autoptr (PleProgress) progress = ple_progress_new (&sink, &last, 2);

  g_assert_true (ple_parallel_for_reporting (60, 1, slow, NULL, progress, NULL));
  g_assert_cmpfloat (last, >, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/parallel/each-item-once", test_each_item_once);
  g_test_add_func ("/base/parallel/without-progress", test_without_progress);
  g_test_add_func ("/base/parallel/same-bits-any-threads", test_same_bits_any_threads);
  g_test_add_func ("/base/parallel/nested", test_nested);
  g_test_add_func ("/base/parallel/two-callers", test_two_callers);
  g_test_add_func ("/base/parallel/cancel-from-within", test_cancel_from_within);
  g_test_add_func ("/base/parallel/cancel-from-outside", test_cancel_from_outside);
  g_test_add_func ("/base/parallel/reports-rise", test_reports_rise);
  return g_test_run ();
}
