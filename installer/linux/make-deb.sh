#!/usr/bin/env bash
# `make deb`: a Debian package with the window, the command line and the warehouse server.
# MOTCUA_BUILT=DIR packs programs that are built already (tests); the default makes a release build.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
out=${MOTCUA_BUILT:-}
if [ -z "$out" ]; then
  installer/linux/install-packages.sh run
  installer/linux/build-ui.sh
  MOTCUA_COMMIT=$(git rev-parse --short=12 HEAD) cargo build --locked --release -p motcua-cli -p motcua-warehouse -p motcua-desktop
  out=${CARGO_TARGET_DIR:-target}/release
fi
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
arch=$(dpkg --print-architecture)
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
install -d -m 755 "$stage/DEBIAN" "$stage/usr/share/doc/motcua"
for program in motcua motcua-warehouse motcua-desktop; do install -D -m 755 -s "$out/$program" "$stage/usr/bin/$program"; done
install -D -m 644 installer/linux/motcua.desktop "$stage/usr/share/applications/vn.motcua.desktop.desktop"
install -D -m 644 src-tauri/icons/icon.png "$stage/usr/share/icons/hicolor/512x512/apps/motcua.png"
install -D -m 644 assets/icons/app.svg "$stage/usr/share/icons/hicolor/scalable/apps/motcua.svg"
install -D -m 644 installer/linux/motcua-warehouse.service "$stage/usr/lib/systemd/system/motcua-warehouse.service"
install -m 644 LICENSE "$stage/usr/share/doc/motcua/copyright"
cat assets/fonts/LICENSE-*.txt >> "$stage/usr/share/doc/motcua/copyright"
node installer/third-party.mjs | gzip -9n > "$stage/usr/share/doc/motcua/THIRD-PARTY.gz"
gzip -9n < CHANGELOG.md > "$stage/usr/share/doc/motcua/changelog.gz"
size=$(du -sk "$stage/usr" | cut -f1)
cat > "$stage/DEBIAN/control" <<C
Package: motcua
Version: $version
Section: misc
Priority: optional
Architecture: $arch
Maintainer: Mot Cua maintainers <maintainers@motcua.invalid>
Installed-Size: $size
Depends: libc6, libwebkit2gtk-4.1-0, libgtk-3-0, libpcsclite1
Recommends: libsane1, cups
Suggests: softhsm2, opensc, libreoffice-writer-nogui, fonts-liberation
Description: One-stop counter: receive, digitize, sign, file and reuse papers
 The desktop application of the officers of Vietnam's one-stop counters, its
 command line and its warehouse server. Works without the network.
C
deb=${CARGO_TARGET_DIR:-target}/motcua_${version}_${arch}.deb
find "$stage" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group --build "$stage" "$deb" >&2
echo "$deb"
