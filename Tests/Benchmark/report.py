#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints what `make bench-a53`, `make bench-host` and `make bench-team` measured as one table and plots it.

    report.py [--record]      from the repository's root

Reads build/bench/a53.json, host.json and qemu.json, each of which may be missing; writes a53.svg, host.svg and growth.svg
beside them. --record appends a line to the table in docs/performance.md.
"""

import argparse
import json
import math
import pathlib
import sys

sys.path.insert(0, "scripts")
from svg import WIDTH, rectangle, stroke, text, ticks, write  # noqa: E402

BENCH = pathlib.Path("build/bench")
RECORD = pathlib.Path("docs/performance.md")

# What must be reached and what is aimed at: the ratio to the best known liblz4 build by level on a kernel, and on
# other data; liblz4's time ÷ ours; time in pushes ÷ in one; instructions, U-Boot's ÷ ours; time of a team of one ÷ of one
# call; time of one call ÷ of a team of two, which verification may make 15 % less.
A53_KERNEL = {1: (0.80, 0.72), 9: (0.70, 0.62), 12: (0.70, 0.62)}
A53_OTHER = (1.00, 0.80)
HOST = {"block": (1.05, 1.25), "frame+checksums": (1.20, 1.50)}
STREAMING = {4096: (1.10, 1.03)}
INSTRUCTIONS = (8.0, 10.0)
TEAM_OF_ONE = (1.02, 1.00)
TEAM_OF_TWO = {"1 MiB blocks": (1.90, 2.00), "1 MiB blocks+checksums": (1.615, 1.90), "legacy": (1.60, 1.70)}
TEAM_ON_QEMU = (1.70, 2.00)

# U-Boot 2023.01's unlz4 under QEMU: 625 M instructions for a Debian kernel of 27,236,288 bytes.
UBOOT_INSTRUCTIONS_PER_BYTE = 625e6 / 27_236_288


def load(name):
    path = BENCH / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


# The table.


def judged(value, targets, less_is_better=True):
    if not targets:
        return ""
    must, aim = targets
    reached = [value <= target if less_is_better else value >= target for target in targets]
    word = "aim reached" if reached[1] else "must reached" if reached[0] else "MISSED"
    return f"{must:8.2f}{aim:8.2f}  {word}"


def line(label, value, verdict="", note=""):
    number = "-" if value is None else f"{value:.3f}"
    print(f"  {label:36}{number:>9}{verdict:32}{note}".rstrip())


def heading(text):
    print(f"\n{text:38}{'ratio':>9}{'must':>8}{'aim':>8}")


def a53_row(a53, level, call="block"):
    rows = (row for row in a53["rows"] if (row["input"], row["level"], row["call"]) == ("kernel", level, call))
    return next(rows, None)


def print_a53(a53):
    print(f"A53 cycle model, {a53['commit']}, {a53['date']}; Debian's liblz4 {a53['liblz4']}, QEMU {a53['qemu']}")
    heading("core cycles, ours ÷ best liblz4's")
    for row in a53["rows"]:
        ratio, targets = row["ratio_best"], None
        if row["call"] == "block":
            targets = A53_KERNEL.get(row["level"]) if row["input"] == "kernel" else A53_OTHER
        note = f"{row['ours']['core_cycles'] / row['bytes']:.3f} cycles/byte"
        if row["ratio_debian"] is not None:
            note += f", Debian's x {row['ratio_debian']:.3f}"
        if row["sweep"]:
            sweep = row["sweep"]
            note += f", sweep {sweep['ratio_best_min']:.3f}-{sweep['ratio_best_max']:.3f}: {sweep['verdict']}"
        level = f" level {row['level']}" if row["level"] is not None else ""
        verdict = judged(ratio, targets) if ratio is not None else ""
        line(f"{row['input']}{level}, {row['call']}", ratio, verdict, note)
    frame, pushes = a53_row(a53, 9, "frame"), a53_row(a53, 9, "stream-4096")
    if frame and pushes:
        heading("core cycles, in pushes ÷ in one")
        ratio = pushes["ours"]["core_cycles"] / frame["ours"]["core_cycles"]
        line("kernel level 9, pushes of 4 KiB", ratio, judged(ratio, STREAMING[4096]))
    row = a53_row(a53, 9)
    if row:
        heading("instructions, U-Boot's ÷ ours")
        per_byte = row["ours"]["instructions"] / row["bytes"]
        ratio = UBOOT_INSTRUCTIONS_PER_BYTE / per_byte
        line("kernel level 9, block", ratio, judged(ratio, INSTRUCTIONS, False), f"{per_byte:.3f} per byte")


def print_host(host):
    print(f"\n{host['cpu']}, {host['commit']}, {host['date']}; liblz4 {host['liblz4']}, {host['input']}, "
          f"{host['bytes']:,} bytes, {host['pairs']} pairs")
    heading("time, liblz4's ÷ ours")
    for row in host["rows"]:
        level = f", level {row['level']}" if row["level"] is not None else ""
        verdict = judged(row["ratio"], HOST.get(row["call"]), False) if row["ratio"] is not None else ""
        line(row["call"] + level, row["ratio"], verdict, f"{row['ours_MBps']:,.0f} MB/s")
    heading("time, in pushes ÷ in one")
    for row in host["streaming"]:
        line(f"pushes of {size(row['push'])}", row["ratio"], judged(row["ratio"], STREAMING.get(row["push"])),
             f"with checksums {row['ratio_checksums']:.3f}")
    heading("time, team of one ÷ one call")
    for row in host["teams"]:
        line(row["form"], row["one"], judged(row["one"], TEAM_OF_ONE))
    heading("time, one call ÷ team of two")
    for row in host["teams"]:
        line(row["form"], row["two"], judged(row["two"], TEAM_OF_TWO[row["form"]], False))
    growth = host["growth"]
    times = [row["ns_per_byte"] for row in growth]
    print(f"\ngrowth, {size(growth[0]['bytes'])} to {size(growth[-1]['bytes'])}: "
          f"{min(times):.3f} to {max(times):.3f} ns/byte, stack {max(row['stack'] for row in growth)} bytes "
          f"on this machine, page faults {max(row['page_faults'] for row in growth)}")


def size(count):
    for unit in ("bytes", "KiB", "MiB"):
        if count < 1024:
            return f"{count} {unit}"
        count //= 1024
    return f"{count} GiB"


# The plots.


def plot_bars(name, title, subtitle, unit, form, series, groups):
    """Horizontal bars: groups are (label, one value or None per series)."""
    left, right, top, bar, gap = 205, 70, 92, 16, 14
    bar_count = sum(value is not None for _, values in groups for value in values)
    bottom = top + bar_count * bar + len(groups) * gap
    scale = ticks(max(value for _, values in groups for value in values if value is not None))
    per_unit = (WIDTH - left - right) / scale[-1]
    parts, x = [], left
    for index, label in enumerate(series):
        parts += [rectangle(x, 66, 12, 12, f"c{index}"), text(x + 18, 77, label)]
        x += 18 + 7 * len(label) + 28
    for tick in scale:
        x = left + tick * per_unit
        parts += [stroke(x, top, x, bottom, "grid"), text(x, bottom + 18, f"{tick:,g}", "quiet middle")]
    y, bars = top + gap / 2, []
    for label, values in groups:
        drawn = [(index, value) for index, value in enumerate(values) if value is not None]
        parts.append(text(left - 12, y + len(drawn) * bar / 2 + 4.5, label, "right"))
        for index, value in drawn:
            bars.append(rectangle(left, y, value * per_unit, bar - 2, f"c{index}"))
            parts.append(text(left + value * per_unit + 6, y + 11.5, format(value, form), "value"))
            y += bar
        y += gap
    # Over the outlines of the numbers.
    parts += bars
    parts += [stroke(left, top, left, bottom, "axis"), text((left + WIDTH - right) / 2, bottom + 40, unit, "middle")]
    write(BENCH / f"{name}.svg", bottom + 56, title, subtitle, parts)


def plot_a53(a53):
    groups = []
    for row in a53["rows"]:
        if row["call"] == "block":
            counts = [row["ours"], row["debian"], row["memcpy"]]
            label = f"{row['input']}, level {row['level']}"
            groups.append((label, [count and count["core_cycles"] / row["bytes"] for count in counts]))
    plot_bars("a53", "LZ4 blocks on a Cortex-A53, by the cycle model",
              f"Core cycles, less is better. The best known liblz4 takes 0.9 of Debian's. No figures of a board. {a53['commit']}",
              "core cycles per decoded byte", ".3f", ["lz4boot", f"liblz4 {a53['liblz4']} (Debian)", "memcpy"], groups)


def plot_host(host):
    groups = [(row["call"] + (f", level {row['level']}" if row["level"] is not None else ""),
               [row["ours_MBps"], row["theirs_MBps"]]) for row in host["rows"] if row["call"] != "xxh32"]
    plot_bars("host", f"Decoding {'a kernel' if host['input'] == 'Image' else host['input']} on the host",
              f"More is better. {host['cpu']}, medians of {host['pairs']} pairs. {host['commit']}",
              "MB of content per second", ",.0f", ["lz4boot", f"liblz4 {host['liblz4']}"], groups)


def plot_growth(host):
    rows = host["growth"]
    left, right, top, bottom = 80, 40, 76, 300
    scale = ticks(1.25 * max(row["ns_per_byte"] for row in rows))
    first, last = math.log2(rows[0]["bytes"]), math.log2(rows[-1]["bytes"])
    parts, points = [], []
    for tick in scale:
        y = bottom - tick / scale[-1] * (bottom - top)
        parts += [stroke(left, y, WIDTH - right, y, "grid"), text(left - 10, y + 4.5, f"{tick:.2f}", "quiet right")]
    for row in rows:
        x = left + 30 + (math.log2(row["bytes"]) - first) / (last - first) * (WIDTH - left - right - 60)
        y = bottom - row["ns_per_byte"] / scale[-1] * (bottom - top)
        points.append((x, y))
        parts += [stroke(x, bottom, x, bottom + 5, "axis"), text(x, bottom + 21, size(row["bytes"]), "quiet middle"),
                  text(x, y - 12, f"{row['ns_per_byte']:.3f}", "value middle")]
    parts.append('<polyline fill="none" stroke="#2f81f7" stroke-width="2" points="%s"/>'
                 % " ".join(f"{x:.1f},{y:.1f}" for x, y in points))
    parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" class="c0"/>' for x, y in points]
    parts += [stroke(left, bottom, WIDTH - right, bottom, "axis"),
              text((left + WIDTH - right) / 2, bottom + 46, "content of one frame, logarithmic", "middle"),
              f'<text class="middle" transform="translate(28 {(top + bottom) / 2}) rotate(-90)">ns per byte</text>']
    stack = max(row["stack"] for row in rows)
    write(BENCH / "growth.svg", bottom + 62, "Time per byte and memory stay the same, whatever the size",
              f"Beside source and target: {stack} bytes of stack on this machine. {host['cpu']}, "
              f"{host['commit']}", parts)


# The record.


def record(a53, host):
    if host and (host["input"] != "Image" or host["pairs"] < 25):
        sys.exit("report.py: not recorded: the host's results are of another file than the kernel, or of few pairs")
    results = [result for result in (a53, host) if result]
    commits = {result["commit"].removesuffix("-dirty") for result in results}
    if len(commits) > 1:
        sys.exit(f"report.py: not recorded: the results are of different commits: {', '.join(sorted(commits))}")
    ratios = [a53 and (a53_row(a53, level) or {}).get("ratio_best") for level in (1, 9, 12)]
    by_call = {(row["call"], row["level"]): row["ratio"] for row in host["rows"]} if host else {}
    ratios += [by_call.get(("block", 9)), by_call.get(("frame+checksums", 9))]
    ratios.append({row["push"]: row["ratio"] for row in host["streaming"]}.get(4096) if host else None)
    commit = max((result["commit"] for result in results), key=len)  # with -dirty if one says so
    cells = [results[-1]["date"], commit, *("-" if ratio is None else f"{ratio:.3f}" for ratio in ratios)]
    lines = RECORD.read_text().splitlines()
    end = next(number for number, words in enumerate(lines) if words.startswith("| date | commit |"))
    while end < len(lines) and lines[end].startswith("|"):
        end += 1
    row = f"| {' | '.join(cells)} |"
    if row in lines:
        sys.exit("report.py: not recorded: it is recorded already")
    lines.insert(end, row)
    RECORD.write_text("\n".join(lines) + "\n")
    print(f"recorded in {RECORD}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true")
    arguments = parser.parse_args()
    a53, host, qemu = load("a53"), load("host"), load("qemu")
    if not a53 and not host and not qemu:
        sys.exit("report.py: nothing measured yet: make bench-a53, make bench-host, make bench-team")
    if a53:
        print_a53(a53)
    if host:
        print_host(host)
    if qemu:
        heading("time under QEMU, one call ÷ team of two")
        line("1 MiB blocks+checksums", qemu["ratio"], judged(qemu["ratio"], TEAM_ON_QEMU, False),
             f"{qemu['one_ms']:.1f} and {qemu['two_ms']:.1f} ms")
    print()
    if a53:
        plot_a53(a53)
    if host:
        plot_host(host)
        plot_growth(host)
    if arguments.record:
        record(a53, host)


if __name__ == "__main__":
    main()
