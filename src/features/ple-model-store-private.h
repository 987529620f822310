/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-json.h"
#include "features/ple-model-store.h"

G_BEGIN_DECLS

/* A model is one of these; shards are named by an index. */
#define PLE_MODEL_CONFIG "config.json"
#define PLE_MODEL_WEIGHTS "model.safetensors"
#define PLE_MODEL_INDEX "model.safetensors.index.json"

#define PLE_MODEL_MAX_CONFIG ((size_t) 1 << 20)
#define PLE_MODEL_MAX_INDEX ((size_t) 64 << 20)

/**
 * ple_model_index_list_shards:
 * @path: of the index file
 * @error: return location
 *
 * Returns: (transfer full) (element-type utf8) (nullable): each file once, sorted; %NULL with
 *   %PLE_FILE_ERROR_FORMAT if it is no index, or one that names a file outside of its folder
 */
GPtrArray *ple_model_index_list_shards (const char *path, GError **error);

/* What a config.json says: a family of #PleKnownModel or its model_type (borrowed from @config, or
 * constant), and the dimension of the vectors or 0. @name: of the folder, which tells DINO from
 * ViT. */
const char *ple_model_config_get_family (JsonObject *config, const char *name);
guint ple_model_config_get_dimension (JsonObject *config);

G_END_DECLS
