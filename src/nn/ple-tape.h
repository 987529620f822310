/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "nn/ple-tensor.h"

G_BEGIN_DECLS

typedef struct _PleTape PleTape;
typedef struct _PleNode PleNode;

/**
 * PleTape:
 *
 * Records operations on tensors and differentiates them in reverse. The gradients are made of the
 * same operations, so that a gradient can be differentiated again: gradients through a training
 * step, Hessian products.
 *
 * A tape owns its nodes and lends them out: a `PleNode *` is valid until ple_tape_reset() or
 * ple_tape_free(). The usual step: parameters and data onto the tape, forward,
 * ple_tape_gradients(), ple_tape_check(), optimiser, reset. Memory of the nodes is kept by the tape
 * and used again after a reset, so that a training loop does not allocate.
 *
 * Failing: shapes that do not fit are errors of the programmer and abort. Cancelling and lack of
 * memory stick to the tape: the operations that follow do nothing, and ple_tape_check() tells. Read
 * no value before it has returned %TRUE.
 *
 * One thread uses a tape; the operations themselves run in parallel.
 */

/* @progress (nullable) gives threads and cancelling; kept. */
PleTape *ple_tape_new (const PleDevice *device, PleProgress *progress);
void ple_tape_free (PleTape *tape);
/* Drops all nodes, and an error. */
void ple_tape_reset (PleTape *tape);
/* Whether all operations since the last reset were done; sets @error (%G_IO_ERROR_CANCELLED,
 * %PLE_NUMERIC_ERROR_NO_MEMORY) otherwise. */
gboolean ple_tape_check (PleTape *tape, GError **error);
const PleDevice *ple_tape_get_device (PleTape *tape);

/* Leaves. A parameter is shared, not copied: it must not change before the reset; asking again for
 * the same tensor gives the same node. Gradients flow to parameters and variables, not to
 * constants.
 */
PleNode *ple_tape_parameter (PleTape *tape, PleTensor *tensor);
PleNode *ple_tape_variable (PleTape *tape, guint n_dims, const size_t *shape, const float *values);
PleNode *ple_tape_constant (PleTape *tape, guint n_dims, const size_t *shape, const float *values);
/* All entries @value. */
PleNode *ple_tape_full (PleTape *tape, guint n_dims, const size_t *shape, float value);
/* (n_rows, n_cols), from the host */
PleNode *ple_tape_matrix (PleTape *tape, const PleMatrix *matrix);

/* The value; its data is on the device. (transfer none) */
const PleTensor *ple_node_get_value (const PleNode *node);
/* Of a node with one entry; NaN if the tape has failed. */
double ple_node_get_number (const PleNode *node);
/* To the host. */
void ple_node_get_floats (const PleNode *node, float *values);
size_t ple_node_get_size (const PleNode *node, guint dim);
PleTape *ple_node_get_tape (const PleNode *node);

/**
 * ple_tape_gradients:
 * @output: any shape; the sum of its entries is differentiated
 * @inputs: (array length=n_inputs): nodes of the tape
 * @differentiable: whether the gradients are to be differentiated again; costs the memory of their
 * intermediates
 * @gradients: (out caller-allocates) (array length=n_inputs): one per input, of its shape; zeros
 * where the output does not depend on it
 *
 * Source: reverse accumulation, Linnainmaa 1970. Cost: a small multiple of the forward pass.
 */
void ple_tape_gradients (PleNode *output,
                         PleNode *const *inputs,
                         size_t n_inputs,
                         gboolean differentiable,
                         PleNode **gradients);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleTape, ple_tape_free)

G_END_DECLS
