/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is automatic in CLUDI follows from the number of rows, clusters and steps, never from epochs
 * alone: a schedule of 200 epochs means 2 000 steps on a small set and 50 000 on a large one. */
#include "config.h"

#include "cluster/ple-cludi-private.h"

#include <math.h>
#include <string.h>

#define AUTO_RATE 1e-3
/* The softmax down the columns of a batch needs this many rows of each cluster. */
#define ROWS_PER_CLUSTER 25
#define MIN_BATCH 1024
#define MAX_BATCH 16384
#define MIN_WARM_BATCH 500
#define MAX_WARM_BATCH 8192
#define WARM_ROWS_PER_CLUSTER 10

void
ple_cludi_plan_init (PleCludiPlan *plan, const PleCludiParams *params, size_t n)
{
  const size_t k = (size_t) params->num_clusters;
  size_t least, n_steps;

  memset (plan, 0, sizeof *plan);
  plan->even = params->batch_size == 0;
  plan->batch =
      plan->even ? CLAMP (ROWS_PER_CLUSTER * k, MIN_BATCH, MAX_BATCH) : (size_t) params->batch_size;
  plan->batch = MIN (plan->batch, n);
  plan->steps_per_epoch = (n + plan->batch - 1) / plan->batch;
  least = (PLE_CLUDI_AUTO_STEPS + plan->steps_per_epoch - 1) / plan->steps_per_epoch;
  plan->n_epochs =
      params->num_epochs > 0 ? (size_t) params->num_epochs : MAX (least, PLE_CLUDI_AUTO_EPOCHS);
  n_steps = plan->n_epochs * plan->steps_per_epoch;
  plan->n_warmup = params->warmup_epochs > 0
                       ? (size_t) params->warmup_epochs * plan->steps_per_epoch
                       : MAX (n_steps / 20, 1);
  plan->n_warmup = MIN (plan->n_warmup, n_steps - 1);
  plan->peak_rate = params->learning_rate > 0 ? params->learning_rate : AUTO_RATE;
  plan->final_rate = params->min_lr > 0 ? params->min_lr : plan->peak_rate / 100;
  plan->warm_steps = params->warm_start == PLE_CLUDI_WARM_GRAPH ? (size_t) params->warm_steps : 0;
  plan->warm_batch = MIN (CLAMP (WARM_ROWS_PER_CLUSTER * k, MIN_WARM_BATCH, MAX_WARM_BATCH), n);
}

void
ple_cludi_plan_get_batch (
    const PleCludiPlan *plan, size_t n, size_t step, size_t *first, size_t *n_rows)
{
  size_t end;

  *first = plan->even ? n * step / plan->steps_per_epoch : plan->batch * step;
  end = plan->even ? n * (step + 1) / plan->steps_per_epoch : MIN (plan->batch * (step + 1), n);
  *n_rows = end - *first;
}
