/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-progress.h"

G_BEGIN_DECLS

/**
 * PleTsneField:
 *
 * The repulsion of t-SNE in O(n + m² log m), m the side of the padded grid.
 *
 * With phi(y) = sum_j 1 / (1 + |y - y_j|²), the repulsion of point i is -grad phi(y_i) / 2 and Z is
 * sum_i phi(y_i) - n. phi is the convolution of the points with one kernel: points are spread onto
 * a regular grid with quintic B-splines, convolved by FFT (zero padding to twice the side, so that
 * nothing wraps around), and phi and its gradient are read back with the same splines and their
 * derivatives. The spectrum of the kernel is divided by that of the splines, twice: the result is
 * the cardinal spline through the kernel's exact values.
 *
 * Differs from Linderman et al. 2019 (nodes of Lagrange polynomials per box, four charges, eight
 * transforms): one charge and two transforms, and an error that falls with the sixth power of the
 * spacing because the interpolant is smooth across cells. On 2 000 points over a disk of radius 30
 * the relative error of the gradient is 5e-4 at a spacing of 0.3 and 8e-3 at 0.5; three Lagrange
 * nodes per unit give 2e-2.
 *
 * The grid is anchored at the origin and has a fixed spacing, so the kernel's spectrum and the FFT
 * plans are kept until the layout outgrows the grid. Not thread-safe; loops run on the threads of
 * the progress.
 */
typedef struct _PleTsneField PleTsneField;

/**
 * ple_tsne_field_new:
 * @spacing: distance of grid nodes in units of the layout, such as 0.3 or 0.5
 * @n_threads: threads of the progress that ple_tsne_field_repel() will get
 *
 * Returns: (transfer full)
 */
PleTsneField *ple_tsne_field_new (double spacing, guint n_threads);
void ple_tsne_field_free (PleTsneField *field);

/**
 * ple_tsne_field_repel:
 * @n: points
 * @x: (n) finite
 * @y: (n) finite
 * @fx: (out caller-allocates): (n) sum_j w_ij² (x_i - x_j)
 * @fy: (out caller-allocates): (n)
 * @z: (out): Z
 * @progress: (nullable): threads and cancelling
 * @error: return location
 *
 * A layout wider than the largest grid is sampled more coarsely.
 *
 * Returns: %FALSE if cancelled, if memory for the grid is short, or if a coordinate is not finite
 * (%PLE_NUMERIC_ERROR_NO_CONVERGENCE)
 */
gboolean ple_tsne_field_repel (PleTsneField *field,
                               size_t n,
                               const float *x,
                               const float *y,
                               float *fx,
                               float *fy,
                               double *z,
                               PleProgress *progress,
                               GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleTsneField, ple_tsne_field_free)

G_END_DECLS
