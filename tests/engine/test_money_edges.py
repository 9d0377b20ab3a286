"""The edges of the wire: odd headers, hostile sentences, stale connections, several loops."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from anymedia import AsyncClient, errors
from anymedia.spec import Call, Failed, Flow, Problem, post
from anymedia.testing.emulator import Emulator, Fault
from anymedia.testing.emulator.deliveries import Pause, head
from anymedia.testing.emulator.messages import Reply
from toys import KEY, PICTURE, Answer, Provider, breaks, drawn, poll_job, says, sends, submit_job, toy
from workplace import GENERATIONS, Workplace


def buy(call: Call) -> Flow:
    response = yield post("/buy", json={})
    return drawn(text=f"{response.json}")


@pytest.mark.parametrize("value", ["-5", "abc", "nan", "inf", "-inf", "1e400", "", "Thu, 99 Foo", "0x10"])
def test_an_odd_retry_after_neither_crashes_nor_waits_for_ever(
    value: str, workplace: Workplace, provider: Provider
) -> None:
    refusal = Reply(status=429, headers=(("content-type", "application/json"), ("retry-after", value)), pieces=(b"{}",))
    provider.on("POST", "/buy", Answer(refusal), says({"ok": 1}))

    async def work(client: AsyncClient) -> Any:
        async with asyncio.timeout(8):
            return await client.image("a fox", wait=5)

    assert workplace.run(work, toy(provider.url, buy)).text == "{'ok': 1}"
    assert provider.count("POST", "/buy") == 2


def asks_in_the_body(status: int, reply: Any) -> Problem | None:
    """What a provider that says `wait` in its reply means."""
    return Problem(kind="rate_limited", message="slowly", retry_after=reply["wait"]) if "wait" in reply else None


def test_a_pause_that_the_body_asks_for_is_kept_before_it_is_sent_again(
    workplace: Workplace, provider: Provider
) -> None:
    provider.on("POST", "/buy", says({"wait": 1.5}, 429), says({"ok": 1}))
    began = time.monotonic()
    assert workplace.draw(toy(provider.url, buy, read_error=asks_in_the_body)).text == "{'ok': 1}"
    assert time.monotonic() - began >= 1.5


@pytest.mark.parametrize("headers", [{}, {"retry_after": "soon"}], ids=["no header", "a header nobody understands"])
def test_a_pause_in_the_body_that_is_too_long_is_said_with_its_time(
    headers: dict[str, str], workplace: Workplace, provider: Provider
) -> None:
    provider.on("POST", "/buy", says({"wait": 3600}, 429, **headers))
    error = workplace.failure(toy(provider.url, buy, read_error=asks_in_the_body))
    assert isinstance(error, errors.RateLimited) and error.retry_at is not None
    assert 3500 < (error.retry_at - datetime.now(UTC)).total_seconds() <= 3600
    assert provider.count("POST", "/buy") == 1


def test_a_backend_that_knows_what_to_do_says_it(workplace: Workplace, provider: Provider) -> None:
    def reads(status: int, reply: Any) -> Problem:
        return Problem(kind="model_gone", message="not here", next="Ask elsewhere.")

    provider.on("POST", "/buy", says({}, 404))
    error = workplace.failure(toy(provider.url, buy, read_error=reads))
    assert isinstance(error, errors.Rejected)
    assert error.next == "Ask elsewhere."


def bills_a_refusal(status: int, reply: Any) -> Problem | None:
    """What a provider means that says what a refused picture costs, or that it may."""
    cost = None if reply.get("cost") is None else Decimal(reply["cost"])
    return Problem(kind="refused", message="not that", charged="maybe", cost=cost) if "cost" in reply else None


@pytest.mark.parametrize(
    ("cost", "charged", "settled"),
    [("0.02", "yes", 20_000_000), ("0.0123456781", "yes", 12_345_679), ("0", "no", 0), (None, "maybe", None)],
    ids=["charged", "finer than the ledger", "free", "nobody knows"],
)
def test_a_refusal_that_is_charged_settles_the_budget(
    cost: str | None, charged: str, settled: int | None, workplace: Workplace, provider: Provider
) -> None:
    provider.on("POST", "/buy", says({"cost": cost}, 400))
    error = workplace.failure(toy(provider.url, buy, read_error=bills_a_refusal))
    assert isinstance(error, errors.Refused)
    assert error.charged == charged
    assert (f"${cost}" in error.message) == (charged == "yes")
    assert workplace.row["settled_nano"] == settled


@pytest.mark.parametrize("kind", ["refused", "failed", "empty_output"])
def test_a_job_that_fails_and_is_charged_settles_the_budget(
    kind: str, workplace: Workplace, provider: Provider
) -> None:
    def buy_nothing(call: Call) -> Flow:
        reply = (yield post("/buy", json={})).json
        return Failed(reason="nothing came", kind=reply["kind"], cost=Decimal(reply["cost"]))

    provider.on("POST", "/buy", says({"kind": kind, "cost": "0.03"}))
    error = workplace.failure(toy(provider.url, buy_nothing))
    assert (error.charged, workplace.row["settled_nano"]) == ("yes", 30_000_000)
    assert workplace.row["cost_source"] == "the provider's reply"


def test_a_purchase_that_a_poll_refuses_is_charged_as_the_poll_says(workplace: Workplace, provider: Provider) -> None:
    provider.on("POST", "/jobs", says({"id": "1"}))
    provider.on("GET", "/jobs/1", says({"cost": "0.04"}, 400))
    error = workplace.failure(toy(provider.url, submit_job, poll=poll_job, read_error=bills_a_refusal))
    assert (error.code, error.charged, workplace.row["settled_nano"]) == ("refused", "yes", 40_000_000)


def test_the_header_is_believed_before_the_body(workplace: Workplace, provider: Provider) -> None:
    provider.on("POST", "/buy", says({"wait": 3600}, 429, retry_after="0"), says({"ok": 1}))
    assert workplace.draw(toy(provider.url, buy, read_error=asks_in_the_body)).text == "{'ok': 1}"


@pytest.mark.parametrize("wait", [-5.0, 1e400, 1e12])
def test_an_odd_pause_in_the_body_neither_crashes_nor_waits_for_ever(
    wait: float, workplace: Workplace, provider: Provider
) -> None:
    def reads(status: int, reply: Any) -> Problem:
        return Problem(kind="rate_limited", message="slowly", retry_after=wait)

    provider.on("POST", "/buy", says({}, 429), says({"ok": 1}))
    assert workplace.draw(toy(provider.url, buy, read_error=reads)).text == "{'ok': 1}"


def test_a_poll_keeps_the_pause_that_the_body_asks_for(workplace: Workplace, provider: Provider) -> None:
    provider.on("POST", "/jobs", says({"id": "1"}))
    provider.on("GET", "/jobs/1", says({"wait": 1.5}, 429), says({"status": "failed", "reason": "no"}))
    backend = toy(provider.url, submit_job, poll=poll_job, read_error=asks_in_the_body)
    began = time.monotonic()
    assert isinstance(workplace.failure(backend), errors.GenerationFailed)
    assert time.monotonic() - began >= 1.5


@pytest.mark.parametrize(
    "message",
    [
        "\x1b[31mred\x1b[0m \x07 bell",
        "right\u202eto\u202cleft \u2066x\u2069",
        "line\nbreak\r\nand\ttab \x85 \u2028",
        "x" * 1_000_000,
        "see https://cdn.example/a?signature=topsecret&key=1",
        f"Authorization: Bearer {KEY}",
        "<script>alert(1)</script>",
        "%s %d {0} {name}",
        "\ud800",
        "",
    ],
    ids=["ansi", "bidi", "lines", "long", "url", "header", "html", "format", "surrogate", "empty"],
)
def test_what_a_provider_says_is_fit_for_a_terminal(message: str, workplace: Workplace, provider: Provider) -> None:
    provider.on("POST", "/buy", says({"error": {"message": message}}, 400))
    error = workplace.failure(toy(provider.url, buy))
    said = str(error)
    assert isinstance(error, errors.Rejected)
    assert all(ord(sign) >= 32 and not 0x7F <= ord(sign) <= 0x9F for sign in error.message)
    assert not {*"\u202e\u202c\u2066\u2069\u2028"} & {*said}
    assert len(said) < 1000
    assert "topsecret" not in said and KEY not in said
    said.encode()


@pytest.mark.parametrize(
    "media_type",
    ["application/json", "application/json; charset=utf-8", "Application/JSON", "application/vnd.toy+json"],
)
def test_json_is_json_however_its_type_is_written(media_type: str, workplace: Workplace, provider: Provider) -> None:
    provider.on("POST", "/buy", sends(b'{"ok": 1}', media_type))
    assert workplace.draw(toy(provider.url, buy)).text == "{'ok': 1}"


@pytest.mark.parametrize("media_type", ["", "text/plain", "application/octet-stream", "text/event-stream"])
def test_an_answer_of_a_strange_type_is_understood_or_kept_as_the_receipt_it_is(
    media_type: str, workplace: Workplace, provider: Provider
) -> None:
    def submit(call: Call) -> Flow:
        response = yield post("/buy", json={})
        return drawn(text=response.json["id"])

    provider.on("POST", "/buy", sends(b'{"id": "receipt-77"}', media_type))
    try:
        assert workplace.draw(toy(provider.url, submit)).text == "receipt-77"
    except errors.OutcomeUnknown:
        kept = [path.read_bytes() for path in workplace.quarantine.rglob("*") if path.is_file()]
        assert any(b"receipt-77" in content for content in kept)
    assert workplace.files(hidden=True) == []


def test_a_server_without_tls_behind_an_https_address_gets_nothing(openai: Workplace, emulator: Emulator) -> None:
    openai.environ["OPENAI_BASE_URL"] = emulator.base_url.replace("http:", "https:")
    error = openai.failure()
    assert (type(error), error.charged) == (errors.NotSent, "no")
    assert emulator.requests == ()


def silently_closing(reply: Reply) -> Iterator[bytes | Pause]:
    """A whole answer, and then the connection goes without a word."""
    lines = head(reply, ("content-length", str(len(reply.body)))).replace(b"connection: close\r\n", b"")
    yield lines + reply.body


def test_a_kept_connection_that_the_server_closed_is_not_used_again(openai: Workplace, emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [Fault(name="closing", billed=True, delivery=silently_closing)] * 3)

    async def work(client: AsyncClient) -> None:
        for _ in range(3):
            await client.image("a fox")
            await asyncio.sleep(0.05)

    openai.run(work)
    assert emulator.submits == emulator.billed == 3


def test_a_hundred_calls_at_once_are_a_hundred_purchases(openai: Workplace, emulator: Emulator) -> None:
    async def work(client: AsyncClient) -> Any:
        return await asyncio.gather(*(client.image(f"fox {number}") for number in range(100)))

    results = openai.run(work)
    assert emulator.submits == emulator.billed == 100
    assert len({result.path for result in results}) == len(openai.files()) == 100
    assert {row["status"] for row in openai.rows()} == {"done"}
    assert openai.files(hidden=True) == []


def test_a_faulty_tenth_does_not_touch_the_others(openai: Workplace, emulator: Emulator) -> None:
    faults = [Fault.moderation(), Fault.status(500, billed=True), Fault.reset_after_body(), Fault.missing_key("data")]
    emulator.script(GENERATIONS, faults)

    async def work(client: AsyncClient) -> Any:
        calls = [client.image(f"fox {number}") for number in range(40)]
        return await asyncio.gather(*calls, return_exceptions=True)

    outcomes = openai.run(work)
    failed = sorted(outcome.code for outcome in outcomes if isinstance(outcome, BaseException))
    assert failed == ["refused", "unexpected_reply", "unknown", "unknown"]
    assert emulator.submits == 40


def test_a_slow_answer_within_the_time_is_an_answer(openai: Workplace, emulator: Emulator) -> None:
    openai.arguments = {"timeouts": {"read": 2}}
    emulator.script(GENERATIONS, [Fault.slow(0.5)])
    assert openai.draw().read_bytes() == PICTURE


def test_a_broken_answer_to_a_refusal_is_still_no_purchase_or_unknown(workplace: Workplace, provider: Provider) -> None:
    provider.on("POST", "/buy", breaks(Fault.wrong_length(50), says({"error": {"message": "no"}}, 400)))
    error = workplace.failure(toy(provider.url, buy))
    assert error.code in ("rejected", "unknown")
    assert provider.count("POST", "/buy") == 1
