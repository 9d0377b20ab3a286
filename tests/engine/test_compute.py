"""Library calls in threads and processes: their progress, their failures, and how they are stopped."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import toys
from anymedia import AsyncClient, errors
from anymedia.media import MediaFile
from anymedia.spec import Backend, Call, Flow, NoKey, Succeeded, compute, post
from toys import Provider, drawn, picture, says, toy
from workplace import Workplace, arrives, process_is_alive

WHERE = pytest.mark.parametrize("where", ["thread", "process"])


def computing(function: Any, *, url: str = "http://127.0.0.1:9", **arguments: Any) -> Backend:
    """A backend whose flow is one computation. A path that it gives back is its file."""

    def submit(call: Call) -> Flow:
        outcome = yield compute(function, **arguments)
        if isinstance(outcome, Path):
            return Succeeded(files=(MediaFile(media_type="image/png", path=outcome),))
        return drawn(text=str(outcome))

    return toy(url, submit, auth=NoKey(), extra="toys")


@WHERE
def test_a_file_in_the_scratch_folder_becomes_the_result(where: str, workplace: Workplace) -> None:
    result = workplace.draw(computing(toys.paint, where=where, prompt="a bear"))
    assert result.read_bytes() == picture("a bear")
    assert workplace.files() == [result.path]
    assert workplace.files(hidden=True) == []
    assert list((workplace.state / "scratch").glob("*")) == []


@WHERE
def test_progress_arrives_in_order_as_fractions(where: str, workplace: Workplace) -> None:
    seen: list[Any] = []
    workplace.draw(computing(toys.paint, where=where), on_progress=seen.append)
    assert [step.fraction for step in seen if step.fraction is not None] == [0.25, 0.5, 0.75, 1.0]
    assert {step.job_id for step in seen} == {workplace.row["id"]}


def test_a_process_is_another_one_and_is_kept_for_the_next_call(workplace: Workplace) -> None:
    async def work(client: AsyncClient) -> list[str]:
        return [(await client.image("a fox")).text or "" for _ in range(2)]

    first, second = workplace.run(work, computing(toys.process_number, where="process"))
    assert first == second != str(os.getpid())
    assert not process_is_alive(int(first))


@pytest.mark.parametrize(("in_turn", "processes"), [("weights", 1), (None, 3)])
def test_calls_that_take_turns_share_one_process(
    in_turn: str | None, processes: int, workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 8)

    async def work(client: AsyncClient) -> set[str | None]:
        return {each.text for each in await asyncio.gather(*(client.image("a fox") for _ in range(3)))}

    backend = computing(toys.process_number, where="process", in_turn=in_turn)
    assert len(workplace.run(work, backend)) == processes


def test_the_event_loop_goes_on_while_a_process_computes(workplace: Workplace) -> None:
    async def work(client: AsyncClient) -> int:
        drawing = asyncio.ensure_future(client.image("a fox"))
        turns = 0
        while not drawing.done():
            await asyncio.sleep(0)
            turns += 1
        return turns

    assert workplace.run(work, computing(toys.paint, where="process")) > 10


@WHERE
@pytest.mark.parametrize(
    ("error", "expected", "says_"),
    [
        ("value", errors.InvalidParameter, "the width must be even"),
        ("missing", errors.MissingDependency, "torch"),
        ("other", errors.GenerationFailed, "it broke"),
        ("picky", errors.GenerationFailed, "left and right"),
        ("ours", errors.Refused, "not that"),
    ],
)
def test_what_a_library_raises_has_a_meaning(
    where: str, error: str, expected: type[errors.AnymediaError], says_: str, workplace: Workplace
) -> None:
    caught = workplace.failure(computing(toys.raising, where=where, error=error))
    assert type(caught) is expected
    assert says_ in str(caught)
    assert caught.charged == "no"
    assert workplace.row["settled_nano"] == 0


@pytest.mark.parametrize("error", ["exit", "killed"])
def test_a_worker_process_that_dies_is_a_failed_job_and_the_next_works(error: str, workplace: Workplace) -> None:
    async def work(client: AsyncClient) -> Any:
        with pytest.raises(errors.GenerationFailed) as caught:
            await client.image("a fox")
        client.desk.backends["toy"] = computing(toys.paint, where="process")  # type: ignore[index]
        return caught.value, await client.image("a fox")

    caught, result = workplace.run(work, computing(toys.raising, where="process", error=error))
    assert caught.charged == "no"
    assert result.path.exists()


def test_a_thread_that_wants_to_exit_does_not_take_the_program_along(workplace: Workplace) -> None:
    caught = workplace.failure(computing(toys.raising, where="thread", error="exit"))
    assert isinstance(caught, errors.GenerationFailed)


def test_a_result_that_cannot_be_pickled_is_a_failed_job(workplace: Workplace) -> None:
    assert isinstance(workplace.failure(computing(toys.unpicklable, where="process")), errors.GenerationFailed)


def test_arguments_that_cannot_be_pickled_are_a_failed_job(workplace: Workplace) -> None:
    caught = workplace.failure(computing(toys.paint, where="process", prompt=lambda: None))
    assert isinstance(caught, errors.AnymediaError)
    assert caught.charged == "no"


@WHERE
def test_a_stopped_job_stops_its_computation(where: str, workplace: Workplace) -> None:
    mark = workplace.root / "began"

    async def work(client: AsyncClient) -> None:
        drawing = asyncio.ensure_future(client.image("a fox"))
        await arrives(mark.exists)
        await arrives(lambda: bool(mark.read_text()))
        drawing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await drawing
        if where == "thread":
            await arrives(mark.with_suffix(".stopped").exists)
        else:
            await arrives(lambda: not process_is_alive(int(mark.read_text())))

    workplace.run(work, computing(toys.wait_for_ever, where=where, mark=str(mark)))
    assert workplace.row["status"] in ("reserved", "cancelled")


@WHERE
def test_a_file_outside_the_scratch_folder_is_refused(where: str, workplace: Workplace) -> None:
    outside = workplace.root / "private.png"
    outside.write_bytes(picture())

    def submit(call: Call) -> Flow:
        link = (yield compute(toys.paint, where=where)).with_name("link.png")
        link.symlink_to(outside)
        return Succeeded(files=(MediaFile(media_type="image/png", path=link),))

    caught = workplace.failure(toy("http://127.0.0.1:9", submit, auth=NoKey()))
    assert isinstance(caught, errors.BackendDefect)
    assert outside.exists()
    assert workplace.files() == []


def test_a_computation_that_pays_is_written_down_first_and_unknown_when_it_breaks(workplace: Workplace) -> None:
    def submit(call: Call) -> Flow:
        yield compute(toys.raising, effect="pays", error="value")
        return drawn(text="x")

    caught = workplace.failure(toy("http://127.0.0.1:9", submit, auth=NoKey()))
    assert (caught.code, caught.charged) == ("unknown", "maybe")
    assert (workplace.row["status"], workplace.row["settled_nano"]) == ("unknown", None)
    assert workplace.row["submitted_at"] is not None


def test_a_computation_and_a_request_that_both_pay_are_two_purchases(workplace: Workplace, provider: Provider) -> None:
    def submit(call: Call) -> Flow:
        yield compute(toys.process_number, effect="pays")
        yield post("/buy", json={})
        return drawn(text="x")

    provider.on("POST", "/buy", says({}))
    assert workplace.failure(toy(provider.url, submit)).code == "backend_defect"
    assert provider.requests == []


def test_a_backend_whose_packages_are_missing_is_refused_before_anything_is_written_down(workplace: Workplace) -> None:
    backend = computing(toys.paint)

    caught = workplace.failure(replace(backend, needs=("no_such_package_at_all",)), backend="toy")
    assert isinstance(caught, errors.MissingDependency)
    assert "anymedia[toys]" in str(caught)
    assert workplace.rows() == []


def test_more_computations_than_processors_wait_in_line(workplace: Workplace) -> None:
    async def work(client: AsyncClient) -> list[Any]:
        return await asyncio.gather(*(client.image(f"fox {number}") for number in range(6)))

    results = workplace.run(work, computing(toys.process_number, where="process"))
    assert len({result.text for result in results}) <= max(1, (os.cpu_count() or 2) - 1)


def test_scratch_of_a_failed_job_is_removed(workplace: Workplace) -> None:
    def submit(call: Call) -> Flow:
        yield compute(toys.paint)
        yield compute(toys.raising, error="value")
        return drawn(text="x")

    workplace.failure(toy("http://127.0.0.1:9", submit, auth=NoKey()))
    assert list((workplace.state / "scratch").glob("*")) == []
