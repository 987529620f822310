/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "dataset/ple-dataset-private.h"
#include "dataset/ple-readers-private.h"

const PleReader *const ple_readers[] = {
  NULL,
};
