#!/bin/bash -eu
# The same as for OSS-Fuzz.
exec bash -eu "$SRC/lz4boot/oss-fuzz/build.sh"
