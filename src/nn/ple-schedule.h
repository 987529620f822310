/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stddef.h>

G_BEGIN_DECLS

/* Schedules are functions of the step, so a run that goes on from a checkpoint needs only its step.
 */

/* final + (first - final) / 2 (1 + cos (pi i / n)): first at 0, final at n. */
double ple_schedule_cosine (double first, double final, size_t i, size_t n);
/* first + (final - first) i / n, constant from n on. */
double ple_schedule_linear (double first, double final, size_t i, size_t n);

/**
 * ple_schedule_warmup_cosine:
 * @peak: after the warm-up
 * @final: approached at the end, not reached within the @n_total steps
 * @n_warmup: steps of the linear rise from 0 to @peak, both ends included: step 0 has 0
 * @n_total: all steps
 * @i: 0 <= i < n_total
 */
double
ple_schedule_warmup_cosine (double peak, double final, size_t n_warmup, size_t n_total, size_t i);

G_END_DECLS
