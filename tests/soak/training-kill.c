/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-atomic.h"
#include "base/ple-rng.h"
#include "linalg/ple-array-file.h"
#include "ple-test.h"

#include <glib/gstdio.h>

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The built program trains; it is killed by SIGKILL some steps after it has written a checkpoint,
 * and started again, until it was killed so often and then once to the end. Proven each time: the
 * files of the result are those, byte for byte, of a training that was left alone, and the last
 * start did not begin at the first epoch.
 *
 *   training-kill --cli PATH [--kills N]
 */
#define N_ROWS 800
#define N_COLS 24
#define N_CLASSES 5
/* Checkpoints that a training lives to see before it is killed, at most. */
#define MAX_LIFE 6
/* Many epochs of some milliseconds, each with a checkpoint. */
#define TRAINING                                                                                   \
  "--method", "temi", "--num_clusters", "5", "--num_heads", "3", "--num_epochs", "60",             \
      "--hidden_dim", "96", "--projection_dim", "48", "--checkpoint_every", "1", "--threads", "2", \
      "--progress", "json"

typedef struct
{
  char *cli;
  char *folder;
  char *features;
  int n_kills;
  PleRng rng;
} Context;

static char *
below (const Context *context, const char *first, const char *second)
{
  return g_build_filename (context->folder, first, second, NULL);
}

/* What a child shall run, and with what environment. */
static GPtrArray *
build_command (const Context *context, const char *const *words, char ***environment)
{
  GPtrArray *argv = g_ptr_array_new ();

  *environment = g_environ_setenv (g_get_environ (), "XDG_DATA_HOME", context->folder, TRUE);
  *environment = g_environ_setenv (*environment, "XDG_CACHE_HOME", context->folder, TRUE);
  g_ptr_array_add (argv, context->cli);
  for (size_t i = 0; words[i] != NULL; i++)
    g_ptr_array_add (argv, (gpointer) words[i]);
  g_ptr_array_add (argv, NULL);
  return argv;
}

static GPid
start (const Context *context, const char *const *words)
{
  g_auto (GStrv) environment = NULL;
  g_autoptr (GPtrArray) argv = build_command (context, words, &environment);
  g_autoptr (GError) error = NULL;
  GPid pid;

  g_spawn_async (context->folder, (char **) argv->pdata, environment,
                 G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL |
                     G_SPAWN_STDERR_TO_DEV_NULL,
                 NULL, NULL, &pid, &error);
  g_assert_no_error (error);
  return pid;
}

/* Returns: the first epoch that the child trained, or a large number if it trained none */
static double
run_to_the_end (const Context *context, const char *const *words)
{
  static const char mark[] = "{\"series\": \"loss\", \"x\": ";
  g_auto (GStrv) environment = NULL;
  g_autoptr (GPtrArray) argv = build_command (context, words, &environment);
  g_autoptr (GError) error = NULL;
  g_autofree char *log = NULL;
  const char *first;
  int status;

  g_spawn_sync (context->folder, (char **) argv->pdata, environment, G_SPAWN_STDOUT_TO_DEV_NULL,
                NULL, NULL, NULL, &log, &status, &error);
  g_assert_no_error (error);
  if (!WIFEXITED (status) || WEXITSTATUS (status) != 0)
    g_error ("status %d: %s", status, log);
  first = strstr (log, mark);
  return first != NULL ? g_ascii_strtod (first + strlen (mark), NULL) : G_MAXDOUBLE;
}

/* Whether @path is another file than @before, which becomes the one that is there: a checkpoint
 * replaces the one before. */
static gboolean
is_replaced (const char *path, struct stat *before)
{
  struct stat now;

  if (stat (path, &now) != 0 ||
      (now.st_ino == before->st_ino && now.st_mtim.tv_sec == before->st_mtim.tv_sec &&
       now.st_mtim.tv_nsec == before->st_mtim.tv_nsec))
    return FALSE;
  *before = now;
  return TRUE;
}

/* Starts the training and kills it after a random number of checkpoints and a random while.
 * Returns: whether it was killed before it was ready */
static gboolean
run_and_kill (Context *context, const char *const *words, const char *checkpoint)
{
  size_t life = 1 + ple_rng_below (&context->rng, MAX_LIFE);
  struct stat last = { 0 };
  gboolean ended = FALSE;
  GPid pid;
  int status;

  is_replaced (checkpoint, &last);
  pid = start (context, words);
  while (life > 0 && !ended)
    {
      life -= is_replaced (checkpoint, &last);
      ended = waitpid (pid, &status, WNOHANG) == pid;
      g_usleep (200);
    }
  if (!ended)
    {
      g_usleep (ple_rng_below (&context->rng, 20000));
      kill (pid, SIGKILL);
      g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
    }
  if (WIFEXITED (status))
    g_assert_cmpint (WEXITSTATUS (status), ==, 0);
  return WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL;
}

static void
assert_same_file (const char *a, const char *b)
{
  g_autofree char *text_a = NULL;
  g_autofree char *text_b = NULL;
  gsize size_a, size_b;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (a, &text_a, &size_a, &error);
  g_assert_no_error (error);
  g_file_get_contents (b, &text_b, &size_b, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (size_a, >, 0);
  g_assert_cmpmem (text_a, size_a, text_b, size_b);
}

/* Kills of "cluster", which finds its checkpoint where it left it. */
static void
test_same_command_again (gconstpointer data)
{
  Context *context = (Context *) data;
  static const char *const outputs[] = { "labels.npy", "confidence.npy", "model.safetensors" };
  g_autofree char *checkpoints = below (context, "killed", NULL);
  g_autofree char *checkpoint = below (context, "killed", "temi-checkpoint.safetensors");
  char *paths[2][3];
  int n_killed = 0;

  for (size_t o = 0; o < G_N_ELEMENTS (outputs); o++)
    {
      g_autofree char *name = g_strconcat ("killed-", outputs[o], NULL);

      paths[0][o] = below (context, outputs[o], NULL);
      paths[1][o] = below (context, name, NULL);
    }
  {
    const char *const alone[] = { "cluster",
                                  TRAINING,
                                  "--features",
                                  context->features,
                                  "--output",
                                  paths[0][0],
                                  "--confidence_output",
                                  paths[0][1],
                                  "--model_output",
                                  paths[0][2],
                                  NULL };
    const char *const again[] = { "cluster",
                                  TRAINING,
                                  "--features",
                                  context->features,
                                  "--output",
                                  paths[1][0],
                                  "--confidence_output",
                                  paths[1][1],
                                  "--model_output",
                                  paths[1][2],
                                  "--checkpoint_dir",
                                  checkpoints,
                                  NULL };

    g_assert_cmpfloat (run_to_the_end (context, alone), ==, 1);
    while (n_killed < context->n_kills)
      if (run_and_kill (context, again, checkpoint))
        n_killed++;
      else
        {
          /* Ready before it could be killed: once more from the beginning. */
          for (size_t o = 0; o < G_N_ELEMENTS (outputs); o++)
            assert_same_file (paths[0][o], paths[1][o]);
          g_assert_true (ple_remove_recursively (checkpoints, NULL));
        }
    g_assert_cmpfloat (run_to_the_end (context, again), >, 1);
  }
  for (size_t o = 0; o < G_N_ELEMENTS (outputs); o++)
    {
      assert_same_file (paths[0][o], paths[1][o]);
      g_free (paths[0][o]);
      g_free (paths[1][o]);
    }
}

/* The only folder below @folder, where the checkpoints of a run lie. (transfer full) */
static char *
only_folder (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name = dir != NULL ? g_dir_read_name (dir) : NULL;

  g_assert_nonnull (name);
  return g_build_filename (folder, name, NULL);
}

/* "run" as far as its first checkpoint, killed; another project goes on by --resume_from. */
static void
test_resume_from (gconstpointer data)
{
  static const char *const outputs[] = { "predictions.npz", "final_checkpoint.safetensors" };
  Context *context = (Context *) data;
  g_autofree char *checkpoints = below (context, "run-checkpoints", NULL);
  g_autofree char *results = below (context, "results", NULL);
  char *projects[3];
  gboolean killed;

  for (int p = 0; p < 3; p++)
    {
      g_autofree char *name = g_strdup_printf ("project-%d", p);

      projects[p] = below (context, name, NULL);
    }
#define RUN(project, name)                                                                         \
  "run", TRAINING, "--input", context->features, "--embedding", "none", "--results_dir", results,  \
      "--project", project, "--experiment_name", name
  {
    const char *const alone[] = { RUN (projects[0], "alone"), NULL };

    g_assert_cmpfloat (run_to_the_end (context, alone), ==, 1);
  }
  do
    {
      const char *const begin[] = { RUN (projects[1], "begun"), "--checkpoint_dir", checkpoints,
                                    NULL };
      g_autofree char *begun = below (context, "results", "begun");
      struct stat last = { 0 };
      GPid pid;
      int status;

      g_assert_true (ple_remove_recursively (projects[1], NULL));
      g_assert_true (ple_remove_recursively (begun, NULL));
      g_assert_true (ple_remove_recursively (checkpoints, NULL));
      pid = start (context, begin);
      for (gboolean seen = FALSE; !seen && waitpid (pid, &status, WNOHANG) == 0;)
        {
          g_autoptr (GDir) dir = g_dir_open (checkpoints, 0, NULL);
          const char *key = dir != NULL ? g_dir_read_name (dir) : NULL;

          g_usleep (200);
          if (key != NULL)
            {
              g_autofree char *checkpoint =
                  g_build_filename (checkpoints, key, "temi-checkpoint.safetensors", NULL);

              seen = is_replaced (checkpoint, &last);
            }
        }
      /* Still a child that can be killed, or one that has ended and was waited for. */
      killed = kill (pid, SIGKILL) == 0 && waitpid (pid, &status, 0) == pid && WIFSIGNALED (status);
    }
  while (!killed);
  {
    g_autofree char *source = only_folder (checkpoints);
    const char *const resume[] = { RUN (projects[2], "resumed"), "--resume_from", source, NULL };

    g_assert_cmpfloat (run_to_the_end (context, resume), >, 1);
  }
#undef RUN
  for (size_t o = 0; o < G_N_ELEMENTS (outputs); o++)
    {
      g_autofree char *alone = g_build_filename (results, "alone", outputs[o], NULL);
      g_autofree char *resumed = g_build_filename (results, "resumed", outputs[o], NULL);

      assert_same_file (alone, resumed);
    }
  for (int p = 0; p < 3; p++)
    g_free (projects[p]);
}

int
main (int argc, char *argv[])
{
  Context test = { .n_kills = 1 };
  const GOptionEntry entries[] = {
    { "cli", 0, 0, G_OPTION_ARG_FILENAME, &test.cli, "The program", "PATH" },
    { "kills", 0, 0, G_OPTION_ARG_INT, &test.n_kills, "How often to kill", "N" },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (PleLabels) classes = ple_labels_new (N_ROWS);
  g_autoptr (PleMatrix) x = NULL;
  char *given;
  int code;

  g_test_init (&argc, &argv, NULL);
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_parse (context, &argc, &argv, &error);
  g_assert_no_error (error);
  g_assert_nonnull (test.cli);
  given = test.cli;
  test.cli = g_canonicalize_filename (given, NULL);
  test.folder = g_dir_make_tmp ("ple-kill-XXXXXX", NULL);
  test.features = below (&test, "features.npy", NULL);
  ple_rng_init (&test.rng, (guint64) g_get_real_time ());
  for (size_t i = 0; i < N_ROWS; i++)
    classes->data[i] = (gint32) (i % N_CLASSES);
  x = ple_test_blobs (classes, N_COLS, 1);
  g_assert_true (ple_npy_write_matrix (test.features, x, NULL));

  g_test_add_data_func ("/training/kill/same-command-again", &test, test_same_command_again);
  g_test_add_data_func ("/training/kill/resume-from", &test, test_resume_from);
  code = g_test_run ();
  g_assert_true (ple_remove_recursively (test.folder, NULL));
  g_free (test.features);
  g_free (test.folder);
  g_free (test.cli);
  g_free (given);
  return code;
}
