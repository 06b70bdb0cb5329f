#!/bin/sh
# Runs fuzz targets under AFL++; a crash ends it.
#   afl.sh SECONDS target...     (all targets together take SECONDS)
set -eu
cd "$(dirname "$0")/../.."
seconds=$(($1 / ($# - 1) > 5 ? $1 / ($# - 1) : 5))
shift
# As AFL++ asks of AddressSanitizer, and on machines that are not set up for nothing but fuzzing.
export ASAN_OPTIONS=abort_on_error=1:symbolize=0:detect_leaks=0:quarantine_size_mb=16:malloc_context_size=1
export AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_AFFINITY=1
for target in "$@"; do
    found=build/fuzz/afl-found/$target
    rm -rf "$found" && mkdir -p "$found"
    afl-fuzz -i "build/fuzz/seeds/$target" -o "$found" -x "build/fuzz/afl/$target.dict" -V "$seconds" -t 20000 \
        -m none -- "build/fuzz/afl/$target" >"build/fuzz/$target.afl.log" 2>&1 || {
        tail -20 "build/fuzz/$target.afl.log" >&2
        exit 1
    }
    stat() { sed -n "s/^$1 *: *//p" "$found/default/fuzzer_stats"; }
    for crash in "$found"/default/crashes/id* "$found"/default/hangs/id*; do
        [ -e "$crash" ] || continue
        echo "reproduce: build/fuzz/afl/$target $crash" >&2
        exit 1
    done
    printf '%-12s %9s runs %9s %6s edges  no crash\n' "$target" "$(stat execs_done)" \
        "$(stat execs_per_sec)/s" "$(stat edges_found)"
done
