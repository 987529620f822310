/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "dataset/ple-thumbnails.h"

G_BEGIN_DECLS

/* Where the packed file lies. (transfer full) */
char *ple_thumbnails_dup_cache_path (PleDataset *dataset, const char *cache_dir);
/* Records that can be found at the moment. */
size_t ple_thumbnails_get_n_cached (PleThumbnails *thumbnails);

G_END_DECLS
