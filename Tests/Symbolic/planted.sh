#!/bin/sh
# Plants faults into copies of the decoder, one at a time, and expects the proof to find each of them. What it prints as
# an input for it is then decoded between guard pages, and has to fault.
#   Tests/Symbolic/planted.sh      run by make, which says how the archive is built
set -eu
here=$(dirname "$0")
directory=build/symbolic
trap 'rm -rf "$directory"' EXIT
failed=0

# plant WHAT FILE SED-EXPRESSION CASES [FUNCTION]: the cases of prove.py in which it has to show, and what to decode with.
plant() {
    rm -rf "$directory"
    mkdir -p "$directory"
    cp -r Sources/LZ4Boot Sources/FreestandingMemory "$directory"
    sed -i "$3" "$directory/LZ4Boot/$2"
    if cmp -s "Sources/LZ4Boot/$2" "$directory/LZ4Boot/$2"; then
        echo "FAIL $1: the fault is not in the source any more, or cannot be planted like this"
        failed=1
        return
    fi
    archive=$directory/aarch64/liblz4boot.a
    ${MAKE:-make} --no-print-directory BUILD="$directory" "$archive" \
        DECODER_SOURCES="$(find "$directory" -name '*.swift' | sort | tr '\n' ' ')" >"$directory/build.log" 2>&1 ||
        { cat "$directory/build.log"; exit 1; }
    status=0
    "$here/symbolic.sh" prove.py "$archive" --only "$4" >"$directory/proof.log" || status=$?
    found=$(sed -n 's/.*BROKEN: //p' "$directory/proof.log" | head -n 1)
    replayed="of a function that cannot be called from outside"
    if [ $status -ne 2 ] || [ -z "$found" ]; then
        cat "$directory/proof.log"
        echo "FAIL $1: not found"
        failed=1
        return
    elif [ $# -gt 4 ] && ! replayed=$(replay "$5"); then
        echo "FAIL $1: the input is none: $found; $replayed"
        failed=1
        return
    fi
    echo "PASS $1: $found; $replayed"
}

replay() {
    aarch64-linux-gnu-gcc -static -O2 -std=gnu11 -Wall -Wextra -Werror -I Sources/CLZ4Boot/include \
        -o "$directory/replay" "$here/replay.c" "$archive"
    # shellcheck disable=SC2046  # words
    qemu-aarch64 "$directory/replay" "$1" $(echo "$found" |
        sed -n 's/.*capacity \(0x[0-9a-f]*\).*source \(0x[0-9a-f]*\).*/\1 \2/p')
}

plant "a source read to one byte behind its end" Memory/SourceCursor.swift \
    's/if isEmpty { return nil }/if unsafe next > end { return nil }/' 'decode_block, 1 ' decode_block
plant "a header field that ends one byte behind the source" Stream/FieldBuffer.swift \
    's/guard let byte = source.readByte()/& ?? (count == wanted - 1 ? unsafe source.next.pointee : nil)/' \
    '^decode, 3 ' decode
plant "a match that starts one byte in front of the output" Block/BlockDecoder.swift \
    's/guard Int(offset) <= target.count &- windowStart/& \&+ 1/' 'decode_block, 5 ' decode_block
plant "literals up to one byte behind the capacity" Memory/Target.swift \
    's/min(source.byteCount, end &- count))/min(source.byteCount, end \&- count \&+ 1))/' 'decode_block, 2 ' decode_block
plant "a match up to one byte behind the capacity" Block/BlockDecoder.swift \
    's/let room = matchEnd(source, target) &- target.count/& \&+ 1/' 'decode_block, 5 ' decode_block
plant "a wide copy up to one byte behind its end" Memory/Copy.swift \
    's/let wideEnd = unsafe end - 32/let wideEnd = unsafe end - 31/' 'copyForward'
plant "a repeat from too near" Memory/Copy.swift \
    's/while wideWay < 0 \&\& wideWay > -32/while wideWay < 0 \&\& wideWay > -31/' 'copyForward'
exit $failed
