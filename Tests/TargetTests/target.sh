#!/bin/sh
# Runs the archive for this machine and, under qemu-aarch64, those for the Cortex-A53, whose hot rounds are others: with
# little room between guard pages, on generated data, where all have to give the same results, and with teams of threads.
#   Tests/TargetTests/target.sh [CASES]
set -eu
cd "$(dirname "$0")/../.."
cases=${1:-20000}
work=build/target-tests
mkdir -p "$work"
passed=0
failed=0
expected=
for variant in host aarch64 aarch64-strict; do
    compile="cc" run=
    if [ "$variant" != host ]; then
        compile="aarch64-linux-gnu-gcc -static" run="qemu-aarch64 -cpu cortex-a53"
    fi
    for test in sweep digest team; do
        [ "$test" = team ] && count=$((cases / 50)) || count=$cases
        $compile -O2 -std=c11 -Wall -Wextra -Werror -I build/include -o "$work/$variant-$test" \
            "Tests/TargetTests/$test.c" "build/$variant/liblz4boot.a" -pthread
        if found=$($run "$work/$variant-$test" "$count") &&
            { [ "$test" != digest ] || [ "$found" = "${expected:=$found}" ]; }; then
            echo "PASS $variant, $test: $found"
            passed=$((passed + 1))
        else
            echo "FAIL $variant, $test: ${found:-no result}"
            failed=$((failed + 1))
        fi
    done
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
