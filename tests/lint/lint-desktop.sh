#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Desktop file, metainfo, schema, templates and man pages are valid.
set -eu
cd "$PLE_BUILD_DIR"
desktop-file-validate data/org.pleiades.Pleiades.desktop
appstreamcli validate --no-net --pedantic data/org.pleiades.Pleiades.metainfo.xml ||
  appstreamcli validate --no-net data/org.pleiades.Pleiades.metainfo.xml
glib-compile-schemas --strict --dry-run "$PLE_SOURCE_DIR/data"
for page in "$PLE_SOURCE_DIR"/data/*.1; do
  head -n 1 "$page" | grep -q '^\.TH ' || { echo "$page: no title line"; exit 1; }
done
