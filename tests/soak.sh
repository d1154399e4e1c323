#!/usr/bin/env bash
# What `make test` plays in short, at length. soak.sh [PART…]
#   days    simulated days at two counters (DAYS, 2,000,000 unless told; from seed FROM on)
#   kills   SIGKILL of either end while an outbox is sent (KILLS, 10,000 unless told; JOBS counters at once, else one
#           for each core)
#   job     SIGKILL inside every step of the whole job
#   power   power cuts with torn and re-ordered writes
#   full    full disks on both sides
#   api     the stateful run against the description of the API
# Days and kills go in portions with other seeds, and each adds to what was played before at this commit: a run that is
# stopped goes on where it was. A failure prints the seed that plays it again.
set -uo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-$PWD/target}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/motcua
commit=$(git describe --always --dirty)
results=$target/soak/$commit
mkdir -p "$results"
export PATH="$cache/judges/bin:$cache/tools/bin:$PATH" MOTCUA_PYHANKO="$cache/judges/bin/pyhanko" MOTCUA_SOAK=1
export CARGO_TERM_COLOR=never RUST_BACKTRACE=1

play() { # play NAME COMMAND…: stops at the first failure
  local log=$results/$1.log
  if ! "${@:2}" > "$log" 2>&1; then
    tail -n 120 "$log"
    echo "!!! $1 failed at $commit: $log"
    exit 1
  fi
}
# The programs as they are shipped: a release build.
shipped=(--release --locked -p motcua-cli -p motcua-warehouse -p motcua-tests -p motcua-diskshim -p motcua-p11shim)
journey() { cargo test "${shipped[@]}" --test journeys -- --test-threads=1 --show-output "$1"; }
# Numbers in the file, one on a line, added up.
sum() { awk '{ sum += $1 } END { print sum + 0 }' "$1" 2> /dev/null; }

days() {
  local all=${DAYS:-2000000} done=$results/days left from to begun
  touch "$done"
  while left=$((all - $(sum "$done"))) && [ $left -gt 0 ]; do
    from=$((${FROM:-0} + all - left)) begun=$(date +%s)
    to=$((from + (left < 5000 ? left : 5000)))
    MOTCUA_SEEDS=$from..$to play days cargo test --locked --workspace --test sim -- --test-threads=1 --show-output
    echo $((to - from)) >> "$done"
    echo "days: $(sum "$done") of $all, seeds $from..$to in $(($(date +%s) - begun)) s"
  done
}

kills() {
  local all=${KILLS:-10000} at_once=${JOBS:-$(nproc)} done=$results/kills left share job jobs failed begun
  touch "$done"
  while left=$((all - $(sum "$done"))) && [ $left -gt 0 ]; do
    share=$(((left + at_once - 1) / at_once)) jobs=() failed=0 begun=$(date +%s)
    for job in $(seq "$at_once"); do
      MOTCUA_KILLS=$((share < 500 ? share : 500)) play "kills-$job" journey sigkill_of_either_end &
      jobs+=($!)
    done
    for job in "${jobs[@]}"; do wait "$job" || failed=1; done
    [ $failed -eq 0 ] || exit 1
    cat "$results"/kills-*.log | grep -E '^[0-9]+ kills in ' | tee -a "$done"
    rm "$results"/kills-*.log
    echo "kills: $(sum "$done") of $all, the last in $(($(date +%s) - begun)) s"
  done
}

job() { play job journey sigkill_at_random_moments && echo "job: done"; }
power() { play power journey a_power_cut && grep -E 'SEED=' "$results/power.log"; }
full() { play full journey a_full_disk && grep -E 'SEED=' "$results/full.log"; }
api() {
  play api cargo test --locked --workspace --test warehouse -- --show-output an_outside_judge
  grep -E '^schemathesis: ' "$results/api.log"
}

parts=("$@")
[ $# -gt 0 ] || parts=(api power full job kills days)
for part in "${parts[@]}"; do
  case $part in
    days | kills | job | power | full | api) ;;
    *) echo "$part is no part; there are days, kills, job, power, full, api" >&2; exit 2 ;;
  esac
done
case " ${parts[*]} " in *" days "* | *" api "*) cargo build --locked --workspace --all-targets || exit 1 ;; esac
cargo build "${shipped[@]}" --lib --bins --test journeys || exit 1
for part in "${parts[@]}"; do
  echo "=== $part ($commit)"
  "$part"
done
