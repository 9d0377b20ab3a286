"""Inputs that a user names by their web address: fetched by us, never by a provider, and gone when the job is over."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from typing import Any

import pytest
from public_host import PublicHost
from socket_spy import watched

from anymedia import AnymediaError, errors
from anymedia.media import MediaFile
from anymedia.operations import ImageRequest
from anymedia.spec import Backend, Call, Flow, Inline, post
from anymedia.testing.emulator import Fault
from toys import PICTURE, Provider, breaks, drawn, says, sends, toy
from workplace import Workplace

SHA = hashlib.sha256(PICTURE).hexdigest()


def editor(url: str) -> Backend:
    """A backend that sends its input along."""

    def submit(call: Call) -> Flow:
        files = call.request.asked_for()["input_images"]
        yield post("/edits", json={"images": [Inline(file=file, form="data_uri") for file in files]})
        return drawn()

    return toy(url, submit)


def left_in(place: Workplace) -> list[Any]:
    folder = place.state / "scratch" / "fetched-inputs"
    return [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []


@pytest.mark.parametrize("given", ["text", "file", "twice"])
def test_an_input_is_fetched_and_its_bytes_are_sent(
    given: str, workplace: Workplace, provider: Provider, elsewhere: PublicHost
) -> None:
    url = f"{elsewhere.url}/a.png?signature=topsecret"
    elsewhere.server.on("GET", "/a.png", sends(PICTURE))
    provider.on("POST", "/edits", says({}))
    shapes: dict[str, Any] = {
        "text": url,
        "file": MediaFile(media_type="image/png", url=url),
        "twice": [url, url],
    }
    workplace.draw(editor(provider.url), input_images=shapes[given])
    body = provider.last("/edits").body.decode()
    assert body.count("data:image/png;base64,") == (2 if given == "twice" else 1)
    assert "public.example" not in body and "topsecret" not in str(workplace.rows())
    assert len(elsewhere.server.requests) == 1
    assert SHA in workplace.row["request"]
    assert left_in(workplace) == []


def test_the_same_key_and_bytes_are_the_same_job(
    workplace: Workplace, provider: Provider, elsewhere: PublicHost
) -> None:
    elsewhere.server.on("GET", "/a.png", sends(PICTURE))
    provider.on("POST", "/edits", says({}))
    for _ in range(2):
        workplace.draw(editor(provider.url), input_images=f"{elsewhere.url}/a.png", idempotency_key="once")
    assert provider.count("POST", "/edits") == 1
    assert left_in(workplace) == []


def test_a_job_that_was_not_sent_keeps_its_input_for_the_next_time(
    workplace: Workplace, elsewhere: PublicHost, provider: Provider
) -> None:
    elsewhere.server.on("GET", "/a.png", sends(PICTURE))
    asked = {"input_images": f"{elsewhere.url}/a.png", "idempotency_key": "once"}
    error = workplace.failure(editor("http://127.0.0.1:9"), wait=1, **asked)
    assert (error.code, len(left_in(workplace))) == ("not_sent", 1)
    provider.on("POST", "/edits", says({}))
    workplace.draw(editor(provider.url), **asked)
    assert left_in(workplace) == []


REFUSED = {
    "http": "http://files.public.example/a.png",
    "file": "file:///etc/passwd",
    "data": "data:image/png;base64,iVBORw0KGgo=",
    "metadata": "https://169.254.169.254/latest/meta-data/",
    "loopback": "https://[::1]/a.png",
    "disguised": "https://0x7f.1/a.png",
    "private": "https://10.0.0.7/a.png",
}


@pytest.mark.parametrize("url", REFUSED.values(), ids=REFUSED)
def test_an_address_that_is_not_fetched_is_refused_before_there_is_a_job(
    url: str, workplace: Workplace, provider: Provider
) -> None:
    with watched() as connected:
        error = workplace.failure(editor(provider.url), input_images=url)
    assert isinstance(error, errors.InvalidInput) and "pass its path" in str(error)
    assert (connected, workplace.rows()) == ([], [])


def test_what_comes_must_be_there_and_be_a_picture(
    workplace: Workplace, provider: Provider, elsewhere: PublicHost
) -> None:
    elsewhere.server.on("GET", "/page", sends(b"<!DOCTYPE html><p>log in</p>", "image/png"))
    elsewhere.server.on("GET", "/empty", sends(b""))
    elsewhere.server.on("GET", "/away", sends(b"", status=302, location="https://10.0.0.1/a.png"))
    said = {
        path: workplace.failure(editor(provider.url), input_images=elsewhere.url + path)
        for path in ("/page", "/empty", "/away", "/missing")
    }
    assert {type(error) for error in said.values()} == {errors.InvalidInput}
    assert "no picture" in said["/page"].message and "empty" in said["/empty"].message
    assert "private network" in said["/away"].message and "404" in said["/missing"].message
    assert all(elsewhere.url.partition("?")[0] in error.message for error in said.values())
    assert (provider.requests, workplace.rows(), left_in(workplace)) == ([], [], [])


def test_a_fetch_that_breaks_off_goes_on_and_in_the_end_gives_up(
    workplace: Workplace, provider: Provider, elsewhere: PublicHost
) -> None:
    elsewhere.server.on("GET", "/a.png", breaks(Fault.broken_chunks(), sends(PICTURE)), says({}, 503), sends(PICTURE))
    elsewhere.server.on("GET", "/down", says({}, 503))
    provider.on("POST", "/edits", says({}))
    workplace.draw(editor(provider.url), input_images=f"{elsewhere.url}/a.png")
    assert SHA in workplace.row["request"]
    error = workplace.failure(editor(provider.url), input_images=f"{elsewhere.url}/down")
    assert (type(error), error.retryable, elsewhere.server.count("GET", "/down")) == (errors.InvalidInput, True, 3)


def test_a_dry_run_fetches_nothing_and_says_so(workplace: Workplace, provider: Provider) -> None:
    request = ImageRequest(
        prompt="a fox", input_images=(MediaFile(media_type="image/png", url="https://files.public.example/a.png"),)
    )
    with watched() as connected, pytest.raises(AnymediaError) as caught:
        workplace.run(lambda client: client.dry_run(request), editor(provider.url))
    assert isinstance(caught.value, errors.InvalidInput) and "no network" in caught.value.message
    assert connected == []


def test_a_job_that_failed_leaves_no_input_behind(
    workplace: Workplace, provider: Provider, elsewhere: PublicHost
) -> None:
    elsewhere.server.on("GET", "/a.png", sends(PICTURE))
    provider.on("POST", "/edits", says({"error": "no"}, 400))
    assert workplace.failure(editor(provider.url), input_images=f"{elsewhere.url}/a.png").code == "rejected"
    assert left_in(workplace) == []


SHELL = {
    "a private address": (("image", "a fox", "--input", "https://10.0.0.7/a.png"), "private network"),
    "another scheme": (("image", "a fox", "--input", "file:///etc/passwd"), "not plain https"),
    "a dry run": (("image", "a fox", "--dry-run", "--input", "https://files.public.example/a.png"), "no network"),
    "no question": (
        ("describe", "https://files.public.example/a.png", "https://files.public.example/b.png"),
        "question",
    ),
}


@pytest.mark.parametrize(("arguments", "said"), SHELL.values(), ids=SHELL)
@pytest.mark.usefixtures("shell")
def test_the_command_line_refuses_with_the_same_words(arguments: tuple[str, ...], said: str) -> None:
    done = subprocess.run([sys.executable, "-m", "anymedia", *arguments], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "") and said in done.stderr
