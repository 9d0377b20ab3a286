"""Libraries that talk to a provider: what they are given, what their failures mean, and that they buy once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

import toys
from anymedia import AsyncClient
from anymedia.engine import drive
from anymedia.spec import Answered, Backend, Call, Control, Flow, NotHandedOver, Problem, compute
from toys import KEY, drawn, toy
from workplace import Workplace, arrives

URL = "http://127.0.0.1:9/api"
WHERE = pytest.mark.parametrize("where", ["thread", "process"])


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drive, "LONGEST_PAUSE", 0.01)


class Library:
    """Fails in the given ways, one call after the other, then works."""

    def __init__(self, *failures: Exception) -> None:
        self._failures = list(failures)
        self.calls = 0

    def order(self, control: Control) -> str:
        self.calls += 1
        if self._failures:
            raise self._failures.pop(0)
        return "a picture"


def selling(function: Callable[..., Any], *, effect: Any = "pays", **arguments: Any) -> Backend:
    def submit(call: Call) -> Flow:
        return drawn(text=str((yield compute(function, effect=effect, **arguments))))

    def read_error(status: int, reply: Any) -> Problem | None:
        return Problem(kind="refused", message="not that") if reply == "blocked" else None

    return toy(URL, submit, read_error=read_error)


def answered(status: int, reply: Any = None, **headers: str) -> Answered:
    return Answered(status, {name.replace("_", "-"): value for name, value in headers.items()}, reply, "no")


def at(workplace: Workplace) -> Workplace:
    workplace.environ = {"TOY_API_KEY": KEY}
    return workplace


@WHERE
def test_a_library_is_told_where_the_provider_is_and_the_key(where: str, workplace: Workplace) -> None:
    workplace.arguments = {"timeouts": {"connect": 3.0, "total": 40.0}}
    told = at(workplace).draw(selling(toys.whereabouts, where=where)).text
    assert told == f"{URL} True 3.0 40.0"


def test_what_was_not_handed_over_is_sent_again_and_bought_once(workplace: Workplace) -> None:
    library = Library(NotHandedOver("nobody is there"))
    at(workplace).draw(selling(library.order))
    assert library.calls == 2
    assert workplace.row["status"] == "done"


def test_what_never_leaves_costs_nothing(workplace: Workplace) -> None:
    library = Library(*(NotHandedOver("nobody is there") for _ in range(9)))
    caught = at(workplace).failure(selling(library.order))
    assert (caught.code, caught.charged, library.calls) == ("not_sent", "no", drive.ATTEMPTS)
    assert workplace.row["settled_nano"] == 0


@pytest.mark.parametrize(
    ("failure", "code", "charged"),
    [
        (answered(400), "rejected", "no"),
        (answered(403), "authentication_rejected", "no"),
        (answered(400, "blocked"), "refused", "no"),
        (answered(429, retry_after="86400"), "rate_limited", "no"),
        (answered(503), "unknown", "maybe"),
        (RuntimeError("the stream broke"), "unknown", "maybe"),
    ],
    ids=["refused", "a bad key", "a policy", "a limit", "unavailable", "anything else"],
)
@WHERE
def test_an_answer_means_what_it_means_over_http(
    failure: Exception, code: str, charged: str, where: str, workplace: Workplace
) -> None:
    caught = at(workplace).failure(selling(toys.failing, where=where, failure=failure))
    assert (caught.code, caught.charged, workplace.row["status"]) == (
        code,
        charged,
        code.replace("authentication_", ""),
    )


def test_a_purchase_that_may_have_been_accepted_is_called_once(workplace: Workplace) -> None:
    library = Library(answered(503), answered(503))
    assert at(workplace).failure(selling(library.order)).code == "unknown"
    assert library.calls == 1


def test_a_limit_is_waited_for(workplace: Workplace) -> None:
    library = Library(answered(429, retry_after="0.01"))
    at(workplace).draw(selling(library.order))
    assert library.calls == 2


def test_what_is_safe_is_called_until_it_works(workplace: Workplace) -> None:
    library = Library(answered(503), NotHandedOver("gone"), answered(429))
    at(workplace).draw(selling(library.order, effect="safe"))
    assert library.calls == 4


def test_many_calls_at_once_leave_the_disk_to_the_others(workplace: Workplace) -> None:
    """More than the event loop has threads of its own for: what ends first is on the disk while the others wait."""
    crowd, gate = 40, threading.Event()
    numbers = iter(range(crowd))

    def order(control: Control) -> str:
        if next(numbers) < crowd - 1:
            gate.wait(30)
        return "a picture"

    async def work(client: AsyncClient) -> int:
        drawing = [asyncio.ensure_future(client.image(f"fox {number}")) for number in range(crowd)]
        await arrives(lambda: any(each.done() for each in drawing))
        first = sum(each.done() for each in drawing)
        gate.set()
        await asyncio.gather(*drawing)
        return first

    assert at(workplace).run(work, selling(order)) == 1


def test_an_interrupted_purchase_is_recorded_if_it_still_answers(workplace: Workplace) -> None:
    began, gate = threading.Event(), threading.Event()

    def order(control: Control) -> str:
        began.set()
        gate.wait(30)
        return "a picture"

    async def work(client: AsyncClient) -> None:
        drawing = asyncio.ensure_future(client.image("a fox"))
        await arrives(began.is_set)
        drawing.cancel()
        await asyncio.sleep(0)
        gate.set()
        with pytest.raises(asyncio.CancelledError):
            await drawing

    at(workplace).run(work, selling(order))
    assert workplace.row["status"] == "done"


def test_an_interrupted_purchase_without_an_answer_is_unknown_and_its_call_is_told_to_stop(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drive, "GRACE", 0.05)
    began, stopped = threading.Event(), threading.Event()

    def order(control: Control) -> None:
        began.set()
        try:
            while True:
                control.progress()
        finally:
            stopped.set()

    async def work(client: AsyncClient) -> None:
        drawing = asyncio.ensure_future(client.image("a fox"))
        await arrives(began.is_set)
        drawing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await drawing
        await arrives(stopped.is_set)

    at(workplace).run(work, selling(order))
    assert (workplace.row["status"], workplace.row["settled_nano"]) == ("unknown", None)
