/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "evaluate/ple-logistic-private.h"

#include "base/ple-parallel.h"
#include "linalg/ple-linalg.h"

#include <math.h>
#include <string.h>

/* Pairs of steps that L-BFGS remembers. */
#define MEMORY 10
/* Rows of one product. */
#define ROWS 512
/* A chunk of the parallel loop holds a gradient of its own: so many chunks at most. */
#define MAX_CHUNKS 32
#define GRADIENT_TOLERANCE 1e-6
#define MAX_BACKTRACKS 30

PleLogistic *
ple_logistic_new (size_t n_classes, size_t n_cols)
{
  PleLogistic *model = g_new0 (PleLogistic, 1);

  model->n_classes = n_classes;
  model->n_cols = n_cols;
  model->weights = g_new0 (double, n_classes *(n_cols + 1));
  return model;
}

void
ple_logistic_free (PleLogistic *model)
{
  if (model == NULL)
    return;
  g_free (model->weights);
  g_free (model);
}

static double
dot (size_t n, const double *a, const double *b)
{
  double sum = 0;

  for (size_t i = 0; i < n; i++)
    sum += a[i] * b[i];
  return sum;
}

/* One evaluation of the loss and its gradient over all rows. */
typedef struct
{
  const PleMatrix *x;
  const gint32 *classes;
  size_t n_classes;
  const float *weights; /* (C, d) */
  const double *biases; /* (C) */
  float *gradients;     /* per chunk (C, d) */
  double *sums;         /* per chunk (C + 1): gradient of the biases, then the loss */
  PleProgress *progress;
} Evaluation;

/* Turns the logits of a row into probabilities minus the truth; returns its loss. */
static double
row_loss (const Evaluation *pass, float *logits, gint32 truth, double *bias_sums)
{
  double largest = -INFINITY, sum = 0, loss;

  for (size_t c = 0; c < pass->n_classes; c++)
    {
      logits[c] += (float) pass->biases[c];
      largest = MAX (largest, (double) logits[c]);
    }
  loss = largest - (double) logits[truth];
  for (size_t c = 0; c < pass->n_classes; c++)
    {
      logits[c] = expf (logits[c] - (float) largest);
      sum += (double) logits[c];
    }
  for (size_t c = 0; c < pass->n_classes; c++)
    {
      logits[c] = (float) ((double) logits[c] / sum) - (c == (size_t) truth ? 1.0f : 0.0f);
      bias_sums[c] += (double) logits[c];
    }
  return loss + log (sum);
}

static void
evaluate_chunk (const PleChunk *chunk, gpointer data)
{
  Evaluation *pass = data;
  const size_t k = pass->n_classes;
  const size_t d = pass->x->n_cols;
  float *gradient = pass->gradients + chunk->index * k * d;
  double *sums = pass->sums + chunk->index * (k + 1);
  g_autofree float *logits = g_new (float, ROWS *k);

  memset (gradient, 0, k * d * sizeof *gradient);
  memset (sums, 0, (k + 1) * sizeof *sums);
  for (size_t first = chunk->begin; first < chunk->end; first += ROWS)
    {
      const size_t n = MIN (ROWS, chunk->end - first);

      if (ple_progress_is_cancelled (pass->progress))
        return;
      ple_gemm (FALSE, TRUE, n, k, d, 1.0f, ple_matrix_row (pass->x, first), d, pass->weights, d,
                0.0f, logits, k);
      for (size_t i = 0; i < n; i++)
        sums[k] += row_loss (pass, logits + i * k, pass->classes[first + i], sums);
      ple_gemm (TRUE, FALSE, k, d, n, 1.0f, logits, k, ple_matrix_row (pass->x, first), d, 1.0f,
                gradient, d);
    }
}

typedef struct
{
  Evaluation pass;
  size_t n_values; /* C (d + 1) */
  size_t chunk_size;
  double penalty;
  float *weights;
  double *biases;
} Problem;

/* @gradient (C, d + 1) at @at, and the loss; %FALSE if cancelled. */
static gboolean
evaluate (Problem *problem, const double *at, double *loss, double *gradient, GError **error)
{
  Evaluation *pass = &problem->pass;
  const size_t k = pass->n_classes;
  const size_t d = pass->x->n_cols;
  const double n = (double) pass->x->n_rows;
  const size_t n_chunks = ple_parallel_n_chunks (pass->x->n_rows, problem->chunk_size);
  double squares = 0;

  for (size_t c = 0; c < k; c++)
    {
      for (size_t f = 0; f < d; f++)
        problem->weights[c * d + f] = (float) at[c * (d + 1) + f];
      problem->biases[c] = at[c * (d + 1) + d];
    }
  if (!ple_parallel_for (pass->x->n_rows, problem->chunk_size, evaluate_chunk, pass, pass->progress,
                         error))
    return FALSE;
  memset (gradient, 0, problem->n_values * sizeof *gradient);
  *loss = 0;
  for (size_t p = 0; p < n_chunks; p++)
    {
      const float *partial = pass->gradients + p * k * d;
      const double *sums = pass->sums + p * (k + 1);

      *loss += sums[k] / n;
      for (size_t c = 0; c < k; c++)
        {
          for (size_t f = 0; f < d; f++)
            gradient[c * (d + 1) + f] += (double) partial[c * d + f] / n;
          gradient[c * (d + 1) + d] += sums[c] / n;
        }
    }
  for (size_t c = 0; c < k; c++)
    for (size_t f = 0; f < d; f++)
      {
        const double weight = at[c * (d + 1) + f];

        squares += weight * weight;
        gradient[c * (d + 1) + f] += problem->penalty * weight;
      }
  *loss += problem->penalty / 2 * squares;
  return TRUE;
}

/* The last steps and changes of the gradient, as a ring. */
typedef struct
{
  size_t n_values;
  double *steps;
  double *changes;
  double rho[MEMORY];
  size_t n;
  size_t next;
} History;

static void
remember (History *history, const double *step, const double *change)
{
  const double curvature = dot (history->n_values, step, change);

  if (curvature <= 1e-12 * dot (history->n_values, change, change))
    return;
  memcpy (history->steps + history->next * history->n_values, step,
          history->n_values * sizeof *step);
  memcpy (history->changes + history->next * history->n_values, change,
          history->n_values * sizeof *change);
  history->rho[history->next] = 1 / curvature;
  history->next = (history->next + 1) % MEMORY;
  history->n = MIN (history->n + 1, MEMORY);
}

/* @direction: minus the inverse Hessian, as far as it is known, times @gradient: the two loops of
 * Nocedal and Wright 2006, algorithm 7.4. */
static void
find_direction (const History *history, const double *gradient, double *direction)
{
  const size_t n_values = history->n_values;
  double alpha[MEMORY];

  for (size_t i = 0; i < n_values; i++)
    direction[i] = -gradient[i];
  for (size_t back = 0; back < history->n; back++)
    {
      const size_t slot = (history->next + MEMORY - 1 - back) % MEMORY;
      const double *change = history->changes + slot * n_values;

      alpha[slot] =
          history->rho[slot] * dot (n_values, history->steps + slot * n_values, direction);
      for (size_t i = 0; i < n_values; i++)
        direction[i] -= alpha[slot] * change[i];
    }
  if (history->n > 0)
    {
      const size_t slot = (history->next + MEMORY - 1) % MEMORY;
      const double *change = history->changes + slot * n_values;
      const double scale = 1 / (history->rho[slot] * dot (n_values, change, change));

      for (size_t i = 0; i < n_values; i++)
        direction[i] *= scale;
    }
  for (size_t forth = history->n; forth > 0; forth--)
    {
      const size_t slot = (history->next + MEMORY - forth) % MEMORY;
      const double *step = history->steps + slot * n_values;
      const double beta =
          history->rho[slot] * dot (n_values, history->changes + slot * n_values, direction);

      for (size_t i = 0; i < n_values; i++)
        direction[i] += (alpha[slot] - beta) * step[i];
    }
}

static double
largest (size_t n, const double *values)
{
  double most = 0;

  for (size_t i = 0; i < n; i++)
    most = MAX (most, fabs (values[i]));
  return most;
}

/* Working arrays of n_values each. */
typedef struct
{
  double *gradient, *direction, *trial, *trial_gradient, *change;
} Work;

/* Goes along work->direction until the loss has fallen enough (Armijo). On success model->weights,
 * @loss and work->gradient are those of the new place and @history knows the step; @moved is FALSE
 * if no step makes the loss fall. */
static gboolean
search_line (Problem *problem,
             PleLogistic *model,
             Work *work,
             History *history,
             double *loss,
             gboolean *moved,
             GError **error)
{
  const size_t n = problem->n_values;
  const double slope = dot (n, work->direction, work->gradient);
  double step = history->n > 0 ? 1 : MIN (1, 1 / MAX (sqrt (-slope), 1e-12));

  *moved = FALSE;
  for (size_t attempt = 0; slope < 0 && attempt < MAX_BACKTRACKS; attempt++, step /= 2)
    {
      double trial_loss;

      for (size_t i = 0; i < n; i++)
        work->trial[i] = model->weights[i] + step * work->direction[i];
      if (!evaluate (problem, work->trial, &trial_loss, work->trial_gradient, error))
        return FALSE;
      if (!(trial_loss <= *loss + 1e-4 * step * slope))
        continue;
      for (size_t i = 0; i < n; i++)
        {
          work->change[i] = work->trial_gradient[i] - work->gradient[i];
          work->direction[i] *= step;
        }
      remember (history, work->direction, work->change);
      memcpy (model->weights, work->trial, n * sizeof *work->trial);
      memcpy (work->gradient, work->trial_gradient, n * sizeof *work->gradient);
      *loss = trial_loss;
      *moved = TRUE;
      break;
    }
  return TRUE;
}

static gboolean
descend (Problem *problem,
         PleLogistic *model,
         size_t max_iterations,
         Work *work,
         History *history,
         PleProgress *progress,
         GError **error)
{
  double loss;
  gboolean moved = TRUE;

  if (!evaluate (problem, model->weights, &loss, work->gradient, error))
    return FALSE;
  for (model->n_iterations = 0; model->n_iterations < max_iterations && moved;
       model->n_iterations++)
    {
      if (!ple_progress_report (progress, (double) model->n_iterations / (double) max_iterations,
                                error))
        return FALSE;
      model->converged = largest (problem->n_values, work->gradient) < GRADIENT_TOLERANCE;
      if (model->converged || ple_progress_is_stop_requested (progress))
        break;
      find_direction (history, work->gradient, work->direction);
      if (!search_line (problem, model, work, history, &loss, &moved, error))
        return FALSE;
    }
  /* In float no step may make the loss fall any more: that is the bottom, too. */
  model->converged = model->converged || !moved;
  return TRUE;
}

gboolean
ple_logistic_fit (PleLogistic *model,
                  const PleMatrix *x,
                  const gint32 *classes,
                  double penalty,
                  size_t max_iterations,
                  PleProgress *progress,
                  GError **error)
{
  const size_t k = model->n_classes;
  const size_t d = x->n_cols;
  const size_t n_values = k * (d + 1);
  Problem problem = {
    .pass = { .x = x, .classes = classes, .n_classes = k, .progress = progress },
    .n_values = n_values,
    .chunk_size = MAX (2 * ROWS, (x->n_rows + MAX_CHUNKS - 1) / MAX_CHUNKS),
    .penalty = penalty,
  };
  const size_t n_chunks = ple_parallel_n_chunks (x->n_rows, problem.chunk_size);
  g_autofree float *weights = g_new (float, k *d);
  g_autofree double *biases = g_new (double, k);
  g_autofree float *gradients = g_new (float, n_chunks *k *d);
  g_autofree double *sums = g_new (double, n_chunks *(k + 1));
  g_autofree double *memory = g_new (double, (5 + 2 * MEMORY) * n_values);
  Work work = { memory, memory + n_values, memory + 2 * n_values, memory + 3 * n_values,
                memory + 4 * n_values };
  History history = { .n_values = n_values,
                      .steps = memory + 5 * n_values,
                      .changes = memory + (5 + MEMORY) * n_values };

  problem.weights = weights;
  problem.biases = biases;
  problem.pass.weights = weights;
  problem.pass.biases = biases;
  problem.pass.gradients = gradients;
  problem.pass.sums = sums;
  model->converged = FALSE;
  return descend (&problem, model, max_iterations, &work, &history, progress, error);
}

typedef struct
{
  const PleLogistic *model;
  const PleMatrix *x;
  const float *weights;
  gint32 *predicted;
} Prediction;

static void
predict_chunk (const PleChunk *chunk, gpointer data)
{
  Prediction *pass = data;
  const size_t k = pass->model->n_classes;
  const size_t d = pass->x->n_cols;
  const size_t n = chunk->end - chunk->begin;
  g_autofree float *logits = g_new (float, n *k);

  ple_gemm (FALSE, TRUE, n, k, d, 1.0f, ple_matrix_row (pass->x, chunk->begin), d, pass->weights, d,
            0.0f, logits, k);
  for (size_t i = 0; i < n; i++)
    {
      double best = -INFINITY;

      for (size_t c = 0; c < k; c++)
        {
          double logit = (double) logits[i * k + c] + pass->model->weights[c * (d + 1) + d];

          if (logit > best)
            {
              best = logit;
              pass->predicted[chunk->begin + i] = (gint32) c;
            }
        }
    }
}

gboolean
ple_logistic_predict (const PleLogistic *model,
                      const PleMatrix *x,
                      gint32 *predicted,
                      PleProgress *progress,
                      GError **error)
{
  const size_t d = model->n_cols;
  g_autofree float *weights = g_new (float, model->n_classes *d);
  Prediction pass = { model, x, weights, predicted };

  for (size_t c = 0; c < model->n_classes; c++)
    for (size_t f = 0; f < d; f++)
      weights[c * d + f] = (float) model->weights[c * (d + 1) + f];
  return ple_parallel_for (x->n_rows, ROWS, predict_chunk, &pass, progress, error);
}
