#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The command line program never links GTK.
set -eu
cli=$PLE_BUILD_DIR/src/cli/pleiades-cli
[ -x "$cli" ] || { echo "$cli is not built"; exit 1; }
if ldd "$cli" | grep -E 'libg[td]k-3'; then
  echo "pleiades-cli links GTK"
  exit 1
fi
