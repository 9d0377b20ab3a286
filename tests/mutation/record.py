"""The record of what was measured: `docs/reference/mutation.json`, and which tests speak of which module."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RECORD = ROOT / "docs" / "reference" / "mutation.json"
NOTICED = ("killed", "timed out")
UNEXPLAINED = "not read yet"
ELSEWHERE = "another platform"
"""How the reason of a fault begins that changes nothing on this one, such as a flag that only Windows has."""


def modules() -> dict[str, list[str]]:
    """The tests that each module is measured with."""
    document: dict[str, list[str]] = json.loads((Path(__file__).parent / "modules.json").read_text("utf-8"))
    return {name: [str(ROOT / "tests" / test) for test in tests] for name, tests in document.items()}


def source_of(module: str) -> Path:
    path = ROOT / "src" / Path(*module.split("."))
    return path.with_suffix(".py")


def fingerprint(module: str) -> str:
    return hashlib.sha256(source_of(module).read_bytes()).hexdigest()[:16]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One module on one day. `faults` are all that there are, `tried` those that were drawn of them.

    `draw` numbers the sample. `at_first` is how many of these faults were noticed when they were first met, before any
    test was written for them: what the suite was worth, which the later figure is not.
    """

    module: str
    source: str
    measured: str
    faults: int
    tried: int
    killed: int
    timed_out: int
    survivors: Mapping[str, str]
    draw: int = 0
    at_first: int | None = None

    @classmethod
    def of(cls, module: str, *, faults: int, found: Mapping[str, str], again: bool, draw: int = 0) -> Measured:
        """What was found. `again` says that only the survivors of the last time that nobody had read were tried."""
        known, fates = survivors(module), Counter(found.values())
        left = [name for name, fate in found.items() if fate not in NOTICED]
        kept = [name for name in known if again and name not in found]
        last = next((each for each in read() if each.module == module), None)
        before = last if again else None
        met = last is not None and is_current(module) and (again or (last.draw, last.tried) == (draw, len(found)))
        return cls(
            module=module,
            source=fingerprint(module),
            measured=f"{datetime.now(UTC):%Y-%m-%d}",
            faults=faults,
            tried=before.tried if before else len(found),
            killed=fates["killed"] + (before.killed if before else 0),
            timed_out=fates["timed out"] + (before.timed_out if before else 0),
            survivors={name: known.get(name, UNEXPLAINED) for name in (*kept, *left)},
            draw=before.draw if before else draw,
            at_first=last.at_first if last and met else fates["killed"] + fates["timed out"],
        )

    @property
    def noticed(self) -> float:
        return (self.killed + self.timed_out) / self.tried

    @property
    def noticed_here(self) -> float:
        """The share of those that change anything on this platform."""
        elsewhere = sum(reason.startswith(ELSEWHERE) for reason in self.survivors.values())
        return (self.killed + self.timed_out) / (self.tried - elsewhere)

    @property
    def interval(self) -> tuple[float, float]:
        """Where the share of all faults lies with 95 % (Wilson); the share itself if all were tried."""
        if self.tried == self.faults:
            return self.noticed, self.noticed
        z, n, p = 1.96, self.tried, self.noticed
        middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)


def read() -> list[Measured]:
    if not RECORD.exists():
        return []
    return [Measured(**each) for each in json.loads(RECORD.read_text("utf-8"))["modules"]]


def is_current(module: str) -> bool:
    """Whether the module is as it was when it was measured."""
    return any(each.module == module and each.source == fingerprint(module) for each in read())


def survivors(module: str) -> Mapping[str, str]:
    """The faults that no test noticed, each with the reason why."""
    return next((each.survivors for each in read() if each.module == module), {})


def write(measured: Measured) -> None:
    """Put it in the place of what was known of the module."""
    others = {each.module: each for each in read()}
    kept = sorted((others | {measured.module: measured}).values(), key=lambda each: each.module)
    document: Any = {"modules": [asdict(each) for each in kept]}
    whole = RECORD.with_suffix(f".{os.getpid()}")  # another module may be measured meanwhile
    whole.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", "utf-8")
    whole.replace(RECORD)
