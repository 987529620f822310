/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "base/ple-environment.h"
#include "base/ple-job.h"

G_BEGIN_DECLS

typedef enum
{
  PLE_DOWNLOAD_ABSENT,
  PLE_DOWNLOAD_GATED, /* absent, and to be had only with a token that is not there */
  PLE_DOWNLOAD_HERE,
  PLE_DOWNLOAD_BROKEN, /* here, but a file is missing */
} PleDownloadState;

/**
 * PleDownloadItem:
 * @id: a repository ("facebook/dinov2-small"), a data set ("cifar10"), or the path of a model that
 *   is in no table; no two are alike
 * @is_dataset: which of the two lists it belongs to
 * @section: translated heading that it stands under
 * @title: for the person
 * @facts: translated: "384 dimensions · 88 MB · Apache-2.0"
 * @sentence: (nullable): translated: what it is good for
 * @note: (nullable): translated: how to get it, or what is wrong with it
 * @page: (nullable): where its licence is
 * @path: (nullable): where it is
 * @usable: a model that is here, whole, and of a family that the program reads
 * @is_best: the usable one that "auto" means
 * @part_bytes: that an earlier try has fetched
 *
 * A row of the page of models or of data sets. Constant once made.
 */
typedef struct
{
  char *id;
  gboolean is_dataset;
  char *section;
  char *title;
  char *facts;
  char *sentence;
  char *note;
  char *page;
  char *path;
  PleDownloadState state;
  gboolean usable;
  gboolean is_best;
  guint64 part_bytes;
} PleDownloadItem;

/**
 * PleDownloads:
 *
 * What can be downloaded, what is here, and what is on its way, for one window. Looking at the disk
 * and downloading happen on threads; a download is a #PleJob of its own, beside the queue of heavy
 * ones. Main thread only.
 *
 * Signals: "items-changed" (the disk was looked at); "item-changed" (const char *id: its job has
 * moved, ended or begun); "message" (const char *text: a sentence for the person).
 */
#define PLE_TYPE_DOWNLOADS (ple_downloads_get_type ())
G_DECLARE_FINAL_TYPE (PleDownloads, ple_downloads, PLE, DOWNLOADS, GObject)

/* @environment outlives it; @settings: the key "data-folder". */
PleDownloads *ple_downloads_new (const PleEnvironment *environment, GSettings *settings);

/* Looks at the disk anew. */
void ple_downloads_refresh (PleDownloads *downloads);

/* (transfer none) (element-type PleDownloadItem) (nullable): %NULL until the first look is done */
const GPtrArray *ple_downloads_get_items (PleDownloads *downloads);
/* The model of that folder. (transfer none) (nullable) */
const PleDownloadItem *ple_downloads_find_model (PleDownloads *downloads, const char *path);
/* What "auto" means: %NULL if no vision model is here. (transfer none) (nullable) */
const PleDownloadItem *ple_downloads_get_best_model (PleDownloads *downloads);
/* That runs. (transfer none) (nullable) */
PleJob *ple_downloads_get_job (PleDownloads *downloads, const char *id);
/* Why the last try failed; %NULL after a cancel. (transfer none) (nullable) */
const char *ple_downloads_get_failure (PleDownloads *downloads, const char *id);
/* One that runs, for a read-out: "facebook/dinov2-small 41 %", else "idle". (transfer full) */
char *ple_downloads_describe (PleDownloads *downloads);

/* Starts, or goes on with, the download of a known item; no effect while it runs. */
void ple_downloads_start (PleDownloads *downloads, const char *id);
void ple_downloads_cancel (PleDownloads *downloads, const char *id);

/* Looks for models in that folder from now on; says so if there are none. */
void ple_downloads_add_folder (PleDownloads *downloads, const char *path);

/* The address that the person has set; "" for none. (transfer full) */
char *ple_downloads_dup_mirror (PleDownloads *downloads);
gboolean ple_downloads_set_mirror (PleDownloads *downloads, const char *address, GError **error);

/* Where data sets go. (transfer full) */
char *ple_downloads_dup_data_folder (PleDownloads *downloads);
void ple_downloads_set_data_folder (PleDownloads *downloads, const char *path);

/* Cancels all and runs the main loop until the workers have ended: for closing. */
void ple_downloads_shut_down (PleDownloads *downloads);

G_END_DECLS
