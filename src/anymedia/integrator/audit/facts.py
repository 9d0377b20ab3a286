"""What an audit finds: facts about code, the findings that rules make of them, and the report of all. Plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ...media import Json
from ...results import SCHEMA

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""The worst first. The words of SARIF."""


@dataclass(frozen=True, kw_only=True, order=True)
class Place:
    """Where something stands: the path below the audited folder, line and column from 1."""

    path: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One thing that a search found: named texts, and where they stand."""

    place: Place
    fields: Mapping[str, str]

    def key(self, by: tuple[str, ...], *, any_case: bool = False) -> tuple[str, ...] | None:
        """The texts that relations compare, or `None` where the fact lacks one."""
        texts = [self.fields[name] for name in by if name in self.fields]
        if len(texts) < len(by):
            return None
        return tuple(text.lower() if any_case else text for text in texts)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One place where a rule is broken. `means` and `mend` are those of the rule."""

    rule: str
    pack: str
    severity: Severity
    place: Place
    says: str
    means: str
    mend: str

    def document(self) -> dict[str, Json]:
        return {
            "rule": self.rule,
            "pack": self.pack,
            "severity": self.severity,
            "path": self.place.path,
            "line": self.place.line,
            "column": self.place.column,
            "says": self.says,
            "means": self.means,
            "mend": self.mend,
        }


@dataclass(frozen=True, kw_only=True)
class Unchecked:
    """A rule that found nothing to look at: its silence says nothing."""

    rule: str
    pack: str
    why: str

    def document(self) -> dict[str, Json]:
        return {"rule": self.rule, "pack": self.pack, "why": self.why}


@dataclass(frozen=True, kw_only=True, order=True)
class Unread:
    """A file that a rule wanted to read and that could not be read, or not whole."""

    path: str
    why: str

    def document(self) -> dict[str, Json]:
        return {"path": self.path, "why": self.why}


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything an audit has to say. `rules` is how many were asked for."""

    root: Path
    files: int
    rules: int
    findings: tuple[Finding, ...]
    unchecked: tuple[Unchecked, ...] = ()
    unread: tuple[Unread, ...] = ()

    def counts(self) -> dict[str, int]:
        return {each: sum(finding.severity == each for finding in self.findings) for each in SEVERITIES}

    def fails(self, least: Severity) -> bool:
        """Whether there is a finding of this severity or a worse one."""
        return any(SEVERITIES.index(finding.severity) <= SEVERITIES.index(least) for finding in self.findings)

    def document(self) -> dict[str, Json]:
        return {
            "schema": SCHEMA,
            "root": str(self.root),
            "files": self.files,
            "rules": self.rules,
            "counts": dict(self.counts()),
            "findings": [each.document() for each in self.findings],
            "unchecked": [each.document() for each in self.unchecked],
            "unread": [each.document() for each in self.unread],
        }
