"""What travelled and a published document does not say, because it is older or looser: computed, never typed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from evidence import ROOT
from published_schemas import Violation

CHECKED_IN = ROOT / "docs" / "reference" / "predates.json"

Row = dict[str, Any]


def rows_of(violations: Iterable[Violation]) -> list[Row]:
    """One row for each field that the document holds something against, with every value that was seen."""
    found: dict[tuple[str, ...], set[str]] = {}
    for each in violations:
        values = found.setdefault((each.operation, each.place, each.field, each.says), set())
        values.update(() if each.value is None else (each.value,))
    return [
        {"operation": operation, "place": place, "field": field, "values": sorted(values), "says": says}
        for (operation, place, field, says), values in sorted(found.items())
    ]


def as_text(documents: dict[str, list[Row]]) -> str:
    return json.dumps(documents, indent=2) + "\n"
