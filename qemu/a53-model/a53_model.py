# SPDX-License-Identifier: MIT
"""Builds the plugin and runs AArch64 programs under it. Used by bench.py and calibrate.py."""

import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
SOURCES = ("decode.c", "cache.c", "predictor.c", "pipeline.c", "plugin.c")
WARNINGS = ("-Wall", "-Wextra", "-Werror")


def call(*command) -> str:
    """Runs a tool that has to succeed and returns its output."""
    words = [str(word) for word in command]
    result = subprocess.run(words, capture_output=True, text=True)
    if result.returncode != 0:
        raise SystemExit(f"a53-model: {' '.join(words)}\n{result.stdout}{result.stderr}".rstrip())
    return result.stdout


def compile_host(*arguments) -> None:
    call("cc", "-std=c11", "-D_DEFAULT_SOURCE", "-O2", *WARNINGS, *arguments)


def compile_arm64(*arguments) -> None:
    call("aarch64-linux-gnu-gcc", "-std=c11", "-O2", *WARNINGS, "-static", *arguments)


def build_plugin(folder: pathlib.Path) -> pathlib.Path:
    plugin = folder / "a53_model.so"
    sources = [HERE / name for name in SOURCES]
    compile_host("-shared", "-fPIC", "-fvisibility=hidden", "-o", plugin, *sources)
    return plugin


def run(
    plugin: pathlib.Path, program: pathlib.Path, arguments=(), options=None
) -> dict[int, dict[str, int]]:
    """Runs the program; returns the counts of each region, by number.

    What the guest finds on its stack (name, arguments, environment) moves addresses, and with
    them the counts, by some parts per million. It therefore runs in its own folder, under its
    bare name, with an empty environment; what is left is one mispredict more or less when the
    folder's own path is longer or shorter.
    """
    settings = [f"{name}={value}" for name, value in (options or {}).items()]
    model = ["qemu-aarch64", "-cpu", "cortex-a53", "-plugin", ",".join([str(plugin), *settings])]
    result = subprocess.run(
        [*model, f"./{program.name}", *arguments],
        cwd=program.parent,
        env={},
        capture_output=True,
        text=True,
    )
    regions, messages = {}, [result.stdout]
    for line in result.stderr.splitlines():
        if line.startswith("a53_model: region="):
            counts = {
                name: int(value) for name, value in (field.split("=") for field in line.split()[1:])
            }
            regions[counts["region"]] = counts
        else:
            messages.append(line)
    if result.returncode != 0 or not regions:
        why = "failed" if result.returncode != 0 else "never entered a region"
        text = " ".join(messages).strip()
        raise SystemExit(f"a53-model: {program.name} {' '.join(arguments)} {why}: {text}")
    return regions
