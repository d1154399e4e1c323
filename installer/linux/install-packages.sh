#!/usr/bin/env bash
# Installs those packages of the given lists that are missing, and says which. sudo only when not root.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
wanted=()
for list in "$@"; do
  while read -r name; do wanted+=("$name"); done < <(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$here/packages-$list.txt")
done
missing=()
for name in "${wanted[@]}"; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$name")
done
[ ${#missing[@]} -eq 0 ] && exit 0
echo "Installing Debian packages: ${missing[*]}" >&2
as_root=()
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || { echo "These packages need root or sudo: ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
# An interrupted earlier run may have left dpkg half configured.
"${as_root[@]}" dpkg --configure -a >&2
"${as_root[@]}" apt-get update -q >&2
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >&2
