#!/bin/bash
# Starts a kernel on one of QEMU's boards and judges it by its serial console.
#   qemu/run.sh --log FILE [option...] KERNEL [QEMU-ARGUMENT...]
#     --log FILE      where the console goes: each line with the seconds since QEMU was started
#     --limit N       seconds after which it counts as hung (120)
#     --expect TEXT   must appear on the console
#     --forbid TEXT   must not appear
#     --until TEXT    must appear, and QEMU is stopped there; without it the guest must power off
#     --watch N       after --until: N more seconds in which nothing forbidden may appear (0)
#     --machine NAME  the board (virt), with what QEMU can be told of it
#     --cores N       how many Cortex-A53 it has (4)
#     --memory N      and how much memory (512M)
#     --firmware      KERNEL is firmware that finds a kernel by itself
#     --el2           enters the kernel at EL2, not EL1: a Raspberry Pi has nothing else
set -eu
export LC_ALL=C
log='' limit=120 expect=() forbid=() until='' watch=0 machine=virt cores=4 memory=512M el2='' as=-kernel
while [ $# -gt 0 ]; do
    case $1 in
        --log) log=$2 ;;
        --limit) limit=$2 ;;
        --expect) expect+=("$2") ;;
        --forbid) forbid+=("$2") ;;
        --until) until=$2 expect+=("$2") ;;
        --watch) watch=$2 ;;
        --machine) machine=$2 ;;
        --cores) cores=$2 ;;
        --memory) memory=$2 ;;
        --firmware) as=-bios && shift && continue ;;
        --el2) el2=,virtualization=on && shift && continue ;;
        *) break ;;
    esac
    shift 2
done
kernel=$1
shift
[[ $machine == raspi* ]] || machine+=$el2
mkdir -p "$(dirname "$log")"
: >"$log"

# -no-reboot: a panic ends QEMU. The death signal: QEMU never outlives this script.
start=${EPOCHREALTIME/./}
exec {serial}< <(
    exec setpriv --pdeathsig KILL qemu-system-aarch64 -M "$machine" -cpu cortex-a53 \
        -smp "$cores" -m "$memory" -nic none -nographic -no-reboot "$as" "$kernel" "$@" \
        2>&1 </dev/null
)
qemu=$!
trap 'kill -KILL "$qemu" 2>/dev/null || true' EXIT
trap 'exit 1' HUP INT TERM

# Reads until the console closes, the --until line appears, or the limit passes.
ended=limit deadline=$((start + limit * 1000000))
while left=$((deadline - ${EPOCHREALTIME/./})) && [ "$left" -gt 0 ]; do
    printf -v patience "%d.%06d" $((left / 1000000)) $((left % 1000000))
    status=0
    IFS= read -r -t "$patience" -u "$serial" line || status=$?
    if [ "$status" -ne 0 ] && [ -z "$line" ]; then
        [ "$status" -gt 128 ] || [ "$ended" = until ] || ended="exit"
        break
    fi
    now=$((${EPOCHREALTIME/./} - start))
    printf '%d.%06d %s\n' $((now / 1000000)) $((now % 1000000)) "${line%$'\r'}" >>"$log"
    if [ "$ended" = limit ] && [ -n "$until" ] && [[ $line == *"$until"* ]]; then
        ended=until deadline=$((start + now + watch * 1000000))
    fi
done

faults=()
if [ "$ended" = limit ]; then
    faults+=("still running after $limit seconds")
elif [ "$ended" = exit ]; then
    wait "$qemu" || faults+=("QEMU ended with status $?")
fi
for text in "${expect[@]}"; do
    grep -qF -e "$text" "$log" || faults+=("not on the console: $text")
done
for text in "${forbid[@]}"; do
    ! grep -qF -e "$text" "$log" || faults+=("on the console: $text")
done
[ ${#faults[@]} -gt 0 ] || exit 0
{
    echo "lz4boot: $kernel on $machine: the console ended with"
    tail -n 25 "$log" | sed 's/^/  | /'
    printf 'lz4boot: %s\n' "${faults[@]}"
} >&2
exit 1
