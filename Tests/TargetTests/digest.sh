#!/bin/sh
# Decodes the same generated data with the archive for this machine and, under qemu-aarch64, with that for the
# Cortex-A53, whose hot rounds are others, and compares all results.
#   Tests/TargetTests/digest.sh [CASES]
set -eu
cd "$(dirname "$0")/../.."
cases=${1:-20000}
work=build/target-tests
mkdir -p "$work"
cc -O2 -std=c11 -Wall -Wextra -Werror -I build/include -o "$work/host" \
    Tests/TargetTests/digest.c build/host/liblz4boot.a
expected=$("$work/host" "$cases")
echo "host: $expected"
failed=0
for variant in aarch64 aarch64-strict; do
    aarch64-linux-gnu-gcc -O2 -std=c11 -Wall -Wextra -Werror -static -I build/include -o "$work/$variant" \
        Tests/TargetTests/digest.c "build/$variant/liblz4boot.a"
    found=$(qemu-aarch64 -cpu cortex-a53 "$work/$variant" "$cases") || found="exit code $?"
    if [ "$found" = "$expected" ]; then
        echo "PASS $variant: the same"
    else
        echo "FAIL $variant: $found"
        failed=$((failed + 1))
    fi
done
echo "$((2 - failed)) passed, $failed failed"
[ "$failed" -eq 0 ]
