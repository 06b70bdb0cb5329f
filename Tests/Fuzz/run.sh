#!/bin/sh
# Runs fuzz targets that are built; the first crash ends it.
#   run.sh SECONDS|-runs=N target...     (all targets together take SECONDS)
set -eu
cd "$(dirname "$0")/../.."
binaries=${FUZZ:-build/fuzz/address}
length=$1
shift
case $length in
-runs=*) ;;
*) length=-max_total_time=$((length / $# > 2 ? length / $# : 2)) ;;
esac
# Faster: little memory is kept from use once it is freed, and its stacks are not kept.
export ASAN_OPTIONS=quarantine_size_mb=16:malloc_context_size=1:${ASAN_OPTIONS:-}
for target in "$@"; do
    crashes=build/fuzz/crashes/$target
    folders=build/fuzz/corpus/$target
    mkdir -p "$crashes" "$folders"
    log=build/fuzz/$target.log
    # A fixed number of runs is the same every time: it neither reads nor keeps what others found.
    case $length in -runs=*) folders= seed=-seed=1 ;; *) seed= ;; esac
    # shellcheck disable=SC2086  # nothing, or one word
    if ! "$binaries/$target" $length $seed -dict="$binaries/$target.dict" -artifact_prefix="$crashes/" \
        -timeout=20 -print_final_stats=1 $folders build/fuzz/seeds/"$target" >"$log" 2>&1; then
        grep -m 1 -A 12 'difference:\|ERROR:' "$log" >&2 || tail -20 "$log" >&2
        crash=$(sed -n 's/.*Test unit written to //p' "$log" | tail -1)
        [ -z "$crash" ] || echo "reproduce: $binaries/$target $crash" >&2
        exit 1
    fi
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    speed=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")/s
    [ -z "$seed" ] || speed=
    edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -1)
    printf '%-12s %9s runs %9s %6s edges  no crash\n' "$target" "$runs" "$speed" "$edges"
done
