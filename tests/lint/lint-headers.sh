#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Each header compiles alone, with the flags that its folder is compiled with.
set -eu
cd "$PLE_SOURCE_DIR/src"
failed=0
compile=$(command -v cc)
for folder in */; do
  folder=${folder%/}
  case $folder in
    gui) packages="gtk+-3.0 gio-unix-2.0 json-glib-1.0" ;;
    *) packages="gio-unix-2.0 json-glib-1.0 cairo" ;;
  esac
  if [ "$folder" = gui ] && ! pkg-config --exists gtk+-3.0; then
    continue
  fi
  flags=$(pkg-config --cflags $packages)
  for header in "$folder"/*.h; do
    [ -e "$header" ] || continue
    printf '#include "config.h"\n#include "%s"\n' "$header" |
      $compile -std=gnu11 -D_GNU_SOURCE -fsyntax-only -I. -I"$PLE_BUILD_DIR" $flags -x c - ||
      { echo "src/$header does not compile alone"; failed=1; }
  done
done
exit $failed
