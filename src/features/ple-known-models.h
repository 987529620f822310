/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The hub that the models of the table are on. */
#define PLE_HUB_ADDRESS "https://huggingface.co"

/**
 * PleKnownModel:
 * @repository: on the hub, "facebook/dinov2-small"
 * @family: the short name to ask by: "dinov2", "dinov3", "clip", "vit", "dino", "msn", "mae",
 *   "convnext", "resnet"
 * @title: a name for the person, not translated
 * @dimension: of its vectors
 * @bytes: of its weight file in float32, to a few per cent
 * @licence: as the repository states it; where the authors' own differs, both
 * @gated: the hub gives it only to who has accepted its licence
 * @good_for: N_(): a sentence
 *
 * A vision model that this program reads, in a constant table. Within a family the rows stand from
 * small to large.
 */
typedef struct
{
  const char *repository;
  const char *family;
  const char *title;
  guint dimension;
  guint64 bytes;
  const char *licence;
  gboolean gated;
  const char *good_for;
} PleKnownModel;

/* (array length=n): all rows, by family */
const PleKnownModel *ple_known_models_list (size_t *n);

/* By repository, or by its part behind the '/'; letters' case does not matter. (nullable) */
const PleKnownModel *ple_known_models_find (const char *name);

/* Whether @name is one of the families. */
gboolean ple_known_models_is_family (const char *name);

/* Where a person reads about it and accepts its licence. (transfer full) */
char *ple_known_model_build_page (const PleKnownModel *model);

G_END_DECLS
