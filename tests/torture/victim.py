"""The process that is killed or made to fail. It forks itself for each run, because starting Python takes longest.

Reads one JSON order a line and answers with one line each: how the run ended and which seams it passed.
"""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from sample_provider import Purchase
from seams import Seams

import anymedia.engine.run
import anymedia.engine.workers  # noqa: F401 - what a run needs is there before the fork
from anymedia import AnymediaError, AsyncClient, Options
from anymedia.engine import drive
from anymedia.testing.conformance.targets import backends_named
from workplace import Workplace


async def _buy(client: AsyncClient, order: dict[str, Any], purchase: Any) -> list[Any]:
    async with client:
        options = Options(
            backend=purchase.backend.name,
            model=purchase.sample.model,
            wait=order["wait"],
            allow_retired=True,
            idempotency_key=order["key"],
        )
        jobs = [client.generate(purchase.request, options) for _ in range(order["jobs"])]
        outcomes = await asyncio.gather(*jobs, return_exceptions=True)
        if order.get("again"):
            again = client.generate(purchase.request, options)
            outcomes += await asyncio.gather(again, return_exceptions=True)
        return outcomes


def said(outcome: Any) -> dict[str, Any]:
    """What came of one job, as far as a caller is told."""
    if isinstance(outcome, AnymediaError):
        receipt = {"job_id": outcome.job_id, "key": outcome.idempotency_key, "next": outcome.next}
        return {"code": outcome.code, "charged": outcome.charged, "message": outcome.message, **receipt}
    if isinstance(outcome, BaseException):
        return {"code": "bug", "message": repr(outcome)}
    return {"code": "done", "job_id": outcome.job_id}


def run(order: dict[str, Any], purchase: Any) -> dict[str, Any]:
    """One run in this process, which ends with it."""
    place = Workplace(root=Path(order["root"]), environ=order["environ"], arguments=order.get("arguments", {}))
    client = place.client(purchase.hurried)
    seams = Seams(order.get("at", 0), order.get("trouble", "killed"), place.root)
    if "at" in order:
        seams.install()
    if "dies_after" in order:
        signal.setitimer(signal.ITIMER_REAL, order["dies_after"])
    outcomes = asyncio.run(_buy(client, order, purchase))
    return {"outcomes": [said(each) for each in outcomes], "struck": seams.struck, "passed": seams.passed}


def forked(order: dict[str, Any], purchase: Any) -> list[dict[str, Any]]:
    """The same in children that start together, and how each of them ended."""
    gate, opener = os.pipe()
    paths = [Path(f"{order['root']}.said-{number}") for number in range(order["processes"])]
    children = [_child({**order, "key": order["key"] and order["key"].format(number)}, purchase, path, gate, opener)
                for number, path in enumerate(paths)]  # fmt: skip
    os.close(gate)
    os.close(opener)
    died = [os.WIFSIGNALED(os.waitpid(child, 0)[1]) for child in children]
    return [{"died": True} if each else {"died": False, **json.loads(path.read_text())}
            for each, path in zip(died, paths, strict=True)]  # fmt: skip


def _child(order: dict[str, Any], purchase: Any, path: Path, gate: int, opener: int) -> int:
    number = os.fork()
    if number != 0:
        return number
    os.close(opener)
    os.read(gate, 1)  # it ends when the last one is ready
    try:
        path.write_text(json.dumps(run(order, purchase)))
    except BaseException as error:  # noqa: BLE001 - the child ends here, whatever it is
        path.write_text(json.dumps({"outcomes": [{"code": "bug", "message": repr(error)}], "passed": []}))
    os._exit(0)


def main(target: str, number: str, learned: str) -> None:
    drive.LONGEST_PAUSE = 0.05
    (backend,) = backends_named([target])
    exchanges = pickle.loads(Path(learned).read_bytes())
    sample = backend.samples[int(number) - 1]
    for name in backend.needs:
        import_module(name)  # a crowd that imports a large library would be late
    purchase = Purchase(backend=backend, sample=sample, number=int(number), exchanges=exchanges)
    for line in sys.stdin:
        print(json.dumps(forked(json.loads(line), purchase)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
