/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "linalg/ple-matrix.h"

/* The Fortran symbols of BLAS and LAPACK that we call: column-major, each argument by address, and
 * at the end the hidden length of every character argument, without which a Fortran callee may
 * write over the caller's stack. */

#define PLE_DENSE_MAX 2048

extern void openblas_set_num_threads (int n);

extern void sgemm_ (const char *trans_a,
                    const char *trans_b,
                    const int *m,
                    const int *n,
                    const int *k,
                    const float *alpha,
                    const float *a,
                    const int *lda,
                    const float *b,
                    const int *ldb,
                    const float *beta,
                    float *c,
                    const int *ldc,
                    size_t length_trans_a,
                    size_t length_trans_b);
extern void dgemm_ (const char *trans_a,
                    const char *trans_b,
                    const int *m,
                    const int *n,
                    const int *k,
                    const double *alpha,
                    const double *a,
                    const int *lda,
                    const double *b,
                    const int *ldb,
                    const double *beta,
                    double *c,
                    const int *ldc,
                    size_t length_trans_a,
                    size_t length_trans_b);
extern void dsyevd_ (const char *jobz,
                     const char *uplo,
                     const int *n,
                     double *a,
                     const int *lda,
                     double *w,
                     double *work,
                     const int *lwork,
                     int *iwork,
                     const int *liwork,
                     int *info,
                     size_t length_jobz,
                     size_t length_uplo);
extern void dgesdd_ (const char *jobz,
                     const int *m,
                     const int *n,
                     double *a,
                     const int *lda,
                     double *s,
                     double *u,
                     const int *ldu,
                     double *vt,
                     const int *ldvt,
                     double *work,
                     const int *lwork,
                     int *iwork,
                     int *info,
                     size_t length_jobz);
extern void dgeqrf_ (const int *m,
                     const int *n,
                     double *a,
                     const int *lda,
                     double *tau,
                     double *work,
                     const int *lwork,
                     int *info);
extern void dorgqr_ (const int *m,
                     const int *n,
                     const int *k,
                     double *a,
                     const int *lda,
                     const double *tau,
                     double *work,
                     const int *lwork,
                     int *info);

/* ple_gemm() in double. */
void ple_dgemm (gboolean transpose_a,
                gboolean transpose_b,
                size_t m,
                size_t n,
                size_t k,
                double alpha,
                const double *a,
                size_t lda,
                const double *b,
                size_t ldb,
                double beta,
                double *c,
                size_t ldc);

/* n_rows x n_cols zeros, for g_free(); %NULL with %PLE_NUMERIC_ERROR_NO_MEMORY. */
double *ple_doubles_new (size_t n_rows, size_t n_cols, GError **error);

/* The same numbers in float. (transfer full) (nullable) */
PleMatrix *
ple_matrix_from_doubles (size_t n_rows, size_t n_cols, const double *values, GError **error);

/* Turns @vector so that its largest |entry| (the first of equals) is positive. Returns: whether it
 * was turned */
gboolean ple_fix_sign (size_t n, double *vector);
