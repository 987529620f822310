#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A folder of src/ includes only what the table in src/meson.build allows.
set -eu
cd "$PLE_SOURCE_DIR/src"
table=$(sed -n '/layer-table-begin/,/layer-table-end/s/^# \([a-z]*\):\(.*\)$/\1:\2/p' meson.build)
[ -n "$table" ] || { echo "src/meson.build: no layer table"; exit 1; }
failed=0
for folder in */; do
  folder=${folder%/}
  line=$(printf '%s\n' "$table" | grep "^$folder:") || { echo "$folder: not in the layer table"; failed=1; continue; }
  allowed=" $folder ${line#*:} "
  for file in "$folder"/*.[ch]; do
    [ -e "$file" ] || continue
    for include in $(sed -n 's/^#include "\([a-z]*\)\/.*/\1/p' "$file" | sort -u); do
      case "$allowed" in
        *" $include "*) ;;
        *) echo "src/$file includes $include/, which the layer table does not allow for $folder"; failed=1 ;;
      esac
    done
    # A private header is for its own folder.
    for private in $(sed -n 's/^#include "\([a-z]*\/[a-z0-9-]*-private\.h\)".*/\1/p' "$file"); do
      case $private in
        "$folder"/*) ;;
        *) echo "src/$file includes the private header $private"; failed=1 ;;
      esac
    done
  done
done
exit $failed
