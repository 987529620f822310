/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cluster/ple-cludi-train.h"
#include "cluster/ple-cludi-view.h"
#include "linalg/ple-linalg.h"
#include "nn/ple-kernels.h"
#include "ple-test.h"

#include <math.h>
#include <string.h>

#define N 40
#define D 11
#define K 4

static const PleCludiOptions plain = {
  .n_draws = 3,
  .n_steps = 4,
  .lambda = 5,
  .gradient = PLE_CLUDI_GRADIENT_CHAIN,
  .dropout = 0.15,
  .dropout_twice = TRUE,
  .clip = 1e6,
  .average = 0.9,
};

static PleCludiTrainer *
trainer_new (const PleCludiSchedule *schedule, const PleCludiOptions *options, gboolean deep)
{
  const PleCludiShape shape = { .n_inputs = D,
                                .n_embedding = 6,
                                .n_clusters = K,
                                .deep_head = deep,
                                .activation = PLE_CLUDI_ACTIVATION };
  PleCludiNet *net = ple_cludi_net_new (&shape, NULL);
  PleCludiTrainer *trainer;
  PleRng rng;

  ple_rng_init (&rng, 4);
  ple_cludi_net_init (net, PLE_CLUDI_INIT_UNIFORM, &rng);
  trainer = ple_cludi_trainer_new (net, schedule, options, N, NULL);
  ple_cludi_trainer_restart (trainer);
  return trainer;
}

static PleMatrix *
rows_new (void)
{
  PleMatrix *x = ple_test_random_matrix (N, D, 8);

  ple_cludi_unit_rows (N, D, x->data);
  return x;
}

static double
loss_at (PleCludiTrainer *trainer, const PleCludiBatch *batch, const PleRng *rng)
{
  g_autoptr (GError) error = NULL;

  ple_cludi_trainer_step (trainer, batch, 0, rng, NULL, &error);
  g_assert_no_error (error);
  return trainer->loss;
}

/* Along the gradient the loss of a step, all of its noise held fixed, changes by the gradient's
 * length: through both losses, the students' step, the noised targets, and every call of the
 * teacher. Central differences in float: a few per cent. */
static void
test_gradient_is_that_of_the_loss (void)
{
  g_autoptr (PleMatrix) x = rows_new ();
  guint32 order[N];
  const PleCludiBatch batch = { x, order, N, NULL, 0 };
  guint n_checked = 0;

  for (size_t i = 0; i < N; i++)
    order[i] = (guint32) (N - 1 - i);
  for (int form = 0; form < 8; form++)
    {
      PleCludiOptions options = plain;
      g_autoptr (PleCludiSchedule) schedule =
          ple_cludi_schedule_new (PLE_CLUDI_NOISE_SQRT, 50, 0.7, FALSE);
      g_autoptr (PleCludiTrainer) trainer = NULL;
      g_autoptr (PleMatrix) gradient = NULL;
      g_autoptr (PleMatrix) start = NULL;
      /* Gradients of v are four orders longer: each as far as floats can tell the losses apart. */
      const double reach = (form & 1) != 0 ? 1e-3 : 2e-2;
      double length, ahead, behind;
      PleRng root, rng;

      options.v_prediction = (form & 1) != 0;
      options.snr_weights = options.class_weights = (form & 2) != 0;
      trainer = trainer_new (schedule, &options, (form & 4) != 0);
      ple_rng_init (&root, 11);
      /* What a first pass gives the student is held constant, so look for a step without one. */
      for (guint64 s = 0;; s++)
        {
          ple_rng_split (&root, s, &rng);
          loss_at (trainer, &batch, &rng);
          if (!trainer->student->self_condition)
            break;
        }
      gradient = ple_matrix_copy (trainer->gradient, NULL);
      start = ple_matrix_copy (trainer->net->weights, NULL);
      length = sqrt (ple_kernel_dot (gradient->n_cols, gradient->data, gradient->data));
      g_assert_cmpfloat (length, >, 0);
      for (int side = 0; side < 2; side++)
        {
          const double step = (side == 0 ? reach : -reach) / length;

          for (size_t i = 0; i < gradient->n_cols; i++)
            trainer->net->weights->data[i] =
                (float) ((double) start->data[i] + step * (double) gradient->data[i]);
          *(side == 0 ? &ahead : &behind) = loss_at (trainer, &batch, &rng);
        }
      g_test_message ("form %d: slope %.5g, gradient %.5g", form, (ahead - behind) / (2 * reach),
                      length);
      g_assert_cmpfloat (fabs ((ahead - behind) / (2 * reach) - length), <, 0.03 * length);
      n_checked++;
    }
  g_assert_cmpuint (n_checked, ==, 8);
}

/* Through the last call alone: the same loss, and a gradient that points the same way where noise
 * drowns what earlier calls left. */
static void
test_last_call_has_most_of_the_gradient (void)
{
  g_autoptr (PleMatrix) x = rows_new ();
  g_autoptr (PleCludiSchedule) schedule =
      ple_cludi_schedule_new (PLE_CLUDI_NOISE_SQRT, 1000, 7, FALSE);
  PleCludiOptions options = plain;
  g_autoptr (PleCludiTrainer) chain = trainer_new (schedule, &options, FALSE);
  g_autoptr (PleCludiTrainer) last = NULL;
  guint32 order[N];
  const PleCludiBatch batch = { x, order, N, NULL, 0 };
  size_t n;
  double along, length;
  PleRng rng;

  options.gradient = PLE_CLUDI_GRADIENT_LAST;
  last = trainer_new (schedule, &options, FALSE);
  for (size_t i = 0; i < N; i++)
    order[i] = (guint32) i;
  ple_rng_init (&rng, 2);
  g_assert_cmpfloat (loss_at (chain, &batch, &rng), ==, loss_at (last, &batch, &rng));
  n = chain->gradient->n_cols;
  along = ple_kernel_dot (n, chain->gradient->data, last->gradient->data);
  length = sqrt (ple_kernel_dot (n, chain->gradient->data, chain->gradient->data) *
                 ple_kernel_dot (n, last->gradient->data, last->gradient->data));
  g_assert_cmpfloat (along, >, 0.99 * length);
  g_assert_cmpfloat (along, <, length * (1 - 1e-9));
}

static void
run_steps (PleCludiTrainer *trainer, const PleMatrix *x, size_t n_steps, PleProgress *progress)
{
  guint32 order[N];
  gint32 neighbours[N * 2];
  PleRng root, rng;

  ple_rng_init (&root, 21);
  for (size_t i = 0; i < N; i++)
    {
      order[i] = (guint32) i;
      neighbours[2 * i] = (gint32) ((i + 1) % N);
      neighbours[2 * i + 1] = (gint32) ((i + 4) % N);
    }
  for (size_t s = 0; s < n_steps; s++)
    {
      /* The last batch is a short one. */
      const PleCludiBatch batch = { x, order, s + 1 == n_steps ? N / 3 : N, neighbours, 2 };

      ple_rng_split (&root, s, &rng);
      g_assert_true (ple_cludi_trainer_step (trainer, &batch, 1e-3, &rng, progress, NULL));
    }
}

static void
test_same_bits_for_any_threads (void)
{
  g_autoptr (PleMatrix) x = rows_new ();
  g_autoptr (PleCludiSchedule) schedule =
      ple_cludi_schedule_new (PLE_CLUDI_NOISE_SQRT, 100, 7, FALSE);
  PleCludiOptions options = plain;

  /* More rows than one chunk has. */
  options.n_draws = 16;
  for (int gradient = PLE_CLUDI_GRADIENT_LAST; gradient <= PLE_CLUDI_GRADIENT_NONE; gradient++)
    {
      g_autoptr (PleCludiTrainer) expected = NULL;

      options.gradient = (PleCludiGradient) gradient;
      for (guint threads = 1; threads <= 3; threads++)
        {
          g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, threads);
          g_autoptr (PleCludiTrainer) trainer = trainer_new (schedule, &options, FALSE);

          run_steps (trainer, x, 4, progress);
          if (expected == NULL)
            expected = g_steal_pointer (&trainer);
          else
            {
              ple_test_assert_same_bits (trainer->net->weights, expected->net->weights);
              ple_test_assert_same_bits (trainer->average->weights, expected->average->weights);
            }
        }
    }
}

/* Given labels are learned: the loss falls well below that of chance, ln K. */
static void
test_teaching_is_learned (void)
{
  g_autoptr (PleMatrix) x = rows_new ();
  g_autoptr (PleCludiSchedule) schedule =
      ple_cludi_schedule_new (PLE_CLUDI_NOISE_SQRT, 100, 7, FALSE);
  g_autoptr (PleCludiTrainer) trainer = trainer_new (schedule, &plain, FALSE);
  g_autofree float *shares = g_new0 (float, N *K);
  guint32 order[N];
  const PleCludiBatch batch = { x, order, N, NULL, 0 };
  double first = 0, last = 0;
  PleRng root, rng;

  for (size_t i = 0; i < N; i++)
    {
      order[i] = (guint32) i;
      ple_matrix_row (x, i)[i % K] += 2;
      shares[i * K + i % K] = 1;
    }
  ple_cludi_unit_rows (N, D, x->data);
  ple_rng_init (&root, 3);
  for (size_t s = 0; s < 120; s++)
    {
      ple_rng_split (&root, s, &rng);
      g_assert_true (ple_cludi_trainer_teach (trainer, &batch, shares, 50, 3e-3, &rng, NULL, NULL));
      *(s < 5 ? &first : &last) += s < 5 || s >= 115 ? trainer->loss / 5 : 0;
    }
  g_test_message ("loss %.3f to %.3f", first, last);
  g_assert_cmpfloat (last, <, 0.5 * log (K));
  g_assert_cmpfloat (last, <, 0.5 * first);
}

static void
test_cancelled_step_leaves_no_trace (void)
{
  g_autoptr (PleMatrix) x = rows_new ();
  g_autoptr (PleCludiSchedule) schedule =
      ple_cludi_schedule_new (PLE_CLUDI_NOISE_SQRT, 100, 7, FALSE);
  g_autoptr (PleCludiTrainer) trainer = trainer_new (schedule, &plain, FALSE);
  g_autoptr (PleMatrix) before = ple_matrix_copy (trainer->net->weights, NULL);
  g_autoptr (PleProgress) progress = ple_test_cancelled ();
  g_autoptr (GError) error = NULL;
  guint32 order[1] = { 0 };
  const PleCludiBatch batch = { x, order, 1, NULL, 0 };
  PleRng rng;

  ple_rng_init (&rng, 1);
  g_assert_false (ple_cludi_trainer_step (trainer, &batch, 1, &rng, progress, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  ple_test_assert_same_bits (trainer->net->weights, before);
  g_assert_cmpuint (trainer->n_updates, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ple_linalg_init ();
  g_test_add_func ("/cluster/cludi-train/gradient-is-that-of-the-loss",
                   test_gradient_is_that_of_the_loss);
  g_test_add_func ("/cluster/cludi-train/last-call-has-most-of-the-gradient",
                   test_last_call_has_most_of_the_gradient);
  g_test_add_func ("/cluster/cludi-train/same-bits-for-any-threads",
                   test_same_bits_for_any_threads);
  g_test_add_func ("/cluster/cludi-train/teaching-is-learned", test_teaching_is_learned);
  g_test_add_func ("/cluster/cludi-train/cancelled-step-leaves-no-trace",
                   test_cancelled_step_leaves_no_trace);
  return g_test_run ();
}
