#!/bin/bash
# Fetches files out of Debian's arm64 packages into a folder of the cache and prints where that is.
#   qemu/debian-arm64.sh [--backports] FOLDER NAME=PACKAGE:PATTERN...
# NAME is the file in the folder, PATTERN the one file of the package that it is, or, if NAME ends with
# .tar, the files that are in it. VERSION holds name and version of the first package, SHA256SUMS the
# sums. `linux-image-*` means the kernel of today that this meta-package depends on, `NAME*` the last
# package whose name starts so; a file called Image has to be a raw arm64 one.
# The packages come through a private apt root, from the sources and with the keys that this
# machine's own apt uses; its dpkg never hears of another architecture. With --backports they come
# from the same archive's backports, and from nowhere else. A complete folder is checked against its
# recorded sums and used as it is, without the network.
set -eu
export LC_ALL=C
backports=''
[ "$1" != --backports ] || { backports=-backports; shift; }
cache=${LZ4BOOT_CACHE:-$HOME/.cache/lz4boot}
assets=$cache/$1
shift
say() { echo "lz4boot: $*" >&2; }
die() { say "$*"; exit 1; }

mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9

if [ -e "$assets" ]; then
    if (cd "$assets" && ls -- "${@%%=*}" >/dev/null 2>&1 &&
        sha256sum --check --strict --status SHA256SUMS); then
        echo "$assets"
        exit 0
    fi
    say "$assets is incomplete or does not match its recorded sums: fetching it again"
fi

# Everything happens here; only a complete result is renamed into the cache.
rm -rf "$cache"/fetch.??????  # what a killed run left behind
work=$(mktemp -d "$cache/fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$work"/apt/{sources,lists/partial,archives/partial} "$work/assets" "$work/packages"

# A source limited to this machine's architecture would hide the one we are after.
for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ ! -r "$list" ] || sed -E 's/(\[|[[:space:]])arch[+-]?=[^]"[:space:]]+/\1/; s/\[[[:space:]]*\]//' \
        "$list" >"$work/apt/sources/${list##*/}"
done
for list in /etc/apt/sources.list.d/*.sources; do
    [ ! -r "$list" ] || sed '/^Architectures/Id' "$list" >"$work/apt/sources/${list##*/}"
done
# A release's own suite becomes its backports; sources without one are left out.
[ -z "$backports" ] || for list in "$work"/apt/sources/*; do
    case $list in
        *.list) sed -i -nE 's/^(deb\s+(\[.*\]\s*)?\S+\s+[a-z]+)(\s)/\1-backports\3/p' "$list" ;;
        *) sed -E 's/^(Suites:)(.* )?([a-z]+)( .*)?$/\1 \3-backports/I' "$list" |
            awk -v RS= -v ORS='\n\n' '/-backports/' >"$list.kept" && mv "$list.kept" "$list" ;;
    esac
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

download() { # download PACKAGE: into a folder of its name, once
    [ ! -e "$work/packages/$1" ] || return 0
    local name=$1
    case $1 in
        linux-image-*) name=$(private apt-cache depends "$1" 2>/dev/null |
            sed -n 's/^ *Depends: \(linux-image-.*\)/\1/p' | head -n 1) ;;
        *'*') name=$(private apt-cache pkgnames "${1%?}" | sort -V | tail -n 1) ;;
    esac
    if [ -z "$name" ] || ! private apt-cache show "$name" >/dev/null 2>&1; then
        tail -n 20 "$work/update.log" >&2
        die "no $1 in${backports:+ the backports of} this machine's apt sources, or no way to reach them:" \
            "it takes a Debian archive${backports:+ with that suite}"
    fi
    say "downloading $name"
    mkdir "$work/packages/$1"
    (cd "$work/packages/$1" && private apt-get -qq download "$name") >&2
    # shellcheck disable=SC2016  # dpkg-deb fills them in
    [ -e "$work/assets/VERSION" ] || dpkg-deb --show --showformat '${Package} ${Version}\n' \
        "$work/packages/$1"/*.deb >"$work/assets/VERSION"
}

for file in "$@"; do
    name=${file%%=*} package=${file#*=} pattern=${file#*:}
    package=${package%%:*}
    download "$package"
    mkdir "$work/unpacked"
    dpkg-deb --fsys-tarfile "$work/packages/$package"/*.deb |
        tar -x -C "$work/unpacked" --wildcards "$pattern"
    mapfile -t found < <(find "$work/unpacked" -type f)
    if [ "${name%.tar}" != "$name" ]; then
        tar -c -C "$work/unpacked" -f "$work/assets/$name" .
    else
        [ ${#found[@]} -eq 1 ] || die "${#found[@]} files of $package match $pattern"
        mv "${found[0]}" "$work/assets/$name"
    fi
    rm -r "$work/unpacked"
    [ "$name" != Image ] || [ "$(tail -c +57 "$work/assets/Image" | head -c 4)" = 'ARMd' ] ||
        die "the kernel in $package is not a raw arm64 Image"
done

(cd "$work/assets" && sha256sum -- * >../SHA256SUMS && mv ../SHA256SUMS .)
rm -rf "$assets"
mv "$work/assets" "$assets"
echo "$assets"
