"""Addresses that others name: none inside a private network is ever connected to, however it is written or answered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from name_server import serving
from public_host import PublicHost
from socket_spy import watched

from anymedia import AnymediaError, AsyncClient
from anymedia.media import MediaFile
from anymedia.spec import Call, Flow, Succeeded, upload
from anymedia.testing.emulator import Sink
from toys import PICTURE, Provider, queue_backend, says, sends, serve_job, toy
from workplace import Workplace, arrives

CORPUS = json.loads(Path(__file__).with_name("urls.json").read_text())
NAMES = {name: [numbers] for name, numbers in CORPUS["names"].items()}
LONG = "https://files.public.example/" + "a" * 300_000


async def ends_of(client: AsyncClient, provider: Provider, urls: list[str], wait: float = 20) -> list[AnymediaError]:
    """How jobs end whose file is said to be at each of the addresses."""
    ends = []
    for url in urls:
        serve_job(provider, says({"status": "done", "urls": [url]}))
        with pytest.raises(AnymediaError) as caught:
            await client.image("a fox", wait=wait)
        ends.append(caught.value)
    return ends


def test_no_address_of_the_corpus_is_connected_to(
    workplace: Workplace, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    urls = [each["url"] for each in CORPUS["refused"]] + [LONG]
    assert len(urls) > 75
    with serving(monkeypatch, NAMES), watched() as connected:
        ends = workplace.run(lambda client: ends_of(client, provider, urls), queue_backend(provider.url))
    assert {port for host, port in connected} == {urlsplit(provider.url).port}
    judged = {url: (end.code, end.charged) for url, end in zip(urls, ends, strict=True)}
    assert {url: end for url, end in judged.items() if end != ("failed", "yes")} == {}
    assert workplace.files() == []


async def reaches(client: AsyncClient, provider: Provider, url: str, reached: Callable[[], bool]) -> None:
    """Begin a job whose file is at an address, until somebody was reached."""
    serve_job(provider, says({"status": "done", "urls": [url]}))
    job = asyncio.ensure_future(client.image("a fox", wait=20))
    await arrives(reached)
    job.cancel()
    await asyncio.wait([job])


@pytest.mark.parametrize("asked", CORPUS["fetched"], ids=lambda asked: asked["is"])
def test_an_address_that_everybody_can_reach_is_asked(
    asked: Any, workplace: Workplace, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tuple(asked["reaches"])
    with serving(monkeypatch, NAMES), watched() as connected:
        backend = queue_backend(provider.url)
        workplace.run(lambda client: reaches(client, provider, asked["url"], lambda: place in connected), backend)
    assert {host for host, port in connected} == {"127.0.0.1", place[0]}


def test_a_name_that_changes_after_the_look_gains_nothing(
    workplace: Workplace, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    rebound = {"rebound.public.example": [["93.184.216.34"], ["127.0.0.1"]]}
    with Sink() as sink, serving(monkeypatch, rebound) as server, watched() as connected:
        port = urlsplit(sink.url).port
        url = f"https://rebound.public.example:{port}/a.png"
        (end,) = workplace.run(lambda client: ends_of(client, provider, [url]), queue_backend(provider.url))
        assert not sink.reached
    assert [host for host, each in connected if each == port] == ["93.184.216.34"]
    assert server.asked["rebound.public.example"] == 2  # once for each attempt, and the second is refused
    assert (end.code, end.charged) == ("failed", "yes")


# --- Redirects --------------------------------------------------------------------------------------------------------


def test_a_pinned_connection_still_carries_the_name_and_never_the_key(
    workplace: Workplace, provider: Provider, elsewhere: PublicHost
) -> None:
    serve_job(provider, says({"status": "done", "urls": [f"{elsewhere.url}/a.png"]}))
    elsewhere.server.on("GET", "/a.png", sends(PICTURE))
    assert workplace.draw(queue_backend(provider.url)).read_bytes() == PICTURE
    (request,) = elsewhere.server.requests
    assert request.headers["host"] == urlsplit(elsewhere.url).netloc
    assert elsewhere.greeted == ["files.public.example"]
    assert "authorization" not in request.headers


def moved(to: str) -> Any:
    return sends(b"", status=302, location=to)


CHAINS = {
    "foreign to foreign": (["{there}/2", "{there}/a.png"], True),
    "five hops": ([*(f"{{there}}/{number}" for number in range(2, 6)), "{there}/a.png"], True),
    "six hops": ([*(f"{{there}}/{number}" for number in range(2, 7)), "{there}/a.png"], False),
    "in a circle": (["{there}/1"], False),
    "to plain http at home": (["{home}/a.png"], False),
    "to metadata": (["https://169.254.169.254/latest/meta-data/"], False),
    "to metadata over http": (["http://169.254.169.254/latest/meta-data/"], False),
    "to a private host at the end": (["{there}/2", "{there}/3", "https://10.0.0.1/a.png"], False),
    "to a number in disguise": (["https://0x0a000001/a.png"], False),
    "to a mapped number": (["https://[::ffff:10.0.0.1]/a.png"], False),
    "to a file": (["file:///etc/passwd"], False),
    "to no address": (["https://["], False),
}


@pytest.mark.parametrize(("hops", "arrives"), CHAINS.values(), ids=CHAINS)
def test_every_hop_of_a_chain_of_redirects_is_looked_at(
    hops: list[str], arrives: bool, workplace: Workplace, provider: Provider, elsewhere: PublicHost
) -> None:
    places = [hop.format(there=elsewhere.url, home=provider.url) for hop in hops]
    serve_job(provider, says({"status": "done", "urls": [f"{elsewhere.url}/1"]}))
    for server in (provider, elsewhere.server):
        server.on("GET", "/a.png", sends(PICTURE))
    for number, place in enumerate(places, start=1):
        elsewhere.server.on("GET", f"/{number}", moved(place))
    with watched() as connected:
        ended = workplace.run(lambda client: outcome(client), queue_backend(provider.url))
    own = {urlsplit(provider.url).port, urlsplit(elsewhere.url).port}
    assert {port for host, port in connected} <= own and {host for host, port in connected} == {"127.0.0.1"}
    assert ended == ("done" if arrives else "failed")
    assert provider.count("GET", "/a.png") == 0


async def outcome(client: AsyncClient) -> str:
    try:
        return (await client.image("a fox", wait=20)).status
    except AnymediaError as error:
        return error.code


def test_who_was_led_away_comes_back_without_the_key(workplace: Workplace, elsewhere: PublicHost) -> None:
    """The provider is a public server here, and a foreign one sends us back to it, to a place of its choice."""
    home, foreign = elsewhere.url, elsewhere.url.replace("files", "other")
    serve_job(elsewhere.server, says({"status": "done", "urls": [f"{foreign}/away"]}))
    elsewhere.server.on("GET", "/away", moved(f"{home}/back"))
    elsewhere.server.on("GET", "/back", sends(PICTURE))
    assert workplace.draw(queue_backend(home)).read_bytes() == PICTURE
    assert "authorization" in elsewhere.server.last("/jobs/1").headers
    assert [path for path in ("/away", "/back") if "authorization" in elsewhere.server.last(path).headers] == []


# --- What is sent to an address of a reply ----------------------------------------------------------------------------


def test_an_upload_is_not_sent_to_a_private_host_that_a_reply_names(
    workplace: Workplace, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = MediaFile(media_type="image/png", data=PICTURE)

    def submit(call: Call) -> Flow:
        yield upload("https://inner.public.example/upload", content=content)
        return Succeeded()

    with serving(monkeypatch, NAMES), watched() as connected:
        error = workplace.failure(toy(provider.url, submit))
    assert (error.code, error.charged) == ("failed", "no")
    assert connected == []


def test_behind_a_proxy_what_is_private_is_refused_before_the_proxy_hears_of_it(
    workplace: Workplace, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", provider.url)
    urls = ["https://169.254.169.254/a", "https://inner.public.example/a", "https://printer.local/a"]
    with serving(monkeypatch, NAMES):
        ends = workplace.run(lambda client: ends_of(client, provider, urls), queue_backend(provider.url))
        assert [end.code for end in ends] == ["failed"] * 3
        assert not any(request.method == "CONNECT" for request in provider.requests)
        url = "https://files.public.example/a"
        heard = lambda: any(request.method == "CONNECT" for request in provider.requests)  # noqa: E731
        workplace.run(lambda client: reaches(client, provider, url, heard), queue_backend(provider.url))
