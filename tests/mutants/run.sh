#!/usr/bin/env bash
# Deliberate bugs: each patch is applied to a copy of the tree, and the test it names must fail. A bug that
# no test sees has survived, and the run fails. Each test is seen to pass without a bug first.
#   run.sh [NAME|FILE.patch…]   only these patches
#   run.sh --draw N             N bugs drawn by cargo-mutants from what decides about the sync; SEED=… draws the
#                               same ones again. Survivors are explained in SURVIVORS.md.
set -uo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
tree=$root/target/mutants/tree
results=$root/target/mutants
mkdir -p "$tree"
export CARGO_TARGET_DIR=$results/target CARGO_TERM_COLOR=never

# Where bugs are drawn from, and the tests that must see them. The quick ones come first.
drawn_from=(
  src-tauri/crates/core/wire/src/receipt.rs src-tauri/crates/core/wire/src/protocol.rs
  src-tauri/crates/core/wire/src/package.rs
  'src-tauri/crates/desk/src/sync/*.rs' src-tauri/crates/desk/src/sync.rs
  src-tauri/crates/programs/warehouse/src/{apply,inbox,feed}.rs
)
drawn_tests="-p motcua-wire -p motcua-desk -p motcua-warehouse --lib --test desk --test warehouse --test sim"

draw() { # draw COUNT: writes patches and names them
  local seed=${SEED:-$(date +%s%N)} version tools
  version=$(cat .ci/cargo-mutants.version)
  tools=${XDG_CACHE_HOME:-$HOME/.cache}/motcua/tools
  if [ "$("$tools/bin/cargo-mutants" mutants --version 2> /dev/null)" != "cargo-mutants $version" ]; then
    CARGO_TARGET_DIR=$tools/../tool-target cargo install cargo-mutants --version "$version" --locked \
      --root "$tools" --force >&2 || return 1
  fi
  local files=()
  for file in "${drawn_from[@]}"; do files+=(-f "$file"); done
  rm -rf "$results/drawn" && mkdir -p "$results/drawn"
  "$tools/bin/cargo-mutants" mutants --list --json --diff "${files[@]}" > "$results/drawn.json" || return 1
  python3 - "$results" "$1" "$seed" "$drawn_tests" << 'PYTHON'
import json, pathlib, random, sys
results, count, seed, tests = pathlib.Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
mutants = json.loads((results / "drawn.json").read_text())
# More than are asked for: some do not build, and are no bugs.
drawn = random.Random(seed).sample(mutants, min(2 * count, len(mutants)))
print(f"SEED={seed}: {count} of {len(mutants)} bugs are drawn", file=sys.stderr)
for number, mutant in enumerate(drawn, 1):
    file = results / "drawn" / f"drawn-{number:02}.patch"
    path, lines = mutant["file"], mutant["diff"].splitlines(keepends=True)[2:]
    head = f"{mutant['name']}\nKilled by: {tests}\n\n--- a/{path}\n+++ b/{path}\n"
    file.write_text(head + "".join(lines))
    print(file)
PYTHON
}

# Third-party artefacts of the usual builds serve here too; ours are built anew.
if [ ! -d "$CARGO_TARGET_DIR/debug/deps" ] && [ -d "$root/target/debug/deps" ]; then
  mkdir -p "$CARGO_TARGET_DIR/debug"
  for part in build .fingerprint deps; do cp -al "$root/target/debug/$part" "$CARGO_TARGET_DIR/debug/$part"; done
  rm -rf "$CARGO_TARGET_DIR"/debug/.fingerprint/motcua-* "$CARGO_TARGET_DIR"/debug/build/motcua-* \
    "$CARGO_TARGET_DIR"/debug/deps/*motcua*
fi

# The tree as it stands. Files that are the same keep their times, so that little is built again; a file that
# was patched before is newer than its build.
copy() {
  git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
    [ -f "$file" ] || continue
    cmp -s "$file" "$tree/$file" || { mkdir -p "$tree/$(dirname "$file")" && cp "$file" "$tree/$file"; }
  done
  # The window takes its page in when it is built; no bug here is looked for in a window.
  if [ ! -d "$tree/ui/dist" ]; then mkdir -p "$tree/ui/dist" && echo > "$tree/ui/dist/index.html"; fi
}

# In the tree as it is: play TEST…, as `cargo test` takes them.
play() {
  cd "$tree" || exit 1
  case " $* " in *" journeys "*)
    # The programs journeys start; the window is none of them.
    cargo build --locked --workspace --bin motcua --bin motcua-warehouse &&
      cargo build --locked -p motcua-diskshim -p motcua-p11shim || exit 100 ;;
  esac
  # Only the packages that are named are built, where some are.
  case " $* " in *" -p "*) ;; *) set -- --workspace "$@" ;; esac
  # Building the first time takes longer than any test may.
  cargo test --locked "$@" --no-run && timeout "$longest" cargo test --locked "$@"
}

# Seconds a test may take before it counts as one that does not end.
longest=1200

killed=0 survived=() wanted=
# Tests that were seen to pass without a bug. One that fails anyway would catch every bug.
declare -A sound=()
names=("$@")
if [ "${1:-}" = --draw ]; then
  wanted=${2:-20}
  # A quarter of the days: each bug plays them.
  export MOTCUA_SEEDS=${MOTCUA_SEEDS:-0..500}
  # All of the tests take two minutes; a drawn bug often is a loop without an end.
  longest=420
  echo "simulated days: $MOTCUA_SEEDS"
  drawn=$(draw "$wanted") || exit 1
  mapfile -t names <<< "$drawn"
fi
copy
[ ${#names[@]} -gt 0 ] || for patch in tests/mutants/*.patch; do names+=("$(basename "$patch" .patch)"); done
for name in "${names[@]}"; do
  [ $((killed + ${#survived[@]})) = "$wanted" ] && break
  patch=$root/tests/mutants/$name.patch
  case $name in *.patch) patch=$(realpath "$name") name=$(basename "$name" .patch) ;; esac
  log=$results/$name.log
  read -ra test <<< "$(sed -n 's/^Killed by: //p' "$patch")"
  if [ -z "${sound[${test[*]}]:-}" ]; then
    if ! (play "${test[@]}") > "$results/sound.log" 2>&1; then
      echo "UNSOUND   ${test[*]} fails without a bug ($results/sound.log)"; exit 1
    fi
    sound[${test[*]}]=yes
  fi
  if ! (cd "$tree" && patch -p1 -s --no-backup-if-mismatch < "$patch"); then
    echo "STALE     $name: the patch does not apply any more"; survived+=("$name"); continue
  fi
  begin=$(date +%s)
  (play "${test[@]}") > "$log" 2>&1
  code=$?
  took=$(($(date +%s) - begin))
  if [ $code -ne 0 ] && grep -q '^test result: FAILED' "$log"; then
    killed=$((killed + 1)); echo "killed    $name ($took s): $(head -1 "$patch")"
  elif [ $code -eq 124 ]; then
    killed=$((killed + 1)); echo "killed    $name (does not end): $(head -1 "$patch")"
  elif [ -n "$wanted" ] && grep -q '^error: could not compile' "$log"; then
    echo "no bug    $name (does not build): $(head -1 "$patch")"
  elif [ $code -ne 0 ]; then
    survived+=("$name"); echo "BROKEN    $name (does not build or run, $log): $(head -1 "$patch")"
  else
    survived+=("$name"); echo "SURVIVED  $name ($took s, $log): $(head -1 "$patch")"
  fi
  (cd "$tree" && patch -R -p1 -s --no-backup-if-mismatch < "$patch")
done
echo "$killed killed, ${#survived[@]} survived"
[ ${#survived[@]} -eq 0 ]
