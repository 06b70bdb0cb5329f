#!/bin/bash
# Boots a packed Debian kernel as a board does: U-Boot finds a disk, its boot script there starts the
# kernel with initramfs and command line. Judged as by userspace.sh.
#   qemu/uboot.sh fat|ext4|fit [el1|el2]
#     fat     booti, from a FAT file system on a virtio disk
#     ext4    booti, from ext4 on NVMe
#     fit     bootm of a FIT image with a checksum of each part, from a FAT file system
# The console goes to build/boot-matrix/uboot-KIND.log.
set -eu -o pipefail
export LC_ALL=C
kind=$1 level=${2:-el1}
cd "$(dirname "$0")/.."
directory=build/boot-matrix
uboot=/usr/lib/u-boot/qemu_arm64/u-boot.bin
assets=$(qemu/fetch.sh)
arguments='console=ttyAMA0 earlycon panic=-1'
mkdir -p "$directory"

work=$(mktemp -d "$directory/uboot.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$work/files"
build/lz4boot pack --timing "$assets/Image" -o "$work/files/Image" >/dev/null
qemu/initramfs.sh "$assets/busybox" "$work/files/initrd"

# shellcheck disable=SC2016  # U-Boot's variables
case $kind in
    fat | ext4)
        boot='load ${devtype} ${devnum}:${distro_bootpart} ${kernel_addr_r} Image
            load ${devtype} ${devnum}:${distro_bootpart} ${ramdisk_addr_r} initrd
            booti ${kernel_addr_r} ${ramdisk_addr_r}:${filesize} ${fdtcontroladdr}' ;;
    fit)
        cp qemu/fit.its "$work"  # the files it names are found beside it
        (cd "$work" && mkimage -f fit.its files/fit >/dev/null && rm files/{Image,initrd})
        boot='load ${devtype} ${devnum}:${distro_bootpart} ${ramdisk_addr_r} fit
            bootm ${ramdisk_addr_r}#all ${ramdisk_addr_r}#all ${fdtcontroladdr}' ;;
    *) echo "lz4boot: no such way to boot: $kind" >&2 && exit 1 ;;
esac
# What boots does not come back: a reset ends QEMU at once, and says that it did not.
printf '%s\n' "setenv bootargs $arguments" "$boot" reset >"$work/boot.txt"
mkimage -A arm64 -T script -d "$work/boot.txt" "$work/files/boot.scr" >/dev/null

# Distro boot looks for partitions: here one of 64 MiB, at 1 MiB.
disk=$work/disk device=virtio-blk-pci partition=$work/partition
truncate -s 64M "$partition"
case $kind in
    ext4)
        device=nvme,serial=lz4boot
        mke2fs -q -t ext4 -d "$work/files" "$partition" ;;
    *)
        mkfs.vfat "$partition" >/dev/null
        mcopy -i "$partition" "$work/files"/* :: ;;
esac
{
    head -c 446 /dev/zero
    printf '\x80\0\0\0\x83\0\0\0\0\x08\0\0\0\0\x02\0'
    head -c 48 /dev/zero
    printf '\x55\xaa'
    head -c $((0x100000 - 512)) /dev/zero
    cat "$partition"
} >"$disk"

qemu/userspace.sh "$level" "$directory/uboot-$kind.log" "$uboot" --firmware --append "$arguments" \
    --expect ' cores=4 ' -- -drive "if=none,id=disk,format=raw,file=$disk" -device "$device,drive=disk"
