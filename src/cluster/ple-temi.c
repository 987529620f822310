/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TEMI, the method: settings, automatic choices, the loop over epochs and the read-out. */
#include "config.h"

#include "cluster/ple-temi-private.h"

#include "base/ple-error.h"
#include "cluster/ple-methods-private.h"
#include "nn/ple-schedule.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

/* clang-format off */
static const PleParamChoice objective_choices[] = {
  { PLE_TEMI_OBJECTIVE_TEMI, "temi", N_("TEMI: pairs weighted by all heads") },
  { PLE_TEMI_OBJECTIVE_WMI, "wmi", N_("WMI: pairs weighted by the own head") },
  { PLE_TEMI_OBJECTIVE_PMI, "pmi", N_("PMI: all pairs alike") },
  { PLE_TEMI_OBJECTIVE_SCAN, "scan", N_("SCAN: consistency and entropy") },
  { 0, NULL, NULL },
};

static const PleParamChoice head_choices[] = {
  { PLE_TEMI_HEAD_LOSS, "loss", N_("Smallest loss") },
  { PLE_TEMI_HEAD_AGREEMENT, "agreement", N_("Closest to the others") },
  { 0, NULL, NULL },
};

static const PleParam params_table[] = {
  PLE_INT    (PleTemiParams, num_clusters, "num_clusters", N_("Clusters"), 10, 2, 100000,
              .ui_max = 200, .scale = PLE_SCALE_LOG, .aliases = "out_dim n_clusters",
              .blurb = N_("How many groups to form.")),
  PLE_INT    (PleTemiParams, num_epochs, "num_epochs", N_("Epochs"), 0, 0, 100000,
              .ui_max = 400, .flags = PLE_PARAM_ZERO_IS_AUTO, .aliases = "epochs",
              .blurb = N_("Passes over the data.")),
  PLE_INT    (PleTemiParams, num_heads, "num_heads", N_("Heads"), 16, 1, 1024,
              .ui_max = 64, .scale = PLE_SCALE_LOG, .aliases = "heads",
              .blurb = N_("Clusterings trained together; they weigh each other's pairs, and one of them gives the labels.")),
  PLE_INT    (PleTemiParams, knn, "knn", N_("Neighbours"), 0, 0, 10000,
              .ui_max = 100, .flags = PLE_PARAM_ZERO_IS_AUTO, .aliases = "k_neighbours",
              .blurb = N_("Each picture is paired with one of so many nearest ones. Keep it below half the size of a cluster.")),
  PLE_DOUBLE (PleTemiParams, beta, "beta", N_("Beta"), 0.6, 0.05, 1,
              .ui_min = 0.5, .ui_max = 1,
              .blurb = N_("Below 1, clusters are kept even: the smaller, the stronger.")),
  PLE_DOUBLE (PleTemiParams, learning_rate, "learning_rate", N_("Learning rate"), 0, 0, 10,
              .ui_min = 1e-5, .ui_max = 1e-2, .scale = PLE_SCALE_LOG,
              .flags = PLE_PARAM_ZERO_IS_AUTO, .aliases = "lr",
              .blurb = N_("Peak, per 256 pairs of a batch.")),
  PLE_INT    (PleTemiParams, batch_size, "batch_size", N_("Batch"), 0, 0, 1000000,
              .ui_max = 2048, .flags = PLE_PARAM_ZERO_IS_AUTO | PLE_PARAM_ADVANCED,
              .aliases = "batch_size_per_gpu", .unit = N_("pairs"),
              .blurb = N_("Pairs per step.")),
  PLE_ENUM   (PleTemiParams, objective, "objective", N_("Objective"), PLE_TEMI_OBJECTIVE_TEMI,
              objective_choices, .flags = PLE_PARAM_ADVANCED | PLE_PARAM_NOT_SEARCHED,
              .blurb = N_("What the heads maximise.")),
  PLE_ENUM   (PleTemiParams, head_choice, "head_choice", N_("Head"), PLE_TEMI_HEAD_AGREEMENT,
              head_choices, .flags = PLE_PARAM_ADVANCED | PLE_PARAM_NOT_SEARCHED,
              .blurb = N_("Which of the heads gives the labels.")),
  PLE_BOOL   (PleTemiParams, standardise, "standardise", N_("Standardise"), true,
              .aliases = "embed_norm standardize", .flags = PLE_PARAM_ADVANCED,
              .blurb = N_("Give each feature mean 0 and deviation 1 before the heads. Neighbours are not affected.")),
  PLE_DOUBLE (PleTemiParams, temperature, "temperature", N_("Temperature"), 0.1, 0.001, 10,
              .scale = PLE_SCALE_LOG, .flags = PLE_PARAM_ADVANCED,
              .aliases = "student_temp teacher_temp",
              .blurb = N_("Divides the scores before they become probabilities; smaller is sharper.")),
  PLE_DOUBLE (PleTemiParams, momentum, "momentum", N_("Teacher's momentum"), 0, 0, 1,
              .ui_min = 0.9, .ui_max = 1, .aliases = "momentum_teacher",
              .flags = PLE_PARAM_ZERO_IS_AUTO | PLE_PARAM_ADVANCED,
              .blurb = N_("Share of the old teacher in each step; its memory is 1/(1 - momentum) steps.")),
  PLE_DOUBLE (PleTemiParams, max_momentum, "max_momentum", N_("Teacher's final momentum"), 0, 0, 1,
              .aliases = "max_momentum_teacher",
              .flags = PLE_PARAM_ZERO_IS_AUTO | PLE_PARAM_ADVANCED | PLE_PARAM_NOT_SEARCHED,
              .blurb = N_("Approached along a cosine; automatic keeps the momentum constant.")),
  PLE_DOUBLE (PleTemiParams, min_lr, "min_lr", N_("Final learning rate"), 1e-6, 0, 10,
              .scale = PLE_SCALE_LOG, .flags = PLE_PARAM_ADVANCED | PLE_PARAM_NOT_SEARCHED,
              .blurb = N_("Approached along a cosine, per 256 pairs of a batch.")),
  PLE_INT    (PleTemiParams, warmup_epochs, "warmup_epochs", N_("Warm-up epochs"), 0, 0, 100000,
              .flags = PLE_PARAM_ZERO_IS_AUTO | PLE_PARAM_ADVANCED | PLE_PARAM_NOT_SEARCHED,
              .blurb = N_("The learning rate rises from 0 over so many epochs.")),
  PLE_DOUBLE (PleTemiParams, weight_decay, "weight_decay", N_("Weight decay"), 1e-4, 0, 10,
              .scale = PLE_SCALE_LOG, .flags = PLE_PARAM_ADVANCED | PLE_PARAM_NOT_SEARCHED,
              .blurb = N_("Of the weight matrices, decoupled from the gradient.")),
  PLE_INT    (PleTemiParams, hidden_dim, "hidden_dim", N_("Hidden width"), 512, 1, 65536,
              .scale = PLE_SCALE_LOG, .flags = PLE_PARAM_ADVANCED | PLE_PARAM_NOT_SEARCHED,
              .blurb = N_("Width of the hidden layer of a head.")),
  PLE_INT    (PleTemiParams, projection_dim, "projection_dim", N_("Projection width"), 256, 1, 65536,
              .scale = PLE_SCALE_LOG, .flags = PLE_PARAM_ADVANCED | PLE_PARAM_NOT_SEARCHED,
              .aliases = "bottleneck_dim",
              .blurb = N_("Width of the layer before the clusters.")),
  PLE_INT    (PleTemiParams, checkpoint_every, "checkpoint_every", N_("Checkpoint every"), 5, 1, 100000,
              .unit = N_("epochs"),
              .flags = PLE_PARAM_ADVANCED | PLE_PARAM_NOT_SEARCHED | PLE_PARAM_NO_EFFECT,
              .blurb = N_("A run that is stopped goes on from its last checkpoint with the same result.")),
  PLE_PARAM_END,
};

static const PlePreset presets[] = {
  { "auto", N_("Automatic"), "" },
  { "official", N_("As the authors"),
    "num_heads=16 beta=0.6 knn=50 batch_size=1024 num_epochs=100 warmup_epochs=20 learning_rate=1e-4 "
    "min_lr=1e-4 weight_decay=1e-4 momentum=0.996 max_momentum=0.996 standardise=false "
    "hidden_dim=512 projection_dim=256 temperature=0.1 head_choice=loss" },
  { NULL, NULL, NULL },
};
/* clang-format on */

/* What is automatic follows from the number of rows and of steps: the teacher must forget within
 * two epochs however short these are, and it is steps, not epochs, that a head needs. */
static size_t
auto_batch (size_t n)
{
  if (n < 10000)
    return CLAMP (n / 16, 16, 128);
  return n < 100000 ? 512 : 1024;
}

void
ple_temi_plan_init (PleTemiPlan *plan, const PleTemiParams *params, size_t n)
{
  const size_t k = (size_t) params->num_clusters;
  double batch, steps;

  memset (plan, 0, sizeof *plan);
  plan->n_neighbours = params->knn > 0 ? (size_t) params->knn
                                       : CLAMP (n / (2 * k), 1, (size_t) PLE_TEMI_AUTO_NEIGHBOURS);
  plan->n_neighbours = MIN (plan->n_neighbours, n - 1);
  plan->batch = params->batch_size > 0 ? (size_t) params->batch_size : auto_batch (n);
  plan->batch = MIN (plan->batch, n);
  plan->steps_per_epoch = n / plan->batch;
  batch = (double) plan->batch;
  steps = (double) plan->steps_per_epoch;

  plan->n_epochs = params->num_epochs > 0
                       ? (size_t) params->num_epochs
                       : (size_t) CLAMP (ceil (PLE_TEMI_AUTO_STEPS / steps), 30, 200);
  plan->n_warmup = params->warmup_epochs > 0 ? (size_t) params->warmup_epochs : plan->n_epochs / 10;
  plan->n_warmup = MIN (plan->n_warmup, plan->n_epochs - 1);
  plan->peak_rate = params->learning_rate > 0 ? params->learning_rate * batch / 256 : 1e-3;
  plan->final_rate = params->min_lr * batch / 256;
  plan->momentum =
      params->momentum > 0 ? params->momentum : CLAMP (1 - 1 / (2 * steps), 0.9, 0.996);
  plan->final_momentum = params->max_momentum > 0 ? params->max_momentum : plan->momentum;
}

PleTemiStep
ple_temi_plan_get_step (const PleTemiPlan *plan, double decay, size_t epoch, size_t step)
{
  const size_t warmup = plan->n_warmup * plan->steps_per_epoch;
  const size_t total = plan->n_epochs * plan->steps_per_epoch;
  const size_t i = epoch * plan->steps_per_epoch + step;
  PleTemiStep out = { .decay = decay, .freeze_output = epoch == 0 };

  out.rate = ple_schedule_warmup_cosine (plan->peak_rate, plan->final_rate, warmup, total, i);
  out.momentum = ple_schedule_cosine (plan->momentum, plan->final_momentum, i, total);
  return out;
}

static PleClustering *
temi_clustering_new (PleTemiModel *model)
{
  PleClustering *clustering = ple_clustering_new (&ple_temi_method, model->heads->shape.n_clusters);

  clustering->model = model;
  clustering->model_free = (GDestroyNotify) ple_temi_model_free;
  return clustering;
}

static PleClustering *
temi_fit (const PleFitInput *input, gconstpointer data, PleProgress *progress, GError **error)
{
  const PleTemiParams *params = data;
  const size_t n = input->features->n_rows, k = (size_t) params->num_clusters;
  g_autoptr (PleTemiRun) run = NULL;
  g_autoptr (PleClustering) clustering = NULL;

  if (n < MAX (k, 2))
    {
      g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_TOO_FEW,
                   _ ("%" G_GSIZE_FORMAT " rows cannot form %" G_GSIZE_FORMAT " clusters"), n, k);
      return NULL;
    }
  if (!ple_matrix_check_finite (input->features, _ ("features"), error))
    return NULL;
  run = ple_temi_run_new (input, params, progress, error);
  if (run == NULL)
    return NULL;
  if (run->plan.n_neighbours > n / (2 * k) && params->knn > 0)
    ple_progress_warning (progress,
                          _ ("%" G_GSIZE_FORMAT
                             " neighbours are more than half a cluster of %" G_GSIZE_FORMAT
                             " pictures: many pairs will cross clusters"),
                          run->plan.n_neighbours, n / k);
  if (!ple_temi_run_train (run, progress, error))
    return NULL;
  clustering = temi_clustering_new (ple_temi_run_steal_model (run));
  if (!ple_temi_run_read_out (run, clustering, progress, error))
    return NULL;
  return g_steal_pointer (&clustering);
}

static gboolean
temi_predict (PleClustering *clustering,
              const PleMatrix *features,
              gint32 *labels,
              float *confidence,
              PleProgress *progress,
              GError **error)
{
  const PleTemiModel *model = clustering->model;

  return ple_matrix_check_finite (features, _ ("features"), error) &&
         ple_temi_model_read (model, model->best_head, features, FALSE, labels, confidence, NULL,
                              progress, error);
}

static gboolean
temi_save (PleClustering *clustering, const char *path, GError **error)
{
  return ple_temi_model_save (clustering->model, path, error);
}

static PleClustering *
temi_load (const char *path, GError **error)
{
  PleTemiModel *model = ple_temi_model_load (path, error);

  return model != NULL ? temi_clustering_new (model) : NULL;
}

const PleMethod ple_temi_method = {
  .id = "temi",
  .title = N_ ("TEMI"),
  .summary = N_ ("Many small heads learn to agree on neighbours: the best groups, in minutes."),
  .reference = "Adaloglou, Michels, Kalisch and Kollmann 2023, arXiv 2303.17896",
  .version = 1,
  .params = params_table,
  .params_size = sizeof (PleTemiParams),
  .presets = presets,
  .fit = temi_fit,
  .predict = temi_predict,
  .save = temi_save,
  .load = temi_load,
};
