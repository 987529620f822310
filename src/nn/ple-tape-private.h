/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "nn/ple-tape.h"

G_BEGIN_DECLS

#define PLE_MAX_PARENTS 2

/**
 * PleBackward:
 * @node: of the forward pass
 * @gradient: of the output with respect to @node's value; same shape
 * @wanted: which parents need theirs
 * @out: (out): the gradient for each wanted parent, of the parent's shape, made by tape operations;
 * %NULL for zero
 */
typedef void (*PleBackward) (PleNode *node,
                             PleNode *gradient,
                             const gboolean *wanted,
                             PleNode **out);

struct _PleNode
{
  PleTape *tape;
  PleTensor *value;
  gboolean differentiable; /* a parameter or variable, or made of one while recording */
  PleNode *parents[PLE_MAX_PARENTS];
  PleBackward backward;
  size_t index; /* on the tape */
  /* What the operation needs to know again. */
  double number;
  gboolean flags[2];
  guint dims[PLE_MAX_DIMS];
  PleLayout layout;
  gint32 *rows; /* owned */
  size_t n_rows;
};

/* A node of that shape with room for its value. @a and @b may be NULL. Returns: the node; whether
 * to compute is ple_tape_is_ok(). */
PleNode *ple_tape_add (
    PleTape *tape, guint n_dims, const size_t *shape, PleNode *a, PleNode *b, PleBackward backward);
/* A node that shares the value of @a under another shape. */
PleNode *ple_tape_add_view (PleNode *a, guint n_dims, const size_t *shape, PleBackward backward);
gboolean ple_tape_is_ok (const PleTape *tape);
PleProgress *ple_tape_get_progress (const PleTape *tape);
/* What a device function returned. */
void ple_tape_done (PleTape *tape, gboolean ok);

G_END_DECLS
