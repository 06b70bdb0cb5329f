#!/bin/bash
# Boots a kernel to userspace: four cores, the initramfs intact, power-off, and no complaint.
#   qemu/userspace.sh el1|el2 LOG KERNEL [run.sh-option...]
set -eu
level=$1 log=$2 kernel=$3
shift 3
here=$(dirname "$0")
assets=$("$here/fetch.sh")
initramfs=$(dirname "$log")/initramfs.cpio
"$here/initramfs.sh" "$assets/busybox" "$initramfs"
sum=$(sha256sum <"$assets/busybox")
arguments='console=ttyAMA0 earlycon panic=-1'

enter=()
[ "$level" = el1 ] || enter=(--el2)
# What Linux says of a loader that broke its boot protocol is forbidden, as is any sign of damage.
exec "$here/run.sh" --log "$log" "${enter[@]}" "$@" \
    --expect "CPU: All CPU(s) started at ${level^^}" \
    --expect 'lz4boot: userspace reached, cpus online: 4' \
    --expect "lz4boot: command line: $arguments" \
    --expect "lz4boot: initramfs sha256: ${sum%% *}" \
    --forbid 'violation of boot protocol' \
    --forbid 'misaligned at boot' \
    --forbid 'Firmware Bug' \
    --forbid 'Kernel panic' \
    --forbid 'WARNING:' \
    --forbid 'Oops' \
    "$kernel" -initrd "$initramfs" -append "$arguments"
