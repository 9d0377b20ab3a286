"""Runs the conformance suite on one backend and says in data what came of it. Needs pytest: `anymedia[testing]`."""

from __future__ import annotations

import contextlib
import io
import math
import os
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from pathlib import Path
from typing import Literal, TypeVar

import pytest

from ..errors import BackendDefect
from ..media import Json
from . import conformance
from .conformance.conftest import PURCHASES
from .conformance.targets import backends_named
from .plugin import OPTION

Outcome = Literal["passed", "failed", "not applicable"]
T = TypeVar("T")

QUICK = 15.0
"""Seconds after which no further test is begun, unless the whole is asked for: an answer is there within twenty."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One derived test: what was tried, on what, what came of it, and, if it failed, why and how to mend it."""

    test: str
    subject: str
    outcome: Outcome
    why: str = ""

    @property
    def title(self) -> str:
        """What the test says of a good backend, in words."""
        return self.test.removeprefix("test_").replace("_", " ")

    def document(self) -> dict[str, Json]:
        return {"test": self.test, "subject": self.subject, "outcome": self.outcome, "why": self.why}


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What the suite found about one backend. `purchases` counts, for every job that was tried, its paid submits.

    `not_run` is how many tests the time did not suffice for.
    """

    backends: tuple[str, ...]
    findings: tuple[Finding, ...]
    purchases: Mapping[int, int]
    seconds: float
    not_run: int = 0

    @property
    def failed(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.outcome == "failed")

    @property
    def tried(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.outcome != "not applicable")

    @property
    def kinds(self) -> Mapping[str, Counter[Outcome]]:
        """How often each kind of test passed, failed or did not apply, by its title."""
        kinds: dict[str, Counter[Outcome]] = {}
        for finding in self.findings:
            kinds.setdefault(finding.title, Counter())[finding.outcome] += 1
        return kinds

    @property
    def score(self) -> int:
        """How much of what applies passed, in percent of what was run; 100 only when all of it did."""
        return 100 * (len(self.tried) - len(self.failed)) // max(1, len(self.tried))

    @property
    def most_purchases(self) -> int:
        """The most paid submits that reached the provider for one job, whatever went wrong with it."""
        return max(self.purchases, default=0)

    def document(self) -> dict[str, Json]:
        outcomes = Counter(finding.outcome for finding in self.findings)
        return {
            "backends": list(self.backends),
            "score": self.score,
            "passed": outcomes["passed"],
            "failed": outcomes["failed"],
            "not_applicable": outcomes["not applicable"],
            "not_run": self.not_run,
            "jobs": sum(self.purchases.values()),
            "most_paid_submits_of_one_job": self.most_purchases,
            "seconds": round(self.seconds, 1),
            "kinds": {title: dict(outcomes) for title, outcomes in self.kinds.items()},
            "findings": [finding.document() for finding in self.findings if finding.outcome == "failed"],
        }


@dataclass(eq=False)
class _Collector:
    """A plugin of pytest that keeps what came of each test, and begins none after a moment of `time.monotonic`."""

    until: float
    not_run: int = 0
    findings: list[Finding] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    purchases: Counter[int] = field(default_factory=Counter)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.errors.append(str(report.longrepr))

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = broadly((item.nodeid.partition("[")[0], item) for item in items)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self) -> bool | None:
        if time.monotonic() < self.until:
            return None
        self.not_run += 1
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and report.passed:
            return
        test, _, subject = report.nodeid.rpartition("::")[2].partition("[")
        outcomes: dict[str, Outcome] = {"passed": "passed", "failed": "failed", "skipped": "not applicable"}
        why = _reason(report) if report.failed else ""
        finding = Finding(test=test, subject=subject.removesuffix("]"), outcome=outcomes[report.outcome], why=why)
        self.findings.append(finding)

    @pytest.hookimpl(trylast=True)  # after the workbenches were put away
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self.purchases = session.config.stash.get(PURCHASES, Counter())


def broadly(named: Iterable[tuple[str, T]]) -> list[T]:
    """One of each name first, then another of each, and so on; those of one name in an order that chance drew once."""
    groups: dict[str, list[T]] = {}
    for name, each in named:
        groups.setdefault(name, []).append(each)
    for name, group in groups.items():
        random.Random(name).shuffle(group)
    rounds = zip_longest(*([(each,) for each in group] for group in groups.values()), fillvalue=())
    return [each for around in rounds for each in chain.from_iterable(around)]


def _reason(report: pytest.TestReport) -> str:
    """The sentence of the failed assertion, without what pytest adds to it."""
    crash = getattr(report.longrepr, "reprcrash", None)
    message = str(report.longrepr) if crash is None else str(crash.message)
    return message.removeprefix("AssertionError: ").partition("\nassert ")[0].strip()


def check(target: str, *, seconds: float = math.inf) -> Checked:
    """Run the suite on a name, a .py file or `module:attribute`. Raise `UsageError`, or what loading it raises.

    No test is begun later than so many seconds; before that, every kind of test comes before another of its kind.
    """
    began = time.monotonic()
    names = tuple(backend.name for backend in backends_named([target]))
    collector = _Collector(until=began + seconds)
    with tempfile.TemporaryDirectory() as folder, _quietly():
        code = pytest.main(
            [
                *("--rootdir", folder, "--basetemp", f"{folder}/work", "-c", os.devnull),
                *("-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:xdist", "--assert=plain"),
                *(OPTION, target),
                str(Path(str(conformance.__file__)).parent),
            ],
            plugins=[collector],
        )
    if collector.errors or code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise BackendDefect(f"The suite could not run: {next(iter(collector.errors), f'pytest ended with {code}')}.")
    return Checked(
        backends=names,
        findings=tuple(collector.findings),
        purchases=dict(collector.purchases),
        seconds=time.monotonic() - began,
        not_run=collector.not_run,
    )


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Standard output belongs to whoever asked; the suite says nothing there."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield
