#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# po/POTFILES lists exactly the files with strings to translate.
set -eu
cd "$PLE_SOURCE_DIR"
have=$(grep -v '^#' po/POTFILES | sort)
want=$(
  {
    grep -lE '(^|[^A-Za-z_])(N_|_|ngettext|C_) ?\("' -r src --include='*.c'
    grep -l 'translatable="yes"' ui/*.ui
    echo data/org.pleiades.Pleiades.desktop.in
    echo data/org.pleiades.Pleiades.metainfo.xml.in
    echo data/org.pleiades.Pleiades.gschema.xml
  } | sort)
if [ "$have" != "$want" ]; then
  echo "po/POTFILES differs from the files with strings (< listed, > found):"
  printf '%s\n' "$have" >"$PLE_BUILD_DIR/potfiles-have"
  printf '%s\n' "$want" | diff "$PLE_BUILD_DIR/potfiles-have" - || true
  exit 1
fi
for language in $(grep -v '^#' po/LINGUAS); do
  msgfmt --check -o /dev/null "po/$language.po"
done
