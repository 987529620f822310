#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Each header compiles alone.
set -eu
cd "$PLE_SOURCE_DIR/src"
packages="gio-unix-2.0 json-glib-1.0 cairo"
if pkg-config --exists gtk+-3.0; then
  packages="$packages gtk+-3.0"
  headers=$(find . -name '*.h')
else
  headers=$(find . -name '*.h' ! -path './gui/*')
fi
flags=$(pkg-config --cflags $packages)
export PLE_BUILD_DIR flags
# shellcheck disable=SC2016
printf '%s\n' $headers | xargs -P 2 -I '{}' sh -c '
  printf "#include \"config.h\"\n#include \"%s\"\n" "{}" |
    cc -std=gnu11 -D_GNU_SOURCE -fsyntax-only -I. -I"$PLE_BUILD_DIR" $flags -x c - ||
    { echo "src/{} does not compile alone"; exit 1; }'
