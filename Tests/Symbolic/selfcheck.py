#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks the proof itself: each function of selfcheck.S breaks one claim, and has to be found with that."""

import logging
import os
import pathlib
import subprocess
import sys
import tempfile

import claripy
from memory import SOURCE, TARGET, CopyMemory, Memory, Violation

logging.disable(logging.ERROR)
import angr  # noqa: E402
from engine import Engine  # noqa: E402
import loops  # noqa: E402

SOURCE_BYTES = 4
CORRECT = ["correct", "correct_loop"]
BROKEN = {
    "load_behind_source": "load of 1 beyond source",
    "load_in_front_of_source": "load of 1 beyond source",
    "load_of_a_pair": "load of 4 beyond source",
    "load_that_nobody_uses": "load of 1 beyond source",
    "load_at_an_index": "load of 1 beyond source",
    "load_of_null": "load of 1 beyond",
    "store_to_source": "store to source",
    "store_behind_target": "store of 1 beyond target",
    "store_of_a_pair": "store of 8 beyond target",
    "store_behind_a_gap": "store that leaves a gap",
    "store_of_garbage": "store of what was never set",
    "loop_one_round_too_far": "store of 1 beyond target",
    "load_of_what_is_not_written": "load of 1 beyond target's initialised bytes",
    "address_of_garbage": "load at",
    "branch_on_a_register": "branch on what was never set",
    "branch_on_the_stack": "branch on what was never set",
    "store_below_the_stack": "store below the stack pointer",
    "load_of_the_caller": "load of 8 beyond stack",
    "stack_of_520_bytes": "store of 8 beyond stack",
    "stack_kept": "sp not preserved",
    "register_not_preserved": "x19 not preserved",
    "unaligned": "unaligned load of 2",
    "unaligned_elsewhere": "unaligned load of 2",
    "copy_of_garbage": "store of what was never set",
    "branch_behind_a_loop": "branch on what was never set",
    "jump_to_garbage": "jump to anywhere",
    "jump_out": "jump out of the object",
    "trap": "Ijk_SigTRAP",
    "undefined": "no instruction",
    "exclusive": "not covered",
    "system_call": "Ijk_Sys",
    "endless": "not known that it ends",
}


def link(directory):
    tools, elf = os.environ["TOOLCHAIN"], directory / "selfcheck.elf"
    assembly, objects = pathlib.Path(__file__).with_suffix(".S"), directory / "selfcheck.o"
    command = [f"{tools}clang", "-target", "aarch64-none-elf", "-c", assembly, "-o", objects]
    subprocess.run(command, check=True)
    subprocess.run([f"{tools}ld.lld", "--entry=correct", "-o", elf, objects], check=True)
    return elf


def found(engine, function):
    """What the proof says about a function, or None."""
    capacity = claripy.BVS("capacity", 64)
    memory = Memory((), SOURCE_BYTES, capacity, aligned=function.startswith("unaligned"))
    if function.startswith("copy"):
        memory = CopyMemory(claripy.BVV(SOURCE, 64), claripy.BVV(TARGET, 64), capacity, aligned=False)
    state = engine.start(memory, {"capacity": capacity})
    if function.startswith("copy"):
        state.globals["written"] = claripy.BVV(TARGET, 64)
    state.solver.add(claripy.ULT(capacity, 1 << 32))
    for offset in range(SOURCE_BYTES):
        state.memory.store(SOURCE + offset, claripy.BVS("source", 8), inspect=False, disable_actions=True)
    try:
        for _ in engine.paths(engine.call(state, function, SOURCE, TARGET, capacity), loops.step):
            pass
    except Violation as violation:
        return str(violation)
    return None


def main():
    with tempfile.TemporaryDirectory() as directory:
        engine = Engine(angr.Project(link(pathlib.Path(directory)), auto_load_libs=False))
    functions = {s.name for s in engine.project.loader.main_object.symbols if s.is_function}
    failed = functions ^ {*CORRECT, *BROKEN}
    for function in sorted(functions - failed):
        verdict, expected = found(engine, function), BROKEN.get(function)
        is_right = verdict is None if expected is None else expected in (verdict or "")
        if not is_right:
            failed.add(function)
            print(f"FAIL {function}: {verdict}")
    print(f"the proof of {len(functions)} functions, {len(BROKEN)} of them broken: {len(failed)} failed {failed or ''}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
