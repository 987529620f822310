/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "dataset/ple-readers-private.h"

/* clang-format off */
const PleReader *const ple_readers[] = {
  &ple_reader_features,
  &ple_reader_list,
  &ple_reader_archive,
  &ple_reader_sample,
  &ple_reader_stl10,
  &ple_reader_cifar10,
  &ple_reader_cifar100,
  &ple_reader_idx,
  &ple_reader_folder, /* last of those for folders: takes any */
  NULL,
};
/* clang-format on */
