/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-progress.h"
#include "linalg/ple-matrix.h"

G_BEGIN_DECLS

/**
 * PleClipText:
 *
 * The text side of a CLIP model with its tokenizer: sentences to vectors in the space of the
 * model's picture features. Weights are in memory, laid out for the products. Frozen; use from any
 * thread.
 *
 * Source: Radford et al. 2021.
 */
typedef struct _PleClipText PleClipText;

/**
 * ple_clip_text_open:
 * @folder: of the model, in the layout of the transformers library
 * @progress: (nullable): cancelling
 *
 * Returns: (transfer full) (nullable): a #PleFileError or #GFileError in one sentence that names
 * file, tensor or field, and what was expected; %PLE_FILE_ERROR_UNSUPPORTED for a model without a
 * text side
 */
PleClipText *ple_clip_text_open (const char *folder, PleProgress *progress, GError **error);
void ple_clip_text_free (PleClipText *model);

/* Length of the vectors. */
size_t ple_clip_text_get_n_features (const PleClipText *model);
/* Tokens that a text may have, start and end included: 77 for the official models. */
size_t ple_clip_text_get_n_context (const PleClipText *model);
/* What cosines are multiplied with before a softmax: exp (logit_scale). */
double ple_clip_text_get_scale (const PleClipText *model);

/**
 * ple_clip_text_encode:
 * @texts: (array length=n): UTF-8; what is longer than the context is cut
 *
 * Returns: (transfer full) (nullable): (n, n_features), not normalised; the errors of
 * ple_clip_tokenizer_encode(), or cancelled. Same bits for any number of threads
 */
PleMatrix *ple_clip_text_encode (const PleClipText *model,
                                 const char *const *texts,
                                 size_t n,
                                 PleProgress *progress,
                                 GError **error);

/**
 * ple_clip_text_encode_ids:
 * @ids: (n, n_context) as ple_clip_tokenizer_encode() fills them, each below the vocabulary's size
 *
 * The same from token ids.
 */
PleMatrix *ple_clip_text_encode_ids (
    const PleClipText *model, const gint32 *ids, size_t n, PleProgress *progress, GError **error);

/**
 * ple_clip_text_encode_names:
 * @names: (array length=n): of things
 *
 * Each name in several sentences ("a photo of a …", "a drawing of a …"), as the mean of their
 * directions: steadier than one sentence (Radford et al. 2021, section 3.1.4).
 *
 * Returns: (transfer full) (nullable): (n, n_features), rows of length one
 */
PleMatrix *ple_clip_text_encode_names (const PleClipText *model,
                                       const char *const *names,
                                       size_t n,
                                       PleProgress *progress,
                                       GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleClipText, ple_clip_text_free)

G_END_DECLS
