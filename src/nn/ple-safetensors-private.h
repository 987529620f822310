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

/* Goes on with the sum of a block of bytes: not cryptographic, but any torn page changes it. */
guint64 ple_safetensors_add_sum (guint64 sum, gconstpointer data, size_t size);

G_END_DECLS
