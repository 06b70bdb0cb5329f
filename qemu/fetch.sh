#!/bin/sh
# Fetches what the boots start: a real Debian arm64 kernel and a static arm64 busybox.
#   qemu/fetch.sh          prints the directory that holds Image, busybox, VERSION and SHA256SUMS
set -eu
exec "$(dirname "$0")/debian-arm64.sh" debian-arm64 \
    'Image=linux-image-cloud-arm64:./boot/vmlinuz-*' 'busybox=busybox-static:./*bin/busybox'
