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
mkdir -p "$directory"

passed=0 failed=0
# A row's command succeeds or fails, and writes the console to NAME.log as run.sh does.
row() { # row NAME COMMAND...
    local name=$1 verdict=FAIL
    # shellcheck disable=SC2053  # a pattern
    [[ $name == ${ROWS:-*} ]] || return 0
    shift
    rm -f "$directory/$name.log"
    if log=$directory/$name.log "$@" >"$directory/$name.out" 2>&1; then verdict=PASS; fi
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

pack() { # pack NAME IMAGE [OPTION...]: once
    local packed=$directory/$1.lz4boot
    [ -e "$packed" ] || "$lz4boot" pack --level 9 --timing "${@:3}" "$2" -o "$packed" >/dev/null
}

boots() { # boots LEVEL PACKED [userspace.sh-option...]
    "$here/userspace.sh" "$1" "$log" "$directory/$2.lz4boot" "${@:3}"
}

rm -f "$directory"/*.lz4boot
pack cloud "$assets/Image"
for level in el1 el2; do
    row "virt-$level" boots $level cloud
done
row virt-el1-gic3 boots el1 cloud --machine virt,gic-version=3

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
