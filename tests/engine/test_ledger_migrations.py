"""Ledgers that earlier code wrote are brought forward whole, or not at all; later ones are read and not written to."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from anymedia import AsyncClient, Job, errors
from anymedia.engine.ledger import Filter
from anymedia.engine.schema import MIGRATIONS
from anymedia.spec import Backend
from ledgers.build import OVER, SENT_IN_VAIN, poll, sold, submit
from toys import PICTURE, Provider, toy
from workplace import Workplace

LEDGERS = Path(__file__).parents[1] / "ledgers"
TODAY = len(MIGRATIONS)
versions = pytest.mark.parametrize("version", range(1, TODAY + 1))
ENDED = {"empty_output": "failed"}
"""What the state is called where it is not the name of the job."""
TABLES = "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
INDEXES = "SELECT name FROM sqlite_master WHERE type='index' AND name NOT LIKE 'sqlite_%' ORDER BY name"


def restore(workplace: Workplace, version: int, provider: str = "http://127.0.0.1:1") -> Path:
    """The ledger of that version in a workplace, its paths and addresses those of here."""
    text = (LEDGERS / f"v{version}.sql").read_text("utf-8")
    workplace.state.mkdir(exist_ok=True)
    path = workplace.state / "ledger.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(text.replace("PROVIDER", provider).replace("ROOT", str(workplace.root)))
    return path


def shape(path: Path) -> dict[str, Any]:
    """Every table with its columns, every index."""
    with closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute(TABLES)]
        columns = {name: sorted(row[1:] for row in connection.execute(f"PRAGMA table_info({name})")) for name in tables}
        return {**{name: [each[:4] for each in found] for name, found in columns.items()},
                "indexes": [name for (name,) in connection.execute(INDEXES)]}  # fmt: skip


def version_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def prompts(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {json.loads(row["request"])["prompt"]: row for row in rows}


def job_ids(workplace: Workplace) -> dict[str, str]:
    return {prompt: row["id"] for prompt, row in prompts(workplace.rows()).items()}


async def listed(client: AsyncClient) -> list[Job]:
    return await client.jobs(Filter())


@pytest.fixture
def seller(provider: Provider) -> Iterator[Provider]:
    sold(provider, "reserved", "submitting", "running", "ready")
    yield provider


def seller_backend(seller: Provider) -> Backend:
    return toy(seller.url, submit, poll=poll)


# --- Forward --------------------------------------------------------------------------------------------------------


def test_there_is_a_ledger_of_every_version_of_the_schema() -> None:
    assert sorted(path.stem for path in LEDGERS.glob("v*.sql")) == [f"v{number}" for number in range(1, TODAY + 1)], (
        "A new version of the schema needs a ledger of it: see tests/ledgers/build.py."
    )


@versions
def test_every_column_of_every_job_is_kept(version: int, workplace: Workplace) -> None:
    path = restore(workplace, version)
    before = {table: workplace.rows(table=table) for table in ("job", "continuation", "resource")}
    assert set(prompts(before["job"])) == {*OVER, *SENT_IN_VAIN, "reserved", "submitting", "running", "ready"}
    assert before["continuation"] and before["resource"]
    jobs = workplace.run(listed)
    assert version_of(path) == TODAY
    for table, rows in before.items():
        after = workplace.rows(table=table)
        assert [{name: now[name] for name in was} for was, now in zip(rows, after, strict=True)] == rows
    statuses = {job.request["prompt"]: job.status for job in jobs}
    assert statuses == {prompt: ENDED.get(prompt, prompt) for prompt in statuses}


@versions
def test_a_ledger_that_was_brought_forward_has_the_tables_of_a_new_one(version: int, workplace: Workplace) -> None:
    path = restore(workplace, version)
    new = Workplace(root=workplace.root / "new")
    new.root.mkdir()
    new.run(listed)
    workplace.run(listed)
    assert shape(path) == shape(new.state / "ledger.sqlite"), (
        "A step of MIGRATIONS that was once merged may not be edited: add a step."
    )


@versions
def test_money_of_an_earlier_version_is_added_up_as_it_was(version: int, workplace: Workplace) -> None:
    restore(workplace, version)
    spent = workplace.run(lambda client: client.spending(by="backend"))
    settled = [row["settled_nano"] or 0 for row in workplace.rows()]
    assert Decimal(sum(settled)) / 10**9 == sum(each.settled for each in spent) > 0


@versions
def test_jobs_that_were_under_way_are_gone_on_with_and_never_bought_again(
    version: int, workplace: Workplace, seller: Provider
) -> None:
    restore(workplace, version, seller.url)
    backend, ids = seller_backend(seller), job_ids(workplace)
    for prompt in ("running", "ready"):
        result = workplace.run(lambda client, name=prompt: client.resume(ids[name]), backend)
        assert result.path.read_bytes() == PICTURE
    assert [request.method for request in seller.requests] == ["GET"] * 3
    with pytest.raises(errors.OutcomeUnknown):
        workplace.run(lambda client: client.resume(ids["submitting"]), backend)
    assert seller.count("POST", "/buy/submitting") == 0
    workplace.run(lambda client: client.resume(ids["reserved"]), backend)
    assert seller.count("POST", "/buy/reserved") == 1


@versions
def test_a_job_that_was_unknown_can_be_settled(version: int, workplace: Workplace) -> None:
    restore(workplace, version)
    unknown = job_ids(workplace)["unknown"]
    job = workplace.run(lambda client: client.settle(unknown, made=True, cost=Decimal("0.05")))
    assert (job.status, job.cost.amount) == ("failed", Decimal("0.05"))


@versions
def test_a_finished_job_still_answers_to_its_key(version: int, workplace: Workplace, seller: Provider) -> None:
    restore(workplace, version, seller.url)
    workplace.out.mkdir()
    for row in workplace.rows("kept_files, created_at"):
        for file in json.loads(row["kept_files"]):
            Path(file["path"]).write_bytes(PICTURE)
    result = workplace.draw(seller_backend(seller), prompt="done", n=1, backend="toy", idempotency_key="key-done")
    assert (result.path.read_bytes(), seller.requests) == (PICTURE, [])


@pytest.mark.parametrize("version", range(1, TODAY))
def test_a_migration_that_is_killed_anywhere_is_whole_or_has_not_begun(version: int, workplace: Workplace) -> None:
    path = restore(workplace, version)
    copies = workplace.root / "copies"
    copies.mkdir()
    before = shape(path)
    subprocess.run([sys.executable, str(LEDGERS / "killed.py"), str(path), str(copies)], check=True)
    deaths = sorted(copies.iterdir(), key=lambda folder: int(folder.name))
    found = [version_of(folder / "ledger.sqlite") for folder in deaths]
    assert len(found) > 8 and set(found) == {version, TODAY} and found == sorted(found)
    for folder, reached in zip(deaths, found, strict=True):
        copy = folder / "ledger.sqlite"
        assert (shape(copy) == before) is (reached == version)
        with closing(sqlite3.connect(copy)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert connection.execute("SELECT COUNT(*) FROM job").fetchone() == (len(workplace.rows()),)


# --- Back -----------------------------------------------------------------------------------------------------------


def test_a_ledger_of_a_newer_version_is_read_and_not_written_to(workplace: Workplace, seller: Provider) -> None:
    path = restore(workplace, TODAY, seller.url)
    workplace.write("ALTER TABLE job ADD COLUMN of_tomorrow TEXT")
    workplace.write(f"PRAGMA user_version={TODAY + 1}")
    before = path.read_bytes()
    backend, ids = seller_backend(seller), job_ids(workplace)
    assert len(workplace.run(listed, backend)) == len(ids)
    assert workplace.run(lambda client: client.spending(), backend)
    attempts = [
        (lambda client: client.image("a fox"), "no"),
        (lambda client: client.resume(ids["reserved"]), "no"),
        (lambda client: client.resume(ids["running"]), "maybe"),
        (lambda client: client.settle(ids["unknown"], made=False), "no"),
        (lambda client: client.cancel(ids["reserved"]), "no"),
    ]
    for attempt, charged in attempts:
        with pytest.raises(errors.LedgerError, match=r"newer version.*can be read") as caught:
            workplace.run(attempt, backend)
        assert "Upgrade anymedia" in str(caught.value.next) and caught.value.charged == charged
    assert seller.requests == []
    assert path.read_bytes() == before
