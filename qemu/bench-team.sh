#!/bin/bash
# Measures what a second core saves the stub: decodes a real kernel in blocks of 1 MiB on one core and on two, which QEMU
# runs in parallel, in alternating pairs. The results also go to build/bench/qemu.json.
#   qemu/bench-team.sh [PAIRS]
set -eu -o pipefail
export LC_ALL=C
cd "$(dirname "$0")/.."
pairs=${1:-9}
directory=build/bench
packed=$directory/Image.lz4boot
assets=$(qemu/fetch.sh)
mkdir -p "$directory"
build/lz4boot pack --timing --level 9 --block-size 1M "$assets/Image" -o "$packed" >"$directory/pack.log"

ticks() { # ticks CORES: of the decoder, which has to have come to work on all of them
    qemu/run.sh --log "$directory/team.log" --until 'lz4boot: timing: ' "$packed" -smp "$1" || return
    awk -v cores="$1" '/lz4boot: timing: / {
        for (i = 1; i <= NF; i++) { split($i, pair, "="); value[pair[1]] = pair[2] }
        if (value["cores"] == cores) print value["decode_end"] - value["decode_start"], value["hz"]
    }' "$directory/team.log" | grep .
}

: >"$directory/team.txt"
for ((pair = 0; pair < pairs; pair++)); do
    one=$(ticks 1)
    two=$(ticks 2)
    echo "$one $two" >>"$directory/team.txt"
done
median() { sort -n | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'; }
ratio=$(awk '{ printf "%.4f\n", $1 / $3 }' "$directory/team.txt" | median)
one=$(awk '{ printf "%.2f\n", 1000 * $1 / $2 }' "$directory/team.txt" | median)
two=$(awk '{ printf "%.2f\n", 1000 * $3 / $4 }' "$directory/team.txt" | median)
echo "stub under QEMU, 1 MiB blocks, $pairs pairs: $one ms on one core, $two ms on two, ratio $ratio"
printf '{"kind": "qemu", "pairs": %d, "one_ms": %s, "two_ms": %s, "ratio": %s}\n' \
    "$pairs" "$one" "$two" "$ratio" >"$directory/qemu.json"
