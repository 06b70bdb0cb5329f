#!/bin/bash
# Fetches what the boots start: a real Debian arm64 kernel and a static arm64 busybox.
#   qemu/fetch.sh          prints the directory that holds Image, busybox and SHA256SUMS
# The packages come through a private apt root, from the sources and with the keys that this
# machine's own apt uses; its dpkg never hears of another architecture. A complete cache is checked
# against its recorded sums and used as it is, without the network.
set -eu
export LC_ALL=C
cache=${LZ4BOOT_CACHE:-$HOME/.cache/lz4boot}
assets=$cache/debian-arm64
say() { echo "lz4boot: $*" >&2; }
die() { say "$*"; exit 1; }

mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9

if [ -e "$assets" ]; then
    if (cd "$assets" && sha256sum --check --strict --status SHA256SUMS); then
        echo "$assets"
        exit 0
    fi
    say "$assets does not match its recorded sums: fetching it again"
fi

# Everything happens here; only a complete result is renamed into the cache.
rm -rf "$cache"/fetch.??????  # what a killed run left behind
work=$(mktemp -d "$cache/fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$work"/apt/{sources,lists/partial,archives/partial} "$work/assets" "$work/files"

# A source limited to this machine's architecture would hide the one we are after.
for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ ! -r "$list" ] || sed -E 's/(\[|[[:space:]])arch[+-]?=[^]"[:space:]]+/\1/; s/\[[[:space:]]*\]//' \
        "$list" >"$work/apt/sources/${list##*/}"
done
for list in /etc/apt/sources.list.d/*.sources; do
    [ ! -r "$list" ] || sed '/^Architectures/Id' "$list" >"$work/apt/sources/${list##*/}"
done
: >"$work/apt/status"
cat >"$work/apt/apt.conf" <<CONF
APT::Architecture "arm64";
#clear APT::Architectures;
APT::Architectures { "arm64"; };
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Retries "3";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$work/apt/sources";
Dir::State::lists "$work/apt/lists";
Dir::State::status "$work/apt/status";
Dir::Cache "$work/apt";
CONF
private() { "$@" -c "$work/apt/apt.conf"; }

say "reading the package lists for arm64"
# A third-party source without arm64 may fail; what counts is whether the packages are found.
private apt-get -qq update >"$work/update.log" 2>&1 || true
meta=linux-image-cloud-arm64
kernel=$(private apt-cache depends "$meta" 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-.*\)/\1/p' | head -n 1)
[ -n "$kernel" ] || {
    tail -n 20 "$work/update.log" >&2
    die "no $meta in this machine's apt sources, or no way to reach them: the boots need a Debian archive"
}
say "downloading $kernel and busybox-static"
(cd "$work/files" && private apt-get -qq download "$kernel" busybox-static) >&2

unpack() { dpkg-deb --fsys-tarfile "$1" | tar -x -C "$work/files" --wildcards "$2"; }
unpack "$work"/files/linux-image-*.deb './boot/vmlinuz-*'
unpack "$work"/files/busybox-static_*.deb './*bin/busybox'
mv "$work"/files/boot/vmlinuz-* "$work/assets/Image"
find "$work/files" -path '*bin/busybox' -type f -exec mv {} "$work/assets/busybox" \;
[ "$(tail -c +57 "$work/assets/Image" | head -c 4)" = 'ARMd' ] ||
    die "the kernel in $kernel is not a raw arm64 Image"

(cd "$work/assets" && echo "$kernel" >VERSION && sha256sum Image busybox VERSION >SHA256SUMS)
rm -rf "$assets"
mv "$work/assets" "$assets"
echo "$assets"
