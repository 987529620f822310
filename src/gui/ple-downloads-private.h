/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "dataset/ple-known-datasets.h"
#include "features/ple-model-store.h"
#include "gui/ple-downloads.h"

G_BEGIN_DECLS

void ple_download_item_free (PleDownloadItem *item);
/* All rows of both pages. Reads the disk. (transfer full) (element-type PleDownloadItem) */
GPtrArray *ple_download_items_list (PleModelStore *store, const char *data_folder);

G_END_DECLS
