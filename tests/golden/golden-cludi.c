/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CLUDI against the authors' code (data/cludi/README.md names the arrays): schedules, maps of the
 * diffusion, both losses, the denoiser with all its gradients, sampling, and a student's step. */
#include "config.h"

#include "cluster/ple-cludi-loss.h"
#include "cluster/ple-cludi-student.h"
#include "cluster/ple-cludi-view.h"
#include "linalg/ple-linalg.h"
#include "nn/ple-schedule.h"
#include "ple-golden.h"

#include <math.h>
#include <string.h>

#define TOLERANCE 1e-5          /* relative to the largest entry */
#define TIME_TOLERANCE 1e-4     /* of what depends on a time: the original's sinusoid is in float */
#define GRADIENT_TOLERANCE 1e-4 /* of the largest entry */

static float *
get_floats (PleNpz *npz, const char *name)
{
  g_autoptr (PleArray) array = ple_golden_get (npz, name);
  float *values = g_new (float, array->n);

  for (size_t i = 0; i < array->n; i++)
    values[i] = (float) ple_array_get (array, i);
  return values;
}

static void
assert_floats (PleNpz *npz, const char *name, size_t n, const float *found, double relative)
{
  g_autoptr (PleArray) array = ple_golden_get (npz, name);
  g_autofree double *expected = g_new (double, array->n);
  g_autofree double *values = g_new (double, array->n);

  g_assert_cmpuint (array->n, ==, n);
  for (size_t i = 0; i < n; i++)
    {
      expected[i] = ple_array_get (array, i);
      values[i] = (double) found[i];
    }
  ple_golden_assert_near (name, n, values, expected, 0, relative);
}

static void
assert_number (PleNpz *npz, const char *name, double found, double relative)
{
  double expected = ple_golden_get_scalar (npz, name);

  g_test_message ("%s: %.9g, expected %.9g", name, found, expected);
  g_assert_cmpfloat (fabs (found - expected), <=, relative * fabs (expected));
}

static void
test_schedule (gconstpointer path)
{
  static const struct
  {
    const char *name;
    PleCludiNoise noise;
    gboolean rescale;
  } kinds[] = {
    { "sqrt", PLE_CLUDI_NOISE_SQRT, FALSE },       { "sqrt_vp", PLE_CLUDI_NOISE_SQRT, TRUE },
    { "cosine", PLE_CLUDI_NOISE_COSINE, FALSE },   { "linear", PLE_CLUDI_NOISE_LINEAR, FALSE },
    { "sigmoid", PLE_CLUDI_NOISE_SIGMOID, FALSE },
  };
  g_autoptr (PleNpz) npz = ple_golden_open (path);
  const size_t n = (size_t) ple_golden_get_scalar (npz, "timesteps");
  const double factor = ple_golden_get_scalar (npz, "rescaling_factor");

  for (size_t i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autoptr (PleCludiSchedule) schedule =
          ple_cludi_schedule_new (kinds[i].noise, n, factor, kinds[i].rescale);
      const char *arrays[] = { "alpha_bar", "loss_weight_pred_x0", "loss_weight_pred_v" };

      for (size_t a = 0; a < G_N_ELEMENTS (arrays); a++)
        {
          g_autofree char *name = g_strdup_printf ("%s_%s", kinds[i].name, arrays[a]);
          g_autoptr (PleArray) expected = ple_golden_get (npz, name);

          g_assert_cmpuint (expected->n, ==, n);
          for (size_t t = 0; t < n; t++)
            {
              double wanted = ple_array_get (expected, t);
              double found = a == 0 ? schedule->alpha_bar[t]
                                    : ple_cludi_schedule_get_weight (schedule, t, a == 2);

              /* 1 - alpha_bar of a float: six digits where almost no noise is there. */
              g_assert_cmpfloat (fabs (found - wanted), <=,
                                 wanted * (schedule->alpha_bar[t] > 0.9 ? 1e-3 : TOLERANCE));
            }
        }
    }
}

static void
test_diffusion (gconstpointer path)
{
  g_autoptr (PleNpz) npz = ple_golden_open (path);
  g_autoptr (PleArray) times = ple_golden_get (npz, "t");
  g_autoptr (PleArray) shape = ple_golden_get (npz, "z0");
  g_autofree float *z0 = get_floats (npz, "z0");
  g_autofree float *noise = get_floats (npz, "noise");
  g_autofree float *z_t = get_floats (npz, "z_t");
  g_autofree float *v = get_floats (npz, "v_target");
  g_autofree float *x0 = g_new (float, shape->n);
  const size_t n_rows = shape->shape[1], d = shape->shape[2], n = n_rows * d;
  g_autoptr (PleCludiSchedule) schedule = ple_cludi_schedule_new (
      PLE_CLUDI_NOISE_SQRT, (size_t) ple_golden_get_scalar (npz, "timesteps"), 1, FALSE);

  for (size_t b = 0; b < shape->shape[0]; b++)
    {
      const size_t t = (size_t) ple_array_get (times, b);
      const double left = schedule->alpha_bar[t];

      ple_cludi_estimate (schedule, t, TRUE, FALSE, n_rows, d, z_t + b * n, d, v + b * n,
                          x0 + b * n);
      for (size_t i = b * n; i < (b + 1) * n; i++)
        {
          double mixed = sqrt (left) * (double) z0[i] + sqrt (1 - left) * (double) noise[i];
          double target = sqrt (left) * (double) noise[i] - sqrt (1 - left) * (double) z0[i];

          g_assert_cmpfloat (fabs (mixed - (double) z_t[i]), <, 1e-5 * (1 + fabs (mixed)));
          g_assert_cmpfloat (fabs (target - (double) v[i]), <, 1e-5 * (1 + fabs (target)));
        }
      /* A jump that draws no noise moves z along the estimated noise, which is in the file. */
      if (t > 0)
        {
          g_autofree float *estimate = get_floats (npz, "noise_from_x0");
          const size_t next = t / 2;
          const PleCludiJump jump = ple_cludi_schedule_get_jump (schedule, t, next);
          const double then = schedule->alpha_bar[next];
          const double along = sqrt (MAX (1 - then - jump.noise * jump.noise, 0));

          for (size_t i = b * n; i < (b + 1) * n; i++)
            {
              double found = jump.x0 * (double) z0[i] + jump.z * (double) z_t[i];
              double wanted = sqrt (then) * (double) z0[i] + along * (double) estimate[i];

              g_assert_cmpfloat (fabs (found - wanted), <, 1e-4 * (1 + fabs (wanted)));
            }
        }
    }
  assert_floats (npz, "x0_from_v", shape->n, x0, TOLERANCE);
}

static void
test_class_loss (gconstpointer path)
{
  g_autoptr (PleNpz) npz = ple_golden_open (path);
  g_autoptr (PleArray) shape = ple_golden_get (npz, "teacher_logits");
  g_autoptr (PleArray) given = ple_golden_get (npz, "weights");
  g_autofree float *teacher = get_floats (npz, "teacher_logits");
  g_autofree float *student = get_floats (npz, "student_logits");
  g_autofree float *d_teacher = g_new (float, shape->n);
  g_autofree float *d_student = g_new (float, shape->n);
  g_autofree double *weights = g_new (double, shape->shape[0]);
  g_autoptr (PleCludiClassLoss) loss =
      ple_cludi_class_loss_new (shape->shape[0], shape->shape[1], shape->shape[2], NULL);

  loss->row_temperature = ple_golden_get_scalar (npz, "row_tau");
  loss->column_temperature = ple_golden_get_scalar (npz, "col_tau");
  for (int plain = 0; plain < 2; plain++)
    {
      double value;

      for (size_t b = 0; b < shape->shape[0]; b++)
        weights[b] = plain ? 1 : ple_array_get (given, b);
      g_assert_true (ple_cludi_class_loss_apply (loss, shape->shape[1], teacher, student, weights,
                                                 1, d_teacher, d_student, &value, NULL, NULL));
      assert_number (npz, plain ? "loss_plain" : "loss_weighted", value, TOLERANCE);
      assert_floats (npz, plain ? "grad_teacher_plain" : "grad_teacher_weighted", shape->n,
                     d_teacher, GRADIENT_TOLERANCE);
      assert_floats (npz, plain ? "grad_student_plain" : "grad_student_weighted", shape->n,
                     d_student, GRADIENT_TOLERANCE);
    }
}

static char *
tensor_name (const char *prefix, int tensor)
{
  g_autofree char *name = g_strdup (ple_cludi_tensor_name (tensor));

  return g_strconcat (prefix, g_strdelimit (name, ".", '_'), NULL);
}

/* The network of denoiser.npz beside @path. */
static PleCludiNet *
net_new (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *file = g_build_filename (folder, "denoiser.npz", NULL);
  g_autoptr (PleNpz) npz = ple_golden_open (file);
  const PleCludiShape shape = {
    .n_inputs = (size_t) ple_golden_get_scalar (npz, "feat"),
    .n_embedding = (size_t) ple_golden_get_scalar (npz, "emb"),
    .n_clusters = (size_t) ple_golden_get_scalar (npz, "k"),
    .activation = PLE_CLUDI_ACTIVATION,
  };
  PleCludiNet *net = ple_cludi_net_new (&shape, NULL);
  g_autoptr (PleArray) centres = ple_golden_get (npz, "w_clusters_centers");

  for (int tensor = 0; tensor < PLE_CLUDI_N_TENSORS; tensor++)
    {
      g_autofree char *name = tensor_name ("w_", tensor);
      size_t n_rows, n_cols;

      ple_cludi_tensor_size (&shape, tensor, &n_rows, &n_cols);
      if (n_rows * n_cols > 0)
        {
          g_autofree float *values = get_floats (npz, name);

          memcpy (ple_cludi_tensor (net, tensor), values, n_rows * n_cols * sizeof (float));
        }
    }
  for (size_t i = 0; i < centres->n; i++)
    net->centres->data[i] = (float) ple_array_get (centres, i);
  ple_matrix_normalise_rows (net->centres);
  return net;
}

static void
fill_features (PleNpz *npz, const char *name, size_t d, size_t n, float *x)
{
  g_autofree float *values = get_floats (npz, name);

  memcpy (x, values, n * d * sizeof (float));
  ple_cludi_unit_rows (n, d, x);
}

static void
test_denoiser (gconstpointer path)
{
  g_autoptr (PleNpz) npz = ple_golden_open (path);
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *file = g_build_filename (folder, "denoiser_grads.npz", NULL);
  g_autoptr (PleNpz) slopes = ple_golden_open (file);
  g_autoptr (PleCludiNet) net = net_new (path);
  g_autoptr (PleArray) shape = ple_golden_get (npz, "z_t");
  g_autoptr (PleArray) given = ple_golden_get (npz, "t");
  g_autofree float *z = get_floats (npz, "z_t");
  g_autofree float *condition = get_floats (npz, "self_cond");
  g_autofree float *probe = get_floats (npz, "probe");
  const size_t b = shape->shape[0], n_draw = shape->shape[1], d = shape->shape[2];
  const size_t n = b * n_draw, h = ple_cludi_trunk_width (&net->shape);
  g_autoptr (PleCludiTimes) times = ple_cludi_times_new (net, b, NULL);
  g_autoptr (PleCludiFeatures) features = ple_cludi_features_new (net, n, TRUE, NULL);
  g_autoptr (PleCludiPass) pass = ple_cludi_pass_new (net, n, TRUE, NULL);
  g_autoptr (PleCludiAssign) assign = ple_cludi_assign_new (net, n, TRUE, NULL);
  g_autoptr (PleMatrix) gradient = ple_matrix_new (1, net->weights->n_cols, NULL);
  g_autofree float *d_z = g_new (float, n *d);
  g_autofree gint32 *t = g_new (gint32, b);

  for (size_t i = 0; i < b; i++)
    t[i] = (gint32) ple_array_get (given, i);
  ple_cludi_times_forward (net, t, times);
  assert_floats (npz, "time_sinusoid", b * h, times->waves, TIME_TOLERANCE);
  assert_floats (npz, "time_token", b * h, times->tokens, TIME_TOLERANCE);
  fill_features (npz, "features", net->shape.n_inputs, n, features->x);
  ple_cludi_features_forward_rows (net, features, 0, n);
  for (size_t i = 0; i < n; i++)
    {
      memcpy (pass->inputs + i * 2 * d, condition + i * d, d * sizeof (float));
      memcpy (pass->inputs + i * 2 * d + d, z + i * d, d * sizeof (float));
    }
  ple_cludi_pass_forward_rows (net, features, n_draw, times->tokens, FALSE, FALSE, TRUE, pass, 0,
                               n);
  assert_floats (npz, "output", n * d, pass->out, TIME_TOLERANCE);

  memcpy (assign->x0, pass->out, n * d * sizeof (float));
  ple_cludi_assign_logits_rows (net, assign, 0, n);
  ple_cludi_assign_shares_rows (net, 0.1, assign, 0, n);
  assert_floats (npz, "logits", assign->n * net->shape.n_clusters, assign->logits, TIME_TOLERANCE);
  assert_floats (npz, "centers_normalised", net->shape.n_clusters * d, net->centres->data,
                 TOLERANCE);
  assert_floats (npz, "embedding_of_softmax", n * d, assign->embedding, TIME_TOLERANCE);

  memcpy (pass->d_out, probe, n * d * sizeof (float));
  ple_cludi_pass_backward_rows (net, FALSE, TRUE, pass, 0, n);
  for (size_t i = 0; i < n; i++)
    memcpy (d_z + i * d, pass->d_inputs + i * 2 * d + d, d * sizeof (float));
  assert_floats (npz, "grad_z_t", n * d, d_z, GRADIENT_TOLERANCE);
  g_assert_true (ple_cludi_pass_collect (net, pass, n, n_draw, FALSE, features, times->d_tokens,
                                         FALSE, gradient, NULL, NULL));
  g_assert_true (ple_cludi_features_backward (net, features, gradient, NULL, NULL));
  g_assert_true (ple_cludi_times_backward (net, times, gradient, NULL, NULL));
  for (int tensor = 0; tensor < PLE_CLUDI_N_TENSORS; tensor++)
    {
      g_autofree char *name = tensor_name ("g_", tensor);
      size_t n_rows, n_cols;

      if (!ple_golden_has (slopes, name))
        {
          g_assert_true (tensor / 2 == PLE_CLUDI_HEAD_0 || tensor / 2 == PLE_CLUDI_HEAD_2);
          continue;
        }
      ple_cludi_tensor_size (&net->shape, tensor, &n_rows, &n_cols);
      assert_floats (slopes, name, n_rows * n_cols, gradient->data + net->offset[tensor],
                     GRADIENT_TOLERANCE);
    }
}

static void
test_sampling (gconstpointer path)
{
  g_autoptr (PleNpz) npz = ple_golden_open (path);
  g_autoptr (PleCludiNet) net = net_new (path);
  g_autoptr (PleArray) shape = ple_golden_get (npz, "features");
  g_autoptr (PleArray) times = ple_golden_get (npz, "times");
  g_autofree float *start = get_floats (npz, "init_unit_noise");
  g_autofree float *later = get_floats (npz, "step_unit_noise");
  const size_t b = shape->shape[0], n = b * shape->shape[1], d = net->shape.n_embedding;
  const size_t k = net->shape.n_clusters;
  const size_t n_steps = (size_t) ple_golden_get_scalar (npz, "steps");
  g_autofree float *noise = g_new (float, n_steps *n *d);
  g_autoptr (PleCludiSchedule) schedule = ple_cludi_schedule_new (
      PLE_CLUDI_NOISE_SQRT, (size_t) ple_golden_get_scalar (npz, "timesteps"),
      ple_golden_get_scalar (npz, "rescaling_factor"), FALSE);

  memcpy (noise, start, n * d * sizeof (float));
  memcpy (noise + n * d, later, (n_steps - 1) * n * d * sizeof (float));
  for (int v = 0; v < 2; v++)
    {
      g_autoptr (PleCludiSampler) sampler = ple_cludi_sampler_new (
          net, schedule, n_steps, v, n, n, TRUE, PLE_CLUDI_GRADIENT_NONE, NULL);
      g_autofree char *prefix = g_strdup (v ? "v" : "x0");
      g_autofree char *logits = g_strconcat (prefix, "_logits", NULL);
      g_autofree char *embedding = g_strconcat (prefix, "_embedding", NULL);
      g_autofree char *readout = g_strconcat (prefix, "_mean_readout", NULL);
      g_autoptr (PleLabels) labels = ple_golden_get_labels (npz, readout);
      PleRng rng;

      for (size_t i = 0; i <= n_steps; i++)
        g_assert_cmpint (sampler->times[i], ==, (gint32) ple_array_get (times, i));
      ple_rng_init (&rng, 1);
      sampler->given_noise = noise;
      fill_features (npz, "features", net->shape.n_inputs, n, sampler->features->x);
      g_assert_true (
          ple_cludi_sampler_run (net, sampler, n, n, &rng, PLE_CLUDI_GRADIENT_NONE, NULL, NULL));
      assert_floats (npz, logits, n * k, sampler->assign->logits, TIME_TOLERANCE);
      assert_floats (npz, embedding, n * d, sampler->assign->embedding, TIME_TOLERANCE);
      for (size_t i = 0; i < labels->n; i++)
        {
          size_t best = 0;
          double top = -INFINITY;

          for (size_t c = 0; c < k; c++)
            {
              double sum = 0;

              for (size_t draw = 0; draw < b; draw++)
                sum += (double) sampler->assign->logits[(draw * labels->n + i) * k + c];
              if (sum > top)
                {
                  top = sum;
                  best = c;
                }
            }
          g_assert_cmpint ((gint32) best, ==, labels->data[i]);
        }
    }
}

#define LAST_CASE "v_sc"

/* Some gradients were recorded without a copy, so that all cases of the file hold the last one's;
 * they are compared there only. */
static gboolean
is_of_last_case (PleNpz *npz, const char *prefix, const char *what)
{
  g_autofree char *name = g_strdup_printf ("%s_%s", prefix, what);
  g_autofree char *last_name = g_strdup_printf (LAST_CASE "_%s", what);
  g_autoptr (PleArray) array = ple_golden_get (npz, name);
  g_autoptr (PleArray) last = ple_golden_get (npz, last_name);

  if (strcmp (prefix, LAST_CASE) == 0)
    return FALSE;
  for (size_t i = 0; i < array->n; i++)
    if (ple_array_get (array, i) != ple_array_get (last, i))
      return FALSE;
  return TRUE;
}

static void
check_student (PleNpz *npz, const PleCludiNet *net, const char *prefix, gboolean v, gboolean sc)
{
  g_autoptr (PleArray) shape = ple_golden_get (npz, "teacher_logits");
  g_autoptr (PleArray) given = ple_golden_get (npz, "t");
  g_autofree float *noise = get_floats (npz, "unit_noise");
  g_autofree float *logits = get_floats (npz, "teacher_logits");
  const size_t b = shape->shape[0], n_draw = shape->shape[1], k = shape->shape[2];
  const size_t n = b * n_draw, d = net->shape.n_embedding;
  const double factor = ple_golden_get_scalar (npz, "rescaling_factor");
  const double lambda = ple_golden_get_scalar (npz, "ce_lambda");
  g_autoptr (PleCludiSchedule) schedule = ple_cludi_schedule_new (
      PLE_CLUDI_NOISE_SQRT, (size_t) ple_golden_get_scalar (npz, "timesteps"), factor, FALSE);
  g_autoptr (PleCludiStudent) student = ple_cludi_student_new (net, schedule, b, n, NULL);
  g_autoptr (PleCludiAssign) teacher = ple_cludi_assign_new (net, n, TRUE, NULL);
  g_autoptr (PleCludiClassLoss) class_part = ple_cludi_class_loss_new (b, n_draw, k, NULL);
  g_autoptr (PleMatrix) gradient = ple_matrix_new (1, net->weights->n_cols, NULL);
  g_autofree double *weights = g_new (double, b);
  g_autofree float *rounded = g_new (float, b);
  const struct
  {
    const char *name;
    int tensor;
  } tensors[] = {
    { "g_network_0_weight", 2 * PLE_CLUDI_NETWORK_0 },
    { "g_last_layer_weight", 2 * PLE_CLUDI_HEAD_0 },
    { "g_cluster_input_proj_0_weight", 2 * PLE_CLUDI_CLUSTER_0 },
  };
  double difference, class_loss;
  PleRng rng;

#define NAME(what) (g_snprintf (name, sizeof name, "%s_%s", prefix, what), name)
  char name[128];

  ple_rng_init (&rng, 1);
  memcpy (teacher->logits, logits, n * k * sizeof (float));
  ple_cludi_assign_shares_rows (net, 0.1, teacher, 0, n);
  for (size_t i = 0; i < b; i++)
    {
      student->times[i] = (gint32) ple_array_get (given, i);
      weights[i] = ple_cludi_schedule_get_weight (schedule, (size_t) student->times[i], v) / factor;
      rounded[i] = (float) weights[i];
    }
  assert_floats (npz, NAME ("loss_weight"), b, rounded, TOLERANCE);
  student->given_noise = noise;
  student->v_prediction = v;
  student->self_condition = sc;
  fill_features (npz, "student_features", net->shape.n_inputs, n, student->features->x);
  g_assert_true (
      ple_cludi_student_forward (net, student, n_draw, teacher->embedding, &rng, NULL, NULL));
  assert_floats (npz, NAME ("z0_hat"), n * d, student->assign->x0, TIME_TOLERANCE);
  assert_floats (npz, NAME ("logits"), n * k, student->assign->logits, TIME_TOLERANCE);
  assert_floats (npz, NAME ("z0_loop"), n * d, student->assign->embedding, TIME_TOLERANCE);

  difference =
      ple_cludi_embedding_loss (b, n_draw * d, student->assign->embedding, teacher->embedding,
                                weights, 1, student->assign->d_embedding, NULL);
  g_assert_true (ple_cludi_class_loss_apply (class_part, n_draw, teacher->logits,
                                             student->assign->logits, weights, lambda, NULL,
                                             student->assign->d_logits, &class_loss, NULL, NULL));
  assert_number (npz, NAME ("loss_diff"), difference, TIME_TOLERANCE);
  assert_number (npz, NAME ("loss_cls"), class_loss, TIME_TOLERANCE);
  assert_number (npz, NAME ("total"), difference + lambda * class_loss, TIME_TOLERANCE);
  g_assert_true (
      ple_cludi_student_backward (net, student, n_draw, TRUE, gradient, NULL, NULL, NULL));
  for (size_t i = 0; i < G_N_ELEMENTS (tensors); i++)
    {
      size_t n_rows, n_cols;

      if (is_of_last_case (npz, prefix, tensors[i].name))
        continue;
      ple_cludi_tensor_size (&net->shape, tensors[i].tensor, &n_rows, &n_cols);
      assert_floats (npz, NAME (tensors[i].name), n_rows * n_cols,
                     gradient->data + net->offset[tensors[i].tensor], GRADIENT_TOLERANCE);
    }
#undef NAME
}

static void
test_student (gconstpointer path)
{
  g_autoptr (PleNpz) npz = ple_golden_open (path);
  g_autoptr (PleCludiNet) net = net_new (path);

  for (int v = 0; v < 2; v++)
    for (int sc = 0; sc < 2; sc++)
      {
        g_autofree char *prefix = g_strdup_printf ("%s_%s", v ? "v" : "x0", sc ? "sc" : "nosc");

        check_student (npz, net, prefix, v, sc);
      }
}

static void
test_view_and_rate (gconstpointer path)
{
  g_autoptr (PleNpz) npz = ple_golden_open (path);
  g_autoptr (PleArray) shape = ple_golden_get (npz, "features");
  g_autoptr (PleArray) rates = ple_golden_get (npz, "lr");
  g_autofree float *x = get_floats (npz, "features");
  g_autofree float *noisy = get_floats (npz, "features");
  g_autofree float *normals = get_floats (npz, "normal_noise");
  g_autofree float *draws = get_floats (npz, "u_drop_mask");
  g_autofree float *scales = get_floats (npz, "u_noise_scale");
  g_autofree float *drops = get_floats (npz, "u_drop_rate");
  g_autofree float *ones = g_new (float, shape->n);
  const size_t n_rows = shape->shape[1], d = shape->shape[2], n = n_rows * d;
  const size_t per_epoch = (size_t) ple_golden_get_scalar (npz, "lr_iters_per_epoch");
  const size_t warmup = (size_t) ple_golden_get_scalar (npz, "lr_warmup_epochs") * per_epoch;

  for (size_t b = 0; b < shape->shape[0]; b++)
    {
      const double noise =
          PLE_CLUDI_VIEW_MIN_NOISE +
          (PLE_CLUDI_VIEW_MAX_NOISE - PLE_CLUDI_VIEW_MIN_NOISE) * (double) scales[b];
      const double drop = PLE_CLUDI_VIEW_MIN_DROP +
                          (PLE_CLUDI_VIEW_MAX_DROP - PLE_CLUDI_VIEW_MIN_DROP) * (double) drops[b];

      for (size_t i = b * n; i < (b + 1) * n; i++)
        {
          draws[i] = (double) draws[i] > drop ? 1 : 0;
          ones[i] = 1;
        }
      ple_cludi_view (n_rows, d, noise, normals + b * n, ones + b * n, noisy + b * n);
      ple_cludi_view (n_rows, d, noise, normals + b * n, draws + b * n, x + b * n);
    }
  assert_floats (npz, "noisy", shape->n, noisy, TOLERANCE);
  assert_floats (npz, "augmented", shape->n, x, TOLERANCE);

  for (size_t i = 0; i < rates->n; i++)
    g_assert_cmpfloat_with_epsilon (
        ple_schedule_warmup_cosine (ple_golden_get_scalar (npz, "lr_base"),
                                    ple_golden_get_scalar (npz, "lr_min"), warmup, rates->n, i),
        ple_array_get (rates, i), 1e-9 * ple_golden_get_scalar (npz, "lr_base"));
}

int
main (int argc, char **argv)
{
  PleGolden *golden = ple_golden_new (&argc, &argv, "cludi");

  ple_linalg_init ();
  ple_golden_add_files (golden, "schedule*.npz", test_schedule);
  ple_golden_add_files (golden, "diffusion_ops*.npz", test_diffusion);
  ple_golden_add_files (golden, "cls_loss*.npz", test_class_loss);
  ple_golden_add_files (golden, "denoiser.npz", test_denoiser);
  ple_golden_add_files (golden, "sampling*.npz", test_sampling);
  ple_golden_add_files (golden, "student_step*.npz", test_student);
  ple_golden_add_files (golden, "augment_lr*.npz", test_view_and_rate);
  return ple_golden_run (golden);
}
