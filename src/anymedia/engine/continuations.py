"""What a later request needs to continue an earlier result. Survives restarts; the oldest go first."""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import UnknownName
from ..media import Json, MediaFile
from .blobs import Blobs
from .ledger import Row, transaction
from .records import file_from_json, file_to_json
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


def store(connection: sqlite3.Connection, row: Row, state: Json, last_output: MediaFile | None) -> str:
    """Keep what `row`'s result needs to be continued; return its id. Branching is free: ids are never overwritten.

    `state` is encoded.
    """
    text = json.dumps(state, ensure_ascii=False)
    continuation_id = f"cont_{secrets.token_hex(12)}"
    output = None if last_output is None else json.dumps(file_to_json(last_output))
    now = time.time()
    values = (continuation_id, row["id"], row["operation"], row["backend"], row["model"], row["account"])
    with transaction(connection):
        connection.execute(
            "INSERT INTO continuation VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*values, text, output, len(text), now, now),
        )
        _evict(connection)
    return continuation_id


def load(connection: sqlite3.Connection, continuation_id: str, blobs: Blobs) -> Kept:
    """The continuation of this id. Raise `UnknownName`."""
    row = connection.execute("SELECT * FROM continuation WHERE id=?", (continuation_id,)).fetchone()
    if row is None:
        raise UnknownName(
            f"There is no continuation {continuation_id!r} in this ledger.",
            next="A result has one only when it was made with continuable=True; old ones are evicted.",
        )
    with transaction(connection, durable=False):
        connection.execute("UPDATE continuation SET used_at=? WHERE id=?", (time.time(), continuation_id))
    output = None if row["last_output"] is None else file_from_json(json.loads(row["last_output"]))
    return Kept(
        id=continuation_id,
        operation=row["operation"],
        backend=row["backend"],
        model=row["model"],
        state=_decode(json.loads(row["private_state"]), blobs),
        last_output=output,
    )


def _evict(connection: sqlite3.Connection) -> None:
    """Drop the least recently used beyond the limits of count and bytes."""
    connection.execute(
        """
        DELETE FROM continuation WHERE id IN (
            SELECT id FROM (
                SELECT id, ROW_NUMBER() OVER newest AS number, SUM(bytes) OVER newest AS total FROM continuation
                WINDOW newest AS (ORDER BY used_at DESC, id)
            ) WHERE number > ? OR total > ?
        )
        """,
        (MOST, MOST_BYTES),
    )


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
