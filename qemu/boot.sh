#!/bin/bash
# The main job: packs a real kernel, boots it to userspace and says where the time went.
#   qemu/boot.sh
set -eu
export LC_ALL=C
here=$(dirname "$0")
lz4boot=build/lz4boot
directory=build/boot
assets=$("$here/fetch.sh")
packed=$directory/Image.lz4boot
mkdir -p "$directory"
say() { echo "lz4boot: $*"; }

say "packing $(cat "$assets/VERSION")"
"$lz4boot" pack --timing "$assets/Image" -o "$packed" | sed 's/^/  /'
say "counting the decoder's instructions"
# One instruction takes one nanosecond of this run's time.
"$here/run.sh" --log "$directory/instructions.log" --until 'lz4boot: timing: ' "$packed" \
    -icount shift=0,sleep=off
say "booting it as it is, for comparison"
"$here/userspace.sh" el1 "$directory/plain.log" "$assets/Image"
say "booting it packed"
"$here/userspace.sh" el1 "$directory/packed.log" "$packed" --expect "lz4boot: timing: "

# The figures. The stub tells its times as ticks of the counter: entry=1 decode_start=2 ...
arrival() { grep -m 1 -F -e "$2" "$directory/$1.log" | awk '{ printf "%.3f s", $1 }'; }
nanoseconds() { # nanoseconds LOG FROM TO
    awk -v from="$2" -v to="$3" '/lz4boot: timing: / {
        for (i = 1; i <= NF; i++) { split($i, pair, "="); value[pair[1]] = pair[2] }
        printf "%.0f", (value[to] - value[from]) * 1e9 / value["hz"]
    }' "$directory/$1.log"
}
as_seconds() { awk -v ns="$1" 'BEGIN { printf "%.3f s", ns / 1e9 }'; }
grouped() { sed ':again; s/\B[0-9]\{3\}\>/,&/; t again' <<<"$1"; }
quotient() { awk -v a="$2" -v b="$3" -v scale="$4" -v format="$1" 'BEGIN { printf format, scale * a / b }'; }
row() { printf '%-24s %14s %14s   %s\n' "$@"; }

before=$(stat -c %s "$assets/Image") after=$(stat -c %s "$packed")
decoder=$(nanoseconds packed decode_start decode_end)
around=$(($(nanoseconds packed entry handover) - decoder))
instructions=$(nanoseconds instructions decode_start decode_end)
first='Booting Linux on physical CPU'
up='lz4boot: userspace reached'
echo
row "QEMU, 4 x Cortex-A53" Image Image.lz4boot ""
row "size in bytes" "$(grouped "$before")" "$(grouped "$after")" "$(quotient '%.1f %%' "$after" "$before" 100)"
row "decoder, time" "" "$(as_seconds "$decoder")" "$(quotient '%.0f MB/s' "$before" "$decoder" 1000)"
row "decoder, instructions" "" "$(grouped "$instructions")" \
    "$(quotient '%.2f per byte' "$instructions" "$before" 1)"
row "stub around it, time" "" "$(as_seconds "$around")" "caches, tables, checks"
row "first kernel message" "$(arrival plain "$first")" "$(arrival packed "$first")" "from the start of QEMU"
row "userspace" "$(arrival plain "$up")" "$(arrival packed "$up")" "4 cores online, initramfs intact"
