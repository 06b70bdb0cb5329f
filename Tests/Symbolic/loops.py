# SPDX-License-Identifier: MIT
"""Loops of any number of rounds, by induction.

Where a block leads to itself, the registers that have moved by the same constant are taken for
one cursor T and constant distances from it, the others that have changed for anything, and the rest for
constant. Facts about T are guessed: all of a few forms that hold at first. A state with any such T stands for
every round; a round from there must lead to such a state again. Facts that do not last are dropped, and it is
tried again ("Houdini"), until what is left is an invariant. As T grows and stays below a constant, the loop ends.

Nothing is taken on trust: a guess that is wrong makes the proof fail, or a claim about an access.
"""

import claripy
from engine import FLAGS, REGISTERS
from memory import Violation

ROUNDS_MAX = 70  # on a path, of loops that have no cursor; the longest doubles a number up to its sign


def variables(state):
    """What a round may change. The functions that this is for read nothing that they have stored."""
    values = {name: state.registers.load(name) for name in [*REGISTERS, "sp", *FLAGS]}
    values["written"] = state.globals["written"]
    return values


def set_variable(state, name, value):
    if name == "written":
        state.globals["written"] = value
    else:
        state.registers.store(name, value)


def must(state, claim):
    return not state.solver.satisfiable(extra_constraints=[claripy.Not(claim)])


def step(engine, state):
    """What follows a basic block, or all rounds of it if it leads to itself."""
    after = engine.step(state)
    if not any(next_state.addr == state.addr for next_state in after):
        return after
    (back,) = [next_state for next_state in after if next_state.addr == state.addr]
    loop = Loop.between(state, back)
    if loop is not None:
        return loop.exits(engine)
    back.globals["rounds"] = state.globals.get("rounds", 0) + 1
    if back.globals["rounds"] > ROUNDS_MAX:
        raise Violation(f"a loop at {state.addr:#x} of which it is not known that it ends")
    return after


class Loop:
    """A guess about a loop of one block; `head` is a state in front of it."""

    def __init__(self, head, moving, changing, cursor, step):
        self.head, self.moving, self.changing, self.step = head, moving, changing, step
        self.values = variables(head)
        self.first = self.values[cursor]
        # Named, so that one set of facts can be compared with the next.
        self.facts = {"above the first": lambda t: claripy.UGE(t, self.first)}
        for name in set(self.values) - moving - changing - set(FLAGS):
            limit = self.values[name]
            self.facts |= {
                f"at most {name}": lambda t, limit=limit: claripy.ULE(t, limit),
                f"below {name}": lambda t, limit=limit: claripy.ULT(t, limit),
                f"stripes from {name}": lambda t, limit=limit: (limit - t) & 15 == 0,
            }
        self.keep(lambda fact: must(head, fact(self.first)))

    def keep(self, holds):
        """Drops facts that do not hold; whether there were some."""
        count = len(self.facts)
        self.facts = {name: fact for name, fact in self.facts.items() if holds(fact)}
        return len(self.facts) < count

    @classmethod
    def between(cls, earlier, later):
        """None if nothing moves upwards by a constant: such a loop is followed round by round."""
        first, second = variables(earlier), variables(later)
        changing = {name for name in first if not must(later, first[name] == second[name])}
        steps = {}
        for name in changing - set(FLAGS):
            step = later.solver.eval(second[name] - first[name])
            if step < 1 << 16 and must(later, second[name] - first[name] == step):
                steps[name] = step
        if not steps or "cc_op" in changing:
            return None
        cursor = "written" if "written" in steps else min(steps)
        moving = {name for name, step in steps.items() if step == steps[cursor]}
        return cls(earlier, moving, changing - moving, cursor, steps[cursor])

    def any_round(self):
        """The state in front of any round, as far as the facts tell, and its T."""
        state, t = self.head.copy(), claripy.BVS("T", 64)
        for name in self.moving:
            set_variable(state, name, t + (self.values[name] - self.first))
        for name in self.changing:
            set_variable(state, name, claripy.BVS(f"any_{name}", 64))
        state.solver.add(*(fact(t) for fact in self.facts.values()))
        return state, t

    def exits(self, engine):
        """The states behind any number of rounds."""
        while True:
            state, t = self.any_round()
            after = engine.step(state)
            back = [s for s in after if s.addr == self.head.addr]
            if not any(self.keep(lambda fact, s=s: must(s, fact(t + self.step))) for s in back):
                break
        for s in back:
            self.check_round(s, t)
        return [s for s in after if s.addr != self.head.addr]

    def check_round(self, state, t):
        """That a round leads to a state like that in front of it, and that their number is finite."""
        values = variables(state)
        for name, first in self.values.items():
            if name in self.moving:
                lasts = must(state, values[name] == t + self.step + (first - self.first))
            else:
                lasts = name in self.changing or must(state, values[name] == first)
            if not lasts:
                raise Violation(f"the loop at {state.addr:#x} does something else with {name} later")
        if not any(name.startswith(("at most", "below")) for name in self.facts) or not must(
            state, claripy.UGT(t + self.step, t)
        ):
            raise Violation(f"a loop at {state.addr:#x} of which it is not known that it ends")
