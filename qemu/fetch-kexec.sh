#!/bin/bash
# Fetches Debian's kexec for arm64 and the shared libraries that it is linked against.
#   qemu/fetch-kexec.sh     prints the directory that holds them, VERSION and SHA256SUMS
set -eu
files=('kexec=kexec-tools:./*bin/kexec' 'libz.so.1=zlib1g:./*lib/*/libz.so.1.*'
    'libc.so.6=libc6:./*lib/*/libc.so.6'
    'ld-linux-aarch64.so.1=libc6:./*lib/aarch64*/ld-linux-aarch64.so.1'
    'libxenctrl=libxenmisc*:./*lib/*/libxenctrl.so.*')
for name in call devicemodel evtchn foreignmemory gnttab toolcore toollog; do
    files+=("libxen$name.so.1=libxen${name}1:./*lib/*/libxen$name.so.1.*")
done
exec "$(dirname "$0")/debian-arm64.sh" debian-arm64-kexec "${files[@]}"
