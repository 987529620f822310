/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "features/ple-vision-block.h"
#include "features/ple-vision-position.h"
#include "linalg/ple-linalg.h"
#include "ple-test.h"

#include <math.h>
#include <string.h>

#define WIDTH 24
#define HEADS 3
#define HIDDEN 40
#define TOKENS 11
#define SEQUENCES 3

/* A block whose weights are also there as they are. */
typedef struct
{
  PleBlockShape shape;
  PleBlock block;
  PleMatrix *qkv, *out, *gate, *fc1, *fc2;
  PleRope rope;
} Model;

static float *
random_vector (size_t n, guint64 seed)
{
  g_autoptr (PleMatrix) m = ple_test_random_matrix (1, n, seed);

  return g_memdup2 (m->data, n * sizeof (float));
}

static void
make_linear (PleLinear *linear, PleMatrix **weights, size_t n_out, size_t n_in, guint64 seed)
{
  *weights = ple_test_random_matrix (n_out, n_in, seed);
  for (size_t i = 0; i < n_out * n_in; i++)
    (*weights)->data[i] *= 0.3f;
  linear->weights = ple_packed_new (n_out, n_in, NULL);
  ple_packed_set_rows (linear->weights, 0, n_out, (*weights)->data, n_in);
  linear->bias = random_vector (n_out, seed + 100);
}

static Model *
make_model (gboolean gated, gboolean causal, gboolean turned)
{
  Model *model = g_new0 (Model, 1);

  model->shape = (PleBlockShape){
    .width = WIDTH,
    .n_heads = HEADS,
    .n_hidden = HIDDEN,
    .eps = 1e-5f,
    .gated = gated,
    .causal = causal,
    .activation = gated ? PLE_ACTIVATION_SILU : PLE_ACTIVATION_GELU,
  };
  make_linear (&model->block.qkv, &model->qkv, 3 * WIDTH, WIDTH, 1);
  make_linear (&model->block.out, &model->out, WIDTH, WIDTH, 2);
  make_linear (&model->block.fc1, &model->fc1, HIDDEN, WIDTH, 3);
  make_linear (&model->block.gate, &model->gate, HIDDEN, WIDTH, 10);
  make_linear (&model->block.fc2, &model->fc2, WIDTH, HIDDEN, 4);
  model->block.norm1 = random_vector (2 * WIDTH, 5);
  model->block.norm2 = random_vector (2 * WIDTH, 6);
  model->block.scale1 = random_vector (WIDTH, 7);
  model->block.scale2 = gated ? NULL : random_vector (WIDTH, 8);
  if (turned)
    ple_rope_init (&model->rope, 100, TOKENS - 6, 2, 3, WIDTH / HEADS);
  return model;
}

static void
free_model (Model *model)
{
  ple_block_clear (&model->block);
  ple_rope_clear (&model->rope);
  ple_matrix_unref (model->qkv);
  ple_matrix_unref (model->out);
  ple_matrix_unref (model->gate);
  ple_matrix_unref (model->fc1);
  ple_matrix_unref (model->fc2);
  g_free (model);
}

static void
norm_reference (const float *norm, const double *x, double *y)
{
  double mean = 0, variance = 0;

  for (size_t i = 0; i < WIDTH; i++)
    mean += x[i] / WIDTH;
  for (size_t i = 0; i < WIDTH; i++)
    variance += (x[i] - mean) * (x[i] - mean) / WIDTH;
  for (size_t i = 0; i < WIDTH; i++)
    y[i] = (x[i] - mean) / sqrt (variance + (double) 1e-5f) * (double) norm[i] +
           (double) norm[WIDTH + i];
}

static void
linear_reference (const PleMatrix *weights, const float *bias, const double *x, double *y)
{
  for (size_t o = 0; o < weights->n_rows; o++)
    {
      y[o] = (double) bias[o];
      for (size_t i = 0; i < weights->n_cols; i++)
        y[o] += x[i] * (double) weights->data[o * weights->n_cols + i];
    }
}

static void
turn_reference (const PleRope *rope, size_t token, double *x)
{
  size_t d = WIDTH / HEADS;

  if (rope->n == 0 || token < rope->n_plain)
    return;
  for (size_t h = 0; h < 2 * HEADS; h++, x += d)
    for (size_t j = 0; j < d / 2; j++)
      {
        double c = (double) rope->cosines[(token - rope->n_plain) * d / 2 + j];
        double s = (double) rope->sines[(token - rope->n_plain) * d / 2 + j];
        double u = x[j], v = x[j + d / 2];

        x[j] = u * c - v * s;
        x[j + d / 2] = v * c + u * s;
      }
}

/* One sequence in double; x (TOKENS, WIDTH) in place. */
static void
block_reference (const Model *model, double x[TOKENS][WIDTH])
{
  const PleBlock *block = &model->block;
  double qkv[TOKENS][3 * WIDTH], normed[WIDTH], joined[WIDTH], out[WIDTH], gate[HIDDEN],
      wide[HIDDEN];
  size_t d = WIDTH / HEADS;

  for (size_t t = 0; t < TOKENS; t++)
    {
      norm_reference (block->norm1, x[t], normed);
      linear_reference (model->qkv, block->qkv.bias, normed, qkv[t]);
      turn_reference (&model->rope, t, qkv[t]);
    }
  for (size_t t = 0; t < TOKENS; t++)
    {
      size_t n_seen = model->shape.causal ? t + 1 : TOKENS;

      memset (joined, 0, sizeof joined);
      for (size_t h = 0; h < HEADS; h++)
        {
          double weights[TOKENS], sum = 0;

          for (size_t u = 0; u < n_seen; u++)
            {
              double dot = 0;

              for (size_t j = 0; j < d; j++)
                dot += qkv[t][h * d + j] * qkv[u][WIDTH + h * d + j];
              weights[u] = exp (dot / sqrt ((double) d));
              sum += weights[u];
            }
          for (size_t u = 0; u < n_seen; u++)
            for (size_t j = 0; j < d; j++)
              joined[h * d + j] += weights[u] / sum * qkv[u][2 * WIDTH + h * d + j];
        }
      linear_reference (model->out, block->out.bias, joined, out);
      for (size_t j = 0; j < WIDTH; j++)
        x[t][j] += out[j] * (double) block->scale1[j];
    }
  for (size_t t = 0; t < TOKENS; t++)
    {
      norm_reference (block->norm2, x[t], normed);
      linear_reference (model->fc1, block->fc1.bias, normed, wide);
      linear_reference (model->gate, block->gate.bias, normed, gate);
      for (size_t j = 0; j < HIDDEN; j++)
        wide[j] = model->shape.gated ? gate[j] / (1 + exp (-gate[j])) * wide[j]
                                     : wide[j] * 0.5 * (1 + erf (wide[j] / sqrt (2)));
      linear_reference (model->fc2, block->fc2.bias, wide, out);
      for (size_t j = 0; j < WIDTH; j++)
        x[t][j] += out[j] * (block->scale2 != NULL ? (double) block->scale2[j] : 1);
    }
}

static void
check (gboolean gated, gboolean causal, gboolean turned)
{
  Model *model = make_model (gated, causal, turned);
  g_autoptr (PleMatrix) x = ple_test_random_matrix (SEQUENCES * TOKENS, WIDTH, 9);
  g_autoptr (PleMatrix) start = ple_matrix_copy (x, NULL);
  g_autoptr (PleMatrix) one = ple_matrix_new (SEQUENCES, WIDTH, NULL);
  g_autoptr (PleMatrix) scratch =
      ple_matrix_new (1, ple_block_scratch (&model->shape, SEQUENCES, TOKENS), NULL);
  const PleRope *rope = turned ? &model->rope : NULL;
  const guint32 wanted[SEQUENCES] = { 0, 4, TOKENS - 1 };

  ple_block_run (&model->shape, &model->block, SEQUENCES, TOKENS, rope, x->data, scratch->data);
  for (size_t s = 0; s < SEQUENCES; s++)
    {
      double expected[TOKENS][WIDTH];

      for (size_t i = 0; i < TOKENS * WIDTH; i++)
        expected[i / WIDTH][i % WIDTH] = (double) start->data[s * TOKENS * WIDTH + i];
      block_reference (model, expected);
      for (size_t i = 0; i < TOKENS * WIDTH; i++)
        g_assert_cmpfloat_with_epsilon ((double) x->data[s * TOKENS * WIDTH + i],
                                        expected[i / WIDTH][i % WIDTH], 5e-5);
    }
  ple_block_run_one (&model->shape, &model->block, SEQUENCES, TOKENS, rope, wanted, start->data,
                     one->data, scratch->data);
  for (size_t s = 0; s < SEQUENCES; s++)
    for (size_t j = 0; j < WIDTH; j++)
      g_assert_cmpfloat_with_epsilon (one->data[s * WIDTH + j],
                                      x->data[(s * TOKENS + wanted[s]) * WIDTH + j], 2e-5);
  free_model (model);
}

static void
test_plain (void)
{
  check (FALSE, FALSE, FALSE);
}

static void
test_gated (void)
{
  check (TRUE, FALSE, FALSE);
}

static void
test_causal (void)
{
  check (FALSE, TRUE, FALSE);
}

static void
test_turned (void)
{
  check (FALSE, FALSE, TRUE);
}

int
main (int argc, char **argv)
{
  ple_linalg_init ();
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/features/vision-block/is-the-formula", test_plain);
  g_test_add_func ("/features/vision-block/gated", test_gated);
  g_test_add_func ("/features/vision-block/causal", test_causal);
  g_test_add_func ("/features/vision-block/rotary-positions", test_turned);
  return g_test_run ();
}
