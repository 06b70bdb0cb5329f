#!/bin/sh
# Prints how much code and constants an archive has, function by function, and how much of it a
# linker keeps for callers of some of the entry points.
#
#   size.sh ARCHIVE [--totals]    TOOLCHAIN: where llvm-objdump lies, with a slash
set -eu
archive=$1
what=${2:-}
toolchain=${TOOLCHAIN:-$(dirname "$(readlink -f "$(command -v swiftc)")")/}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# "bytes name" of every section with code or constants.
sections() {
    "${toolchain}llvm-objdump" --section-headers --wide "$1" | awk '
        function number(text,    value, i) {
            for (i = 1; i <= length(text); i++)
                value = value * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
            return value
        }
        $2 ~ /^\.(text|rodata)/ { print number($3), $2 }'
}

# What is left when only these entry points are used.
linked() {
    name=$1
    shift
    undefined=
    for entry in "$@"; do undefined="$undefined --undefined $entry"; done
    "${toolchain}ld.lld" --gc-sections --entry "$1" $undefined -o "$scratch/linked" "$archive"
    sections "$scratch/linked" | awk -v name="$name" '
        { bytes += $1 } END { if (!bytes) exit 1; printf "%6d bytes  %s\n", bytes, name }'
}

if [ "$what" != --totals ]; then
    echo "$archive, by object and function:"
    sections "$archive" | sort -rn | sed 's/ \.text\./ /; s/ \(\.rodata\)\.\(.*\)/ \2 (table)/' |
        "${toolchain}swift-demangle" --simplified |
        awk '{ bytes += $1; list = list sprintf("%6d bytes    %s\n", $1, substr($0, length($1) + 2)) }
            END { printf "%6d bytes  lz4boot.o\n%s", bytes, list }'
    echo "$archive, what a linker keeps of it:"
fi
linked "block only" lz4boot_decode_block
linked "one-shot only" lz4boot_decode
linked "streaming only" lz4boot_stream_start lz4boot_stream_push lz4boot_stream_finish
linked "one core" $("${toolchain}llvm-nm" --defined-only --extern-only -j "$archive" |
    sed -n '/^lz4boot_team_/!{/^lz4boot_/p}')
linked "everything" $("${toolchain}llvm-nm" --defined-only --extern-only -j "$archive" | sed -n '/^lz4boot_/p')
