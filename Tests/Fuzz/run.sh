#!/bin/sh
# Runs fuzz targets that are built; the first crash ends it.
#   run.sh SECONDS|-runs=N target...     (all targets together take SECONDS)
# What SECONDS find is kept in build/fuzz/corpus. N runs are the same every time, but for threads: they neither
# read nor keep what others found.
set -eu
cd "$(dirname "$0")/../.."
binaries=${FUZZ:-build/fuzz/address}
length=$1
shift
same=
case $length in
-runs=*)
    corpus=build/fuzz/fixed seed=-seed=1
    # What the engine tries depends on addresses. Not every container may fix them.
    if setarch -R true 2>/dev/null; then same="setarch -R"; fi
    ;;
*) corpus=build/fuzz/corpus seed=-seed=0 length=-max_total_time=$((length / $# > 2 ? length / $# : 2)) ;;
esac
rm -rf build/fuzz/fixed
# Faster: little memory is kept from use once it is freed, and its stacks are not kept.
export ASAN_OPTIONS=quarantine_size_mb=16:malloc_context_size=1:${ASAN_OPTIONS:-}
for target in "$@"; do
    crashes=build/fuzz/crashes/$target
    mkdir -p "$crashes" "$corpus/$target"
    log=build/fuzz/$target.log
    # New finds go to the first folder.
    # shellcheck disable=SC2086  # nothing, or two words
    if ! $same "$binaries/$target" "$length" "$seed" -dict="$binaries/$target.dict" -artifact_prefix="$crashes/" \
        -timeout=20 -print_final_stats=1 "$corpus/$target" "build/fuzz/seeds/$target" >"$log" 2>&1; then
        grep -m 1 -A 12 'difference:\|Fatal error:\|ERROR:' "$log" >&2 || tail -20 "$log" >&2
        crash=$(sed -n 's/.*Test unit written to //p' "$log" | tail -1)
        # What threads do wrong may take some of the runs to show again; all else takes the first.
        [ -z "$crash" ] || echo "reproduce: $binaries/$target -runs=20000 $crash" >&2
        exit 1
    fi
    stat() { sed -n "s/^stat::$1: *//p" "$log"; }
    edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -1)
    speed=$(stat average_exec_per_sec)
    # Of less than a second the engine tells none.
    [ "$speed" -gt 0 ] || speed=-
    printf '%-12s %9s runs %9s %6s edges  no crash\n' "$target" "$(stat number_of_executed_units)" "$speed/s" "$edges"
done
