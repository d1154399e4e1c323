#!/usr/bin/env bash
# Everything CI runs. Each stage has its own limit (minutes), prints its time, and writes its output to
# $results/<stage>.log; the last stages read those logs. A stage whose tool cannot be had says SKIPPED LOUDLY.
set -uo pipefail
cd "$(dirname "$0")/.."
root=$PWD
cache=${XDG_CACHE_HOME:-$HOME/.cache}/motcua
tools=$cache/tools
target=${CARGO_TARGET_DIR:-$root/target}
results=$target/test-results
mkdir -p "$tools/bin" "$results"
rm -f "$results"/*
export PATH="$tools/bin:$PATH" CARGO_TARGET_DIR="$target" MOTCUA_TARGET="$target" MOTCUA_RESULTS="$results"
export CARGO_TERM_COLOR=never NO_COLOR=1 CARGO_NET_RETRY=5 RUST_BACKTRACE=1
export MOTCUA_PYHANKO="$cache/judges/bin/pyhanko" MOTCUA_CORPORA="${MOTCUA_CORPORA:-$root/../shared/corpora}"
started=$(date +%s)
before=$(git status --porcelain)
table=()

stage() { # stage NAME LIMIT_MINUTES COMMAND...
  local name=$1 limit=$2 begin rc; shift 2
  begin=$(date +%s)
  echo "=== $name (limit $limit min)"
  timeout --kill-after=30 "$((limit * 60))" "$@" > "$results/$name.log" 2>&1
  rc=$?
  local took=$(($(date +%s) - begin))
  table+=("$(printf '%-14s %4d s of %4d s' "$name" "$took" "$((limit * 60))")")
  grep -h 'SKIPPED LOUDLY' "$results/$name.log" | sort -u | sed 's/^/    /'
  if [ $rc -ne 0 ]; then
    [ $rc = 124 ] && echo "!!! $name ran out of its $limit minutes"
    echo "!!! $name failed (exit $rc); the end of its output:"
    tail -n "${MOTCUA_TAIL:-120}" "$results/$name.log"
    printf '%s\n' "${table[@]}"
    echo "0 passed, 1 failed"
    exit 1
  fi
  grep -hE '^(test result:|[[:space:]]*Tests +[0-9]|[0-9]+ screens)' "$results/$name.log" | sort | uniq -c | sed 's/^/    /' | tail -n 12
  echo "    $took s"
}

packages() { installer/linux/install-packages.sh run test; }

# A tool of crates.io, kept in the cache: tool NAME VERSION
tool() {
  [ "$(cat "$tools/$1.version" 2>/dev/null)" = "$2" ] && [ -x "$tools/bin/$1" ] && return 0
  echo "Installing $1 $2"
  CARGO_TARGET_DIR="$cache/tool-target" cargo install "$1" --version "$2" --locked --root "$tools" --force || return 1
  echo "$2" > "$tools/$1.version"
}

tools() {
  tool cargo-deny "$(cat .ci/cargo-deny.version)" || return 1
  # The list is copied last: an interrupted installation is done again.
  if ! cmp -s .ci/judges.txt "$cache/judges/judges.txt"; then
    rm -rf "$cache/judges"
    python3 -m venv "$cache/judges" && "$cache/judges/bin/pip" install -q -r .ci/judges.txt &&
      cp .ci/judges.txt "$cache/judges/judges.txt" || return 1
  fi
}

# A deliberate bug that no longer applies would silently prove nothing.
format() {
  cargo fmt --all --check || return 1
  local patch
  for patch in tests/mutants/*.patch; do git apply --check "$patch" || return 1; done
}
page() { installer/linux/build-ui.sh && cd ui && npm run check && npm test -- --reporter=verbose; }
build() { cargo build --locked --workspace --all-targets; }
lint() { cargo clippy --locked --workspace --all-targets -- -D warnings; }
# Always --workspace: another selection would unify features otherwise and compile the world again.
tests() {
  cargo test --locked --workspace --lib --bins --test desk --test window --test judges --test scanner --test printer --test converter --test token \
    --test vault --test warehouse -- --test-threads=2 --show-output
}
# Days at two counters, played by seeds.
sim() { cargo test --locked --workspace --test sim -- --test-threads=1 --show-output; }
# The example at the head of each crate.
docs() { cargo test --locked --workspace --doc; }
architecture() { cargo test --locked --workspace --test architecture; }
journeys() { cargo test --locked --workspace --test journeys -- --test-threads=1 --show-output; }
bindings() {
  "$CARGO_TARGET_DIR/debug/examples/export-bindings" && git diff --exit-code -- ui/src/bridge/bindings.ts
}
screens() { cd ui && npm run screens; }
window() {
  dbus-run-session -- xvfb-run -a -s '-screen 0 1366x768x24' \
    cargo test --locked --workspace --test desktop -- --test-threads=1 --show-output
}
deny() { cargo fetch --locked && cargo deny --offline --locked check bans licenses sources; }
coverage() { cargo test --locked --workspace --test seed_coverage; }
# The package is packed from the debug build, installed, used and removed; its release build is `make deb`.
package() {
  MOTCUA_BUILT=$CARGO_TARGET_DIR/debug installer/linux/make-deb.sh > "$MOTCUA_RESULTS/deb" &&
    installer/linux/check-deb.sh "$(cat "$MOTCUA_RESULTS/deb")"
}
clean() {
  local after; after=$(git status --porcelain)
  [ "$after" = "$before" ] || { echo "the tests changed the work tree:"; echo "$after"; return 1; }
}

export -f packages tool tools format page build lint tests sim docs architecture journeys bindings screens window deny coverage package clean
export cache tools before

if [ "${1:-}" = window ]; then window; exit; fi
stage packages 8 bash -c packages
stage tools 18 bash -c tools
stage format 2 bash -c format
stage page 8 bash -c page
stage build 40 bash -c build
stage lint 20 bash -c lint
stage architecture 5 bash -c architecture
stage tests 20 bash -c tests
stage sim 12 bash -c sim
stage docs 6 bash -c docs
stage journeys 14 bash -c journeys
stage bindings 4 bash -c bindings
stage screens 28 bash -c screens
stage window 8 bash -c window
stage package 5 bash -c package
stage deny 4 bash -c deny
stage coverage 4 bash -c coverage
stage clean 1 bash -c clean

printf '%s\n' "${table[@]}"
echo "all stages in $(($(date +%s) - started)) s"
passed=$(grep -hoE '^test result: ok\. [0-9]+ passed' "$results"/*.log | awk '{n += $4} END {print n + 0}')
echo "$passed passed, 0 failed"
