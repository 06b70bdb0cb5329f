#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws where the time of a boot went, from the console of one.

    timeline.py LOG... SVG    LOG is what run.sh writes: each line with the seconds since QEMU was started; of several
                              boots, the one with the median time to userspace is drawn
"""

import pathlib
import re
import sys

sys.path.insert(0, "scripts")
from svg import WIDTH, rectangle, stroke, text, ticks, write  # noqa: E402

LEFT, RIGHT = 120, 40
MARKS = {"timing": "lz4boot: timing: ", "kernel": "Booting Linux on physical CPU", "up": "lz4boot: userspace reached"}


def read(path):
    """When each mark came, and the numbers of the timing line."""
    times, numbers = {}, {}
    for line in pathlib.Path(path).read_text(errors="replace").splitlines():
        seconds, _, words = line.partition(" ")
        for name, mark in MARKS.items():
            if mark in words and name not in times:
                times[name] = float(seconds)
                if name == "timing":
                    numbers = {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", words)}
    missing = [mark for name, mark in MARKS.items() if name not in times]
    if missing:
        sys.exit(f"timeline.py: {path} has no line with {missing[0]!r}")
    return times, numbers


def chart(top, rows, unit, end):
    """Rows are (label, [(from, to, kind)]); one scale for all, in `unit`, up to `end`."""
    scale = ticks(end)
    per_unit = (WIDTH - LEFT - RIGHT) / scale[-1]
    bottom = top + 24 * len(rows)
    parts = []
    for tick in scale:
        x = LEFT + tick * per_unit
        parts += [stroke(x, top, x, bottom, "grid"), text(x, bottom + 18, f"{tick:g}", "quiet middle")]
    for index, (label, bars) in enumerate(rows):
        y = top + 24 * index
        parts.append(text(LEFT - 10, y + 16, label, "right"))
        parts += [rectangle(LEFT + start * per_unit, y + 3, max((stop - start) * per_unit, 0.5), 17, kind)
                  for start, stop, kind in bars]
    parts.append(text((LEFT + WIDTH - RIGHT) / 2, bottom + 38, unit, "middle"))
    return parts, bottom + 50


def legend(y, entries):
    parts, x = [], LEFT
    for kind, label in entries:
        parts += [rectangle(x, y, 12, 12, kind), text(x + 18, y + 11, label)]
        x += 18 + 7 * len(label) + 24
    return parts


def main():
    *logs, target = sys.argv[1:]
    boots = sorted((read(log) for log in logs), key=lambda boot: boot[0]["up"])
    times, ticks_of = boots[(len(boots) - 1) // 2]
    hertz = ticks_of["hz"]

    def milliseconds(tick):
        return (tick - ticks_of["entry"]) * 1e3 / hertz

    steps = [milliseconds(ticks_of[name]) for name in ("entry", "mmu_on", "decode_start", "decode_end", "handover")]
    handover = times["timing"]
    entry = handover - steps[-1] / 1e3
    boot = [("boot", [(0, entry, "c2"), (entry, handover, "c0"), (handover, times["kernel"], "c1"),
                      (times["kernel"], times["up"], "c3")])]
    parts, bottom = chart(94, boot, "seconds from the start of QEMU", times["up"])
    parts += legend(68, [("c2", "QEMU loads"), ("c0", "stub"), ("c1", "to the first message"), ("c3", "to userspace")])
    rows = [("boot core", [(steps[0], steps[1], "c2"), (steps[1], steps[2], "c1"), (steps[2], steps[3], "c0"),
                           (steps[3], steps[4], "c3")])]
    for core in range(4):
        if f"start{core}" in ticks_of:
            span = (milliseconds(ticks_of[f"start{core}"]), milliseconds(ticks_of[f"end{core}"]), "c0")
            rows.append((f"core {core} decodes", [span]))
    parts += legend(bottom + 16, [("c2", "checks, tables"), ("c1", "device tree, digest"), ("c0", "decoding"),
                                  ("c3", "caches, other cores off")])
    more, bottom = chart(bottom + 42, rows, "milliseconds from the stub's entry", steps[-1])
    write(pathlib.Path(target), bottom, "Where the time of a boot goes",
          f"{ticks_of['kernel_bytes']:,} bytes of kernel from {ticks_of['payload_bytes']:,}, {ticks_of['cores']} cores, "
          f"under QEMU; the median of {len(boots)} boots", parts + more)


if __name__ == "__main__":
    main()
