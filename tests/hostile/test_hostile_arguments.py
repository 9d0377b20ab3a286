"""Values of every wrong type, for every type of parameter of every operation and for every option of a call."""

from __future__ import annotations

import json
from inspect import signature
from typing import Any

import pytest
from corpus import Row, rows
from flows import UNFIT
from portion import LONG
from typist import Typed, Typist
from watching import Canary, Spy, deadline, port_of
from wrong_values import value_of

from anymedia import AnymediaError, AsyncClient, Result
from anymedia.desk import Options
from anymedia.media import MediaFile
from anymedia.operations import OPERATIONS, Request, field_types, input_field, needed_fields
from anymedia.requests import INTERNAL
from anymedia.testing.emulator import Emulator
from toys import PICTURE
from workplace import Workplace

ARGUMENTS = rows("arguments")
LONGEST = 5000
"""Characters of an error that a wrong value may fill."""
OPTIONS = sorted(set(Options.__dataclass_fields__) - INTERNAL - {"backend"})


def places() -> list[tuple[type[Request], str]]:
    """For each operation its main input and one parameter of each type; for pictures also every option."""
    found: dict[tuple[str, str], tuple[type[Request], str]] = {}
    for kind in OPERATIONS.values():
        for name, hint in {**field_types(kind), "provider_options": dict}.items():
            found.setdefault((kind.operation, name if name == kind.main_input else str(hint)), (kind, name))
    return [*found.values(), *((OPERATIONS["image"], name) for name in OPTIONS)]


def arguments_for(kind: type[Request], name: str, value: Any) -> dict[str, Any]:
    """The parameters of a call that is right but for one value."""
    usual = {"prompt": "a fox", "text": "a fox", "name": "fox", "consent": "he agreed", "target_language": "de"}
    needed = {each: usual.get(each, PICTURE) for each in needed_fields(kind)}
    return {**needed, name: value}


def names_files(kind: type[Request], name: str) -> bool:
    """Whether the value may be a path: an error repeats it as it is, and whoever prints it makes it harmless."""
    return name in ("output", "output_dir") or field_types(kind).get(name) in (MediaFile, tuple[MediaFile, ...])


async def end_of(client: AsyncClient, kind: type[Request], parameters: dict[str, Any]) -> Result | AnymediaError:
    method = getattr(client, kind.verb or kind.operation)
    looks_at = "media" if "media" in signature(method).parameters else ""
    main = {looks_at: parameters.pop(str(input_field(kind)), PICTURE)} if looks_at else {}
    try:
        return await method(**main, **parameters)
    except AnymediaError as error:
        return error


def check(end: Result | AnymediaError, kind: type[Request], name: str) -> None:
    if isinstance(end, AnymediaError):
        told = f"{end} {end.next or ''}"
        assert (end.charged, end.exit_code in (2, 3, 7)) == ("no", True), repr(end)[:300]
        unfit = not names_files(kind, name) and UNFIT.search(told.replace("\n", " "))  # lists of ours have lines
        assert len(told) < LONGEST and not unfit, f"this is no sentence for a terminal: {told!r:.300}"
        json.dumps(end.document(), allow_nan=False)


def tried_at(place: tuple[type[Request], str]) -> list[Row]:
    """The values for one place: a sixth of them, in the long run all. No value is left out of all places."""
    share = places().index(place) % 6
    return [row for number, row in enumerate(ARGUMENTS) if LONG or number % 6 == share]


async def all_tried(client: AsyncClient, place: tuple[type[Request], str]) -> int:
    """Every value in one place. How many were made."""
    kind, name = place
    made = 0
    for row in tried_at(place):
        try:
            with deadline(f"{row['id']} as {name} of {kind.operation}"):
                end = await end_of(client, kind, arguments_for(kind, name, value_of(row)))
            check(end, kind, name)
        except Exception as error:
            error.add_note(f"{row['id']} as `{name}` of {kind.operation}")
            raise
        made += isinstance(end, Result)
    return made


def test_no_value_gets_further_than_an_error_of_ours(
    machine: Workplace, canary: Canary, emulator: Emulator, spy: Spy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(machine.out)
    before = canary.state()

    async def everywhere(client: AsyncClient) -> int:
        return sum([await all_tried(client, place) for place in places()])

    made = machine.run(everywhere)
    assert emulator.submits == made
    assert (canary.state(), spy.strangers(port_of(emulator)), spy.lookups) == (before, [], [])


TYPED = ("n", "size", "quality", "seed", "max-cost", "wait", "model", "backend", "output-format", "option")


def as_words(row: Row) -> str | None:
    """The value as a shell passes it, or `None` for what cannot be typed or is longer than a command line."""
    value = row.get("value")
    text = value if isinstance(value, str) else json.dumps(value)
    typable = "make" not in row and "\0" not in text and "\ud800" not in text and len(text) < 100_000
    return text if typable else None


def test_the_command_line_says_in_words_what_is_wrong(
    machine: Workplace, canary: Canary, emulator: Emulator, variables: dict[str, str]
) -> None:
    before, ends = canary.state(), dict[str, Typed]()
    with Typist(machine.out, variables) as typist:
        for number, row in enumerate(ARGUMENTS):
            text = as_words(row)
            for name in TYPED if LONG else (TYPED[number % len(TYPED)], TYPED[(number * 3 + 1) % len(TYPED)]):
                if text is not None:
                    ends[f"{row['id']} as --{name}"] = typist.type("image", "a fox", f"--{name}={text}")
    unfit = {name for name, end in ends.items() if UNFIT.search(end.said.replace("\n", " "))}
    assert {name: end.err for name, end in ends.items() if end.code not in (0, 2, 3, 7) or name in unfit} == {}
    assert emulator.submits == sum(end.code == 0 for end in ends.values())
    assert {address for end in ends.values() for address in end.connects} <= {("127.0.0.1", port_of(emulator))}
    assert canary.state() == before
