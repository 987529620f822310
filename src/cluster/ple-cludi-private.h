/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cluster/ple-cludi-model.h"
#include "cluster/ple-cludi-train.h"
#include "cluster/ple-cludi-warm.h"
#include "cluster/ple-method.h"

G_BEGIN_DECLS

/* Which draws weigh how much in the losses. */
typedef enum
{
  PLE_CLUDI_WEIGHTS_EVEN,      /* all alike */
  PLE_CLUDI_WEIGHTS_SNR,       /* min-SNR in both losses, the authors' */
  PLE_CLUDI_WEIGHTS_SNR_FIRST, /* min-SNR in the loss of the embeddings only, the seed's */
} PleCludiWeights;

typedef enum
{
  PLE_CLUDI_WARM_GRAPH,
  PLE_CLUDI_WARM_NONE,
} PleCludiWarmStart;

typedef struct
{
  int num_clusters;
  int num_epochs;
  double learning_rate;
  int batch_size;
  int embedding_dim;
  int diffusion_steps;
  int batch_diffusion;
  double rescaling_factor;
  double ce_lambda;
  bool use_v_prediction;
  int warmup_epochs;
  int warm_start;
  int warm_steps;
  bool reduce;
  int reduced_dim;
  int neighbours;
  int teacher_steps;
  int teacher;
  int teacher_gradient;
  int loss_weights;
  int noise_schedule;
  bool rescale_schedule;
  bool deep_head;
  int activation;
  int init;
  double dropout;
  bool double_dropout;
  double clip;
  bool clip_together;
  double ema;
  double min_lr;
  double weight_decay;
  int read_draws;
  int read_steps;
  int checkpoint_every;
} PleCludiParams;

/**
 * PleCludiPlan:
 *
 * All that is automatic, decided. Batches of an epoch cover every row once; @even ones differ by
 * one row at most, others are full but for the last.
 */
typedef struct
{
  size_t batch;
  gboolean even;
  size_t steps_per_epoch;
  size_t n_epochs;
  size_t n_warmup; /* steps */
  double peak_rate;
  double final_rate;
  size_t warm_steps;
  size_t warm_batch;
} PleCludiPlan;

/* Steps that the automatic number of epochs aims at, and the epochs that it has at least. */
#define PLE_CLUDI_AUTO_STEPS 120
#define PLE_CLUDI_AUTO_EPOCHS 2

void ple_cludi_plan_init (PleCludiPlan *plan, const PleCludiParams *params, size_t n);
/* Rows of the batch, counted from the beginning of the epoch's order. */
void ple_cludi_plan_get_batch (
    const PleCludiPlan *plan, size_t n, size_t step, size_t *first, size_t *n_rows);

/* Values per epoch. */
enum
{
  PLE_CLUDI_SERIES_LOSS,
  PLE_CLUDI_SERIES_CLASS_LOSS,
  PLE_CLUDI_SERIES_ACTIVE,
  PLE_CLUDI_N_SERIES,
};

/**
 * PleCludiRun:
 *
 * A fit under way: what ple_cludi_run_train() goes through and a checkpoint brings back.
 */
typedef struct
{
  const PleFitInput *input;
  const PleCludiParams *params;
  PleCludiPlan plan;
  PleCludiSchedule *schedule;
  PleCludiTrainer *trainer;
  PleCludiModel *model; /* its net is the trainer's until the read-out */
  PleMatrix *rows;      /* (n, p) as the network takes them */
  gint32 *neighbours;   /* (n, n_neighbours) or NULL */
  size_t n_neighbours;
  PleCludiWarm warm; /* labels NULL until they are found */
  guint32 *order;    /* n: order of the epoch */
  gint32 *labels;    /* n: of the epoch, by the teacher */
  GArray *history;   /* float: N_SERIES per epoch */
  guint64 warm_step; /* steps of the warm start done */
  guint64 epoch;
  guint64 step;
  double sums[2]; /* of loss and class loss in the epoch under way */
  PleRng rng;
  char *checkpoint_path; /* or NULL */
  char *fingerprint;
} PleCludiRun;

/* Rows as the network takes them, neighbours, network; continues from a checkpoint that is there.
 */
PleCludiRun *ple_cludi_run_new (const PleFitInput *input,
                                const PleCludiParams *params,
                                PleProgress *progress,
                                GError **error);
void ple_cludi_run_free (PleCludiRun *run);
gboolean ple_cludi_run_train (PleCludiRun *run, PleProgress *progress, GError **error);
/* Labels, probabilities, centres, history and figures; the clustering takes the model. */
PleClustering *ple_cludi_run_read_out (PleCludiRun *run, PleProgress *progress, GError **error);
PleClustering *ple_cludi_clustering_new (PleCludiModel *model);

/* Nothing without a checkpoint_dir. %FALSE, with a warning, where it could not be written. */
gboolean ple_cludi_run_save (PleCludiRun *run, PleProgress *progress);
/* Goes on from a checkpoint that is there. One of another run, or a damaged one, is passed over
 * with a warning; %FALSE when the state was half read. */
gboolean ple_cludi_run_restore (PleCludiRun *run, PleProgress *progress, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleCludiRun, ple_cludi_run_free)

G_END_DECLS
