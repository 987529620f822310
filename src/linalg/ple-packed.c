/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "linalg/ple-packed.h"

#include "base/ple-error.h"
#include "linalg/ple-packed-private.h"

#include <stdlib.h>

#define ALIGNMENT 64

static const PlePackedKernel *const kernels[] = {
#if PLE_PACKED_X86
  &ple_packed_avx512,
  &ple_packed_avx2,
#endif
  &ple_packed_baseline,
};

const PlePackedKernel *
ple_packed_get_kernel (size_t i)
{
  for (size_t k = 0; k < G_N_ELEMENTS (kernels); k++)
    if (kernels[k]->is_supported () && i-- == 0)
      return kernels[k];
  return NULL;
}

PlePacked *
ple_packed_new (size_t n_out, size_t n_in, GError **error)
{
  return ple_packed_new_for_kernel (ple_packed_get_kernel (0), n_out, n_in, error);
}

PlePacked *
ple_packed_new_for_kernel (const PlePackedKernel *kernel, size_t n_out, size_t n_in, GError **error)
{
  gsize n_panels = n_out / kernel->n_cols + (n_out % kernel->n_cols != 0);
  gsize n_rows, n_floats, size;
  PlePacked *packed;
  void *memory = NULL;

  g_return_val_if_fail (n_out > 0 && n_in > 0, NULL);
  if (!g_size_checked_mul (&n_rows, n_panels, kernel->n_cols) ||
      !g_size_checked_mul (&n_floats, n_rows, n_in) ||
      !g_size_checked_mul (&size, n_floats, sizeof (float)) ||
      !g_size_checked_add (&size, size, ALIGNMENT) || (memory = calloc (1, size)) == NULL)
    {
      g_set_error (error, PLE_NUMERIC_ERROR, PLE_NUMERIC_ERROR_NO_MEMORY,
                   "no memory for weights of %" G_GSIZE_FORMAT " x %" G_GSIZE_FORMAT, n_out, n_in);
      return NULL;
    }
  packed = g_new (PlePacked, 1);
  *packed = (PlePacked){ .kernel = kernel, .n_out = n_out, .n_in = n_in, .n_panels = n_panels };
  packed->memory = memory;
  packed->panels = (float *) (((guintptr) memory + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
  return packed;
}

void
ple_packed_free (PlePacked *packed)
{
  if (packed == NULL)
    return;
  free (packed->memory);
  g_free (packed);
}

void
ple_packed_set_rows (
    PlePacked *packed, size_t first, size_t n_rows, const float *weights, size_t stride)
{
  size_t n_cols = packed->kernel->n_cols, n_in = packed->n_in;

  g_return_if_fail (first <= packed->n_out && n_rows <= packed->n_out - first);
  /* Sixteen rows at a time write whole cache lines. */
  for (size_t row = first, n; row < first + n_rows; row += n)
    {
      float *panel = packed->panels + row / n_cols * n_cols * n_in + row % n_cols;
      const float *from = weights + (row - first) * stride;

      n = MIN (MIN (16, n_cols - row % n_cols), first + n_rows - row);
      for (size_t k = 0; k < n_in; k++)
        for (size_t i = 0; i < n; i++)
          panel[k * n_cols + i] = from[i * stride + k];
    }
}

size_t
ple_packed_get_n_out (const PlePacked *packed)
{
  return packed->n_out;
}

size_t
ple_packed_get_n_in (const PlePacked *packed)
{
  return packed->n_in;
}

size_t
ple_packed_get_scratch_size (void)
{
  return PLE_PACKED_X_ROWS * PLE_PACKED_X_STRIDE + PLE_PACKED_PARTIAL_FLOATS;
}

void
ple_packed_multiply (const PlePacked *packed,
                     size_t m,
                     const float *x,
                     size_t x_stride,
                     const PleEpilogue *epilogue,
                     float *y,
                     size_t y_stride,
                     float *scratch)
{
  static const PleEpilogue plain = { .activation = PLE_ACTIVATION_NONE };

  packed->kernel->multiply (packed, m, x, x_stride, epilogue != NULL ? epilogue : &plain, y,
                            y_stride, scratch);
}
