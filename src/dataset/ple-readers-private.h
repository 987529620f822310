/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "dataset/ple-dataset-private.h"

G_BEGIN_DECLS

/* One file each: ple-reader-ID.c. */
extern const PleReader ple_reader_archive;
extern const PleReader ple_reader_cifar10;
extern const PleReader ple_reader_cifar100;
extern const PleReader ple_reader_features;
extern const PleReader ple_reader_folder;
extern const PleReader ple_reader_idx;
extern const PleReader ple_reader_list;
extern const PleReader ple_reader_sample;
extern const PleReader ple_reader_stl10;

G_END_DECLS
