/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "linalg/ple-attention.h"
#include "linalg/ple-packed.h"

/* Columns of x that one pass of the kernel takes, so that its rows stay in the first cache. */
#define PLE_PACKED_DEPTH 384
/* Rows of x between two passes over a block of weights. */
#define PLE_PACKED_MAX_ROWS 384
/* Columns of y of one block of weights, when n_in takes several passes. */
#define PLE_PACKED_MAX_COLS 192
/* Of a block of weights, which stays in the second cache while all rows pass. */
#define PLE_PACKED_BLOCK_FLOATS ((size_t) 384 * 192)
/* Of the copied rows of x: no multiple of 4 KiB, or all rows fall into the same lines. */
#define PLE_PACKED_X_STRIDE (PLE_PACKED_DEPTH + 16)
#define PLE_PACKED_X_ROWS 16
/* Columns of the widest panel. */
#define PLE_PACKED_MAX_PANEL 32
/* Sums of the passes so far, in whole tiles. */
#define PLE_PACKED_PARTIAL_FLOATS ((PLE_PACKED_MAX_ROWS + PLE_PACKED_X_ROWS) * PLE_PACKED_MAX_COLS)

/**
 * PlePackedKernel:
 * @name: of the instruction set
 * @n_cols: rows of the weights that one panel holds
 * @is_supported: whether this processor has it
 * @multiply: ple_packed_multiply() for panels of @n_cols
 * @attend: ple_attention()
 */
typedef struct
{
  const char *name;
  size_t n_cols;
  gboolean (*is_supported) (void);
  void (*multiply) (const PlePacked *packed,
                    size_t m,
                    const float *x,
                    size_t x_stride,
                    const PleEpilogue *epilogue,
                    float *y,
                    size_t y_stride,
                    float *scratch);
  void (*attend) (const PleAttentionShape *shape,
                  size_t first,
                  size_t n_queries,
                  const float *queries,
                  const float *keys,
                  const float *values,
                  float *y,
                  size_t y_stride,
                  float *scratch);
} PlePackedKernel;

/* Where the parts of the work space of ple_attention() begin; enough for the widest panels. */
typedef struct
{
  size_t keys;
  size_t values;
  size_t scores;
  size_t shares;
  size_t rows;
  size_t size;
} PleAttentionLayout;

static inline PleAttentionLayout
ple_attention_layout (const PleAttentionShape *shape)
{
  size_t n_tokens = (shape->n_tokens + PLE_PACKED_MAX_PANEL - 1) / PLE_PACKED_MAX_PANEL;
  size_t n_channels = (shape->head_dim + PLE_PACKED_MAX_PANEL - 1) / PLE_PACKED_MAX_PANEL;
  size_t n_pieces = (shape->n_tokens + PLE_PACKED_DEPTH - 1) / PLE_PACKED_DEPTH;
  PleAttentionLayout layout = { 0 };

  n_tokens *= PLE_PACKED_MAX_PANEL;
  n_channels *= PLE_PACKED_MAX_PANEL;
  layout.values = layout.keys + n_tokens * n_channels;
  layout.scores = layout.values + n_tokens * n_channels;
  layout.shares = layout.scores + n_tokens * PLE_PACKED_X_ROWS;
  layout.rows = layout.shares + n_pieces * PLE_PACKED_X_ROWS * PLE_PACKED_X_STRIDE;
  layout.size = layout.rows + PLE_PACKED_X_ROWS * PLE_PACKED_X_STRIDE;
  return layout;
}

/* Panel j holds rows n_cols j .. n_cols (j + 1) - 1 of the weights as (n_in, n_cols); rows past
 * the end are zeros. */
struct _PlePacked
{
  const PlePackedKernel *kernel;
  size_t n_out;
  size_t n_in;
  size_t n_panels;
  float *panels; /* 64-byte aligned, inside: */
  void *memory;  /* from calloc(), so that zeros cost nothing */
};

#if defined(__x86_64__) && defined(__GNUC__)
#define PLE_PACKED_X86 1
extern const PlePackedKernel ple_packed_avx512;
extern const PlePackedKernel ple_packed_avx2;
#else
#define PLE_PACKED_X86 0
#endif
extern const PlePackedKernel ple_packed_baseline;

/* The i-th kernel that this processor can run, best first; %NULL after the last, the baseline. */
const PlePackedKernel *ple_packed_get_kernel (size_t i);
/* ple_packed_new() for a given kernel. */
PlePacked *ple_packed_new_for_kernel (const PlePackedKernel *kernel,
                                      size_t n_out,
                                      size_t n_in,
                                      GError **error);
