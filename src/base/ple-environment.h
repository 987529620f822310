/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * PleEnvironment:
 * @data_dir: where projects lie, $XDG_DATA_HOME/pleiades
 * @cache_dir: thumbnails, $XDG_CACHE_HOME/pleiades
 * @frame_log: (nullable): PLEIADES_FRAME_LOG, file for one line a frame
 * @frame_sync: PLEIADES_FRAME_SYNC=1, wait for the display server in each frame
 *
 * What the environment variables say, read once by the two main functions (the only callers of
 * getenv) and passed down as a constant.
 */
typedef struct
{
  const char *data_dir;
  const char *cache_dir;
  const char *frame_log;
  gboolean frame_sync;
} PleEnvironment;

G_END_DECLS
