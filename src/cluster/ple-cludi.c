/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CLUDI, the method: settings and presets.
 *
 * official is the authors' code with two differences: features are scaled to length one before
 * noise is added to them, as those they were tuned on are, and all is float32. Its noise of
 * deviation 49 tends to collapse from random weights; 7, the root of the paper's variance 49, does
 * not. seed has v-prediction and a moving average as teacher; its target table, which there is
 * trained, stays fixed as in the paper, since a table that moves can shrink the loss without
 * grouping anything. */
#include "config.h"

#include "cluster/ple-cludi-private.h"

#include "base/ple-error.h"
#include "cluster/ple-methods-private.h"

#include <glib/gi18n.h>

/* clang-format off */
static const PleParamChoice warm_choices[] = {
  { PLE_CLUDI_WARM_GRAPH, "graph", N_("From a graph of neighbours") },
  { PLE_CLUDI_WARM_NONE, "none", N_("From random weights") },
  { 0, NULL, NULL },
};

static const PleParamChoice teacher_choices[] = {
  { PLE_CLUDI_TEACHER_STUDENT, "student", N_("The network itself") },
  { PLE_CLUDI_TEACHER_AVERAGE, "average", N_("Its moving average") },
  { 0, NULL, NULL },
};

static const PleParamChoice gradient_choices[] = {
  { PLE_CLUDI_GRADIENT_LAST, "last", N_("Through the last step") },
  { PLE_CLUDI_GRADIENT_CHAIN, "chain", N_("Through all steps") },
  { PLE_CLUDI_GRADIENT_NONE, "none", N_("None") },
  { 0, NULL, NULL },
};

static const PleParamChoice weight_choices[] = {
  { PLE_CLUDI_WEIGHTS_EVEN, "even", N_("All alike") },
  { PLE_CLUDI_WEIGHTS_SNR, "snr", N_("By signal to noise") },
  { PLE_CLUDI_WEIGHTS_SNR_FIRST, "snr-embedding", N_("By signal to noise, embeddings only") },
  { 0, NULL, NULL },
};

static const PleParamChoice noise_choices[] = {
  { PLE_CLUDI_NOISE_SQRT, "sqrt", N_("Square root") },
  { PLE_CLUDI_NOISE_COSINE, "cosine", N_("Cosine") },
  { PLE_CLUDI_NOISE_LINEAR, "linear", N_("Linear") },
  { PLE_CLUDI_NOISE_SIGMOID, "sigmoid", N_("Sigmoid") },
  { 0, NULL, NULL },
};

static const PleParamChoice activation_choices[] = {
  { 0, "scaled-silu", N_("SiLU of unit gain") },
  { 1, "silu", N_("SiLU") },
  { 0, NULL, NULL },
};

static const PleParamChoice init_choices[] = {
  { PLE_CLUDI_INIT_UNIFORM, "uniform", N_("Uniform") },
  { PLE_CLUDI_INIT_NORMAL, "normal", N_("Small normal") },
  { 0, NULL, NULL },
};

#define RARE (PLE_PARAM_ADVANCED | PLE_PARAM_NOT_SEARCHED)

static const PleParam params_table[] = {
  PLE_INT    (PleCludiParams, num_clusters, "num_clusters", N_("Clusters"), 10, 2, 100000,
              .ui_max = 200, .scale = PLE_SCALE_LOG, .aliases = "n_clusters",
              .blurb = N_("How many groups to form.")),
  PLE_INT    (PleCludiParams, num_epochs, "num_epochs", N_("Epochs"), 0, 0, 100000,
              .ui_max = 400, .flags = PLE_PARAM_ZERO_IS_AUTO, .aliases = "epochs",
              .blurb = N_("Passes over the data.")),
  PLE_DOUBLE (PleCludiParams, learning_rate, "learning_rate", N_("Learning rate"), 0, 0, 1,
              .ui_min = 1e-5, .ui_max = 1e-2, .scale = PLE_SCALE_LOG,
              .flags = PLE_PARAM_ZERO_IS_AUTO, .aliases = "lr",
              .blurb = N_("Peak. Above 3e-4 training from random weights tends to collapse.")),
  PLE_INT    (PleCludiParams, batch_size, "batch_size", N_("Batch"), 0, 0, 1000000,
              .ui_max = 4096, .flags = PLE_PARAM_ZERO_IS_AUTO | PLE_PARAM_ADVANCED,
              .unit = N_("pictures"),
              .blurb = N_("Pictures per step; several times the number of clusters.")),
  PLE_ENUM   (PleCludiParams, warm_start, "cludi_warm_start", N_("Start"), PLE_CLUDI_WARM_GRAPH,
              warm_choices, .flags = PLE_PARAM_NOT_SEARCHED, .aliases = "warm",
              .blurb = N_("First labels are found without training and taught to the network, or it starts at random, as the authors' does.")),
  PLE_INT    (PleCludiParams, embedding_dim, "cludi_embedding_dim", N_("Embedding"), 64, 2, 4096,
              .ui_min = 16, .ui_max = 256, .scale = PLE_SCALE_LOG, .flags = PLE_PARAM_ADVANCED,
              .aliases = "embedding_dim",
              .blurb = N_("Dimensions of the assignment that is noised and found again.")),
  PLE_INT    (PleCludiParams, diffusion_steps, "cludi_diffusion_steps", N_("Diffusion steps"), 1000, 50, 100000,
              .ui_max = 2000, .flags = PLE_PARAM_ADVANCED, .aliases = "diffusion_steps timesteps",
              .blurb = N_("Times of the noise schedule.")),
  PLE_INT    (PleCludiParams, batch_diffusion, "cludi_batch_diffusion", N_("Draws"), 2, 1, 256,
              .ui_max = 16, .flags = PLE_PARAM_ADVANCED, .aliases = "batch_diffusion",
              .blurb = N_("Noisy copies of each picture in a step.")),
  PLE_DOUBLE (PleCludiParams, rescaling_factor, "cludi_rescaling_factor", N_("Noise"), 7, 0.01, 10000,
              .ui_min = 1, .ui_max = 100, .scale = PLE_SCALE_LOG, .flags = PLE_PARAM_ADVANCED,
              .aliases = "rescaling_factor",
              .blurb = N_("Standard deviation of the noise. The paper's 49 is its variance, the authors' code takes 49 for the deviation.")),
  PLE_DOUBLE (PleCludiParams, ce_lambda, "cludi_ce_lambda", N_("Weight of classes"), 50, 0, 10000,
              .ui_max = 200, .flags = PLE_PARAM_ADVANCED, .aliases = "ce_lambda",
              .blurb = N_("Weight of the loss of the classes against that of the embeddings.")),
  PLE_BOOL   (PleCludiParams, use_v_prediction, "cludi_use_v_prediction", N_("Predict v"), false,
              .flags = RARE, .aliases = "use_v_prediction pred_v",
              .blurb = N_("The network predicts the velocity of the diffusion instead of the embedding.")),
  PLE_INT    (PleCludiParams, warmup_epochs, "cludi_warmup_epochs", N_("Warm-up epochs"), 0, 0, 100000,
              .flags = PLE_PARAM_ZERO_IS_AUTO | PLE_PARAM_ADVANCED, .aliases = "warmup_epochs",
              .blurb = N_("The learning rate rises over so many epochs; automatic is a twentieth of the steps.")),
  PLE_INT    (PleCludiParams, warm_steps, "cludi_warm_steps", N_("Steps of the warm start"), 300, 0, 100000,
              .flags = RARE, .only_when = "cludi_warm_start=graph",
              .blurb = N_("Steps in which the first labels are taught.")),
  PLE_BOOL   (PleCludiParams, reduce, "cludi_reduce", N_("Reduce features"), true, .flags = RARE,
              .blurb = N_("Centre the features and keep their main directions: as good, and several times faster.")),
  PLE_INT    (PleCludiParams, reduced_dim, "cludi_reduced_dim", N_("Directions"), 64, 2, 8192,
              .scale = PLE_SCALE_LOG, .flags = RARE, .only_when = "cludi_reduce=true",
              .blurb = N_("How many directions are kept.")),
  PLE_INT    (PleCludiParams, neighbours, "cludi_neighbours", N_("Neighbours"), 10, 0, 1000,
              .flags = RARE, .aliases = "knn",
              .blurb = N_("The student sees one of so many nearest pictures instead of the picture itself; 0 for none.")),
  PLE_INT    (PleCludiParams, teacher_steps, "cludi_teacher_steps", N_("Teacher's steps"), 5, 1, 50,
              .flags = RARE, .blurb = N_("Calls of the network for a teacher's draw.")),
  PLE_ENUM   (PleCludiParams, teacher, "cludi_teacher", N_("Teacher"), PLE_CLUDI_TEACHER_STUDENT,
              teacher_choices, .flags = RARE, .blurb = N_("Who draws what the student learns from.")),
  PLE_ENUM   (PleCludiParams, teacher_gradient, "cludi_teacher_gradient", N_("Teacher's gradient"),
              PLE_CLUDI_GRADIENT_LAST, gradient_choices, .flags = RARE,
              .only_when = "cludi_teacher=student",
              .blurb = N_("How far the loss reaches back into the teacher's draw. The last step has all but a hundredth of the gradient at a fraction of the time.")),
  PLE_ENUM   (PleCludiParams, loss_weights, "cludi_loss_weights", N_("Weights of draws"),
              PLE_CLUDI_WEIGHTS_EVEN, weight_choices, .flags = RARE,
              .blurb = N_("How much a draw counts by its noise.")),
  PLE_ENUM   (PleCludiParams, noise_schedule, "cludi_noise_schedule", N_("Noise schedule"),
              PLE_CLUDI_NOISE_SQRT, noise_choices, .flags = RARE, .aliases = "noise_schedule",
              .blurb = N_("How fast the noise takes over.")),
  PLE_BOOL   (PleCludiParams, rescale_schedule, "cludi_rescale_schedule", N_("Rescale schedule"), false,
              .flags = RARE, .aliases = "vp_rf",
              .blurb = N_("Lower the signal of the schedule by the noise as well.")),
  PLE_BOOL   (PleCludiParams, deep_head, "cludi_deep_head", N_("Hidden layer before the clusters"), false,
              .flags = RARE, .aliases = "non_linear",
              .blurb = N_("A layer more between embedding and clusters.")),
  PLE_ENUM   (PleCludiParams, activation, "cludi_activation", N_("Activation"), 0, activation_choices,
              .flags = RARE, .blurb = N_("Non-linearity of the network.")),
  PLE_ENUM   (PleCludiParams, init, "cludi_init", N_("First weights"), PLE_CLUDI_INIT_UNIFORM,
              init_choices, .flags = RARE, .blurb = N_("How the weights are drawn.")),
  PLE_DOUBLE (PleCludiParams, dropout, "cludi_dropout", N_("Dropout"), 0.15, 0, 0.9, .flags = RARE,
              .aliases = "dropout", .blurb = N_("Share of the student's inputs that is left out.")),
  PLE_BOOL   (PleCludiParams, double_dropout, "cludi_double_dropout", N_("Features dropped twice"), true,
              .flags = RARE, .blurb = N_("The features pass the dropout twice, as in the authors' code.")),
  PLE_DOUBLE (PleCludiParams, clip, "cludi_clip", N_("Gradient limit"), 4, 0.001, 1e6,
              .scale = PLE_SCALE_LOG, .flags = RARE, .aliases = "clip_grad",
              .blurb = N_("Longer gradients are scaled down.")),
  PLE_BOOL   (PleCludiParams, clip_together, "cludi_clip_together", N_("One limit for all"), false,
              .flags = RARE, .blurb = N_("The limit holds for all layers together instead of each.")),
  PLE_DOUBLE (PleCludiParams, ema, "cludi_ema", N_("Average's momentum"), 0.999, 0, 1, .flags = RARE,
              .only_when = "cludi_teacher=average",
              .blurb = N_("Share of the old average in each step.")),
  PLE_DOUBLE (PleCludiParams, min_lr, "min_lr", N_("Final learning rate"), 0, 0, 1,
              .scale = PLE_SCALE_LOG, .flags = RARE | PLE_PARAM_ZERO_IS_AUTO,
              .blurb = N_("Approached along a cosine; automatic is a hundredth of the peak.")),
  PLE_DOUBLE (PleCludiParams, weight_decay, "weight_decay", N_("Weight decay"), 0.01, 0, 10,
              .scale = PLE_SCALE_LOG, .flags = RARE,
              .blurb = N_("Of the weight matrices, decoupled from the gradient.")),
  PLE_INT    (PleCludiParams, read_draws, "cludi_read_draws", N_("Draws of the read-out"), 16, 1, 1024,
              .ui_max = 64, .flags = RARE, .blurb = N_("Draws whose scores are averaged for the labels.")),
  PLE_INT    (PleCludiParams, read_steps, "cludi_read_steps", N_("Steps of the read-out"), 5, 1, 50,
              .flags = RARE, .blurb = N_("Calls of the network for a draw of the read-out.")),
  PLE_INT    (PleCludiParams, checkpoint_every, "checkpoint_every", N_("Checkpoint every"), 20, 1, 100000,
              .unit = N_("epochs"), .flags = RARE | PLE_PARAM_NO_EFFECT,
              .aliases = "checkpoint_freq",
              .blurb = N_("A run that is stopped goes on from its last checkpoint with the same result.")),
  PLE_PARAM_END,
};

#define AS_PUBLISHED                                                                               \
  "cludi_warm_start=none cludi_reduce=false cludi_neighbours=0 batch_size=256 "                    \
  "learning_rate=1e-4 min_lr=1e-6 weight_decay=0.01 cludi_warmup_epochs=1 "                        \
  "cludi_embedding_dim=64 cludi_diffusion_steps=1000 cludi_batch_diffusion=8 "                     \
  "cludi_rescaling_factor=49 cludi_ce_lambda=50 cludi_teacher_steps=25 cludi_read_steps=50 "       \
  "cludi_dropout=0.15 cludi_clip=4 cludi_ema=0.999 "

static const PlePreset presets[] = {
  { "auto", N_("Automatic"), "" },
  { "official", N_("As the authors"),
    AS_PUBLISHED "num_epochs=200 cludi_read_draws=64 cludi_teacher_gradient=chain "
    "cludi_loss_weights=snr" },
  { "seed", N_("As the seed"),
    AS_PUBLISHED "num_epochs=100 cludi_read_draws=8 cludi_use_v_prediction=true "
    "cludi_teacher=average cludi_loss_weights=snr-embedding cludi_activation=silu "
    "cludi_init=normal cludi_double_dropout=false cludi_clip_together=true" },
  { NULL, NULL, NULL },
};
/* clang-format on */

PleClustering *
ple_cludi_clustering_new (PleCludiModel *model)
{
  PleClustering *clustering = ple_clustering_new (&ple_cludi_method, model->net->shape.n_clusters);

  clustering->model = model;
  clustering->model_free = (GDestroyNotify) ple_cludi_model_free;
  return clustering;
}

static PleClustering *
cludi_fit (const PleFitInput *input, gconstpointer data, PleProgress *progress, GError **error)
{
  const PleCludiParams *params = data;
  const size_t n = input->features->n_rows, k = (size_t) params->num_clusters;
  g_autoptr (PleCludiRun) run = NULL;

  if (n < MAX (k, 2))
    {
      g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_TOO_FEW,
                   _ ("%" G_GSIZE_FORMAT " rows cannot form %" G_GSIZE_FORMAT " clusters"), n, k);
      return NULL;
    }
  if (!ple_matrix_check_finite (input->features, _ ("features"), error))
    return NULL;
  run = ple_cludi_run_new (input, params, progress, error);
  if (run == NULL)
    return NULL;
  if (run->plan.batch < 2 * k)
    ple_progress_warning (
        progress,
        _ ("batches of %" G_GSIZE_FORMAT " pictures are small for %" G_GSIZE_FORMAT " clusters"),
        run->plan.batch, k);
  if (!ple_cludi_run_train (run, progress, error))
    return NULL;
  return ple_cludi_run_read_out (run, progress, error);
}

static gboolean
cludi_predict (PleClustering *clustering,
               const PleMatrix *features,
               gint32 *labels,
               float *confidence,
               PleProgress *progress,
               GError **error)
{
  const PleCludiReading reading = { .labels = labels, .confidence = confidence };
  g_autoptr (PleMatrix) rows = NULL;

  if (!ple_matrix_check_finite (features, _ ("features"), error))
    return FALSE;
  rows = ple_cludi_model_reduce (clustering->model, features, progress, error);
  return rows != NULL && ple_cludi_model_read (clustering->model, rows, &reading, progress, error);
}

static gboolean
cludi_save (PleClustering *clustering, const char *path, GError **error)
{
  return ple_cludi_model_save (clustering->model, path, error);
}

static PleClustering *
cludi_load (const char *path, GError **error)
{
  PleCludiModel *model = ple_cludi_model_load (path, error);

  return model != NULL ? ple_cludi_clustering_new (model) : NULL;
}

const PleMethod ple_cludi_method = {
  .id = "cludi",
  .title = N_ ("CLUDI"),
  .summary = N_ ("A small diffusion model draws assignments from noise and learns from its own "
                 "draws."),
  .reference = "Uziel, Chelly, Freifeld and Pakman 2025, ICML",
  .version = 1,
  .params = params_table,
  .params_size = sizeof (PleCludiParams),
  .presets = presets,
  .fit = cludi_fit,
  .predict = cludi_predict,
  .save = cludi_save,
  .load = cludi_load,
};
