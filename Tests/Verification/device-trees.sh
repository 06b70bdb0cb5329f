#!/bin/bash
# Compares device trees that are changed as the stub changes them with what libfdt makes of them.
#   Tests/Verification/device-trees.sh PROGRAM TAR      after `make $PROGRAM`; needs dtc, fdtput, fdtget
set -eu
program=$1
folder=$program.trees
rm -rf "$folder"
mkdir "$folder"
tar -x -C "$folder" -f "$2"
total=0 different=0
while read -r tree; do
    total=$((total + 1))
    "$program" "$tree" 'quiet ro' 48000000 49000000 >"$folder/changed"
    arguments=$(fdtget -d '' "$tree" /chosen bootargs 2>/dev/null || true)
    fdtput -p -t s "$tree" /chosen bootargs "${arguments:+$arguments }quiet ro"
    fdtput -t x "$tree" /chosen linux,initrd-start 0 48000000
    fdtput -t x "$tree" /chosen linux,initrd-end 0 49000000
    # Properties and nodes in an order of their own.
    for side in "$tree" "$folder/changed"; do dtc -q -s -I dtb -O dts -o "$side.dts" "$side"; done
    cmp -s "$tree.dts" "$folder/changed.dts" && continue
    echo "FAIL ${tree#"$folder"/}"
    different=$((different + 1))
done < <(find "$folder" -name '*.dtb' | sort)
echo "$total device trees, $different changed in another way than by libfdt"
[ "$total" -gt 0 ] && [ "$different" -eq 0 ]
