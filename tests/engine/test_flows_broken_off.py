"""What becomes of a flow that cannot go on: half a reply, an address that is refused, a library that fails."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from anymedia import errors
from anymedia.engine import drive
from anymedia.spec import (
    ApiKey,
    Backend,
    Call,
    Control,
    Created,
    Failed,
    Flow,
    HttpRequest,
    NoKey,
    Pending,
    Token,
    compute,
    get,
    post,
)
from anymedia.testing.emulator import Fault
from toys import KEY, PICTURE, Answer, Provider, breaks, drawn, poll_job, says, sends, serve_job, toy
from workplace import Workplace

PRIVATE = "http://10.0.0.1/x"


# --- Half a reply to a purchase ---------------------------------------------------------------------------------------


def half(provider: Provider, then: Callable[[Any], Flow]) -> Backend:
    """A purchase whose reply names the job and breaks off, and a flow that goes on with what there is of it."""

    def submit(call: Call) -> Flow:
        response = yield post("/jobs", json={})
        return (yield from then(response))

    serve_job(provider)
    provider.on("POST", "/jobs", breaks(Fault.wrong_length(), says({"id": "1", "more": "x" * 50})))
    provider.on("GET", "/look", says({}))
    return toy(provider.url, submit, poll=poll_job)


def waits(response: Any) -> Flow:
    yield Created(kind="job", id=response.json["id"])
    return Pending(state={"id": response.json["id"], "status": response.status}, poll_after=0)


def asks(response: Any) -> Flow:
    yield get("/look")
    return drawn()


def stumbles(response: Any) -> Flow:
    yield from ()
    return response.json["picture"]


def has_all(response: Any) -> Flow:
    yield from ()
    return drawn()


def test_half_a_reply_may_name_what_is_kept_and_what_to_wait_for(workplace: Workplace, provider: Provider) -> None:
    states: list[Any] = []

    def poll(call: Call, state: Any) -> Flow:
        states.append(state)
        return (yield from poll_job(call, state))

    backend = half(provider, waits)
    assert workplace.draw(toy(provider.url, backend.submit, poll=poll)).read_bytes() == PICTURE
    assert [row["id"] for row in workplace.rows(table="resource")] == ["1"]
    assert (states, provider.count("POST", "/jobs")) == ([{"id": "1", "status": 200}], 1)


@pytest.mark.parametrize("then", [asks, stumbles, has_all])
def test_half_a_reply_is_otherwise_unknown(
    then: Callable[[Any], Flow], workplace: Workplace, provider: Provider
) -> None:
    error = workplace.failure(half(provider, then))
    assert (error.code, error.charged, provider.count("GET", "/look")) == ("unknown", "maybe", 0)
    assert "x" * 40 in next(workplace.quarantine.glob("*-reply.json")).read_text()


def test_half_a_reply_to_what_is_free_is_not_gone_on_with(workplace: Workplace, provider: Provider) -> None:
    def submit(call: Call) -> Flow:
        yield HttpRequest(method="POST", path="/upload", effect="creates", json={})
        raise AssertionError("nobody knows whether it is there")

    provider.on("POST", "/upload", breaks(Fault.wrong_length(), says({"id": "1", "more": "x" * 50})))
    assert workplace.failure(toy(provider.url, submit)).code == "unknown"


# --- What a flow makes of a whole one ---------------------------------------------------------------------------------


@pytest.mark.parametrize("media", [True, False])
def test_media_of_a_reply_that_means_a_failure_is_kept(media: bool, workplace: Workplace, provider: Provider) -> None:
    def submit(call: Call) -> Flow:
        yield post("/buy", json={})
        return Failed(reason="the kiln broke")

    provider.on("POST", "/buy", sends(PICTURE) if media else says({}))
    assert workplace.failure(toy(provider.url, submit)).code == "failed"
    kept = [path.read_bytes() for path in workplace.quarantine.glob("*")] if media else []
    assert kept == ([PICTURE] if media else [])


@pytest.mark.parametrize("bought", [True, False])
def test_something_kept_under_no_name_is_a_reply_that_nobody_knows(
    bought: bool, workplace: Workplace, provider: Provider
) -> None:
    def submit(call: Call) -> Flow:
        response = yield (post("/x", json={}) if bought else get("/x"))
        yield Created(kind="voice", id=response.json["id"])
        return drawn()

    provider.on("POST" if bought else "GET", "/x", says({"id": ""}))
    error = workplace.failure(toy(provider.url, submit))
    assert (error.code, error.charged) == ("unexpected_reply", "maybe" if bought else "no")
    assert workplace.rows(table="resource") == []
    assert list(workplace.quarantine.glob("*-reply.json"))


def test_a_backend_reads_a_refusal_without_the_key_in_it(workplace: Workplace, provider: Provider) -> None:
    read: list[Any] = []

    def reads(status: int, reply: Any) -> None:
        read.append(reply)

    def submit(call: Call) -> Flow:
        yield post("/buy", json={})
        return drawn()

    provider.on("POST", "/buy", says({"error": {"message": f"no such key: {KEY}"}}, 400))
    assert workplace.failure(toy(provider.url, submit, read_error=reads)).code == "rejected"
    assert "no such key" in str(read) and KEY not in str(read)


# --- Addresses that are refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bought", "effect", "charged"),
    [
        (False, "creates", "no"),
        (False, "pays", "no"),
        (False, "safe", "maybe"),
        (True, "creates", "maybe"),
        (True, "safe", "maybe"),
    ],
)
def test_an_address_that_is_refused_costs_nothing_unless_something_may_be_bought(
    bought: bool, effect: Any, charged: str, workplace: Workplace, provider: Provider
) -> None:
    def submit(call: Call) -> Flow:
        if bought:
            yield post("/buy", json={})
        yield HttpRequest(method="PUT", path=PRIVATE, effect=effect, json={})
        return drawn()

    provider.on("POST", "/buy", says({}))
    error = workplace.failure(toy(provider.url, submit))
    assert (error.code, error.charged) == ("failed", charged)
    assert workplace.row["settled_nano"] == (0 if charged == "no" else None)


# --- What is safe and fails -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("bought", "code", "charged"), [(True, "unknown", "maybe"), (False, "not_sent", "no")])
@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (says({}, 500), "500"),
        (says({}, 302), "302"),
        (breaks(Fault.close_after_body()), "could not be reached"),
    ],
    ids=["500", "302", "closed"],
)
def test_a_safe_request_that_makes_no_sense_is_unknown_only_after_a_purchase(
    bought: bool, code: str, charged: str, answer: Answer, told: str, workplace: Workplace, provider: Provider
) -> None:
    def submit(call: Call) -> Flow:
        if bought:
            yield post("/buy", json={})
        yield get("/look")
        return drawn()

    provider.on("POST", "/buy", says({}))
    provider.on("GET", "/look", answer)
    error = workplace.failure(toy(provider.url, submit), wait=0.2)
    assert (error.code, error.charged, error.message.count(told)) == (code, charged, 1)
    assert error.message.count("Nobody knows") == bought


@pytest.mark.parametrize(("bought", "code"), [(True, "unknown"), (False, "rejected")])
def test_a_safe_request_that_is_refused_after_a_purchase_leaves_that_open(
    bought: bool, code: str, workplace: Workplace, provider: Provider
) -> None:
    def submit(call: Call) -> Flow:
        if bought:
            yield post("/buy", json={})
        yield get("/look")
        return drawn()

    provider.on("POST", "/buy", says({}))
    provider.on("GET", "/look", says({"error": {"message": "no"}}, 400))
    error = workplace.failure(toy(provider.url, submit))
    assert (error.code, provider.count("GET", "/look")) == (code, 1)


# --- Libraries --------------------------------------------------------------------------------------------------------


def breaks_down(control: Control) -> None:
    raise RuntimeError("it broke")


def told_of(control: Control) -> str:
    provider = control.provider
    return f"{provider.base_url} {provider.key == KEY} {provider.connect_timeout:g} {provider.timeout:g}"


@pytest.mark.parametrize(
    ("effects", "code", "charged"),
    [
        (("safe",), "failed", "no"),
        (("creates",), "failed", "no"),
        (("pays",), "unknown", "maybe"),
        (("works", "safe"), "unknown", "maybe"),
    ],
    ids=str,
)
def test_a_library_that_breaks_costs_something_only_if_it_may_have_bought(
    effects: tuple[Any, ...], code: str, charged: str, workplace: Workplace, provider: Provider
) -> None:
    def submit(call: Call) -> Flow:
        for effect in effects:
            bought = effect == "works"
            yield compute(told_of if bought else breaks_down, effect="pays" if bought else effect)
        return drawn()

    error = workplace.failure(toy(provider.url, submit))
    assert (error.code, error.charged, "it broke" in error.message) == (code, charged, True)


@pytest.mark.parametrize(("effect", "seconds"), [("pays", 50.0), ("safe", 20.0)])
def test_a_library_is_told_how_long_it_may_take(
    effect: Any, seconds: float, workplace: Workplace, provider: Provider
) -> None:
    def submit(call: Call) -> Flow:
        return drawn(text=str((yield compute(told_of, effect=effect))))

    workplace.arguments = {"timeouts": {"connect": 7, "total": 50}}
    said = workplace.draw(toy(provider.url, submit), wait=20).text.split()
    assert said[:3] == [provider.url, "True", "7"]
    assert seconds - 5 < float(said[3]) <= seconds


def token(control: Control, *, file: str) -> tuple[str, float]:
    return KEY, time.time() + 3600


TOKEN = Token(
    fetch=token,
    files=("$TOY_FILE",),
    settings={},
    base_url=lambda settings: "http://127.0.0.1:9",
    needs=(),
    extra="toy",
)


def test_a_token_is_kept_while_the_provider_takes_it_and_given_to_a_library_too(
    workplace: Workplace, provider: Provider
) -> None:
    fetched: list[str] = []

    def fetch(control: Control, *, file: str) -> tuple[str, float]:
        fetched.append(file)
        return token(control, file=file)

    def submit(call: Call) -> Flow:
        yield get("/look")
        return drawn(text=str((yield compute(told_of))))

    where = replace(TOKEN, fetch=fetch, base_url=lambda it: provider.url)
    file = workplace.root / "account.json"
    file.write_text("{}")
    provider.on("GET", "/look", says({}, 503), says({}))
    backend = toy(provider.url, submit, auth=ApiKey(env=("NO_KEY",), otherwise=where))
    said = workplace.draw(backend, backend="toy", environ={"TOY_FILE": str(file)}).text
    assert (said.split()[1], fetched) == ("True", [str(file)])


@pytest.mark.parametrize(
    ("auth", "shown"),
    [(ApiKey(env=("TOY_API_KEY",)), False), (ApiKey(env=("NO_KEY",), otherwise=TOKEN), False), (NoKey(), True)],
    ids=["a key", "a token", "neither"],
)
def test_the_traceback_of_a_library_is_shown_unless_it_was_given_a_key_or_a_token(
    auth: Any, shown: bool, workplace: Workplace, provider: Provider
) -> None:
    def submit(call: Call) -> Flow:
        yield compute(breaks_down)
        return drawn()

    file = workplace.root / "account.json"
    file.write_text("{}")
    error = workplace.failure(toy(provider.url, submit, auth=auth), backend="toy", environ={"TOY_FILE": str(file)})
    assert isinstance(error.__cause__, RuntimeError)
    assert (error.__cause__.__traceback__ is not None) == shown


def refuses_itself(control: Control) -> None:
    raise errors.Refused("not that")


@pytest.mark.parametrize(
    ("auth", "shown"), [(ApiKey(env=("TOY_API_KEY",)), False), (NoKey(), True)], ids=["a key", "none"]
)
def test_an_error_that_a_library_says_itself_comes_without_its_frames_too(
    auth: Any, shown: bool, workplace: Workplace, provider: Provider
) -> None:
    def submit(call: Call) -> Flow:
        yield compute(refuses_itself)
        return drawn()

    error = workplace.failure(toy(provider.url, submit, auth=auth), backend="toy")
    frames = [frame.f_code.co_name for frame, _ in traceback.walk_tb(error.__traceback__)]
    assert (error.code, "refuses_itself" in frames) == ("refused", shown)


# --- Many outputs -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "more"), [(1, ""), (10, ""), (11, " and 1 more beside them"), (12, " and 2 more beside them")]
)
def test_an_error_names_ten_outputs_and_counts_the_others(number: int, more: str) -> None:
    paths = [Path(f"{each}.png") for each in range(number)]
    assert drive._listed(paths) == ", ".join(map(str, paths[:10])) + more
