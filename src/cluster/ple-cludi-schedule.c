/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cluster/ple-cludi-schedule.h"

#include <math.h>

#define MAX_BETA 0.999
#define MIN_SNR_GAMMA 5.0

static double
sigmoid (double x)
{
  return 1 / (1 + exp (-x));
}

/* Share of the signal left at time u in [0, 1]. */
static double
signal_left (PleCludiNoise noise, double u)
{
  switch (noise)
    {
    case PLE_CLUDI_NOISE_COSINE:
      return pow (cos ((u + 0.008) / 1.008 * G_PI_2), 2);
    case PLE_CLUDI_NOISE_SIGMOID:
      return (sigmoid (3) - sigmoid (6 * u - 3)) / (sigmoid (3) - sigmoid (-3));
    case PLE_CLUDI_NOISE_SQRT:
    case PLE_CLUDI_NOISE_LINEAR:
    default:
      return 1 - sqrt (u + 1e-4);
    }
}

/* The share of the variance that step i takes. The linear one is that of 1 000 steps, stretched. */
static double
beta_of (PleCludiNoise noise, size_t i, size_t n, double factor, gboolean rescale)
{
  double before, after;

  if (noise == PLE_CLUDI_NOISE_LINEAR && !rescale)
    {
      double scale = 1000.0 / (double) n;

      return MIN (scale * (1e-4 + (0.02 - 1e-4) * (double) i / (double) (n - 1)), MAX_BETA);
    }
  before = signal_left (noise, (double) i / (double) n);
  after = signal_left (noise, (double) (i + 1) / (double) n);
  if (rescale)
    {
      before = before / (factor - (factor - 1) * before);
      after = after / (factor - (factor - 1) * after);
    }
  return MIN (1 - after / before, MAX_BETA);
}

PleCludiSchedule *
ple_cludi_schedule_new (PleCludiNoise noise, size_t n_steps, double factor, gboolean rescale)
{
  PleCludiSchedule *schedule = g_new0 (PleCludiSchedule, 1);
  double product = 1;

  g_return_val_if_fail (n_steps >= PLE_CLUDI_MIN_STEPS && factor > 0, schedule);

  schedule->n_steps = n_steps;
  schedule->factor = factor;
  schedule->alpha_bar = g_new (double, n_steps);
  for (size_t i = 0; i < n_steps; i++)
    {
      product *= 1 - beta_of (noise, i, n_steps, factor, rescale);
      schedule->alpha_bar[i] = (double) (float) product;
    }
  return schedule;
}

void
ple_cludi_schedule_free (PleCludiSchedule *schedule)
{
  if (schedule == NULL)
    return;
  g_free (schedule->alpha_bar);
  g_free (schedule);
}

double
ple_cludi_schedule_get_weight (const PleCludiSchedule *schedule, size_t t, gboolean v_prediction)
{
  double ratio = schedule->alpha_bar[t] / (1 - schedule->alpha_bar[t]);
  double weight = MIN (ratio, MIN_SNR_GAMMA);

  return v_prediction ? weight / (ratio + 1) : weight;
}

void
ple_cludi_schedule_fill_times (const PleCludiSchedule *schedule, size_t n_steps, gint32 *times)
{
  for (size_t i = 0; i <= n_steps; i++)
    times[n_steps - i] =
        (gint32) trunc (-1 + (double) schedule->n_steps * (double) i / (double) n_steps);
}

PleCludiJump
ple_cludi_schedule_get_jump (const PleCludiSchedule *schedule, size_t t, size_t next)
{
  const double now = schedule->alpha_bar[t], then = schedule->alpha_bar[next];
  const double sigma2 = MAX ((1 - now / then) * (1 - then) / (1 - now), 0);
  const double along = sqrt (MAX (1 - then - sigma2, 0));
  /* noise = (z / sqrt (now) - x0) / sqrt (1 / now - 1), without the division by a tiny number */
  const double of_z = 1 / sqrt (1 - now);
  const double of_x0 = -sqrt (now) / sqrt (1 - now);

  return (PleCludiJump){ .x0 = sqrt (then) + along * of_x0,
                         .z = along * of_z,
                         .noise = sqrt (sigma2) * schedule->factor };
}
