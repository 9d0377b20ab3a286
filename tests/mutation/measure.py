"""Puts faults into a module, one at a time, and counts how many of them a test notices. Run by `make mutation`.

Each fault lives in a forked child of one process that has collected the tests, and meets only the tests that reach its
lines, the quick ones first. What is found goes into `docs/reference/mutation.json`.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from forked import Tell, told_by_child
from operators import Mutant, mutants_of
from reach import lines_reached
from record import ROOT, UNEXPLAINED, Measured, is_current, modules, source_of, survivors, write
from swap import swap

SOURCE = ROOT / "src"
PATIENCE = 20.0
"""Seconds that a test may take, besides ten times the work it was without a fault, until it counts as hanging."""


class Measurement:
    """A pytest plugin: its loop over the tests is a loop over the faults."""

    def __init__(self, module: str, *, sample: int | None, draw: int, seconds: float, only: str, again: bool) -> None:
        self.module = module
        self.path = source_of(module)
        self.seconds = seconds
        self.source = self.path.read_text("utf-8")
        self.all = mutants_of(ast.parse(self.source), self.source)
        unread = {name for name, reason in survivors(module).items() if reason == UNEXPLAINED}
        chosen = [each for each in self.all if only in each.name and (not again or each.name in unread)]
        if sample is not None and sample < len(chosen):
            chosen = random.Random(f"{module} {draw}" if draw else module).sample(chosen, sample)
        self.chosen = {mutant.name for mutant in chosen}
        self.found: dict[str, str] = {}
        self.kills: Counter[str] = Counter()

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        tests = {item.nodeid: item for item in session.items}
        reached, took = self._without_fault(session.items)
        print(
            f"{self.module}: {len(self.chosen)} of {len(self.all)} faults, {len(took)} tests of {len(tests)}",
            flush=True,
        )
        tree = ast.parse(self.source)
        for mutant in mutants_of(tree, self.source):
            if mutant.name not in self.chosen:
                continue
            names = self._meeting(mutant, reached, took)
            self.found[mutant.name] = self._fate(tree, mutant, [tests[name] for name in names], took)
            print(f"{time.strftime('%H:%M:%S')} {self.found[mutant.name]:9} {mutant.name}", flush=True)
        return True

    def _without_fault(self, items: Sequence[pytest.Item]) -> tuple[dict[str, set[int]], dict[str, float]]:
        """The lines that each test reaches and the seconds of work it takes. One that fails as it is is left out."""
        elsewhere = set(range(1, self.source.count("\n") + 2))  # it may reach them all, in processes that it starts

        def work(tell: Tell) -> None:
            for item, following in zip(items, [*items[1:], None], strict=True):
                began = time.process_time()
                with lines_reached(str(self.path)) as lines:
                    failed = _fails(item, following)
                tell((item.nodeid, failed, lines, time.process_time() - began))

        told = told_by_child(work)
        passed = [(name, lines or elsewhere, seconds) for name, failed, lines, seconds in told if not failed]
        return {name: lines for name, lines, _ in passed}, {name: seconds for name, _, seconds in passed}

    def _meeting(self, mutant: Mutant, reached: dict[str, set[int]], took: dict[str, float]) -> list[str]:
        """The tests that reach the fault, those first that noticed most faults and then the quick ones."""
        lines = set(range(mutant.first, mutant.last + 1))
        names = [name for name in took if lines & reached[name] or not mutant.in_function]
        names.sort(key=lambda name: (-self.kills[name], took[name]))
        chosen, total = [], 0.0
        for name in names:
            total += took[name]
            if total <= self.seconds or not chosen:
                chosen.append(name)
        return chosen

    def _fate(self, tree: ast.Module, mutant: Mutant, items: Sequence[pytest.Item], took: dict[str, float]) -> str:
        if not items:
            return "unreached"

        def work(tell: Tell) -> None:
            mutant.apply()
            shadow = _shadow(self.path, ast.unparse(tree))
            os.environ["PYTHONPATH"] = str(shadow)  # for the processes that tests start
            try:
                swap(importlib.import_module(self.module), tree, outside_functions=not mutant.in_function)
                for item, following in zip(items, [*items[1:], None], strict=True):
                    signal.alarm(int(PATIENCE + 10 * took[item.nodeid]))
                    if _fails(item, following):
                        tell(("killed", item.nodeid))
                        return
                tell(("survived", None))
            except (ValueError, TypeError, NameError, LookupError, AttributeError, re.error) as error:
                tell(("killed", f"it does not load: {error!r}"))
            finally:
                shutil.rmtree(shadow, ignore_errors=True)

        told = told_by_child(work)
        fate, by = told[-1] if told else ("timed out", None)
        self.kills[by or ""] += fate == "killed"
        return fate


def _fails(item: pytest.Item, following: pytest.Item | None) -> bool:
    return any(report.failed for report in runtestprotocol(item, log=False, nextitem=following))


def _shadow(path: Path, source: str) -> Path:
    """A source folder like ours, of links, in which one file is another."""
    shadow = Path(tempfile.mkdtemp(prefix="mutant-"))
    folder, at = SOURCE, shadow
    for step in path.relative_to(SOURCE).parts:
        for other in folder.iterdir():
            if other.name not in (step, "__pycache__"):
                (at / other.name).symlink_to(other)
        folder, at = folder / step, at / step
        if folder.is_dir():
            at.mkdir()
    at.write_text(source, "utf-8")
    return shadow


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("module", nargs="*", help="anymedia.engine.budget, ...; all that are recorded without one")
    parser.add_argument("--sample", type=int, help="that many faults, drawn by chance, the same at every run")
    parser.add_argument("--draw", type=int, default=0, help="the number of the sample; another is other faults")
    parser.add_argument("--seconds", type=float, default=8.0, help="of tests that one fault meets at most")
    parser.add_argument("--only", default="", help="faults whose description holds this; nothing is recorded then")
    parser.add_argument("--again", action="store_true", help="only those that survived and have no reason yet")
    parser.add_argument(
        "--tests", default="", help="meet only tests with one of these words, between commas, in their names"
    )
    asked: Any = parser.parse_args()
    for module in asked.module or modules():
        if asked.again and not is_current(module):
            sys.exit(f"{module} has changed since; measure it as a whole")
        plugin = Measurement(
            module, sample=asked.sample, draw=asked.draw, seconds=asked.seconds, only=asked.only, again=asked.again
        )
        arguments = ["-o", "addopts=", "-p", "no:terminal", "-p", "no:cacheprovider", "-p", "no:xdist", "--capture=no"]
        chosen = ["-k", asked.tests.replace(",", " or ")] if asked.tests else []
        pytest.main([*arguments, *chosen, *modules()[module]], plugins=[plugin])
        fates = Counter(plugin.found.values())
        print(f"{module}: {dict(fates)}")
        if not asked.only and plugin.found:
            found = plugin.found
            write(Measured.of(module, faults=len(plugin.all), found=found, again=asked.again, draw=asked.draw))
    return 0


if __name__ == "__main__":
    sys.exit(main())
