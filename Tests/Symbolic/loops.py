# SPDX-License-Identifier: MIT
"""Loops of any number of rounds, by induction.

Where a block leads to itself and ends with comparing a register with a limit, that register is the cursor T. What moves
with it keeps its distance from it, what else changes is taken for anything, and the rest for constant. Facts about T
are guessed: all of a few forms that hold at first. A state with any such T stands for every round; a round from there
must lead to such a state again. Facts that do not last are dropped, and it is tried again ("Houdini"), until what is
left is an invariant. As T grows and stays below the limit, the loop ends.

Nothing is taken on trust: a guess that is wrong makes the proof fail, or a claim about an access.
"""

import claripy
from engine import FLAGS, REGISTERS
from memory import Violation, is_garbage

ROUNDS_MAX = 70  # on a path, of loops that have no cursor; the longest doubles a number up to its sign
STEP_MAX = 1 << 16  # of a cursor; larger ones are negative


def variables(state):
    """What a round may change, if it stores nothing but what is modelled."""
    values = {name: state.registers.load(name) for name in [*REGISTERS, "sp", *FLAGS]}
    values["written"] = state.globals["written"]
    return values


def set_variable(state, name, value):
    if name == "written":
        state.globals["written"] = value
    else:
        state.registers.store(name, value)


def must(state, claim):
    return claim.is_true() or not state.solver.satisfiable(extra_constraints=[claripy.Not(claim)])


def known(state, expression):
    """The expression as simple as can be: a number, if it is one for all inputs."""
    value = state.solver.eval(expression)
    return claripy.BVV(value, 64) if must(state, expression == value) else claripy.simplify(expression)


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
    """A guess about a loop of one block; `head` is a state in front of it, and `limit` where its cursor has to end."""

    def __init__(self, head, cursor, step, moving, changing, limit):
        self.head, self.step, self.changing = head, step, changing
        self.values = variables(head)
        # What changes and is not set, in front of one round or another.
        self.unset = {name for name in changing if is_garbage(self.values[name])}
        self.first = self.values[cursor]
        self.distances = {name: known(head, self.values[name] - self.first) for name in moving}
        self.facts = {
            "above the first": lambda t: claripy.UGE(t, self.first),
            "at most the limit": lambda t: claripy.ULE(t, limit),
            "below the limit": lambda t: claripy.ULT(t, limit),
            "stripes from the limit": lambda t: (limit - t) & 15 == 0,
        }
        while self.drop(head, self.first):
            pass

    def drop(self, state, t):
        """Drops the facts that are wrong about `t` for one input; whether there is such an input."""
        truths = [fact(t) for fact in self.facts.values()]
        all_true = claripy.And(claripy.true(), *truths)
        if must(state, all_true):
            return False
        bits = claripy.Concat(*(claripy.If(truth, claripy.BVV(1, 8), 0) for truth in truths))
        found = state.solver.eval(bits, cast_to=bytes, extra_constraints=[claripy.Not(all_true)])
        self.facts = {name: fact for (name, fact), is_true in zip(self.facts.items(), found) if is_true}
        return True

    @classmethod
    def between(cls, earlier, later):
        """None if a round does not end with comparing what it has moved with what it has not: no such loop."""
        first, second = variables(earlier), variables(later)
        if earlier.globals["stores"] != later.globals["stores"]:
            return None  # What a round stores, another may load.
        compared = [second[name].hash() for name in ("cc_dep1", "cc_dep2")]
        changing = {name for name in first if not must(later, first[name] == second[name])}
        cursors = [name for name in changing - set(FLAGS) if second[name].hash() in compared]
        limits = [first[name] for name in set(first) - changing if first[name].hash() in compared]
        if not cursors or not limits or "cc_op" in changing:
            return None
        if is_garbage(first[cursors[0]]) or is_garbage(limits[0]):
            return None
        step = later.solver.eval(second[cursors[0]] - first[cursors[0]])
        moving = {n for n in changing - set(FLAGS) if must(later, second[n] - first[n] == step)}
        if step >= STEP_MAX or cursors[0] not in moving:
            return None
        return cls(earlier, cursors[0], step, moving, changing - moving, limits[0])

    def any_round(self):
        """The state in front of any round, as far as the facts tell, and its T."""
        state, t = self.head.copy(), claripy.BVS("T", 64)
        for name, distance in self.distances.items():
            set_variable(state, name, t + distance)
        for name in self.changing:
            kind = "garbage" if name in self.unset else "any"
            set_variable(state, name, claripy.BVS(f"{kind}_{name}", 64))
        state.solver.add(*(fact(t) for fact in self.facts.values()))
        return state, t

    def exits(self, engine):
        """The states behind any number of rounds."""
        while True:
            state, t = self.any_round()
            after = engine.step(state)
            back = [s for s in after if s.addr == self.head.addr]
            unset = {name for s in back for name in self.changing if is_garbage(variables(s)[name])}
            is_known = unset <= self.unset
            self.unset |= unset
            if is_known and not any(self.drop(s, t + self.step) for s in back):
                break
        for s in back:
            self.check_round(s, t)
        return [s for s in after if s.addr != self.head.addr]

    def check_round(self, state, t):
        """That a round leads to a state like that in front of it, and that their number is finite."""
        values = variables(state)
        for name, first in self.values.items():
            if name in self.distances:
                lasts = must(state, values[name] == t + self.step + self.distances[name])
            else:
                lasts = name in self.changing or must(state, values[name] == first)
            if not lasts:
                raise Violation(f"the loop at {state.addr:#x} does something else with {name} later")
        if not any(name.startswith(("at most", "below")) for name in self.facts) or not must(
            state, claripy.UGT(t + self.step, t)
        ):
            raise Violation(f"a loop at {state.addr:#x} of which it is not known that it ends")
