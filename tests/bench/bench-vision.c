/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench-vision [ROUNDS [MODEL ...]]: how near the vision transformers come to the speed of a large
 * product. Writes models of the true shapes with random weights into a temporary folder, loads them
 * as the program does, and runs pictures of 224 x 224 in turn with OpenBLAS's sgemm of 1 024 and
 * 2 048, on one thread, in processor seconds, the best of all rounds of each:
 *
 *   images/s   per processor second, one thread
 *   GFLOP/s    the same, times the two operations per multiply-add of the whole network
 *   sgemm      the better of the two products, in the same unit
 *   ratio      of the two: the share of the peak
 *   done       the ratio of what was computed: of the last block only the class token is needed
 *   two        seconds of the clock, one thread over two (both must be free)
 *   load       seconds to open the model, its file in the system's cache
 *
 * Models: dinov2-small, dinov2-base, clip-base-32. */
#include "config.h"

#include "base/ple-progress.h"
#include "base/ple-rng.h"
#include "features/ple-vision-model.h"
#include "linalg/ple-linalg.h"
#include "linalg/ple-matrix.h"
#include "nn/ple-safetensors.h"

#include <glib/gstdio.h>

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SIDE 224
#define N_BLOCKS 12

typedef struct
{
  const char *name;
  gboolean clip;
  size_t width;
  size_t n_heads;
  size_t patch;
  size_t grid; /* of the stored positions */
} Network;

static const Network networks[] = {
  { "dinov2-small", FALSE, 384, 6, 14, 37 },
  { "dinov2-base", FALSE, 768, 12, 14, 37 },
  { "clip-base-32", TRUE, 768, 12, 32, 7 },
};

static double
seconds (clockid_t clock)
{
  struct timespec now;

  clock_gettime (clock, &now);
  return (double) now.tv_sec + 1e-9 * (double) now.tv_nsec;
}

/* Weights of the usual size, and ones for the norms. Tensors share them: only the speed counts. */
typedef struct
{
  PleSafetensorsWriter *writer;
  PleMatrix *normals;
  PleMatrix *ones;
  GStringChunk *names;
} Weights;

G_GNUC_PRINTF (5, 6)
static void
add (Weights *weights, gboolean ones, size_t n_rows, size_t n_cols, const char *format, ...)
{
  const size_t shape[2] = { n_rows > 0 ? n_rows : n_cols, n_cols };
  g_autofree char *name = NULL;
  va_list args;

  va_start (args, format);
  name = g_strdup_vprintf (format, args);
  va_end (args);
  g_assert (MAX (n_rows, 1) * n_cols <= weights->normals->n_cols);
  ple_safetensors_writer_add (weights->writer, g_string_chunk_insert (weights->names, name),
                              PLE_SAFETENSORS_F32, n_rows > 0 ? 2 : 1, shape,
                              ones ? weights->ones->data : weights->normals->data);
}

static void
add_shaped (Weights *weights, const char *name, guint n_dims, const size_t *shape)
{
  ple_safetensors_writer_add (weights->writer, name, PLE_SAFETENSORS_F32, n_dims, shape,
                              weights->normals->data);
}

/* An affine map, with its bias. */
static void
add_linear (Weights *weights, size_t n_out, size_t n_in, const char *prefix, const char *name)
{
  add (weights, FALSE, n_out, n_in, "%s%s.weight", prefix, name);
  add (weights, FALSE, 0, n_out, "%s%s.bias", prefix, name);
}

static void
add_norm (Weights *weights, size_t width, const char *prefix, const char *name)
{
  add (weights, TRUE, 0, width, "%s%s.weight", prefix, name);
  add (weights, FALSE, 0, width, "%s%s.bias", prefix, name);
}

static char *
add_dinov2 (Weights *weights, const Network *network)
{
  static const char *const parts[] = { "query", "key", "value" };
  const size_t width = network->width, patch = network->patch;
  const size_t token[] = { 1, 1, width };
  const size_t positions[] = { 1, 1 + network->grid * network->grid, width };
  const size_t patches[] = { width, 3, patch, patch };

  add_shaped (weights, "embeddings.cls_token", 3, token);
  add_shaped (weights, "embeddings.position_embeddings", 3, positions);
  add_shaped (weights, "embeddings.patch_embeddings.projection.weight", 4, patches);
  add (weights, FALSE, 0, width, "embeddings.patch_embeddings.projection.bias");
  for (int i = 0; i < N_BLOCKS; i++)
    {
      g_autofree char *layer = g_strdup_printf ("encoder.layer.%d.", i);
      g_autofree char *attention = g_strconcat (layer, "attention.attention.", NULL);

      for (size_t p = 0; p < G_N_ELEMENTS (parts); p++)
        add_linear (weights, width, width, attention, parts[p]);
      add_linear (weights, width, width, layer, "attention.output.dense");
      add_norm (weights, width, layer, "norm1");
      add_norm (weights, width, layer, "norm2");
      add (weights, TRUE, 0, width, "%slayer_scale1.lambda1", layer);
      add (weights, TRUE, 0, width, "%slayer_scale2.lambda1", layer);
      add_linear (weights, 4 * width, width, layer, "mlp.fc1");
      add_linear (weights, width, 4 * width, layer, "mlp.fc2");
    }
  add_norm (weights, width, "", "layernorm");
  return g_strdup_printf (
      "{\"model_type\":\"dinov2\",\"hidden_size\":%zu,\"num_hidden_layers\":%d,"
      "\"num_attention_heads\":%zu,\"mlp_ratio\":4,\"hidden_act\":\"gelu\",\"image_size\":%zu,"
      "\"patch_size\":%zu,\"num_channels\":3,\"qkv_bias\":true,\"layer_norm_eps\":1e-6}",
      width, N_BLOCKS, network->n_heads, network->grid * patch, patch);
}

static char *
add_clip (Weights *weights, const Network *network)
{
  static const char *const parts[] = { "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj",
                                       "self_attn.out_proj" };
  const size_t width = network->width, patch = network->patch;
  const size_t patches[] = { width, 3, patch, patch };

  add (weights, FALSE, 0, width, "vision_model.embeddings.class_embedding");
  add (weights, FALSE, 1 + network->grid * network->grid, width,
       "vision_model.embeddings.position_embedding.weight");
  add_shaped (weights, "vision_model.embeddings.patch_embedding.weight", 4, patches);
  add_norm (weights, width, "vision_model.", "pre_layrnorm");
  for (int i = 0; i < N_BLOCKS; i++)
    {
      g_autofree char *layer = g_strdup_printf ("vision_model.encoder.layers.%d.", i);

      for (size_t p = 0; p < G_N_ELEMENTS (parts); p++)
        add_linear (weights, width, width, layer, parts[p]);
      add_norm (weights, width, layer, "layer_norm1");
      add_norm (weights, width, layer, "layer_norm2");
      add_linear (weights, 4 * width, width, layer, "mlp.fc1");
      add_linear (weights, width, 4 * width, layer, "mlp.fc2");
    }
  add_norm (weights, width, "vision_model.", "post_layernorm");
  add (weights, FALSE, 512, width, "visual_projection.weight");
  return g_strdup_printf (
      "{\"model_type\":\"clip\",\"projection_dim\":512,\"vision_config\":{\"hidden_size\":%zu,"
      "\"intermediate_size\":%zu,\"num_hidden_layers\":%d,\"num_attention_heads\":%zu,"
      "\"image_size\":%zu,\"patch_size\":%zu,\"hidden_act\":\"quick_gelu\"}}",
      width, 4 * width, N_BLOCKS, network->n_heads, network->grid * patch, patch);
}

/* (transfer full): a folder with the model. */
static char *
write_model (const Network *network, GError **error)
{
  const size_t n_most = MAX (4 * network->width, 1 + network->grid * network->grid) *
                        MAX (network->width, 3 * network->patch * network->patch);
  g_autofree char *folder = g_dir_make_tmp ("ple-bench-vision-XXXXXX", error);
  g_autoptr (PleMatrix) normals = ple_matrix_new (1, n_most, error);
  g_autoptr (PleMatrix) ones = ple_matrix_new (1, n_most, error);
  g_autofree char *config = NULL, *config_path = NULL, *weights_path = NULL;
  Weights weights = { .normals = normals, .ones = ones };
  gboolean done;
  PleRng rng;

  if (folder == NULL || normals == NULL || ones == NULL)
    return NULL;
  ple_rng_init (&rng, 1);
  ple_rng_fill_normal (&rng, normals->data, n_most, 0.02);
  for (size_t i = 0; i < n_most; i++)
    ones->data[i] = 1;
  weights.writer = ple_safetensors_writer_new ();
  weights.names = g_string_chunk_new (4096);
  config = network->clip ? add_clip (&weights, network) : add_dinov2 (&weights, network);
  config_path = g_build_filename (folder, "config.json", NULL);
  weights_path = g_build_filename (folder, "model.safetensors", NULL);
  done = g_file_set_contents (config_path, config, -1, error) &&
         ple_safetensors_writer_write (weights.writer, weights_path, PLE_SAFETENSORS_QUICK, error);
  ple_safetensors_writer_free (weights.writer);
  g_string_chunk_free (weights.names);
  return done ? g_steal_pointer (&folder) : NULL;
}

static void
remove_model (const char *folder)
{
  g_autofree char *config = g_build_filename (folder, "config.json", NULL);
  g_autofree char *weights = g_build_filename (folder, "model.safetensors", NULL);

  g_unlink (config);
  g_unlink (weights);
  g_rmdir (folder);
}

/* Operations of one picture, two per multiply-add. @whole: of all tokens in the last block too. */
static double
operations (const Network *network, gboolean whole)
{
  const double width = (double) network->width,
               n_patches = (double) (SIDE / network->patch) * (double) (SIDE / network->patch);
  const double n = n_patches + 1, patch = 3.0 * (double) (network->patch * network->patch);
  const double block = 2 * n * 12 * width * width + 4 * n * n * width;
  const double last = 2 * n * 3 * width * width + 2 * 9 * width * width + 4 * n * width;

  return 2 * n_patches * patch * width + (N_BLOCKS - 1) * block + (whole ? block : last) +
         (network->clip ? 2 * width * 512 : 0);
}

/* Operations per processor second of one product of n x n. */
static double
measure_product (size_t n, const PleMatrix *a, const PleMatrix *b, PleMatrix *c)
{
  double begun = seconds (CLOCK_THREAD_CPUTIME_ID);

  ple_gemm (FALSE, FALSE, n, n, n, 1, a->data, n, b->data, n, 0, c->data, n);
  return 2 * (double) n * (double) n * (double) n / (seconds (CLOCK_THREAD_CPUTIME_ID) - begun);
}

typedef struct
{
  PleVisionPlan *plan;
  PleVisionWorker *workers[2];
  PleMatrix *pixels; /* of four groups */
  PleMatrix *features;
  size_t group;
} Runner;

/* Seconds of the clock for all pictures. */
static double
measure_clock (const Runner *runner, guint n_threads)
{
  g_autoptr (PleProgress) progress = ple_progress_new (NULL, NULL, n_threads);
  double begun = seconds (CLOCK_MONOTONIC);

  ple_vision_run_all (runner->plan, runner->workers, runner->pixels->n_rows, runner->pixels->data,
                      runner->features->data, progress, NULL);
  return seconds (CLOCK_MONOTONIC) - begun;
}

static gboolean
measure (const Network *network, int n_rounds, GError **error)
{
  g_autofree char *folder = write_model (network, error);
  g_autoptr (PleMatrix) a = ple_matrix_new (2048, 2048, error);
  g_autoptr (PleMatrix) b = ple_matrix_new (2048, 2048, error);
  g_autoptr (PleMatrix) c = ple_matrix_new (2048, 2048, error);
  g_autoptr (PleVisionModel) model = NULL;
  Runner runner = { 0 };
  double load, best = 0, peak = 0, one = G_MAXDOUBLE, two = G_MAXDOUBLE;
  PleRng rng;

  if (folder == NULL || a == NULL || b == NULL || c == NULL)
    return FALSE;
  ple_rng_init (&rng, 2);
  ple_rng_fill_normal (&rng, a->data, a->n_rows * a->n_cols, 1);
  ple_rng_fill_normal (&rng, b->data, b->n_rows * b->n_cols, 1);
  load = seconds (CLOCK_MONOTONIC);
  model = ple_vision_model_open (folder, NULL, error);
  load = seconds (CLOCK_MONOTONIC) - load;
  remove_model (folder);
  if (model == NULL || (runner.plan = ple_vision_plan_new (model, SIDE, SIDE, error)) == NULL)
    return FALSE;
  runner.group = ple_vision_plan_get_group (runner.plan);
  runner.pixels = ple_matrix_new (4 * runner.group, (size_t) 3 * SIDE * SIDE, error);
  runner.features =
      ple_matrix_new (4 * runner.group, ple_vision_plan_get_n_features (runner.plan), error);
  for (size_t w = 0; w < 2; w++)
    if ((runner.workers[w] = ple_vision_worker_new (runner.plan, error)) == NULL)
      return FALSE;
  if (runner.pixels == NULL || runner.features == NULL)
    return FALSE;
  ple_rng_fill_normal (&rng, runner.pixels->data, runner.pixels->n_rows * runner.pixels->n_cols, 1);
  for (int round = 0; round < n_rounds; round++)
    {
      double begun, speed;

      peak = MAX (peak, measure_product (1024, a, b, c));
      peak = MAX (peak, measure_product (2048, a, b, c));
      begun = seconds (CLOCK_THREAD_CPUTIME_ID);
      ple_vision_worker_run (runner.workers[0], runner.group, runner.pixels->data,
                             runner.features->data);
      speed = (double) runner.group / (seconds (CLOCK_THREAD_CPUTIME_ID) - begun);
      best = MAX (best, speed);
    }
  for (int round = 0; round < (n_rounds + 3) / 4; round++)
    {
      one = MIN (one, measure_clock (&runner, 1));
      two = MIN (two, measure_clock (&runner, 2));
    }
  g_print ("%-14s %5zu %9.2f %9.1f %7.1f %7.3f %7.3f %6.2f %6.2f\n", network->name, runner.group,
           best, best * operations (network, TRUE) * 1e-9, peak * 1e-9,
           best * operations (network, TRUE) / peak, best * operations (network, FALSE) / peak,
           one / two, load);
  for (size_t w = 0; w < 2; w++)
    ple_vision_worker_free (runner.workers[w]);
  ple_matrix_unref (runner.pixels);
  ple_matrix_unref (runner.features);
  ple_vision_plan_unref (runner.plan);
  return TRUE;
}

int
main (int argc, char **argv)
{
  const int n_rounds = argc > 1 ? atoi (argv[1]) : 8;

  ple_linalg_init ();
  g_print ("%-14s %5s %9s %9s %7s %7s %7s %6s %6s\n", "model", "group", "images/s", "GFLOP/s",
           "sgemm", "ratio", "done", "two", "load");
  for (size_t i = 0; i < G_N_ELEMENTS (networks); i++)
    {
      g_autoptr (GError) error = NULL;
      gboolean wanted = argc <= 2;

      for (int n = 2; n < argc; n++)
        wanted |= strcmp (argv[n], networks[i].name) == 0;
      if (wanted && !measure (&networks[i], n_rounds, &error))
        {
          g_printerr ("%s: %s\n", networks[i].name, error->message);
          return 1;
        }
    }
  return 0;
}
