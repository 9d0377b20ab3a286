"""Parts of a larger job: how many at a time, how long they are waited for, what their failures mean for the whole."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from bare_ledger import add

from anymedia import ImageRequest, errors
from anymedia.engine.children import no_children, run_children
from anymedia.engine.ledger import Ledger
from anymedia.media import MediaFile
from anymedia.spec import Call, ChildJobs, Flow, Pending, Succeeded, get, post
from toys import PICTURE, Answer, Provider, says, toy
from workplace import Workplace

WHOLE = "whole"


class Kitchen:
    """A provider that makes each part once it was asked for some times, and knows how many it has on the fire."""

    def __init__(self, provider: Provider, names: str, *, patience: int = 0) -> None:
        self.bought: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        self.done: set[str] = set()
        self.most = 0
        self.patience = patience
        for name in names:
            provider.on("POST", f"/{name}", Answer(lambda request, name=name: self._buy(name)))
            provider.on("GET", f"/{name}", Answer(lambda request, name=name: self._look(name)))
        self.backend = toy(provider.url, submit, poll=poll_of(names))

    def _buy(self, name: str) -> Any:
        self.bought[name] += 1
        self.most = max(self.most, len(self.bought) - len(self.done))
        return says({}).reply

    def _look(self, name: str) -> Any:
        self.asked[name] += 1
        if self.asked[name] > self.patience and len(self.bought) >= 4:
            self.done.add(name)
        return says({"done": name in self.done}).reply


def submit(call: Call) -> Flow:
    prompt = call.body["prompt"]
    if prompt != WHOLE:
        yield post(f"/{prompt}", json={})
    return Pending(state=prompt, poll_after=0.0)


def poll_of(names: str) -> Any:
    def poll(call: Call, state: Any) -> Flow:
        if state == WHOLE:
            results = yield ChildJobs(requests=tuple(ImageRequest(prompt=name) for name in names))
            return Succeeded(files=tuple(MediaFile(media_type="image/png", data=r.read_bytes()) for r in results))
        response = yield get(f"/{state}")
        picture = MediaFile(media_type="image/png", data=PICTURE)
        return Succeeded(files=(picture,)) if response.json["done"] else Pending(state=state, poll_after=0.02)

    return poll


def statuses(workplace: Workplace) -> list[str]:
    """Of the parts."""
    return sorted(row["status"] for row in workplace.rows() if row["parent"] is not None)


def test_four_parts_are_bought_at_a_time(workplace: Workplace, provider: Provider) -> None:
    kitchen = Kitchen(provider, "abcdef", patience=3)
    assert len(workplace.draw(kitchen.backend, prompt=WHOLE).files) == 6
    assert (kitchen.most, set(kitchen.bought.values())) == (4, {1})


def test_parts_are_waited_for_as_long_as_the_whole_and_no_longer(workplace: Workplace, provider: Provider) -> None:
    kitchen = Kitchen(provider, "abcdef", patience=40)
    error = workplace.failure(kitchen.backend, prompt=WHOLE, wait=0.5)
    assert (error.code, error.charged) == ("running", "yes")
    assert statuses(workplace) == ["running"] * 6
    assert max(kitchen.asked["e"], kitchen.asked["f"]) <= 1  # their turn came when the time was over
    kitchen.patience = 0
    result = workplace.run(lambda client: client.resume(str(error.job_id)), kitchen.backend)
    assert len(result.files) == 6 and set(kitchen.bought.values()) == {1}


@pytest.mark.parametrize(
    ("refused", "unknown", "charged", "status"),
    [("ab", "", "no", "rejected"), ("a", "", "maybe", "done"), ("b", "a", "maybe", "unknown")],
    ids=["all were refused", "one was refused", "one is unknown"],
)
def test_the_whole_cost_nothing_only_if_no_part_did(
    refused: str, unknown: str, charged: str, status: str, workplace: Workplace, provider: Provider
) -> None:
    kitchen = Kitchen(provider, "ab" if refused == "ab" or unknown else "abcde")
    for name in refused:
        provider.on("POST", f"/{name}", says({"error": {"message": f"not {name}"}}, 400))
    for name in unknown:
        provider.on("POST", f"/{name}", says({"error": {"message": f"no {name}"}}, 500))
    error = workplace.failure(kitchen.backend, prompt=WHOLE)
    (whole,) = (row for row in workplace.rows() if row["parent"] is None)
    first = next(row for row in workplace.rows() if row["parent"] is not None)
    assert (error.code, error.charged, error.job_id) == ("failed", charged, whole["id"])
    assert error.message.startswith(f"A part of it ({first['id']}) failed: ")
    assert whole["status"] == "failed" and status in statuses(workplace)
    assert (whole["settled_nano"] == 0) is (charged == "no")


def test_a_part_that_the_ledger_could_not_take_leaves_the_whole_to_be_resumed(
    workplace: Workplace, provider: Provider
) -> None:
    kitchen = Kitchen(provider, "abcde")
    error = workplace.failure(kitchen.backend, prompt=WHOLE, wait=0)
    refuse = "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
    which = "NEW.status='submitting' AND NEW.idempotency_key LIKE '%/1'"
    workplace.write(f"CREATE TRIGGER full BEFORE UPDATE ON job WHEN {which} {refuse}")
    with pytest.raises(errors.StillRunning, match="database or disk is full"):
        workplace.run(lambda client: client.resume(str(error.job_id)), kitchen.backend)
    assert statuses(workplace) == ["done"] * 4 + ["reserved"]
    workplace.write("DROP TRIGGER full")
    result = workplace.run(lambda client: client.resume(str(error.job_id)), kitchen.backend)
    assert len(result.files) == 5 and set(kitchen.bought.values()) == {1}


def test_a_fault_of_ours_in_a_part_is_raised_as_it_is(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "state")

    async def opened(parent: Any, index: int, request: Any) -> str:
        return add(ledger, f"part {index}", status="failed")

    async def broken(job_id: str, **_: Any) -> Any:
        raise ZeroDivisionError(job_id)

    requests = [ImageRequest(prompt="a"), ImageRequest(prompt="b")]
    with pytest.raises(ZeroDivisionError, match="part 0"):
        asyncio.run(
            run_children(
                {}, requests, ledger=ledger, opener=opened, run_job=broken, deadline=0.0, report=lambda progress: None
            )
        )
    ledger.close()


def test_without_a_client_there_are_no_parts(workplace: Workplace) -> None:
    ledger = Ledger(workplace.state)
    whole = run_children(
        {},
        [ImageRequest(prompt="a")],
        ledger=ledger,
        opener=None,
        run_job=no_children,
        deadline=0.0,
        report=lambda progress: None,
    )
    for work in (whole, no_children()):
        with pytest.raises(errors.BackendDefect, match="Child jobs need"):
            asyncio.run(work)
