/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ple-test-curation.h"

#include <gio/gio.h>

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* A child curates by a script; the parent kills it at random moments, opens what is left and
 * compares the whole table with a curation that was never killed. Proven each time: the project
 * opens; what was reported as committed is there; what was decided more than --lag milliseconds
 * before is there; what is there is a state that once was, decisions are never half.
 *
 *   curation-kill [--kills N] [--lag MS] [--script SEED]
 */
#define N_ITEMS 1000
#define N_CLUSTERS 20
#define MAX_STEPS 200000
/* A new project after so many kills: being killed while it is made is a case of its own. */
#define KILLS_PER_PROJECT 50

/* In memory that outlives the child. */
typedef struct
{
  _Atomic gint64 begin;            /* step the child starts with */
  _Atomic gint64 issued;           /* steps that have been decided */
  _Atomic gint64 acked;            /* steps that were reported as committed */
  _Atomic gint64 times[MAX_STEPS]; /* when each was decided, monotonic */
} Shared;

static Shared *
map_shared (const char *path)
{
  int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  Shared *shared;

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (ftruncate (fd, sizeof (Shared)), ==, 0);
  shared = mmap (NULL, sizeof (Shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  g_assert_true (shared != MAP_FAILED);
  close (fd);
  return shared;
}

static PleCuration *
open_curation (const char *path)
{
  g_autoptr (PleLabels) labels = ple_test_run_labels (N_ITEMS, N_CLUSTERS);
  g_autoptr (GError) error = NULL;
  PleCuration *curation = ple_curation_open (path, "run", labels, N_CLUSTERS, &error);

  g_assert_no_error (error);
  return curation;
}

/* --- the child ----------------------------------------------------------------------------- */

static void
on_committed (PleCuration *curation, gpointer data)
{
  Shared *shared = data;

  atomic_store (&shared->acked, atomic_load (&shared->issued));
}

static int
run_child (const char *path, guint64 seed, const char *shared_path)
{
  Shared *shared = map_shared (shared_path);
  PleCuration *curation = open_curation (path);
  gint64 end = g_get_monotonic_time () + 120 * G_USEC_PER_SEC;
  PleRng pace;

  ple_rng_init (&pace, seed ^ (guint64) g_get_monotonic_time ());
  g_signal_connect (curation, "committed", G_CALLBACK (on_committed), shared);
  /* It does not outlive its parent for long. */
  for (gint64 step = atomic_load (&shared->begin);
       step < MAX_STEPS && g_get_monotonic_time () < end; step++)
    {
      ple_test_script_step (curation, seed, (guint64) step);
      atomic_store (&shared->times[step], g_get_monotonic_time ());
      atomic_store (&shared->issued, step + 1);
      /* Bursts, and pauses in which it is all written. */
      if (ple_rng_below (&pace, 3) == 0)
        g_usleep (ple_rng_below (&pace, 6000));
      while (g_main_context_iteration (NULL, FALSE))
        ;
    }
  pause ();
  return 0;
}

/* --- the parent ---------------------------------------------------------------------------- */

typedef struct
{
  const char *program;
  guint64 seed;
  gint64 lag; /* microseconds */
  PleRng rng;
  char *folder;
  char *path;
  char *shared_path;
  Shared *shared;
  PleCuration *reference; /* never killed */
  gint64 step;            /* how far the reference is */
  gint64 n_lost;
  gint64 n_decided;
} Study;

static char *
digest (PleCuration *curation)
{
  g_autofree char *state = ple_test_digest (curation, N_CLUSTERS, TRUE);

  return g_strdup_printf ("%s %zu %zu %s %s", state, ple_curation_get_n_decisions (curation),
                          ple_curation_get_n_ids (curation), ple_curation_get_undo_label (curation),
                          ple_curation_get_redo_label (curation));
}

static void
study_begin (Study *study)
{
  g_autofree char *reference = NULL;

  study->folder = ple_test_make_folder ();
  study->path = g_build_filename (study->folder, "curation.db", NULL);
  study->shared_path = g_build_filename (study->folder, "shared", NULL);
  study->shared = map_shared (study->shared_path);
  reference = g_build_filename (study->folder, "reference.db", NULL);
  study->reference = open_curation (reference);
  study->step = 0;
}

static void
study_end (Study *study)
{
  g_clear_object (&study->reference);
  munmap (study->shared, sizeof (Shared));
  ple_remove_recursively (study->folder, NULL);
  g_clear_pointer (&study->folder, g_free);
  g_clear_pointer (&study->path, g_free);
  g_clear_pointer (&study->shared_path, g_free);
}

static pid_t
start_child (Study *study)
{
  g_autofree char *seed = g_strdup_printf ("%" G_GUINT64_FORMAT, study->seed);
  const char *const arguments[] = {
    study->program, "--child", study->path, seed, study->shared_path, NULL,
  };
  g_autoptr (GError) error = NULL;
  pid_t pid = 0;

  g_spawn_async (NULL, (char **) arguments, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid,
                 &error);
  g_assert_no_error (error);
  return pid;
}

/* Returns: when */
static gint64
kill_at_random (Study *study, pid_t pid)
{
  gboolean while_opening = ple_rng_below (&study->rng, 8) == 0;
  gint64 when;
  int status;

  if (while_opening)
    g_usleep (ple_rng_below (&study->rng, 15000));
  else
    {
      gint64 until = g_get_monotonic_time () + 100 * G_USEC_PER_SEC;

      while (atomic_load (&study->shared->issued) == study->step)
        {
          g_assert_cmpint (g_get_monotonic_time (), <, until);
          g_usleep (200);
        }
      /* Now and then so late that much of it has to be on disk. */
      g_usleep (ple_rng_below (&study->rng, ple_rng_below (&study->rng, 6) == 0 ? 900000 : 60000));
    }
  when = g_get_monotonic_time ();
  g_assert_cmpint (kill (pid, SIGKILL), ==, 0);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);
  g_spawn_close_pid (pid);
  return when;
}

static void
kill_once (Study *study)
{
  g_autofree char *found = NULL;
  PleCuration *curation;
  gint64 issued, needed, when;

  atomic_store (&study->shared->begin, study->step);
  atomic_store (&study->shared->issued, study->step);
  atomic_store (&study->shared->acked, study->step);
  when = kill_at_random (study, start_child (study));
  issued = atomic_load (&study->shared->issued);
  needed = atomic_load (&study->shared->acked);
  while (needed < issued && atomic_load (&study->shared->times[needed]) < when - study->lag)
    needed++;

  curation = open_curation (study->path);
  found = digest (curation);
  ple_test_check_counts (curation);
  g_object_unref (curation);
  study->n_decided += issued - study->step;
  for (;; study->step++)
    {
      g_autofree char *now = NULL;

      if (study->step >= needed)
        {
          now = digest (study->reference);
          if (strcmp (now, found) == 0)
            break;
        }
      /* The last one may have been pushed and not counted. */
      g_assert_cmpint (study->step, <=, issued);
      ple_test_script_step (study->reference, study->seed, (guint64) study->step);
    }
  study->n_lost += MAX (issued - study->step, 0);
}

static char *program;
static int n_kills = 10, lag_ms = 2000;
static gint64 script_seed = 1;

static void
test_kills (void)
{
  Study study = { .program = program, .lag = (gint64) lag_ms * 1000 };

  ple_rng_init (&study.rng, (guint64) script_seed);
  for (int i = 0; i < n_kills; i++)
    {
      if (i % KILLS_PER_PROJECT == 0)
        {
          if (i > 0)
            study_end (&study);
          study.seed = (guint64) script_seed + (guint64) i;
          study_begin (&study);
        }
      kill_once (&study);
    }
  study_end (&study);
  g_test_message ("%d kills, %" G_GINT64_FORMAT " steps, %" G_GINT64_FORMAT
                  " of them younger than %d ms lost",
                  n_kills, study.n_decided, study.n_lost, lag_ms);
}

int
main (int argc, char *argv[])
{
  const GOptionEntry entries[] = {
    { "kills", 0, 0, G_OPTION_ARG_INT, &n_kills, "How often to kill", "N" },
    { "lag", 0, 0, G_OPTION_ARG_INT, &lag_ms, "How much may be lost", "MS" },
    { "script", 0, 0, G_OPTION_ARG_INT64, &script_seed, "Seed of the script", "SEED" },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  if (argc == 5 && strcmp (argv[1], "--child") == 0)
    return run_child (argv[2], g_ascii_strtoull (argv[3], NULL, 10), argv[4]);
  g_test_init (&argc, &argv, NULL);
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_parse (context, &argc, &argv, &error);
  g_assert_no_error (error);
  program = argv[0];
  g_test_add_func ("/curate/kill/loses-no-committed-decision", test_kills);
  return g_test_run ();
}
