/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "nn/ple-safetensors.h"

G_BEGIN_DECLS

/* Name in the header and bytes per element. */
typedef struct
{
  const char *name;
  size_t size;
} PleSafetensorsTypeInfo;

const PleSafetensorsTypeInfo *ple_safetensors_type_info (PleSafetensorsType type);

G_END_DECLS
