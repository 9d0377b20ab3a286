"""What a later request needs to continue an earlier result. Survives restarts; the oldest go first."""

from __future__ import annotations

import json
import re
import secrets
import sqlite3
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..errors import UnknownName, shown
from ..media import Json, MediaFile
from .blobs import Blobs
from .ledger import Row, transaction
from .request_json import decode_media

MOST = 1000
MOST_BYTES = 2 * 2**30
"""How many continuations are kept, and how many bytes of state and media with them."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A stored continuation. `state` is the backend's own; `last_output` is the file it continues, if it is there."""

    id: str
    operation: str
    backend: str
    model: str
    state: Json
    last_output: MediaFile | None


def store(connection: sqlite3.Connection, row: Row, state: Json, last_output: Json, blobs: Blobs) -> str:
    """Keep what `row`'s result needs to be continued; return its id. Branching is free: ids are never overwritten.

    `state` and `last_output` are encoded: their media are blobs.
    """
    text, output = json.dumps(state), json.dumps(last_output)  # in ASCII: half a surrogate pair cannot be stored
    continuation_id = f"cont_{secrets.token_hex(12)}"
    now = time.time()
    values = (continuation_id, row["id"], row["operation"], row["backend"], row["model"], row["account"])
    with transaction(connection):
        connection.execute(
            "INSERT INTO continuation VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*values, text, output, len(text) + sum(_sizes({"state": state, "output": last_output})), now, now),
        )
        unused = _evict(connection)
    for digest in unused:
        blobs.drop(digest)
    return continuation_id


def load(connection: sqlite3.Connection, continuation_id: str, blobs: Blobs) -> Kept:
    """The continuation of this id. Raise `UnknownName`."""
    row = connection.execute("SELECT * FROM continuation WHERE id=?", (continuation_id,)).fetchone()
    if row is None:
        raise UnknownName(
            f"There is no continuation {shown(continuation_id)} in this ledger.",
            next="A result has one only when it was made with continuable=True; old ones are evicted.",
        )
    with transaction(connection, durable=False):
        connection.execute("UPDATE continuation SET used_at=? WHERE id=?", (time.time(), continuation_id))
    return Kept(
        id=continuation_id,
        operation=row["operation"],
        backend=row["backend"],
        model=row["model"],
        state=_decode(json.loads(row["private_state"]), blobs),
        last_output=None if row["last_output"] is None else _decode(json.loads(row["last_output"]), blobs),
    )


def _evict(connection: sqlite3.Connection) -> list[str]:
    """Drop the least recently used beyond the limits; return the blobs that nothing in the ledger names any more."""
    dropped = connection.execute(
        """
        DELETE FROM continuation WHERE id IN (
            SELECT id FROM (
                SELECT id, ROW_NUMBER() OVER newest AS number, SUM(bytes) OVER newest AS total FROM continuation
                WINDOW newest AS (ORDER BY used_at DESC, id)
            ) WHERE number > ? OR total > ?
        ) RETURNING private_state || last_output
        """,
        (MOST, MOST_BYTES),
    ).fetchall()
    digests = {digest for row in dropped for digest in BLOB.findall(row[0])}
    return [digest for digest in digests if not is_named(connection, digest)]


def is_named(connection: sqlite3.Connection, digest: str) -> bool:
    """Whether anything in the ledger still needs the blob of this SHA-256."""
    sql = """
        SELECT 1 FROM continuation WHERE instr(private_state || last_output, ?1)
        UNION ALL SELECT 1 FROM job WHERE instr(request, ?1) LIMIT 1
    """
    return connection.execute(sql, (digest,)).fetchone() is not None


BLOB = re.compile(r'"\$blob": "([0-9a-f]{64})"')
"""A blob as it is named in a column of JSON."""


def _sizes(value: Json) -> Iterator[int]:
    """The sizes of the media anywhere in encoded JSON."""
    if isinstance(value, Mapping):
        if "$media" in value:
            yield value["$media"].get("size") or 0
        for item in value.values():
            yield from _sizes(item)
    elif isinstance(value, list):
        for item in value:
            yield from _sizes(item)


def encode(value: Json, blobs: Blobs) -> Json:
    """Media anywhere in a state becomes a blob: the user may delete the file."""
    if isinstance(value, MediaFile):
        return {"$media": {"media_type": value.media_type, "size": value.size, "$blob": blobs.keep(value)}}
    if isinstance(value, Mapping):
        return {name: encode(item, blobs) for name, item in value.items()}
    return [encode(item, blobs) for item in value] if isinstance(value, list | tuple) else value


def _decode(value: Json, blobs: Blobs) -> Json:
    if isinstance(value, dict):
        if "$media" in value:
            return decode_media(value, blobs.path)
        return {name: _decode(item, blobs) for name, item in value.items()}
    return [_decode(item, blobs) for item in value] if isinstance(value, list) else value
