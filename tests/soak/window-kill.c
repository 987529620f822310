/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ple-test-curation.h"
#include "ple-window-driver.h"

#include "linalg/ple-linalg.h"
#include "project/ple-pipeline.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* The real window is curated over D-Bus by a random script, killed at a random moment, and opened
 * again. Proven each time: the project opens; every decision that is older than --lag milliseconds
 * is there, in the journal as the library reads it and in the window; what is there is a state that
 * once was, with its whole history: decisions are never half.
 *
 *   window-kill --program PLEIADES --make-project TOOL [--kills N] [--lag MS] [--script SEED]
 *
 * In one round of four the driver waits until all is on disk and kills then; nothing may be lost.
 * That round says something on a machine of any speed, so the normal tests give a --lag that does
 * not bite and the long proof gives the one that is promised. */
#define N_ITEMS "2000"
#define N_CLUSTERS "20"
/* The reference is made anew by all decisions of a project. */
#define KILLS_PER_PROJECT 10

typedef enum
{
  COMMAND_NAME,
  COMMAND_MOVE,
  COMMAND_CONFIRM,
  COMMAND_EXCLUDE,
  COMMAND_UNSURE,
  COMMAND_RESET,
  COMMAND_MERGE_ALL,
  COMMAND_UNDO,
  COMMAND_REDO,
} CommandKind;

typedef struct
{
  CommandKind kind;
  gint32 cluster;
  const char *name;
  gint64 done; /* when the program had answered; G_MAXINT64 if it was killed before */
} Command;

typedef struct
{
  const char *make_project;
  PleWindowDriver *driver;
  PleRng rng;
  char *folder; /* of the project and of the references */
  char *project;
  char *journal;
  PleRun *run;

  /* The decisions of this project, each with the digest of the state after it; digests has one more
   * in front. */
  GArray *commands;
  GPtrArray *digests;
  PleCuration *reference; /* a curation that nobody kills, as far as @commands go */
  guint n_references;

  gint64 n_decided;
  gint64 n_young;
  gint64 max_young_us; /* age of the oldest decision that was lost */
  guint n_settled_kills;
  guint n_opening_kills;
} Study;

/* --- decisions ----------------------------------------------------------------------------- */

/* What win.select-cluster selects. */
static guint32 *
dup_selected (PleCuration *curation, gint32 cluster, size_t *n)
{
  guint32 *items = ple_curation_dup_members (curation, cluster, n);
  const guint8 *states = ple_curation_get_states (curation);
  size_t kept = 0;

  for (size_t i = 0; i < *n; i++)
    if (states[items[i]] != PLE_STATE_EXCLUDED)
      items[kept++] = items[i];
  *n = kept;
  return items;
}

/* All clusters that pictures are in, in the order of the pictures. */
static void
merge_all (PleCuration *curation)
{
  const gint32 *labels = ple_curation_get_labels (curation);
  g_autofree guint8 *seen = g_new0 (guint8, ple_curation_get_n_ids (curation));
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));

  for (size_t i = 0; i < ple_curation_get_n_items (curation); i++)
    if (labels[i] >= 0 && !seen[labels[i]])
      {
        seen[labels[i]] = 1;
        g_array_append_val (ids, labels[i]);
      }
  if (ids->len >= 2)
    ple_curation_merge (curation, (const gint32 *) ids->data, ids->len, NULL, NULL);
}

/* What the window does with it; what the window refuses is refused here. */
static void
decide (PleCuration *curation, const Command *command)
{
  g_autofree guint32 *items = NULL;
  size_t n = 0;

  if (command->kind == COMMAND_UNDO)
    ple_curation_undo (curation, NULL);
  else if (command->kind == COMMAND_REDO)
    ple_curation_redo (curation, NULL);
  else if (command->kind == COMMAND_MERGE_ALL)
    merge_all (curation);
  else if (command->kind == COMMAND_NAME)
    ple_curation_name_cluster (curation, command->cluster, command->name, NULL);
  else
    {
      items = dup_selected (curation, command->cluster, &n);
      if (n == 0)
        return;
      if (command->kind == COMMAND_MOVE)
        ple_curation_move_to_name (curation, items, n, command->name, NULL, NULL);
      else if (command->kind == COMMAND_RESET)
        ple_curation_reset (curation, items, n, NULL);
      else
        ple_curation_set_state (curation, items, n,
                                command->kind == COMMAND_CONFIRM   ? PLE_STATE_CONFIRMED
                                : command->kind == COMMAND_EXCLUDE ? PLE_STATE_EXCLUDED
                                                                   : PLE_STATE_UNSURE,
                                NULL);
    }
}

static Command
draw_command (Study *study)
{
  static const char *const names[] = { "cats", "dogs", "Boats", "çay", "mugs, \"blue\"", "船", "" };
  static const CommandKind kinds[] = {
    COMMAND_NAME,    COMMAND_NAME,   COMMAND_NAME,    COMMAND_MOVE,
    COMMAND_MOVE,    COMMAND_MOVE,   COMMAND_CONFIRM, COMMAND_CONFIRM,
    COMMAND_EXCLUDE, COMMAND_UNSURE, COMMAND_RESET,   COMMAND_MERGE_ALL,
    COMMAND_UNDO,    COMMAND_UNDO,   COMMAND_UNDO,    COMMAND_REDO,
  };
  size_t n_ids = ple_curation_get_n_ids (study->reference);
  Command command = {
    .kind = kinds[ple_rng_below (&study->rng, G_N_ELEMENTS (kinds))],
    .cluster = (gint32) ple_rng_below (&study->rng, n_ids),
    .name = names[ple_rng_below (&study->rng, G_N_ELEMENTS (names))],
    .done = G_MAXINT64,
  };
  const Command *last = study->commands->len > 0
                            ? &g_array_index (study->commands, Command, study->commands->len - 1)
                            : NULL;

  /* One cluster is not much to go on with. */
  if (last != NULL && last->kind == COMMAND_MERGE_ALL)
    command.kind = COMMAND_UNDO;
  if (command.kind == COMMAND_MOVE && *command.name == '\0')
    command.name = "pears";
  return command;
}

/* Returns: %FALSE once the program is gone */
static gboolean
send (PleWindowDriver *driver, const Command *command)
{
  static const char *const actions[] = {
    [COMMAND_NAME] = "win.name-cluster",
    [COMMAND_MOVE] = "win.move-selection",
    [COMMAND_CONFIRM] = "win.confirm",
    [COMMAND_EXCLUDE] = "win.exclude",
    [COMMAND_UNSURE] = "win.unsure",
    [COMMAND_RESET] = "win.reset",
    [COMMAND_MERGE_ALL] = "win.merge-clusters",
    [COMMAND_UNDO] = "win.undo",
    [COMMAND_REDO] = "win.redo",
  };
  gboolean named = command->kind == COMMAND_NAME || command->kind == COMMAND_MOVE;

  if (command->kind == COMMAND_MERGE_ALL)
    {
      if (!ple_window_driver_act (driver, "win.select-all", NULL))
        return FALSE;
    }
  else if (command->kind != COMMAND_UNDO && command->kind != COMMAND_REDO &&
           !ple_window_driver_act (driver, "win.select-cluster",
                                   g_variant_new_int32 (command->cluster)))
    return FALSE;
  return ple_window_driver_act (driver, actions[command->kind],
                                named ? g_variant_new_string (command->name) : NULL);
}

/* --- the reference ------------------------------------------------------------------------- */

static PleCuration *
open_curation (Study *study, const char *path, GError **error)
{
  return ple_curation_open (path, study->run->key, study->run->labels, study->run->n_clusters,
                            error);
}

static char *
digest (Study *study, PleCuration *curation)
{
  g_autofree char *state = ple_test_digest (curation, study->run->n_clusters, TRUE);

  return g_strdup_printf ("%s %zu %zu %s %s", state, ple_curation_get_n_decisions (curation),
                          ple_curation_get_n_ids (curation), ple_curation_get_undo_label (curation),
                          ple_curation_get_redo_label (curation));
}

static void
reference_begin (Study *study)
{
  g_autofree char *name = g_strdup_printf ("reference-%u.db", study->n_references++);
  g_autofree char *path = g_build_filename (study->folder, name, NULL);
  g_autoptr (GError) error = NULL;

  g_clear_object (&study->reference);
  study->reference = open_curation (study, path, &error);
  g_assert_no_error (error);
}

/* The reference takes what is at hand; the commands after it are forgotten. */
static void
reference_cut (Study *study, size_t n, PleCuration *reference)
{
  g_set_object (&study->reference, reference);
  g_array_set_size (study->commands, (guint) n);
  g_ptr_array_set_size (study->digests, (int) n + 1);
}

/* How many commands, at least @needed, give what was found, to the last line of the history; -1 if
 * none do. Leaves the reference there. */
static gssize
find_state (Study *study, size_t needed, PleCuration *found)
{
  g_autofree char *state = digest (study, found);
  g_autofree char *all = ple_test_digest_all (found, study->run->n_clusters);
  g_autoptr (PleCuration) reference = NULL;
  size_t n_issued = study->commands->len;

  reference_begin (study);
  reference = g_steal_pointer (&study->reference);
  for (size_t step = 0; step <= n_issued; step++)
    {
      if (step >= needed && strcmp (g_ptr_array_index (study->digests, step), state) == 0)
        {
          g_autofree char *mine = ple_test_digest_all (reference, study->run->n_clusters);

          if (strcmp (mine, all) == 0)
            {
              reference_cut (study, step, reference);
              return (gssize) step;
            }
        }
      if (step < n_issued)
        decide (reference, &g_array_index (study->commands, Command, step));
    }
  return -1;
}

/* --- a project ----------------------------------------------------------------------------- */

static void
study_begin (Study *study)
{
  const char *arguments[] = {
    study->make_project, "--items", N_ITEMS, "--clusters", N_CLUSTERS, "--dim", "16", NULL, NULL
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (PleProject) project = NULL;
  PleEnvironment environment = { 0 };
  int status;

  study->folder = ple_test_make_folder ();
  study->project = g_build_filename (study->folder, "study.pleiades", NULL);
  study->journal = g_build_filename (study->project, "curation.db", NULL);
  arguments[7] = study->project;
  g_spawn_sync (NULL, (char **) arguments, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, NULL,
                &status, &error);
  g_assert_no_error (error);
  g_assert_true (g_spawn_check_wait_status (status, &error));
  environment.data_dir = environment.cache_dir = study->folder;
  project = ple_project_open (study->project, &environment, NULL, &error);
  g_assert_no_error (error);
  study->run = ple_run_load (study->project, ple_project_get_dataset (project),
                             ple_project_get_current_run (project), &error);
  g_assert_no_error (error);
  study->commands = g_array_new (FALSE, FALSE, sizeof (Command));
  study->digests = g_ptr_array_new_with_free_func (g_free);
  reference_begin (study);
  g_ptr_array_add (study->digests, digest (study, study->reference));
}

static void
study_end (Study *study)
{
  g_clear_object (&study->reference);
  g_clear_pointer (&study->commands, g_array_unref);
  g_clear_pointer (&study->digests, g_ptr_array_unref);
  g_clear_pointer (&study->run, ple_run_unref);
  g_assert_true (ple_remove_recursively (study->folder, NULL));
  g_clear_pointer (&study->folder, g_free);
  g_clear_pointer (&study->project, g_free);
  g_clear_pointer (&study->journal, g_free);
}

/* --- a kill -------------------------------------------------------------------------------- */

typedef struct
{
  PleWindowDriver *driver;
  gint64 delay;
  gint64 when;
} Killer;

static gpointer
kill_later (gpointer data)
{
  Killer *killer = data;

  g_usleep ((gulong) killer->delay);
  killer->when = ple_window_driver_kill (killer->driver);
  return NULL;
}

/* One decision, here and there. */
static gboolean
take_step (Study *study)
{
  Command command = draw_command (study);
  gboolean alive;

  /* It counts as issued before it is sent: the program may have heard it and not answered. */
  decide (study->reference, &command);
  g_array_append_val (study->commands, command);
  g_ptr_array_add (study->digests, digest (study, study->reference));
  alive = send (study->driver, &command);
  if (alive)
    g_array_index (study->commands, Command, study->commands->len - 1).done =
        g_get_monotonic_time ();
  /* Bursts, and pauses in which it is all written. */
  if (ple_rng_below (&study->rng, 4) == 0)
    g_usleep (ple_rng_below (&study->rng, 60000));
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  return alive;
}

static gint64
kill_while_opening (Study *study)
{
  gint64 when;

  g_usleep (ple_rng_below (&study->rng, 900000));
  when = ple_window_driver_kill (study->driver);
  study->n_opening_kills++;
  return when;
}

/* The window shows what the journal said. */
static void
check_window (Study *study)
{
  PleCuration *reference = study->reference;
  g_autofree char *undo = NULL;
  const char *expected = ple_curation_get_undo_label (reference);

  ple_window_driver_wait_for_window (study->driver);
  ple_window_driver_wait (study->driver, ple_window_driver_can_curate);
  undo = ple_window_driver_dup_text (study->driver, "win.undo-label");
  g_assert_cmpstr (undo, ==, expected != NULL ? expected : "");
  g_assert_cmpint (ple_window_driver_get_int (study->driver, "win.n-items"), ==, atoi (N_ITEMS));
  g_assert_cmpint (ple_window_driver_get_int (study->driver, "win.n-clusters"), ==,
                   (gint32) ple_curation_get_n_alive (reference));
  g_assert_cmpint (ple_window_driver_get_int (study->driver, "win.n-confirmed"), ==,
                   (gint32) ple_curation_count_state (reference, PLE_STATE_CONFIRMED));
}

static gint64
kill_at_random (Study *study)
{
  Killer killer = { .driver = study->driver,
                    .delay = (gint64) ple_rng_below (&study->rng, 1500000) };
  GThread *thread;

  take_step (study);
  thread = g_thread_new ("killer", kill_later, &killer);
  while (take_step (study))
    continue;
  g_thread_join (thread);
  return killer.when;
}

static gboolean
copy_file (const char *from, const char *folder, const char *name)
{
  g_autofree char *to = g_build_filename (folder, name, NULL);
  g_autofree char *bytes = NULL;
  gsize size;

  return g_file_get_contents (from, &bytes, &size, NULL) &&
         g_file_set_contents (to, bytes, (gssize) size, NULL);
}

/* Whether the journal as it is on disk now, in use by the program, holds all decisions. A copy that
 * was torn by a write is no news. */
static gboolean
is_all_on_disk (Study *study)
{
  g_autofree char *folder = g_dir_make_tmp ("ple-copy-XXXXXX", NULL);
  g_autofree char *log = g_strconcat (study->journal, "-wal", NULL);
  g_autofree char *copy = g_build_filename (folder, "curation.db", NULL);
  g_autoptr (PleCuration) curation = NULL;
  g_autofree char *found = NULL;

  if (copy_file (log, folder, "curation.db-wal") &&
      copy_file (study->journal, folder, "curation.db"))
    curation = open_curation (study, copy, NULL);
  if (curation != NULL)
    found = digest (study, curation);
  g_clear_object (&curation);
  g_assert_true (ple_remove_recursively (folder, NULL));
  return g_strcmp0 (found, g_ptr_array_index (study->digests, study->commands->len)) == 0;
}

/* Returns: the moment after which nothing may be lost */
static gint64
kill_when_written (Study *study)
{
  for (guint64 n = 1 + ple_rng_below (&study->rng, 30); n > 0; n--)
    g_assert_true (take_step (study));
  /* Comes, or the test is killed by its time limit. */
  while (!is_all_on_disk (study))
    g_usleep (10000);
  ple_window_driver_kill (study->driver);
  study->n_settled_kills++;
  return G_MAXINT64;
}

static void
kill_once (Study *study, guint round, gint64 lag)
{
  size_t n_before = study->commands->len, needed, issued;
  g_autoptr (PleCuration) found = NULL;
  g_autoptr (GError) error = NULL;
  gint64 when, limit;
  gssize step;
  int status;

  ple_window_driver_start (study->driver, study->project);
  if (round % 8 == 7)
    when = kill_while_opening (study);
  else
    {
      check_window (study);
      when = round % 4 == 1 ? kill_when_written (study) : kill_at_random (study);
    }
  status = ple_window_driver_join (study->driver);
  g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);

  issued = study->commands->len;
  needed = n_before;
  limit = when == G_MAXINT64 ? when : when - lag;
  while (needed < issued && g_array_index (study->commands, Command, needed).done < limit)
    needed++;
  found = open_curation (study, study->journal, &error);
  g_assert_no_error (error);
  ple_test_check_counts (found);
  study->n_decided += (gint64) (issued - n_before);
  {
    g_autoptr (GArray) issued_commands = g_array_copy (study->commands);

    step = find_state (study, needed, found);
    if (step < 0)
      g_test_message ("kill %u: %zu decisions, %zu of them older than %" G_GINT64_FORMAT
                      " us, and what is there is none of the states after those",
                      round, issued - n_before, needed - n_before, lag);
    g_assert_cmpint (step, >=, (gssize) needed);
    for (size_t i = (size_t) step; i < issued; i++)
      {
        gint64 done = g_array_index (issued_commands, Command, i).done;

        study->n_young++;
        if (done != G_MAXINT64)
          study->max_young_us = MAX (study->max_young_us, when - done);
      }
  }
}

static char *program, *make_project;
static int n_kills = 10, lag_ms = 250;
static gint64 script_seed = 1;

static void
test_kills (void)
{
  g_autofree char *home = ple_test_make_folder ();
  Study study = { .make_project = make_project, .driver = ple_window_driver_new (program, home) };

  ple_rng_init (&study.rng, (guint64) script_seed);
  for (int i = 0; i < n_kills; i++)
    {
      if (i % KILLS_PER_PROJECT == 0)
        study_begin (&study);
      kill_once (&study, (guint) i, (gint64) lag_ms * 1000);
      if (i % KILLS_PER_PROJECT == KILLS_PER_PROJECT - 1 || i == n_kills - 1)
        {
          /* And once more by the door. */
          ple_window_driver_start (study.driver, study.project);
          check_window (&study);
          g_assert_true (ple_window_driver_act (study.driver, "app.quit", NULL));
          g_assert_cmpint (ple_window_driver_join (study.driver), ==, 0);
          study_end (&study);
        }
    }
  ple_window_driver_assert_silent (study.driver);
  ple_window_driver_free (study.driver);
  g_assert_true (ple_remove_recursively (home, NULL));
  g_test_message ("%d kills (%u while opening, %u with all on disk), %" G_GINT64_FORMAT
                  " decisions; lost: none older than %d ms, %" G_GINT64_FORMAT
                  " younger ones, the oldest %.0f ms old",
                  n_kills, study.n_opening_kills, study.n_settled_kills, study.n_decided, lag_ms,
                  study.n_young, (double) study.max_young_us / 1000);
}

int
main (int argc, char *argv[])
{
  const GOptionEntry entries[] = {
    { "program", 0, 0, G_OPTION_ARG_FILENAME, &program, "The window", "FILE" },
    { "make-project", 0, 0, G_OPTION_ARG_FILENAME, &make_project, "The tool", "FILE" },
    { "kills", 0, 0, G_OPTION_ARG_INT, &n_kills, "How often to kill", "N" },
    { "lag", 0, 0, G_OPTION_ARG_INT, &lag_ms, "How much may be lost", "MS" },
    { "script", 0, 0, G_OPTION_ARG_INT64, &script_seed, "Seed of the script", "SEED" },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_test_init (&argc, &argv, NULL);
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_parse (context, &argc, &argv, &error);
  g_assert_no_error (error);
  g_assert_true (program != NULL && make_project != NULL);
  ple_linalg_init ();
  g_test_add_func ("/gui/kill/loses-no-decision-that-is-old-enough", test_kills);
  return g_test_run ();
}
