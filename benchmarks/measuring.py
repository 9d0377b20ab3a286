"""Runs one program after another as fresh processes and reads what the operating system says they used. Linux only."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 7
MEBIBYTE = 2**20

Figures = dict[str, list[float]]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table: what was measured, the bound, and every raw figure it comes from."""

    name: str
    measured: float
    bound: float
    unit: str
    raw: Mapping[str, Sequence[float]] = field(default_factory=dict)
    note: str = ""

    @property
    def kept(self) -> bool:
        return self.measured <= self.bound

    def document(self) -> dict[str, Any]:
        return {**asdict(self), "kept": self.kept}


@dataclass(frozen=True, kw_only=True)
class Bench:
    """A folder that is thrown away, and an environment without keys and proxies."""

    folder: Path
    env: Mapping[str, str]

    def cpu_of(self, command: Sequence[str]) -> float:
        """Seconds of user and system CPU of one process and its children."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, env=self.env, cwd=self.folder, check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def cpu_in_turn(self, commands: Mapping[str, Sequence[str]]) -> Figures:
        """The CPU of each command over several rounds, A B A B ..., after one round that does not count."""
        figures: Figures = {name: [] for name in commands}
        for round_number in range(ROUNDS + 1):
            for name, command in commands.items():
                used = self.cpu_of(command)
                if round_number:
                    figures[name].append(used)
        return figures

    def ask(self, program: str, *arguments: object, **more: str) -> dict[str, float]:
        """Run `python -m benchmarks.programs.NAME` and read the line of JSON that it ends with."""
        env = {**self.env, **more}
        done = subprocess.run(
            _command(program, arguments), env=env, cwd=self.folder, check=True, stdout=subprocess.PIPE
        )
        answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return answer

    @contextmanager
    def server(self, program: str, *arguments: object) -> Iterator[str]:
        """A server in a process of its own; the first line it prints is its URL."""
        process = subprocess.Popen(_command(program, arguments), env=self.env, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
            process.wait()
            process.stdout.close()


@contextmanager
def bench() -> Iterator[Bench]:
    """Everything a group of measurements works in."""
    with TemporaryDirectory(prefix="anymedia-bench-") as name:
        folder = Path(name)
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "VIRTUAL_ENV") if name in os.environ}
        own = {"ANYMEDIA_HOME": str(folder / "state"), "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
        yield Bench(folder=folder, env={**kept, **own})


def _command(program: str, arguments: Sequence[object]) -> list[str]:
    return [sys.executable, "-m", f"benchmarks.programs.{program}", *map(str, arguments)]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def gathered(answers: Sequence[Mapping[str, float]]) -> Figures:
    """The figures of several runs of one program, by name."""
    return {name: [answer[name] for answer in answers] for name in answers[0]}
