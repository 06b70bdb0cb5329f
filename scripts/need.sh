#!/bin/sh
# Installs Debian packages that a make target needs and the machine lacks.
#   scripts/need.sh "why" package...
set -eu
why=$1
shift
# Where there is no dpkg, what is missing will be missed by name.
command -v dpkg-query >/dev/null || exit 0
missing=
for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

sudo=
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
        echo "lz4boot: install these packages first ($why):$missing" >&2
        exit 1
    }
    sudo=sudo
fi
echo "installing$missing: $why"
# The lists may be missing or outdated; only then is the slow update worth it.
# shellcheck disable=SC2086  # the names are words
install() { $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
    -o DPkg::Lock::Timeout=300 --no-install-recommends $missing >/dev/null; }
install 2>/dev/null || { $sudo apt-get update -qq && install; }
