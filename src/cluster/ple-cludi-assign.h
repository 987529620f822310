/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cluster/ple-cludi-net.h"

G_BEGIN_DECLS

/**
 * PleCludiAssign:
 * @n: rows of room
 * @x0: (n, d) estimates, filled by the caller
 * @logits: (n, K)
 * @shares: (n, K) softmax (logits / temperature); may be filled by the caller instead
 * @embedding: (n, d) sqrt (d) times the unit vector along sum_k shares_k centre_k
 * @d_logits: (n, K) gradient, filled by the caller, completed by the backward pass
 * @d_embedding: (n, d) gradient, filled by the caller
 * @d_x0: (n, d) gradient
 *
 * From an estimate to logits, shares and embedding, and back.
 */
typedef struct
{
  size_t n;
  float *x0;
  float *logits;
  float *shares;
  float *embedding;
  float *d_logits;
  float *d_embedding;
  float *d_x0;
  /*< private >*/
  float *hidden;       /* (n, d) with a deep head */
  float *hidden_slope; /* (n, d) with a deep head */
  float *norms;        /* n: of the sums of centres */
  float *d_shares;     /* (n, K) */
  float *d_sum;        /* (n, d) */
  PleMatrix *storage;
} PleCludiAssign;

PleCludiAssign *
ple_cludi_assign_new (const PleCludiNet *net, size_t n, gboolean training, GError **error);
void ple_cludi_assign_free (PleCludiAssign *assign);

/* Rows begin..end - 1: logits of the estimates. */
void ple_cludi_assign_logits_rows (const PleCludiNet *net,
                                   PleCludiAssign *assign,
                                   size_t begin,
                                   size_t end);
/* Shares of the logits and their embedding. */
void ple_cludi_assign_shares_rows (
    const PleCludiNet *net, double temperature, PleCludiAssign *assign, size_t begin, size_t end);
/* The embedding of the shares alone. */
void ple_cludi_assign_embed_rows (const PleCludiNet *net,
                                  PleCludiAssign *assign,
                                  size_t begin,
                                  size_t end);

/**
 * ple_cludi_assign_backward_rows:
 * @temperature: as in the forward pass
 * @through_embedding: whether @d_embedding counts
 *
 * @d_logits += what comes through the embedding; then @d_x0.
 */
void ple_cludi_assign_backward_rows (const PleCludiNet *net,
                                     double temperature,
                                     gboolean through_embedding,
                                     PleCludiAssign *assign,
                                     size_t begin,
                                     size_t end);
/* Adds the gradient of the layer of the logits over the first @n_rows. */
gboolean ple_cludi_assign_collect (const PleCludiNet *net,
                                   const PleCludiAssign *assign,
                                   size_t n_rows,
                                   PleMatrix *gradient,
                                   PleProgress *progress,
                                   GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleCludiAssign, ple_cludi_assign_free)

G_END_DECLS
