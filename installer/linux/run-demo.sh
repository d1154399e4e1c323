#!/usr/bin/env bash
# `make run`: installs what is missing, builds, prepares the demo profile and opens the window;
# without a display it walks the same journey on the command line.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
need() { command -v "$1" >/dev/null || { echo "$1 is needed: $2" >&2; exit 1; }; }
need cargo "install Rust (rustup.rs)"
need node "install Node 20 or newer"
need npm "install Node 20 or newer"
installer/linux/install-packages.sh run
installer/linux/build-ui.sh
# MOTCUA_CARGO_FLAGS lets the tests reuse their own build.
# shellcheck disable=SC2086
cargo build --locked ${MOTCUA_CARGO_FLAGS:-} -p motcua-cli -p motcua-warehouse -p motcua-desktop
bin=${CARGO_TARGET_DIR:-target}/debug
profile=${MOTCUA_DEMO:-$root/.demo}
if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && [ -z "${MOTCUA_HEADLESS:-}" ]; then
  exec "$bin/motcua" demo --profile "$profile" --window "$@"
fi
echo "No display: the same journey on the command line." >&2
exec "$bin/motcua" demo --profile "$profile" "$@"
