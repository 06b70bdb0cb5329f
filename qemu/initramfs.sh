#!/bin/bash
# Makes the initramfs of the boot checks: a static busybox and the init beside this script.
#   qemu/initramfs.sh BUSYBOX TARGET [LABEL]     the same bytes for the same inputs
# init says the label, so that one is known from another.
set -eu -o pipefail
export LC_ALL=C
busybox=$1
target=$(realpath "$2")
here=$(dirname "$(realpath "$0")")

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
install -D -m 755 "$busybox" "$root/bin/busybox"
install -m 755 "$here/init" "$root/init"
[ -z "${3-}" ] || echo "$3" >"$root/label"
find "$root" -exec touch -h -d @0 {} +
# The kernel's own initramfs already has /dev/console, so this needs no root.
(cd "$root" && find . -mindepth 1 | sort |
    cpio --quiet --create --format=newc --reproducible --owner=0:0) >"$target"
