/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * PleEnvironment:
 * @data_dir: where projects lie, $XDG_DATA_HOME/pleiades
 * @cache_dir: thumbnails, $XDG_CACHE_HOME/pleiades
 * @hub_dir: (nullable): where other programs keep the models they fetched: HF_HUB_CACHE, else
 *   HF_HOME/hub, else $XDG_CACHE_HOME/huggingface/hub
 * @hub_address: (nullable): HF_ENDPOINT, the hub to download models from
 * @hub_token: (nullable): HF_TOKEN, for models whose licence has to be accepted first
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
  const char *hub_dir;
  const char *hub_address;
  const char *hub_token;
  const char *frame_log;
  gboolean frame_sync;
} PleEnvironment;

/**
 * ple_environment_build_hub_dir:
 * @hub_cache: (nullable): value of HF_HUB_CACHE
 * @hf_home: (nullable): value of HF_HOME
 *
 * Returns: (transfer full): @hub_dir of #PleEnvironment; an empty value counts as none
 */
char *ple_environment_build_hub_dir (const char *hub_cache, const char *hf_home);

G_END_DECLS
