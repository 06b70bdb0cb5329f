#!/bin/sh
# Plants faults into copies of the decoder, one at a time, and expects the proof to find each of them.
#   Tests/Symbolic/planted.sh      run by make, which says how the archive is built
set -eu
here=$(dirname "$0")
directory=build/symbolic
failed=0

# plant WHAT FILE SED-EXPRESSION CASES: the cases are those of prove.py in which it has to show.
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
    ${MAKE:-make} --no-print-directory BUILD="$directory" "$directory/aarch64/liblz4boot.a" \
        DECODER_SOURCES="$(find "$directory" -name '*.swift' | sort | tr '\n' ' ')" >"$directory/build.log" 2>&1 ||
        { cat "$directory/build.log"; exit 1; }
    status=0
    "$here/symbolic.sh" "$directory/aarch64/liblz4boot.a" --only "$4" >"$directory/proof.log" || status=$?
    if [ $status -eq 2 ]; then
        echo "PASS $1: $(sed -n 's/.*BROKEN: //p' "$directory/proof.log" | head -n 1)"
    else
        cat "$directory/proof.log"
        echo "FAIL $1: not found"
        failed=1
    fi
}

plant "a source read to one byte behind its end" Memory/SourceCursor.swift \
    's/if isEmpty { return nil }/if unsafe next > end { return nil }/' 'decode_block, 1 '
plant "a match that starts one byte in front of the output" Block/BlockDecoder.swift \
    's/guard Int(offset) <= target.count &- windowStart/& \&+ 1/' 'decode_block, 5 '
plant "literals up to one byte behind the capacity" Memory/Target.swift \
    's/min(source.byteCount, end &- count))/min(source.byteCount, end \&- count \&+ 1))/' 'decode_block, 2 '
plant "a wide copy up to one byte behind its end" Memory/Copy.swift \
    's/let wideEnd = unsafe end - 32/let wideEnd = unsafe end - 31/' 'copyForward'
plant "a repeat from too near" Memory/Copy.swift \
    's/while wideWay < 0 \&\& wideWay > -32/while wideWay < 0 \&\& wideWay > -31/' 'copyForward'
rm -rf "$directory"
exit $failed
