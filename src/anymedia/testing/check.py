"""Runs the conformance suite on one backend and says in data what came of it. Needs pytest: `anymedia[testing]`."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from ..errors import BackendDefect
from ..media import Json
from . import conformance
from .conformance.conftest import PURCHASES
from .conformance.targets import backends_named
from .plugin import OPTION

Outcome = Literal["passed", "failed", "not applicable"]


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
    """What the suite found about one backend. `purchases` counts, for every job that was tried, its paid submits."""

    backends: tuple[str, ...]
    findings: tuple[Finding, ...]
    purchases: Mapping[int, int]
    seconds: float

    @property
    def failed(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.outcome == "failed")

    @property
    def tried(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.outcome != "not applicable")

    @property
    def score(self) -> int:
        """How much of what applies passed, in percent; 100 only when all of it did."""
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
            "jobs": sum(self.purchases.values()),
            "most_paid_submits_of_one_job": self.most_purchases,
            "seconds": round(self.seconds, 1),
            "findings": [finding.document() for finding in self.findings if finding.outcome == "failed"],
        }


@dataclass(eq=False)
class _Collector:
    """A plugin of pytest that keeps what came of each test."""

    findings: list[Finding] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    purchases: Counter[int] = field(default_factory=Counter)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.errors.append(str(report.longrepr))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and report.passed:
            return
        test, _, subject = report.nodeid.rpartition("::")[2].partition("[")
        outcomes: dict[str, Outcome] = {"passed": "passed", "failed": "failed", "skipped": "not applicable"}
        why = _reason(report) if report.failed else ""
        finding = Finding(test=test, subject=subject.removesuffix("]"), outcome=outcomes[report.outcome], why=why)
        self.findings.append(finding)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self.purchases = session.config.stash.get(PURCHASES, Counter())


def _reason(report: pytest.TestReport) -> str:
    """The sentence of the failed assertion, without what pytest adds to it."""
    crash = getattr(report.longrepr, "reprcrash", None)
    message = str(report.longrepr) if crash is None else str(crash.message)
    return message.removeprefix("AssertionError: ").partition("\nassert ")[0].strip()


def check(target: str) -> Checked:
    """Run the suite on a name, a .py file or `module:attribute`. Raise `UsageError`, or what loading it raises."""
    names = tuple(backend.name for backend in backends_named([target]))
    collector = _Collector()
    began = time.monotonic()
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
    )


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Standard output belongs to whoever asked; the suite says nothing there."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield
