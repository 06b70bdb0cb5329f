#!/bin/sh
# Runs the archive for this machine and, under qemu-aarch64, those for the Cortex-A53, whose hot rounds are others: with
# little room between guard pages, on generated data, with teams of threads, one of them held, and in place. All have to
# give the same results. So has what hashes and verifies in the stub.
#   RUNS=30000 FILE= Tests/TargetTests/target.sh [in_place]    RUNS: in place, per archive; FILE: what is decoded there
#   Tests/TargetTests/target.sh crypto                         hashes and signatures alone
#   Tests/TargetTests/target.sh vectors                        what the Swift tests decoded, from build/vectors
set -eu
cd "$(dirname "$0")/../.."
work=build/target-tests
mkdir -p "$work"
passed=0
failed=0

build() {
    name=$1
    shift
    "$@" -O2 -std=c11 -Wall -Wextra -Werror -I build/include \
        -I Sources/StubCryptoInstructions/include -o "$work/$name" -pthread
}

check() {
    test=$1
    argument=$2
    variants=${3:-host aarch64 aarch64-strict}
    object=${4:-liblz4boot.a}
    expected=
    for variant in $variants; do
        compile="cc" run=
        if [ "$variant" != host ]; then
            compile="aarch64-linux-gnu-gcc -static" run="qemu-aarch64 -cpu cortex-a53"
        fi
        build "$variant-$test" $compile "Tests/TargetTests/$test.c" "build/$variant/$object"
        if found=$($run "$work/$variant-$test" "$argument") && [ "$found" = "${expected:=$found}" ]; then
            echo "PASS $variant, $test: $found"
            passed=$((passed + 1))
        else
            echo "FAIL $variant, $test: ${found:-no result}"
            failed=$((failed + 1))
        fi
    done
}

check_in_place() {
    trap 'rm -f "$work/sources"' EXIT
    # Machine code is what kernels are made of: any will do.
    build make-sources cc Tests/TargetTests/sources.c -llz4
    "$work/make-sources" "${FILE:-$work/aarch64-sweep}" $((${RUNS:-30000} / 100)) "$work/sources"
    check in_place "$work/sources"
}

check_crypto() {
    check crypto Tests/StubCryptoTests/rfc8032.txt "host stub" crypto.o
}

case ${1:-all} in
crypto) check_crypto ;;
vectors) check vectors build/vectors ;;
in_place) check_in_place ;;
all)
    check sweep ""
    check digest 20000
    check team 400
    check held ""
    check_crypto
    check_in_place
    ;;
*)
    echo "target.sh: what is $1?" >&2
    exit 2
    ;;
esac
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
