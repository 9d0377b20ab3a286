"""The ledger is private, survives what disks and versions do to it, and nothing is spent without it."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import stat
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from anymedia import AsyncClient, errors
from anymedia.engine.ledger import Filter
from anymedia.engine.schema import MIGRATIONS
from anymedia.testing.emulator import Emulator, Fault
from toys import picture
from workplace import GENERATIONS, Workplace, arrives


def nothing_sent(workplace: Workplace, emulator: Emulator) -> errors.AnymediaError:
    error = workplace.failure()
    assert (type(error), error.charged, error.exit_code) == (errors.LedgerError, "no", 3)
    assert error.next
    assert emulator.requests == ()
    return error


def test_a_ledger_of_a_newer_version_is_refused_and_left_as_it_is(openai: Workplace, emulator: Emulator) -> None:
    openai.draw()
    openai.write(f"PRAGMA user_version={len(MIGRATIONS) + 1}")
    before = emulator.submits
    error = openai.failure()
    assert isinstance(error, errors.LedgerError)
    assert "newer" in error.message
    assert emulator.submits == before
    assert len(openai.rows()) == 1


def test_the_jobs_of_a_newer_ledger_cannot_be_resumed(openai: Workplace, emulator: Emulator) -> None:
    job_id = openai.draw().job_id
    openai.write(f"PRAGMA user_version={len(MIGRATIONS) + 1}")
    with pytest.raises(errors.LedgerError):
        openai.run(lambda client: client.resume(job_id))


@pytest.mark.parametrize(
    "content", [b"not a database at all, but long enough to be looked at" * 40, b"SQLite format 3\0" + bytes(4000)]
)
def test_a_corrupt_ledger_stops_spending(content: bytes, openai: Workplace, emulator: Emulator) -> None:
    openai.state.mkdir()
    (openai.state / "ledger.sqlite").write_bytes(content)
    nothing_sent(openai, emulator)
    assert (openai.state / "ledger.sqlite").read_bytes() == content


def test_a_ledger_damaged_in_the_middle_stops_spending(openai: Workplace, emulator: Emulator) -> None:
    openai.draw()
    path = openai.state / "ledger.sqlite"
    sqlite3.connect(path).execute("PRAGMA wal_checkpoint(TRUNCATE)").connection.close()
    content = bytearray(path.read_bytes())
    content[100:] = b"\xff" * (len(content) - 100)
    path.write_bytes(content)
    before = emulator.submits
    assert isinstance(openai.failure(), errors.LedgerError)
    assert emulator.submits == before


def test_a_state_folder_that_is_a_file_stops_spending(openai: Workplace, emulator: Emulator) -> None:
    openai.state.write_text("mine")
    nothing_sent(openai, emulator)
    assert openai.state.read_text() == "mine"


def test_a_ledger_that_is_a_folder_stops_spending(openai: Workplace, emulator: Emulator) -> None:
    (openai.state / "ledger.sqlite").mkdir(parents=True)
    nothing_sent(openai, emulator)


def test_a_ledger_locked_for_a_while_is_waited_for(openai: Workplace, emulator: Emulator) -> None:
    openai.draw()

    async def work(client: AsyncClient) -> Any:
        other = sqlite3.connect(openai.state / "ledger.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        drawing = asyncio.ensure_future(client.image("a bear"))
        await asyncio.sleep(0.3)
        assert emulator.submits == 1
        other.execute("ROLLBACK")
        other.close()
        return await drawing

    assert openai.run(work).path.exists()


# --- Privacy ---------------------------------------------------------------------------------------------------------


def mode(path: Any) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def open_mask() -> Any:
    """The most careless umask there is."""
    before = os.umask(0)
    yield
    os.umask(before)


def test_the_state_folder_and_everything_in_it_is_the_owners_alone(
    openai: Workplace, emulator: Emulator, open_mask: None
) -> None:
    async def work(client: AsyncClient) -> None:
        await client.image("a fox", input_images=[picture()])
        modes.update({path.name: mode(path) for path in openai.state.rglob("*")}, state=mode(openai.state))

    modes: dict[str, int] = {}
    emulator.script(GENERATIONS, [Fault.cut_base64(80), Fault.missing_key("data")])
    openai.failure()
    openai.failure()
    openai.run(work)
    assert {"ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm", "quarantine", "blobs", "state"} <= modes.keys()
    assert {name: oct(found) for name, found in modes.items() if found & 0o077} == {}


def test_a_state_folder_that_was_open_is_closed(openai: Workplace, emulator: Emulator) -> None:
    openai.state.mkdir(mode=0o755)
    openai.draw()
    assert oct(mode(openai.state)) == oct(0o700)


def test_part_files_are_private_while_they_grow(openai: Workplace, emulator: Emulator, open_mask: None) -> None:
    async def work(client: AsyncClient) -> None:
        drawing = asyncio.ensure_future(client.image("a fox"))
        await arrives(lambda: bool(openai.files(hidden=True)))
        assert {oct(mode(path)) for path in openai.files(hidden=True)} == {oct(0o600)}
        drawing.cancel()
        await asyncio.gather(drawing, return_exceptions=True)

    openai.arguments = {"timeouts": {"total": 2}}
    emulator.script(GENERATIONS, [Fault.endless()])
    openai.run(work)


def test_private_columns_hold_nothing_once_a_job_is_over(openai: Workplace, emulator: Emulator) -> None:
    faults = [Fault.moderation(), Fault.status(500, billed=True), Fault.no_outputs(), Fault.cut_base64(80)]
    emulator.script(GENERATIONS, faults)
    for _ in faults:
        openai.failure()
    openai.draw()
    assert len(openai.rows()) == 5
    for row in openai.rows():
        assert {name for name, value in row.items() if name.startswith("private_") and value is not None} == set()
        assert (row["owner"], row["lease_until"]) == (None, 0)


# --- Reading ---------------------------------------------------------------------------------------------------------


def test_jobs_are_listed_newest_first_and_filtered(openai: Workplace, emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [Fault.status(500, billed=True), Fault.moderation()])
    openai.failure(), openai.failure(), openai.draw(prompt="a bear")

    async def work(client: AsyncClient) -> None:
        assert [job.status for job in await client.jobs()] == ["done", "refused", "unknown"]
        assert [job.status for job in await client.jobs(Filter(statuses=frozenset({"unknown"})))] == ["unknown"]
        assert len(await client.jobs(Filter(limit=2))) == 2
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        assert await client.jobs(Filter(since=tomorrow)) == []
        done = (await client.jobs())[0]
        assert (done.request["prompt"], done.backend, done.resumable) == ("a bear", "openai", False)
        assert done.submitted_at is not None and done.created_at <= done.submitted_at
        unknown = (await client.jobs())[-1]
        assert unknown.error["charged"] == "maybe"
        assert unknown.cost.amount is None

    openai.run(work)


def test_a_jobs_document_is_json_without_private_things(openai: Workplace, emulator: Emulator) -> None:
    openai.draw()
    (job,) = openai.run(lambda client: client.jobs())
    document = json.loads(json.dumps(job.document()))
    assert document["status"] == "done"
    assert "state" not in document


def test_a_closed_client_closes_the_ledger(openai: Workplace, emulator: Emulator) -> None:
    openai.draw()
    assert not (openai.state / "ledger.sqlite-wal").exists()


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS)))
def test_a_ledger_of_every_earlier_schema_is_brought_forward_with_its_jobs(version: int, workplace: Workplace) -> None:
    workplace.state.mkdir()
    with closing(sqlite3.connect(workplace.state / "ledger.sqlite")) as connection:
        for step in MIGRATIONS[:version]:
            connection.executescript(step)
        connection.execute(f"PRAGMA user_version={version}")
        connection.execute(
            "INSERT INTO job (id, operation, backend, model, status, idempotency_key, request, request_hash, account, "
            "output, selection, run, created_at, cost_source) VALUES ('job_old', 'image', 'sketch', 'illustrator', "
            """'unknown', 'k', '{"operation": "image", "prompt": "x"}', 'h', 'a', '{}', '{}', 'r', 5.0, 's')"""
        )
        connection.commit()
    (job,) = workplace.run(lambda client: client.jobs())
    assert (job.id, job.status, job.forgotten_at) == ("job_old", "unknown", None)
    assert workplace.row["reserved_at"] == (5.0 if version == 1 else None)  # later versions wrote it themselves
