/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TEMI against the official code (data/temi/README.md names the arrays): the loss with its
 * gradient, neighbours, standardisation, and whole training steps with their schedules. */
#include "config.h"

#include "base/ple-progress.h"
#include "cluster/ple-temi-model.h"
#include "cluster/ple-temi-train.h"
#include "linalg/ple-knn.h"
#include "linalg/ple-linalg.h"
#include "nn/ple-kernels.h"
#include "ple-golden.h"

#include <math.h>
#include <string.h>

#define LOSS_TOLERANCE 1e-5     /* relative */
#define GRADIENT_TOLERANCE 1e-4 /* of the largest entry */
#define UPDATE_TOLERANCE 1e-3   /* of the total update of the tensor */

/* Largest |a - b|, and largest |b|. */
static double
worst (const float *a, const PleArray *b, size_t offset, size_t n, double *largest)
{
  double gap = 0, top = 0;

  for (size_t i = 0; i < n; i++)
    {
      double expected = ple_array_get (b, offset + i);

      gap = MAX (gap, fabs ((double) a[i] - expected));
      top = MAX (top, fabs (expected));
      g_assert_true (isfinite (a[i]));
    }
  if (largest != NULL)
    *largest = top;
  return gap;
}

static PleTemiObjective
objective_of (const char *path)
{
  static const char *const names[] = { "_temi_", "_wmi_", "_pmi_", "_scan_" };
  g_autofree char *name = g_path_get_basename (path);

  for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
    if (strstr (name, names[i]) != NULL)
      return (PleTemiObjective) i;
  g_error ("%s names no objective", name);
}

static void
test_loss (gconstpointer path)
{
  g_autoptr (PleNpz) npz = ple_golden_open (path);
  g_autoptr (PleArray) student = NULL;
  g_autoptr (PleArray) teacher = NULL;
  g_autoptr (PleArray) marginal_in = NULL;
  g_autoptr (PleArray) marginal_out = NULL;
  g_autoptr (PleArray) head_losses = NULL;
  g_autoptr (PleArray) gradients = NULL;
  PleTemiLossOptions options = { .objective = objective_of (path) };
  size_t n_heads, n_rows, n_pairs, k;
  double mean = 0, expected_mean, off_loss = 0, off_gradient = 0, largest;

  student = ple_golden_get (npz, "student");
  teacher = ple_golden_get (npz, "teacher");
  marginal_in = ple_golden_get (npz, "pk_in");
  marginal_out = ple_golden_get (npz, "pk_out_f64");
  head_losses = ple_golden_get (npz, "head_losses_f64");
  gradients = ple_golden_get (npz, "grad_student_f64");
  options.beta = ple_golden_get_scalar (npz, "beta");
  options.student_temperature = ple_golden_get_scalar (npz, "student_temp");
  options.teacher_temperature = ple_golden_get_scalar (npz, "teacher_temp");
  options.marginal_momentum = ple_golden_get_scalar (npz, "pk_momentum");
  g_assert_cmpuint (student->n_dims, ==, 3);
  n_heads = student->shape[0];
  n_rows = student->shape[1];
  k = student->shape[2];
  n_pairs = n_rows / 2;
  {
    g_autofree float *s = g_new (float, student->n);
    g_autofree float *t = g_new (float, student->n);
    g_autofree float *marginal = g_new (float, n_heads *k);
    g_autofree float *agreement = g_new (float, n_heads *n_pairs);
    g_autofree float *weights = g_new0 (float, n_pairs);
    g_autofree float *scratch = g_new (float, 3 * k);
    g_autofree float *gradient = g_new (float, student->n);

    for (size_t i = 0; i < student->n; i++)
      {
        s[i] = (float) ple_array_get (student, i);
        t[i] = (float) ple_array_get (teacher, i);
      }
    for (size_t i = 0; i < n_heads * k; i++)
      marginal[i] = (float) ple_array_get (marginal_in, i);
    ple_kernel_log_softmax (n_heads * n_rows, k, (float) (1 / options.student_temperature), s, s);
    ple_kernel_log_softmax (n_heads * n_rows, k, (float) (1 / options.teacher_temperature), t, t);
    for (size_t h = 0; h < n_heads; h++)
      {
        if (options.objective != PLE_TEMI_OBJECTIVE_SCAN)
          ple_temi_track_marginal (n_rows, k, options.marginal_momentum, t + h * n_rows * k,
                                   scratch, marginal + h * k);
        ple_temi_pair_agreement (n_pairs, k, t + h * n_rows * k, scratch, agreement + h * n_pairs);
        for (size_t i = 0; i < n_pairs; i++)
          weights[i] += agreement[h * n_pairs + i] / (float) n_heads;
      }
    g_assert_cmpfloat (worst (marginal, marginal_out, 0, n_heads * k, NULL), <, 1e-6);
    if (ple_golden_has (npz, "weight_f64") && options.objective <= PLE_TEMI_OBJECTIVE_WMI)
      {
        g_autoptr (PleArray) weight = ple_golden_get (npz, "weight_f64");

        g_assert_cmpfloat (worst (weights, weight, 0, n_pairs, NULL), <, 1e-6);
      }
    for (size_t h = 0; h < n_heads; h++)
      {
        double expected = ple_array_get (head_losses, h);
        double loss = ple_temi_head_loss (
            &options, n_pairs, k, s + h * n_rows * k, t + h * n_rows * k, marginal + h * k,
            options.objective <= PLE_TEMI_OBJECTIVE_WMI ? weights : NULL, 1.0 / (double) n_heads,
            scratch, gradient + h * n_rows * k);

        off_loss = MAX (off_loss, fabs (loss - expected) / fabs (expected));
        mean += loss / (double) n_heads;
      }
    expected_mean = ple_golden_get_scalar (npz, "loss_f64");
    off_loss = MAX (off_loss, fabs (mean - expected_mean) / fabs (expected_mean));
    off_gradient = worst (gradient, gradients, 0, student->n, &largest) / largest;
  }
  g_test_message ("loss off by %.1e of itself, gradient by %.1e of its largest entry", off_loss,
                  off_gradient);
  g_assert_cmpfloat (off_loss, <, LOSS_TOLERANCE);
  g_assert_cmpfloat (off_gradient, <, GRADIENT_TOLERANCE);
}

static char *
part_name (const char *prefix, size_t head, int part)
{
  return g_strdup_printf ("%s/heads.%" G_GSIZE_FORMAT ".%s", prefix, head,
                          ple_temi_part_name ((PleTemiPart) part));
}

static void
read_shape (PleNpz *npz, PleTemiShape *shape)
{
  g_autoptr (PleArray) w1 = ple_golden_get (npz, "init/heads.0.mlp.0.weight");
  g_autoptr (PleArray) v = ple_golden_get (npz, "init/heads.0.last_layer.weight_v");

  shape->n_hidden = w1->shape[0];
  shape->n_inputs = w1->shape[1];
  shape->n_clusters = v->shape[0];
  shape->n_bottleneck = v->shape[1];
  for (shape->n_heads = 0;; shape->n_heads++)
    {
      g_autofree char *name = part_name ("init", shape->n_heads, PLE_TEMI_W1);

      if (!ple_golden_has (npz, name))
        return;
    }
}

static void
read_init (PleNpz *npz, PleTemiHeads *heads)
{
  for (size_t h = 0; h < heads->shape.n_heads; h++)
    for (int part = 0; part < PLE_TEMI_N_PARTS; part++)
      {
        g_autofree char *name = part_name ("init", h, part);
        g_autoptr (PleArray) array = ple_golden_get (npz, name);
        float *to = ple_temi_heads_part (heads, h, (PleTemiPart) part);

        for (size_t i = 0; i < array->n; i++)
          to[i] = (float) ple_array_get (array, i);
      }
}

/* Gap to the recorded weights, as a share of how far training moved each tensor. */
static double
compare_weights (PleNpz *npz, const char *prefix, const PleTemiHeads *heads)
{
  double off = 0;

  for (size_t h = 0; h < heads->shape.n_heads; h++)
    for (int part = 0; part < PLE_TEMI_N_PARTS; part++)
      {
        g_autofree char *start_name = part_name ("init", h, part);
        g_autofree char *name = part_name (prefix, h, part);
        g_autoptr (PleArray) start = ple_golden_get (npz, start_name);
        g_autoptr (PleArray) end = ple_golden_get (npz, name);
        const float *found = ple_temi_heads_part (heads, h, (PleTemiPart) part);
        double gap = 0, moved = 0;

        for (size_t i = 0; i < end->n; i++)
          {
            double expected = ple_array_get (end, i);

            gap += pow ((double) found[i] - expected, 2);
            moved += pow (expected - ple_array_get (start, i), 2);
          }
        g_assert_cmpfloat (moved, >, 0);
        off = MAX (off, sqrt (gap / moved));
      }
  return off;
}

static PleMatrix *
check_inputs (PleNpz *npz, PleTemiModel *model)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PleMatrix) features = ple_golden_get_matrix (npz, "features");
  g_autoptr (PleArray) neighbours = ple_golden_get (npz, "nn_idx");
  g_autoptr (PleArray) mean = ple_golden_get (npz, "embed_mean");
  g_autoptr (PleArray) deviation = ple_golden_get (npz, "embed_std");
  const size_t k = neighbours->shape[1];
  g_autofree gint32 *found = g_new (gint32, neighbours->n);
  gboolean standardised = FALSE;

  g_assert_true (ple_knn_exact (features, k, PLE_METRIC_COSINE, found, NULL, NULL, &error));
  g_assert_no_error (error);
  for (size_t i = 0; i < neighbours->n; i++)
    g_assert_cmpint (found[i], ==, (int) ple_array_get (neighbours, i));

  model->mean = ple_matrix_new (1, features->n_cols, NULL);
  model->scale = ple_matrix_new (1, features->n_cols, NULL);
  for (size_t f = 0; f < features->n_cols; f++)
    standardised = standardised || ple_array_get (mean, f) != 0;
  if (!standardised)
    return g_steal_pointer (&features);
  g_assert_true (ple_temi_model_set_standardisation (model, features, NULL, &error));
  for (size_t f = 0; f < features->n_cols; f++)
    {
      g_assert_cmpfloat_with_epsilon ((double) model->mean->data[f], ple_array_get (mean, f), 1e-6);
      g_assert_cmpfloat_with_epsilon ((double) model->scale->data[f] * ple_array_get (deviation, f),
                                      1, 1e-5);
    }
  return ple_temi_model_standardise (model, features, NULL, &error);
}

static void
test_steps (gconstpointer path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PleNpz) npz = ple_golden_open (path);
  g_autoptr (PleArray) batches = NULL;
  g_autoptr (PleArray) pairs = NULL;
  g_autoptr (PleArray) rates = NULL;
  g_autoptr (PleArray) decays = NULL;
  g_autoptr (PleArray) momenta = NULL;
  g_autoptr (PleArray) losses = NULL;
  g_autoptr (PleArray) marginal = NULL;
  g_autoptr (PleArray) teacher_logits = NULL;
  g_autoptr (PleMatrix) rows = NULL;
  g_autoptr (PleTemiTrainer) trainer = NULL;
  g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, 2);
  g_autofree guint32 *anchors = NULL;
  g_autofree gint32 *partners = NULL;
  PleTemiModel model = { .temperature = 0.1 };
  PleTemiLossOptions options = { .student_temperature = 0.1,
                                 .teacher_temperature = 0.1,
                                 .marginal_momentum = 0.9 };
  PleTemiShape shape;
  size_t n_steps, n_pairs, per_epoch;
  double off_loss = 0, off_student, off_teacher;

  read_shape (npz, &shape);
  rows = check_inputs (npz, &model);
  ple_matrix_unref (model.mean);
  ple_matrix_unref (model.scale);
  batches = ple_golden_get (npz, "batch_idx");
  pairs = ple_golden_get (npz, "pair_idx");
  rates = ple_golden_get (npz, "lr");
  decays = ple_golden_get (npz, "wd");
  momenta = ple_golden_get (npz, "momentum");
  losses = ple_golden_get (npz, "head_losses");
  marginal = ple_golden_get (npz, "pk_final");
  options.beta = ple_golden_get_scalar (npz, "beta");
  per_epoch = (size_t) ple_golden_get_scalar (npz, "iters_per_epoch");
  n_steps = batches->shape[0];
  n_pairs = batches->shape[1];
  trainer = ple_temi_trainer_new (&shape, &options, n_pairs, progress, &error);
  g_assert_no_error (error);
  read_init (npz, trainer->student);
  ple_temi_trainer_start (trainer);

  anchors = g_new (guint32, n_pairs);
  partners = g_new (gint32, n_pairs);
  for (size_t s = 0; s < n_steps; s++)
    {
      const PleTemiStep step = { .rate = ple_array_get (rates, s),
                                 .decay = ple_array_get (decays, s),
                                 .momentum = ple_array_get (momenta, s),
                                 .freeze_output = s < per_epoch };

      for (size_t i = 0; i < n_pairs; i++)
        {
          anchors[i] = (guint32) ple_array_get (batches, s * n_pairs + i);
          partners[i] = (gint32) ple_array_get (pairs, s * n_pairs + i);
        }
      g_assert_true (ple_temi_trainer_step (trainer, rows, n_pairs, anchors, partners, &step,
                                            progress, &error));
      for (size_t h = 0; h < shape.n_heads; h++)
        {
          double expected = ple_array_get (losses, s * shape.n_heads + h);

          off_loss = MAX (off_loss, fabs ((double) trainer->head_losses->data[h] - expected) /
                                        MAX (fabs (expected), 0.1));
        }
    }
  off_student = compare_weights (npz, "student_final", trainer->student);
  off_teacher = compare_weights (npz, "teacher_final", trainer->teacher);
  g_test_message (
      "%zu heads, %zu steps: losses off by %.1e, student by %.1e and teacher by %.1e of "
      "the total update",
      shape.n_heads, n_steps, off_loss, off_student, off_teacher);
  g_assert_cmpfloat (worst (trainer->marginal->data, marginal, 0, marginal->n, NULL), <, 1e-6);
  g_assert_cmpfloat (off_loss, <, LOSS_TOLERANCE);
  g_assert_cmpfloat (off_student, <, UPDATE_TOLERANCE);
  g_assert_cmpfloat (off_teacher, <, UPDATE_TOLERANCE);
}

int
main (int argc, char **argv)
{
  PleGolden *golden = ple_golden_new (&argc, &argv, "temi");

  ple_linalg_init ();
  ple_golden_add_files (golden, "loss_*.npz", test_loss);
  ple_golden_add_files (golden, "steps_*.npz", test_steps);
  return ple_golden_run (golden);
}
