/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cluster/ple-cludi-net.h"

G_BEGIN_DECLS

/* One call of the denoiser, forward and backward, in three parts: the tokens of the times, the
 * branch of the features, and the rest. A call has n = B N rows: row r is draw r / N of feature row
 * r % n_features, where the features are N rows that the draws share (teacher, read-out) or n rows
 * of their own (student). The functions that end in _rows work on rows begin..end - 1 on the
 * calling thread, for use inside ple_parallel_for(): no row depends on another. */

/**
 * PleCludiTimes:
 * @n: times
 * @tokens: (n, H)
 * @d_tokens: (n, H) gradient, added up by ple_cludi_pass_collect()
 */
typedef struct
{
  size_t n;
  float *tokens;
  float *d_tokens;
  /*< private >*/
  float *waves;        /* (n, H) */
  float *hidden;       /* (n, 4 H) */
  float *hidden_slope; /* (n, 4 H) */
  PleMatrix *storage;
} PleCludiTimes;

PleCludiTimes *ple_cludi_times_new (const PleCludiNet *net, size_t n, GError **error);
void ple_cludi_times_free (PleCludiTimes *times);
/* Tokens of @times (n); clears the gradient. cos and sin of t f_j, f_j = 10000^(-j / (H / 2)),
 * cosines first; an odd H ends with a zero. */
void ple_cludi_times_forward (const PleCludiNet *net, const gint32 *times, PleCludiTimes *state);
gboolean ple_cludi_times_backward (const PleCludiNet *net,
                                   PleCludiTimes *state,
                                   PleMatrix *gradient,
                                   PleProgress *progress,
                                   GError **error);

/**
 * PleCludiFeatures:
 * @n: rows
 * @x: (n, D) features, to be filled by the caller with rows of length one
 * @out: (n, D)
 * @d_out: (n, D) gradient, added up by ple_cludi_pass_collect()
 */
typedef struct
{
  size_t n;
  float *x;
  float *out;
  float *d_out;
  /*< private >*/
  float *hidden;       /* (n, D) */
  float *hidden_slope; /* (n, D) */
  float *middle;       /* (n, D) standardised */
  float *middle_scale; /* n */
  float *d_middle;     /* (n, D) */
  PleMatrix *storage;
} PleCludiFeatures;

PleCludiFeatures *
ple_cludi_features_new (const PleCludiNet *net, size_t n, gboolean training, GError **error);
void ple_cludi_features_free (PleCludiFeatures *features);
void ple_cludi_features_forward_rows (const PleCludiNet *net,
                                      PleCludiFeatures *features,
                                      size_t begin,
                                      size_t end);
gboolean ple_cludi_features_backward (const PleCludiNet *net,
                                      PleCludiFeatures *features,
                                      PleMatrix *gradient,
                                      PleProgress *progress,
                                      GError **error);

/**
 * PleCludiPass:
 * @n: rows of room
 * @inputs: (n, 2 d): self-conditioning, then z; filled by the caller
 * @mask: (n, H) factors of the dropout, filled by the caller if asked for
 * @out: (n, d)
 * @d_out: (n, d) gradient of @out, filled by the caller before the backward pass
 * @d_inputs: (n, 2 d) gradient of @inputs
 */
typedef struct
{
  size_t n;
  float *inputs;
  float *mask;
  float *out;
  float *d_out;
  float *d_inputs;
  /*< private >*/
  float *cluster0, *cluster0_slope;            /* (n, 2 d) */
  float *cluster2, *cluster2_scale, *cluster3; /* (n, E), n, (n, E) */
  float *d_cluster2, *d_cluster3, *d_cluster4; /* (n, E) */
  float *hidden[PLE_CLUDI_N_TRUNK + 1];        /* (n, H): what each layer is given */
  float *slope[PLE_CLUDI_N_TRUNK];             /* (n, H) */
  float *narrow, *narrow_slope;                /* (n, d) */
  float *norm, *norm_scale, *normed;           /* (n, d), n, (n, d) */
  float *d_hidden;                             /* (n, H) */
  float *d_norm, *d_normed;                    /* (n, d) */
  PleMatrix *storage;
} PleCludiPass;

PleCludiPass *
ple_cludi_pass_new (const PleCludiNet *net, size_t n, gboolean training, GError **error);
void ple_cludi_pass_free (PleCludiPass *pass);

/**
 * ple_cludi_pass_forward_rows:
 * @features: their branch, computed
 * @n_draw: N, rows of a draw
 * @tokens: (draws, H) token of each draw, or (1, H) for all with @shared_token
 * @shared_token: whether all draws are at one time
 * @masked: whether the dropout factors apply
 * @keep: whether a backward pass will follow
 *
 * Multiply-adds per row: 4 d² + 2 d E + E² + 5 H² + H d + 2 d², beside 3 D² per row of the
 * features.
 */
void ple_cludi_pass_forward_rows (const PleCludiNet *net,
                                  const PleCludiFeatures *features,
                                  size_t n_draw,
                                  const float *tokens,
                                  gboolean shared_token,
                                  gboolean masked,
                                  gboolean keep,
                                  PleCludiPass *pass,
                                  size_t begin,
                                  size_t end);

/* From d_out to all slopes; d_inputs only if asked for. After a forward pass with @keep. */
void ple_cludi_pass_backward_rows (const PleCludiNet *net,
                                   gboolean masked,
                                   gboolean with_inputs,
                                   PleCludiPass *pass,
                                   size_t begin,
                                   size_t end);

/**
 * ple_cludi_pass_collect:
 * @n_rows: rows of the call
 * @d_tokens: as @tokens of the forward pass: gradients are added
 *
 * After the backward pass of all rows: adds the gradients of the weights to @gradient, of the
 * features to their d_out, of the tokens to @d_tokens.
 */
gboolean ple_cludi_pass_collect (const PleCludiNet *net,
                                 PleCludiPass *pass,
                                 size_t n_rows,
                                 size_t n_draw,
                                 gboolean masked,
                                 PleCludiFeatures *features,
                                 float *d_tokens,
                                 gboolean shared_token,
                                 PleMatrix *gradient,
                                 PleProgress *progress,
                                 GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleCludiTimes, ple_cludi_times_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleCludiFeatures, ple_cludi_features_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleCludiPass, ple_cludi_pass_free)

G_END_DECLS
