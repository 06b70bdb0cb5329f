#!/bin/bash
# Measures a team of two on QEMU, which runs two guest cores in parallel: a real kernel in blocks of 1 MiB with checksums,
# by the Cortex-A53's archive, in alternating pairs with one call. The results also go to build/bench/qemu.json.
#   qemu/bench-team/bench-team.sh [PAIRS]      after `make lib cli`
set -eu -o pipefail
export LC_ALL=C
cd "$(dirname "$0")/../.."
pairs=${1:-51}
[ "$pairs" -gt 0 ] 2>/dev/null || { echo "bench-team.sh: PAIRS is to be a number above 0" >&2; exit 1; }
here=qemu/bench-team
directory=build/bench/team
toolchain=${TOOLCHAIN:?run by make}
assets=$(qemu/fetch.sh)
mkdir -p "$directory"

build/lz4boot compress --block-size 1M "$assets/Image" -o "$directory/frame.lz4" >"$directory/compress.log"
for source in start.S main.c; do
    "${toolchain}clang" -target aarch64-none-elf -mcpu=cortex-a53 -mgeneral-regs-only -O2 -ffreestanding -Wall -Wextra \
        -Werror -DPAIRS="$pairs" -I build/include -Wa,-I"$directory" -c "$here/$source" -o "$directory/$source.o"
done
"${toolchain}ld.lld" -T "$here/link.ld" "$directory/start.S.o" "$directory/main.c.o" build/aarch64/liblz4boot.a \
    -o "$directory/team.elf"
timeout 300 qemu-system-aarch64 -M virt -cpu cortex-a53 -smp 2 -m 256M -nic none -display none -serial none \
    -monitor none -semihosting-config enable=on,target=native -kernel "$directory/team.elf" </dev/null \
    >"$directory/ticks.txt" 2>&1

median() { sort -n | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'; }
column() { awk "{ printf \"%.4f\\n\", $1 }" "$directory/ticks.txt" | median; }
[ "$(wc -l <"$directory/ticks.txt")" -eq "$pairs" ]
# virt's counter runs at 62.5 MHz.
printf '{"kind": "qemu", "pairs": %d, "one_ms": %s, "two_ms": %s, "ratio": %s}\n' "$pairs" \
    "$(column '$1 / 62500')" "$(column '$2 / 62500')" "$(column '$1 / $2')" | tee build/bench/qemu.json
