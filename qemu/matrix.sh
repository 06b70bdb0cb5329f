#!/bin/bash
# Boots packed Debian kernels to userspace on QEMU's boards, however they may be started, and says
# of each whether and when it came there.
#   qemu/matrix.sh      ROWS=PATTERN takes the rows whose names match: ROWS='virt-*'
set -eu -o pipefail
export LC_ALL=C
cd "$(dirname "$0")/.."
here=qemu
lz4boot=build/lz4boot
directory=build/boot-matrix
assets=$("$here/fetch.sh")
rm -rf "$directory"
mkdir -p "$directory"

passed=0 failed=0
# A row's command succeeds or fails, and writes the console to NAME.log as run.sh does.
row() { # row NAME COMMAND...
    local name=$1 verdict=FAIL
    # shellcheck disable=SC2053  # a pattern
    [[ $name == ${ROWS:-*} ]] || return 0
    shift
    # In a shell of its own: whatever ends it is the end of this row only.
    if (export log="$directory/$name.log" && "$@") >"$directory/$name.out" 2>&1; then verdict=PASS; fi
    printf '%s %-34s %s\n' "$verdict" "$name" "$(times "$directory/$name.log")"
    if [ "$verdict" = PASS ]; then passed=$((passed + 1)) && return; fi
    failed=$((failed + 1))
    sed 's/^/  | /' "$directory/$name.out"
}

# The stub's seconds are those of its own clock, the others count from the start of QEMU.
times() { # times LOG
    [ -e "$1" ] || return 0
    awk '
        function seconds(text) { return text == "" ? "       -" : sprintf("%6.2f s", text) }
        / lz4boot: timing: / {
            for (i = 1; i <= NF; i++) { split($i, pair, "="); value[pair[1]] = pair[2] }
            stub = (value["handover"] - value["entry"]) / value["hz"]
        }
        / Booting Linux on physical CPU/ { kernel = $1 }
        / lz4boot: userspace reached/ { userspace = $1 }
        END { print "stub " seconds(stub) "  kernel " seconds(kernel) "  userspace " seconds(userspace) }
    ' "$1"
}

# Packs a kernel and boots that, where `at` says, or else where QEMU puts it.
boots() { # boots LEVEL IMAGE [pack-option...] -- [userspace.sh-argument...]
    local level=$1 image=$2 options=() name=${log%.log} says='lz4boot: timing: '
    shift 2
    while [ "$1" != -- ]; do options+=("$1"); shift; done
    shift
    "$lz4boot" pack --level 3 --timing "${options[@]}" "$image" -o "$name.lz4boot" >/dev/null || return
    if [ -z "${at-}" ]; then
        "$here/userspace.sh" "$level" "$log" "$name.lz4boot" --expect "$says" "$@" || return
    else
        # QEMU starts a loader, which enters the packed kernel.
        # shellcheck disable=SC2086  # the definitions are words
        "${TOOLCHAIN:?run by make}clang" -target aarch64-none-elf ${define-} \
            ${from_0:+"-DBYTES=$(stat -c %s "$name.lz4boot")"} \
            -DDISTANCE=$((at - ${loader:-0x40200000})) -c Tests/StubTests/loader.S -o "$name.o" &&
            "${TOOLCHAIN}llvm-objcopy" -O binary -j .text "$name.o" "$name.loader" || return
        [[ " $* " == *" -- "* ]] || set -- "$@" --
        "$here/userspace.sh" "$level" "$log" "$name.loader" --expect "$says" "$@" \
            -device "loader,file=$name.lz4boot,addr=$at,force-raw=on" || return
    fi
    rm "$name.lz4boot" # what failed is kept
}

initramfs() { "$here/initramfs.sh" "$assets/busybox" "$directory/$1.cpio" "$1"; } # initramfs NAME
initramfs packed
initramfs loader
says() { echo "lz4boot: initramfs label: $1"; }
openssl genpkey -algorithm ed25519 -out "$directory/key.pem" 2>/dev/null

image=$assets/Image
for level in el1 el2; do
    for cores in 1 2 4; do
        row "virt-$level-$cores-cores" boots $level "$image" -- --cores $cores --expect " cores=$cores "
    done
    row "virt-$level-8-cores" boots $level "$image" -- --cores 8 --expect ' cores=4 '
    row "virt-$level-gic-2" boots $level "$image" -- --machine virt,gic-version=2
    row "virt-$level-gic-3" boots $level "$image" -- --machine virt,gic-version=3
    for memory in 64M 128M 512M 4G; do
        row "virt-$level-$memory" boots $level "$image" -- --memory $memory
    done
    # QEMU has the initramfs at 0x48000000, and the device tree behind that.
    for address in 0x40400000 0x42800000 0x50200000; do
        at=$address row "virt-$level-at-$address" boots $level "$image" --
    done
    at=0x120000000 row "virt-$level-at-0x120000000" boots $level "$image" -- --memory 4G
    row "virt-$level-initrd-inside" boots $level "$image" --initrd "$directory/packed.cpio" -- \
        --initrd "" --expect "$(says packed)"
    row "virt-$level-loaders-initrd-wins" boots $level "$image" --initrd "$directory/packed.cpio" -- \
        --initrd "$directory/loader.cpio" --expect "$(says loader)"
    row "virt-$level-packed-initrd-wins" boots $level "$image" --initrd "$directory/packed.cpio" \
        --initrd-wins -- --initrd "$directory/loader.cpio" --expect "$(says packed)"
    row "virt-$level-append" boots $level "$image" --append 'lz4boot.test="a b"' -- \
        --behind ' lz4boot.test="a b"'
    tree=$directory/virt-$level.dtb virtualization=off
    [ $level = el1 ] || virtualization=on
    qemu-system-aarch64 -M "virt,virtualization=$virtualization,dumpdtb=$tree" -cpu cortex-a53 -smp 4 \
        -m 512M -nic none -display none 2>/dev/null
    fdtput -t s "$tree" / model 'a packed tree'
    row "virt-$level-dtb" boots $level "$image" --dtb "$tree" -- --expect 'Machine model: a packed tree'
    arguments='console=ttyAMA0 earlycon panic=-1 lz4boot.test'
    fdtput -t s "$tree" /chosen bootargs "$arguments"
    row "virt-$level-dtb-arguments" boots $level "$image" --dtb "$tree" -- --append "" --behind "$arguments"
    row "virt-$level-sha256" boots $level "$image" --sha256 --
    row "virt-$level-signed" boots $level "$image" --sign-key "$directory/key.pem" --
done

# Loaders that others wrote. They name their logs as these rows.
row uboot-fat "$here/uboot.sh" fat
row uboot-ext4 "$here/uboot.sh" ext4 el2
row uboot-fit "$here/uboot.sh" fit
row kexec-el1 "$here/kexec.sh" el1
row kexec-el2 "$here/kexec.sh" el2 packed

# Debian's kernel for every board, of its release and of the release's backports.
for suite in "" --backports; do
    # shellcheck disable=SC2086  # nothing or a word
    kernel=$("$here/fetch-boards.sh" $suite) || { row "no-kernel$suite" false; continue; }
    image=$kernel/Image
    version=$(sed -E 's/linux-image-([0-9]+\.[0-9]+).*/\1/' "$kernel/VERSION")
    for level in el1 el2; do
        row "virt-$level-linux-$version" boots $level "$image" --
    done

    # Has no PSCI, so that the boot core decodes alone, and no power-off. Where the tree names no
    # console, the command line does.
    raspi=(--machine raspi3b --memory 1G --stays-on --expect ' cores=1 ')
    tree=$directory/raspi3b-$version.dtb
    cp "$kernel/raspi3b.dtb" "$tree"
    fdtput -d "$tree" /chosen stdout-path
    row "raspi3b-linux-$version-mini-uart" boots el2 "$image" -- "${raspi[@]}" \
        --append 'console=ttyS1 earlycon panic=-1' -- -dtb "$kernel/raspi3b.dtb" \
        -monitor none -serial null -serial stdio
    pl011='console=ttyAMA0 earlycon=pl011,0x3f201000 panic=-1'
    row "raspi3b-linux-$version-pl011" boots el2 "$image" -- "${raspi[@]}" --append "$pl011" -- -dtb "$tree"
    row "raspi3b-linux-$version-initrd-inside" boots el2 "$image" --initrd "$directory/packed.cpio" \
        --append panic=-1 -- "${raspi[@]}" --append "${pl011% *}" --behind ' panic=-1' --initrd "" \
        --expect "$(says packed)" -- -dtb "$tree"

    # The UART's clocks, power and pins come from firmware that QEMU does not have; nor does anybody
    # set the UART up before the kernel does, but the loader.
    tree=$directory/xlnx-zcu102-$version.dtb uart=/axi/serial@ff000000
    cp "$kernel/xlnx-zcu102.dtb" "$tree"
    fdtput -p -t s "$tree" /uart-clock compatible fixed-clock
    fdtput -t x "$tree" /uart-clock '#clock-cells' 0
    fdtput -t x "$tree" /uart-clock clock-frequency 5f5e100
    fdtput -t x "$tree" /uart-clock phandle 1000
    fdtput -t x "$tree" $uart clocks 1000 1000
    for property in power-domains pinctrl-0 resets assigned-clocks; do
        ! fdtget "$tree" $uart $property >/dev/null 2>&1 || fdtput -d "$tree" $uart $property
    done
    for level in el1 el2; do
        at=0x400000 loader=0x200000 define=-DCADENCE=0xff000000 \
            row "xlnx-zcu102-$level-linux-$version" boots $level "$image" -- \
            --machine xlnx-zcu102 --memory 2G --append 'console=ttyPS0 earlycon panic=-1' \
            --expect ' cores=4 ' -- -dtb "$tree"
    done
    # Its memory starts at 0. QEMU's own code is there until the loader runs, which lies behind all.
    at=0x20000000 loader=0x18000000 from_0=y define='-DCADENCE=0xff000000 -DTEXT_OFFSET=0x18000000' \
        row "xlnx-zcu102-at-0-linux-$version" boots el2 "$image" --verbose --sign-key "$directory/key.pem" -- \
        --machine xlnx-zcu102 --memory 2G --append 'console=ttyPS0 earlycon panic=-1' \
        --expect ' cores=4 ' --expect 'lz4boot: at 0x0000000000000000, in EL2' -- -dtb "$tree"
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
