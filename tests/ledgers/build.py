"""Writes a ledger with jobs in every state, as the code that it runs with makes it, as the text of SQL statements.

    python tests/ledgers/build.py > tests/ledgers/v3.sql

Once for each version of the schema, with the code of that version, and never again: these are the ledgers of users.
For an earlier version it runs in the `tests` folder of a checkout of that time, with that time's package.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(os.environ.get("LEDGER_TESTS", Path(__file__).parents[1]))))

import toys
from anymedia import AnymediaError, AsyncClient
from anymedia.desk import Options
from anymedia.media import MediaFile
from anymedia.operations import ImageRequest
from anymedia.spec import Backend, Call, Created, Failed, Flow, Pending, Succeeded, delete, get, post
from anymedia.testing.emulator import Fault

NOBODY = "http://127.0.0.1:1"
"""Where nobody listens."""


def submit(call: Call) -> Flow:
    response = yield post(f"/buy/{call.request.prompt}", json=dict(call.body))
    yield Created(kind="upload", id=response.json["id"], delete=delete(f"/uploads/{response.json['id']}"))
    return Pending(state={"id": response.json["id"]}, poll_after=0)


def poll(call: Call, state: Any) -> Flow:
    response = yield get(f"/jobs/{state['id']}")
    match response.json:
        case {"status": "done", "urls": urls}:
            files = tuple(MediaFile(media_type="image/png", url=url) for url in urls)
            return Succeeded(files=files, continuation={"id": state["id"]}, missing=response.json.get("missing", ()))
        case {"status": "failed", "reason": reason, "kind": kind}:
            return Failed(reason=reason, kind=kind)
    return Pending(state=state, poll_after=0.02)


def sold(provider: toys.Provider, *names: str) -> None:
    """Jobs that the provider accepts, finishes and hands out."""
    for name in names:
        done = {"status": "done", "urls": [f"{provider.url}/files/{name}"]}
        provider.on("POST", f"/buy/{name}", toys.says({"id": name}))
        provider.on("GET", f"/jobs/{name}", toys.says(done))
        provider.on("GET", f"/files/{name}", toys.sends(toys.PICTURE))


def ends(provider: toys.Provider, name: str, kind: str) -> None:
    sold(provider, name)
    provider.on("GET", f"/jobs/{name}", toys.says({"status": "failed", "reason": f"it {kind}", "kind": kind}))


def scripted(provider: toys.Provider) -> None:
    """How each job ends, or where it stays."""
    sold(provider, "done", "partial", "verify_failed", "ready", "running", "submitting")
    for kind in ("refused", "failed", "expired", "cancelled", "empty_output"):
        ends(provider, kind, kind)
    some = {"status": "done", "urls": [f"{provider.url}/files/partial"], "missing": ["it drew one only"]}
    provider.on("GET", "/jobs/partial", toys.says(some))
    provider.on("GET", "/files/verify_failed", toys.sends(toys.PICTURE[:60]))
    provider.on("POST", "/buy/rejected", toys.says({"error": {"message": "no such quality"}}, 400))
    provider.on("POST", "/buy/rate_limited", toys.says({"error": {"message": "later"}}, 429))
    provider.on("POST", "/buy/unknown", toys.breaks(Fault.reset_after_body()))
    provider.on("POST", "/buy/submitting", toys.breaks(Fault.no_answer()))
    provider.on("GET", "/jobs/running", toys.RUNNING)
    provider.on("GET", "/files/ready", toys.breaks(Fault.endless(), toys.sends(toys.PICTURE)))


OVER = ("done", "partial", "verify_failed", "refused", "failed", "expired", "cancelled", "empty_output")
SENT_IN_VAIN = ("rejected", "rate_limited", "unknown", "not_sent")
STAYS = ("submitting", "running", "ready")


async def make(client: AsyncClient, ledger: Path, prompt: str) -> None:
    """One job to its end, whatever that is."""
    try:
        backend = "away" if prompt == "not_sent" else "toy"
        options = Options(backend=backend, idempotency_key=f"key-{prompt}", wait=60 if prompt in STAYS else 1)
        await client.generate(ImageRequest(prompt=prompt, n=2 if prompt == "partial" else 1), options)
    except AnymediaError as error:
        print(f"{prompt}: {error.code}", file=sys.stderr)


async def fill(client: AsyncClient, ledger: Path) -> str:
    for prompt in (*OVER, *SENT_IN_VAIN):
        await make(client, ledger, prompt)
    await client.open(ImageRequest(prompt="reserved"), Options(backend="toy", idempotency_key="key-reserved"))
    staying = [asyncio.ensure_future(make(client, ledger, prompt)) for prompt in STAYS]
    while {prompt for prompt in STAYS if _status(ledger, prompt) == prompt} != set(STAYS):
        await asyncio.sleep(0.01)
        if all(each.done() for each in staying):
            raise SystemExit("The jobs that should stay have ended.")
    return dumped(ledger)


def dumped(ledger: Path) -> str:
    """The whole ledger, its open jobs held by a process of another machine whose lease is over."""
    with closing(sqlite3.connect(ledger)) as connection, closing(sqlite3.connect(":memory:")) as copy:
        connection.backup(copy)
        copy.execute("UPDATE job SET owner='elsewhere:1:1.00000000', lease_until=1 WHERE owner IS NOT NULL")
        copy.commit()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        return "\n".join((*copy.iterdump(), f"PRAGMA user_version={version};"))


def _status(ledger: Path, prompt: str) -> str:
    with closing(sqlite3.connect(ledger)) as connection:
        row = connection.execute("SELECT status FROM job WHERE idempotency_key=?", (f"key-{prompt}",)).fetchone()
        return "" if row is None else str(row[0])


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, toys.Provider() as provider:
        scripted(provider)
        root = Path(folder)
        backend: Backend = toys.toy(provider.url, submit, poll=poll)
        away = replace(backend, name="away", base_url=NOBODY)
        client = toys.open_client(root, root / "out", backend, away)
        text = asyncio.run(fill(client, root / "state" / "ledger.sqlite"))
        print(text.replace(provider.url, "PROVIDER").replace(folder, "ROOT"), flush=True)
        os._exit(0)  # as a crash leaves it


if __name__ == "__main__":
    main()
