/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "features/ple-model.h"

G_BEGIN_DECLS

/* One file each. */
extern const PleModel ple_model_hog_color;
extern const PleModel ple_model_patch_kmeans;
extern const PleModel ple_model_vision;

/* FALSE with %PLE_FILE_ERROR_UNSUPPORTED for a data set without pictures. */
gboolean ple_model_check_pictures (PleDataset *dataset, GError **error);

G_END_DECLS
