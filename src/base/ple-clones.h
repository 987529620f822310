/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "config.h"

/**
 * PLE_CLONES:
 *
 * Before the definition of a hot kernel: it is built three times (baseline, AVX2 with FMA, AVX-512)
 * and the dynamic linker takes the best for this processor. Functions that it inlines must be
 * "static inline" in the same file or a header. Expands to nothing where the compiler cannot, and
 * under a sanitizer.
 */
#if PLE_WITH_CLONES && defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define PLE_CLONES __attribute__ ((target_clones ("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define PLE_CLONES
#endif
