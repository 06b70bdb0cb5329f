"""The faults that can be planted in the decoder: where, and what stands there instead."""
import dataclasses
import pathlib
import re

SOURCES = pathlib.Path("Sources/LZ4Boot")
HEADER = pathlib.Path("Sources/CLZ4Boot/include/lz4boot.h")

TOKEN = re.compile(
    r"""(?P<skip>//[^\n]*|/\*.*?\*/|import[ ][^\n]*|\#(?:if|else|endif)[^\n]*|@\w+(?:\([^)]*\))?)
      | (?P<string>\"\"\".*?\"\"\"|"(?:\\.|[^"\\\n])*")
      | (?P<number>0[xb][0-9A-Fa-f_]+|[0-9][0-9_]*)
      | (?P<word>\w+)
      | (?P<operator>[-+*/%&|^~!<>=?]+|\.\.[.<])
      | (?P<mark>[^\s])""",
    re.VERBOSE | re.DOTALL,
)

# An operator with blanks on both sides has two operands: brackets of generics have none.
OPERATORS = {
    "comparison": {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="},
    "arithmetic": {
        "+": "-", "-": "+", "&+": "&-", "&-": "&+", "&*": "&+", "*": "+", "/": "*", "%": "/",
        "+=": "-=", "-=": "+=", "&+=": "&-=", "&-=": "&+=", "&*=": "&+=",
    },
    "bits": {
        "&": "|", "|": "&", "^": "|", "|=": "&=", "<<": ">>", ">>": "<<", "&<<": "&>>", "&>>": "&<<",
    },
    "logic": {"&&": "||", "||": "&&"},
}
WORDS = {"true": "false", "false": "true", "min": "max", "max": "min"}
ASSIGNMENTS = ("=", "|=", "+=", "-=", "&+=", "&-=", "&*=")
DECLARES = set(
    "let var func init static private fileprivate public mutating struct enum extension typealias case default"
    " if else guard while repeat switch return throw break continue do catch defer get set subscript in"
    .split()
)


@dataclasses.dataclass(frozen=True)
class Mutant:
    file: str
    line: int
    kind: str
    start: int
    end: int
    new: str
    # The lines before and after, and which of those that read alike this is.
    removed: str
    added: str
    occurrence: int = 1

    @property
    def key(self):
        name = self.file + (f" ({self.occurrence})" if self.occurrence > 1 else "")
        lines = ["- " + line for line in self.removed.splitlines()]
        return "\n".join([name] + lines + ["+ " + line for line in self.added.splitlines()])

    def plant(self, text):
        return text[: self.start] + self.new + text[self.end :]


class Source:
    def __init__(self, path, statuses):
        self.text = path.read_text()
        self.statuses = statuses
        self.tokens = [m for m in TOKEN.finditer(self.text) if m.lastgroup != "skip"]

    def faults(self):
        """(kind, start, end, what stands there instead)"""
        for index, token in enumerate(self.tokens):
            kind, word = token.lastgroup, token[0]
            before = self.tokens[index - 1][0] if index else ""
            place = token.span()
            if kind == "operator":
                around = self.text[token.start() - 1] + self.text[token.end() : token.end() + 1]
                if around.isspace():
                    for name, table in OPERATORS.items():
                        if word in table:
                            yield (name, *place, table[word])
                elif word == "!" and around[0] in " (":
                    yield ("logic", *place, "")
            elif kind == "number" and before != ".":
                value = int(word, 0)
                for other in (value + 1, value - 1):
                    if other >= 0:
                        yield ("number", *place, str(other))
            elif kind == "word" and before == "." and word in self.statuses:
                yield ("status", *place, "cancelled" if word == "bad_argument" else "bad_argument")
            elif kind == "word" and re.fullmatch("lz4boot_legacy_end_(?!none).*", word):
                yield ("status", *place, "lz4boot_legacy_end_none")
            elif word in WORDS and before != ".":
                yield ("value", *place, WORDS[word])
            if kind == "word" and word in ("if", "guard", "while"):
                yield from self.conditions(index)
        yield from self.statements()

    def conditions(self, index):
        """Negated conditions, and checks that are none."""
        word = self.tokens[index][0]
        line_start = self.text.rfind("\n", 0, self.tokens[index].start())
        if word == "while" and "}" in self.text[line_start : self.tokens[index].start()]:
            return  # repeat … while
        depth, first = 0, index + 1
        for at in range(index + 1, len(self.tokens)):
            token = self.tokens[at][0]
            ends = depth == 0 and token == ("else" if word == "guard" else "{")
            if ends or depth == 0 and token == ",":
                clause = self.tokens[first:at]
                if clause[0][0] not in ("let", "var", "case"):
                    start, end = clause[0].start(), clause[-1].end()
                    yield ("condition", start, end, f"!({self.text[start:end]})")
                    yield ("check", start, end, "true" if word == "guard" else "false")
                first = at + 1
            if ends:
                return
            depth += (token in "([{") - (token in ")]}")

    def statements(self):
        """Assignments and calls that are left out."""
        depth = 0
        for index, token in enumerate(self.tokens[:-1]):
            before = self.tokens[index - 1] if index else None
            if before and depth == 0 and token.lastgroup == "word" and token[0] not in DECLARES:
                starts_line = "\n" in self.text[before.end() : token.start()]
                if before[0] in ("{", "in") or starts_line and self.ends(index - 1):
                    end = self.statement_end(index)
                    if end is not None:
                        yield ("statement", token.start(), end, "")
            depth += (token[0] in "([") - (token[0] in ")]")

    def ends(self, index):
        """Whether a statement may end with a token that is the last of its line."""
        token = self.tokens[index]
        return token[0] not in ("=", ",", "(", "[", "?", "return", ".") and token.lastgroup != "operator"

    def statement_end(self, index):
        depth, acts = 0, False
        for at in range(index, len(self.tokens) - 1):
            token, after = self.tokens[at], self.tokens[at + 1]
            depth += (token[0] in "([{") - (token[0] in ")]}")
            acts = acts or depth == 0 and (token[0] == ")" or token[0] in ASSIGNMENTS)
            if depth < 0:
                return None
            if depth == 0 and after[0] == "}":
                return token.end() if acts else None
            is_line_end = "\n" in self.text[token.end() : after.start()]
            goes_on = after.lastgroup == "operator" or after[0] in (".", ":")
            if depth == 0 and is_line_end and self.ends(at) and not goes_on:
                return token.end() if acts else None
        return None


def all_mutants():
    """Every fault, in the order of the sources."""
    statuses = set(re.findall(r"lz4boot_status_(\w+) = ", HEADER.read_text()))
    mutants, seen = [], {}
    for path in sorted(SOURCES.rglob("*.swift")):
        source = Source(path, statuses)
        for kind, start, end, new in sorted(set(source.faults()), key=lambda fault: (fault[1:], fault[0])):
            text = source.text
            first, last = text.rfind("\n", 0, start) + 1, text.find("\n", end)
            mutant = Mutant(
                str(path.relative_to(SOURCES)), text.count("\n", 0, start) + 1, kind, start, end, new,
                strip(text[first:last]), strip(text[first:start] + new + text[end:last]))
            seen[mutant.key] = seen.get(mutant.key, 0) + 1
            mutants.append(dataclasses.replace(mutant, occurrence=seen[mutant.key]))
    return mutants


def strip(lines):
    return "\n".join(line.strip() for line in lines.splitlines() if line.strip())
