/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ple-fuzz-dataset.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  ple_fuzz_open ("x.tar", "archive", data, size);
  ple_fuzz_open ("x.tar.gz", "archive", data, size);
  return 0;
}
