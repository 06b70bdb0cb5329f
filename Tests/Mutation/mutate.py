#!/usr/bin/env python3
"""Plants one fault at a time in the decoder and tells whether the quick tests notice.

    mutate.py [--seed 1] [--count 200] [--jobs 2] [--only FILE[:LINE]] [--planted]

A mutant is killed by the first test that fails, crashes or takes five times its processor time. All tests are compiled
once and load the decoder as a shared library. Results are kept for as long as sources and tests are the same: a run
that was interrupted goes on.
"""
import argparse
import collections
import concurrent.futures
import dataclasses
import fcntl
import hashlib
import json
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time

from mutants import HEADER, SOURCES, all_mutants

HERE = pathlib.Path("Tests/Mutation")
WORK = pathlib.Path("build/mutation").absolute()
ORIGINAL = WORK / "original"
# What is not the same for all archives. Elsewhere, what the host's does not notice, the others would not either.
VARYING = ("Block/FastLoop.swift", "Block/HotRoundA53.swift", "Memory/Copy.swift")
VARIANTS = ("host", "aarch64", "aarch64-strict")
A53_RUN = "qemu-aarch64 -cpu cortex-a53 -L /usr/aarch64-linux-gnu".split()
SCORE_MIN = 95
# How the reason of a survivor starts that counts against the score.
NOT_EQUIVALENT = "Not equivalent"
RESULTS = WORK / "results.jsonl"


@dataclasses.dataclass(frozen=True)
class Test:
    stage: str
    variant: str
    program: str
    arguments: tuple = ()

    def run(self, folder, seconds):
        """What it printed, or None if it failed, and its processor time, which runs out for what hangs."""
        library = folder / "build" / self.variant
        program = [*self.command(), *self.arguments]
        if self.variant != "host":
            program = [*A53_RUN, "-E", f"LD_LIBRARY_PATH={library}", *program]
        # A limit of what is shared with other work on this machine is for the last resort only.
        limits = 'ulimit -c 0; ulimit -t "$0"; exec timeout -s KILL "$@"'
        process = subprocess.Popen(
            ["sh", "-c", limits, str(seconds), str(60 + 10 * seconds), *program],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            env={**os.environ, "LD_LIBRARY_PATH": str(library)} if self.variant == "host" else None)
        printed = b""
        for line in process.stdout:
            if b" recorded an issue" in line or len(printed) > 1 << 20:
                # One is enough, and so is a megabyte. `timeout` leads a process group of its own.
                os.killpg(process.pid, signal.SIGKILL)
                break
            printed += line
        process.stdout.close()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        return printed if process.returncode == 0 else None, used.ru_utime + used.ru_stime

    def command(self):
        if self.program == "swift":
            program = WORK / "package/.build/release/lz4bootPackageTests.xctest"
            return [str(program), "--testing-library", "swift-testing"]
        return [str(WORK / self.variant / self.program)]


# The cheapest first.
QUICK = [
    Test("C, short", "host", "in_place", (str(WORK / "sources"),)),
    Test("C, short", "host", "exhaustive", ("1", "9970")),
    Test("C, short", "host", "structure", ("1", "370", "61")),
    Test("C, short", "host", "faults", ("1", "100", "1")),
    Test("C, short", "host", "held"),
    Test("C, short", "host", "team", ("100",)),
    Test("C, short", "host", "sweep"),
]
UNIT = [Test("Swift", "host", "swift")]
LONG = [
    Test("C", "host", "exhaustive", ("1", "997")),
    Test("C", "host", "faults", ("1", "10", "1")),
    Test("C", "host", "structure", ("1", "37", "61")),
    Test("C", "host", "team", ("400",)),
]
A53 = {
    variant: [
        Test("A53", variant, "in_place", (str(WORK / "sources"),)),
        Test("A53", variant, "structure", ("1", "149", "61")),
        Test("A53", variant, "team", ("40",)),
    ]
    for variant in VARIANTS[1:]
}
STAGES = ("C, short", "Swift", "C", "A53")
DIGEST = [Test("A53", variant, "digest", ("5000",)) for variant in VARIANTS]


def run(*command, cwd=None, **options):
    return subprocess.run([str(word) for word in command], cwd=cwd, check=True, **options)


# ---- building


def build(folder, *variants):
    """The archives of a folder's sources, as shared libraries too. False if they do not compile."""
    for variant in variants:
        output = folder / "build" / variant
        shutil.rmtree(output, ignore_errors=True)
        target = output.relative_to(folder) / "liblz4boot.a"
        made = subprocess.run(
            ["make", "-s", str(target), "EMBEDDED=" + os.environ["EMBEDDED"]], cwd=folder,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")})
        if made.returncode != 0:
            if "error:" not in made.stdout:
                raise RuntimeError(f"make has failed, and not for the sources:\n{made.stdout}")
            return False
        compiler = "cc" if variant == "host" else "aarch64-linux-gnu-gcc"
        run(compiler, "-shared", "-nostdlib", "-o", output / "liblz4boot.so", output / "lz4boot.o")
    return True


def make_folder(folder):
    """What the Makefile needs to compile the decoder, with sources of its own."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "Sources").mkdir(parents=True)
    shutil.copy("Makefile", folder)
    (folder / "Tests").symlink_to(pathlib.Path("Tests").absolute())
    (folder / "Sources/CLZ4Boot").symlink_to(pathlib.Path("Sources/CLZ4Boot").absolute())
    for part in ("LZ4Boot", "FreestandingMemory"):
        shutil.copytree(pathlib.Path("Sources") / part, folder / "Sources" / part)


def build_tests(variants, with_swift):
    """Unless that is done already: they do not depend on the sources."""
    parts = [*pathlib.Path("Tests/TargetTests").iterdir(), *pathlib.Path("Tests/Verification").iterdir(), HEADER]
    newest = max(path.stat().st_mtime for path in parts)
    for variant in variants:
        (WORK / variant).mkdir(exist_ok=True)
        host = variant == "host"
        for source in [*pathlib.Path("Tests/TargetTests").glob("*.c"), *pathlib.Path("Tests/Verification").glob("*.c")]:
            if source.stem in ("reference", "sources", "crypto") or not host and source.stem in ("exhaustive", "faults"):
                continue
            program, verifies = WORK / variant / source.stem, source.parent.name == "Verification"
            if program.exists() and program.stat().st_mtime > newest:
                continue
            run("cc" if host else "aarch64-linux-gnu-gcc", "-O2", "-std=c11", "-I", "Sources/CLZ4Boot/include",
                *([] if host else ["-DWITHOUT_LIBLZ4"]), "-o", program, source,
                *(["Tests/Verification/reference.c"] if verifies else []), "-L", ORIGINAL / "build" / variant,
                "-llz4boot", "-pthread", *(["-llz4"] if host and verifies else []))
    run("cc", "-O2", "-std=c11", "-o", WORK / "make-sources", "Tests/TargetTests/sources.c", "-llz4")
    run(WORK / "make-sources", WORK / "host/sweep", 20, WORK / "sources")
    if with_swift:
        package = WORK / "package"
        package.mkdir(exist_ok=True)
        for part in ("Sources", "Tests"):
            if not (package / part).exists():
                (package / part).symlink_to(pathlib.Path(part).absolute())
        flags = f'["-L{ORIGINAL}/build/host", "-llz4boot"]'
        manifest = (HERE / "Package.swift.in").read_text().replace("LINKER_FLAGS", flags)
        if not (package / "Package.swift").exists() or (package / "Package.swift").read_text() != manifest:
            (package / "Package.swift").write_text(manifest)
        run("swift", "build", "-c", "release", "--build-tests", cwd=package)


# ---- results that are kept


def digest_of(*places):
    found = hashlib.sha256()
    for place in places:
        for path in sorted(p for p in pathlib.Path(place).rglob("*") if p.is_file()) or [pathlib.Path(place)]:
            found.update(str(path).encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:16]


class Results:
    def __init__(self):
        # How they are compiled shows in the archives.
        archives = (str(ORIGINAL / "build" / variant / "liblz4boot.a") for variant in VARIANTS)
        names = ("TargetTests", "Verification", "LZ4BootTests", "DifferentialTests")
        tools = (HERE / name for name in ("mutate.py", "mutants.py"))
        self.key = digest_of("Sources/LZ4Boot", *archives, *(f"Tests/{name}" for name in names), *tools)
        self.known, self.lock = {}, threading.Lock()
        if RESULTS.exists():
            for line in RESULTS.read_text().splitlines():
                key, mutant, result = json.loads(line)
                if self.key == key:
                    self.known[mutant] = result

    def of(self, mutant, bench):
        result = self.known.get(mutant.key)
        if not result:
            result = bench.judge(mutant)
            with self.lock, RESULTS.open("a") as file:
                file.write(json.dumps([self.key, mutant.key, result]) + "\n")
                print(f"{mutant.file}:{mutant.line}: {mutant.kind}: {result}", flush=True)
        return result


# ---- mutants


class Bench:
    """Where mutants are built and tested."""

    def __init__(self, jobs, stages, variants):
        self.stages, self.variants = stages, variants
        self.known, self.lock = {}, threading.Lock()
        self.folders = [WORK / f"job{number}" for number in range(jobs)]
        for folder in self.folders:
            make_folder(folder)
        # The same flags give the same objects, whatever the folder.
        self.archives = {v: (ORIGINAL / "build" / v / "liblz4boot.a").read_bytes() for v in variants}

    def expected(self, test):
        """What a test prints without a fault, when it has to pass, and the seconds that it gets."""
        with self.lock:
            if test not in self.known:
                printed, seconds = test.run(ORIGINAL, 600)
                if printed is None:
                    sys.exit(f"{test.program} for {test.variant} fails without a fault")
                self.known[test] = printed, int(5 * seconds) + 2
            return self.known[test]

    def printed(self, test, folder):
        return test.run(folder, self.expected(test)[1])[0]

    def judge(self, mutant):
        folder = self.folders.pop()
        path = folder / SOURCES / mutant.file
        text = (SOURCES / mutant.file).read_text()
        try:
            path.write_text(mutant.plant(text))
            return self.result(folder, mutant.file)
        finally:
            path.write_text(text)
            self.folders.append(folder)

    def result(self, folder, file):
        if not build(folder, "host"):
            return "no compile"
        changed = ["host"] if self.is_changed(folder, "host") else []
        if changed:
            for test in [test for stage in self.stages for test in stage]:
                if self.printed(test, folder) is None:
                    return test.stage
        if changed and file not in VARYING:
            return "survived"
        if not build(folder, *self.variants[1:]):
            return "no compile"
        changed += [v for v in self.variants[1:] if self.is_changed(folder, v)]
        if not changed:
            return "same objects"
        for variant in changed:
            for test in A53.get(variant, []):
                if self.printed(test, folder) is None:
                    return test.stage
        # As target.sh does: what all archives print has to be the same.
        found = {
            self.printed(test, folder) if test.variant in changed else self.expected(test)[0]
            for test in DIGEST if test.variant in self.variants}
        return "survived" if len(found) == 1 and None not in found else "A53"

    def is_changed(self, folder, variant):
        return (folder / "build" / variant / "liblz4boot.a").read_bytes() != self.archives[variant]


def processor_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def judge_all(mutants, count, bench, results, jobs):
    """(mutant, result) for the first mutants of which `count` differ from the decoder."""
    found, pending, left = [], collections.deque(), iter(mutants)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        try:
            while count > 0:
                # Enough ahead that one that takes long keeps nobody waiting.
                while len(pending) < 8 * jobs and (mutant := next(left, None)):
                    pending.append((mutant, pool.submit(results.of, mutant, bench)))
                if not pending:
                    break
                mutant, future = pending.popleft()
                found.append((mutant, future.result()))
                count -= found[-1][1] not in ("no compile", "same objects")
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    return found


# ---- reasons


def read_entries(name):
    """The faults in a file, and what is said of each: blocks of FILE, - lines, + lines, = lines."""
    entries = {}
    text = re.sub(r"(?m)^#.*\n", "", (HERE / name).read_text())
    for block in filter(None, re.split(r"\n{2,}", text.strip())):
        lines = block.splitlines()
        reason = " ".join(line[1:].strip() for line in lines if line.startswith("="))
        entries["\n".join(line for line in lines if not line.startswith("="))] = reason
    return entries


def check_entries(name, entries, mutants):
    stale = sorted(set(entries) - {mutant.key for mutant in mutants})
    for key in stale:
        print(f"{name} names a fault that can not be planted:\n{key}\n")
    return not stale


def report(found, entries, seconds):
    counts = collections.Counter(result for _, result in found)
    survivors = [mutant for mutant, result in found if result == "survived"]
    unexplained = [mutant for mutant in survivors if not entries.get(mutant.key)]
    faults = [m for m in survivors if entries.get(m.key, NOT_EQUIVALENT).startswith(NOT_EQUIVALENT)]
    killed = [mutant for mutant, result in found if result in STAGES]
    wrong = [m for m in killed if not entries.get(m.key, NOT_EQUIVALENT).startswith(NOT_EQUIVALENT)]
    for mutant in survivors:
        reason = entries.get(mutant.key) or "NO REASON"
        print(f"\nsurvived: line {mutant.line}, {mutant.kind}\n{mutant.key}\n= {reason}")
    for mutant in wrong:
        print(f"\nsurvivors.txt says that this survives, but it does not:\n{mutant.key}")
    stages = ", ".join(f"{counts[stage]} by {stage}" for stage in STAGES)
    print(f"\n{len(killed) + len(survivors)} mutants, {len(killed)} killed ({stages}), {len(survivors)} survived, "
          f"{len(survivors) - len(faults)} of them equivalent")
    print(f"not counted: {counts['same objects']} with the same objects, {counts['no compile']} that do not compile")
    score = 100 * len(killed) / max(1, len(killed) + len(survivors))
    without = 100 * len(killed) / max(1, len(killed) + len(faults))
    print(f"score {score:.1f} %, {without:.1f} % without the equivalent ones; {seconds:.0f} s of processor time")
    return without >= SCORE_MIN and not unexplained and not wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", metavar="FILE[:LINE]")
    parser.add_argument("--planted", action="store_true", help="those of planted.txt, by the short tests alone")
    options = parser.parse_args()

    mutants = all_mutants()
    survivors, planted = read_entries("survivors.txt"), read_entries("planted.txt")
    fits = check_entries("survivors.txt", survivors, mutants) & check_entries("planted.txt", planted, mutants)
    if not fits:
        sys.exit(1)
    print(f"{len(mutants)} faults can be planted", flush=True)

    WORK.mkdir(parents=True, exist_ok=True)
    lock = (WORK / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(f"another run is at work in {WORK}")
    make_folder(ORIGINAL)
    stages, variants = ([QUICK], VARIANTS[:1]) if options.planted else ([QUICK, UNIT, LONG], VARIANTS)
    if not build(ORIGINAL, *variants):
        sys.exit("the decoder does not compile")
    results = None if options.planted else Results()
    build_tests(variants, with_swift=UNIT in stages)
    bench = Bench(options.jobs, stages, variants)
    for test in (test for stage in stages for test in stage):
        bench.expected(test)
    if options.planted:
        chosen = [mutant for mutant in mutants if mutant.key in planted]
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            found = list(zip(chosen, pool.map(bench.judge, chosen)))
        missed = [mutant for mutant, result in found if result != "C, short"]
        for mutant in missed:
            print(f"not noticed:\n{mutant.key}")
        print(f"{len(found) - len(missed)} of {len(found)} planted faults noticed")
        sys.exit(1 if missed else 0)
    if options.only:
        name, _, line = options.only.partition(":")
        mutants = [m for m in mutants if m.file.endswith(name) and line in ("", str(m.line))]
        options.count = len(mutants)
    else:
        random.Random(options.seed).shuffle(mutants)
    start, used = time.monotonic(), processor_seconds()
    found = judge_all(mutants, options.count, bench, results, options.jobs)
    is_good = report(found, survivors, processor_seconds() - used)
    print(f"{time.monotonic() - start:.0f} s")
    sys.exit(0 if is_good else 1)


if __name__ == "__main__":
    main()
