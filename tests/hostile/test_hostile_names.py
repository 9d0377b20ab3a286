"""Prompts that would be terrible file names, through the Python door and the command line."""

from __future__ import annotations

import re
from pathlib import Path

from corpus import Row, rows
from typist import Typist
from watching import Canary, Spy, deadline, port_of

from anymedia import AnymediaError, AsyncClient
from anymedia.testing.emulator import Emulator
from workplace import Workplace

NAMES = rows("names")
PLAIN = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*-[0-9a-f]{10}\.png")
LONGEST = 80


async def drawn(client: AsyncClient, prompt: str) -> Path | AnymediaError:
    """The file of a prompt, or the typed error."""
    with deadline(f"the prompt {prompt!r:.60}"):
        try:
            return Path((await client.image(prompt)).files[0])
        except AnymediaError as error:
            return error


async def all_drawn(client: AsyncClient, among: tuple[Row, ...]) -> dict[str, Path | AnymediaError]:
    return {row["id"]: await drawn(client, row["prompt"]) for row in among}


def test_no_prompt_leads_a_file_elsewhere_and_each_is_sent_as_it_is_or_refused(
    machine: Workplace, canary: Canary, emulator: Emulator, spy: Spy
) -> None:
    before = canary.state()
    made = machine.run(lambda client: all_drawn(client, NAMES))
    files = [path for path in made.values() if isinstance(path, Path)]
    assert sorted(files) == machine.files()
    assert [path for path in files if not PLAIN.fullmatch(path.name) or len(path.name) > LONGEST] == []
    assert len({path.name.lower() for path in files}) == len(files) == emulator.submits
    assert {path.parent for path in files} == {machine.out}
    assert (canary.state(), spy.strangers(port_of(emulator)), spy.lookups) == (before, [], [])
    sent = [request.json["prompt"] for request in emulator.requests]
    assert sent == [row["prompt"] for row in NAMES if isinstance(made[row["id"]], Path)]
    refused = {name: error for name, error in made.items() if isinstance(error, AnymediaError)}
    assert {(error.exit_code, error.charged) for error in refused.values()} <= {(2, "no")}, refused


def typed(row: Row) -> bool:
    """Whether a shell can pass it: arguments end at a zero byte, and bytes that are no UTF-8 come as surrogates."""
    prompt = row["prompt"]
    return "\0" not in prompt and "\ud800" not in prompt and prompt != "-"


def test_the_command_line_takes_the_same_prompts(
    machine: Workplace, canary: Canary, emulator: Emulator, variables: dict[str, str]
) -> None:
    before, said = canary.state(), {}
    with Typist(machine.out, variables) as typist:
        for row in filter(typed, NAMES):
            said[row["id"]] = typist.type("image", "--", row["prompt"])
    assert {name: ended.err for name, ended in said.items() if ended.code not in (0, 2)} == {}
    assert [name for name, ended in said.items() if "Traceback" in ended.err or "\x1b" in ended.said] == []
    assert {address for ended in said.values() for address in ended.connects} == {("127.0.0.1", port_of(emulator))}
    files = machine.files()
    assert len(files) == sum(ended.code == 0 for ended in said.values()) == emulator.submits
    assert all(PLAIN.fullmatch(path.name) and path.parent == machine.out for path in files)
    assert canary.state() == before
