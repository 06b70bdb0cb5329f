#!/bin/bash
# Boots a kernel to userspace: every core, the initramfs intact, power-off, and no complaint.
#   qemu/userspace.sh el1|el2 LOG KERNEL [option...] [run.sh-option...] [-- QEMU-ARGUMENT...]
#     --append TEXT    the loader's command line
#     --behind TEXT    what the kernel must find behind that
#     --cores N        how many there are, and must come up (4)
#     --initrd FILE    the loader's; "" for none. Without it, an initramfs of its own
#     --firmware       KERNEL is firmware that brings kernel, command line and initramfs
#     --stays-on       the board has no power-off
set -eu
level=$1 log=$2 kernel=$3
shift 3
here=$(dirname "$0")
assets=$("$here/fetch.sh")
initrd=$(dirname "$log")/initramfs.cpio
sum=$(sha256sum <"$assets/busybox")
arguments='console=ttyAMA0 earlycon panic=-1'
behind='' cores=4 own=y end=() options=() firmware=''
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    case $1 in
        --append) arguments=$2 ;;
        --behind) behind=$2 ;;
        --cores) cores=$2 ;;
        --initrd) initrd=$2 own='' ;;
        --firmware) firmware=y own='' initrd='' options+=(--firmware) && shift && continue ;;
        --stays-on) end=(--until "lz4boot: initramfs sha256: ") && shift && continue ;;
        *) options+=("$1" "$2") ;;
    esac
    shift 2
done
[ $# -eq 0 ] || shift
[ -z "$own" ] || "$here/initramfs.sh" "$assets/busybox" "$initrd"
[ -z "$initrd" ] || set -- -initrd "$initrd" "$@"
[ -n "$firmware" ] || set -- -append "$arguments" "$@"
[ "$level" = el1 ] || options+=(--el2)

# What Linux says of a loader that broke its boot protocol is forbidden, as is any sign of damage.
exec "$here/run.sh" --log "$log" --cores "$cores" "${options[@]}" "${end[@]}" \
    --expect "CPU: All CPU(s) started at ${level^^}" \
    --expect "lz4boot: userspace reached, cpus online: $cores," \
    --expect "lz4boot: command line: $arguments$behind" \
    --expect "lz4boot: initramfs sha256: ${sum%% *}" \
    --forbid 'violation of boot protocol' \
    --forbid 'misaligned at boot' \
    --forbid 'Firmware Bug' \
    --forbid 'Kernel panic' \
    --forbid 'WARNING:' \
    --forbid 'Oops' \
    "$kernel" "$@"
