#!/usr/bin/env bash
# Builds ui/dist when its sources changed since the last build. Safe after an interruption: the stamp is written last.
set -euo pipefail
cd "$(dirname "$0")/../../ui"
key=$(find . \( -path ./node_modules -o -path ./dist \) -prune -o -type f -print0 | sort -z | xargs -0 sha256sum |
  sha256sum | cut -c1-32)
deps=$(sha256sum package-lock.json | cut -c1-32)
if [ "$(cat node_modules/.motcua-deps 2>/dev/null)" != "$deps" ]; then
  echo "Installing the page's packages (npm ci)" >&2
  npm ci --ignore-scripts --no-audit --no-fund >&2
  echo "$deps" > node_modules/.motcua-deps
fi
if [ ! -f dist/index.html ] || [ "$(cat node_modules/.motcua-built 2>/dev/null)" != "$key" ]; then
  echo "Building the page" >&2
  npm run build >&2
  echo "$key" > node_modules/.motcua-built
fi
