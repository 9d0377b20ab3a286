"""What it costs to begin: the import, the first client, the help page."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

from benchmarks.measuring import Bench, Row, median

THIRD_PARTY = """
import sys
before = set(sys.modules)
import anymedia
found = {name.partition(".")[0] for name in set(sys.modules) - before} - sys.stdlib_module_names - {"anymedia"}
print(len(found), *sorted(found))
"""
ALLOWANCE = 0.150
"""Seconds that the help page may cost over twice the plain program."""


def rows(bench: Bench) -> Iterator[Row]:
    yield third_party_modules(bench)
    yield first_client(bench)
    yield help_page(bench, "anymedia --help", ())
    yield help_page(bench, "anymedia image --help", ("image",))


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def third_party_modules(bench: Bench) -> Row:
    done = subprocess.run(python(THIRD_PARTY), env=bench.env, check=True, capture_output=True, text=True)
    count, *names = done.stdout.split()
    note = " ".join(names)
    return Row(name="import anymedia: third-party modules", measured=int(count), bound=0, unit="", note=note)


def first_client(bench: Bench) -> Row:
    figures = bench.cpu_in_turn(
        {
            "python": python("pass"),
            "httpx2": python("import httpx2"),
            "anymedia": python("import anymedia; anymedia.Client()"),
        }
    )
    interpreter, yardstick, ours = (median(figures[name]) for name in ("python", "httpx2", "anymedia"))
    ratio = (ours - interpreter) / (yardstick - interpreter)
    note = f"without the interpreter's own {interpreter:.3f} s; with it {ours / yardstick:.2f} x"
    return Row(
        name="import anymedia; Client() / import httpx2", measured=ratio, bound=1.5, unit="x", raw=figures, note=note
    )


def help_page(bench: Bench, name: str, command: tuple[str, ...]) -> Row:
    ours = [sys.executable, "-m", "anymedia", *command, "--help"]
    page = subprocess.run(ours, env=bench.env, check=True, capture_output=True, text=True).stdout
    entries = sum(line.startswith("  ") and not line.startswith("   ") for line in page.splitlines())
    plain = [sys.executable, "-m", "benchmarks.programs.plain_help", str(entries), "--help"]
    figures = bench.cpu_in_turn({"argparse": plain, "anymedia": ours})
    yardstick, used = median(figures["argparse"]), median(figures["anymedia"])
    note = f"{entries} entries; argparse {yardstick:.3f} s, bound 2 x + 0.150 s"
    return Row(name=name, measured=used, bound=2 * yardstick + ALLOWANCE, unit="s", raw=figures, note=note)
