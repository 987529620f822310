#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Hard rules of the architecture that a search can check.
set -eu
cd "$PLE_SOURCE_DIR/src"
failed=0
# forbid MESSAGE PATTERN ALLOWED-PATHS FOLDER...
forbid () {
  message=$1 pattern=$2 allowed=$3
  shift 3
  hits=$(grep -nE "$pattern" -r "$@" --include='*.[ch]' | grep -vE "$allowed" || true)
  if [ -n "$hits" ]; then
    printf '%s\n%s\n' "$message" "$hits"
    failed=1
  fi
}
libraries="base linalg dataset nn features cluster evaluate embed curate plot project"
forbid "GTK outside src/gui:" '#include *<(gtk|gdk)/' '^$' $libraries cli
forbid "SQLite outside src/curate:" '#include *<sqlite3' '^curate/' $libraries cli gui
forbid "BLAS outside src/linalg:" '(cblas|[sd]gemm_|[sd]syrk_|openblas_)' '^linalg/' $libraries cli gui
forbid "Drawing outside plot, gui and the sample:" '#include *<cairo' '^(plot|gui)/|^dataset/ple-sample' $libraries cli gui
forbid "Printing, leaving or rand() in a library:" '(^|[^a-z_])(printf|puts|g_print|g_printerr|exit|abort|rand|srand) \(|(fputs|fprintf|fwrite) \(.*(stdout|stderr)' '^$' $libraries
forbid "The environment is read by main.c only:" '(g_)?getenv \(' '^(cli|gui)/main\.c' $libraries cli gui
bare=$(grep -rL 'SPDX-License-Identifier: GPL-3.0-or-later' --include='*.[ch]' . || true)
if [ -n "$bare" ]; then
  printf 'No SPDX line:\n%s\n' "$bare"
  failed=1
fi
exit $failed
