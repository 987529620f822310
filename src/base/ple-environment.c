/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-environment.h"

char *
ple_environment_build_hub_dir (const char *hub_cache, const char *hf_home)
{
  if (hub_cache != NULL && *hub_cache != '\0')
    return g_strdup (hub_cache);
  if (hf_home != NULL && *hf_home != '\0')
    return g_build_filename (hf_home, "hub", NULL);
  return g_build_filename (g_get_user_cache_dir (), "huggingface", "hub", NULL);
}
