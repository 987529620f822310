#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A folder of src/ includes only what the table in src/meson.build allows; a private header is for its own folder.
set -eu
cd "$PLE_SOURCE_DIR/src"
{
  sed -n '/layer-table-begin/,/layer-table-end/s/^# \([a-z]*:.*\)$/\1/p' meson.build
  grep -rnE '^#include "[a-z]+/' --include='*.[ch]' .
} | awk '
  /^[a-z]+:/ {
    split ($0, side, ":")
    n = split (side[2], names, " ")
    known[side[1]] = allowed[side[1], side[1]] = 1
    for (i = 1; i <= n; i++)
      allowed[side[1], names[i]] = 1
    next
  }
  {
    split (substr ($0, 3), part, "/")
    folder = part[1]
    split ($0, quoted, "\"")
    split (quoted[2], target, "/")
    if (!(folder in known)) {
      print $0 ": the folder is not in the layer table"; failed = 1
    } else if (!((folder, target[1]) in allowed)) {
      print $0 ": the layer table does not allow it"; failed = 1
    }
    if (quoted[2] ~ /-private\.h$/ && target[1] != folder) {
      print $0 ": a private header of another folder"; failed = 1
    }
  }
  END {
    for (folder in known)
      n_known++
    if (n_known < 2) {
      print "src/meson.build: no layer table"; failed = 1
    }
    exit failed
  }'
