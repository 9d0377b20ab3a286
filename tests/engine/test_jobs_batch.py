"""Many jobs at once and the blocking client around them: interrupts, races for a name, clean ends."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Any

import pytest

from anymedia import AsyncClient
from anymedia.testing.emulator import Emulator, Fault
from anymedia.unified import make
from toys import picture
from workplace import GENERATIONS, Workplace, arrives


def batch(client: AsyncClient, prompts: list[str], **parameters: Any) -> Any:
    return make(
        client, None, prompts=prompts, mode="image", audio_type=None, max_concurrent=1, parameters=parameters
    )  # fmt: skip


def test_an_interrupted_batch_keeps_what_came_and_sends_nothing_more(openai: Workplace, emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [Fault.slow(0), Fault.slow(0.3)])

    async def work(client: AsyncClient) -> None:
        making = asyncio.ensure_future(batch(client, list("abcdef")))
        await arrives(lambda: emulator.submits == 2)
        making.cancel()
        with pytest.raises(asyncio.CancelledError):
            await making

    openai.run(work)
    assert emulator.submits == 2
    rows = openai.rows()
    assert [row["status"] for row in rows[:2]] == ["done", "done"]
    assert {row["status"] for row in rows[2:]} == {"reserved"}, "they can be resumed, by name, and are sent only then"
    assert len(openai.files()) == 2


def test_twenty_jobs_that_want_one_name_get_twenty_files(openai: Workplace, emulator: Emulator) -> None:
    async def work(client: AsyncClient) -> Any:
        opened = [client.image(f"fox {number}", output=openai.out / "fox.png") for number in range(20)]
        return await asyncio.gather(*opened)

    results = openai.run(work)
    paths = {result.path for result in results}
    assert len(paths) == 20
    assert openai.out / "fox.png" in paths
    assert all(path.read_bytes() == picture() for path in paths)
    assert {*openai.files()} == paths


def in_a_shell(openai: Workplace, code: str, *options: str) -> subprocess.CompletedProcess[str]:
    environ = {"ANYMEDIA_HOME": str(openai.state), "HOME": str(openai.root), **openai.environ}
    openai.out.mkdir(exist_ok=True)
    command = [sys.executable, *options, "-c", code]
    return subprocess.run(command, env=environ, cwd=openai.out, capture_output=True, text=True, timeout=15)


def test_a_program_that_closes_nothing_ends_without_a_warning(openai: Workplace, emulator: Emulator) -> None:
    code = "import anymedia; print(anymedia.generate_media('a fox').path.name)"
    done = in_a_shell(openai, code, "-W", "error")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("a-fox-")


def test_a_program_that_forgets_its_client_ends_without_a_warning(openai: Workplace, emulator: Emulator) -> None:
    code = "import anymedia; client = anymedia.Client(); client.image('a fox'); del client"
    done = in_a_shell(openai, code, "-W", "error")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_call_from_within_a_progress_callback_does_not_hang(openai: Workplace, emulator: Emulator) -> None:
    code = (
        "import anymedia; client = anymedia.Client()\n"
        "def look(progress): client.jobs()\n"
        "try: print(client.image('a fox', on_progress=look).path.name)\n"
        "except Exception as error: print(type(error).__name__)\n"
    )
    assert in_a_shell(openai, code).stdout


def test_a_program_killed_by_its_end_leaves_a_true_ledger(openai: Workplace, emulator: Emulator) -> None:
    """A daemon thread makes the picture while the main thread leaves."""
    emulator.script(GENERATIONS, [Fault.slow(0.5)])
    code = (
        "import anymedia, threading, time\n"
        "threading.Thread(target=anymedia.generate_media, args=('a fox',), daemon=True).start()\n"
        f"import urllib.request, json\n"
        f"while json.load(urllib.request.urlopen('{emulator.url}/_meter'))['submits'] < 1: time.sleep(0.01)\n"
    )
    in_a_shell(openai, code)
    assert emulator.submits == 1
    assert openai.row["status"] in ("submitting", "unknown", "done")
