"""Files at a URL: fetched from where it is allowed, resumed where they broke off, and never half there."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Iterator
from typing import Any

import pytest

from anymedia import AsyncClient, errors
from anymedia.engine.part import Part
from anymedia.testing.emulator import Fault, ReceivedRequest, Sink
from anymedia.testing.emulator.deliveries import Pause, head
from anymedia.testing.emulator.messages import Reply
from toys import PICTURE, Answer, Provider, breaks, picture, queue_backend, says, sends, serve_job
from workplace import Workplace

FILE = "/files/1"


def from_start(request: ReceivedRequest) -> int:
    """The first byte a request asks for."""
    return int(request.headers.get("range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))


def ranged(request: ReceivedRequest) -> Reply:
    """A server that serves ranges."""
    start = from_start(request)
    fields = (("content-type", "image/png"), ("etag", '"1"'))
    if start == 0:
        return Reply(headers=fields, pieces=(PICTURE,))
    span = ("content-range", f"bytes {start}-{len(PICTURE) - 1}/{len(PICTURE)}")
    return Reply(status=206, headers=(*fields, span), pieces=(PICTURE[start:],))


def cut_after(count: int) -> Fault:
    """The body ends after `count` bytes although more were announced."""

    def deliver(reply: Reply) -> Iterator[bytes | Pause]:
        yield head(reply, ("content-length", str(len(reply.body)))) + reply.body[:count]

    return Fault(name="cut", delivery=deliver)


def fetched(workplace: Workplace, provider: Provider, *answers: Answer, wait: float | None = None) -> Any:
    serve_job(provider)
    provider.on("GET", FILE, *answers)
    return workplace.draw(queue_backend(provider.url), wait=wait)


def refused(workplace: Workplace, provider: Provider, *answers: Answer, wait: float | None = None) -> Any:
    with pytest.raises(errors.AnymediaError) as caught:
        fetched(workplace, provider, *answers, wait=wait)
    assert workplace.files() == []
    assert caught.value.charged != "no"
    return caught.value


# --- Going on --------------------------------------------------------------------------------------------------------


def test_a_broken_download_goes_on_where_it_stopped(workplace: Workplace, provider: Provider) -> None:
    result = fetched(workplace, provider, breaks(cut_after(30), Answer(ranged)), Answer(ranged))
    assert result.read_bytes() == PICTURE
    assert [from_start(request) for request in provider.requests if request.path == FILE] == [0, 30]
    assert workplace.files(hidden=True) == []


def test_a_server_that_knows_no_ranges_is_asked_from_the_beginning(workplace: Workplace, provider: Provider) -> None:
    result = fetched(workplace, provider, breaks(cut_after(30), sends(PICTURE)), sends(PICTURE))
    assert result.read_bytes() == PICTURE
    assert workplace.files(hidden=True) == []


def test_an_answer_of_another_range_than_asked_for_is_not_glued_on(workplace: Workplace, provider: Provider) -> None:
    whole = sends(PICTURE, status=206, content_range=f"bytes 0-{len(PICTURE) - 1}/{len(PICTURE)}")
    result = fetched(workplace, provider, breaks(cut_after(30), sends(PICTURE)), whole, sends(PICTURE))
    assert result.read_bytes() == PICTURE


def test_a_file_that_changed_meanwhile_is_not_glued_together(workplace: Workplace, provider: Provider) -> None:
    """Two versions of the same length: only the server can tell, by If-Range."""
    other = picture("another")
    assert len(other) == len(PICTURE)

    def changed(request: ReceivedRequest) -> Reply:
        start = from_start(request)
        fields = (("content-type", "image/png"), ("etag", '"2"'))
        if start == 0 or request.headers.get("if-range") == '"1"':
            return Reply(headers=fields, pieces=(other,))
        span = ("content-range", f"bytes {start}-{len(other) - 1}/{len(other)}")
        return Reply(status=206, headers=(*fields, span), pieces=(other[start:],))

    cut = len(PICTURE) - 15  # behind the pixels: both halves make a whole PNG
    result = fetched(workplace, provider, breaks(cut_after(cut), Answer(ranged)), Answer(changed))
    assert result.read_bytes() == other


@pytest.mark.parametrize(
    "trouble",
    [
        says({}, 500),
        says({}, 503),
        says({}, 429, retry_after="0"),
        breaks(Fault.close_after_body()),
        breaks(Fault.reset_after_body()),
        breaks(Fault.broken_chunks(), sends(PICTURE)),
        sends(b"<!DOCTYPE html><p>busy</p>", "text/html"),
        sends(b""),
        breaks(Fault.truncated(40), sends(PICTURE)),
    ],
    ids=["500", "503", "429", "closed", "reset", "chunks", "html", "empty", "cut-without-length"],
)
def test_a_download_that_fails_is_tried_again_because_it_is_free(
    trouble: Answer, workplace: Workplace, provider: Provider
) -> None:
    result = fetched(workplace, provider, trouble, sends(PICTURE), wait=8)
    assert result.read_bytes() == PICTURE
    assert workplace.files() == [result.path]
    assert workplace.files(hidden=True) == []
    assert provider.count("POST", "/jobs") == 1


def test_a_range_behind_the_end_is_not_asked_for_ever(workplace: Workplace, provider: Provider) -> None:
    """The last chunk is missing but every byte came: the server has nothing more to give."""

    def picky(request: ReceivedRequest) -> Reply:
        return Reply(status=416) if from_start(request) else ranged(request)

    result = fetched(workplace, provider, breaks(Fault.broken_chunks(), Answer(ranged)), Answer(picky), wait=6)
    assert result.read_bytes() == PICTURE


# --- Ending ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [404, 410, 403])
def test_a_link_that_expired_says_that_it_was_paid(status: int, workplace: Workplace, provider: Provider) -> None:
    error = refused(workplace, provider, says({}, status))
    assert (type(error), error.charged, error.exit_code) == (errors.Expired, "yes", 5)
    row = workplace.row
    assert (row["status"], row["private_step"]) == ("expired", None)


@pytest.mark.parametrize("status", [400, 405, 451])
def test_a_refused_download_does_not_go_on_until_the_end_of_the_wait(
    status: int, workplace: Workplace, provider: Provider
) -> None:
    error = refused(workplace, provider, says({}, status), wait=20)
    assert not isinstance(error, errors.StillRunning)
    assert provider.count("GET", FILE) <= 4


@pytest.mark.parametrize("broken", [sends(PICTURE[:60]), sends(b"<html></html>", "text/html")])
def test_what_never_becomes_a_whole_file_goes_to_quarantine(
    broken: Answer, workplace: Workplace, provider: Provider
) -> None:
    error = refused(workplace, provider, broken, wait=20)
    assert (type(error), error.charged) == (errors.VerificationFailed, "yes")
    assert workplace.row["status"] == "verify_failed"
    assert len(list(workplace.quarantine.glob("*.part"))) == 1
    assert str(workplace.quarantine) in str(error)
    assert workplace.files(hidden=True) == []


def test_a_dripping_server_does_not_hold_the_caller_past_the_wait(workplace: Workplace, provider: Provider) -> None:
    serve_job(provider)
    provider.on("GET", FILE, breaks(Fault.drip(20), sends(PICTURE)))

    async def work(client: AsyncClient) -> None:
        async with asyncio.timeout(4):
            await client.image("a fox", wait=1)

    with pytest.raises(errors.StillRunning):
        workplace.run(work, queue_backend(provider.url))
    assert workplace.row["status"] == "ready"
    serve_job(provider)
    result = workplace.run(lambda client: client.resume(workplace.row["id"]), queue_backend(provider.url))
    assert workplace.files() == [result.path]


def test_a_redirect_within_the_provider_is_followed(workplace: Workplace, provider: Provider) -> None:
    provider.on("GET", "/elsewhere", sends(PICTURE))
    moved = sends(b"", status=302, location=f"{provider.url}/elsewhere")
    assert fetched(workplace, provider, moved, wait=5).read_bytes() == PICTURE


def test_redirects_without_end_end(workplace: Workplace, provider: Provider) -> None:
    error = refused(workplace, provider, sends(b"", status=302, location=f"{provider.url}{FILE}"), wait=10)
    assert not isinstance(error, errors.StillRunning)
    assert provider.count("GET", FILE) < 50


# --- Hostile addresses -----------------------------------------------------------------------------------------------


def test_a_redirect_to_a_private_host_is_refused(workplace: Workplace, provider: Provider) -> None:
    with Sink(body=PICTURE, media_type="image/png") as sink:
        error = refused(workplace, provider, sends(b"", status=302, location=f"{sink.url}/file"), wait=5)
        assert not sink.reached
    assert not isinstance(error, errors.StillRunning)


def test_a_foreign_host_in_a_private_network_is_never_reached(workplace: Workplace, provider: Provider) -> None:
    with Sink(body=PICTURE, media_type="image/png") as sink:
        for url in (sink.url, sink.url.replace("http:", "https:"), sink.url.replace("127.0.0.1", "localhost")):
            serve_job(provider, says({"status": "done", "urls": [f"{url}/file"]}))
            error = workplace.failure(queue_backend(provider.url), wait=20)
            assert (error.code, error.charged) == ("failed", "yes")
        assert not sink.reached


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/a.png",
        "ftp://example.com/a.png",
        "file:///etc/passwd",
        "https://user:pw@example.com/a.png",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/a",
        "https://[::1]/a",
        "https://[::ffff:127.0.0.1]/a",
        "https://0.0.0.0/a",
        "https://2130706433/a",
        "https://0x7f.1/a",
        "https://localhost/a",
        "https://example.com:99999/a",
        "http://[",
        "https://",
        "//example.com/a",
        "not a url",
        "https://\u0000/a",
        "",
    ],
)
def test_a_hostile_address_is_refused_and_the_money_is_not_denied(
    url: str, workplace: Workplace, provider: Provider
) -> None:
    serve_job(provider, says({"status": "done", "urls": [url]}))
    error = workplace.failure(queue_backend(provider.url), wait=20)
    assert (error.code, error.charged) == ("failed", "yes")
    assert workplace.row["status"] == "failed"
    assert workplace.files() == []


@pytest.mark.parametrize("url", ["https://nowhere.invalid/a", "https://exa mple.com/a", "https://localhost./a"])
def test_an_address_that_leads_nowhere_does_not_lose_the_job(
    url: str, workplace: Workplace, provider: Provider
) -> None:
    serve_job(provider, says({"status": "done", "urls": [url]}))
    error = workplace.failure(queue_backend(provider.url), wait=0.3)
    assert (error.code in ("running", "failed"), error.charged) == (True, "yes")


def test_a_signed_address_is_in_no_error_and_in_no_row_afterwards(
    workplace: Workplace, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    serve_job(provider, says({"status": "done", "urls": [f"{provider.url}{FILE}?signature=topsecret"]}))
    provider.on("GET", FILE, says({}, 500), sends(PICTURE))
    workplace.draw(queue_backend(provider.url))
    serve_job(provider, says({"status": "done", "urls": [f"{provider.url}{FILE}?signature=topsecret"]}))
    provider.on("GET", FILE, says({}, 404))
    error = workplace.failure(queue_backend(provider.url))
    assert "topsecret" not in f"{error} {caplog.text} {workplace.rows()}"


def test_the_key_goes_with_a_download_from_the_own_origin_only(workplace: Workplace, provider: Provider) -> None:
    fetched(workplace, provider, sends(PICTURE))
    assert "authorization" in provider.last(FILE).headers


def test_a_copy_that_the_disk_did_not_take_is_gone_once_the_job_was_resumed(
    workplace: Workplace, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(descriptor: int) -> None:
        monkeypatch.undo()
        raise OSError(errno.EIO, "the disk is broken")

    serve_job(provider)
    provider.on("GET", FILE, sends(PICTURE))
    backend = queue_backend(provider.url)

    def arm(progress: Any) -> None:
        if progress.stage == "saving":
            monkeypatch.setattr(os, "fsync", broken)

    with pytest.raises(errors.AnymediaError) as caught:
        workplace.draw(backend, on_progress=arm)
    assert [path.suffix for path in workplace.files(hidden=True)] == [".unsynced"]
    made = workplace.run(lambda client: client.resume(caught.value.job_id, wait=10), backend)
    assert made.path.read_bytes() == PICTURE
    assert workplace.files(hidden=True) == []


# --- What a file may not be -------------------------------------------------------------------------------------------


def test_a_flipped_byte_is_noticed_and_the_file_fetched_again(workplace: Workplace, provider: Provider) -> None:
    spoiled = bytearray(PICTURE)
    spoiled[len(PICTURE) // 2] ^= 1
    result = fetched(workplace, provider, sends(bytes(spoiled)), sends(PICTURE))
    assert result.read_bytes() == PICTURE
    assert (provider.count("POST", "/jobs"), provider.count("GET", FILE)) == (1, 2)


def test_a_file_without_end_is_stopped_at_the_cap(
    workplace: Workplace, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(Part.__init__.__kwdefaults__, "most", 3 << 20)
    sent = 0

    def endless(reply: Reply) -> Iterator[bytes | Pause]:
        nonlocal sent
        yield head(reply) + PICTURE[:-12]
        while True:
            sent += 1 << 16
            yield bytes(1 << 16)

    error = refused(workplace, provider, Answer(sends(PICTURE).reply, fault=Fault(name="endless", delivery=endless)))
    assert isinstance(error, errors.GenerationFailed) and "a file without end" in error.message
    assert sent < 64 << 20
    assert (provider.count("POST", "/jobs"), provider.count("GET", FILE)) == (1, 1)
