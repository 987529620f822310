/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-atomic.h"
#include "cluster/ple-temi-train.h"
#include "linalg/ple-linalg.h"
#include "ple-test.h"

#include <string.h>

#define N 64
#define PAIRS 16

static const PleTemiShape shape = { 5, 12, 24, 8, 6 };
static const PleTemiLossOptions options = { PLE_TEMI_OBJECTIVE_TEMI, 0.6, 0.1, 0.1, 0.9 };

static PleTemiTrainer *
trainer_new (PleProgress *progress)
{
  PleTemiTrainer *trainer = ple_temi_trainer_new (&shape, &options, PAIRS, progress, NULL);
  PleRng rng;

  ple_rng_init (&rng, 11);
  ple_temi_heads_init (trainer->student, &rng);
  ple_temi_trainer_start (trainer);
  return trainer;
}

static gboolean
train (PleTemiTrainer *trainer, const PleMatrix *x, size_t from, size_t to, PleProgress *progress)
{
  for (size_t s = from; s < to; s++)
    {
      const PleTemiStep step = {
        .rate = 0.01, .decay = 0.1, .momentum = 0.9, .freeze_output = s < 2
      };
      guint32 anchors[PAIRS];
      gint32 partners[PAIRS];
      PleRng rng, stream;

      ple_rng_init (&rng, 3);
      ple_rng_split (&rng, s, &stream);
      for (size_t i = 0; i < PAIRS; i++)
        {
          anchors[i] = (guint32) ple_rng_below (&stream, N);
          partners[i] = (gint32) ple_rng_below (&stream, N);
        }
      if (!ple_temi_trainer_step (trainer, x, PAIRS, anchors, partners, &step, progress, NULL))
        return FALSE;
    }
  return TRUE;
}

static void
assert_same (const PleTemiTrainer *a, const PleTemiTrainer *b)
{
  ple_test_assert_same_bits (a->student->storage, b->student->storage);
  ple_test_assert_same_bits (a->teacher->storage, b->teacher->storage);
  ple_test_assert_same_bits (a->moment1->storage, b->moment1->storage);
  ple_test_assert_same_bits (a->moment2->storage, b->moment2->storage);
  ple_test_assert_same_bits (a->marginal, b->marginal);
  ple_test_assert_same_bits (a->head_losses, b->head_losses);
  g_assert_cmpuint (a->n_steps, ==, b->n_steps);
  g_assert_cmpuint (a->n_output_steps, ==, b->n_output_steps);
}

static void
test_same_bits_for_any_threads (void)
{
  g_autoptr (PleMatrix) x = ple_test_random_matrix (N, shape.n_inputs, 1);
  g_autoptr (PleProgress) one = ple_progress_new (NULL, NULL, 1);
  g_autoptr (PleTemiTrainer) expected = trainer_new (one);

  g_assert_true (train (expected, x, 0, 8, one));
  for (guint threads = 2; threads <= 3; threads++)
    {
      g_autoptr (PleProgress) many = ple_progress_new (NULL, NULL, threads);
      g_autoptr (PleTemiTrainer) trainer = trainer_new (many);

      g_assert_true (train (trainer, x, 0, 8, many));
      assert_same (trainer, expected);
    }
}

static void
test_output_layer_is_frozen_at_first (void)
{
  g_autoptr (PleMatrix) x = ple_test_random_matrix (N, shape.n_inputs, 1);
  g_autoptr (PleTemiTrainer) start = trainer_new (NULL);
  g_autoptr (PleTemiTrainer) trainer = trainer_new (NULL);
  const size_t at = trainer->student->offset[PLE_TEMI_G];
  const size_t size = (trainer->student->stride - at) * sizeof (float);

  g_assert_true (train (trainer, x, 0, 2, NULL));
  g_assert_cmpmem (trainer->student->weights + at, size, start->student->weights + at, size);
  g_assert_cmpfloat ((double) trainer->student->weights[0], !=,
                     (double) start->student->weights[0]);
  g_assert_cmpuint (trainer->n_output_steps, ==, 0);
  g_assert_true (train (trainer, x, 2, 3, NULL));
  g_assert_cmpfloat ((double) trainer->student->weights[at], !=,
                     (double) start->student->weights[at]);
}

/* Cancelled at whatever point, saved, loaded into another trainer and gone on with: the same bits.
 */
static void
test_cancelled_anywhere_continues_to_the_same_bits (void)
{
  g_autoptr (PleMatrix) x = ple_test_random_matrix (N, shape.n_inputs, 1);
  g_autoptr (PleTemiTrainer) expected = trainer_new (NULL);
  g_autofree char *folder = g_dir_make_tmp ("ple-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "state.safetensors", NULL);

  g_assert_true (train (expected, x, 0, 6, NULL));
  /* A step is two loops over 5 heads: stand in every one of their states. */
  for (int phase = 0; phase < 2; phase++)
    for (size_t heads_done = 0; heads_done < shape.n_heads; heads_done++)
      {
        g_autoptr (PleTemiTrainer) trainer = trainer_new (NULL);
        g_autoptr (PleTemiTrainer) reference = trainer_new (NULL);
        g_autoptr (PleTemiTrainer) restored = trainer_new (NULL);
        g_autoptr (PleSafetensorsWriter) writer = ple_safetensors_writer_new ();
        g_autoptr (PleSafetensors) file = NULL;
        g_autoptr (PleProgress) cancelled = ple_test_cancelled ();
        g_autoptr (GError) error = NULL;

        g_assert_true (train (trainer, x, 0, 3, NULL));
        g_assert_true (train (reference, x, 0, 4, NULL));
        if (phase == 0)
          g_assert_false (train (trainer, x, 3, 4, cancelled));
        else
          {
            /* As left by a cancel between two heads of the updates: those up to heads_done have the
             * weights after the step, the others those before; all else is of the step. */
            const size_t part = heads_done * trainer->student->stride * sizeof (float);

            memcpy (trainer->student->weights, reference->student->weights, part);
            memcpy (trainer->teacher->weights, reference->teacher->weights, part);
            memcpy (trainer->moment1->weights, reference->moment1->weights, part);
            memcpy (trainer->moment2->weights, reference->moment2->weights, part);
            memcpy (trainer->marginal->data, reference->marginal->data,
                    shape.n_heads * shape.n_clusters * sizeof (float));
            memcpy (trainer->weights->data, reference->weights->data, PAIRS * sizeof (float));
            memcpy (trainer->agreement->data, reference->agreement->data,
                    shape.n_heads * PAIRS * sizeof (float));
            memcpy (trainer->head_losses->data, reference->head_losses->data,
                    heads_done * sizeof (float));
            for (size_t h = 0; h < shape.n_heads; h++)
              trainer->done[h] = h < heads_done;
            trainer->interrupted = TRUE;
          }
        ple_temi_trainer_save (trainer, writer);
        g_assert_true (ple_safetensors_writer_write (writer, path, PLE_SAFETENSORS_QUICK, &error));
        file = ple_safetensors_open (path, &error);
        g_assert_no_error (error);
        g_assert_true (ple_safetensors_check_sum (file, &error));
        g_assert_true (ple_temi_trainer_load (restored, file, &error));
        g_assert_true (train (restored, x, 3, 6, NULL));
        assert_same (restored, expected);
      }
  g_assert_true (ple_remove_recursively (folder, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ple_linalg_init ();
  g_test_add_func ("/cluster/temi-train/same-bits-for-any-threads", test_same_bits_for_any_threads);
  g_test_add_func ("/cluster/temi-train/output-layer-is-frozen-at-first",
                   test_output_layer_is_frozen_at_first);
  g_test_add_func ("/cluster/temi-train/cancelled-anywhere-continues-to-the-same-bits",
                   test_cancelled_anywhere_continues_to_the_same_bits);
  return g_test_run ();
}
