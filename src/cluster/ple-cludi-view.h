/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stddef.h>

G_BEGIN_DECLS

/* Limits of the corruption of a student's view, drawn once per draw. */
#define PLE_CLUDI_VIEW_MIN_NOISE 0.2
#define PLE_CLUDI_VIEW_MAX_NOISE 1.0
#define PLE_CLUDI_VIEW_MIN_DROP 0.05
#define PLE_CLUDI_VIEW_MAX_DROP 0.10

/**
 * ple_cludi_view:
 * @n_rows: rows
 * @n_cols: D
 * @noise: length of the added vector
 * @normals: (n_rows, D) its direction, of any length
 * @mask: (n_rows, D) 0 for what is dropped, else 1
 * @x: (n_rows, D) features; in place
 *
 * x = mask (x + noise normal / |normal|): what the student sees. The network scales the result to
 * length one, which the caller does by ple_cludi_unit_rows().
 */
void ple_cludi_view (
    size_t n_rows, size_t n_cols, double noise, const float *normals, const float *mask, float *x);

/* Rows to length one; a row of zeros stays. In place. */
void ple_cludi_unit_rows (size_t n_rows, size_t n_cols, float *x);

G_END_DECLS
