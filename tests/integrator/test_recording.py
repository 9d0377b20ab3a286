"""`backend record`: calls are made once, for a price that was allowed, and what is written down has no key in it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from anymedia import AsyncClient
from anymedia.backends.openai import BACKEND as OPENAI
from anymedia.backends.vertex import BACKEND as VERTEX
from anymedia.configuration import load
from anymedia.integrator.recording.recorder import Recorder
from anymedia.integrator.recording.takes import takes_of
from anymedia.media import Json
from anymedia.spec import Backend, Reply
from anymedia.testing.conformance.reply_server import ReplyServer
from anymedia.testing.conformance.targets import backends_of, module_of_file
from anymedia.testing.conformance.workbench import moved_reply
from anymedia.testing.emulator import Emulator
from anymedia.testing.recordings import was_made_at_the_provider
from anymedia.testing.replay import problems_with
from canary import canary_of, holds_key, watch_for

SOURCE = Path(__file__).parents[1] / "conformance" / "polled_backend.py"
DECLARED = backends_of(module_of_file(SOURCE))[0]
TALKATIVE = {"headers": {"set-cookie": "session=1", "openai-organization": "org-of-mine"}}
"""What a provider may add to every reply."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How one command ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, kw_only=True)
class Recording:
    """A folder with a backend whose provider listens on this machine."""

    folder: Path
    server: ReplyServer
    key: str

    def typed(self, *words: str, **variables: str) -> Ended:
        environ = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "PYTHONPATH": os.pathsep.join(sys.path)}
        environ |= {"LANTERNA_API_KEY": self.key, **variables}
        command = [sys.executable, "-m", "anymedia", "backend", *words]
        done = subprocess.run(command, cwd=self.folder, env=environ, capture_output=True, text=True, check=False)
        return Ended(code=done.returncode, out=done.stdout, err=done.stderr)

    def recorded(self) -> Ended:
        return self.typed("record", "lanterna.py", "--yes", "--max-cost", "5")

    def played_back(self) -> str:
        """What the tests of the suite that are about recordings say."""
        command = [sys.executable, "-m", "pytest", "--pyargs", "anymedia.testing.conformance.test_recordings", "-q"]
        command += ["--anymedia-backend", "lanterna.py", "-p", "no:cacheprovider", "--tb=short"]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    @property
    def document(self) -> Any:
        return json.loads((self.folder / "recordings" / "lanterna" / "video.json").read_text("utf-8"))

    def answers(self, *replies: Reply) -> None:
        told = [replace(moved_reply(reply, self.server.url), headers=TALKATIVE["headers"]) for reply in replies]
        self.server.expect(told, {})


@pytest.fixture
def lanterna(tmp_path: Path) -> Iterator[Recording]:
    with ReplyServer() as server:
        source = SOURCE.read_text("utf-8")
        source = source.replace(DECLARED.base_url, f"{server.url}/v2").replace("poll_after=2.0", "poll_after=0.01")
        source = source.replace('VideoRequest(prompt="a fox")', 'VideoRequest(prompt="a fox", duration=2)')
        (tmp_path / "lanterna.py").write_text(source, "utf-8")
        key = canary_of(DECLARED)
        watch_for(key)
        recording = Recording(folder=tmp_path, server=server, key=key)
        recording.answers(*_with_secrets(key))
        yield recording


def _with_secrets(key: str) -> list[Reply]:
    """The replies of the sample, with what a provider may repeat of a caller."""
    accepted, *others = DECLARED.samples[0].replies
    echo = [f"key {key}", f"https://a.example/{quote(key, safe='')}", b64encode(f"x {key}".encode()).decode()]
    return [replace(accepted, json={**accepted.json, "user_id": "user-77", "echo": echo}), *others]


def test_a_recording_has_every_request_and_reply_and_nothing_that_is_the_callers(lanterna: Recording) -> None:
    ended = lanterna.recorded()
    assert ended.code == 0, ended.err
    assert ended.out == "recordings/lanterna/video.json\n"
    document, text = lanterna.document, json.dumps(lanterna.document)
    sent = [(each["request"]["method"], each["request"]["path"]) for each in document["exchanges"]]
    assert sent[:3] == [("POST", "/videos"), ("GET", "/videos/vid_1"), ("GET", "/videos/vid_1")]
    assert sent[3][1].endswith("/a.webm") and "signature" not in text
    assert document["exchanges"][0]["request"]["json"]["input"]["prompt"] == document["request"]["prompt"] == "a fox"
    assert document["result"]["outcome"] == "done" and document["result"]["cost"]["amount"] is not None
    assert "user-77" not in text and "org-of-mine" not in text and "session=1" not in text
    assert not holds_key(text) and not holds_key(ended.out + ended.err)


def test_what_is_recorded_is_not_bought_again(lanterna: Recording) -> None:
    lanterna.recorded()
    lanterna.answers(*DECLARED.samples[0].replies)
    again = lanterna.recorded()
    assert again.code == 2 and "it is recorded in recordings/lanterna/video.json" in again.err
    (lanterna.folder / "recordings" / "lanterna" / "video.json").unlink()
    removed = lanterna.recorded()
    assert removed.code == 2 and "was made today, as job" in removed.err
    assert lanterna.server.arrived == ()


def test_a_refusal_that_cost_nothing_is_written_down_and_may_be_tried_again(lanterna: Recording) -> None:
    lanterna.answers(Reply(status=400, json={"error": {"message": "no such model"}}))
    refused = lanterna.recorded()
    assert refused.code != 0 and lanterna.document["result"]["outcome"] == "rejected"
    assert lanterna.document["exchanges"][0]["reply"] is None
    lanterna.answers(*DECLARED.samples[0].replies)
    assert lanterna.recorded().code == 0
    assert lanterna.document["result"]["outcome"] == "done"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--yes",), "has to be a limit"),
        ((), "Nobody is here to be asked"),
        (("--yes", "--max-cost", "0.01"), "over the limit of 0.01 USD"),
        (("--operation", "music", "--yes", "--max-cost", "1"), "has no operation 'music'"),
        (("--model", "lantern-9", "--yes", "--max-cost", "1"), "has no model 'lantern-9'"),
    ],
)
def test_without_a_word_of_the_user_nothing_is_sent(words: tuple[str, ...], said: str, lanterna: Recording) -> None:
    ended = lanterna.typed("record", "lanterna.py", *words)
    assert ended.code != 0 and said in ended.err, ended.err
    assert lanterna.server.arrived == ()


def test_where_nothing_can_be_written_nothing_is_bought(lanterna: Recording) -> None:
    (lanterna.folder / "recordings").write_text("a file", "utf-8")
    ended = lanterna.recorded()
    assert ended.code != 0 and "cannot be written" in ended.err and ended.out == ""
    assert lanterna.server.arrived == ()


def test_without_a_key_or_a_provider_there_is_nothing_to_record(lanterna: Recording) -> None:
    keyless = lanterna.typed("record", "lanterna.py", "--yes", "--max-cost", "1", LANTERNA_API_KEY="")
    assert keyless.code == 3 and "LANTERNA_API_KEY" in keyless.err
    sketch = lanterna.typed("record", "sketch", "--yes", "--max-cost", "1")
    assert sketch.code == 2 and "no provider to be recorded" in sketch.err


def test_the_price_that_nobody_knows_is_never_paid(lanterna: Recording) -> None:
    path = lanterna.folder / "lanterna.py"
    source = path.read_text("utf-8").replace('PerUnit(amount=Decimal("0.1"), unit="second", ', "UnknownPrice(")
    path.write_text(source.replace("    PerUnit,\n", "    UnknownPrice,\n"), "utf-8")
    ended = lanterna.recorded()
    assert ended.code == 2 and "nobody can say what it costs" in ended.err, ended.err
    assert lanterna.server.arrived == ()


# --- Played back --------------------------------------------------------------------------------------------------


def test_the_suite_plays_a_recording_back_and_says_where_the_sample_and_the_flow_differ(lanterna: Recording) -> None:
    lanterna.recorded()
    assert "2 passed" in lanterna.played_back()
    path = lanterna.folder / "lanterna.py"
    changed = path.read_text("utf-8").replace('"input": body}', '"inputs": body}')
    path.write_text(changed.replace('"progress": 0.5', '"percent": 50'), "utf-8")
    said = lanterna.played_back()
    assert "request 1: `json` was" in said and "the sample has `percent`" in said and "2 failed" in said, said


def made_with(backend: Backend, folder: Path, operation: str, variables: Mapping[str, str]) -> Json:
    """The recording of one operation, made by a client of its own."""

    async def record() -> Json:
        environ = {"HOME": str(folder), "ANYMEDIA_HOME": str(folder / "state"), **variables}
        configuration = load(environ=environ, folder=folder, arguments={"output_dir": str(folder / "out")})
        async with AsyncClient(configuration=configuration, environ=environ) as client:
            client.desk.backends = {**client.desk.backends, backend.name: backend}
            takes, _ = await takes_of(client, backend, operations=[operation], into=folder)
            recorded = await Recorder(client, backend).record(takes[0])
            assert recorded.error is None, recorded.error
            return json.loads(recorded.place.read_text("utf-8"))

    return asyncio.run(record())


@pytest.mark.parametrize("operation", ["image", "speech", "describe"])
def test_every_shape_of_reply_can_be_played_back(operation: str, tmp_path: Path) -> None:
    with Emulator(api_key="sk-of-the-emulator") as emulator:
        tintype = replace(OPENAI, base_url=emulator.base_url, base_url_env=("TINTYPE_BASE_URL",))
        recording = made_with(tintype, tmp_path, operation, {"OPENAI_API_KEY": "sk-of-the-emulator"})
    assert was_made_at_the_provider(recording, tintype) and not was_made_at_the_provider(recording, OPENAI)
    assert problems_with(recording, tintype, tmp_path / "play") == []
    assert "sk-of-the-emulator" not in json.dumps(recording)


def test_a_place_that_depends_on_settings_is_the_providers_own() -> None:
    recording = {"origin": "https://us-east1-aiplatform.googleapis.com", "settings": {"location": "us-east1"}}
    assert was_made_at_the_provider(recording, VERTEX)
    assert not was_made_at_the_provider({**recording, "origin": "https://aiplatform.example"}, VERTEX)
