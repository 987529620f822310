/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-error.h"

/* The names are no subtractions. */
/* clang-format off */
G_DEFINE_QUARK (ple-file-error-quark, ple_file_error)
G_DEFINE_QUARK (ple-numeric-error-quark, ple_numeric_error)
/* clang-format on */
