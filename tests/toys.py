"""Toy providers and toy backends: a loopback server that answers what a test says, and backends made of one flow.

Run as a program (`python toys.py ACTION HOME URL ...`) it is the process that crash tests kill and start again.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import struct
import sys
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from ssl import SSLContext
from typing import Any
from zlib import crc32

import studio
from anymedia import AnymediaError, AsyncClient
from anymedia.configuration import load
from anymedia.errors import Refused
from anymedia.media import MediaFile
from anymedia.operations import ImageRequest, Request
from anymedia.spec import (
    ApiKey,
    Backend,
    Between,
    Call,
    Control,
    Failed,
    Files,
    Flow,
    Model,
    Param,
    Pending,
    PerUnit,
    Step,
    Succeeded,
    TextUpTo,
    get,
    one_of,
    post,
)
from anymedia.testing.emulator import Fault, MediaAsked, Meter, ReceivedRequest
from anymedia.testing.emulator.messages import Reply, json_reply
from anymedia.testing.emulator.pictures import draw
from anymedia.testing.emulator.server import Listening, LoopbackServer

KEY = "sk-canary-0123456789abcdefghij"
"""The key of every test. It may turn up nowhere but in an Authorization header."""


def picture(prompt: str = "a fox", *, output_format: str = "png", side: int = 16) -> bytes:
    """A small, whole picture."""
    return draw(MediaAsked(prompt=prompt, output_format=output_format, width=side, height=side))


def padded(content: bytes, size: int) -> bytes:
    """The same PNG, WAV or MP4, as whole as before, with so many bytes: the rest is in a piece that says nothing."""
    more = size - len(content)
    match content[:4]:
        case b"\x89PNG":
            chunk = b"prVt" + bytes(more - 12)
            return (
                content[:-12] + struct.pack(">I", more - 12) + chunk + struct.pack(">I", crc32(chunk)) + content[-12:]
            )
        case b"RIFF":
            length = struct.pack("<I", size - 8)
            return content[:4] + length + content[8:] + b"JUNK" + struct.pack("<I", more - 8) + bytes(more - 8)
    return content + struct.pack(">I", more) + b"free" + bytes(more - 8)


PICTURE = picture()

# --- A provider that says what it is told to ------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """One answer: a reply, and perhaps what goes wrong with it on the wire."""

    reply: Reply | Callable[[ReceivedRequest], Reply] = field(default_factory=Reply)
    fault: Fault | None = None


def says(document: Any, status: int = 200, **headers: str) -> Answer:
    """A JSON answer. Underscores in header names stand for hyphens."""
    return Answer(json_reply(document, status=status, headers={k.replace("_", "-"): v for k, v in headers.items()}))


def sends(content: bytes, media_type: str = "image/png", status: int = 200, **headers: str) -> Answer:
    """An answer that is itself a file."""
    fields = (("content-type", media_type), *((k.replace("_", "-"), v) for k, v in headers.items()))
    return Answer(Reply(status=status, headers=fields, pieces=(content,)))


def breaks(fault: Fault, answer: Answer | None = None) -> Answer:
    """An answer that meets a fault of the emulator's catalogue."""
    return replace(answer or Answer(), fault=fault)


class Provider(Listening):
    """A loopback server. `on` says what a path answers; the last answer stays. `requests` is what arrived."""

    def __init__(self, *, tls: SSLContext | None = None) -> None:
        self.meter = Meter()
        self.requests: list[ReceivedRequest] = []
        self._answers: defaultdict[tuple[str, str], deque[Answer]] = defaultdict(deque)
        self._server = LoopbackServer(self, tls=tls)

    def on(self, method: str, path: str, *answers: Answer) -> None:
        self._answers[method, path] = deque(answers)

    def answer_at(self, method: str, path: str) -> Answer:
        """What a path answers next."""
        return self._answers[method, path][0]

    def count(self, method: str, path: str) -> int:
        """How often a path was asked, requests that a fault cut short included."""
        return sum(1 for request in tuple(self.requests) if (request.method, request.path) == (method, path))

    def last(self, path: str) -> ReceivedRequest:
        return [request for request in self.requests if request.path == path][-1]

    def _next(self, request: ReceivedRequest, *, take: bool) -> Answer:
        answers = self._answers.get((request.method, request.path))
        if not answers:
            return says({"error": {"message": f"nothing at {request.method} {request.path}"}}, 404)
        return answers.popleft() if take and len(answers) > 1 else answers[0]

    # What a connection of the emulator asks of the service behind it.

    def refuses_connection(self) -> bool:
        return False

    def fault_for(self, request: ReceivedRequest) -> Fault | None:
        return self._next(request, take=False).fault

    def cut_short(self, request: ReceivedRequest, fault: Fault) -> None:
        self._next(request, take=True)
        self.requests.append(replace(request, complete=False))

    def answer(self, request: ReceivedRequest, fault: Fault | None) -> Reply:
        self.requests.append(request)
        reply = self._next(request, take=True).reply
        return reply(request) if callable(reply) else reply

    def delay(self, request: ReceivedRequest, fault: Fault | None) -> float:
        return 0.0 if fault is None else fault.delay


# --- Backends ---------------------------------------------------------------------------------------------------------

PRICE = PerUnit(amount=Decimal("0.05"), unit="image", source="a toy", checked=date(2026, 11, 22))
PARAMS: Mapping[str, Param] = {
    "prompt": Param(wire_name="prompt", allows=TextUpTo(10_000)),
    "n": Param(wire_name="n", allows=Between(1, 4)),
    "quality": Param(wire_name="quality", allows=one_of("low", "high")),
    "output_format": Param(wire_name="output_format", allows=one_of("png", "jpeg")),
    "input_images": Param(
        wire_name="image", allows=Files(media_types=("image/png",), at_most=4, bytes_each=10**8), encode=tuple
    ),
}


def toy_model(**changes: Any) -> Model:
    facts: dict[str, Any] = {
        "id": "toy-1",
        "accepts": ImageRequest,
        "params": PARAMS,
        "price": PRICE,
        "typical_bytes": 1000,
        "max_outputs": 4,
        "source": "a toy",
    }
    return Model(**(facts | changes))


def toy(url: str, submit: Callable[[Call], Flow], *, model: Model | None = None, **changes: Any) -> Backend:
    """A backend whose whole behaviour is the given flow."""
    facts: dict[str, Any] = {
        "name": "toy",
        "title": "Toy",
        "docs": "https://toy.example/docs",
        "base_url": url,
        "auth": ApiKey(env=("TOY_API_KEY",)),
        "priority": {ImageRequest: 500},
        "models": (model or toy_model(),),
        "submit": submit,
    }
    return Backend(**(facts | changes))


def drawn(**facts: Any) -> Succeeded:
    """A success with a picture that nobody looks at: a picture was asked for, so words alone are no result."""
    return Succeeded(files=(MediaFile(media_type="image/png", data=PICTURE),), **facts)


def submit_job(call: Call) -> Flow:
    """Buy at `/jobs` and wait."""
    response = yield post("/jobs", json=dict(call.body))
    return Pending(state={"id": response.json["id"]}, poll_after=0)


def poll_job(call: Call, state: Any) -> Flow:
    """Ask `/jobs/ID`; when it is done, its picture is at a URL."""
    response = yield get(f"/jobs/{state['id']}")
    return step_of_job(response.json, state)


def step_of_job(reply: Any, state: Any) -> Step:
    match reply["status"]:
        case "done":
            return Succeeded(files=tuple(MediaFile(media_type="image/png", url=url) for url in reply["urls"]))
        case "failed":
            return Failed(reason=reply["reason"], kind=reply.get("kind", "failed"))
    return Pending(state=state, poll_after=reply.get("poll_after", 0.02), fraction=0.5)


def queue_backend(url: str, **changes: Any) -> Backend:
    """The usual kind of provider: a job is bought, asked for until it is done, and its file fetched."""
    return toy(url, submit_job, **({"poll": poll_job} | changes))


def serve_job(provider: Provider, *statuses: Answer, content: bytes = PICTURE) -> None:
    """One job at a provider: bought at once, then `statuses`, then done with one picture."""
    done = says({"status": "done", "urls": [f"{provider.url}/files/1"]})
    provider.on("POST", "/jobs", says({"id": "1"}))
    provider.on("GET", "/jobs/1", *statuses, done)
    provider.on("GET", "/files/1", sends(content))


RUNNING = says({"status": "running"})

# --- A library that computes -----------------------------------------------------------------------------------------


class PickyError(Exception):
    """An exception that cannot be pickled, as those of many libraries."""

    def __init__(self, left: str, right: str) -> None:
        super().__init__(f"{left} and {right}")


def paint(control: Control, *, prompt: str = "a fox", steps: int = 4) -> Path:
    """Draw into the scratch folder and report each step."""
    for step in range(steps):
        control.progress((step + 1) / steps)
    path = control.scratch / "painted.png"
    path.write_bytes(picture(prompt))
    return path


def process_number(control: Control) -> int:
    print("a library that chatters on standard output")
    return os.getpid()


def raising(control: Control, *, error: str) -> None:
    """Fail in the way of the given name."""
    match error:
        case "value":
            raise ValueError("the width must be even")
        case "missing":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")
        case "picky":
            raise PickyError("left", "right")
        case "exit":
            sys.exit(3)
        case "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case "ours":
            raise Refused("not that")
    raise RuntimeError("it broke")


def whereabouts(control: Control) -> str:
    """What a function learns of the provider."""
    provider = control.provider
    return f"{provider.base_url} {provider.key == KEY} {provider.connect_timeout} {provider.timeout}"


def failing(control: Control, *, failure: Exception) -> None:
    raise failure


def unpicklable(control: Control) -> Any:
    return lambda: None


def wait_for_ever(control: Control, *, mark: str) -> None:
    """Say that it began, then work until it is stopped; say that it was."""
    Path(mark).write_text(str(os.getpid()))
    try:
        while True:
            time.sleep(0.005)
            control.progress(0.5)
    finally:
        Path(mark).with_suffix(".stopped").touch()


# --- Clients ----------------------------------------------------------------------------------------------------------


def open_client(
    home: Path, output: Path, *backends: Backend, environ: Mapping[str, str] | None = None, **arguments: Any
) -> AsyncClient:
    """A client that sees nothing of the machine it runs on. `arguments` are configuration, as in the file."""
    surroundings = {"HOME": str(home), "ANYMEDIA_HOME": str(home / "state"), "TOY_API_KEY": KEY, **(environ or {})}
    arguments = {"output_dir": str(output), **arguments}
    found = load(environ=surroundings, folder=home, arguments=arguments)
    client = AsyncClient(configuration=found, environ=surroundings)
    if backends:
        client.desk.backends = {**client.desk.backends, **{backend.name: backend for backend in backends}}
    return client


async def _act(client: AsyncClient, action: str, names: list[str]) -> dict[str, Any]:
    async with client:
        if action == "resume":
            return {"path": str((await client.resume(names[0])).path)}
        if action == "studio":
            return {"path": str((await client.design_voice("a warm narrator")).path)}
        request: Request = ImageRequest(prompt="a fox")
        return {"path": str((await client.generate(request)).path)}


def main(action: str, home: str, url: str, *names: str) -> None:
    """`openai`, `queue`, `studio` or `resume JOB`; prints one line of JSON: the path, or the code of the error."""

    environ = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": url} if "openai" in (action, *names) else {}
    backends = () if environ else (queue_backend(url), replace(studio.BACKEND, base_url=url))
    client = open_client(Path(home), Path(home) / "out", *backends, environ=environ)
    try:
        said = asyncio.run(_act(client, action, list(names)))
    except AnymediaError as error:
        said = {"code": error.code, "charged": error.charged, "job_id": error.job_id}
    print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
