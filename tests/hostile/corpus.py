"""Reads the data files of this folder: one JSON object a line, long text written as a recipe. See README.md."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
Row = dict[str, Any]


@cache
def rows(name: str) -> tuple[Row, ...]:
    """The entries of a data file, in order. No two have the same `id`."""
    lines = (HERE / f"{name}.jsonl").read_text("utf-8").splitlines()
    found = tuple(_written_out(json.loads(line)) for line in lines)
    ids = [row["id"] for row in found]
    assert len(set(ids)) == len(ids), f"{name}.jsonl names two entries alike"
    return found


def _written_out(value: Any) -> Any:
    """`{"repeat": "a", "times": 3}` is `"aaa"`, also inside of a list of texts that is marked `{"join": [...]}`."""
    match value:
        case {"repeat": str(text), "times": int(times), **rest} if not rest:
            return text * times
        case {"join": [*parts], **rest} if not rest:
            return "".join(_written_out(part) for part in parts)
        case dict():
            return {name: _written_out(each) for name, each in value.items()}
        case list():
            return [_written_out(each) for each in value]
    return value
