#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Proves by symbolic execution of a shipped archive, instruction by instruction, for all sources of some sizes:

- every load and store is inside source, target, report, info, the object's constants or the 512 bytes of stack, and
  there not below the stack pointer; stores are inside what may be written, loads of the target inside what the decode
  has written, and nothing that was never set is stored outside the stack;
- no branch and no address depends on memory or registers that were never set;
- no jump leaves the object, no trap is reached, and every path ends;
- the status is one of the enum, the report has it too, and the bytes that it calls valid were written;
- registers and stack are as the procedure call standard wants them; with --aligned, so is every access.

    prove.py ARCHIVE [--aligned] [--only PATTERN]     status 2: some input breaks a claim, and is printed

The sources are

- of lz4boot_decode_block, any 0 to 8 bytes;
- of lz4boot_decode, lz4boot_inspect and lz4boot_peek, any 0 to 4 bytes, and a legacy magic with any 5 bytes behind it;
- of lz4boot_decode and lz4boot_inspect, each frame header there can be, cut off anywhere, and the block size or what
  else is in the 4 bytes behind it; of lz4boot_peek, which reads headers with the same functions, those of 7 bytes;

each with any capacity and any flags, with a report or without, and with null pointers.

What is abstracted, always to more than can happen, so that what is proved of the abstraction holds:

- A copy, `copyForward`, is one step: it is proved on its own for all copies of fewer than COPY_LIMIT bytes from less far
  back, and from the source, whatever their alignment, by induction over its loops (loops.py). Where it is called, it is
  proved that it is asked for such a copy. What is proved near the target's start is taken for other places, too.
- XXH32's `update` and `digest` are one step, too, and give any value: no matter what is hashed, both outcomes of a
  comparison with a checksum are followed. Their accesses are proved on their own, for every place and length.
- What the target holds, and source bytes at an address that is itself symbolic, may be anything, and something
  else each time they are read (memory.py).

Source, target, structs and stack lie at one place each, the source in front of the target. They do not overlap. So
in-place decoding is not covered; nor are the fast loop, which needs 23 bytes of a block, streams and teams.

Trusted: angr's model of the instructions, its solver, and the linker that makes the archive a file. selfcheck.py
checks the rest.
"""

import argparse
import functools
import itertools
import logging
import os
import pathlib
import re
import subprocess
import sys
import time

import claripy
from memory import (
    COPY_LIMIT, REPORT, SOURCE, STRUCT, TARGET, CopyMemory, Memory, RangeMemory, Region, Violation, is_garbage, prove,
)

logging.disable(logging.ERROR)  # angr tells about parts of it that are not used here
import angr  # noqa: E402
from engine import Engine, solver_for_addresses  # noqa: E402
import loops  # noqa: E402

HEADER = pathlib.Path(__file__).parents[2] / "Sources/CLZ4Boot/include/lz4boot.h"
STATUSES = [int(number) for number in re.findall(r"lz4boot_status_\w+ = (\d+)", HEADER.read_text())]
# struct lz4boot_report: where its fields are, and how large they are.
STATUS, SOURCE_OFFSET, TARGET_BYTE_COUNT = (0, 4), (8, 8), (16, 8)
REPORT_BYTES, INFO_BYTES = 48, 80
# "Frame Format": the magic numbers.
FRAME_MAGIC, LEGACY_MAGIC = bytes.fromhex("04224d18"), bytes.fromhex("02214c18")
CONTENT_SIZE = 0x08  # in FLG
SHORT_DISTANCES = 8  # below this, how far copies reach back is looked at one by one
# How many bytes of a frame: from FLG on up to the longest header and the block size behind it, and what FLG has where
# another would make the last of them a block's.
HEADERS = [(count, 0 if count <= 11 else CONTENT_SIZE) for count in range(5, 20)]


def link(archive):
    """An ELF file at fixed addresses with all that the archive offers."""
    tools, elf = os.environ["TOOLCHAIN"], archive.with_name("symbolic.elf")
    command = [f"{tools}llvm-nm", "--defined-only", "--extern-only", "-j", archive]
    names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    entries = [name for name in names if name.startswith("lz4boot_")]
    undefined = [f"--undefined={name}" for name in entries]
    subprocess.run([f"{tools}ld.lld", f"--entry={entries[0]}", *undefined, "-o", elf, archive], check=True)
    return elf


class Prover:
    """The cases. Each yields its end states; `self.memory` is the case's."""

    def __init__(self, archive, aligned):
        project = angr.Project(link(archive), auto_load_libs=False)
        self.aligned = aligned
        self.constants = [
            Region("constants", section.min_addr, section.memsize)
            for section in project.loader.main_object.sections
            if section.name.startswith(".rodata") and section.memsize
        ]
        self.engine = Engine(project)
        self.summaries = {
            self.engine.address("11copyForward"): self.copy,
            self.engine.address("XXH32V6digest"): self.digest,
            self.engine.address("XXH32V6update"): self.update,
        }

    # What is done in place of a function. The proofs of `lemmas` say why it may be.

    def copy(self, state):
        self.memory.copy(state, *(state.registers.load(name) for name in ("x0", "x1", "x2")))

    def digest(self, state):
        self.memory.read_range(state, state.regs.x1, state.regs.x0 & 15)
        self.expect_lanes(state, state.regs.x2, state.regs.x3)
        return claripy.BVS("digest", 64)

    def update(self, state):
        count = claripy.If(claripy.SGT(state.regs.x1, 0), state.regs.x1, 0)
        prove(state, count & 15 == 0, "hash of other than whole stripes")
        self.memory.read_range(state, state.regs.x0, count)
        self.expect_lanes(state, state.memory.load(state.regs.x20, 16, inspect=False, disable_actions=True))
        for offset in (0, 8):
            state.memory.store(state.regs.x20 + offset, claripy.BVS("lanes", 64), size=8)

    @staticmethod
    def expect_lanes(state, *lanes):
        if any(is_garbage(lane) for lane in lanes):
            raise Violation(f"a hash that was never started at {state.addr:#x}")

    def lemmas(self):
        """The functions that are one step elsewhere, for all arguments."""
        yield f"copyForward, below {COPY_LIMIT} bytes", self.prove_copy
        yield "XXH32.digest, any length", self.prove_digest
        yield "XXH32.update, any length", self.prove_update

    def prove_copy(self):
        """Of fewer than COPY_LIMIT bytes, from as far back in the output, from the source, or of none."""
        count, place, distance, any_start = (claripy.BVS(name, 64) for name in ("count", "place", "distance", "start"))
        # Of every alignment. Elsewhere it is the same, as places are only compared with each other.
        is_near = claripy.And(claripy.ULT(place - TARGET, 8), claripy.ULT(count, COPY_LIMIT))
        is_far = claripy.And(claripy.UGE(distance, SHORT_DISTANCES), claripy.ULT(distance, COPY_LIMIT))
        in_source = claripy.ULT(any_start - SOURCE, 8)
        copies = [(place - distance, [is_near, is_far]), (any_start, [is_near, in_source]), (any_start, [count == 0])]
        # The shortest distances are doubled most often. One by one, they are less work for the solver.
        copies += [(place - short, [is_near]) for short in range(1, SHORT_DISTANCES)]
        for start, limits in copies:
            self.memory = CopyMemory(start, place, count, self.aligned)
            state = self.engine.start(self.memory, {"start": start, "place": place, "count": count})
            state.globals["written"] = place
            state.solver.add(*limits)
            with solver_for_addresses():
                for end in self.paths(self.engine.call(state, "11copyForward", start, place, count)):
                    prove(end, end.globals["written"] == place + count, "not all was copied")
                    yield end

    def prove_digest(self):
        count, tail = claripy.BVS("count", 64), claripy.BVS("tail", 64)
        self.memory = RangeMemory(Region("tail", tail, count & 15), aligned=self.aligned)
        state = self.engine.start(self.memory, {"count": count, "tail": tail})
        lanes = [claripy.BVS("lanes", 64) for _ in range(2)]
        self.engine.summaries = {}
        for end in self.engine.paths(self.engine.call(state, "XXH32V6digest", count, tail, *lanes)):
            if is_garbage(end.regs.x0[31:0]):
                raise Violation("a digest that was never set")
            yield end

    def prove_update(self):
        count, start = claripy.BVS("count", 64), claripy.BVS("start", 64)
        read = claripy.If(claripy.SGT(count, 0), count, 0)
        lanes = Region("lanes", STRUCT, 16, is_writable=True)
        self.memory = RangeMemory(Region("stripes", start, read), [lanes], self.aligned)
        state = self.engine.start(self.memory, {"count": count, "start": start})
        state.solver.add(read & 15 == 0, claripy.UGE(start + read, start))
        state.memory.store(STRUCT, claripy.BVS("lanes", 128), inspect=False, disable_actions=True)
        yield from self.paths(self.engine.call(state, "XXH32V6update", start, count, x20=STRUCT))

    def paths(self, state):
        """Of a function that is proved on its own."""
        self.engine.summaries = {}
        return self.engine.paths(state, loops.step)

    # The entry points.

    def cases(self):
        for count in range(9):
            yield f"decode_block, {count} bytes", lambda n=count: self.prove_decode("lz4boot_decode_block", n)
        for function in ("decode", "inspect", "peek"):
            prove = functools.partial(self.prove_decode, f"lz4boot_{function}")
            for count in range(5):
                yield f"{function}, {count} bytes", lambda p=prove, n=count: p(n)
            for count, flg in HEADERS if function != "peek" else [(7, 0)]:
                yield f"{function}, frame, {count} bytes", lambda p=prove, n=count, f=flg: p(n, FRAME_MAGIC, f)
            yield f"{function}, legacy, 9 bytes", lambda p=prove: p(9, LEGACY_MAGIC)

    def prove_decode(self, function, count, magic=b"", flg=0):
        """A function that takes a whole source: any one of `count` bytes that starts with `magic`, FLG with bits `flg`."""
        capacity, flags = claripy.BVS("capacity", 64), claripy.BVS("flags", 64)
        inputs = {"capacity": capacity, "flags": flags}
        structs = [
            Region("report", REPORT, REPORT_BYTES, is_writable=True),
            Region("info", STRUCT, INFO_BYTES, is_writable=True),
        ]
        self.memory = Memory(self.constants, count, capacity, structs, self.aligned)
        self.engine.summaries = self.summaries
        start = self.engine.start(self.memory, inputs)
        self.put_source(start, count, magic, flg)
        report = claripy.If(claripy.BVS("report", 1) == 1, claripy.BVV(REPORT, 64), 0)
        for has_source, has_target in itertools.product((1, 0), repeat=2):
            source, target = SOURCE * has_source, TARGET * has_target
            arguments = {
                "lz4boot_decode_block": (source, count, target, capacity, report),
                "lz4boot_decode": (source, count, target, capacity, flags, report),
                "lz4boot_peek": (source, count, target, capacity, report),
                "lz4boot_inspect": (source, count, STRUCT * has_target, report),
            }[function]
            for end in self.engine.paths(self.engine.call(start.copy(), function, *arguments)):
                self.check_result(end, count, capacity, end.solver.eval_one(report))
                yield end

    @staticmethod
    def put_source(state, count, magic, flg):
        symbols = [claripy.BVS(f"source{index}", 8) for index in range(count)]
        if symbols:
            state.globals["inputs"]["source"] = claripy.Concat(*symbols) if count > 1 else symbols[0]
        state.solver.add(*(symbol == byte for symbol, byte in zip(symbols, magic)))
        if flg:
            state.solver.add(symbols[len(magic)] & flg == flg)
        for index, symbol in enumerate(symbols):
            value = claripy.BVV(magic[index], 8) if index < len(magic) else symbol
            state.memory.store(SOURCE + index, value, inspect=False, disable_actions=True)

    @staticmethod
    def check_result(state, count, capacity, report):
        status = state.regs.x0[31:0]
        prove(state, claripy.Or(*(status == number for number in STATUSES)), "a status that is none")
        if not report:
            return

        def field(place):
            offset, size = place
            return state.memory.load(report + offset, size, endness="Iend_LE", inspect=False, disable_actions=True)

        prove(state, field(STATUS) == status, "a report of another status")
        prove(state, claripy.ULE(field(SOURCE_OFFSET), count), "a source offset behind the source")
        valid = field(TARGET_BYTE_COUNT)
        prove(state, claripy.ULE(valid, capacity), "more valid bytes than capacity")
        prove(state, claripy.ULE(valid, state.globals["written"]), "valid bytes that were never written")


def main():
    parser = argparse.ArgumentParser(description="Proves an archive safe for all inputs of some sizes.")
    parser.add_argument("archive", type=pathlib.Path)
    parser.add_argument("--aligned", action="store_true", help="also prove that every access is aligned")
    parser.add_argument("--only", default="", help="the cases whose names match this regular expression")
    options = parser.parse_args()

    print(f"{options.archive}\n{'':36} {'paths':>7} {'accesses':>9} {'seconds':>8}")
    prover = Prover(options.archive, options.aligned)
    broken = count = 0
    begin = time.process_time()
    for name, case in itertools.chain(prover.lemmas(), prover.cases()):
        if not re.search(options.only, name):
            continue
        count += 1
        case_begin = time.process_time()
        Memory.proved = 0
        try:
            paths = sum(1 for _ in case())
            verdict = f"{paths:7} {Memory.proved:9} {time.process_time() - case_begin:8.1f}"
        except Violation as violation:
            broken += 1
            verdict = f"BROKEN: {violation}"
        print(f"{name:36} {verdict}", flush=True)
    if not count:
        parser.error("no such case")
    print(f"{'broken claims: ' + str(broken) if broken else 'proved':36} {time.process_time() - begin:26.1f}")
    return 2 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
