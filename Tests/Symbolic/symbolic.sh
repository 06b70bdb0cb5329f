#!/bin/sh
# Runs a program of this folder with the packages that it needs, which are installed once into a folder of their own.
#   Tests/Symbolic/symbolic.sh PROGRAM ARGUMENT...      TOOLCHAIN: where llvm-nm lies, with a slash
set -eu
environment=${XDG_CACHE_HOME:-$HOME/.cache}/lz4boot/angr-9.2.213
if ! [ -e "$environment/complete" ]; then
    echo "installing angr: to run the archive symbolically" >&2
    python3 -m venv "$environment"
    # angr 9.2.213 does not say so, but needs these versions of what it uses.
    "$environment/bin/pip" install --quiet angr==9.2.213 'bitstring<4.3' pycparser==3.0
    touch "$environment/complete"
fi
program=$1
shift
exec "$environment/bin/python" -B "$(dirname "$0")/$program" "$@"
