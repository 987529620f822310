/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-rng.h"
#include "linalg/ple-matrix.h"
#include "base/ple-progress.h"

G_BEGIN_DECLS

/**
 * PleCompress:
 * @mean: (d)
 * @projection: (q, d): principal directions, each divided by its deviation to the power of the
 * whitening
 *
 * From long descriptions to short vectors: centre, project, divide each row by its length.
 */
typedef struct
{
  PleMatrix *mean;
  PleMatrix *projection;
} PleCompress;

/**
 * ple_compress_new:
 * @x: (n, d), n >= 1: what to learn from; its rows are CENTRED in place
 * @n_components: q; min (q, n - 1, d), but at least 1, are made
 * @whitening: 0 leaves the variances, 1 makes them equal
 * @rng: of the start
 *
 * Principal components by randomised subspace iteration in float: a random start of q + 16
 * directions, six rounds of X' X, then exact within that space. Source: Halko, Martinsson and Tropp
 * 2011, algorithms 4.4 and 5.1. Cost: 14 n d (q + 16) multiplications. Directions with less than
 * 1e-6 of the first one's variance are damped instead of blown up.
 */
PleCompress *ple_compress_new (PleMatrix *x,
                               size_t n_components,
                               double whitening,
                               const PleRng *rng,
                               PleProgress *progress,
                               GError **error);
void ple_compress_free (PleCompress *compress);

/* @out: (n, q). @centred: whether the mean was taken from the rows of @x already. Rows without
 * length stay zero. */
gboolean ple_compress_apply (const PleCompress *compress,
                             PleMatrix *x,
                             gboolean centred,
                             PleMatrix *out,
                             PleProgress *progress,
                             GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleCompress, ple_compress_free)

G_END_DECLS
