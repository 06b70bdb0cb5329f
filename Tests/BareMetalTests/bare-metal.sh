#!/bin/bash
# The archive for boot code on a bare Cortex-A53 (QEMU): MMU off, unaligned accesses and FP trapped. And what the stub
# hashes by, which opens FP for its time.
#   Tests/BareMetalTests/bare-metal.sh [VECTORS]     after `make lib build/stub/crypto.o`; needs qemu-system-aarch64 and lz4
# VECTORS: a file of what the Swift tests decoded, to be repeated; nothing else is done then.
set -eu
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
build=$PWD/build
directory=$build/test-bare-metal${1:+-vectors}
toolchain=${TOOLCHAIN:?run by make}
rm -rf "$directory"
mkdir -p "$directory"
failed=0
main=$here/main.c
machine=virt
cpu=cortex-a53

program() { # program NAME ARCHIVE [DEFINE...]
    local name=$1 archive=$2 source object objects=()
    shift 2
    for source in "$here/start.S" "$main"; do
        object=$directory/$name-$(basename "$source").o
        (cd "$directory" && "${toolchain}clang" -target aarch64-none-elf -mcpu=cortex-a53 \
            -mgeneral-regs-only -mstrict-align -O2 -ffreestanding -fno-builtin -Wall -Wextra -Werror \
            -I "$build/include" -I "$here/../../Sources/StubCryptoInstructions/include" -I "$here/../../qemu" "$@" -c "$source" -o "$object")
        objects+=("$object")
    done
    "${toolchain}ld.lld" -T "$here/link.ld" "${objects[@]}" "$archive" -o "$directory/$name.elf"
}

run() { # run NAME: the program's output, and its status
    timeout 120 qemu-system-aarch64 -M $machine -cpu $cpu -m 256M -nic none -display none \
        -serial none -monitor none -semihosting-config enable=on,target=native \
        -kernel "$directory/$1.elf" </dev/null >"$directory/$1.log" 2>&1
}

catches() { # catches NAME EXCEPTION WHAT: it must end with that exception
    local status=0
    run "$1" || status=$?
    if [ "$status" -eq 2 ] && grep -qF "exception: $2" "$directory/$1.log"; then
        echo "PASS catches $3"
    else
        echo "FAIL catches $3: status $status"
        failed=1
    fi
}

if [ $# -gt 0 ]; then
    ln -s "$(realpath "$1")" "$directory/vectors"
    main=$here/../TargetTests/vectors.c
    program vectors "$build/aarch64-strict/liblz4boot.a" -DVECTORS -DBARE_METAL
    status=0
    run vectors || status=$?
    cat "$directory/vectors.log"
    exit "$status"
fi

# Text, then what lz4 cannot compress, then long runs; an odd number of bytes.
{
    seq 1 20000
    seq 1 20000 | gzip -n -9
    head -c 30001 /dev/zero
} >"$directory/plain"
lz4 -q -9 -B4 -BD -BX --content-size "$directory/plain" "$directory/linked_frame"
lz4 -q -9 -B4 -BI -BX --content-size "$directory/plain" "$directory/independent_frame"
# A legacy frame of one block: magic and size, then the block.
lz4 -q -9 -l "$directory/plain" "$directory/legacy"
tail -c +9 "$directory/legacy" >"$directory/raw_block"

program strict "$build/aarch64-strict/liblz4boot.a"
status=0
run strict || status=$?
cat "$directory/strict.log"
if [ "$status" -ne 0 ]; then
    echo "FAIL the strict archive on bare metal: status $status"
    failed=1
fi
[ "$(grep -c '^PASS' "$directory/strict.log")" -eq 10 ] || failed=1

# What is tested can fail.
program unaligned "$build/aarch64-strict/liblz4boot.a" -DPROVOKE_ALIGNMENT
catches unaligned "data abort" "an unaligned load"
program fp "$build/aarch64-strict/liblz4boot.a" -DPROVOKE_FP
catches fp "FP or SIMD" "the use of an FP register"
program fast "$build/aarch64/liblz4boot.a"
catches fast "data abort" "the archive that needs the MMU on"

# hashes NAME WHERE [DEFINE...]: what the stub hashes by, at the level that $machine starts at
main=$here/hash.c
hashes() {
    local name=$1 where=$2
    shift 2
    program "$name" "$build/stub/crypto.o" -DHASH "$@"
    status=0
    run "$name" || status=$?
    sed "s/\$/, $where/" "$directory/$name.log"
    [ "$status" -eq 0 ] && grep -q '^PASS' "$directory/$name.log" || failed=1
}
hashes hash-el1 "EL1"
machine=virt,virtualization=on
hashes hash-el2 "EL2"
cpu=max
hashes hash-e2h "EL2 with E2H" -DE2H
exit $failed
