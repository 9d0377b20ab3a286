"""How each parameter of each backend is known to be right: computed from what the oracles found, never typed.

Every module here whose name starts with `evidence_of_` is one oracle. It has `LABORATORY`, the name of the fixture that
it needs, and `findings(laboratory)`, which gives one `Finding` for each of its cases.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from anymedia.media import Json
from anymedia.spec import Backend
from anymedia.testing.recordings import recordings_in, was_made_at_the_provider
from anymedia.testing.replay import problems_with

ROOT = Path(__file__).resolve().parents[2]
ARTEFACTS = ROOT / "artefacts"
CHECKED_IN = ROOT / "docs" / "reference" / "evidence.json"
RECORDINGS = ROOT / "docs" / "reference" / "recordings"
"""What was recorded with real keys; the folder is not there as long as nobody has one."""

LIVE = "live"
SDK = "SDK"
CLIENT = "client"
SCHEMA = "schema"
READING = "reading"
LADDER = (LIVE, SDK, CLIENT, SCHEMA, READING)
"""The grades from the best to the worst: docs/explanation/evidence.md. `reading` is what is left without a witness."""

Evidence = dict[str, dict[str, dict[str, str]]]
"""Operation, backend, parameter: the grade, and after it the other witnesses that agree. A live one has its date."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one case showed about one parameter: which witnesses agree with us, by their grades."""

    operation: str
    backend: str
    parameter: str
    witnesses: frozenset[str]

    @property
    def grade(self) -> str:
        """The best of its witnesses."""
        return min((READING, *self.witnesses), key=LADDER.index)


class Oracle(Protocol):
    """A module that contributes findings."""

    LABORATORY: str
    findings: Callable[[Any], Iterable[Finding]]


def modules(prefix: str, folder: Path = Path(__file__).parent) -> Iterator[Any]:
    """Every module of this folder whose name starts so, by name."""
    for path in sorted(folder.glob(f"{prefix}*.py")):
        yield import_module(path.stem)


def oracles() -> Iterator[Oracle]:
    yield from modules("evidence_of_")


def evidence_of(findings: Iterable[Finding]) -> Evidence:
    """A parameter is proven by all of its cases together: it has the grade of the weakest."""
    cells: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        cells.setdefault((finding.operation, finding.backend, finding.parameter), []).append(finding)
    evidence: Evidence = {}
    for (operation, backend, parameter), cases in sorted(cells.items()):
        evidence.setdefault(operation, {}).setdefault(backend, {})[parameter] = _said(cases)
    return evidence


def _said(cases: Iterable[Finding]) -> str:
    grade = max((case.grade for case in cases), key=LADDER.index)
    besides = frozenset.intersection(*(case.witnesses for case in cases)) - {grade}
    return ", ".join((grade, *sorted(besides, key=LADDER.index)))


def with_live(evidence: Evidence, backends: Mapping[str, Backend], places: Sequence[Path], scratch: Path) -> Evidence:
    """The same, with what recordings made with a real key show: the parameters of one call, before what was known.

    A recording counts if it was made at the provider itself, ended well, and is still sent and read as it was then.
    """
    found = {operation: {name: dict(cells) for name, cells in of.items()} for operation, of in evidence.items()}
    for backend in backends.values():
        for number, recording in enumerate(recordings_in(places, backend)):
            if _is_live(recording, backend, scratch / backend.name / str(number)):
                cells = found.setdefault(recording["operation"], {}).setdefault(backend.name, {})
                for parameter in recording["request"]:
                    others = [each for each in [cells.get(parameter, READING)] if each != READING]
                    cells[parameter] = ", ".join((LIVE, recording["recorded"], *others))
    return {
        operation: {name: dict(sorted(cells.items())) for name, cells in sorted(of.items())}
        for operation, of in sorted(found.items())
    }


def _is_live(recording: Json, backend: Backend, scratch: Path) -> bool:
    if recording["result"]["outcome"] != "done" or not was_made_at_the_provider(recording, backend):
        return False
    scratch.mkdir(parents=True)
    return not problems_with(recording, backend, scratch)


def as_text(evidence: Evidence) -> str:
    return json.dumps(evidence, indent=2) + "\n"
