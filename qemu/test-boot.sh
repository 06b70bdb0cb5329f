#!/bin/bash
# Boot checks on QEMU's virt board: every kind of input, both exception levels, and damage.
#   qemu/test-boot.sh
set -eu
export LC_ALL=C
cd "$(dirname "$0")/.."
here=qemu
lz4boot=build/lz4boot
directory=build/test-boot
assets=$("$here/fetch.sh")
image=$assets/Image
rm -rf "$directory"
mkdir -p "$directory"

passed=0 failed=0
check() { # check WHAT COMMAND...
    local what=$1
    shift
    if "$@"; then
        echo "PASS $what"
        passed=$((passed + 1))
    else
        echo "FAIL $what"
        failed=$((failed + 1))
    fi
}

boots() { # boots LEVEL NAME INPUT: on all cores, which decode it before
    "$lz4boot" pack --timing "$3" -o "$directory/$2.lz4boot" >/dev/null &&
        "$here/userspace.sh" "$1" "$directory/$2.log" "$directory/$2.lz4boot" --expect ' cores=4 '
}

# One bit of the payload differs: the console says where, in the words that the command has for the
# same payload, and Linux never starts.
refuses() { # refuses LEVEL NAME PACKED BYTES-BEFORE-THE-END
    local damaged=$directory/$2.lz4boot payload=$directory/$2.lz4 enter=() payload_offset at byte verdict
    [ -e "$3" ] || { echo "lz4boot: there is no $3 to damage" >&2; return 1; }
    # u64le of the descriptor behind the Image header.
    payload_offset=$(od -A n -t u8 -j $((0x48)) -N 8 "$3")
    at=$(($(stat -c %s "$3") - $4))
    byte=$(od -A n -t u1 -j "$at" -N 1 "$3")
    cp "$3" "$damaged"
    printf %b "\\0$(printf %o $((byte ^ 1)))" |
        dd of="$damaged" bs=1 seek="$at" conv=notrunc status=none
    tail -c +$((payload_offset + 1)) "$damaged" >"$payload"
    verdict=$("$lz4boot" verify "$payload" 2>&1 |
        grep -oE 'block [0-9]+, byte [0-9]+: [a-z_]+') || return
    [ "$1" = el1 ] || enter=(--el2)
    "$here/run.sh" "${enter[@]}" --log "$directory/$2.log" --limit 20 \
        --until "lz4boot: kernel refused: $verdict" --watch 2 --forbid 'Booting Linux' \
        "$damaged" -append 'console=ttyAMA0 earlycon'
}

lz4 -q -l "$image" "$directory/legacy.lz4"
lz4 -q -BD "$image" "$directory/frame.lz4"
check "EL1, packed from a legacy .lz4: userspace, 4 cores" boots el1 legacy "$directory/legacy.lz4"
check "EL2, packed from a frame .lz4: userspace, 4 cores" boots el2 frame "$directory/frame.lz4"
check "EL2, packed from the raw Image: userspace, 4 cores" boots el2 image "$image"
check "EL1, a bit flipped in a block: refused" refuses el1 block "$directory/image.lz4boot" 4000000
check "EL2, a bit flipped in the end mark: refused" refuses el2 end-mark "$directory/image.lz4boot" 1
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
