#!/usr/bin/env bash
# Builds ui/dist when its sources changed since the last build. Safe after an interruption: the stamp is written last.
set -euo pipefail
cd "$(dirname "$0")/../../ui"
key=$({ cat package-lock.json package.json; git -C .. rev-parse HEAD:ui 2>/dev/null || true; git -C .. status --porcelain -- ui;
  find src public *.html *.ts *.js -type f 2>/dev/null | sort | xargs sha256sum 2>/dev/null; } | sha256sum | cut -c1-32)
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
