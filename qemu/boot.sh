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
"$lz4boot" pack --timing "$assets/Image" -o "$packed"
say "counting the decoder's instructions"
# One instruction takes one nanosecond of this run's time.
"$here/run.sh" --log "$directory/instructions.log" --until 'lz4boot: timing: ' "$packed" \
    -icount shift=0,sleep=off
say "booting it as it is, for comparison"
"$here/userspace.sh" el1 "$directory/plain.log" "$assets/Image"
say "booting it packed"
"$here/userspace.sh" el1 "$directory/packed.log" "$packed" --expect "lz4boot: timing: "

# seconds LOG TEXT: when TEXT came, with milliseconds.
seconds() { grep -m 1 -F -e "$2" "$directory/$1.log" | awk '{ printf "%.3f s", $1 }'; }
# nanoseconds LOG: what the stub measured.
nanoseconds() {
    sed -n 's/.*lz4boot: timing: [^0-9]*\([0-9]*\) ticks[^0-9]*\([0-9]*\) Hz.*/\1 \2/p' \
        "$directory/$1.log" | awk '{ printf "%.0f", $1 * 1e9 / $2; exit }'
}
grouped() { sed ':again; s/\B[0-9]\{3\}\>/,&/; t again' <<<"$1"; }
bytes() { stat -c %s "$1"; }
percent() { awk -v part="$1" -v whole="$2" 'BEGIN { printf "%.1f %%", 100 * part / whole }'; }

before=$(bytes "$assets/Image") after=$(bytes "$packed")
first='Booting Linux on physical CPU'
up='lz4boot: userspace reached'
row() { printf '%-24s %14s %14s   %s\n' "$@"; }
echo
row "QEMU virt, 4 Cortex-A53" Image Image.lz4boot ""
row "bytes" "$(grouped "$before")" "$(grouped "$after")" "$(percent "$after" "$before")"
row "decoder, time" "" "$(nanoseconds packed | awk '{ printf "%.3f s", $1 / 1e9 }')" ""
row "decoder, instructions" "" "$(grouped "$(nanoseconds instructions)")" \
    "$(nanoseconds instructions | awk -v bytes="$before" '{ printf "%.2f per byte", $1 / bytes }')"
row "first kernel message" "$(seconds plain "$first")" "$(seconds packed "$first")" "from the start of QEMU"
row "userspace" "$(seconds plain "$up")" "$(seconds packed "$up")" "4 cores online, initramfs intact"
