#!/bin/sh
# Builds the fuzz targets as the services do, by both of their scripts, and runs each far from the sources.
#   oss-fuzz.sh SANITIZER
set -eu
cd "$(dirname "$0")/../.."
project=$PWD
sanitizer=$1
place=$project/build/fuzz/services
rm -rf "$place/src" "$place/out"
mkdir -p "$place/src" "$place/out" "$place/work"
ln -s "$project" "$place/src/lz4boot"
cp .clusterfuzzlite/build.sh "$place/src/"
# What the services set, and no more than that.
env -i PATH="$PATH" HOME="$place/work" SRC="$place/src" OUT="$place/out" WORK="$place/work" \
    SANITIZER="$sanitizer" FUZZING_ENGINE=libfuzzer FUZZING_LANGUAGE=swift ARCHITECTURE="$(uname -m)" \
    LIB_FUZZING_ENGINE=-fsanitize=fuzzer CC=clang CXX=clang++ \
    CFLAGS="-O1 -fno-omit-frame-pointer -gline-tables-only -fsanitize=$sanitizer -fsanitize=fuzzer-no-link" \
    CXXFLAGS="-O1 -fno-omit-frame-pointer -gline-tables-only -fsanitize=$sanitizer -fsanitize=fuzzer-no-link -stdlib=libc++" \
    bash "$place/src/build.sh" >"$place/log" 2>&1 || {
    tail -20 "$place/log" >&2
    exit 1
}
cd "$place/out"
for source in "$project"/Tests/Fuzz/*.swift; do
    target=$(basename "$source" .swift)
    mkdir "$target-seeds"
    unzip -q "${target}_seed_corpus.zip" -d "$target-seeds"
    # By this name the services know a target.
    grep -q LLVMFuzzerTestOneInput "$target"
    # Neither Swift nor liblz4 is where the targets run.
    if ldd "$target" | grep -i 'swift\|lz4' >&2; then exit 1; fi
    env -i PATH=/usr/bin:/bin "./$target" -runs=200 -dict="$target.dict" "$target-seeds" >"$target.log" 2>&1 || {
        tail -20 "$target.log" >&2
        exit 1
    }
    count=$(sed -n 's/^INFO: *\([0-9]*\) files found in .*-seeds$/\1/p' "$target.log")
    [ "${count:-0}" -gt 0 ] || {
        echo "$target: no seeds" >&2
        exit 1
    }
    echo "$target: runs, $count seeds"
done
