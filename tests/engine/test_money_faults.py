"""What every fault of a provider costs: one purchase at most, and the ledger, the error and the disk say the truth."""

from __future__ import annotations

import asyncio
import base64
import socket
import tracemalloc
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from anymedia import AsyncClient, errors
from anymedia.testing.emulator import Emulator, Fault, Sink
from toys import KEY, PICTURE, padded, picture
from workplace import EDITS, GENERATIONS, Workplace, arrives

TIMES = {"timeouts": {"read": 0.3, "total": 0.6}}
JSON = {"content-type": "application/json"}
LISTED_CODE = '{"error": {"message": "no", "code": ["a"]}}'


@dataclass(frozen=True, kw_only=True)
class Case:
    """One fault, and what must come of it. `money` is what happened to the reservation."""

    name: str
    fault: Fault
    error: type[errors.AnymediaError]
    charged: str
    exit_code: int
    status: str
    money: str
    submits: int = 1
    settings: Any = None


def unknown(name: str, fault: Fault, error: type[errors.AnymediaError] = errors.OutcomeUnknown, **changes: Any) -> Case:
    facts: Any = {"charged": "maybe", "exit_code": 6, "status": "unknown", "money": "reserved"}
    return Case(name=name, fault=fault, error=error, **(facts | changes))


def rejected(name: str, fault: Fault, error: type[errors.AnymediaError] = errors.Rejected, **changes: Any) -> Case:
    facts: Any = {"charged": "no", "exit_code": 4, "status": "rejected", "money": "released"}
    return Case(name=name, fault=fault, error=error, **(facts | changes))


def reply(body: str) -> Fault:
    return Fault.status(200, billed=True, headers=JSON, body=body)


UNKNOWN = [
    unknown("reset after the body", Fault.reset_after_body()),
    unknown("closed after the body", Fault.close_after_body()),
    unknown("no answer", Fault.no_answer(), settings=TIMES),
    *(unknown(f"status {status}", Fault.status(status, billed=True)) for status in (408, 409, 425, 500, 502, 503, 504)),
    *(unknown(f"status {status} not billed", Fault.status(status, billed=False)) for status in (408, 409, 500, 503)),
    unknown("500 with Retry-After", Fault.status(500, billed=True, headers={"retry-after": "0"})),
    unknown("a page with status 500", Fault.html(500)),
    unknown("an empty 500", Fault.status(500, billed=True, body="")),
    unknown("an echoed key with status 500", Fault.echoed_key(500)),
    unknown("a cut reply", Fault.truncated(40)),
    unknown("a reply cut within the picture", Fault.truncated(150)),
    unknown("an empty reply", Fault.truncated(0)),
    unknown("a reply shorter than its length", Fault.wrong_length(10)),
    unknown("a chunked reply without end", Fault.broken_chunks()),
    unknown("a web page", Fault.html()),
    unknown("a picture cut within its base64", Fault.cut_base64(41)),
    unknown("no base64", Fault.invalid_base64()),
    unknown("a dripping reply", Fault.drip(20), settings=TIMES),
    unknown("a dripping head", Fault.slow_headers(20), settings=TIMES),
    unknown("no data", Fault.missing_key("data"), errors.UnexpectedReply),
    unknown("no b64_json", Fault.missing_key("b64_json"), errors.UnexpectedReply),
    unknown("data renamed", Fault.renamed_key("data", "images"), errors.UnexpectedReply),
    unknown("a list", reply("[]"), errors.UnexpectedReply),
    unknown("null", reply("null"), errors.UnexpectedReply),
    unknown("data is null", reply('{"data": null}'), errors.UnexpectedReply),
    unknown("data is text", reply('{"data": "soon"}'), errors.UnexpectedReply),
    unknown("a picture that is null", reply('{"data": [{"b64_json": null}]}'), errors.UnexpectedReply),
    unknown("a picture that is a number", reply('{"data": [{"b64_json": 7}]}'), errors.UnexpectedReply),
    unknown("usage that is text", reply('{"data": [], "usage": "much"}'), errors.EmptyOutput,
            status="failed", exit_code=5),
    unknown("a status without a body", Fault.status(204, billed=True, body=""), errors.UnexpectedReply),
]  # fmt: skip
REJECTED = [
    *(rejected(f"status {status}", Fault.status(status, billed=False)) for status in (400, 402, 404, 410, 413, 422)),
    rejected("a bad key", Fault.bad_key(), errors.AuthenticationRejected),
    rejected("forbidden", Fault.status(403, billed=False), errors.AuthenticationRejected),
    rejected("an echoed key", Fault.echoed_key(), errors.AuthenticationRejected),
    rejected("an unknown model", Fault.unknown_model()),
    rejected("a page with status 400", Fault.html(400, billed=False)),
    rejected("an error code that is a list", Fault.status(400, billed=False, headers=JSON, body=LISTED_CODE)),
    rejected("moderation", Fault.moderation(), errors.Refused, status="refused", exit_code=8),
    rejected("a long wait", Fault.rate_limited(7200), errors.RateLimited, status="rate_limited", exit_code=69),
]  # fmt: skip
ANSWERED = [
    Case(name="no outputs", fault=Fault.no_outputs(), error=errors.EmptyOutput, charged="maybe", exit_code=5,
         status="failed", money="reserved"),
    Case(name="a picture cut at whole base64", fault=Fault.cut_base64(80), error=errors.VerificationFailed,
         charged="yes", exit_code=10, status="verify_failed", money="settled"),
]  # fmt: skip
CASES = [*UNKNOWN, *REJECTED, *ANSWERED]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_a_fault_is_paid_once_at_most_and_told_truly(case: Case, openai: Workplace, emulator: Emulator) -> None:
    openai.arguments = case.settings or {}
    emulator.script(GENERATIONS, [case.fault])
    error = openai.failure()

    assert type(error) is case.error
    assert (error.charged, error.exit_code) == (case.charged, case.exit_code)
    assert emulator.submits == case.submits
    row = openai.row
    assert row["status"] == case.status
    assert money_of(row) == case.money
    assert (error.job_id, error.idempotency_key) == (row["id"], row["idempotency_key"])
    assert error.message and error.next
    assert (error.backend, error.model) == ("openai", "gpt-image-2.6-sunburst")
    assert openai.files() == []
    assert row["private_state"] is row["private_step"] is None
    assert KEY not in f"{error}{row}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_asking_again_for_a_failed_job_buys_nothing_and_says_the_same(
    case: Case, openai: Workplace, emulator: Emulator
) -> None:
    if case.settings or case.status == "rate_limited":
        pytest.skip("slow, and no different; or free to be asked for again")
    emulator.script(GENERATIONS, [case.fault])
    first = openai.failure(idempotency_key="mine")
    second = openai.failure(idempotency_key="mine")
    assert emulator.submits == 1
    assert first.job_id is not None
    assert (type(second), second.document(), second.job_id) == (type(first), first.document(), first.job_id)


def money_of(row: dict[str, Any]) -> str:
    if row["settled_nano"] is None:
        return "reserved" if row["reserved_nano"] else "nothing"
    return "settled" if row["settled_nano"] else "released"


# --- Faults that are not one error -----------------------------------------------------------------------------------


def test_fewer_pictures_than_asked_for_are_kept_and_the_error_holds_them(openai: Workplace, emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [Fault.fewer_outputs(2)])
    error = openai.failure(n=3)
    assert isinstance(error, errors.PartialResult)
    assert (error.charged, error.exit_code) == ("yes", 9)
    assert sorted(file.path for file in error.result.files) == openai.files()
    assert len(openai.files()) == 2
    assert openai.row["status"] == "partial"
    assert money_of(openai.row) == "settled"
    assert emulator.submits == 1


def test_more_pictures_than_asked_for_are_kept(openai: Workplace, emulator: Emulator) -> None:
    pixels = '{"b64_json": "' + base64.b64encode(picture()).decode() + '"}'
    emulator.script(GENERATIONS, [reply(f'{{"data": [{pixels}, {pixels}]}}')])
    assert len(openai.draw().files) == 2


def test_a_reply_without_usage_keeps_the_worst_case_reserved_and_says_unknown(
    openai: Workplace, emulator: Emulator
) -> None:
    emulator.script(GENERATIONS, [Fault.missing_key("usage")])
    assert openai.draw().cost.amount is None
    assert openai.row["status"] == "done"
    assert money_of(openai.row) == "reserved"


def test_a_redirect_is_not_followed_and_takes_no_key_along(openai: Workplace, emulator: Emulator) -> None:
    with Sink() as sink:
        emulator.script(GENERATIONS, [Fault.redirect(sink.url + "/v1/images/generations", billed=True)])
        error = openai.failure()
        assert not sink.reached
    assert (error.code, error.charged, emulator.submits) == ("unknown", "maybe", 1)


@pytest.mark.parametrize("status", [301, 302, 303, 308])
def test_no_redirect_status_is_followed_within_the_provider_either(
    status: int, openai: Workplace, emulator: Emulator
) -> None:
    emulator.script(GENERATIONS, [Fault.redirect(emulator.url + GENERATIONS, status, billed=True)])
    assert openai.failure().code == "unknown"
    assert emulator.submits == 1


@pytest.mark.parametrize("fault", [Fault.gzip_bomb(64 << 20), Fault.oversized(64 << 20)], ids=lambda fault: fault.name)
def test_a_huge_reply_goes_to_the_disk_and_not_into_memory(fault: Fault, openai: Workplace, emulator: Emulator) -> None:
    openai.draw()  # imports and pools are not the reply's
    emulator.script(GENERATIONS, [fault])
    tracemalloc.start()
    error = openai.failure()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert error.charged != "no"
    assert emulator.submits == 2
    assert peak < 30 << 20
    assert openai.rows()[-1]["status"] in ("verify_failed", "unknown")


def test_an_echoed_key_is_shown_nowhere(
    openai: Workplace, emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    emulator.script(GENERATIONS, [Fault.echoed_key(400)])
    error = openai.failure()
    assert KEY not in f"{error} {error.document()} {caplog.text} {openai.rows()}"
    assert "redacted" in error.message


# --- What is not sent may be sent again ------------------------------------------------------------------------------


def test_a_body_that_was_not_handed_over_is_sent_again_and_bought_once(openai: Workplace, emulator: Emulator) -> None:
    huge = openai.root / "huge.png"
    huge.write_bytes(padded(PICTURE, 20_000_000))
    emulator.script(EDITS, [Fault.reset_while_body(1024)])
    openai.draw(input_images=huge)
    assert [request.complete for request in emulator.requests] == [False, True]
    assert emulator.submits == 1
    assert openai.row["status"] == "done"


def test_nobody_at_the_address_is_not_sent_and_free(openai: Workplace) -> None:
    openai.environ["OPENAI_BASE_URL"] = "http://127.0.0.1:9/v1"
    error = openai.failure()
    assert type(error) is errors.NotSent
    assert (error.charged, error.exit_code, error.retryable) == ("no", 69, True)
    assert (openai.row["status"], money_of(openai.row)) == ("not_sent", "released")


def test_a_provider_that_comes_up_in_time_is_bought_from_once(openai: Workplace) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    openai.environ["OPENAI_BASE_URL"] = f"http://127.0.0.1:{port}/v1"

    async def draw(client: AsyncClient) -> int:
        drawing = asyncio.ensure_future(client.image("a fox"))
        await arrives(lambda: any(row["status"] == "submitting" for row in openai.rows()))
        with Emulator(port=port, media=picture()) as late:
            await drawing
            return late.submits

    assert openai.run(draw) == 1


def test_a_short_wait_of_a_rate_limit_is_waited_for(openai: Workplace, emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [Fault.rate_limited(0), Fault.rate_limited("Sun, 06 Nov 1994 08:49:37 GMT")])
    openai.draw()
    assert (emulator.submits, emulator.billed) == (3, 1)
    assert openai.row["status"] == "done"


def test_a_rate_limit_that_stays_ends_after_three_attempts(openai: Workplace, emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [Fault.rate_limited(0)] * 9)
    error = openai.failure()
    assert isinstance(error, errors.RateLimited)
    assert error.charged == "no"
    assert (emulator.submits, emulator.billed) == (3, 0)


def test_a_rate_limit_says_until_when_and_the_key_may_be_used_again(openai: Workplace, emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [Fault.rate_limited(7200)])
    error = openai.failure(idempotency_key="mine")
    assert isinstance(error, errors.RateLimited) and error.retry_at is not None
    assert abs((error.retry_at - datetime.now(UTC)).total_seconds() - 7200) < 60
    assert openai.draw(idempotency_key="mine").path.exists()
    assert (emulator.submits, emulator.billed) == (2, 1)


@pytest.mark.parametrize("fault", [Fault.truncated(60), Fault.wrong_length(10)], ids=lambda fault: fault.name)
def test_the_id_in_a_cut_reply_is_kept(fault: Fault, openai: Workplace, emulator: Emulator) -> None:
    """It may be the only receipt of the purchase."""
    body = '{"id": "resp_salvage_me", "data": [' + " " * 100
    emulator.script(GENERATIONS, [replace(fault, rewrite=reply(body).rewrite)])
    assert openai.failure().code == "unknown"
    kept = [path.read_text() for path in openai.quarantine.glob("*-reply.json")]
    assert len(kept) == 1 and "resp_salvage_me" in kept[0]


def test_pictures_that_came_whole_before_a_reply_broke_are_named(openai: Workplace, emulator: Emulator) -> None:
    whole = '{"b64_json": "' + base64.b64encode(picture()).decode() + '"}'
    emulator.script(GENERATIONS, [reply(f'{{"data": [{whole}, {{"b64_json": "iVBORw0KG')])
    error = openai.failure(n=2)
    assert error.code == "unknown"
    found = [path for path in openai.root.rglob("*") if path.is_file() and path.read_bytes() == picture()]
    assert len(found) == 1
    said = f"{error} {error.details} " + "".join(path.read_text() for path in openai.quarantine.glob("*.json"))
    assert found[0].name in said


def test_an_endless_reply_is_stopped_long_before_the_disk_is_full(openai: Workplace, emulator: Emulator) -> None:
    openai.arguments = {"timeouts": {"total": 3}}
    emulator.script(GENERATIONS, [Fault.endless()])
    error = openai.failure()
    assert error.charged != "no"
    assert emulator.submits == 1
    assert openai.files() == []
