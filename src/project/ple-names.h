/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-progress.h"
#include "linalg/ple-labels.h"
#include "linalg/ple-matrix.h"

G_BEGIN_DECLS

/* Names for clusters out of a vocabulary, by a model that puts pictures and words in one space. */

#define PLE_VOCABULARY_MAX_BYTES ((size_t) 16 << 20)
#define PLE_VOCABULARY_MAX_WORDS 200000

/**
 * ple_vocabulary_load:
 * @path: UTF-8 text, a name per line; blank lines and lines that begin with '#' do not count
 *
 * Returns: (transfer full) (nullable): the names, without a repetition, in their order;
 * %PLE_FILE_ERROR_EMPTY if there is none, _FORMAT if it is not UTF-8, _TOO_LARGE beyond the limits
 */
char **ple_vocabulary_load (const char *path, GError **error);
/* The same from memory; @name is for messages. */
char **ple_vocabulary_parse (const char *text, size_t size, const char *name, GError **error);
/* About 1 500 English nouns that come with the program. (transfer full) */
char **ple_vocabulary_get_default (void);

/**
 * PleNameProposal:
 * @word: row of the vocabulary; %PLE_NO_WORD in a cluster without members
 * @cosine: between the cluster's and the word's direction
 * @share: of the softmax over the vocabulary at the model's temperature: how clear the choice is
 */
typedef struct
{
  guint32 word;
  float cosine;
  float share;
} PleNameProposal;

#define PLE_NO_WORD G_MAXUINT32

/**
 * ple_names_propose:
 * @features: (n, d) of the pictures, by the model's picture side
 * @labels: (n) clusters, below @n_clusters; -1 belongs to none
 * @words: (v, d) of the vocabulary, by the model's text side
 * @scale: of the cosines in the softmax: exp (logit_scale) of the model, 100 for CLIP
 * @n_top: names per cluster, 1 <= n_top <= v
 * @distinct: whether the first names of the clusters must differ
 * @proposals: (out caller-allocates): (n_clusters, n_top), best first
 *
 * A cluster's direction is the mean of its members' L2-normalised features. With @distinct the
 * first names are the assignment of largest summed cosine, one word a cluster, and the others
 * follow by cosine; it needs v >= n_clusters. Ties go to the earlier word.
 *
 * Cost: O(n d + n_clusters v d), and the assignment.
 *
 * Returns: %FALSE with %PLE_NUMERIC_ERROR_SHAPE or _NOT_FINITE, or if cancelled
 */
gboolean ple_names_propose (const PleMatrix *features,
                            const PleLabels *labels,
                            size_t n_clusters,
                            const PleMatrix *words,
                            double scale,
                            size_t n_top,
                            gboolean distinct,
                            PleNameProposal *proposals,
                            PleProgress *progress,
                            GError **error);

G_END_DECLS
