# SPDX-License-Identifier: MIT
"""Follows every path of a function of the linked object, and checks what is true of every instruction."""

import contextlib

import claripy
import z3
from memory import RETURN, SCRATCH, STACK_END, Split, Violation, example, is_garbage, prove, word

import angr

REGISTERS = [f"x{i}" for i in range(31)]
CALLEE_SAVED = [f"x{i}" for i in range(19, 30)]
FLAGS = ["cc_op", "cc_dep1", "cc_dep2", "cc_ndep"]
SPLIT_MAX = 300  # values of an address that are looked at one by one
# What a jump can be. Calls of the system, traps and undefined instructions are something else.
JUMPS = {"Ijk_Boring", "Ijk_Call", "Ijk_Ret"}
# What VEX makes of the instructions that the code under proof may use. Atomic and exclusive ones are others.
STATEMENTS = {"Ist_IMark", "Ist_WrTmp", "Ist_Put", "Ist_Store", "Ist_Exit", "Ist_AbiHint", "Ist_NoOp"}


class Engine:
    """`summaries`: by address, what is done instead of running a function.

    Instructions are not optimised (level 0), so that no load or store is dropped before it is seen.
    """

    def __init__(self, project):
        self.project = project
        self.summaries = {}
        self.code = [
            (s.min_addr, s.max_addr) for s in project.loader.main_object.sections if s.is_executable and s.memsize
        ]

    def start(self, memory, inputs):
        """A state in which nothing is set but how much of the target is written: nothing."""
        options = {angr.options.SYMBOL_FILL_UNCONSTRAINED_MEMORY, angr.options.SYMBOL_FILL_UNCONSTRAINED_REGISTERS}
        state = self.project.factory.blank_state(add_options=options, remove_options={angr.options.LAZY_SOLVES})
        state.globals["inputs"] = inputs
        state.globals["written"] = claripy.BVV(0, 64)
        state.globals["stores"] = 0
        state.globals["loads"] = ()
        watch(state, memory)
        return state

    def call(self, state, function, *arguments, **registers):
        """Makes the caller call a function."""
        for name in [*REGISTERS, *FLAGS[1:]]:
            state.registers.store(name, claripy.BVS(f"garbage_{name}", 64))
        registers |= {f"x{i}": value for i, value in enumerate(arguments)}
        for name, value in {"x30": RETURN, "sp": STACK_END, **registers}.items():
            state.registers.store(name, word(value))
        state.globals["saved"] = {name: state.registers.load(name) for name in [*CALLEE_SAVED, "sp"]}
        state.regs.ip = self.address(function)
        return state

    def address(self, part):
        """Of the only function whose name contains `part`, or is it."""
        functions = {s.name: s.rebased_addr for s in self.project.loader.main_object.symbols if s.is_function}
        (found,) = [functions[part]] if part in functions else [a for name, a in functions.items() if part in name]
        return found

    def paths(self, state, step=None):
        """The end states of all paths; `step` may do something else than `Engine.step`."""
        pending = [state]
        while pending:
            state = pending.pop()
            if state.addr == RETURN:
                for name, value in state.globals["saved"].items():
                    prove(state, state.registers.load(name) == value, f"{name} not preserved")
                yield state
            elif state.addr in self.summaries:
                leave(state, self.summaries[state.addr](state))
                pending.append(state)
            else:
                pending += step(self, state) if step else self.step(state)

    def step(self, state):
        """What follows a basic block."""
        if not any(low <= state.addr <= high for low, high in self.code):
            raise Violation(f"jump out of the object, to {state.addr:#x}: {example(state)}")
        irsb = self.project.factory.block(state.addr, opt_level=0).vex
        if not irsb.size:
            raise Violation(f"no instruction at {state.addr:#x}: {example(state)}")
        if others := {statement.tag for statement in irsb.statements} - STATEMENTS:
            raise Violation(f"an instruction that is not covered at {state.addr:#x}: {', '.join(others)}")
        try:
            successors = self.project.factory.successors(state.copy(), irsb=irsb)
        except Split as split:
            return self.split(state, split.expression)
        if successors.unconstrained_successors:
            raise Violation(f"jump to anywhere from {state.addr:#x}")
        for successor in successors.flat_successors:
            if successor.history.jumpkind not in JUMPS:
                raise Violation(f"{successor.history.jumpkind} at {state.addr:#x}: {example(successor)}")
            if is_garbage(successor.history.jump_guard):
                raise Violation(f"branch on what was never set in the block at {state.addr:#x}")
        if not successors.flat_successors:
            raise Violation(f"no way on from {state.addr:#x}")
        return successors.flat_successors

    @staticmethod
    def split(state, expression):
        values = state.solver.eval_upto(expression, SPLIT_MAX + 1)
        if len(values) > SPLIT_MAX:
            raise Violation(f"an address with more than {SPLIT_MAX} values in the block at {state.addr:#x}")
        states = []
        for value in values:
            copy = state.copy()
            copy.solver.add(expression == value)
            states.append(copy)
        return states


@contextlib.contextmanager
def solver_for_addresses():
    """Z3's solver for bit vectors alone: slower for many small questions, but fast for sums of unknowns."""
    backend = claripy.backends.z3
    usual = backend.solver
    backend.solver = lambda timeout=None, max_memory=None: z3.SolverFor("QF_BV", ctx=backend._context)  # noqa: SLF001
    try:
        yield
    finally:
        backend.solver = usual


def leave(state, result):
    """Returns from a function. The registers that it need not preserve have any value."""
    caller = state.solver.eval_one(state.regs.x30)
    for name in [*(f"x{i}" for i in range(19)), "x30", *FLAGS[1:]]:
        state.registers.store(name, claripy.BVS(f"garbage_{name}", 64))
    if result is not None:
        state.regs.x0 = result
    state.regs.ip = caller


def watch(state, memory):
    """Puts `memory` in front of every load and store."""

    def before(kind):
        def action(state):
            address = getattr(state.inspect, f"mem_{kind}_address")
            size = state.solver.eval_one(getattr(state.inspect, f"mem_{kind}_length"))
            value = state.inspect.mem_write_expr if kind == "write" else None
            place = memory.access(state, address, size, value)
            setattr(state.inspect, f"mem_{kind}_address", claripy.BVV(SCRATCH if place is None else place, 64))
            state.globals["modelled"] = address if place is None else None
            if kind == "write" and place is not None:
                state.globals["stores"] += 1

        return action

    def after_read(state):
        address = state.globals["modelled"]
        if address is not None:
            value = claripy.BVS("loaded", state.inspect.mem_read_expr.length)
            state.inspect.mem_read_expr = value
            state.globals["loads"] = (*state.globals["loads"], (address, value))

    state.inspect.b("mem_read", when=angr.BP_BEFORE, action=before("read"))
    state.inspect.b("mem_read", when=angr.BP_AFTER, action=after_read)
    state.inspect.b("mem_write", when=angr.BP_BEFORE, action=before("write"))
