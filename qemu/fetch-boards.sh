#!/bin/sh
# Fetches Debian's kernel for every arm64 board, and device trees of boards that QEMU has.
#   qemu/fetch-boards.sh [--backports]     prints the directory that holds Image, the .dtb files, VERSION
#                                          and SHA256SUMS
set -eu
folder=debian-arm64-boards
[ $# -eq 0 ] || folder=$folder-backports
exec "$(dirname "$0")/debian-arm64.sh" "$@" "$folder" 'Image=linux-image-arm64:./boot/vmlinuz-*' \
    'raspi3b.dtb=linux-image-arm64:./usr/lib/linux-image-*/broadcom/bcm2837-rpi-3-b.dtb' \
    'xlnx-zcu102.dtb=linux-image-arm64:./usr/lib/linux-image-*/xilinx/zynqmp-zcu102-rev1.0.dtb'
