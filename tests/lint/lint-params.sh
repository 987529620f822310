#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The parameter tables are sane: the checker walks all of them.
set -eu
exec "$PLE_BUILD_DIR/tests/lint/check-params"
