#!/bin/bash
# Starts packed fake kernels (kernel.S) on QEMU: what must be entered and how, what must be refused.
#   Tests/StubTests/smoke.sh      after `make cli`; needs qemu-system-aarch64 and fdtput
set -u  # no -e: the verdicts count what fails
export LC_ALL=C
here=$(dirname "$0")
lz4boot=build/lz4boot
directory=build/test-stub
clang=${TOOLCHAIN:?run by make}clang
objcopy=${TOOLCHAIN}llvm-objcopy
data_bytes=$((0x640000))
rm -rf "$directory"
mkdir -p "$directory"
passed=0 failed=0

verdict() { # verdict WHAT: by the status of the command before
    if [ $? -eq 0 ]; then
        echo "PASS $1"
        passed=$((passed + 1))
    else
        echo "FAIL $1"
        failed=$((failed + 1))
    fi
}

poke() { # poke FILE OFFSET HEX-BYTE...: overwrites bytes
    local file=$1 offset=$2
    shift 2
    printf '%b' "$(printf '\\x%s' "$@")" | dd of="$file" bs=1 seek=$((offset)) conv=notrunc status=none
}

u64() { od -A n -t u8 -j $(($2)) -N 8 "$1" | tr -d ' '; } # u64 FILE OFFSET

kernel() { # kernel NAME TEXT-OFFSET: a kernel with data that compress and data that do not
    local base=$directory/$1
    "$clang" -target aarch64-none-elf -DTEXT_OFFSET="$2" -c "$here/kernel.S" -o "$base.o"
    "$objcopy" -O binary -j .text "$base.o" "$base"
    { seq 1 150000 | gzip -n -1; seq 1 1000000; } 2>/dev/null | head -c "$data_bytes" >"$base.data"
    # gzip ends with the CRC and the size.
    # shellcheck disable=SC2046  # the bytes are words
    poke "$base" 0x20 $(gzip -c "$base.data" | tail -c 8 | head -c 4 | od -A n -t x1)
    cat "$base.data" >>"$base"
}

run() { # run LOG MACHINE IMAGE [ARGUMENT...]: until it powers off or says that it stops
    local log=$1 machine=$2 image=$3 qemu
    shift 3
    # The death signal: QEMU never outlives this script.
    setpriv --pdeathsig KILL qemu-system-aarch64 -M "$machine" -cpu "${cpu:-cortex-a53}" -m 256M \
        -nic none -display none -serial "file:$directory/$log" -monitor none -no-reboot -kernel "$image" "$@" </dev/null &
    qemu=$!
    for _ in $(seq "${tenths:-200}"); do
        kill -0 "$qemu" 2>/dev/null || break
        # Whoever stops goes on running: a moment, in case that it says more than it should.
        if grep -qE 'refused|exception|failed' "$directory/$log" 2>/dev/null; then
            sleep 0.5
            break
        fi
        sleep 0.1
    done
    kill -KILL "$qemu" 2>/dev/null || true
    wait "$qemu" 2>/dev/null || true
    tr -d '\r' <"$directory/$log" >"$directory/$log.text"
}

says() { # says LOG LINE...: the console has these lines, each matching a pattern, and no others
    local lines line
    mapfile -t lines <"$directory/$1.text"
    shift
    [ ${#lines[@]} -eq $# ] || { printf '  | %s\n' "${lines[@]}"; return 1; }
    for line in "${lines[@]}"; do
        # shellcheck disable=SC2053  # a pattern
        [[ $line == $1 ]] || { printf '  | %s\n' "$line"; return 1; }
        shift
    done
}

good() { # good NAME EL MACHINE IMAGE [ARGUMENT...]
    local name=$1 level=$2
    shift 2
    run "$name" "$@"
    says "$name" "fake kernel: good, EL$level"
    verdict "entered by the boot protocol: $name"
}

refused() { # refused NAME PATTERN IMAGE [ARGUMENT...]: at both levels
    local name=$1 pattern=$2 image=$3
    shift 3
    run "$name-el1" $el1 "$image" "$@"
    says "$name-el1" "$pattern" && run "$name-el2" $el2 "$image" "$@" &&
        says "$name-el2" "$pattern"
    verdict "refused: $name"
}

kernel kernel 0
kernel offset-kernel 0x80000
el1=virt el2=virt,virtualization=on
packed=$directory/packed
"$lz4boot" pack "$directory/kernel" -o "$packed" >/dev/null
"$lz4boot" pack "$directory/offset-kernel" -o "$directory/offset-packed" >/dev/null
"$lz4boot" pack --timing "$directory/kernel" -o "$directory/timing-packed" >/dev/null

# Without the stub: the kernel's own checks hold for QEMU's entry.
good bare-el1 1 $el1 "$directory/kernel"
good bare-el2 2 $el2 "$directory/kernel"
good el1 1 $el1 "$packed"
good el2 2 $el2 "$packed"
good text-offset 1 $el1 "$directory/offset-packed"
cpu=max good newest-core-el1 1 $el1 "$packed"
cpu=max good newest-core-el2 2 $el2 "$packed"

behind() { # behind NAME DISTANCE [DEFINE]: a loader that starts the packed kernel so far behind it
    local file=$directory/$1
    "$clang" -target aarch64-none-elf -DDISTANCE="$2" ${3+"$3"} -c "$here/loader.S" -o "$file.o"
    "$objcopy" -O binary -j .text "$file.o" "$file"
    truncate -s $(($2)) "$file"
    cat "$packed" >>"$file"
}
behind elsewhere 0x600000
good another-address 1 $el1 "$directory/elsewhere"
behind vhe 0x200000 -DVHE
cpu=max good with-vhe 2 $el2 "$directory/vhe"

run timing $el1 "$directory/timing-packed"
says timing "lz4boot: timing: entry=* decode_start=* decode_end=* handover=* hz=62500000 \
payload_bytes=$(u64 "$packed" 0x50) kernel_bytes=$(stat -c %s "$directory/kernel")" \
    "fake kernel: good, EL1"
verdict "prints the timing line"

payload=$(u64 "$packed" 0x48) payload_bytes=$(u64 "$packed" 0x50)

damaged() { # damaged NAME OFFSET HEX-BYTE...: a copy of the packed kernel
    local file=$directory/$1
    shift
    cp "$packed" "$file"
    poke "$file" "$@"
}

damaged corrupted $((payload + payload_bytes / 2)) 5a a5 5a
refused corrupted 'lz4boot: kernel refused: block [0-9]*, byte [0-9]*: *_*' "$directory/corrupted"

damaged wrong-checksum $((payload + payload_bytes - 4)) de ad be ef
refused wrong-checksum "lz4boot: kernel refused: block [0-9]*, byte $((payload_bytes - 4)): \
content_checksum_mismatch" "$directory/wrong-checksum"

head -c $((payload + payload_bytes / 2)) "$packed" >"$directory/truncated"
refused truncated 'lz4boot: kernel refused: block *, byte *: *' "$directory/truncated"

damaged wrong-layout 0x60 00 00 20 01
refused wrong-layout 'lz4boot: kernel refused: damaged descriptor, error 7' "$directory/wrong-layout"

damaged wrong-work-size 0x89 10
refused wrong-work-size 'lz4boot: kernel refused: damaged descriptor, error 7' \
    "$directory/wrong-work-size"

# Without a stack there are no words: none at all, or one on the stub.
silent() { # silent NAME: stops and says nothing
    tenths=30 run "$1" $el1 "$directory/$1"
    says "$1"
    verdict "stops in silence: $1"
}
damaged no-work-area 0x5c 01
silent no-work-area
damaged work-area-on-stub 0x58 00 40 00 00
silent work-area-on-stub
damaged work-area-on-head 0x58 00 00 00 00
silent work-area-on-head
behind off-by-eight 0x200008
silent off-by-eight

behind misplaced 0x210000
refused misplaced 'lz4boot: kernel refused: loaded at 0x0000000040410000, not at a multiple of 2 MiB' \
    "$directory/misplaced"

kernel_bytes=$(stat -c %s "$directory/kernel")
damaged too-short 0x6a 65
refused too-short "lz4boot: kernel refused: it has $kernel_bytes bytes instead of \
$((kernel_bytes + 0x10000))" "$directory/too-short"

damaged wrong-kernel 0x98 0b
refused wrong-kernel 'lz4boot: kernel refused: its header is not that of the kernel that was packed' \
    "$directory/wrong-kernel"

qemu-system-aarch64 -M "$el1,dumpdtb=$directory/virt.dtb" -cpu cortex-a53 -m 256M -nic none \
    -display none 2>/dev/null
behind over-device-tree 0x200000 -DDEVICE_TREE=0x800000
refused over-device-tree 'lz4boot: kernel refused: device tree at 0x0000000040c00000, in the kernel*' \
    "$directory/over-device-tree" -device "loader,file=$directory/virt.dtb,addr=0x40c00000,force-raw=on"

# Where the device tree names no console, the stub is silent and everything else is the same.
sed 's/stdout-path/stdout-nope/' "$directory/virt.dtb" >"$directory/silent.dtb"
good no-stdout-path 1 $el1 "$packed" -dtb "$directory/silent.dtb"
run timing-without-console $el1 "$directory/timing-packed" -dtb "$directory/silent.dtb"
says timing-without-console "fake kernel: good, EL1"
verdict "prints no timing line without a console"
tenths=30 run refused-without-console $el1 "$directory/corrupted" -dtb "$directory/silent.dtb"
says refused-without-console
verdict "refuses in silence without a console"

# virt has no 16550, so the device tree says that one lies in memory. With a status register that
# never says "ready" the console is given up and the kernel entered; with one that always does, the
# last byte of the line is found in the transmit register.
for layout in "0 1" "2 4"; do
    read -r spacing width <<<"$layout"
    uart=$directory/16550-$width.dtb
    cp "$directory/virt.dtb" "$uart"
    fdtput -t s "$uart" /pl011@9000000 compatible ns16550a
    fdtput -t x "$uart" /pl011@9000000 reg 0 4c000000 0 1000
    fdtput -t x "$uart" /pl011@9000000 reg-shift "$spacing"
    fdtput -t x "$uart" /pl011@9000000 reg-io-width "$width"
    good "16550-that-is-never-ready-$width" 1 $el1 "$directory/timing-packed" -dtb "$uart"
    {
        for _ in $(seq 100); do
            echo "pmemsave 0x4c000000 $((4 << spacing)) \"$directory/16550-$width\""
            sleep 0.1
            [ "$(od -A n -t x1 -N 1 "$directory/16550-$width" 2>/dev/null)" = " 0a" ] && break
        done
        echo quit
    } | qemu-system-aarch64 -M $el1 -cpu cortex-a53 -m 256M -nic none -display none -serial none \
        -monitor stdio -kernel "$directory/corrupted" -dtb "$uart" \
        -device loader,addr=$((0x4c000000 + (5 << spacing))),data=0x20,data-len="$width" >/dev/null
    [ "$(od -A n -t x1 -N 1 "$directory/16550-$width")" = " 0a" ]
    verdict "writes to a 16550 with registers of $width bytes"
done

# Exceptions are reported: one instruction of the stub is replaced.
symbol() { "${TOOLCHAIN}llvm-nm" build/stub/stub.elf | sed -n "s/^0*\([0-9a-f]*\) . $1\$/0x\1/p"; }
excepts() { # excepts NAME SYMBOL ESR HEX-BYTE...
    local name=$1 symbol=$2 syndrome=$3
    shift 3
    damaged "$name" "$(symbol "$symbol")" "$@"
    refused "$name" "lz4boot: exception: ESR 0x00000000$syndrome ELR 0x* FAR 0x*, stub at 0x0000000040200000" \
        "$directory/$name"
}
excepts trap-with-mmu-on lz4boot_decode f2000000 00 00 20 d4           # brk #0
excepts payload-is-read-only lz4boot_decode '9?????4[ef]' 1f 00 00 f9   # str xzr, [x0]
excepts kernel-is-not-executable lz4boot_decode '8600000[ef]' 40 00 1f d6  # br x2
excepts all-else-is-unmapped lz4boot_decode '9?????05' 21 00 40 f9         # ldr x1, [x1]
excepts unaligned-with-mmu-off stub_map '9?????21' e1 13 40 f8           # ldur x1, [sp, #1]

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
