/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

/**
 * ple_make_model:
 * @folder: made if absent; files in it are replaced
 * @spec: a name of ple_make_model_list(), or "FAMILY key=value ...", both optionally followed by
 *   key=value: seed, dtype (f32, f16, bf16), shards (files to spread the tensors over), prefix
 *   (text before all names), and the numbers of the family's config.json by their names there
 *
 * Writes a model folder with the true names and shapes of the tensors and random weights, scaled so
 * that activations stay near 1: config.json, preprocessor_config.json, model.safetensors or shards.
 * Families: dinov2 dinov2_with_registers dinov3_vit clip vit vit_msn vit_mae convnext resnet.
 */
gboolean ple_make_model (const char *folder, const char *spec, GError **error);

/* Names of published models that can be imitated. (array zero-terminated=1) */
const char *const *ple_make_model_list (void);
