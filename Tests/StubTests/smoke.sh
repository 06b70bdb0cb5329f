#!/bin/bash
# Starts packed fake kernels (kernel.S) on QEMU: what must be entered and how, what must be refused.
#   Tests/StubTests/smoke.sh      after `make cli`; needs qemu-system-aarch64, fdtput and openssl
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

kernel() { # kernel NAME TEXT-OFFSET [DEFINE]: a kernel with data that compress and data that do not
    local base=$directory/$1
    "$clang" -target aarch64-none-elf -DTEXT_OFFSET="$2" ${3+"$3"} -c "$here/kernel.S" -o "$base.o"
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
    setpriv --pdeathsig KILL qemu-system-aarch64 -M "$machine" -cpu "${cpu:-cortex-a53}" \
        -smp "${cores:-1}" -m 256M -nic none -display none -serial "file:$directory/$log" \
        -monitor none ${reboots--no-reboot} -kernel "$image" "$@" </dev/null &
    qemu=$! ended=limit
    for _ in $(seq "${tenths:-200}"); do
        kill -0 "$qemu" 2>/dev/null || { ended="exit"; break; }
        # Whoever stops goes on running: a moment, in case that it says more than it should.
        if grep -qE "${last:-refused|exception|failed}" "$directory/$log" 2>/dev/null; then
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

entered() { echo "fake kernel: good, EL$1, ${cores:-1} cores"; } # entered EL

good() { # good NAME EL MACHINE IMAGE [ARGUMENT...]
    local name=$1 level=$2
    shift 2
    run "$name" "$@"
    says "$name" "$(entered "$level")"
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
kernel smc-kernel 0 -DSMC
data_bytes=$((0x8000)) kernel small-kernel 0 -DDATA_BYTES=0x8000
el1=virt el2=virt,virtualization=on
packed=$directory/packed
"$lz4boot" pack "$directory/kernel" -o "$packed" >/dev/null
"$lz4boot" pack "$directory/offset-kernel" -o "$directory/offset-packed" >/dev/null
"$lz4boot" pack --timing "$directory/kernel" -o "$directory/timing-packed" >/dev/null
"$lz4boot" pack --timing "$directory/smc-kernel" -o "$directory/smc-packed" >/dev/null
"$lz4boot" pack --timing "$directory/small-kernel" -o "$directory/small-packed" >/dev/null

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
    cat "${image:-$packed}" >>"$file"
}
behind elsewhere 0x600000
good another-address 1 $el1 "$directory/elsewhere"
behind vhe 0x200000 -DVHE
cpu=max good with-vhe 2 $el2 "$directory/vhe"

timing=$directory/timing-packed
ascends() { # ascends NAME: its steps follow one another, and no core starts or ends outside them
    tr ' ' '\n' <"$directory/$1.text" | awk -F= '{ value[$1] = $2 }
        END {
            if (!(value["entry"] < value["mmu_on"] && value["mmu_on"] < value["decode_start"] &&
                value["decode_start"] < value["decode_end"] && value["decode_end"] < value["handover"]))
                exit 1
            for (core = 0; core < 4; core++) if ("start" core in value) {
                start = value["start" core]; end = value["end" core]
                if (!(value["decode_start"] < start && start < end && end < value["decode_end"])) exit 1
            }
        }'
}
times() { # times NAME EL DECODING-CORES MACHINE IMAGE [ARGUMENT...]: says how many cores decoded
    local name=$1 level=$2 team=$3 ticks=
    shift 3
    # One core of a larger team that comes is as good as another.
    ticks=$(printf ' start[0-3]=[1-9]* end[0-3]=[1-9]*%.0s' $(seq "$team"))
    run "$name" "$@"
    says "$name" "lz4boot: timing: entry=[1-9]* mmu_on=[1-9]* decode_start=[1-9]* \
decode_end=[1-9]* handover=[1-9]* hz=[1-9]* payload_bytes=[1-9]* kernel_bytes=[1-9]* \
cores=$team$ticks" "$(entered "$level")" && ascends "$name"
    verdict "$team of ${cores:-1} cores come to decode and are all off afterwards: $name"
}
times timing 1 1 $el1 "$timing"
grep -q "payload_bytes=$(u64 "$timing" 0x50) kernel_bytes=$(stat -c %s "$directory/kernel") " \
    "$directory/timing.text"
verdict "says the sizes of payload and kernel"
image=$timing behind timing-vhe 0x200000 -DVHE
image=$directory/smc-packed behind down 0x200000 -DDOWN
for cores in 2 4 8; do
    team=$((cores < 4 ? cores : 4))
    times "el1-$cores-cores" 1 $team $el1 "$timing"
    times "el2-$cores-cores" 2 $team $el2 "$timing"
    # The others come at EL2.
    times "down-to-el1-$cores-cores" 1 $team $el2 "$directory/down"
    cpu=max times "vhe-$cores-cores" 2 $team $el2 "$directory/timing-vhe"
done
cores=1

# Device trees that do not offer every core: the kernel finds all of them even so.
dtb() { # dtb NAME MACHINE CORES: the one that QEMU makes
    qemu-system-aarch64 -M "$2,dumpdtb=$directory/$1.dtb" -cpu cortex-a53 -smp "$3" -m 256M -nic none \
        -display none 2>/dev/null
}
dtb virt $el1 1
dtb four $el1 4
change() { # change NAME FDTPUT-ARGUMENT...: of the tree of four cores; TREE stands for the copy
    tree=$directory/$1.dtb
    shift
    [ -e "$tree" ] || cp "$directory/four.dtb" "$tree"
    fdtput "${@/#TREE/$tree}"
}
# Not by QEMU's -dtb, which writes its own /psci into the tree that it passes.
image=$timing behind own-tree 0x200000 -DDEVICE_TREE=0x6000000
times_with() { # times_with NAME EL DECODING-CORES MACHINE: with the tree of that name
    times "$@" "$directory/own-tree" \
        -device "loader,file=$directory/$1.dtb,addr=0x46400000,force-raw=on"
}
cores=4
times one-block 1 1 $el1 "$directory/small-packed"
times_with four 1 4 $el1
change no-psci -r TREE /psci
times_with no-psci 1 1 $el1
change unknown-method -t s TREE /psci method nonsense
times_with unknown-method 1 1 $el1
change first-psci -t s TREE /psci compatible arm,psci
times_with first-psci 1 1 $el1
change no-cores -r TREE /cpus
times_with no-cores 1 1 $el1
change one-spins -t s TREE /cpus/cpu@1 enable-method spin-table
times_with one-spins 1 3 $el1
for core in 0 1 2 3; do change all-spin -t s TREE /cpus/cpu@$core enable-method spin-table; done
times_with all-spin 1 1 $el1
change core-that-is-not-there -t x TREE /cpus/cpu@1 reg 9
times_with core-that-is-not-there 1 3 $el1
change core-named-twice -t x TREE /cpus/cpu@1 reg 2
times_with core-named-twice 1 3 $el1
# At EL2 there is nobody below for an HVC.
times_with four 2 1 $el2
cores=1

payload=$(u64 "$packed" 0x48) payload_bytes=$(u64 "$packed" 0x50)

damaged() { # damaged NAME OFFSET HEX-BYTE...: a copy of the packed kernel
    local file=$directory/$1
    shift
    cp "$packed" "$file"
    poke "$file" "$@"
}

damaged corrupted $((payload + payload_bytes / 2)) 5a a5 5a
refused corrupted 'lz4boot: kernel refused: block [0-9]*, byte [0-9]*: *_*' "$directory/corrupted"

tail -c +$((payload + 1)) "$directory/corrupted" >"$directory/corrupted.lz4"
words=$("$lz4boot" verify "$directory/corrupted.lz4" 2>&1 | grep -oE 'block [0-9]+, byte [0-9]+: [a-z_]+')
cores=4 refused corrupted-4-cores "lz4boot: kernel refused: ${words:-none}" "$directory/corrupted"

# The checksum of the last block is in front of the end mark.
damaged wrong-checksum $((payload + payload_bytes - 8)) de ad be ef
refused wrong-checksum "lz4boot: kernel refused: block [0-9]*, byte $((payload_bytes - 8)): \
block_checksum_mismatch" "$directory/wrong-checksum"
damaged no-end $((payload + payload_bytes - 4)) 01
refused no-end "lz4boot: kernel refused: block [0-9]*, byte $((payload_bytes - 4)): truncated_input" \
    "$directory/no-end"

head -c $((payload + payload_bytes / 2)) "$packed" >"$directory/truncated"
refused truncated 'lz4boot: kernel refused: block *, byte *: *' "$directory/truncated"

# Header, descriptor and stub: whatever is different there.
for offset in 0x10 0x18 0x47 0x48 0x50 0x58 0x59 0x5a 0x5b 0x5c 0x60 0x68 0x70 0x78 0x80 0x88 0x90 0x98 0xb0 \
    0xe9 0xec 0xf8 0x158 $(($(u64 "$packed" 0x90) - 4)) $payload $((payload + 14)); do
    damaged "head-$offset" "$offset" 5c
    refused "head-$offset" 'lz4boot: kernel refused: stub damaged, checksum 0x*' "$directory/head-$offset"
done

# Less than a page off there are no words.
silent() { # silent NAME [ARGUMENT...]: stops and says nothing
    tenths=30 run "$1" $el1 "$directory/$1" "${@:2}"
    says "$1"
    verdict "stops in silence: $1"
}
behind off-by-eight 0x200008
silent off-by-eight

behind misplaced 0x210000
refused misplaced 'lz4boot: kernel refused: not at a multiple of 2 MiB: 0x0000000040410000' \
    "$directory/misplaced"

behind over-device-tree 0x200000 -DDEVICE_TREE=0x800000
refused over-device-tree "lz4boot: kernel refused: device tree or initrd in the kernel's memory: 0x0000000040c00000" \
    "$directory/over-device-tree" -device "loader,file=$directory/virt.dtb,addr=0x40c00000,force-raw=on"
cp "$directory/virt.dtb" "$directory/initrd-in-kernel.dtb"
fdtput -t x "$directory/initrd-in-kernel.dtb" /chosen linux,initrd-start 40c00000
fdtput -t x "$directory/initrd-in-kernel.dtb" /chosen linux,initrd-end 40c01000
refused initrd-in-kernel "lz4boot: kernel refused: device tree or initrd in the kernel's memory: 0x0000000040c00000" \
    "$packed" -dtb "$directory/initrd-in-kernel.dtb"
# In the work area: where the state is, nothing is left of the tree, and so of the console.
in_work_area() { # in_work_area NAME OFFSET: a loader that starts with a tree there; its arguments, its address
    address=$((0x40400000 + $(u64 "$packed" 0x58) + $2))
    behind "$1" 0x200000 -DDEVICE_TREE=$((address - 0x40400000))
    tree=(-device "loader,file=$directory/virt.dtb,addr=$address,force-raw=on")
}
in_work_area device-tree-in-state 0x3000
silent device-tree-in-state "${tree[@]}"
in_work_area device-tree-in-tables 0x5000
refused device-tree-in-tables "lz4boot: kernel refused: device tree or initrd in the kernel's memory: \
$(printf '0x%016x' $address)" "$directory/device-tree-in-tables" "${tree[@]}"

# Where the device tree names no console, the stub is silent and everything else is the same.
sed 's/stdout-path/stdout-nope/' "$directory/virt.dtb" >"$directory/silent.dtb"
good no-stdout-path 1 $el1 "$packed" -dtb "$directory/silent.dtb"
run timing-without-console $el1 "$directory/timing-packed" -dtb "$directory/silent.dtb"
says timing-without-console "$(entered 1)"
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

# One in the kernel's memory is none: what is written to it would be in the kernel.
cp "$directory/16550-1.dtb" "$directory/uart-in-kernel.dtb"
fdtput -t x "$directory/uart-in-kernel.dtb" /pl011@9000000 reg 0 \
    "$(printf %x $((0x40200000 + $(u64 "$packed" 0x60) + 0x1000)))" 0 1000
good uart-in-kernel 1 $el1 "$directory/timing-packed" -dtb "$directory/uart-in-kernel.dtb"

# Exceptions are reported: one instruction of the stub is replaced before it packs.
symbol() { "${TOOLCHAIN}llvm-nm" build/stub/lz4boot.elf | sed -n "s/^0*\([0-9a-f]*\) . $1\$/0x\1/p"; }
patched() { # patched NAME SYMBOL HEX-BYTE...: packs with a stub that is different there
    local stub=$directory/$1.stub
    cp build/lz4boot.stub "$stub"
    poke "$stub" "$(symbol "$2")" "${@:3}"
    "$lz4boot" pack --level 1 --stub "$stub" "$directory/kernel" -o "$directory/$1" >/dev/null
}
exception() { echo "lz4boot: exception: ESR 0x00000000$1 ELR 0x* FAR 0x*, stub at 0x0000000040200000"; }
excepts() { # excepts NAME SYMBOL ESR HEX-BYTE...
    local name=$1 symbol=$2 syndrome=$3
    shift 3
    patched "$name" "$symbol" "$@"
    refused "$name" "$(exception "$syndrome")" "$directory/$name"
}
decode=lz4boot_decode_block
excepts trap-with-mmu-on $decode f2000000 00 00 20 d4           # brk #0
excepts payload-is-read-only $decode '9?????4[ef]' 1f 00 00 f9   # str xzr, [x0]
excepts kernel-is-not-executable $decode '8600000[ef]' 40 00 1f d6  # br x2
excepts all-else-is-unmapped $decode '9?????05' 21 00 40 f9         # ldr x1, [x1]
excepts unaligned-with-mmu-off stub_map '9?????21' e1 13 40 f8      # ldur x1, [sp, #1]

# One of several cores reports what stops all of them.
cores=4 excepts trap-on-every-core stub_work f2000000 00 00 20 d4

# A core that goes wrong on its own: the boot core decodes without it, but does not enter a kernel in
# whose memory another core may be.
stays() { # stays NAME SYMBOL FOUR-HEX-BYTES [LINE]: what the console says before the refusal
    local name=$1 line='lz4boot: kernel refused: core does not switch off: 0x00000000000000??' level
    patched "$name" "$2" "${@:3:4}"
    for level in "$el1" "$el2"; do
        last=refused run "$name-$level" "$level" "$directory/$name"
        says "$name-$level" "${@:7}" "$line" || return
    done
}
cores=4 stays core-that-stays-on secondary_off 00 00 00 14  # b .
verdict "refused: core-that-stays-on"
cores=4 stays trap-on-the-other-cores secondary_work 00 00 20 d4 "$(exception f2000000)"
verdict "refused: trap-on-the-other-cores"
cores=2 stays trap-with-mmu-off-again secondary_off 00 00 20 d4 "$(exception f2000000)"
verdict "refused: trap-with-mmu-off-again"
cores=4 stays core-that-never-comes secondary_entry 00 00 00 14
verdict "refused: core-that-never-comes"

# What the stub does and says if asked to.
"$lz4boot" pack --verbose --level 1 "$directory/kernel" -o "$directory/verbose" >/dev/null
for level in 1 2; do
    machine=el$level
    cores=4 run "verbose-$level" "${!machine}" "$directory/verbose"
    cores=4 says "verbose-$level" "lz4boot: at 0x0000000040200000, in EL$level, kernel at \
$(printf '0x%016x' $((0x40200000 + $(u64 "$directory/verbose" 0x60)))), device tree at 0x*" "$(cores=4 entered $level)"
    verdict "says that it was started: EL$level"
done

# A program with an address of its own, below the Image and above it; its bss was something else before.
program() { # program NAME ADDRESS: packed
    local base=$directory/$1 crc
    crc=$(gzip -c "$directory/kernel.data" | tail -c 8 | od -A n -t u4 -N 4 | tr -d ' ')
    "$clang" -target aarch64-none-elf -DDATA_FILE="\"$directory/kernel.data\"" -DDATA_CRC="$crc" \
        -c "$here/kernel.S" -o "$base.o"
    "${TOOLCHAIN}ld.lld" --defsym="address_of_program=$2" -T "$here/program.ld" -o "$base.elf" "$base.o"
    "$lz4boot" pack --level 1 "$base.elf" -o "$base" >/dev/null
}
head -c 8000000 /dev/zero | tr '\0' U >"$directory/noise"
program program-above 0x44000000
program program-inside 0x40300000
for level in 1 2; do
    machine=el$level
    cores=4 good "program-above-el$level" $level "${!machine}" "$directory/program-above" \
        -device "loader,file=$directory/noise,addr=0x44000000,force-raw=on"
done
refused program-inside "lz4boot: kernel refused: this Image lies in the memory of the program at \
0x0000000040300000" "$directory/program-inside"

# Damaged device trees: no feature is worth a kernel that is not entered.
"$lz4boot" pack --level 1 --timing --append x "$directory/kernel" -o "$directory/append" >/dev/null
image=$directory/append behind append-tree 0x200000 -DDEVICE_TREE=0x6000000
structure=$(($(od -A n -t u1 -j 8 -N 4 "$directory/virt.dtb" | awk '{ print ($1 * 256 + $2) * 65536 + $3 * 256 + $4 }')))
damaged_tree() { # damaged_tree NAME OFFSET HEX-BYTE...: entered, with or without a word before
    local name=$1 tree=$directory/$1.dtb
    cp "$directory/virt.dtb" "$tree"
    poke "$tree" "${@:2}"
    run "$name" "$el1" "$directory/append-tree" \
        -device "loader,file=$tree,addr=0x46400000,force-raw=on"
    grep -qxF "$(entered 1)" "$directory/$name.text" && ! grep -q exception "$directory/$name.text"
    verdict "entered in spite of it: $name"
}
damaged_tree tree-of-another-version 0x14 00 00 00 10
damaged_tree tree-too-large 0x04 00 30 00 00
damaged_tree structure-elsewhere 0x08 00 ff ff fc
damaged_tree strings-elsewhere 0x0c 7f ff ff ff
damaged_tree structure-without-end 0x24 00 00 00 40
damaged_tree wrong-token $((structure + 8)) 00 00 00 05
damaged_tree root-without-end $((structure + 4)) 41 41 41 41
damaged_tree reservations-elsewhere 0x10 00 0f ff f0

# A tree of which there can be no copy is passed on as it is; its initrd is kept clear of even so.
image=$directory/append behind large-tree-append 0x200000 -DDEVICE_TREE=0x6000000
cp "$directory/virt.dtb" "$directory/large.dtb"
filler=$(printf 'x%.0s' $(seq 100000))
for index in 1 2 3 4 5 6; do fdtput -t s "$directory/large.dtb" / "filler$index" "$filler"; done
large=(-device "loader,file=$directory/large.dtb,addr=0x46400000,force-raw=on")
run large-tree $el1 "$directory/large-tree-append" "${large[@]}"
says large-tree 'lz4boot: the device tree is damaged or too large to be changed' 'lz4boot: timing: *' \
    "$(entered 1)"
verdict "entered with a tree that is too large to be changed"
# Packed, there is room for a changed one.
cp "$directory/virt.dtb" "$directory/packed.dtb"
for index in 1 2 3; do fdtput -t s "$directory/packed.dtb" / "filler$index" "$filler"; done
"$lz4boot" pack --level 1 --append x --dtb "$directory/packed.dtb" "$directory/kernel" \
    -o "$directory/with-large-tree" >/dev/null
good large-packed-tree 1 $el1 "$directory/with-large-tree"
fdtput -t x "$directory/large.dtb" /chosen linux,initrd-start 40c00000
fdtput -t x "$directory/large.dtb" /chosen linux,initrd-end 40c01000
refused initrd-of-large-tree "lz4boot: kernel refused: device tree or initrd in the kernel's memory: \
0x0000000040c00000" "$directory/large-tree-append" "${large[@]}"

# Digests and signatures: at both levels, with instructions for SHA-256 and without.
openssl genpkey -algorithm ed25519 -out "$directory/key.pem" 2>/dev/null
openssl pkey -in "$directory/key.pem" -pubout -out "$directory/public.pem"
"$lz4boot" pack --level 1 --sha256 "$directory/kernel" -o "$directory/digest" >/dev/null
"$lz4boot" pack --level 1 --sign-key "$directory/key.pem" --verify-key "$directory/public.pem" \
    "$directory/kernel" -o "$directory/signed" >/dev/null
cp build/lz4boot.stub "$directory/plain.stub"
poke "$directory/plain.stub" "$(symbol sha256_blocks_of_core)" e9 03 1f aa  # mov x9, xzr: none
"$lz4boot" pack --level 1 --sha256 --stub "$directory/plain.stub" "$directory/kernel" \
    -o "$directory/digest-plain" >/dev/null
for level in 1 2; do
    machine=el$level
    for kind in digest signed; do
        cores=4 good "$kind-el$level" $level "${!machine}" "$directory/$kind"
    done
    good "digest-without-instructions-el$level" $level "${!machine}" "$directory/digest-plain"
done
flipped() { # flipped NAME KIND OFFSET PATTERN
    local byte
    cp "$directory/$2" "$directory/$1"
    byte=$(od -A n -t u1 -j $(($3)) -N 1 "$directory/$2")
    poke "$directory/$1" "$3" "$(printf %02x $((byte ^ 16)))"
    refused "$1" "lz4boot: kernel refused: $4" "$directory/$1"
}
wrong='wrong device tree, text or initrd, Image at 0x0000000040200000'
flipped device-tree-of-the-image with-large-tree $(($(u64 "$directory/with-large-tree" 0xd8) + 1000)) "$wrong"
# Any file does for an initrd.
"$lz4boot" pack --level 1 --initrd "$directory/small-kernel" "$directory/kernel" \
    -o "$directory/with-initrd" >/dev/null
flipped frame-of-the-initrd-of-the-image with-initrd $(($(u64 "$directory/with-initrd" 0xb8) + 14)) "$wrong"
flipped arguments-of-the-image append $(($(stat -c %s "$directory/append") - 1)) "$wrong"
head -c "$(u64 "$directory/append" 0xd8)" "$directory/append" >"$directory/without-arguments"
refused without-arguments "lz4boot: kernel refused: $wrong" "$directory/without-arguments"
last_byte=$(($(stat -c %s "$directory/signed") - 1))
flipped digest-payload digest $((payload + 100)) 'wrong SHA-256, Image at 0x0000000040200000'
flipped signed-payload signed $(($(u64 "$directory/signed" 0x48) + 100)) \
    'wrong SHA-256, Image at 0x0000000040200000'
flipped signature signed $last_byte 'not signed by its key, Image at 0x0000000040200000'
flipped signed-key signed 0x138 'stub damaged, checksum 0x*'

damaged_for() { # damaged_for ACTION: a kernel that is refused
    "$lz4boot" pack --on-error "$1" --level 1 "$directory/kernel" -o "$directory/$1" >/dev/null
    poke "$directory/$1" $((payload + 100000)) 5a a5 5a
}
refusals() { grep -c 'lz4boot: kernel refused: block' "$directory/$1" 2>/dev/null || true; } # refusals LOG
for level in 1 2; do
    machine=el$level
    damaged_for poweroff
    last='never said' run "poweroff-$level" "${!machine}" "$directory/poweroff"
    [ "$ended" = exit ] && [ "$(refusals "poweroff-$level")" = 1 ]
    verdict "powers off after a refusal: EL$level"
    damaged_for reset
    last='never said' reboots='' tenths=40 run "reset-$level" "${!machine}" "$directory/reset"
    [ "$ended" = limit ] && [ "$(refusals "reset-$level")" -ge 2 ]
    verdict "resets after a refusal: EL$level"
    # Before anybody has looked for PSCI.
    cp "$directory/poweroff" "$directory/early"
    poke "$directory/early" $((0xb0)) 5a
    last='never said' run "early-$level" "${!machine}" "$directory/early"
    [ "$ended" = exit ] && grep -q 'stub damaged' "$directory/early-$level"
    verdict "powers off after a refusal of the stub itself: EL$level"
    damaged_for halt
    last='never said' tenths=20 run "halt-$level" "${!machine}" "$directory/halt"
    [ "$ended" = limit ] && [ "$(refusals "halt-$level")" = 1 ]
    verdict "halts after a refusal: EL$level"
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
