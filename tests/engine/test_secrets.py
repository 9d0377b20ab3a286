"""A key leaves this machine in one header, to one host, and stands nowhere else."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import httpx2
import pytest

from anymedia import AsyncClient, errors
from anymedia.configuration import load
from anymedia.engine.http import key_may_travel
from anymedia.engine.secret import Secret
from anymedia.engine.settings import Access
from anymedia.spec import Call, Flow, get, post
from anymedia.testing.emulator import Emulator, Fault, Sink
from toys import KEY, PICTURE, Provider, drawn, queue_backend, says, sends, serve_job, toy
from workplace import GENERATIONS, Workplace

JSON = {"content-type": "application/json"}
ECHO = f'{{"echo": "Authorization: Bearer {KEY}", "error": {{"message": "key {KEY} {KEY}"}}}}'
SOAK = [
    Fault.echoed_key(401), Fault.echoed_key(500), Fault.echoed_key(429), Fault.bad_key(),
    Fault.html(), Fault.truncated(),
    Fault.status(200, billed=True, headers=JSON, body=ECHO),
    Fault.status(400, billed=False, headers=JSON, body=ECHO),
    Fault.status(200, billed=True, headers=JSON, body=ECHO[:60]),
    Fault.status(502, billed=True, body=f"upstream said {KEY}"),
    Fault.status(200, billed=True, body=ECHO),
    Fault.missing_key("data"), Fault.no_outputs(), Fault.reset_after_body(),
]  # fmt: skip


def test_after_a_day_of_faults_the_key_is_in_no_file_no_log_and_no_error(
    openai: Workplace, emulator: Emulator, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    emulator.script(GENERATIONS, SOAK)
    said: list[Any] = []

    async def work(client: AsyncClient) -> None:
        for _ in range(len(SOAK) - 2):
            try:
                said.append((await client.image("a fox", wait=3)).document())
            except errors.AnymediaError as error:
                said.append((str(error), repr(error), error.document(), error.details))
        said.append([job.document() for job in await client.jobs()])
        said.append(repr(client.desk))
        for path in openai.root.rglob("*"):
            if path.is_file():
                assert KEY.encode() not in path.read_bytes(), path

    openai.run(work)
    assert emulator.submits >= len(SOAK) - 2
    for record in caplog.records:
        record.exc_info = None
    assert KEY not in str(said)
    assert KEY not in caplog.text
    assert KEY not in "".join(capfd.readouterr())


def test_the_key_goes_to_the_provider_and_to_the_hosts_it_named(workplace: Workplace, provider: Provider) -> None:
    with Sink() as sink:

        def submit(call: Call) -> Flow:
            yield get("/look")
            yield get(f"{sink.url}/cdn")
            return drawn(text="x")

        provider.on("GET", "/look", says({}))
        with pytest.raises(errors.AnymediaError):
            workplace.draw(toy(provider.url, submit, key_travels_to=("127.0.0.1",)), wait=0.3)
        assert all("authorization" not in request.headers for request in sink.requests)  # plain http: never
    assert provider.last("/look").headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("key", ["sk-ключ-canary-0123456789", "sk-canary-0123456789\nX-Evil: 1", "\x00canary-key"])
def test_a_key_that_is_no_header_value_is_refused_before_anything_is_written_down(
    key: str, workplace: Workplace, provider: Provider
) -> None:
    serve_job(provider)
    error = workplace.failure(queue_backend(provider.url), environ={"TOY_API_KEY": key})
    assert isinstance(error, errors.ConfigurationError)
    assert "canary" not in str(error)
    assert provider.requests == []
    assert workplace.rows() == []


def test_a_key_is_taken_without_the_white_space_around_it(workplace: Workplace, provider: Provider) -> None:
    serve_job(provider)
    workplace.draw(queue_backend(provider.url), environ={"TOY_API_KEY": f"  {KEY}\n"})
    assert provider.last("/jobs").headers["authorization"] == f"Bearer {KEY}"


def test_the_password_of_a_base_url_is_not_shown(openai: Workplace) -> None:
    openai.environ["OPENAI_BASE_URL"] = "http://me:topsecret@server.example.org/v1"
    error = openai.failure()
    assert isinstance(error, errors.InvalidConfiguration)
    assert "topsecret" not in str(error)
    assert "OPENAI_BASE_URL" in str(error)


def test_a_key_given_as_an_argument_goes_before_the_environment(openai: Workplace, emulator: Emulator) -> None:
    async def work() -> None:
        environ = {"HOME": str(openai.root), "ANYMEDIA_HOME": str(openai.state), **openai.environ}
        found = load(environ=environ, folder=openai.root, arguments={"output_dir": str(openai.out)})
        async with AsyncClient(keys={"openai": "sk-another-canary"}, configuration=found, environ=environ) as client:
            await client.image("a fox")

    asyncio.run(work())
    assert emulator.requests[-1].headers["authorization"] == "Bearer sk-another-canary"


@pytest.mark.parametrize("keys", [{"opnai": "sk-canary-typo-1234"}, {"openai": ""}, {"openai": "  "}])
def test_keys_that_reach_nobody_are_not_silently_ignored(keys: dict[str, str], openai: Workplace) -> None:
    environ = {"HOME": str(openai.root), "ANYMEDIA_HOME": str(openai.state)}
    found = load(environ=environ, folder=openai.root)
    with pytest.raises(errors.AnymediaError) as caught:
        client = AsyncClient(keys=keys, configuration=found, environ=environ)

        asyncio.run(client.image("a fox", backend="openai"))
    assert isinstance(caught.value, errors.UnknownName | errors.ConfigurationError)


def test_cookies_of_one_answer_are_not_sent_with_the_next(workplace: Workplace, provider: Provider) -> None:
    def submit(call: Call) -> Flow:
        yield get("/look")
        yield post("/buy", json={})
        return drawn(text="x")

    provider.on("GET", "/look", says({}, set_cookie="session=topsecret; Path=/"))
    provider.on("POST", "/buy", sends(PICTURE))
    workplace.draw(toy(provider.url, submit))
    assert "cookie" not in provider.last("/buy").headers


@pytest.mark.parametrize(
    ("url", "travels"),
    [
        ("https://api.toy.example/v1/jobs", True),
        ("https://API.toy.example:443/other", True),
        ("https://cdn.toy.example/file", True),
        ("https://api.eu2.toy.example/job", True),
        ("http://api.toy.example/v1", False),
        ("http://cdn.toy.example/file", False),
        ("https://api.toy.example:8443/v1", False),
        ("https://api.toy.example.evil.example/v1", False),
        ("https://evil.example/api.toy.example", False),
        ("https://api.toy.example@evil.example/v1", False),
        ("https://sub.cdn.toy.example/file", False),
        ("https://api.eu2.evil.toy.example/job", False),
        ("https://delivery.eu2.toy.example/file", False),
        ("https://api.eu2.toy.example.evil", False),
        ("https://xcdn.toy.example/file", False),
        ("https://evil.example/?https://cdn.toy.example", False),
    ],
)
def test_the_key_travels_to_the_own_origin_and_to_hosts_that_were_named_over_https(url: str, travels: bool) -> None:
    named = ("cdn.toy.example", "api.*.toy.example")
    backend = toy("https://api.toy.example/v1", lambda call: iter(()), key_travels_to=named)  # type: ignore[arg-type, return-value]
    access = Access(backend=backend, base_url=backend.base_url, key=Secret(KEY))
    assert key_may_travel(access, httpx2.URL(url)) is travels
