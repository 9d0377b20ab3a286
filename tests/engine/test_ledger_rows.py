"""What the ledger does with its rows: who may take a job, what waits for the disk, what is listed, what a job cost."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from bare_ledger import add, row

from anymedia import errors
from anymedia.engine import ledger as module
from anymedia.engine.ledger import (
    LEASE_SECONDS,
    RUNNING,
    Filter,
    Ledger,
    begin_submitting,
    cost_of,
    finish_job,
    from_nano,
    job_of,
    job_with_key,
    this_process,
    to_nano,
    transaction,
    update_job,
)
from anymedia.engine.processes import process_start
from anymedia.engine.schema import MIGRATIONS
from workplace import arrives, process_is_alive

HOST = socket.gethostname()
WAITS, DOES_NOT_WAIT = 2, 1
"""How SQLite says that a commit waits for the disk (FULL), or does not (NORMAL)."""


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    found = Ledger(tmp_path / "state")
    yield found
    found.close()


# --- Money and names -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dollars", "nano"), [(None, None), ("0", 0), ("0.05", 50_000_000), ("100", 10**11), ("0.0000000001", 1)]
)
def test_a_reservation_is_rounded_up_and_read_back_in_plain_digits(dollars: str | None, nano: int | None) -> None:
    amount = None if dollars is None else Decimal(dollars)
    assert to_nano(amount) == nano
    if amount is not None and nano != 1:
        assert str(from_nano(nano)) == dollars
    assert from_nano(None) is None


def test_a_process_is_named_by_its_host_its_number_and_its_start() -> None:
    assert this_process() == f"{HOST}:{os.getpid()}:{process_start(os.getpid())}"


# --- The thread ------------------------------------------------------------------------------------------------------


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "anymedia-ledger"]


def test_every_trip_is_made_on_one_thread_that_ends_with_the_ledger(ledger: Ledger) -> None:
    before = threads()

    async def work() -> None:
        on = [await ledger.call(lambda connection: threading.current_thread()) for _ in range(2)]
        (thread,) = (each for each in threads() if each not in before)
        assert on == [thread, thread] and thread.daemon

    asyncio.run(work())
    ledger.close()
    ledger.close()
    assert threads() == before
    asyncio.run(work())  # and starts again when it is asked
    assert pragma(ledger, "user_version") == len(MIGRATIONS)


@pytest.mark.parametrize("kind", [ValueError, asyncio.CancelledError])
def test_what_a_trip_raises_reaches_who_waits_and_the_thread_goes_on(kind: Any, ledger: Ledger) -> None:
    def failing(connection: sqlite3.Connection) -> None:
        raise kind("no")

    async def work() -> int:
        with pytest.raises(kind):
            await ledger.call(failing)
        return await ledger.call(lambda connection: 7)

    assert asyncio.run(work()) == 7


def test_who_waited_may_be_gone_with_the_loop(ledger: Ledger) -> None:
    going, go = threading.Event(), threading.Event()

    def slow(connection: sqlite3.Connection) -> None:
        going.set()
        go.wait(10)

    async def leaves() -> None:
        trip = asyncio.ensure_future(ledger.call(slow))
        await arrives(going.is_set)
        trip.cancel()

    async def stays() -> int:
        trip = asyncio.ensure_future(ledger.call(slow))
        await arrives(going.is_set)
        trip.cancel()
        go.set()
        return await ledger.call(lambda connection: 7)

    asyncio.run(leaves())
    go.set()
    going.clear()
    go.clear()
    assert asyncio.run(stays()) == 7


# --- The file --------------------------------------------------------------------------------------------------------


def pragma(ledger: Ledger, name: str) -> Any:
    return ledger.call_now(lambda connection: connection.execute(f"PRAGMA {name}").fetchone()[0])


def test_a_ledger_is_opened_once_private_and_forgets_what_is_deleted(tmp_path: Path) -> None:
    opened: list[Any] = []
    ledger = Ledger(tmp_path / "state", opened.append)
    found = {name: pragma(ledger, name) for name in ("journal_mode", "foreign_keys", "secure_delete", "user_version")}
    assert found == {"journal_mode": "wal", "foreign_keys": 1, "secure_delete": 1, "user_version": len(MIGRATIONS)}
    assert oct(ledger.path.stat().st_mode & 0o777) == oct(0o600)
    assert oct(ledger.home.stat().st_mode & 0o777) == oct(0o700)
    assert ledger.call_now(lambda connection: [connection]) == opened
    ledger.close()


def test_a_newer_ledger_is_read_and_not_written_to(ledger: Ledger) -> None:
    add(ledger)
    ledger.call_now(lambda connection: connection.execute(f"PRAGMA user_version={len(MIGRATIONS) + 1}"))
    ledger.close()
    ledger.path.chmod(0o640)
    opened: list[Any] = []
    later = Ledger(ledger.home, opened.append)
    assert row(later)["status"] == "reserved"
    with pytest.raises(errors.LedgerError, match=f"schema {len(MIGRATIONS) + 1}, this one knows {len(MIGRATIONS)}"):
        later.call_now(lambda connection: update_job(connection, "one", status="done"))
    assert (row(later)["status"], opened, oct(ledger.path.stat().st_mode & 0o777)) == ("reserved", [], oct(0o640))
    later.close()


def test_a_ledger_that_others_open_just_then_is_waited_for_a_while(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.home.mkdir()
    other = sqlite3.connect(ledger.path, isolation_level=None, check_same_thread=False)
    other.execute("CREATE TABLE theirs (id TEXT)")
    other.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.05)
    with pytest.raises(errors.LedgerError, match="locked") as caught:
        row(ledger)
    assert "Free disk space" in str(caught.value.next)
    monkeypatch.setattr(module, "BUSY_SECONDS", 30)
    threading.Timer(0.05, other.execute, ("ROLLBACK",)).start()
    assert pragma(ledger, "journal_mode") == "wal"
    other.close()


def test_a_ledger_whose_pages_are_not_its_own_is_to_be_rescued(ledger: Ledger) -> None:
    add(ledger)
    ledger.close()
    content = ledger.path.read_bytes()
    ledger.path.write_bytes(content[:100] + b"\xff" * (len(content) - 100))
    with pytest.raises(errors.LedgerError, match="malformed") as caught:
        row(ledger)
    assert caught.value.next == "Nothing is spent without it. `anymedia doctor` says how to rescue it."


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    ledger = Ledger(tmp_path / "file" / "state")
    with pytest.raises(errors.LedgerError) as caught:
        row(ledger)
    assert caught.value.message == f"The state folder {ledger.home} cannot be created: {os.strerror(20)}."
    assert caught.value.next == "Set ANYMEDIA_HOME to a folder that can be written."


def test_only_a_lock_is_waited_for(ledger: Ledger) -> None:
    ledger.home.mkdir()
    sqlite3.connect(ledger.path).execute("CREATE TABLE theirs (id TEXT)").connection.close()
    connection = sqlite3.connect(f"file:{ledger.path}?mode=ro", uri=True)
    before = time.monotonic()
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        module._keep_a_log(connection)
    assert time.monotonic() - before < module.BUSY_SECONDS / 2
    connection.close()


def test_a_job_that_is_not_there_is_named(ledger: Ledger) -> None:
    with pytest.raises(errors.UnknownName, match="There is no job 'two'"):
        asyncio.run(ledger.row("two"))
    assert ledger.call_now(lambda connection: job_with_key(connection, "no key")) is None


# --- Writing ---------------------------------------------------------------------------------------------------------


def test_only_what_moves_money_or_ends_a_job_waits_for_the_disk(ledger: Ledger) -> None:
    add(ledger, owner="me")
    owner = this_process()
    works: dict[str, Any] = {
        "begin": lambda: ledger.call(lambda connection: begin_submitting(connection, "one")),
        "update": lambda: ledger.update("one", note="a"),
        "update of little worth": lambda: ledger.update("one", durable=False, note="b"),
        "write": lambda: ledger.call(lambda connection: update_job(connection, "one", note="c")),
        "finish": lambda: ledger.call(lambda connection: finish_job(connection, "one", status="done")),
        "finish again": lambda: ledger.call(lambda c: finish_job(c, "one", durable=False, status="done")),
        "take": lambda: ledger.take("one", owner),
        "renew": lambda: ledger.renew("one", owner),
        "give back": lambda: ledger.give_back("one", owner),
    }

    async def work() -> dict[str, int]:
        waited = {}
        for name, each in works.items():
            await each()
            waited[name] = await ledger.call(lambda c: c.execute("PRAGMA synchronous").fetchone()[0])
        return waited

    waited = asyncio.run(work())
    assert {name for name, found in waited.items() if found == WAITS} == {"begin", "update", "write", "finish"}
    assert {found for found in waited.values() if found != WAITS} == {DOES_NOT_WAIT}


def test_a_write_is_whole_or_not_at_all_and_of_one_job(ledger: Ledger) -> None:
    add(ledger)
    add(ledger, "two")

    def half(connection: sqlite3.Connection) -> None:
        with transaction(connection):
            connection.execute("UPDATE job SET note='half'")
            raise KeyboardInterrupt

    def undone(connection: sqlite3.Connection) -> None:
        with transaction(connection):
            connection.execute("ROLLBACK")
            raise ValueError("undone by itself")

    with pytest.raises(KeyboardInterrupt):
        ledger.call_now(half)
    with pytest.raises(ValueError, match="undone by itself"):
        ledger.call_now(undone)
    ledger.call_now(lambda connection: update_job(connection, "two", note="all", status="done"))
    assert [(each["note"], each["status"]) for each in (row(ledger), row(ledger, "two"))] == [
        (None, "reserved"),
        ("all", "done"),
    ]


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ({"a": "ä"}, '{"a": "ä"}'),
        (["\ud83d"], '["\\ud83d"]'),
        ("half \ud83d", "half \\ud83d"),
        ("ä", "ä"),
        (None, None),
    ],
    ids=str,
)
def test_any_words_can_be_stored(value: Any, stored: Any, ledger: Ledger) -> None:
    add(ledger, note=value)
    assert row(ledger)["note"] == stored
    ledger.call_now(lambda connection: update_job(connection, "one", error=value))
    assert row(ledger)["error"] == stored


def test_a_purchase_begins_once_it_is_written_and_not_after_it_was_cancelled(ledger: Ledger) -> None:
    add(ledger)
    add(ledger, "two", cancel_requested_at=5.0)
    before = time.time()
    moment = ledger.call_now(lambda connection: begin_submitting(connection, "one"))
    assert ledger.call_now(lambda connection: begin_submitting(connection, "two")) is None
    assert moment is not None and before <= moment <= time.time()
    assert (row(ledger)["status"], row(ledger)["submitted_at"]) == ("submitting", moment)
    assert (row(ledger, "two")["status"], row(ledger, "two")["submitted_at"]) == ("reserved", None)


def test_a_job_that_is_finished_gives_its_lease_back_and_is_read(ledger: Ledger) -> None:
    add(ledger, owner="me", lease_until=9.0)
    finished = ledger.call_now(lambda connection: finish_job(connection, "one", status="done", result={"a": 1}))
    assert finished == row(ledger)
    assert [finished[name] for name in ("status", "owner", "lease_until", "result")] == ["done", None, 0, '{"a": 1}']


# --- Leases ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def neighbour() -> Iterator[Any]:
    """Another process that lives, and the number of one that is dead."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as living:
        dead = subprocess.Popen([sys.executable, "-S", "-c", ""])
        dead.wait()
        yield {"living": living.pid, "dead": dead.pid, "ours": os.getpid()}
        living.kill()


@pytest.mark.parametrize(
    ("owner", "lease", "taken"),
    [
        (None, 0, True),
        ("{us}", 60, True),
        (f"{HOST}:{{living}}:{{start}}", -60, False),
        (f"{HOST}:{{living}}:{{start}}.ab12", -60, False),
        (f"{HOST}:{{living}}:1", 60, True),
        (f"{HOST}:{{dead}}:{{start}}", 60, True),
        (f"{HOST}:{{ours}}:{{start}}.at-work", -60, False),
        (f"{HOST}:{{ours}}:{{start}}.gone", 60, True),
        ("else:where:{living}:{start}", 60, False),
        ("else:where:{living}:{start}", -60, True),
    ],
)
def test_a_job_is_taken_from_nobody_who_lives(
    owner: str | None, lease: float, taken: bool, ledger: Ledger, neighbour: Any
) -> None:
    assert process_is_alive(neighbour["living"])
    us, start = "else:where:1:2", process_start(neighbour["living"])
    named = None if owner is None else owner.format(us=us, start=start, **neighbour)
    add(ledger, owner=named, lease_until=time.time() + lease)
    if str(named).endswith(".at-work"):
        RUNNING.add(str(named))
    try:
        found = asyncio.run(ledger.take("one", us))
    finally:
        RUNNING.discard(str(named))
    assert (found is not None) is taken
    assert row(ledger)["owner"] == (us if taken else named)
    if taken:
        assert found is not None and found["id"] == "one"
        assert 0 < row(ledger)["lease_until"] - time.time() <= LEASE_SECONDS == 60


def test_a_lease_is_renewed_and_given_back_by_its_owner_only(ledger: Ledger) -> None:
    add(ledger, owner="me", lease_until=5.0)
    add(ledger, "two", owner="you", lease_until=5.0)
    add(ledger, "three", owner="me", lease_until=5.0)

    def leases() -> list[Any]:
        return [(each["owner"], each["lease_until"]) for each in (row(ledger, "two"), row(ledger, "three"))]

    async def work() -> None:
        await ledger.renew("one", "me")
        await ledger.renew("two", "me")
        renewed.append(row(ledger)["lease_until"] - time.time())
        await ledger.give_back("two", "me")
        await ledger.give_back("one", "me")

    renewed: list[float] = []
    asyncio.run(work())
    assert 55 < renewed[0] <= 60
    assert (row(ledger)["owner"], row(ledger)["lease_until"]) == (None, 0)
    assert leases() == [("you", 5.0), ("me", 5.0)]


# --- Reading ---------------------------------------------------------------------------------------------------------


def test_jobs_are_listed_by_time_and_then_by_name(ledger: Ledger) -> None:
    for number, (name, status) in enumerate([("a", "done"), ("c", "unknown"), ("b", "failed"), ("d", "done")]):
        add(ledger, name, status=status, created_at=1000.0 + number // 3)

    def listed(**which: Any) -> str:
        return "".join(job.id for job in asyncio.run(ledger.jobs(Filter(**which))))

    assert listed() == "dcba"
    assert listed(limit=2) == "dc"
    assert listed(statuses=frozenset({"done", "failed"})) == "dba"
    assert listed(statuses=frozenset()) == ""
    assert listed(since=datetime.fromtimestamp(1001, UTC)) == "d"
    assert listed(since=datetime.fromtimestamp(1000, UTC), statuses=frozenset({"unknown"})) == "c"
    assert Filter().limit == 100


def test_a_job_is_shown_with_everything_but_its_state(ledger: Ledger) -> None:
    add(
        ledger, parent="whole", status="running", submitted_at=1001.0, remote_id="theirs", note="a note",
        error={"code": "failed"}, private_state={"id": 1}, forgotten_at=1002.0, reserved_nano=5,
    )  # fmt: skip
    job = job_of(row(ledger))
    assert (job.id, job.parent, job.operation, job.backend, job.model) == ("one", "whole", "image", "toy", "toy-1")
    assert (job.status, job.idempotency_key, job.request) == ("running", "key of one", {"prompt": "a fox"})
    assert (job.state, job.remote_id, job.note, job.error) == (None, "theirs", "a note", {"code": "failed"})
    times = [datetime.fromtimestamp(1000 + number, UTC) for number in range(3)]
    assert [job.created_at, job.submitted_at, job.forgotten_at] == times
    assert job.cost == cost_of(row(ledger))
    add(ledger, "two")
    bare = job_of(row(ledger, "two"))
    assert [bare.parent, bare.submitted_at, bare.remote_id, bare.error, bare.note, bare.forgotten_at] == [None] * 6


@pytest.mark.parametrize(
    ("columns", "amount", "source"),
    [
        ({"settled_nano": 5 * 10**9, "reserved_nano": 9}, "5", "a price"),
        ({"settled_nano": 0, "status": "running", "reserved_nano": 9}, "0", "a price"),
        ({"status": "running", "reserved_nano": 10**9}, "1", "reserved, worst case: a price"),
        ({"status": "unknown", "reserved_nano": 10**9}, None, "a price"),
        ({"status": "running"}, None, "a price"),
    ],
    ids=["settled", "for nothing", "open", "unknown", "of unknown price"],
)
def test_what_a_job_cost(columns: Any, amount: str | None, source: str, ledger: Ledger) -> None:
    add(ledger, **columns)
    found = cost_of(row(ledger))
    assert (found.amount, found.source) == (None if amount is None else Decimal(amount), source)


@pytest.mark.parametrize(
    ("own", "parts", "amount"), [(None, [1, 2], "3"), (4, [1, 2], "7"), (4, [1, None], None), (None, [0], "0")]
)
def test_what_a_job_of_parts_cost_is_what_all_of_them_did(
    own: int | None, parts: list[int | None], amount: str | None, ledger: Ledger
) -> None:
    add(ledger, settled_nano=None if own is None else own * 10**9)
    add(ledger, "else", parent="whole", settled_nano=10**9)
    for number, cost in enumerate(parts):
        add(ledger, f"part {number}", parent="one", settled_nano=None if cost is None else cost * 10**9)
    found = ledger.call_now(lambda connection: job_with_key(connection, "key of one"))
    assert found == row(ledger) and found["parts"] == len(parts)
    cost = cost_of(found)
    assert (cost.amount, cost.source) == (None if amount is None else Decimal(amount), f"{len(parts)} parts: a price")
    assert json.loads(found["request"]) == {"prompt": "a fox"}
