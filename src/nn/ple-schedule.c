/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "nn/ple-schedule.h"

#include <math.h>

double
ple_schedule_cosine (double first, double final, size_t i, size_t n)
{
  return final + (first - final) / 2 * (1 + cos (G_PI * (double) i / (double) MAX (n, 1)));
}

double
ple_schedule_linear (double first, double final, size_t i, size_t n)
{
  return i < n ? first + (final - first) * (double) i / (double) n : final;
}

double
ple_schedule_warmup_cosine (double peak, double final, size_t n_warmup, size_t n_total, size_t i)
{
  if (i < n_warmup)
    return n_warmup > 1 ? peak * (double) i / (double) (n_warmup - 1) : 0;
  return ple_schedule_cosine (peak, final, i - n_warmup, n_total - n_warmup);
}
