/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-progress.h"
#include "linalg/ple-matrix.h"

G_BEGIN_DECLS

/**
 * ple_linalg_init:
 *
 * Sets OpenBLAS to one thread (we parallelise over row blocks) and chooses the kernels for this
 * processor. Every program and every test that computes calls it once, before the first thread is
 * made.
 */
void ple_linalg_init (void);

/**
 * ple_gemm:
 * @transpose_a: whether A is stored (k, m)
 * @transpose_b: whether B is stored (n, k)
 * @m: rows of C
 * @n: columns of C
 * @k: inner size
 * @a: (m, k), or (k, m) if transposed, row stride @lda
 * @b: (k, n), or (n, k) if transposed, row stride @ldb
 * @c: (m, n), row stride @ldc: C = alpha A B + beta C
 *
 * One BLAS call on the calling thread, row-major. Sizes must fit in int.
 */
void ple_gemm (gboolean transpose_a,
               gboolean transpose_b,
               size_t m,
               size_t n,
               size_t k,
               float alpha,
               const float *a,
               size_t lda,
               const float *b,
               size_t ldb,
               float beta,
               float *c,
               size_t ldc);

/**
 * ple_matrix_multiply:
 * @a: (m, k)
 * @b: (k, n), or (n, k) if @transpose_b
 * @progress: (nullable): threads, report, cancel
 *
 * C = A B over row blocks of A, in parallel; the cancel flag is looked at between blocks.
 *
 * Returns: (transfer full) (nullable): (m, n)
 */
PleMatrix *ple_matrix_multiply (const PleMatrix *a,
                                const PleMatrix *b,
                                gboolean transpose_b,
                                PleProgress *progress,
                                GError **error);

/**
 * ple_eigen_symmetric:
 * @n: order, <= 2048
 * @a: (n, n) symmetric, double; overwritten by the eigenvectors, one per ROW, of the largest
 * eigenvalue first
 * @values: (out caller-allocates): n, descending
 *
 * Sign: the largest |entry| of each vector is positive. Returns: FALSE with
 * %PLE_NUMERIC_ERROR_NO_CONVERGENCE
 */
gboolean ple_eigen_symmetric (size_t n, double *a, double *values, GError **error);

/**
 * ple_svd:
 * @a: (m, n); any shape, min(m, n) <= 2048
 * @u: (out) (optional): (m, r), r = min(m, n)
 * @s: (out) (optional): (1, r), descending
 * @vt: (out) (optional): (r, n)
 */
gboolean ple_svd (const PleMatrix *a, PleMatrix **u, PleMatrix **s, PleMatrix **vt, GError **error);

/**
 * ple_pca:
 * @x: (n, d)
 * @n_components: q, 1 <= q <= min(n, d)
 * @mean: (out) (optional): (1, d)
 * @components: (out) (optional): (q, d), rows orthonormal, largest |loading| positive
 * @explained: (out) (optional): (1, q) share of the total variance of each
 *
 * Covariance by blocks in double, symmetric eigenproblem for d <= 2048 (or the Gram matrix for n <=
 * 2048 < d), block power iterations with a fixed start above. Same bits for any number of threads.
 *
 * Returns: (transfer full) (nullable): (n, q) scores of the centred rows
 */
PleMatrix *ple_pca (const PleMatrix *x,
                    size_t n_components,
                    PleMatrix **mean,
                    PleMatrix **components,
                    PleMatrix **explained,
                    PleProgress *progress,
                    GError **error);

G_END_DECLS
