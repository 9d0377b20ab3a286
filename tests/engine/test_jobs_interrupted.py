"""Ctrl-C, which in asyncio is a cancelled task: what is paid for is kept, and nothing more is bought."""

from __future__ import annotations

import asyncio
import base64
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from anymedia import AsyncClient, ImageRequest
from anymedia.engine import drive
from anymedia.spec import Call, Created, Flow, HttpRequest, Partial, Succeeded, post
from anymedia.testing.emulator import Emulator, Fault
from toys import KEY, PICTURE, RUNNING, Provider, breaks, queue_backend, says, sends, serve_job, toy
from workplace import GENERATIONS, TOYS, Workplace, arrives


def interrupted(workplace: Workplace, when: Callable[[], bool], *backends: Any, more: int = 0) -> list[str]:
    """Begin a picture, cancel it as soon as `when` is true, wait until it has let go; give back what it told."""
    told: list[str] = []

    async def work(client: AsyncClient) -> None:
        drawing = asyncio.ensure_future(client.image("a fox", on_progress=lambda each: told.append(each.message)))
        await arrives(when)
        drawing.cancel()
        for _ in range(more):
            await asyncio.sleep(0.05)
            drawing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await drawing

    workplace.run(work, *backends)
    return told


def test_an_answer_within_the_grace_is_kept(openai: Workplace, emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [Fault.slow(0.3)])
    told = interrupted(openai, lambda: emulator.submits == 1)
    assert any("an answer that may be paid for" in each for each in told)
    assert openai.row["status"] == "done"
    assert len(openai.files()) == 1
    assert openai.row["owner"] is None
    assert openai.run(lambda client: client.resume(openai.row["id"])).path == openai.files()[0]
    assert emulator.submits == 1


def test_without_an_answer_the_purchase_is_unknown(
    openai: Workplace, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drive, "GRACE", 0.2)
    emulator.script(GENERATIONS, [Fault.no_answer()])
    interrupted(openai, lambda: emulator.submits == 1)
    row = openai.row
    assert (row["status"], row["settled_nano"]) == ("unknown", None)
    assert row["reserved_nano"] > 0
    assert openai.files() == []


def test_a_second_interrupt_during_the_grace_ends_at_once_and_leaves_unknown(
    openai: Workplace, emulator: Emulator
) -> None:
    emulator.script(GENERATIONS, [Fault.no_answer()])
    interrupted(openai, lambda: emulator.submits == 1, more=1)
    assert openai.row["status"] == "unknown"


def test_nothing_is_bought_after_an_interrupt_when_the_answer_is_to_ask_again(
    openai: Workplace, emulator: Emulator
) -> None:
    refusal = Fault.rate_limited(0)
    emulator.script(GENERATIONS, [Fault(name="late", rewrite=refusal.rewrite, delay=0.3)])
    interrupted(openai, lambda: emulator.submits == 1)
    assert emulator.submits == 1
    assert openai.row["status"] in ("rate_limited", "not_sent", "cancelled", "reserved")


def test_nothing_is_bought_after_an_interrupt_of_what_came_before(workplace: Workplace, provider: Provider) -> None:
    def submit(call: Call) -> Flow:
        uploaded = yield HttpRequest(method="POST", path="/upload", effect="creates", json={})
        yield Created(kind="file", id=uploaded.json["id"])
        yield post("/buy", json={})
        return Succeeded()

    provider.on("POST", "/upload", breaks(Fault.slow(0.3), says({"id": "f"})))
    interrupted(workplace, lambda: provider.count("POST", "/upload") == 1, toy(provider.url, submit))
    assert provider.count("POST", "/buy") == 0
    assert [row["id"] for row in workplace.rows(table="resource")] == ["f"]


def test_an_interrupt_stops_a_job_that_delivers_piece_by_piece(workplace: Workplace, provider: Provider) -> None:
    def submit(call: Call) -> Flow:
        response = yield post("/buy", json={}, media_at=("first",))
        return Partial(files=(response.json["first"],), state={}, poll_after=0.01)

    def poll(call: Call, state: Any) -> Flow:
        yield post("/more", json={}, effect="safe")
        return Succeeded()

    provider.on("POST", "/buy", breaks(Fault.slow(0.3), says({"first": base64.b64encode(PICTURE).decode()})))
    provider.on("POST", "/more", says({}))
    interrupted(workplace, lambda: provider.count("POST", "/buy") == 1, toy(provider.url, submit, poll=poll))
    assert workplace.row["status"] == "running"
    assert provider.count("POST", "/more") == 0


def test_an_interrupt_stops_a_job_that_is_accepted_within_the_grace(workplace: Workplace, provider: Provider) -> None:
    serve_job(provider)
    provider.on("POST", "/jobs", breaks(Fault.slow(0.3), says({"id": "1"})))
    interrupted(workplace, lambda: provider.count("POST", "/jobs") == 1, queue_backend(provider.url))
    assert workplace.row["status"] == "running"
    assert provider.count("GET", "/jobs/1") == 0


def test_an_interrupted_wait_goes_on_later(workplace: Workplace, provider: Provider) -> None:
    backend = queue_backend(provider.url)
    serve_job(provider, *[says({"status": "running", "poll_after": 5})] * 2)
    interrupted(workplace, lambda: provider.count("GET", "/jobs/1") == 1, backend)
    assert workplace.row["status"] == "running"
    serve_job(provider)
    result = workplace.run(lambda client: client.resume(workplace.row["id"]), backend)
    assert result.path.exists()
    assert provider.count("POST", "/jobs") == 1


def test_an_interrupted_download_goes_on_later_and_leaves_no_litter(workplace: Workplace, provider: Provider) -> None:
    backend = queue_backend(provider.url)
    serve_job(provider)
    provider.on("GET", "/files/1", breaks(Fault.drip(50), sends(b"\x89PNG" + bytes(500))))
    interrupted(workplace, lambda: provider.count("GET", "/files/1") == 1, backend)
    assert workplace.row["status"] == "ready"
    serve_job(provider)
    result = workplace.run(lambda client: client.resume(workplace.row["id"]), backend)
    assert workplace.files() == [result.path]
    assert workplace.files(hidden=True) == []
    assert provider.count("POST", "/jobs") == 1


def test_an_interrupt_before_anything_was_sent_leaves_nothing_reserved_or_a_job_to_resume(
    workplace: Workplace, provider: Provider
) -> None:
    backend = queue_backend(provider.url)
    serve_job(provider)

    async def work(client: AsyncClient) -> str:
        opened = await client.open(ImageRequest(prompt="a fox"))
        running = asyncio.ensure_future(client.finish(opened.job_id))
        await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        return opened.job_id

    job_id = workplace.run(work, backend)
    if workplace.row["status"] == "reserved":
        assert workplace.run(lambda client: client.resume(job_id, wait=20), backend).path.exists()
    assert provider.count("POST", "/jobs") <= 1


@pytest.mark.parametrize("answers", [True, False])
def test_ctrl_c_in_a_blocking_program_keeps_the_ledger_true(
    answers: bool, openai: Workplace, emulator: Emulator
) -> None:
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path; from anymedia import Client\n"
        "from anymedia.engine import drive; drive.GRACE = float(sys.argv[3])\n"
        "try: Client().image('a fox', output_dir=sys.argv[2])\n"
        "except KeyboardInterrupt: print('interrupted')\n"
    )
    fault = Fault.slow(0.5) if answers else Fault.no_answer()
    emulator.script(GENERATIONS, [fault])
    environ = {"ANYMEDIA_HOME": str(openai.state), "PATH": "", "HOME": str(openai.root), **openai.environ}
    command = [sys.executable, "-c", script, str(TOYS.parent), str(openai.out), "5" if answers else "0.2"]
    process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True)

    asyncio.run(arrives(lambda: emulator.submits == 1, within=20))
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=20)[0] == "interrupted\n"
    assert process.returncode == 0
    assert openai.row["status"] == ("done" if answers else "unknown")
    assert KEY not in str(openai.row)
    assert emulator.submits == 1


def test_a_job_that_another_task_waits_for_survives_the_interrupt_of_one(
    workplace: Workplace, provider: Provider
) -> None:
    backend = queue_backend(provider.url)
    serve_job(provider, RUNNING, RUNNING, RUNNING)

    async def work(client: AsyncClient) -> Any:
        first = asyncio.ensure_future(client.image("a fox", idempotency_key="mine"))
        await arrives(lambda: provider.count("GET", "/jobs/1") == 1)
        second = asyncio.ensure_future(client.image("a fox", idempotency_key="mine"))
        first.cancel()
        return await second

    assert workplace.run(work, backend).path.exists()
    assert provider.count("POST", "/jobs") == 1
