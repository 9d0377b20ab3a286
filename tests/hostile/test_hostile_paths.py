"""Paths for outputs, folders, inputs and masks, through the Python door and the command line."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from corpus import Row, rows
from typist import Typed, Typist
from watching import Canary, Spy, deadline, port_of

from anymedia import AnymediaError, AsyncClient, Result
from anymedia.testing.emulator import Emulator
from toys import PICTURE
from workplace import Workplace

PATHS = rows("paths")
OPTIONS = {"output": "--output", "output_dir": "--output-dir", "input_images": "--input", "mask": "--mask"}


@pytest.fixture
def prepared(machine: Workplace, canary: Canary, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    """A working folder with what the paths lead to."""
    work = machine.root / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("HOME", str(machine.root))
    for name, content in {"key": "-----BEGIN KEY-----", "key.png": "-----BEGIN KEY-----", "empty.png": ""}.items():
        Path(name).write_text(content)
    Path("page.png").write_text("<!DOCTYPE html><html></html>")
    Path("list.png").write_text("#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n")
    Path("taken.png").write_bytes(PICTURE)
    Path("good.png").write_bytes(PICTURE)
    Path("taken_folder").mkdir()
    Path("link_key.png").symlink_to(canary.outside / "id_rsa")
    Path("link_out.png").symlink_to(canary.outside / "notes.txt")
    Path("dangling.png").symlink_to(canary.outside / "new.png")
    Path("circle.png").symlink_to("circle.png")
    os.mkfifo("pipe.png")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.png")
    return machine


def parameters_of(row: Row) -> dict[str, str]:
    """What is asked for beside the prompt. A mask needs a picture to lie over."""
    return {row["option"]: row["path"], **({"input_images": "good.png"} if row["option"] == "mask" else {})}


async def ends_of(client: AsyncClient, among: tuple[Row, ...]) -> dict[str, Result | AnymediaError]:
    ends: dict[str, Result | AnymediaError] = {}
    for row in among:
        with deadline(row["id"]):
            try:
                ends[row["id"]] = await client.image("a fox", **parameters_of(row))
            except AnymediaError as error:
                ends[row["id"]] = error
    return ends


def is_as_expected(row: Row, was_made: bool) -> bool:
    return row["expects"] in ("not_outside", "made_or_refused", "made" if was_made else "refused")


def test_a_path_is_used_as_it_is_named_or_refused_before_anything_is_sent(
    prepared: Workplace, canary: Canary, emulator: Emulator, spy: Spy
) -> None:
    before = canary.state()
    ends = prepared.run(lambda client: ends_of(client, PATHS))
    wrong = [row["id"] for row in PATHS if not is_as_expected(row, isinstance(ends[row["id"]], Result))]
    assert wrong == []
    refused = [end for end in ends.values() if isinstance(end, AnymediaError)]
    assert {(error.exit_code, error.charged) for error in refused} <= {(2, "no"), (3, "no")}
    assert emulator.submits == len(ends) - len(refused)
    assert (canary.state(), spy.strangers(port_of(emulator)), spy.lookups) == (before, [], [])


def test_no_byte_of_a_file_that_is_no_picture_leaves(prepared: Workplace, emulator: Emulator) -> None:
    inputs = tuple(row for row in PATHS if row["option"] in ("input_images", "mask"))
    prepared.run(lambda client: ends_of(client, inputs))
    assert emulator.requests == ()


def can_be_typed(row: Row) -> bool:
    """Whether a shell can pass it."""
    return "\0" not in row["path"] and "\ud800" not in row["path"]


def typed(typist: Typist, row: Row) -> Typed:
    options = [f"{OPTIONS[name]}={value}" for name, value in parameters_of(row).items()]
    return typist.type("image", "a fox", *options)


def test_the_command_line_says_the_same_of_them(
    prepared: Workplace, canary: Canary, emulator: Emulator, variables: dict[str, str]
) -> None:
    before = canary.state()
    with Typist(Path.cwd(), variables) as typist:
        ends = {row["id"]: typed(typist, row) for row in PATHS if can_be_typed(row)}
    wrong = {row["id"]: ends[row["id"]].err for row in filter(can_be_typed, PATHS)
             if not is_as_expected(row, ends[row["id"]].code == 0)}  # fmt: skip
    assert wrong == {}
    assert {name: end.err for name, end in ends.items() if end.code not in (0, 2, 3) or "Traceback" in end.err} == {}
    assert {address for end in ends.values() for address in end.connects} <= {("127.0.0.1", port_of(emulator))}
    assert canary.state() == before
