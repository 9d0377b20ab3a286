"""Writes `docs/reference/checklist.md`: the checklist for adding a backend, and what becomes of each box here."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import groupby
from typing import Literal, assert_never

from .tables import code, link, page, table

INTRODUCTION = """\
Where a backend is registered in many places, adding one means going through a checklist. This is the checklist of one
such tool, box by box, and what becomes of each box here. *By construction*: there is nothing to do, the page says why.
*Check*: a test of the conformance suite, derived from the declaration, fails until it is right. *Yours to write*: that
is what the file of the backend is. Beside it stands the example that fails: a test, or a bug planted in a backend.

In another code base the [audit](../how-to/audit-a-code-base.md) looks for the same: its rule, and the tree that breaks
it."""
ROOT = "../.."
SUITE = "src/anymedia/testing/conformance"
PLANTED = "tests/conformance/planted"
RULES = "audit-rules.md#media"
TREES = "tests/integrator/trees/media.toml"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One box. What the fields mean stands at the top of the file that holds them."""

    part: str
    box: str
    here: Literal["by construction", "check", "yours to write"]
    by: str
    fails: str
    audit: str | None = None
    forgotten: str | None = None


def rows() -> list[Row]:
    text = files(__package__).joinpath("checklist.toml").read_text("utf-8")
    return [Row(**each) for each in tomllib.loads(text)["row"]]


def render() -> str:
    """The whole page."""
    return page("The checklist", INTRODUCTION, *_sections(rows()))


def _sections(of: Sequence[Row]) -> Iterator[str]:
    heads = ("box", "here", "the example that fails", "elsewhere: audit rule", "the tree that breaks it")
    for part, those in groupby(of, key=lambda row: row.part):
        yield f"## {part}"
        yield table(heads, map(_cells, those))


def _cells(row: Row) -> tuple[str, ...]:
    rule = "" if row.audit is None else link(code(row.audit), RULES)
    tree = "" if row.forgotten is None else link(row.forgotten, f"{ROOT}/{TREES}")
    return (row.box, _verdict(row), _example(row.fails), rule, tree)


def _verdict(row: Row) -> str:
    match row.here:
        case "check":
            module, _, name = row.by.partition(".")
            return f"check {link(code(name), f'{ROOT}/{SUITE}/{module}.py')}"
        case "by construction" | "yours to write":
            return link(row.here, f"{ROOT}/{row.by}")
        case _:
            assert_never(row.here)


def _example(fails: str) -> str:
    file, _, name = fails.partition("::")
    if name:
        return link(code(name), f"{ROOT}/{file}")
    host, _, bug = fails.partition("/")
    return f"{link(bug, f'{ROOT}/{PLANTED}/{host}.toml')}, planted in {host}"
