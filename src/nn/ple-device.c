/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "nn/ple-device.h"

#include <string.h>

const PleDevice *
ple_device_find (const char *id)
{
  if (g_strcmp0 (id, "cpu") == 0 || g_strcmp0 (id, "cuda") == 0)
    return ple_device_cpu ();
  return NULL;
}
