# SPDX-License-Identifier: MIT
"""What the code under proof may read and write.

Source, target, structs and stack lie at fixed places far from each other; how large source and target are
may be symbolic. A `Memory` is asked about every load and store, and either proves with the solver that no
input makes it go astray, or raises a `Violation` with an input that does.
"""

from typing import NamedTuple

import claripy

# These two may have any alignment, so that with `aligned` every wider access of them is refused.
SOURCE = 0x1000_0000_0001
TARGET = 0x2000_0000_0003
REPORT = 0x3000_0000_0000
STRUCT = 0x3100_0000_0000  # an info, or the lanes of a hash
STACK_END = 0x3200_0000_0000
SCRATCH = 0x3300_0000_0000  # nobody's: where accesses go that are modelled
RETURN = 0x3400_0000_0000  # the caller
COPY_LIMIT = 1 << 12  # for what a copy, and the output in front of it, are proved to stay below
EXAMPLE_LIMIT = 1 << 12  # what numbers are below in an example, if they can be
STACK_BYTES = 512  # README: "at most 512 bytes of stack"

# How symbols are named that no correct code depends on: memory and registers that were never set, and
# registers that a callee need not preserve.
GARBAGE = ("mem_", "reg_", "garbage_")


class Violation(Exception):
    """Something that the proof forbids, and an input for it."""


class Split(Exception):
    """The state has to be looked at for each value of `expression`."""

    def __init__(self, expression):
        super().__init__()
        self.expression = expression


def word(value):
    return claripy.BVV(value, 64) if isinstance(value, int) else value


def is_garbage(expression):
    return any(name.startswith(GARBAGE) for name in expression.variables)


def prove(state, claim, what):
    """No input that leads to `state` makes `claim` false."""
    wrong = claripy.Not(claim)
    if not wrong.is_false() and state.solver.satisfiable(extra_constraints=[wrong]):
        raise Violation(f"{what} at {state.addr:#x}: {example(state, [wrong])}")


def example(state, extra=()):
    """An input of one path: of what the case calls inputs."""
    state = state.copy()
    state.solver.add(*extra)
    # One in which what the source held, where it was modelled, is what it holds; and a small one.
    inputs, note = state.globals["inputs"], ""
    if not add_if_possible(state, *same_source(state)):
        note = " (if a source byte that is read twice may change)"
    for name, symbol in inputs.items():
        if name != "source":
            add_if_possible(state, claripy.ULT(symbol, EXAMPLE_LIMIT))
    values = []
    for name, symbol in inputs.items():
        value = state.solver.eval(symbol)
        state.solver.add(symbol == value)
        digits = symbol.length // 4 if name == "source" else 1
        values.append(f"{name} {value:#0{digits + 2}x}")
    return ", ".join(values) + note


def add_if_possible(state, *claims):
    is_possible = state.solver.satisfiable(extra_constraints=claims)
    if is_possible:
        state.solver.add(*claims)
    return is_possible


def same_source(state):
    """That loads of one byte of the source at unknown addresses have found what is there."""
    source = state.globals["inputs"].get("source")
    octets = source.chop(8) if source is not None and source.length > 8 else []
    for address, value in state.globals["loads"]:
        if value.length == 8:
            yield claripy.And(*(claripy.Or(address != SOURCE + i, value == octet) for i, octet in enumerate(octets)))


class Region(NamedTuple):
    name: str
    start: object
    size: object
    is_writable: bool = False

    def holds(self, address, size):
        """[address, address + size) lies inside; with differences only, so that nothing wraps around."""
        offset = address - word(self.start)
        return claripy.And(
            claripy.ULE(offset, word(self.size)), claripy.ULE(word(size), word(self.size) - offset)
        )


class Memory:
    """The regions of a case. `aligned`: of the archive that promises not to make an unaligned access.

    Of the target, the first `state.globals["written"]` bytes are initialised: stores have to touch them or
    start among them, and loads have to stay inside. Source bytes at an address that is known are the
    symbols of the case. At one that depends on the input, and in the target, they are fresh symbols, that
    is any bytes: more than what can be there, so what holds for them holds for that.
    """

    proved = 0  # accesses, of all memories

    def __init__(self, constants=(), source_size=0, target_size=0, structs=(), aligned=False):
        self.aligned = aligned
        self.target = Region("target", TARGET, target_size, is_writable=True)
        self.source = Region("source", SOURCE, source_size)
        self.stack = Region("stack", STACK_END - STACK_BYTES, STACK_BYTES, is_writable=True)
        self.regions = [self.stack, self.source, self.target, *structs, *constants]

    def access(self, state, address, size, value):
        """Proves a load, or a store of `value`, and returns the known address that it has or None where it is modelled."""
        is_write = value is not None
        verb = "store" if is_write else "load"
        if is_garbage(address):
            raise Violation(f"{verb} at {state.addr:#x} to an address that was never set")
        Memory.proved += 1
        place = state.solver.eval(address)
        region = self.nearest(place)
        if is_write and not region.is_writable:
            raise Violation(f"store to {region.name} at {state.addr:#x}: {example(state, [address == place])}")
        if region is self.stack:
            prove(state, claripy.UGE(address, state.regs.sp), f"{verb} below the stack pointer")
        elif is_write and is_garbage(value):
            raise Violation(f"store of what was never set to {region.name} at {state.addr:#x}: {example(state)}")
        if region is self.target:
            self.touch_target(state, address, size, is_write)
        else:
            prove(state, region.holds(address, size), f"{verb} of {size} beyond {region.name}")
        if self.aligned and size > 1:
            has_any = region is self.source or region is self.target
            is_aligned = claripy.false() if has_any else address & (size - 1) == 0
            prove(state, is_aligned, f"unaligned {verb} of {size}")
        if region is self.target:
            return None
        if address.concrete or not state.solver.satisfiable(extra_constraints=[address != place]):
            return place
        if region is self.source:
            return None
        raise Split(address)

    def nearest(self, place):
        """The region that an address for one input belongs to; that all others do is yet to be proved."""
        return min(self.regions, key=lambda region: abs(region.start - place))

    def touch_target(self, state, address, size, is_write):
        """Proves an access to the target, `size` of which may be symbolic, and notes what it writes."""
        written = state.globals["written"]
        if not is_write:
            initialised = self.target._replace(name="target's initialised bytes", size=written)
            prove(state, initialised.holds(address, size), f"load of {size} beyond {initialised.name}")
            return
        prove(state, self.target.holds(address, size), f"store of {size} beyond target")
        prove(state, claripy.ULE(address - TARGET, written), "store that leaves a gap")
        end = address - TARGET + size
        state.globals["written"] = claripy.If(claripy.UGT(end, written), end, written)

    def read_range(self, state, address, size):
        """Proves that `size` bytes, which is symbolic, can be read."""
        if is_garbage(address) or is_garbage(size):
            raise Violation(f"a range that was never set at {state.addr:#x}")
        if not state.solver.satisfiable(extra_constraints=[size != 0]):
            return
        region = self.nearest(state.solver.eval(address, extra_constraints=[size != 0]))
        if region is self.target:
            region = region._replace(size=state.globals["written"])
        prove(state, claripy.Or(size == 0, region.holds(address, size)), f"range beyond {region.name}")

    def copy(self, state, start, place, count):
        """Proves that a copy is one for which `prove_copy` holds, and in bounds, and notes what it writes."""
        if any(is_garbage(argument) for argument in (start, place, count)):
            raise Violation(f"a copy that was never set at {state.addr:#x}")
        if not state.solver.satisfiable(extra_constraints=[count != 0]):
            return
        written = state.globals["written"]
        room = claripy.And(self.target.holds(place, count), claripy.ULE(place - TARGET, written))
        prove(state, claripy.Or(count == 0, room), "copy beyond target, or that leaves a gap")
        if self.nearest(state.solver.eval(start, extra_constraints=[count != 0])) is self.target:
            # What it repeats is written in front of it, or by itself.
            way = place - start
            is_output = claripy.And(claripy.ULE(way, place - TARGET), way != 0)
            prove(state, claripy.Or(count == 0, is_output), "copy of other than output")
        else:
            prove(state, claripy.Or(count == 0, self.source.holds(start, count)), "copy beyond source")
        # Nothing that a case can ask for is larger: the output so far bounds the distance, too.
        for size in (count, place - TARGET):
            prove(state, claripy.Or(count == 0, claripy.ULT(size, COPY_LIMIT)), "copy that is not covered")
        end = place - TARGET + count
        state.globals["written"] = claripy.If(claripy.And(count != 0, claripy.UGT(end, written)), end, written)


class RangeMemory(Memory):
    """Of a function that reads `range_`, wherever that is, and structs and stack at known places."""

    def __init__(self, range_, structs=(), aligned=False):
        super().__init__(structs=structs, aligned=aligned)
        self.range = range_

    def access(self, state, address, size, value):
        if value is not None or address.concrete:
            return super().access(state, address, size, value)
        Memory.proved += 1
        prove(state, self.range.holds(address, size), f"load of {size} beyond {self.range.name}")
        if self.aligned and size > 1:
            prove(state, address & (size - 1) == 0, f"unaligned load of {size}")
        return None


class CopyMemory(Memory):
    """What `copyForward(start, place, byteCount)` may do, wherever these are and whatever they overlap.

    It writes each byte from `place` on, once and in order. It reads [start, start + byteCount): where that
    starts in front of `place`, nothing of the target that is not written yet; elsewhere, nothing that is
    overwritten already. `state.globals["written"]` is the address up to which it has written.
    """

    def __init__(self, start, place, byte_count, aligned):
        super().__init__(aligned=aligned)
        self.from_, self.to = (Region(n, a, byte_count) for n, a in (("start", start), ("place", place)))

    def access(self, state, address, size, value):
        Memory.proved += 1
        written = state.globals["written"]
        if value is not None and is_garbage(value):
            raise Violation(f"store of what was never set at {state.addr:#x}: {example(state)}")
        if value is not None:
            prove(state, claripy.And(address == written, self.to.holds(address, size)), "store out of order or bounds")
            state.globals["written"] = written + size
        else:
            overlap = claripy.If(
                claripy.ULT(self.from_.start, self.to.start),
                claripy.ULE(address + size, written),
                claripy.UGE(address, written),
            )
            prove(state, self.from_.holds(address, size), "load out of bounds")
            prove(state, overlap, "load of what is not written yet, or overwritten")
        if self.aligned and size > 1:
            prove(state, address & (size - 1) == 0, f"unaligned access of {size}")
        return None
