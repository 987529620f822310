/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-progress.h"
#include "linalg/ple-matrix.h"

/* @mean (d): of the rows, in double; same bits for any number of threads. */
gboolean ple_column_means (const PleMatrix *x, double *mean, PleProgress *progress, GError **error);

/* (transfer full) (nullable): the rows minus @mean, times @scale. */
PleMatrix *ple_matrix_centre (
    const PleMatrix *x, const double *mean, double scale, PleProgress *progress, GError **error);

/* @largest: |x - mean| at most, 0 without elements. */
gboolean ple_matrix_reach (
    const PleMatrix *x, const double *mean, double *largest, PleProgress *progress, GError **error);
