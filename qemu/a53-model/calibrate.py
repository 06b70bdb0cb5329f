#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs micro-kernels under the model and compares their cycles with those of real Cortex-A53s.

Sources of the cycle counts (facts; the kernels here are our own):
  KV260  measured on an AMD Kria KV260 with PMCCNTR_EL0, github.com/daniestevez/qsdr,
         qsdr-benchmarks/tests/instruction_benchmark/aarch64
  S905X  measured on an Amlogic S905X, github.com/ThomasKaiser/sbc-bench, results/4bee.txt:
         ramlat 2.12 ns and 2.83 ns at 1.414 GHz
  GCC    not measured: the occupancy that GCC's Cortex-A53 scheduling description publishes
Exit status 1 when a row differs that is not marked as a known limit of the model.
"""

import argparse
import pathlib
import tempfile
from typing import NamedTuple

import a53_model

REPEATS = 200
LOOP_PASSES = 20
TOLERANCE = 0.12  # cycles per repeat: the ends of the measured stretch

# cycles on hardware | source | how | what | instructions
#   how: each   back to back, per repeat
#        once   on its own: an instruction that issues alone separates the repeats
#        loop   a loop that really branches back, per iteration
#        known  as once; the model is known to differ
TABLE = """
1 | KV260 | each  | 2 NOP                         | nop; nop
2 | KV260 | each  | 4 NOP                         | nop; nop; nop; nop
1 | KV260 | each  | 2 independent ADD             | add x4,x4,x4; add x5,x5,x5
1 | KV260 | each  | ADD chain, per step           | add x4,x4,x4
2 | KV260 | each  | 2 FADD 4s                     | fadd v4.4s,v7.4s,v7.4s; fadd v5.4s,v7.4s,v7.4s
4 | KV260 | each  | FADD chain, per step          | fadd v4.4s,v4.4s,v4.4s
4 | KV260 | each  | FMUL chain, per step          | fmul v4.4s,v4.4s,v4.4s
1 | KV260 | once  | 2 INS to different registers  | ins v4.d[1],x4; ins v5.d[1],x5
3 | KV260 | once  | INS + dependent FADD          | ins v4.d[1],x4; fadd v5.4s,v4.4s,v4.4s
1 | KV260 | each  | LDR d                         | ldr d0,[x1]
2 | KV260 | each  | LDR q                         | ldr q0,[x1]
2 | KV260 | each  | LDP d                         | ldp d0,d1,[x1]
4 | KV260 | each  | LDP q                         | ldp q0,q1,[x1]
8 | KV260 | each  | LD1 of 4 registers            | ld1 {v0.4s-v3.4s},[x1]
4 | KV260 | once  | LDR d + dependent FADD        | ldr d0,[x1]; fadd v5.4s,v0.4s,v0.4s
5 | KV260 | once  | LDR q + dependent FADD        | ldr q0,[x1]; fadd v5.4s,v0.4s,v0.4s
7 | KV260 | once  | 2 LDR q + FADD on the second  | ldr q0,[x1]; ldr q1,[x1]; fadd v5.4s,v1.4s,v1.4s
7 | KV260 | once  | LDP q + FADD on the second    | ldp q0,q1,[x1]; fadd v5.4s,v1.4s,v1.4s
1 | KV260 | each  | STR d                         | str d0,[x1]
2 | KV260 | each  | 2 STR d                       | str d0,[x1]; str d1,[x1,#8]
1 | KV260 | each  | STR q                         | str q0,[x1]
2 | KV260 | each  | 2 STR q                       | str q0,[x1]; str q1,[x1,#16]
2 | KV260 | each  | STP q                         | stp q0,q1,[x1]
2 | KV260 | each  | LDR d + STR d                 | ldr d0,[x1]; str d1,[x1,#64]
2 | KV260 | each  | LDR d + STR q                 | ldr d0,[x1]; str q1,[x1]
1 | KV260 | once  | LDR d + INS                   | ldr d0,[x1]; ins v1.d[1],x4
1 | KV260 | once  | FADD 4s + LDR x               | fadd v5.4s,v31.4s,v31.4s; ldr x4,[x1]
5 | KV260 | loop  | loop: 4 FADD, ADD, CMP, B.NE  |
3 | S905X | each  | 64-bit load -> address chain  | ldr x2,[x2]
4 | S905X | each  | 32-bit load -> address chain  | ldr w11,[x7,w11,uxtw]
2 | GCC   | each  | LDP x                         | ldp x4,x5,[x1]
1 | GCC   | each  | LDP w                         | ldp w4,w5,[x1]
1 | GCC   | each  | STP x                         | stp x4,x5,[x1]
1 | KV260 | known | 2 ADD, the second dependent   | add x4,x4,x4; add x4,x4,x4
2 | KV260 | known | FADD 4s + LDR d               | fadd v5.4s,v31.4s,v31.4s; ldr d0,[x1]
2 | KV260 | known | FADD 4s + STR q               | fadd v5.4s,v31.4s,v31.4s; str q1,[x1]
2 | KV260 | known | INS + STR q                   | ins v0.d[1],x4; str q1,[x1]
2 | KV260 | known | LDR x + FADD 4s               | ldr x4,[x1]; fadd v5.4s,v31.4s,v31.4s
2 | KV260 | known | STR x + FADD 4s               | str x4,[x1]; fadd v5.4s,v31.4s,v31.4s
3 | KV260 | known | STP q + FADD 4s               | stp q0,q1,[x1]; fadd v5.4s,v31.4s,v31.4s
- | -     | each  | copy of 8: LDR x, STR x       | ldr x4,[x1]; str x4,[x3]
- | -     | each  | copy of 16: LDP x, STP x      | ldp x4,x5,[x1]; stp x4,x5,[x3]
- | -     | each  | copy of 16: LDR q, STR q      | ldr q0,[x1]; str q0,[x3]
"""


class Kernel(NamedTuple):
    cycles: float | None
    source: str
    how: str
    name: str
    instructions: list[str]


def kernels() -> list[Kernel]:
    rows = []
    for line in TABLE.strip().splitlines():
        cycles, source, how, name, code = (field.strip() for field in line.split("|"))
        instructions = [part.strip() for part in code.split(";")]
        rows.append(
            Kernel(None if cycles == "-" else float(cycles), source, how, name, instructions)
        )
    return rows


PROLOGUE = """
    .text
    .global _start
_start:
    adrp x1, buffer
    add x1, x1, :lo12:buffer
    add x3, x1, #1024
    add x7, x1, #64         // 0 at x7: w11 chases its own tail, as x2 does
    mov x11, #0
    mov x2, x1
    str x1, [x1]
"""
EPILOGUE = """
    mov x0, #0
    mov x8, #93             // exit
    svc #0
    .bss
    .balign 64
buffer:
    .space 8192
"""
LONE = "extr x12, x13, x14, #1"  # issues alone; costs a cycle
LOOP = """
    mov x15, #{passes}
2:  mov x4, #0
    hint #113
1:  fadd v0.4s, v0.4s, v31.4s
    fadd v1.4s, v1.4s, v31.4s
    fadd v2.4s, v2.4s, v31.4s
    fadd v3.4s, v3.4s, v31.4s
    add x4, x4, #1
    cmp x4, #{repeats}
    b.ne 1b
    hint #112
    subs x15, x15, #1
    b.ne 2b
"""


def source_of(kernel: Kernel) -> str:
    if kernel.how == "loop":  # the first passes teach the predictor
        return PROLOGUE + LOOP.format(passes=LOOP_PASSES, repeats=REPEATS) + EPILOGUE
    instructions = kernel.instructions + [LONE] * (kernel.how in ("once", "known"))
    lines = "".join(f"    {instruction}\n" for instruction in instructions)
    return (
        f"{PROLOGUE}    hint #113\n    .rept {REPEATS}\n{lines}    .endr\n    hint #112\n{EPILOGUE}"
    )


def cycles_of(kernel: Kernel, plugin: pathlib.Path, folder: pathlib.Path, options: dict) -> float:
    assembly, program = folder / "kernel.S", folder / "kernel"
    assembly.write_text(source_of(kernel))
    a53_model.compile_arm64("-nostdlib", "-o", program, assembly)
    cycles = a53_model.run(plugin, program, options=options)[1]["core_cycles"]
    if kernel.how == "loop":
        return cycles / REPEATS / LOOP_PASSES
    return cycles / REPEATS - (kernel.how != "each")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--option", action="append", default=[], metavar="NAME=VALUE", help="a model parameter"
    )
    arguments = parser.parse_args()
    options = dict(option.split("=", 1) for option in arguments.option)
    agreeing = measured = unexpected = 0
    print(f"{'kernel':32} {'model':>7} {'A53':>5}  {'source':7}")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        plugin = a53_model.build_plugin(folder)
        for kernel in kernels():
            cycles = cycles_of(kernel, plugin, folder, options)
            if kernel.cycles is None:
                print(f"{kernel.name:32} {cycles:7.2f} {'-':>5}")
                continue
            agrees = abs(cycles - kernel.cycles) <= TOLERANCE
            known = kernel.how == "known"
            measured += kernel.source != "GCC"
            agreeing += agrees and kernel.source != "GCC"
            unexpected += not agrees and not known
            verdict = "ok" if agrees else "known limit" if known else "DIFFERS"
            print(f"{kernel.name:32} {cycles:7.2f} {kernel.cycles:5g}  {kernel.source:7} {verdict}")
    print(f"{agreeing} of {measured} measured ones agree; {unexpected} unexpected")
    return 1 if unexpected else 0


if __name__ == "__main__":
    raise SystemExit(main())
