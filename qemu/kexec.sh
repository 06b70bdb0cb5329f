#!/bin/bash
# Boots a Debian kernel that starts a packed one by kexec: judged as by userspace.sh, but for the
# second kernel.
#   qemu/kexec.sh el1|el2 [plain|packed]      what the first kernel is (plain)
# The console goes to build/boot-matrix/kexec-LEVEL.log.
set -eu -o pipefail
export LC_ALL=C
level=$1 first=${2:-plain}
cd "$(dirname "$0")/.."
directory=build/boot-matrix
assets=$(qemu/fetch.sh)
tools=$(qemu/fetch-kexec.sh)
# The first kernel says nothing, so that what is judged is the second's.
arguments='console=ttyAMA0 panic=-1 loglevel=1' more=' loglevel=7'
mkdir -p "$directory"

work=$(mktemp -d "$directory/kexec.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
root=$work/root
mkdir -p "$root"/{bin,lib,proc,sys,dev}
cp "$assets/busybox" "$tools/kexec" "$root/bin"
cp "$tools"/l*.so.* "$root/lib"
# The name of Xen's library has its release in it.
cp "$tools/libxenctrl" "$root/lib/$(grep -a -o 'libxenctrl\.so[.0-9]*' "$tools/kexec" | head -n 1)"
build/lz4boot pack --timing "$assets/Image" -o "$root/Image" >/dev/null
qemu/initramfs.sh "$assets/busybox" "$root/initramfs"

kernel=$assets/Image
[ "$first" = plain ] || kernel=$root/Image
cat >"$root/init" <<INIT
#!/bin/busybox sh
busybox mount -t proc proc /proc
busybox mount -t sysfs sysfs /sys
busybox mount -t devtmpfs devtmpfs /dev
exec >/dev/console 2>&1
kexec -c -l /Image --initrd=/initramfs --command-line='$arguments$more' && kexec -e
busybox poweroff -f
INIT
chmod +x "$root/init"
(cd "$root" && find . -mindepth 1 | cpio --quiet --create --format=newc --owner=0:0) >"$work/initrd"

qemu/userspace.sh "$level" "$directory/kexec-$level.log" "$kernel" --append "$arguments" --behind "$more" \
    --initrd "$work/initrd" --expect ' cores=4 '
