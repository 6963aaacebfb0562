#!/usr/bin/env bash
# Put promtool of Debian's package `prometheus` beside the other tools of the tests, without installing a server; print where it is.
set -euo pipefail

tools="${CHAKONG_TOOLS_DIR:-$(cd "$(dirname "$0")/.." && pwd)/.chakong-tools}"
if [ ! -x "$tools/promtool" ]; then
  mkdir -p "$tools"
  fetched="$(mktemp -d "$tools/fetching.XXXXXX")"
  trap 'rm -rf "$fetched"' EXIT
  cd "$fetched"
  apt-get download -qq prometheus >&2 || { "$(dirname "$0")/debian-packages.sh" apt-utils >&2; apt-get download -qq prometheus >&2; }
  dpkg-deb --fsys-tarfile ./prometheus_*.deb | tar -x ./usr/bin/promtool
  mv usr/bin/promtool "$tools/promtool"
fi
printf '%s\n' "$tools/promtool"
