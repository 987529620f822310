#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Desktop file, metainfo, schema, templates and man pages are valid.
set -eu
cd "$PLE_BUILD_DIR"
desktop-file-validate data/org.pleiades.Pleiades.desktop
appstreamcli validate --no-net data/org.pleiades.Pleiades.metainfo.xml
glib-compile-schemas --strict --dry-run "$PLE_SOURCE_DIR/data"
for page in "$PLE_SOURCE_DIR"/data/*.1; do
  grep -q '^\.TH ' "$page" || { echo "$page: no title line"; exit 1; }
done
