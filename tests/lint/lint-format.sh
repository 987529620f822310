#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# .clang-format decides whitespace.
set -eu
command -v clang-format >/dev/null 2>&1 || { echo "clang-format is not here"; exit 77; }
cd "$PLE_SOURCE_DIR"
find src tests -name '*.[ch]' -print0 | xargs -0 clang-format --dry-run --Werror
