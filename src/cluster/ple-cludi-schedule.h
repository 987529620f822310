/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stddef.h>

G_BEGIN_DECLS

/* How fast the noise takes over. */
typedef enum
{
  PLE_CLUDI_NOISE_SQRT,    /* 1 - sqrt (u + 1e-4): Li et al. 2022; CLUDI's */
  PLE_CLUDI_NOISE_COSINE,  /* Nichol and Dhariwal 2021 */
  PLE_CLUDI_NOISE_LINEAR,  /* Ho et al. 2020 */
  PLE_CLUDI_NOISE_SIGMOID, /* Jabri et al. 2022, from -3 to 3 */
} PleCludiNoise;

/**
 * PleCludiSchedule:
 * @n_steps: T
 * @factor: F, standard deviation of the noise
 * @alpha_bar: T, share of the signal's variance that is left at each time, falling
 *
 * The diffusion: z_t = sqrt (alpha_bar_t) z_0 + sqrt (1 - alpha_bar_t) F N(0, I). Its entries are
 * rounded to float, as those of the original are.
 */
typedef struct
{
  size_t n_steps;
  double factor;
  double *alpha_bar;
} PleCludiSchedule;

/* Steps below this leave no room between two times. */
#define PLE_CLUDI_MIN_STEPS 2

/**
 * ple_cludi_schedule_new:
 * @n_steps: T >= 2
 * @factor: F > 0
 * @rescale: replace alpha_bar by alpha_bar / (F - (F - 1) alpha_bar), which divides the ratio of
 * signal to noise by F
 */
PleCludiSchedule *
ple_cludi_schedule_new (PleCludiNoise noise, size_t n_steps, double factor, gboolean rescale);
void ple_cludi_schedule_free (PleCludiSchedule *schedule);

/**
 * ple_cludi_schedule_get_weight:
 * @t: time
 * @v_prediction: whether the network predicts v
 *
 * Min-SNR weight with gamma = 5 (Hang et al. 2023): min (SNR, 5), over SNR + 1 for v.
 */
double
ple_cludi_schedule_get_weight (const PleCludiSchedule *schedule, size_t t, gboolean v_prediction);

/**
 * ple_cludi_schedule_fill_times:
 * @n_steps: of sampling
 * @times: (out caller-allocates): @n_steps + 1 times from T - 1 down to -1, which is no noise at
 * all
 */
void
ple_cludi_schedule_fill_times (const PleCludiSchedule *schedule, size_t n_steps, gint32 *times);

/**
 * PleCludiJump:
 * @x0: coefficient of the estimate
 * @z: of the noisy embedding
 * @noise: of a fresh unit normal
 *
 * One step of sampling, z' = x0 estimate + z z_t + noise N(0, I): stochastic DDIM with eta = 1
 * (Song et al. 2021, eq. 12), whose noise estimate is a function of estimate and z_t.
 */
typedef struct
{
  double x0;
  double z;
  double noise;
} PleCludiJump;

/* From time @t to @next >= 0. */
PleCludiJump ple_cludi_schedule_get_jump (const PleCludiSchedule *schedule, size_t t, size_t next);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleCludiSchedule, ple_cludi_schedule_free)

G_END_DECLS
