"""The data files are as large as was promised, and every entry can be read."""

from __future__ import annotations

from corpus import HERE, rows
from hostile_media import built
from wrong_values import MAKERS, value_of

FEWEST = {"names": 77, "paths": 60, "media": 40, "replies": 25, "arguments": 60}
FEWEST_IN_ALL = 300


def test_every_corpus_is_as_large_as_was_promised() -> None:
    sizes = {name: len(rows(name)) for name in FEWEST}
    assert [name for name, fewest in FEWEST.items() if sizes[name] < fewest] == []
    assert sum(sizes.values()) >= FEWEST_IN_ALL


def test_every_data_file_is_described() -> None:
    described = (HERE / "README.md").read_text("utf-8")
    assert [name for name in FEWEST if f"`{name}.jsonl`" not in described] == []


def test_every_file_can_be_built_and_every_value_made() -> None:
    assert all(isinstance(built(row), bytes) for row in rows("media"))
    assert {row["make"] for row in rows("arguments") if "make" in row} == set(MAKERS)
    assert [row["id"] for row in rows("arguments") if "make" not in row and value_of(row) != row["value"]] == []
