"""A key is in one header and nowhere else: not in what is printed, traced, pickled, recorded, dumped or reported."""

from __future__ import annotations

import io
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.traceback import Traceback

import anymedia
from anymedia import AsyncClient, Client, errors
from anymedia.configuration import load
from anymedia.engine.secret import Secret
from anymedia.testing.emulator import Emulator, Fault
from canary import HERE, files_with_key, holds_key, leaks_of
from toys import KEY, PICTURE, Provider, queue_backend, says, sends, serve_job
from workplace import GENERATIONS, Workplace

SIGNATURE = "zibeline-0123456789"
ECHOES = [
    Fault.echoed_key(401),
    Fault.echoed_key(500),
    Fault.status(200, billed=True, headers={"content-type": "application/json"}, body=f'{{"said": "{KEY}"}}'),
    Fault.status(200, billed=True, headers={"content-type": "application/json"}, body=f'{{"said": "{KEY}'),
    Fault.status(400, billed=False, headers={"x-said": KEY}, body=KEY),
    Fault.reset_after_body(),
    Fault.no_answer(),
]


def rendered(error: BaseException) -> str:
    """Every frame that is not a test's with its variables, as rich shows them."""
    told = io.StringIO()
    how = {"show_locals": True, "locals_max_depth": 3, "suppress": [HERE]}
    shown = Traceback.from_exception(type(error), error, error.__traceback__, **how)
    Console(file=told, width=200).print(shown)
    return told.getvalue()


@pytest.mark.parametrize("fault", ECHOES, ids=lambda fault: fault.name)
def test_a_traceback_that_shows_variables_shows_no_key(fault: Fault, openai: Workplace, emulator: Emulator) -> None:
    openai.arguments = {"timeouts": {"read": 0.25, "total": 0.5}}
    emulator.script(GENERATIONS, [fault] * 3)
    error = openai.failure(wait=1)
    assert leaks_of(error) == []


def test_what_rich_shows_of_the_variables_of_an_error_holds_no_key(openai: Workplace, emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [Fault.echoed_key(401)])
    assert not holds_key(rendered(openai.failure()))


def test_a_download_that_fails_shows_neither_key_nor_signature(workplace: Workplace, provider: Provider) -> None:
    serve_job(provider)
    signed = f"{provider.url}/files/1?signature={SIGNATURE}"
    provider.on("GET", "/jobs/1", says({"status": "done", "urls": [signed]}))
    provider.on("GET", "/files/1", says({}, 302, location=f"{provider.url}/files/2?signature={SIGNATURE}"))
    provider.on("GET", "/files/2", says({"key": KEY}, 403))
    error = workplace.failure(queue_backend(provider.url), wait=1)
    assert leaks_of(error) == [] and SIGNATURE not in f"{error} {error.document()} {error.details}"
    assert SIGNATURE not in str([row["error"] for row in workplace.rows()])


def a_misspelt_name(place: Workplace) -> object:
    return AsyncClient(keys={"opnai": KEY}, environ={"OPENAI_API_KEY": KEY, "HOME": str(place.root)})


def a_misspelt_variable(place: Workplace) -> object:
    return load(environ={"OPENAI_API_KEY": KEY, "ANYMEDIA_BUGDET": "1"}, folder=place.root)


def an_address_that_is_none(place: Workplace) -> object:
    return place.failure_of(OPENAI_API_KEY=KEY, OPENAI_BASE_URL="http://example.org")


def a_key_in_quotes(place: Workplace) -> object:
    return place.failure_of(OPENAI_API_KEY=f'"{KEY}"')


def a_key_with_a_line_break(place: Workplace) -> object:
    return place.failure_of(OPENAI_API_KEY=f"{KEY}\nX-Evil: 1")


class Misconfigured(Workplace):
    def failure_of(self, **environ: str) -> object:
        return self.draw(environ=environ, backend="openai")


@pytest.mark.parametrize(
    "what",
    [a_misspelt_name, a_misspelt_variable, an_address_that_is_none, a_key_in_quotes, a_key_with_a_line_break],
)
def test_a_wrong_set_up_shows_no_key(what: Callable[[Workplace], object], tmp_path: Path) -> None:
    with pytest.raises(errors.AnymediaError) as caught:
        what(Misconfigured(root=tmp_path))
    assert leaks_of(caught.value) == []


def test_logs_at_their_lowest_level_hold_neither_keys_nor_signatures_of_addresses(
    workplace: Workplace, provider: Provider, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    serve_job(provider)
    signed = f"{provider.url}/files/1?signature={SIGNATURE}"
    provider.on("GET", "/jobs/1", says({"status": "done", "urls": [signed]}, x_said=KEY))
    provider.on("GET", "/files/1", says({}, 302, location=f"{provider.url}/files/2?signature={SIGNATURE}"))
    provider.on("GET", "/files/2", sends(PICTURE))

    def breaks(progress: object) -> None:
        raise ValueError(f"{KEY} {signed}")

    caplog.set_level(logging.DEBUG)
    workplace.draw(queue_backend(provider.url), on_progress=breaks)
    assert {"httpx2", "httpcore2.http11", "anymedia.engine.job_run"} <= {record.name for record in caplog.records}
    told = [line for line in caplog.text.splitlines() if holds_key(line) or SIGNATURE in line]
    assert told == [] and not holds_key("".join(capfd.readouterr()))


def test_what_can_be_printed_of_a_client_shows_no_key(openai: Workplace, emulator: Emulator, tmp_path: Path) -> None:
    recorded = tmp_path / "recorded.jsonl"
    emulator.record_to(recorded)
    emulator.script(GENERATIONS, [Fault.echoed_key(401)])

    async def work(client: AsyncClient) -> list[object]:
        with pytest.raises(errors.AuthenticationRejected):
            await client.image("a fox")
        made = await client.image("a fox")
        desk = client.desk
        backend = desk.backends["openai"]
        held = [desk.key_of(backend), desk.access(backend), desk.environ, desk.keys, desk.keyring]
        inner = [client._engine, vars(client._engine)["_around"], desk.preferences(anymedia.Options())]
        dry = await client.dry_run(anymedia.ImageRequest(prompt="a fox"))
        return [client, desk, client.configuration, made, made.document(), await client.jobs(), *held, *inner, dry]

    shown = openai.run(work)
    with Client(keys={"openai": KEY}) as blocking:
        shown += [blocking, vars(blocking), vars(blocking.asynchronous)]
    assert not [each for each in shown if holds_key(repr(each)) or holds_key(str(each))]
    assert not holds_key(repr(emulator.requests))
    assert not holds_key(recorded.read_bytes())
    assert files_with_key(openai.state) == []


def test_a_secret_is_only_given_to_who_asks_for_it() -> None:
    secret = Secret(KEY)
    assert secret.reveal() == KEY and secret == Secret(KEY) and len({secret, Secret(KEY)}) == 1
    assert not holds_key(f"{secret} {secret!r} {[secret]} {secret.fingerprint}")
    with pytest.raises(TypeError, match="not pickled"):
        secret.__reduce__()


PROGRAM = """
import faulthandler, os, sys
import anymedia

faulthandler.enable()
anymedia.generate_media("a fox", mode="image", backend="openai")
"""


def test_a_crash_report_of_a_program_that_waits_for_a_provider_holds_no_key(
    openai: Workplace, emulator: Emulator
) -> None:
    emulator.script(GENERATIONS, [Fault.no_answer()])
    environ = {**os.environ, "HOME": str(openai.root), "ANYMEDIA_HOME": str(openai.state), **openai.environ}
    command = [sys.executable, "-X", "dev", "-c", PROGRAM]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=environ, cwd=openai.root, **pipes) as program:
        end = time.monotonic() + 20
        while not emulator.requests and time.monotonic() < end:
            time.sleep(0.02)
        program.send_signal(signal.SIGABRT)
        told = "".join(program.communicate(timeout=30))
    assert "Fatal Python error: Aborted" in told and not holds_key(told)
    assert files_with_key(openai.state) == []
