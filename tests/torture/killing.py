"""Orders to a victim process, and what must be true after it died: nothing lost, nothing bought twice."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Self

from invariants import NOT_SUBMITTED, WHOLE, check_everything
from sample_provider import Purchase, SampleProvider
from share import STAND_INS

from anymedia import AnymediaError, AsyncClient
from anymedia.registry import shipped_backends
from anymedia.testing.conformance.targets import backends_named
from workplace import Workplace

VICTIM = Path(__file__).with_name("victim.py")


class Victim:
    """A process that buys when it is told to, and dies or stumbles where it is told to."""

    def __init__(self, purchase: Purchase, target: str, folder: Path) -> None:
        learned = folder / "exchanges"
        learned.write_bytes(pickle.dumps(purchase.exchanges))
        command = [sys.executable, str(VICTIM), target, str(purchase.number), str(learned)]
        environ = {**os.environ, "PYTHONPATH": f"{VICTIM.parent}{os.pathsep}{VICTIM.parents[1]}"}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._process = subprocess.Popen(command, env=environ, text=True, **pipes)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def buy(self, place: Workplace, seller: SampleProvider, **order: Any) -> dict[str, Any]:
        """Let it buy, and say how that ended."""
        (answer,) = self.buy_together(place, seller, 1, **order)
        return answer

    def buy_together(
        self, place: Workplace, seller: SampleProvider, processes: int, *, key: str | None = None, **order: Any
    ) -> list[dict[str, Any]]:
        """Let that many processes buy at the same time. `{}` in the key stands for the number of the process."""
        assert self._process.stdin is not None and self._process.stdout is not None
        place.environ = seller.environ
        place.root.mkdir(exist_ok=True)
        given = {"jobs": 1, "key": key, "processes": processes, "wait": 10.0, **order, "arguments": place.arguments}
        whole = {"root": str(place.root), "environ": seller.environ, **given}
        print(json.dumps(whole), file=self._process.stdin, flush=True)
        answers: list[dict[str, Any]] = json.loads(self._process.stdout.readline())
        return answers


def target_of(purchase: Purchase) -> str:
    """How another process finds the backend."""
    name = purchase.backend.name
    if name in shipped_backends():
        return name
    return next(file for file in STAND_INS if name in {backend.name for backend in backends_named([file])})


def recover(place: Workplace, purchase: Purchase) -> None:
    """What a user does after a crash: go on with every job that is not over. This is another process than the dead."""

    async def work(client: AsyncClient) -> None:
        for row in place.rows():
            try:
                await client.resume(row["id"], wait=10)
            except AnymediaError as error:
                assert error.job_id == row["id"]

    place.run(work, purchase.hurried)


def check_after_death(place: Workplace, purchase: Purchase, seller: SampleProvider, before: int = 0) -> Counter[str]:
    """Everything that a death may not do, seen right after it and once more when every job was gone on with."""
    dead = place.rows()
    billed = seller.billed - before
    assert billed <= sum(row["status"] not in NOT_SUBMITTED for row in dead), "bought, and not written down before"
    recover(place, purchase)
    rows = place.rows()
    ended = Counter(row["status"] for row in rows)
    bought = seller.billed - before
    assert {row["owner"] for row in rows} <= {None}, "somebody who is gone still holds a job"
    was = {row["id"]: row["status"] for row in dead}
    for row in rows:
        assert row["status"] in (*WHOLE, "unknown"), f"{was[row['id']]} became {row['status']}: {row['error']}"
        if row["status"] == "unknown":
            assert was[row["id"]] in ("submitting", "unknown"), f"{was[row['id']]} became unknown"
    assert sum(ended[status] for status in WHOLE) <= bought <= len(rows)
    check_everything(place, billed=bought)
    return ended
