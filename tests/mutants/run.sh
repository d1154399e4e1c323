#!/usr/bin/env bash
# Deliberate bugs: each patch is applied to a copy of the tree, and the test it names must fail. A bug that
# no test sees has survived, and the run fails.
#   run.sh [NAME…]   only these patches
set -uo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
tree=$root/target/mutants/tree
results=$root/target/mutants
mkdir -p "$tree"
export CARGO_TARGET_DIR=$results/target CARGO_TERM_COLOR=never

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
  [ -d ui/dist ] && cp -a ui/dist "$tree/ui/"
}

killed=0 survived=()
names=("$@")
copy
[ ${#names[@]} -gt 0 ] || for patch in tests/mutants/*.patch; do names+=("$(basename "$patch" .patch)"); done
for name in "${names[@]}"; do
  patch=$root/tests/mutants/$name.patch
  log=$results/$name.log
  if ! (cd "$tree" && patch -p1 -s --no-backup-if-mismatch < "$patch"); then
    echo "STALE     $name: the patch does not apply any more"; survived+=("$name"); continue
  fi
  read -ra test <<< "$(sed -n 's/^Killed by: //p' "$patch")"
  begin=$(date +%s)
  (
    cd "$tree" || exit 1
    case " ${test[*]} " in *" journeys "*) cargo build --locked --workspace || exit 100 ;; esac
    timeout 1200 cargo test --locked --workspace "${test[@]}"
  ) > "$log" 2>&1
  code=$?
  if [ $code -ne 0 ] && grep -q '^test result: FAILED' "$log"; then
    killed=$((killed + 1)); echo "killed    $name ($(($(date +%s) - begin)) s): $(head -1 "$patch")"
  else
    survived+=("$name"); echo "SURVIVED  $name (exit $code, $log): $(head -1 "$patch")"
  fi
  (cd "$tree" && patch -R -p1 -s --no-backup-if-mismatch < "$patch")
done
echo "$killed killed, ${#survived[@]} survived"
[ ${#survived[@]} -eq 0 ]
