/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-atomic.h"
#include "base/ple-error.h"
#include "linalg/ple-linalg.h"
#include "nn/ple-checkpoint.h"
#include "nn/ple-layers.h"
#include "nn/ple-schedule.h"
#include "ple-test.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define STEPS 12

/* A small training run with everything that has a state: network with batch norm and dropout,
 * optimiser, moving average, schedule, random stream. */
typedef struct
{
  PleParameters *network, *average;
  PleLinear first, last;
  PleBatchNorm norm;
  PleOptimiser *optimiser;
  PleRng rng;
  guint64 step;
  double loss;
  PleCheckpoint *checkpoint;
} Run;

static PleParameters *
network_new (Run *run)
{
  PleParameters *parameters = ple_parameters_new (ple_device_cpu ());
  PleRng rng;

  ple_rng_init (&rng, 4);
  g_assert_true (ple_linear_init (&run->first, parameters, "first", 6, 10, TRUE,
                                  PLE_INIT_KAIMING_NORMAL, 1, &rng, NULL));
  g_assert_true (ple_batch_norm_init (&run->norm, parameters, "norm", 10, TRUE, NULL));
  g_assert_true (ple_linear_init (&run->last, parameters, "last", 10, 3, FALSE,
                                  PLE_INIT_XAVIER_UNIFORM, 1, &rng, NULL));
  return parameters;
}

static void
run_init (Run *run, PleOptimiserKind kind, const char *name)
{
  PleOptimiserOptions options;

  memset (run, 0, sizeof *run);
  run->average = network_new (run);
  run->network = network_new (run);
  ple_optimiser_options_init (&options, kind);
  options.decay = 0.01;
  run->optimiser = ple_optimiser_new (&options, run->network, NULL);
  ple_rng_init (&run->rng, 9);
  run->checkpoint = ple_checkpoint_new (name);
  ple_checkpoint_add_parameters (run->checkpoint, "network", run->network);
  ple_checkpoint_add_parameters (run->checkpoint, "average", run->average);
  ple_checkpoint_add_optimiser (run->checkpoint, "optimiser", run->optimiser);
  ple_checkpoint_add_rng (run->checkpoint, "rng", &run->rng);
  ple_checkpoint_add_counter (run->checkpoint, "step", &run->step);
  ple_checkpoint_add_doubles (run->checkpoint, "loss", &run->loss, 1);
}

static void
run_clear (Run *run)
{
  ple_checkpoint_free (run->checkpoint);
  ple_optimiser_free (run->optimiser);
  ple_parameters_free (run->network);
  ple_parameters_free (run->average);
}

static void
run_train (Run *run, guint64 until, const char *path)
{
  g_autoptr (PleTape) tape = ple_tape_new (ple_device_cpu (), NULL);

  for (; run->step < until;)
    {
      g_autoptr (PleMatrix) x = ple_matrix_new (8, 6, NULL);
      const gint32 labels[] = { 0, 1, 2, 0, 1, 2, 0, -1 };
      g_autofree PleNode **nodes = NULL;
      g_autofree PleNode **gradients = NULL;
      PleNode *y;
      size_t n;

      ple_rng_fill_normal (&run->rng, x->data, 48, 1);
      nodes = ple_parameters_to_tape (run->network, tape, &n);
      gradients = g_new (PleNode *, n);
      y = ple_linear_apply (&run->first, ple_tape_matrix (tape, x));
      y = ple_op_unary (PLE_UNARY_GELU, ple_batch_norm_apply (&run->norm, y, TRUE));
      y = ple_linear_apply (&run->last, ple_op_dropout (y, 0.2, &run->rng));
      y = ple_op_cross_entropy (y, labels);
      ple_tape_gradients (y, nodes, n, FALSE, gradients);
      g_assert_true (ple_optimiser_step (
          run->optimiser, gradients, ple_schedule_warmup_cosine (0.05, 0.001, 3, STEPS, run->step),
          NULL, NULL));
      g_assert_true (ple_parameters_average (run->average, run->network, 0.9, NULL));
      run->loss = 0.5 * run->loss + ple_node_get_number (y);
      ple_tape_reset (tape);
      run->step++;
      if (path != NULL)
        g_assert_true (ple_checkpoint_save (run->checkpoint, path, NULL));
    }
}

static void
assert_same (const PleParameters *a, const PleParameters *b)
{
  for (size_t i = 0; i < ple_parameters_get_n (a); i++)
    {
      const PleTensor *left = ple_parameters_get (a, i)->tensor;
      const PleTensor *right = ple_parameters_get (b, i)->tensor;

      g_assert_cmpmem (left->data, left->n * sizeof (float), right->data,
                       right->n * sizeof (float));
    }
}

static void
test_continues_to_the_same_bits (gconstpointer data)
{
  const PleOptimiserKind kind = (PleOptimiserKind) GPOINTER_TO_INT (data);
  g_autofree char *folder = g_dir_make_tmp ("ple-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "run.safetensors", NULL);
  Run expected;

  run_init (&expected, kind, "a");
  run_train (&expected, STEPS, NULL);
  for (guint64 at = 1; at < STEPS; at += 4)
    {
      g_autoptr (GError) error = NULL;
      Run first, second;

      run_init (&first, kind, "a");
      run_train (&first, at, NULL);
      g_assert_true (ple_checkpoint_save (first.checkpoint, path, &error));
      run_clear (&first);
      run_init (&second, kind, "a");
      g_assert_true (ple_checkpoint_load (second.checkpoint, path, &error));
      g_assert_cmpuint (second.step, ==, at);
      run_train (&second, STEPS, NULL);
      assert_same (second.network, expected.network);
      assert_same (second.average, expected.average);
      g_assert_cmpfloat (second.loss, ==, expected.loss);
      run_clear (&second);
    }
  run_clear (&expected);
  g_assert_true (ple_remove_recursively (folder, NULL));
}

/* A process that saves after every step is killed at some moment, again and again, until it ends.
 */
static void
test_killed_at_any_moment (void)
{
  g_autofree char *folder = g_dir_make_tmp ("ple-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "run.safetensors", NULL);
  gboolean ended = FALSE;
  Run expected, found;

  run_init (&expected, PLE_OPTIMISER_ADAMW, "a");
  run_train (&expected, STEPS, NULL);
  for (guint i = 0; !ended; i++)
    {
      pid_t child = fork ();
      int status;

      g_assert_cmpint (child, >=, 0);
      if (child == 0)
        {
          Run run;

          run_init (&run, PLE_OPTIMISER_ADAMW, "a");
          ple_checkpoint_load (run.checkpoint, path, NULL);
          run_train (&run, STEPS, path);
          _exit (0);
        }
      /* Later and later, so that it ends on a slow machine too. */
      g_usleep (500 * (i + 1));
      kill (child, SIGKILL);
      g_assert_cmpint (waitpid (child, &status, 0), ==, child);
      ended = WIFEXITED (status) && WEXITSTATUS (status) == 0;
    }
  run_init (&found, PLE_OPTIMISER_ADAMW, "a");
  g_assert_true (ple_checkpoint_load (found.checkpoint, path, NULL));
  g_assert_cmpuint (found.step, ==, STEPS);
  assert_same (found.network, expected.network);
  assert_same (found.average, expected.average);
  run_clear (&found);
  run_clear (&expected);
  g_assert_true (ple_remove_recursively (folder, NULL));
}

static void
test_refuses_what_is_not_its_own (void)
{
  g_autofree char *folder = g_dir_make_tmp ("ple-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "run.safetensors", NULL);
  g_autofree char *bytes = NULL;
  g_autoptr (GError) error = NULL;
  gsize size;
  Run first, other;

  run_init (&first, PLE_OPTIMISER_SGD, "a");
  run_init (&other, PLE_OPTIMISER_SGD, "b");
  g_assert_false (ple_checkpoint_load (first.checkpoint, path, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
  g_clear_error (&error);
  g_assert_true (ple_checkpoint_save (first.checkpoint, path, NULL));
  g_assert_false (ple_checkpoint_load (other.checkpoint, path, &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH);
  g_clear_error (&error);
  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  bytes[size - 1] ^= 0x10;
  g_assert_true (g_file_set_contents (path, bytes, (gssize) size, NULL));
  g_assert_false (ple_checkpoint_load (first.checkpoint, path, &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_MISMATCH);
  run_clear (&first);
  run_clear (&other);
  g_assert_true (ple_remove_recursively (folder, NULL));
}

/* Without a cancel there is all the time; after one there is little, then none. */
static void
test_pace (void)
{
  g_autofree char *folder = g_dir_make_tmp ("ple-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "run.safetensors", NULL);
  g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, 1);
  g_autoptr (GError) error = NULL;
  PleCheckpointPace pace;
  Run run;

  run_init (&run, PLE_OPTIMISER_ADAMW, "a run");
  ple_checkpoint_pace_init (&pace, progress);
  g_assert_false (ple_checkpoint_pace_is_due (&pace));
  pace.saved -= 31 * G_USEC_PER_SEC;
  g_assert_true (ple_checkpoint_pace_is_due (&pace));
  pace.took = 10 * G_USEC_PER_SEC; /* a slow disk is not kept busy */
  g_assert_false (ple_checkpoint_pace_is_due (&pace));

  ple_checkpoint_set_pace (run.checkpoint, &pace);
  g_assert_true (ple_checkpoint_save (run.checkpoint, path, &error));
  g_assert_cmpint (pace.took, <, 10 * G_USEC_PER_SEC);
  g_assert_false (ple_checkpoint_pace_is_due (&pace));
  g_assert_cmpint (pace.cancelled, ==, 0);

  ple_progress_cancel (progress);
  ple_checkpoint_pace_go_on (&pace);
  g_assert_cmpint (pace.cancelled, >, 0);
  pace.cancelled -= G_USEC_PER_SEC; /* a second ago */
  run.loss = 7;
  g_assert_false (ple_checkpoint_save (run.checkpoint, path, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_true (ple_checkpoint_load (run.checkpoint, path, &error));
  g_assert_cmpfloat (run.loss, ==, 0); /* the file that was there */
  run_clear (&run);
  g_assert_true (ple_remove_recursively (folder, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ple_linalg_init ();
  g_test_add_data_func ("/nn/checkpoint/sgd", GINT_TO_POINTER (PLE_OPTIMISER_SGD),
                        test_continues_to_the_same_bits);
  g_test_add_data_func ("/nn/checkpoint/adam", GINT_TO_POINTER (PLE_OPTIMISER_ADAM),
                        test_continues_to_the_same_bits);
  g_test_add_data_func ("/nn/checkpoint/adamw", GINT_TO_POINTER (PLE_OPTIMISER_ADAMW),
                        test_continues_to_the_same_bits);
  g_test_add_data_func ("/nn/checkpoint/lars", GINT_TO_POINTER (PLE_OPTIMISER_LARS),
                        test_continues_to_the_same_bits);
  g_test_add_func ("/nn/checkpoint/killed-at-any-moment", test_killed_at_any_moment);
  g_test_add_func ("/nn/checkpoint/refuses-what-is-not-its-own", test_refuses_what_is_not_its_own);
  g_test_add_func ("/nn/checkpoint/pace", test_pace);
  return g_test_run ();
}
