"""A report as SARIF 2.1.0, the format in which forges read what checks of code found."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from urllib.parse import quote

from ... import __version__
from ...media import Json
from .facts import Finding, Report
from .pack import Pack

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
"""The schema that the standard publishes; checked 2026-11-23."""


def document(report: Report, packs: Sequence[Pack]) -> dict[str, Json]:
    """The whole log: one run, every rule of the packs, every finding."""
    rules: list[Json] = [_rule(pack, index) for pack in packs for index in range(len(pack.rules))]
    names = [f"{pack.name}/{rule.name}" for pack in packs for rule in pack.rules]
    places = {name: index for index, name in enumerate(names)}
    driver: dict[str, Json] = {"name": "anymedia backend audit", "version": __version__, "rules": rules}
    run: dict[str, Json] = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"ROOT": {"uri": f"{report.root.as_uri().rstrip('/')}/"}},
        "invocations": [_invocation(report)],
        "results": [_result(finding, places) for finding in report.findings],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(pack: Pack, index: int) -> dict[str, Json]:
    rule = pack.rules[index]
    return {
        "id": f"{pack.name}/{rule.name}",
        "shortDescription": {"text": rule.name.replace("-", " ")},
        "fullDescription": {"text": rule.means},
        "help": {"text": rule.mend},
        "defaultConfiguration": {"level": rule.severity},
    }


def _result(finding: Finding, places: dict[str, int]) -> dict[str, Json]:
    name = f"{finding.pack}/{finding.rule}"
    print_of_it = hashlib.sha256(
        f"{name} {finding.place.path} {finding.says}".encode("utf-8", "backslashreplace")
    ).hexdigest()
    where: Json = {
        "artifactLocation": {"uri": quote(os.fsencode(finding.place.path)), "uriBaseId": "ROOT"},
        "region": {"startLine": finding.place.line, "startColumn": finding.place.column},
    }
    return {
        "ruleId": name,
        "ruleIndex": places[name],
        "level": finding.severity,
        "message": {"text": finding.says},
        "locations": [{"physicalLocation": where}],
        "partialFingerprints": {"what/v1": print_of_it},
    }


def _invocation(report: Report) -> dict[str, Json]:
    """What could not be read or checked is told too: silence about it would be a promise."""
    unread = [f"{each.path}: {each.why}." for each in report.unread]
    unchecked = [f"The rule {each.pack}/{each.rule} was not checked: {each.why}." for each in report.unchecked]
    notes: list[Json] = [{"level": "note", "message": {"text": text}} for text in (*unread, *unchecked)]
    return {"executionSuccessful": True, "toolExecutionNotifications": notes}
