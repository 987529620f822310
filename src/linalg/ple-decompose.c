/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dense symmetric eigenproblem and SVD by LAPACK (divide and conquer), in double. */
#include "config.h"

#include "linalg/ple-linalg.h"

#include "base/ple-error.h"
#include "linalg/ple-blas-private.h"

#include <math.h>
#include <string.h>

static gboolean
fail_convergence (const char *what, GError **error)
{
  g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NO_CONVERGENCE,
               "the %s did not converge", what);
  return FALSE;
}

static gboolean
check_order (size_t n, GError **error)
{
  if (n <= PLE_DENSE_MAX)
    return TRUE;
  g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_SHAPE,
               "a dense decomposition of order %" G_GSIZE_FORMAT " is too large, at most %d", n,
               PLE_DENSE_MAX);
  return FALSE;
}

/* LAPACK may loop for ever on NaN. */
static gboolean
check_finite (size_t n, const double *values, GError **error)
{
  for (size_t i = 0; i < n; i++)
    if (!isfinite (values[i]))
      {
        g_set_error_literal (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NOT_FINITE,
                             "the matrix holds a value that is not a number or infinite");
        return FALSE;
      }
  return TRUE;
}

static void
reverse_rows (size_t n, double *a)
{
  for (size_t i = 0, j = n; i + 1 < j; i++)
    {
      j--;
      for (size_t f = 0; f < n; f++)
        {
          double swap = a[i * n + f];

          a[i * n + f] = a[j * n + f];
          a[j * n + f] = swap;
        }
    }
}

gboolean
ple_eigen_symmetric (size_t n, double *a, double *values, GError **error)
{
  int n_ = (int) n, lwork = -1, liwork = -1, info = 0, int_size = 0;
  double size = 0;
  g_autofree double *work = NULL;
  g_autofree int *iwork = NULL;

  if (n == 0)
    return TRUE;
  if (!check_order (n, error) || !check_finite (n * n, a, error))
    return FALSE;
  dsyevd_ ("V", "U", &n_, a, &n_, values, &size, &lwork, &int_size, &liwork, &info, 1, 1);
  lwork = (int) size;
  liwork = int_size;
  work = ple_doubles_new ((size_t) lwork, 1, error);
  if (work == NULL)
    return FALSE;
  iwork = g_new (int, (size_t) MAX (liwork, 1));
  dsyevd_ ("V", "U", &n_, a, &n_, values, work, &lwork, iwork, &liwork, &info, 1, 1);
  if (info != 0)
    return fail_convergence ("symmetric eigenproblem", error);

  /* Fortran's columns, ascending, are our rows. */
  reverse_rows (n, a);
  for (size_t i = 0, j = n - 1; i < j; i++, j--)
    {
      double swap = values[i];

      values[i] = values[j];
      values[j] = swap;
    }
  for (size_t i = 0; i < n; i++)
    ple_fix_sign (n, a + i * n);
  return TRUE;
}

/* u (m, r) and vt (r, n): turns each pair so that the largest |entry| of the row of vt is positive.
 */
static void
fix_pair_signs (size_t m, size_t n, size_t r, double *u, double *vt)
{
  for (size_t j = 0; j < r; j++)
    if (ple_fix_sign (n, vt + j * n))
      for (size_t i = 0; i < m; i++)
        u[i * r + j] = -u[i * r + j];
}

gboolean
ple_svd (const PleMatrix *a, PleMatrix **u, PleMatrix **s, PleMatrix **vt, GError **error)
{
  size_t m = a->n_rows, n = a->n_cols, r = MIN (m, n);
  int m_ = (int) m, n_ = (int) n, r_ = (int) r, lwork = -1, info = 0;
  double size = 0;
  g_autofree double *work = NULL;
  g_autofree double *copy = NULL;
  g_autofree double *left = NULL;
  g_autofree double *values = NULL;
  g_autofree double *right = NULL;
  g_autofree int *iwork = NULL;
  g_autoptr (PleMatrix) out_u = NULL;
  g_autoptr (PleMatrix) out_s = NULL;
  g_autoptr (PleMatrix) out_vt = NULL;

  if (!check_order (r, error) ||
      !ple_matrix_check_finite (a, "singular value decomposition", error) ||
      (copy = ple_doubles_new (m, n, error)) == NULL ||
      (left = ple_doubles_new (m, r, error)) == NULL ||
      (right = ple_doubles_new (r, n, error)) == NULL)
    return FALSE;
  values = g_new0 (double, MAX (r, 1));
  for (size_t i = 0; i < m * n; i++)
    copy[i] = (double) a->data[i];

  if (r > 0)
    {
      /* To Fortran our matrix is its transpose, V S U': its "U" is our vt and its "VT" our u. */
      iwork = g_new (int, 8 * r);
      dgesdd_ ("S", &n_, &m_, copy, &n_, values, right, &n_, left, &r_, &size, &lwork, iwork, &info,
               1);
      if (!(size <= G_MAXINT) || MAX (m, n) > G_MAXINT)
        {
          g_set_error_literal (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_SHAPE,
                               "the matrix is too large for a singular value decomposition");
          return FALSE;
        }
      lwork = (int) size;
      work = ple_doubles_new ((size_t) lwork, 1, error);
      if (work == NULL)
        return FALSE;
      dgesdd_ ("S", &n_, &m_, copy, &n_, values, right, &n_, left, &r_, work, &lwork, iwork, &info,
               1);
      if (info != 0)
        return fail_convergence ("singular value decomposition", error);
      fix_pair_signs (m, n, r, left, right);
    }

  if ((u != NULL && (out_u = ple_matrix_from_doubles (m, r, left, error)) == NULL) ||
      (s != NULL && (out_s = ple_matrix_from_doubles (1, r, values, error)) == NULL) ||
      (vt != NULL && (out_vt = ple_matrix_from_doubles (r, n, right, error)) == NULL))
    return FALSE;
  if (u != NULL)
    *u = g_steal_pointer (&out_u);
  if (s != NULL)
    *s = g_steal_pointer (&out_s);
  if (vt != NULL)
    *vt = g_steal_pointer (&out_vt);
  return TRUE;
}
