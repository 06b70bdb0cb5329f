#!/usr/bin/env python3
"""Tells which regions of the shipped sources no input has reached.

    coverage.py LLVM_COV PROFILE EXCEPTIONS BINARY...

Each line of EXCEPTIONS is `file: source text: reason`, with the whole of the first line that has code of
the region; it excuses one region. What is unreached and not listed fails, and so does what is listed and
reached, unless the reason begins with "by chance".
"""
import collections
import json
import os
import re
import subprocess
import sys

# The decoder, what the stub reads and does, and what of the command judges and makes files.
SHIPPED = ["Sources/LZ4Boot/", "Sources/BootFormats/", "Sources/BootStub/"] + [
    f"Sources/lz4boot/{name}.swift"
    for name in ("BlockLayout", "CompressedFrame", "ContentKind", "Decoding", "FrameCompression",
                 "KernelContainer", "KernelSource", "PEExtent", "SourceInfo")
]
CODE_REGION = 0
# Behind loops that are left by return or throw only the compiler counts a region of nothing but this.
NO_CODE = re.compile(r"([\s}]|//.*)*")


def first_line(text, line, column, *end):
    """Where the code of a region starts, which itself may start at the end of the line in front."""
    if not text[line - 1][column - 1:].strip():
        line = next(index for index in range(line + 1, end[0] + 1) if not NO_CODE.fullmatch(text[index - 1]))
    return line, text[line - 1].strip()


def export(llvm_cov, profile, binaries):
    objects = [word for binary in binaries[1:] for word in ("-object", binary)]
    command = [llvm_cov, "export", "-instr-profile", profile, binaries[0], *objects, *SHIPPED]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["data"][0]


def region_counts(data):
    """How often each region was reached, in all copies of its function: file -> place -> count."""
    files = collections.defaultdict(collections.Counter)
    for function in data["functions"]:
        for line, column, end_line, end_column, count, file, _, kind in function["regions"]:
            name = os.path.relpath(function["filenames"][file])
            if kind == CODE_REGION and name.startswith(tuple(SHIPPED)):
                files[name][line, column, end_line, end_column] += count
    return files


def code(text, line, column, end_line, end_column):
    """What a region covers."""
    lines = text[line - 1:end_line]
    lines[-1] = lines[-1][:end_column - 1]
    lines[0] = lines[0][column - 1:]
    return "\n".join(lines)


def main(llvm_cov, profile, exceptions, *binaries):
    with open(exceptions, encoding="utf-8") as lines:
        listed = [line.rstrip("\n") for line in lines if not line.startswith("#")]
    data = export(llvm_cov, profile, binaries)
    left = list(listed)
    total = excepted = missing = 0
    for name, counts in sorted(region_counts(data).items()):
        with open(name, encoding="utf-8") as file:
            text = file.read().splitlines()
        counts = {place: count for place, count in counts.items() if not NO_CODE.fullmatch(code(text, *place))}
        total += len(counts)
        for place in sorted(place for place, count in counts.items() if count == 0):
            line, source = first_line(text, *place)
            entry = next((entry for entry in left if entry.startswith(f"{name}: {source}: ")), None)
            if entry:
                left.remove(entry)
                excepted += 1
            else:
                missing += 1
                print(f"not reached: {name}:{line}: {source}")
    stale = [entry for entry in left if not entry.split(": ")[-1].startswith("by chance")]
    for entry in stale:
        print(f"reached, or not there any more: {entry}")
    lines = data["totals"]["lines"]
    print(f"{total - missing - excepted} of {total} regions reached, {excepted} excepted ({exceptions}), "
          f"{missing} missing; {lines['covered']} of {lines['count']} lines")
    return missing > 0 or len(stale) > 0


sys.exit(main(*sys.argv[1:]))
