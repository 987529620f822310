/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cluster/ple-method.h"
#include "cluster/ple-temi-model.h"
#include "cluster/ple-temi-train.h"
#include "nn/ple-checkpoint.h"

G_BEGIN_DECLS

#define PLE_TEMI_AUTO_NEIGHBOURS 25
/* Optimiser steps that the automatic number of epochs aims at. */
#define PLE_TEMI_AUTO_STEPS 1000.0

/* Which head is read out: the one with the smallest loss, as the authors do, or the one that agrees
 * best with the others. Neither looks at labels. */
typedef enum
{
  PLE_TEMI_HEAD_LOSS,
  PLE_TEMI_HEAD_AGREEMENT,
} PleTemiHeadChoice;

typedef struct
{
  int num_clusters;
  int num_epochs;
  int num_heads;
  int knn;
  double beta;
  double learning_rate;
  int batch_size;
  int objective;
  int head_choice;
  bool standardise;
  double temperature;
  double momentum;
  double max_momentum;
  double min_lr;
  int warmup_epochs;
  double weight_decay;
  int hidden_dim;
  int projection_dim;
  int checkpoint_every;
} PleTemiParams;

/**
 * PleTemiPlan:
 *
 * The schedule, with all that is automatic decided. Rates are actual ones, not per 256 pairs.
 */
typedef struct
{
  size_t n_neighbours;
  size_t batch;
  size_t steps_per_epoch;
  size_t n_epochs;
  size_t n_warmup;
  double peak_rate;
  double final_rate;
  double momentum;
  double final_momentum;
} PleTemiPlan;

/* n >= 2 rows. */
void ple_temi_plan_init (PleTemiPlan *plan, const PleTemiParams *params, size_t n);
/* Rate: linear from 0 over the warm-up, both ends included, then half a cosine; per step. The
 * output layer is frozen in epoch 0. */
PleTemiStep
ple_temi_plan_get_step (const PleTemiPlan *plan, double decay, size_t epoch, size_t step);

/**
 * PleTemiRun:
 *
 * A fit under way: what ple_temi_run_train() goes through and a checkpoint brings back.
 */
typedef struct
{
  const PleFitInput *input;
  const PleTemiParams *params;
  PleTemiPlan plan;
  PleTemiTrainer *trainer;
  PleTemiModel *model; /* its heads are the trainer's teacher */
  PleMatrix *rows;     /* (n, D) as the heads take them */
  gint32 *neighbours;  /* (n, n_neighbours) */
  guint32 *anchors;    /* n: order of the epoch */
  gint32 *partners;    /* n: partner of each anchor */
  gint32 *labels;      /* n: read-out of the last epoch */
  GArray *history;     /* float: PLE_TEMI_N_SERIES per epoch */
  double *head_losses; /* H: of the last epoch */
  double *epoch_sums;  /* H: of the epoch under way */
  guint64 epoch;
  guint64 step;
  PleRng rng;
  char *checkpoint_path; /* or NULL */
  PleCheckpointPace pace;
  char *fingerprint;
} PleTemiRun;

#define PLE_TEMI_N_SERIES 3

/* Neighbours, standardised rows, heads; continues from a checkpoint that is there. */
PleTemiRun *ple_temi_run_new (const PleFitInput *input,
                              const PleTemiParams *params,
                              PleProgress *progress,
                              GError **error);
void ple_temi_run_free (PleTemiRun *run);
gboolean ple_temi_run_train (PleTemiRun *run, PleProgress *progress, GError **error);
/* The model alone, once trained. (transfer full) */
PleTemiModel *ple_temi_run_steal_model (PleTemiRun *run);
/* Labels, probabilities, centres, history and figures of the training rows. */
gboolean ple_temi_run_read_out (PleTemiRun *run,
                                PleClustering *clustering,
                                PleProgress *progress,
                                GError **error);

/* Clusters that some row belongs to. */
size_t ple_temi_count_active (const gint32 *labels, size_t n, size_t n_clusters);

/* Nothing without a checkpoint_dir. %FALSE where it could not be written, with a warning unless the
 * run is cancelled and time is up: the checkpoint before stands then. */
gboolean ple_temi_run_save (PleTemiRun *run, PleProgress *progress);
/* Goes on from a checkpoint that is there. One of another run, or a damaged one, is passed over
 * with a warning; %FALSE when the state was half read. */
gboolean ple_temi_run_restore (PleTemiRun *run, PleProgress *progress, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleTemiRun, ple_temi_run_free)

G_END_DECLS
