#!/usr/bin/env bash
# Install the Debian packages named as arguments that are missing, as root or through sudo; else say what to do.
set -euo pipefail

missing=()
for package in "$@"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then exit 0; fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then as_root=(sudo -n); fi
if ! command -v apt-get >/dev/null || ! "${as_root[@]}" true 2>/dev/null; then
  printf 'Missing: %s. As root: apt-get update && apt-get install --no-install-recommends %s\n' "${missing[*]}" "${missing[*]}" >&2
  exit 1
fi
printf 'installing Debian packages: %s\n' "${missing[*]}" >&2
"${as_root[@]}" apt-get update -qq >&2
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
