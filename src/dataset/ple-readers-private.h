/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "dataset/ple-dataset-private.h"

G_BEGIN_DECLS

/* One file each: ple-reader-ID.c. */

G_END_DECLS
