"""Hostile files as what a user passes in, and as what a provider delivers; through Python and the command line."""

from __future__ import annotations

import resource
from pathlib import Path

from corpus import Row, rows
from hostile_media import built
from typist import Typed, Typist
from watching import Canary, Spy, deadline, port_of

from anymedia import AnymediaError, AsyncClient, Result
from anymedia.engine.containers import EXTENSIONS, sniff
from anymedia.media import MediaFile
from anymedia.spec import Call, Flow, Succeeded, post
from anymedia.testing.emulator import Emulator
from toys import KEY, Provider, says, sends, toy
from workplace import Workplace

MEDIA = rows("media")
PICTURES = tuple(row for row in MEDIA if row["medium"] == "image")
MOST_MEMORY = 400 * 2**20
"""Bytes by which this process may grow over all entries; the largest file is well under 10 MB."""


def grown_since(before: int) -> int:
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024


async def passed_in(client: AsyncClient, row: Row) -> Result | AnymediaError:
    content = built(row)
    with deadline(row["id"]):
        try:
            match row["medium"]:
                case "image":
                    return await client.image("a fox", input_images=content)
                case "video":
                    return await client.video("a fox", video=content)
            return await client.transcribe(content)
        except AnymediaError as error:
            return error


def test_a_hostile_file_that_is_passed_in_is_refused_or_sent_as_it_is(
    machine: Workplace, canary: Canary, emulator: Emulator, spy: Spy
) -> None:
    before, memory = canary.state(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    async def all_passed(client: AsyncClient) -> list[Result | AnymediaError]:
        return [await passed_in(client, row) for row in MEDIA]

    ends = machine.run(all_passed)
    refused = [end for end in ends if isinstance(end, AnymediaError) and end.charged == "no"]
    assert emulator.billed <= len(ends) - len(refused)
    assert (canary.state(), spy.strangers(port_of(emulator)), spy.lookups) == (before, [], [])
    assert grown_since(memory) < MOST_MEMORY


def deliver(call: Call) -> Flow:
    """Buy the picture whose name is the prompt."""
    bought = yield post("/pictures", json=dict(call.body))
    return Succeeded(files=(MediaFile(media_type="image/png", url=bought.json["url"]),))


async def delivered(client: AsyncClient, provider: Provider, row: Row) -> Result | AnymediaError:
    provider.on("POST", "/pictures", says({"url": f"{provider.url}/files/{row['id']}"}))
    provider.on("GET", f"/files/{row['id']}", sends(built(row)))
    with deadline(row["id"]):
        try:
            return await client.image("a fox", backend="toy", wait=8)
        except AnymediaError as error:
            return error


def test_a_hostile_file_that_is_delivered_is_set_aside_or_named_by_what_it_is(
    machine: Workplace, canary: Canary, provider: Provider, spy: Spy
) -> None:
    before, memory = canary.state(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    machine.environ = {"TOY_API_KEY": KEY}

    async def all_delivered(client: AsyncClient) -> list[Result | AnymediaError]:
        return [await delivered(client, provider, row) for row in MEDIA]

    ends = machine.run(all_delivered, toy(provider.url, deliver))
    made = [(built(row), Path(end.files[0])) for row, end in zip(MEDIA, ends, strict=True) if isinstance(end, Result)]
    assert [path for content, path in made if path.suffix != EXTENSIONS[str(sniff(content[:64]))]] == []
    assert sorted(path for _, path in made) == machine.files()
    assert {end.code for end in ends if isinstance(end, AnymediaError)} <= {"verify_failed"}
    assert (canary.state(), spy.strangers(port_of(provider)), spy.lookups) == (before, [], [])
    assert grown_since(memory) < MOST_MEMORY


def test_the_command_line_says_the_same_of_pictures(
    machine: Workplace, canary: Canary, emulator: Emulator, variables: dict[str, str]
) -> None:
    before, ends = canary.state(), dict[str, Typed]()
    with Typist(machine.out, variables) as typist:
        for row in PICTURES:
            path = machine.root / f"{row['id']}.png"
            path.write_bytes(built(row))
            ends[row["id"]] = typist.type("image", "a fox", "--input", str(path))
    assert {name: end.err for name, end in ends.items() if end.code < 0 or "Traceback" in end.err} == {}
    assert {address for end in ends.values() for address in end.connects} <= {("127.0.0.1", port_of(emulator))}
    assert canary.state() == before
