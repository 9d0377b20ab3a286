"""The ledger: every job, continuation and created resource, in one SQLite file. Intent is written before money moves.

All SQL runs on one thread per ledger, so that a commit that waits for the disk never stops the event loop. Several
processes may share the file: SQLite's own locks and a lease on each running job keep them apart.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_CEILING, Decimal
from functools import cache
from pathlib import Path
from queue import SimpleQueue
from typing import Final, TypeVar

from ..errors import LedgerError, UnknownName
from ..media import Json
from ..results import RESUMABLE, Cost, Job, JobStatus
from .files import private_folder, real
from .processes import process_start
from .schema import MIGRATIONS

T = TypeVar("T")
Row = Mapping[str, Json]

BUSY_SECONDS = 30
LEASE_SECONDS = 60.0
NANO = Decimal(1_000_000_000)
BROKEN = ("not a database", "malformed")
"""What SQLite says of a file whose pages are not as it wrote them."""


def to_nano(amount: Decimal | None) -> int | None:
    """Dollars as billionths, rounded up: a reservation must never be too small."""
    return None if amount is None else int((amount * NANO).to_integral_value(ROUND_CEILING))


def from_nano(nano: int | None) -> Decimal | None:
    return None if nano is None else (Decimal(nano) / NANO).normalize() + Decimal(0)


def this_process() -> str:
    """Names the owner of a lease: host, process id, and when that process started (ids are used again)."""
    return _named_process(os.getpid())


@cache
def _named_process(process_id: int) -> str:
    return f"{socket.gethostname()}:{process_id}:{process_start(process_id)}"


RUNNING: set[str] = set()
"""The owners of leases that are at work in this very process."""


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which jobs to list: by status, by the moment they were made, at most so many, the newest first."""

    statuses: frozenset[JobStatus] | None = None
    since: datetime | None = None
    limit: int = 100


class _Trip:
    """A function on its way to the ledger's thread, and the future of who waits for it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, function: Callable[[sqlite3.Connection], Json]) -> None:
        self.function = function
        self.future: asyncio.Future[Json] = loop.create_future()
        self._loop = loop

    def answer(self, value: Json, error: BaseException | None) -> None:
        """Called on the ledger's thread. Whoever waited may have gone, and the loop with them."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._settle, value, error)

    def _settle(self, value: Json, error: BaseException | None) -> None:
        if self.future.done():
            return
        if error is None:
            self.future.set_result(value)
        else:
            self.future.set_exception(error)


class Ledger:
    """One SQLite file. Methods ending in no suffix are coroutines; `call` runs a function of a connection."""

    def __init__(self, home: Path, at_opening: Callable[[sqlite3.Connection], object] | None = None) -> None:
        self.home = real(home)
        self._at_opening = at_opening
        self.path = self.home / "ledger.sqlite"
        self._connection: sqlite3.Connection | None = None
        self._newer: int | None = None
        self._lock = threading.Lock()
        self._asked: SimpleQueue[_Trip | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    # --- Connection ---------------------------------------------------------------------------------------------

    async def call(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Run `function(connection)` on the ledger's thread. Raise `LedgerError` if the file cannot be used."""
        # A thread and a queue of its own: an executor's two futures for each trip cost more than a small commit.
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="anymedia-ledger", daemon=True)
            self._thread.start()
        trip = _Trip(asyncio.get_running_loop(), function)
        self._asked.put(trip)
        value: T = await trip.future
        return value

    def _serve(self) -> None:
        """Do the trips one after the other until the ledger is closed."""
        while (trip := self._asked.get()) is not None:
            try:
                trip.answer(self.call_now(trip.function), None)
            except BaseException as error:  # noqa: BLE001 - whoever waits gets it, whatever it is
                trip.answer(None, error)
            del trip

    def call_now(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """The same from a thread that may wait."""
        with self._lock:
            try:
                return function(self._open())
            except sqlite3.Error as error:
                raise self._unusable(error) from error

    def _unusable(self, error: sqlite3.Error) -> LedgerError:
        if self._newer is not None:
            return LedgerError(
                f"The ledger {self.path} was written by a newer version (schema {self._newer}, this one knows "
                f"{len(MIGRATIONS)}): it can be read here, and is not written to.",
                next="Nothing is spent without it. Upgrade anymedia, or set ANYMEDIA_HOME to another folder.",
            )
        broken = any(words in str(error) for words in BROKEN)
        room = "Free disk space, or set ANYMEDIA_HOME to a local folder."
        then = "`anymedia doctor` says how to rescue it." if broken else room
        return LedgerError(
            f"The ledger {self.path} cannot be used: {error}.", next=f"Nothing is spent without it. {then}"
        )

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            try:
                private_folder(self.home).chmod(0o700)
                self._connection = _connect(self.path)
                self._newer = _newer_version(self._connection)
                if self._at_opening is not None and self._newer is None:
                    self._at_opening(self._connection)
            except OSError as error:
                raise LedgerError(
                    f"The state folder {self.home} cannot be created: {error.strerror}.",
                    next="Set ANYMEDIA_HOME to a folder that can be written.",
                ) from error
        return self._connection

    def close(self) -> None:
        if self._thread is not None:
            self._asked.put(None)
            self._thread.join()
            self._thread = None
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    # --- Jobs ---------------------------------------------------------------------------------------------------

    async def row(self, job_id: str) -> Row:
        """Everything about one job. Raise `UnknownName`."""
        return await self.call(lambda connection: job_row(connection, job_id))

    async def update(self, job_id: str, *, durable: bool = True, **columns: Json) -> None:
        """Write columns of one job. With `durable=False` a power cut may undo it; a crash of the process cannot."""
        await self.call(lambda connection: update_job(connection, job_id, durable=durable, **columns))

    async def jobs(self, which: Filter) -> list[Job]:
        rows = await self.call(lambda connection: _list(connection, which))
        return [job_of(row) for row in rows]

    async def take(self, job_id: str, owner: str) -> Row | None:
        """Take the lease of a job and read it; `None` while another living process has it."""
        return await self.call(lambda connection: _take(connection, job_id, owner))

    async def renew(self, job_id: str, owner: str) -> None:
        """Keep the lease of a job that is still being worked on."""
        until = time.time() + LEASE_SECONDS
        sql = "UPDATE job SET lease_until=? WHERE id=? AND owner=?"
        await self.call(lambda connection: _write(connection, sql, (until, job_id, owner)))

    async def give_back(self, job_id: str, owner: str) -> None:
        await self.call(
            lambda connection: _write(
                connection, "UPDATE job SET owner=NULL, lease_until=0 WHERE id=? AND owner=?", (job_id, owner)
            )
        )


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    if _newer_version(connection) is not None:
        connection.execute("PRAGMA query_only=ON")
        return connection
    _keep_a_log(connection)
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA secure_delete=ON")  # what is replaced or forgotten stays on no free page
    _migrate(connection)
    path.chmod(0o600)
    return connection


def _keep_a_log(connection: sqlite3.Connection) -> None:
    """Write ahead. SQLite does not wait for others that look into a new file just then; this does."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.01)


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _newer_version(connection: sqlite3.Connection) -> int | None:
    """The version of a ledger that a later release wrote: what its columns mean may not be known here."""
    version = _version(connection)
    return version if version > len(MIGRATIONS) else None


def _migrate(connection: sqlite3.Connection) -> None:
    if _version(connection) == len(MIGRATIONS):
        return
    with transaction(connection):
        version = _version(connection)  # another process may have been faster
        if version >= len(MIGRATIONS):
            return
        for step in MIGRATIONS[version:]:
            for statement in filter(str.strip, step.split(";")):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version={len(MIGRATIONS)}")


@contextmanager
def transaction(connection: sqlite3.Connection, *, durable: bool = True) -> Iterator[None]:
    """One write transaction. `durable` waits until the disk has it (SQLite's synchronous=FULL)."""
    connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # some failures have rolled it back already
            connection.execute("ROLLBACK")
        raise


def _write(connection: sqlite3.Connection, sql: str, values: Sequence[Json], *, durable: bool = False) -> int:
    with transaction(connection, durable=durable):
        return connection.execute(sql, values).rowcount


def insert_job(connection: sqlite3.Connection, columns: Mapping[str, Json]) -> None:
    """Add a job inside the caller's transaction."""
    names = ", ".join(columns)
    marks = ", ".join("?" for _ in columns)
    connection.execute(f"INSERT INTO job ({names}) VALUES ({marks})", [_column(value) for value in columns.values()])


def update_job(connection: sqlite3.Connection, job_id: str, *, durable: bool = True, **columns: Json) -> None:
    names = ", ".join(f"{name}=?" for name in columns)
    values = [*(_column(value) for value in columns.values()), job_id]
    _write(connection, f"UPDATE job SET {names} WHERE id=?", values, durable=durable)


def begin_submitting(connection: sqlite3.Connection, job_id: str) -> float | None:
    """Write that the request is about to be sent, and when; `None` if the job was to be cancelled before."""
    now = time.time()
    sql = "UPDATE job SET status='submitting', submitted_at=? WHERE id=? AND cancel_requested_at IS NULL"
    return now if _write(connection, sql, (now, job_id), durable=True) else None


def storable(name: Json) -> Json:
    """What others gave as a name, with half a surrogate pair written out: SQLite takes no other text."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8") if isinstance(name, str) else name


def _column(value: Json) -> Json:
    if not isinstance(value, dict | list):
        return storable(value)
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value)  # half a surrogate pair in a provider's words: only escaped can it be stored
    return text


_JOB: Final = """
    SELECT job.*,
        (SELECT COUNT(*) FROM job AS part WHERE part.parent = job.id) AS parts,
        (SELECT COUNT(settled_nano) FROM job AS part WHERE part.parent = job.id) AS parts_settled,
        (SELECT SUM(settled_nano) FROM job AS part WHERE part.parent = job.id) AS parts_nano
    FROM job
"""
"""A job, and of the jobs that are its parts: how many, how many of a known cost, and what these cost."""


def job_row(connection: sqlite3.Connection, job_id: str) -> Row:
    row = connection.execute(f"{_JOB} WHERE id=?", (job_id,)).fetchone()
    if row is None:
        raise UnknownName(f"There is no job {job_id!r} in this ledger.", next="`anymedia jobs` lists them.")
    return dict(row)


def job_with_key(connection: sqlite3.Connection, idempotency_key: str) -> Row | None:
    row = connection.execute(f"{_JOB} WHERE idempotency_key=?", (idempotency_key,)).fetchone()
    return None if row is None else dict(row)


def _list(connection: sqlite3.Connection, which: Filter) -> list[Row]:
    clauses, values = ["1"], list[Json]()
    if which.statuses is not None:
        clauses.append(f"status IN ({', '.join('?' for _ in which.statuses)})")
        values += sorted(which.statuses)
    if which.since is not None:
        clauses.append("created_at >= ?")
        values.append(which.since.timestamp())
    sql = f"{_JOB} WHERE {' AND '.join(clauses)} ORDER BY created_at DESC, id DESC LIMIT ?"
    return [dict(row) for row in connection.execute(sql, [*values, which.limit])]


def finish_job(connection: sqlite3.Connection, job_id: str, *, durable: bool = True, **columns: Json) -> Row:
    """Write the last columns of a job, give its lease back, and read it."""
    update_job(connection, job_id, durable=durable, owner=None, lease_until=0, **columns)
    return job_row(connection, job_id)


def _take(connection: sqlite3.Connection, job_id: str, owner: str) -> Row | None:
    with transaction(connection, durable=False):
        row = job_row(connection, job_id)
        free = row["owner"] in (None, owner) or _is_abandoned(row)
        if free:
            until = time.time() + LEASE_SECONDS
            connection.execute("UPDATE job SET owner=?, lease_until=? WHERE id=?", (owner, until, job_id))
        return row if free else None


def _is_abandoned(row: Row) -> bool:
    """Whether nobody works on a leased job any more.

    On this machine the process itself tells: one that lives is never robbed, however late it is. Of other machines
    only the lease is known.
    """
    host, process_id, rest = row["owner"].rsplit(":", 2)
    if host != socket.gethostname():
        return bool(row["lease_until"] < time.time())
    if int(process_id) == os.getpid():
        return row["owner"] not in RUNNING
    return bool(process_start(int(process_id)) != rest.partition(".")[0])


def job_of(row: Row) -> Job:
    """The public view of a job's row."""
    return Job(
        id=row["id"],
        parent=row["parent"],
        operation=row["operation"],
        backend=row["backend"],
        model=row["model"],
        status=row["status"],
        idempotency_key=row["idempotency_key"],
        request=json.loads(row["request"]),
        state=None,
        created_at=_moment(row["created_at"]),
        submitted_at=None if row["submitted_at"] is None else _moment(row["submitted_at"]),
        remote_id=row["remote_id"],
        cost=cost_of(row),
        error=None if row["error"] is None else json.loads(row["error"]),
        note=row["note"],
        forgotten_at=None if row["forgotten_at"] is None else _moment(row["forgotten_at"]),
    )


def cost_of(row: Row) -> Cost:
    """What the job cost; while that is open, what is reserved for it, and the source says which."""
    if row["parts"]:
        own = row["settled_nano"] or 0
        amount = own + row["parts_nano"] if row["parts_settled"] == row["parts"] else None
        return Cost(amount=from_nano(amount), source=f"{row['parts']} parts: {row['cost_source']}")
    if row["settled_nano"] is not None:
        return Cost(amount=from_nano(row["settled_nano"]), source=row["cost_source"])
    if row["status"] in RESUMABLE and row["reserved_nano"] is not None:
        return Cost(amount=from_nano(row["reserved_nano"]), source=f"reserved, worst case: {row['cost_source']}")
    return Cost(amount=None, source=row["cost_source"])


def _moment(timestamp: float) -> datetime:
    return datetime.fromtimestamp(timestamp, UTC)
