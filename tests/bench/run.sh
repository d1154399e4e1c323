#!/usr/bin/env bash
# The numbers, from a release build of what is needed: the programs, the shims, the measures.
#   run.sh [PART…]
set -euo pipefail
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-$PWD/target}
# A thousand machines listen, each on its own connection, on both ends.
ulimit -n 20000 2>/dev/null || ulimit -n "$(ulimit -Hn)"
# The window with its page, for the officer's part.
installer/linux/build-ui.sh
bench=$(
  cargo build --release --locked --message-format=json-render-diagnostics \
    -p motcua-warehouse -p motcua-cli -p motcua-desktop -p motcua-tests -p motcua-diskshim -p motcua-p11shim --lib --bins --bench numbers |
    sed -n 's/.*"executable":"\([^"]*numbers-[^"]*\)".*/\1/p'
)
MOTCUA_BENCH_OUT=${MOTCUA_BENCH_OUT:-$target/bench} exec "$bench" "$@"
