/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ple-test-curation.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

/* Times of the curation, as one table; never a pass or a fail.
 *
 *   bench-curation [ITEMS [DECISIONS]]
 */
#define N_CLUSTERS 100

/* What waits for the disk is timed by the clock on the wall, what computes by that of the thread:
 * other programs run, too. */
static double
milliseconds_since (gint64 start)
{
  return (double) (g_get_monotonic_time () - start) / 1000;
}

static gint64
cpu_time (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return (gint64) now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

static double
cpu_milliseconds_since (gint64 start)
{
  return (double) (cpu_time () - start) / 1000;
}

static PleCuration *
open_run (const char *path, PleLabels *labels)
{
  g_autoptr (GError) error = NULL;
  PleCuration *curation = ple_curation_open (path, "run", labels, N_CLUSTERS, &error);

  g_assert_no_error (error);
  return curation;
}

/* Every command on all items, and its undo. */
static void
bench_commands (PleCuration *curation)
{
  size_t n = ple_curation_get_n_items (curation);
  g_autofree guint32 *items = g_new (guint32, n);
  g_autofree gint32 *parts = g_new (gint32, n);
  g_autofree gint32 *ids = g_new (gint32, N_CLUSTERS);
  static const char *const titles[] = { "name", "set state", "move", "merge", "split", "reset" };

  for (size_t i = 0; i < n; i++)
    {
      items[i] = (guint32) (n - 1 - i);
      parts[i] = (gint32) (i % 7);
    }
  for (gint32 j = 0; j < N_CLUSTERS; j++)
    ids[j] = j;
  for (size_t which = 0; which < G_N_ELEMENTS (titles); which++)
    {
      gint64 start = cpu_time ();
      double command, undo;

      switch (which)
        {
        case 0:
          ple_curation_name_cluster (curation, 1, "a name", NULL);
          break;
        case 1:
          ple_curation_set_state (curation, items, n, PLE_STATE_UNSURE, NULL);
          break;
        case 2:
          ple_curation_move (curation, items, n, 3, NULL);
          break;
        case 3:
          ple_curation_merge (curation, ids, N_CLUSTERS, NULL, NULL);
          break;
        case 4:
          ple_curation_split (curation, items, parts, n, 7, NULL);
          break;
        default:
          ple_curation_reset (curation, items, n, NULL);
          break;
        }
      command = cpu_milliseconds_since (start);
      start = cpu_time ();
      ple_curation_undo (curation, NULL);
      undo = cpu_milliseconds_since (start);
      if (which != 4)
        ple_curation_redo (curation, NULL);
      printf ("%-36s %10.2f ms, undo %8.2f ms\n", titles[which], command, undo);
    }
}

/* What a person does: some scattered pictures of one cluster go to another. */
static void
decide (PleCuration *curation, size_t n_decisions)
{
  gint64 start = cpu_time ();
  guint32 items[40];
  PleRng rng;

  ple_rng_init (&rng, 3);
  for (size_t i = 0; i < n_decisions; i++)
    {
      ple_rng_sample (&rng, ple_curation_get_n_items (curation), G_N_ELEMENTS (items), items);
      if (i % 3 == 0)
        ple_curation_set_state (curation, items, G_N_ELEMENTS (items), PLE_STATE_CONFIRMED, NULL);
      else
        ple_curation_move (curation, items, G_N_ELEMENTS (items),
                           (gint32) ple_rng_below (&rng, N_CLUSTERS), NULL);
    }
  printf ("%-36s %10.2f ms\n", "a decision on 40 pictures",
          cpu_milliseconds_since (start) / (double) n_decisions);
  start = g_get_monotonic_time ();
  ple_curation_flush (curation, NULL);
  printf ("%-36s %10.2f ms\n", "until all are on disk", milliseconds_since (start));
}

/* From a decision to its being on disk, one at a time. */
static void
bench_commit (PleCuration *curation)
{
  double worst = 0, sum = 0;
  const int n = 50;

  for (int i = 0; i < n; i++)
    {
      const guint32 item = (guint32) i;
      gint64 start = g_get_monotonic_time ();
      double taken;

      ple_curation_set_state (curation, &item, 1, i % 2 ? PLE_STATE_UNSURE : PLE_STATE_CONFLICT,
                              NULL);
      ple_curation_flush (curation, NULL);
      taken = milliseconds_since (start);
      worst = MAX (worst, taken);
      sum += taken;
    }
  printf ("%-36s %10.2f ms, worst %7.2f ms\n", "from a decision to the disk", sum / n, worst);
}

int
main (int argc, char *argv[])
{
  size_t n_items = argc > 1 ? (size_t) atol (argv[1]) : 100000;
  size_t n_decisions = argc > 2 ? (size_t) atol (argv[2]) : 10000;
  char *folder = ple_test_make_folder ();
  char *path = g_build_filename (folder, "curation.db", NULL);
  g_autoptr (PleLabels) labels = ple_test_run_labels (n_items, N_CLUSTERS);
  PleCuration *curation = open_run (path, labels);
  GPtrArray *history;
  struct stat info;
  gint64 start;

  printf ("%zu items, %zu decisions\n", n_items, n_decisions);
  decide (curation, n_decisions);
  bench_commit (curation);
  start = cpu_time ();
  history = ple_curation_dup_history (curation, 17);
  printf ("%-36s %10.2f ms\n", "history of an item", cpu_milliseconds_since (start));
  g_ptr_array_unref (history);
  start = g_get_monotonic_time ();
  g_object_unref (curation);
  printf ("%-36s %10.2f ms\n", "close", milliseconds_since (start));
  if (stat (path, &info) == 0)
    printf ("%-36s %10.2f MB\n", "size", (double) info.st_size / 1e6);
  start = cpu_time ();
  curation = open_run (path, labels);
  printf ("%-36s %10.2f ms\n", "open", cpu_milliseconds_since (start));
  bench_commands (curation);
  g_object_unref (curation);
  ple_remove_recursively (folder, NULL);
  g_free (folder);
  g_free (path);
  return 0;
}
