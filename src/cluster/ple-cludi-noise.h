/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-rng.h"

#include <stddef.h>

G_BEGIN_DECLS

/* Random numbers by the million: diffusion draws as many of them as it does multiplications by the
 * dozen, so they are made in blocks that vectorise. */

/* Independent unit normals (Box and Muller on 2 x 32 bits: none beyond 6.7). Absolute error of the
 * transform below 2e-6. */
void ple_cludi_fill_normal (PleRng *rng, float *values, size_t n);

/* 0 with probability @rate, else 1 / (1 - rate) if @rescale, else 1. The rate is rounded to
 * 1/65536.
 */
void ple_cludi_fill_mask (PleRng *rng, double rate, gboolean rescale, float *values, size_t n);

/* y = log (x) for x >= 1e-30; relative error below 3e-7. @y may be @x. */
void ple_cludi_log (size_t n, const float *x, float *y);

G_END_DECLS
