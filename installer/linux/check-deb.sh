#!/usr/bin/env bash
# Installs a package, starts what it brings as an officer would, removes it and looks for what it left behind.
# check-deb.sh FILE.deb
set -euo pipefail
deb=$1
if dpkg-query -W motcua >/dev/null 2>&1; then
  echo "SKIPPED LOUDLY: a motcua package is installed on this machine; it is not touched"
  exit 0
fi
as_root=()
if [ "$(id -u)" != 0 ]; then
  if ! sudo -n true 2>/dev/null; then
    echo "SKIPPED LOUDLY: the package is not installed, that needs root"
    exit 0
  fi
  as_root=(sudo -n)
fi
work=$(mktemp -d)
export HOME=$work/home MOTCUA_DEMO_PORT=${MOTCUA_DEMO_PORT:-18899}
mkdir -p "$HOME"
finish() { "${as_root[@]}" dpkg -P motcua >/dev/null 2>&1 || true; rm -rf "$work"; }
trap finish EXIT
expect() { # expect CODE COMMAND...
  local want=$1 got=0; shift
  "$@" || got=$?
  [ "$got" = "$want" ] || { echo "!!! $* ended with $got, not $want"; exit 1; }
}

"${as_root[@]}" dpkg -i "$deb"
files=$(dpkg -L motcua)
echo "What it carries by others is named:"
for part in sqlcipher-src tauri ring pdfjs-dist svelte; do
  expect 0 grep -q "^$part " <(zcat /usr/share/doc/motcua/THIRD-PARTY.gz)
done
echo "A machine that is no counter yet:"
expect 4 /usr/bin/motcua --profile "$work/none" doctor
echo "The main job with the installed programs:"
expect 0 /usr/bin/motcua --profile "$work/demo" demo
expect 0 /usr/bin/motcua --profile "$work/demo" doctor
echo "The window stays open until it is closed:"
expect 124 dbus-run-session -- xvfb-run -a -s '-screen 0 1366x768x24' \
  timeout 12 /usr/bin/motcua-desktop --profile "$work/demo"
"${as_root[@]}" dpkg -P motcua
while read -r path; do
  [ ! -f "$path" ] || { echo "!!! the removed package left $path"; exit 1; }
done <<< "$files"
[ -f "$work/demo/counter.json" ] || { echo "!!! removing the package took the counter's data"; exit 1; }
echo "The package installs, works and leaves nothing."
