#!/bin/bash -eu
# Builds the fuzz targets for OSS-Fuzz and ClusterFuzzLite, which say by environment variables how and where to: targets,
# seeds and dictionaries go to $OUT. CFLAGS and LIB_FUZZING_ENGINE are for C: swiftc brings its own libFuzzer, which fits
# its instrumentation.
case ${FUZZING_ENGINE:-libfuzzer}:$SANITIZER in
libfuzzer:address | libfuzzer:thread | libfuzzer:coverage) ;;
*)
    echo "no targets for the engine ${FUZZING_ENGINE:-libfuzzer} and the sanitizer $SANITIZER" >&2
    exit 1
    ;;
esac
# The service's own preparation: it puts a symbolizer that knows Swift into $OUT.
if command -v precompile_swift >/dev/null; then
    . precompile_swift
fi
cd "$SRC/lz4boot"
make -j"$(nproc)" BUILD="$WORK/build" SANITIZER="$SANITIZER" TARGET=all fuzz-build
for source in Tests/Fuzz/*.swift; do
    target=$(basename "$source" .swift)
    cp "$WORK/build/fuzz/$SANITIZER/$target" "$WORK/build/fuzz/$SANITIZER/$target.dict" "$OUT/"
    rm -f "$OUT/${target}_seed_corpus.zip"
    zip -jqr "$OUT/${target}_seed_corpus.zip" "$WORK/build/fuzz/seeds/$target"
done
