#!/bin/bash
# The main job: packs a real kernel, boots it to userspace and says where the time went.
#   qemu/boot.sh
set -eu -o pipefail
export LC_ALL=C
cd "$(dirname "$0")/.."
here=qemu
lz4boot=build/lz4boot
directory=build/boot
assets=$("$here/fetch.sh")
packed=$directory/Image.lz4boot
rm -rf "$directory"
mkdir -p "$directory"
say() { echo "lz4boot: $*"; }

say "packing $(cat "$assets/VERSION")"
"$lz4boot" pack --timing "$assets/Image" -o "$packed" | sed 's/^/  /'
say "counting the decoder's instructions"
# One instruction takes one nanosecond of this run's time; of one core, as others would be waited for.
"$here/run.sh" --log "$directory/instructions.log" --until 'lz4boot: timing: ' "$packed" \
    -icount shift=0,sleep=off -smp 1
for run in 1 2 3; do
    say "booting it packed and, for comparison, as it is: $run of 3"
    "$here/userspace.sh" el1 "$directory/packed-$run.log" "$packed" --expect ' cores=4 '
    "$here/userspace.sh" el1 "$directory/plain-$run.log" "$assets/Image"
done

# The figures are medians. The stub tells its times as ticks: "... entry=1 decode_start=2 ... hz=5".
median() { sort -n | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'; }
nanoseconds() { # nanoseconds FROM TO LOG...
    awk -v from="$1" -v to="$2" '/lz4boot: timing: / {
        for (i = 1; i <= NF; i++) { split($i, pair, "="); value[pair[1]] = pair[2] }
        printf "%.0f\n", (value[to] - value[from]) * 1e9 / value["hz"]
    }' "${@:3}" | median
}
arrival() { grep -h -m 1 -F -e "$1" "${@:2}" | median | awk '{ printf "%.3f s", $1 }'; } # TEXT LOG...
quotient() { awk -v a="$2" -v b="$3" -v format="$1" 'BEGIN { printf format, a / b }'; } # FORMAT A B
grouped() { sed ':again; s/\B[0-9]\{3\}\>/,&/; t again' <<<"$1"; }
row() { printf '%-22s %12s %14s   %s\n' "$@"; }

before=$(stat -c %s "$assets/Image")
after=$(stat -c %s "$packed")
decoder=$(nanoseconds decode_start decode_end "$directory"/packed-?.log)
stub=$(nanoseconds entry handover "$directory"/packed-?.log)
instructions=$(nanoseconds decode_start decode_end "$directory/instructions.log")
first='Booting Linux on physical CPU'
up='lz4boot: userspace reached'

echo
row 'QEMU, 4 x Cortex-A53' Image Image.lz4boot 'medians of 3'
row 'size in bytes' "$(grouped "$before")" "$(grouped "$after")" \
    "$(quotient '%.1f %%' "${after}00" "$before")"
row 'decoder, instructions' '' "$(grouped "$instructions")" \
    "$(quotient '%.2f per byte' "$instructions" "$before")"
row 'decoder, time' '' "$(quotient '%.3f s' "$decoder" 1000000000)" \
    "$(quotient '%.0f MB/s under QEMU, on 4 cores' "${before}000" "$decoder")"
row 'whole stub, time' '' "$(quotient '%.3f s' "$stub" 1000000000)" 'from its entry to the kernel'
row 'first kernel message' "$(arrival "$first" "$directory"/plain-?.log)" \
    "$(arrival "$first" "$directory"/packed-?.log)" 'from the start of QEMU'
row 'userspace' "$(arrival "$up" "$directory"/plain-?.log)" \
    "$(arrival "$up" "$directory"/packed-?.log)" '4 cores online, initramfs intact'

echo
qemu/timeline.py "$directory"/packed-?.log "$directory/timeline.svg"
