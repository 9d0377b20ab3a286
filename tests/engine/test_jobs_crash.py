"""A process is killed with SIGKILL at every stage of a job; another one finishes it without paying again."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from anymedia import ImageRequest, errors
from anymedia.testing.emulator import Emulator, Fault
from toys import Provider, breaks, queue_backend, says, sends, serve_job
from workplace import GENERATIONS, Workplace, answer_of, arrives


def killed(workplace: Workplace, when: Callable[[], bool], action: str, url: str) -> str:
    """Start a job in another process, kill that when `when` is true, and return the job's id."""
    process = workplace.start(action, url)
    try:
        asyncio.run(arrives(when, within=30))
    finally:
        process.kill()
        process.communicate()
    return str(workplace.row["id"])


def resumed(workplace: Workplace, job_id: str, backend: Any = None) -> Any:
    backends = () if backend is None else (backend,)
    return workplace.run(lambda client: client.resume(job_id), *backends)


def test_killed_while_the_answer_is_awaited_is_unknown_and_never_sent_again(
    openai: Workplace, emulator: Emulator
) -> None:
    emulator.script(GENERATIONS, [Fault.no_answer()])
    job_id = killed(openai, lambda: emulator.submits == 1, "openai", emulator.base_url)
    assert openai.row["status"] == "submitting"

    for _ in range(2):
        with pytest.raises(errors.OutcomeUnknown) as caught:
            resumed(openai, job_id)
        assert (caught.value.charged, caught.value.job_id) == ("maybe", job_id)
    row = openai.row
    assert (row["status"], row["settled_nano"]) == ("unknown", None)
    assert row["reserved_nano"] > 0
    assert emulator.submits == 1


def test_killed_while_reserved_is_bought_once_by_whoever_resumes(openai: Workplace, emulator: Emulator) -> None:
    opened = openai.run(lambda client: client.open(ImageRequest(prompt="a fox")))
    assert (openai.row["status"], emulator.submits) == ("reserved", 0)
    assert resumed(openai, opened.job_id).path.exists()
    assert resumed(openai, opened.job_id).path.exists()
    assert emulator.submits == 1


def test_killed_while_the_provider_works_is_resumed(workplace: Workplace, provider: Provider) -> None:
    serve_job(provider, says({"status": "running", "poll_after": 60}))
    job_id = killed(workplace, lambda: provider.count("GET", "/jobs/1") == 1, "queue", provider.url)
    assert workplace.row["status"] == "running"
    serve_job(provider)
    result = resumed(workplace, job_id, queue_backend(provider.url))
    assert workplace.files() == [result.path]
    assert provider.count("POST", "/jobs") == 1


def test_killed_during_a_download_is_resumed_and_leaves_no_litter(workplace: Workplace, provider: Provider) -> None:
    serve_job(provider)
    provider.on("GET", "/files/1", breaks(Fault.drip(20), sends(b"\x89PNG" + bytes(5000))))
    job_id = killed(workplace, lambda: provider.count("GET", "/files/1") == 1, "queue", provider.url)
    assert workplace.row["status"] == "ready"
    serve_job(provider)
    result = resumed(workplace, job_id, queue_backend(provider.url))
    assert workplace.files() == [result.path]
    assert workplace.files(hidden=True) == []
    assert provider.count("POST", "/jobs") == 1


def test_another_process_resumes_what_a_killed_one_began(workplace: Workplace, provider: Provider) -> None:
    serve_job(provider, says({"status": "running", "poll_after": 60}))
    job_id = killed(workplace, lambda: provider.count("GET", "/jobs/1") == 1, "queue", provider.url)
    serve_job(provider)
    said = answer_of(workplace.start("resume", provider.url, job_id))
    assert said == {"path": str(workplace.files()[0])}
    assert provider.count("POST", "/jobs") == 1


def test_a_crash_between_the_file_and_its_commit_finds_the_file_again(workplace: Workplace, provider: Provider) -> None:
    serve_job(provider)
    backend = queue_backend(provider.url)
    result = workplace.run(lambda client: client.image("a fox"), backend)
    step = {
        "files": [{"url": f"{provider.url}/files/1", "media_type": "image/png"}],
        "missing": [], "text": None, "resources": [], "continuation": None, "usage": {}, "warnings": [], "metadata": {},
    }  # fmt: skip

    text = json.dumps(step).replace("'", "''")
    workplace.write(f"UPDATE job SET status='ready', result=NULL, kept_files='[]', private_step='{text}'")
    again = resumed(workplace, result.job_id, backend)
    assert workplace.files() == [result.path]
    assert (again.path, again.files[0].sha256) == (result.path, result.files[0].sha256)
    assert workplace.files(hidden=True) == []
    assert provider.count("POST", "/jobs") == 1


def test_a_crash_between_inline_media_and_its_commit_finds_the_file_again(
    openai: Workplace, emulator: Emulator
) -> None:
    result = openai.draw()
    file = result.files[0]
    spilled = {
        "part": str(Path(result.path).with_name(".gone.part")), "size": file.size, "sha256": file.sha256,
        "media_type": file.media_type, "extension": ".png", "width": file.width, "height": file.height,
        "duration": None, "problem": None,
    }  # fmt: skip
    step = {
        "files": [{"spilled": spilled}],
        "missing": [], "text": None, "resources": [], "continuation": None, "usage": {}, "warnings": [], "metadata": {},
    }  # fmt: skip
    openai.write(f"UPDATE job SET status='ready', result=NULL, kept_files='[]', private_step='{json.dumps(step)}'")
    again = resumed(openai, result.job_id)
    assert (openai.files(), again.path) == ([result.path], result.path)
    assert emulator.submits == 1


def test_the_part_file_of_a_ready_job_that_is_gone_is_an_error_that_says_so(
    openai: Workplace, emulator: Emulator
) -> None:
    """Somebody tidied the folder between the crash and the resume: paid, and lost, and said."""

    result = openai.draw()
    result.path.unlink()
    spilled = {
        "part": str(result.path.with_name(".gone.part")), "size": 1, "sha256": "0" * 64, "media_type": "image/png",
        "extension": ".png", "width": 1, "height": 1, "duration": None, "problem": None,
    }  # fmt: skip
    step = {
        "files": [{"spilled": spilled}],
        "missing": [], "text": None, "resources": [], "continuation": None, "usage": {}, "warnings": [], "metadata": {},
    }  # fmt: skip
    openai.write(f"UPDATE job SET status='ready', result=NULL, kept_files='[]', private_step='{json.dumps(step)}'")
    with pytest.raises(errors.AnymediaError) as caught:
        resumed(openai, result.job_id)
    assert caught.value.charged == "yes"
    assert emulator.submits == 1


def test_two_processes_on_one_running_job_download_once(workplace: Workplace, provider: Provider) -> None:
    serve_job(provider, says({"status": "running", "poll_after": 60}))
    job_id = killed(workplace, lambda: provider.count("GET", "/jobs/1") == 1, "queue", provider.url)
    serve_job(provider, *[says({"status": "running"})] * 10)
    both = [workplace.start("resume", provider.url, job_id) for _ in range(2)]
    said = [answer_of(process) for process in both]
    assert said == [{"path": str(workplace.files()[0])}] * 2
    assert (provider.count("POST", "/jobs"), provider.count("GET", "/files/1")) == (1, 1)
    assert len(workplace.files()) == 1


def test_a_dead_process_that_nobody_has_buried_holds_no_job(workplace: Workplace, provider: Provider) -> None:
    serve_job(provider, says({"status": "running", "poll_after": 60}))
    process = workplace.start("queue", provider.url)
    asyncio.run(arrives(lambda: provider.count("GET", "/jobs/1") == 1, within=30))
    process.kill()
    try:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # dead, and still a zombie
        serve_job(provider)
        backend = queue_backend(provider.url)
        assert workplace.run(lambda client: client.resume(workplace.row["id"], wait=20), backend).path.exists()
    finally:
        process.communicate()


def test_who_looked_at_a_finished_job_does_not_keep_it(openai: Workplace) -> None:
    """While that process lives, all others would wait for the job until their deadline."""
    result = openai.draw()
    resumed(openai, result.job_id)
    assert openai.row["owner"] is None
