"""What an answer means, rule by rule: which error it is, what it costs, when to ask again, and how it is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import Any

import pytest

from anymedia.engine import verdicts
from anymedia.engine.addresses import AddressRefused
from anymedia.engine.http import NotTrusted
from anymedia.engine.reply_body import NoAnswer
from anymedia.errors import AnymediaError, Charged, Refused
from anymedia.spec import Failed, Problem
from anymedia.spec.wire import Answered, NotHandedOver
from toys import drawn, toy, toy_model

TOY = toy("https://toy.example", lambda call: drawn())
LONG = "a" * 600


def answered(status: int, json: Any = None, text: str = "", **headers: str) -> Answered:
    return Answered(status, {name.replace("_", "-"): value for name, value in headers.items()}, json, text)


def judged(answer: Answered, problem: Problem | None = None, **model: Any) -> AnymediaError:
    backend = toy("https://toy.example", lambda call: drawn(), read_error=lambda status, json: problem)
    return verdicts.of_answer(backend, toy_model(**model), answer)


@pytest.mark.parametrize(
    ("statuses", "code", "charged"),
    [
        ((400, 402, 404, 407, 410, 422, 426, 428, 430, 499), "rejected", "no"),
        ((401, 403), "authentication_rejected", "no"),
        ((429,), "rate_limited", "no"),
        ((302, 408, 409, 425, 500, 502, 503, 504, 520), "unknown", "maybe"),
    ],
)
def test_a_status_says_whether_it_may_have_been_charged(statuses: tuple[int, ...], code: str, charged: str) -> None:
    for status in statuses:
        error = judged(answered(status))
        assert (error.code, error.charged, error.next is not None) == (code, charged, True), status
        assert f"{status}: no reason given" in error.message


@pytest.mark.parametrize("charged", ["no", "yes", "maybe"])
def test_an_address_that_is_not_fetched_is_a_failure_that_says_what_to_do(charged: Charged) -> None:
    error = verdicts.never_fetched(TOY, AddressRefused("a port that serves no files"), charged=charged)
    assert (error.code, error.charged, error.next is not None) == ("failed", charged, True)
    assert "a port that serves no files" in error.message


@pytest.mark.parametrize("said", [True, "7", None])
def test_a_time_that_is_no_number_is_not_waited_for(said: Any) -> None:
    problem = Problem(kind="rate_limited", message="slowly", retry_after=said)
    backend = toy("https://toy.example", lambda call: drawn(), read_error=lambda status, json: problem)
    assert verdicts.retry_after(backend, answered(429)) is None


def test_what_may_pass_by_itself_is_what_is_repeated() -> None:
    assert sorted(verdicts.TRANSIENT) == [408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529]


@pytest.mark.parametrize(
    ("kind", "code", "then"),
    [
        ("refused", "refused", "policy"),
        ("authentication", "authentication_rejected", "doctor"),
        ("model_gone", "rejected", "toy-2"),
        ("continuation_gone", "continuation_gone", "earlier picture"),
        ("rejected", "rejected", "Change the request"),
        ("rate_limited", "rejected", "Change the request"),
    ],
)
def test_what_the_backend_reads_goes_before_the_status(kind: Any, code: str, then: str) -> None:
    error = judged(answered(400, text="{}"), Problem(kind=kind, message="its words."), successor="toy-2")
    assert (error.code, error.message) == (code, "Toy answered 400: its words.")
    assert then in str(error.next)


def test_a_rate_limit_that_the_backend_reads_is_one_though_the_words_are_its_own() -> None:
    error = judged(answered(429, retry_after="7"), Problem(kind="rate_limited", message="slowly"))
    assert error.code == "rate_limited" and error.message.startswith("Toy answered 429: slowly. It asks to wait until ")


def test_a_backend_that_knows_what_to_do_and_what_it_costs_says_so() -> None:
    known = Problem(kind="refused", message="no", next="Do this.", charged="maybe", cost=Decimal("0.02"))
    error = judged(answered(400), known)
    assert (error.next, error.charged, error.details) == ("Do this.", "yes", {"cost": "0.02"})


def test_a_request_that_did_not_get_there_may_be_made_again_unless_the_server_is_not_trusted() -> None:
    lost, forged = verdicts.not_sent(TOY, NotHandedOver("no route")), verdicts.not_trusted(TOY, NotTrusted("no name"))
    assert (lost.code, lost.charged, lost.retryable, forged.code, forged.retryable) == (
        "not_sent", "no", True, "not_sent", False,
    )  # fmt: skip
    assert "no route" in lost.message and "no name" in forged.message


def test_no_answer_is_unknown_and_says_why() -> None:
    error = verdicts.of_no_answer(TOY, NoAnswer("it broke off"))
    assert (error.code, error.charged, error.next) == ("unknown", "maybe", verdicts.CHECK_FIRST)
    assert "it broke off" in error.message


def test_who_waits_no_longer_is_told_how_to_go_on() -> None:
    row = {"id": "7", "backend": "toy"}
    resume = "`anymedia resume 7` goes on, without paying again."
    error = verdicts.still_running(row)
    assert (error.message, error.next) == ("The wait is over; toy is still at work on it.", resume)
    error = verdicts.still_running(row, "It is dark.", "Make light.")
    assert (error.message, error.next) == ("It is dark.", f"Make light. {resume}")


def test_a_model_without_a_successor_leads_to_the_list() -> None:
    assert "`anymedia models`" in str(judged(answered(404), Problem(kind="model_gone", message="gone")).next)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (answered(400, {"error": {"message": "one"}}), "one"),
        (answered(400, {"error": "two"}), "two"),
        (answered(400, {"message": "three"}), "three"),
        (answered(400, {"detail": "four"}), "four"),
        (answered(400, {"detail": {"message": "five"}}), "five"),
        (answered(400, {"detail": [{"msg": "of several"}, {"msg": "the first"}]}), "of several"),
        (answered(400, {"other": 1}, text="as it is"), "as it is"),
        (answered(400, text="  <html>"), "a web page instead of an answer"),
        (answered(400, text="1 < 2"), "1 < 2"),
        (answered(400, {"error": {"message": "\x07 six"}}), "six"),
        (answered(400, text=LONG), "a" * 500),
        (answered(400, {"error": {"message": "bell\x07, \u202eturned\r\nand  over!? "}}), "bell , turned and over"),
        (answered(400, {"error": {"message": "half \ud800 a pair"}}), "half \\ud800 a pair"),
    ],
)
def test_the_words_of_a_provider_are_found_and_fit_for_a_terminal(answer: Answered, told: str) -> None:
    assert judged(answer).message == f"Toy answered 400: {told}."


@pytest.mark.parametrize(
    ("header", "body", "seconds"),
    [
        ("7", 3.0, 7.0),
        (" 1.5 ", None, 1.5),
        ("-1", None, 0.0),
        ("nan", None, None),
        ("1e8", None, None),
        ("99999999", None, 99999999.0),
        ("", 3.0, 3.0),
        ("", None, None),
        ("soon", 3.0, 3.0),
        ("Mon, 01 Jan 2024 00:00:00 GMT", 3.0, 0.0),
    ],
)
def test_how_long_a_provider_asks_to_wait(header: str, body: float | None, seconds: float | None) -> None:
    problem = Problem(kind="rate_limited", message="slowly", retry_after=body)
    backend = toy("https://toy.example", lambda call: drawn(), read_error=lambda status, json: problem)
    assert verdicts.retry_after(backend, answered(429, retry_after=header)) == seconds


@pytest.mark.parametrize("zone", [UTC, None], ids=["with a zone", "without one, which is UTC"])
def test_a_date_is_a_wait_until_then(zone: Any) -> None:
    date = format_datetime((datetime.now(UTC) + timedelta(hours=1)).replace(tzinfo=zone))
    seconds = verdicts.retry_after(TOY, answered(429, retry_after=date))
    assert seconds is not None and 3500 < seconds <= 3600


def test_a_rate_limit_tells_the_moment() -> None:
    error = verdicts.rate_limited("Toy is busy.", 3600)
    assert error.retry_at is not None and 3590 < (error.retry_at - datetime.now(UTC)).total_seconds() <= 3600
    assert error.message == f"Toy is busy. It asks to wait until {error.retry_at:%H:%M:%S} UTC."
    assert verdicts.rate_limited("Toy is busy.", None).message == "Toy is busy."


@pytest.mark.parametrize(("problem", "told"), [(None, "as it is"), (Problem(kind="refused", message="no"), "no")])
def test_what_was_answered_is_told_without_a_word_about_money(problem: Problem | None, told: str) -> None:
    backend = toy("https://toy.example", lambda call: drawn(), read_error=lambda status, json: problem)
    assert verdicts.said_in(backend, answered(500, text="as it is")) == f"Toy answered 500: {told}."
    assert verdicts.said_in(TOY, answered(500)) == "Toy answered 500: no reason given."


def test_a_backend_that_stumbles_over_a_reply_leaves_it_to_the_status() -> None:
    def stumbles(status: int, json: Any) -> Problem | None:
        return Problem(kind="refused", message=json["error"])

    backend = toy("https://toy.example", lambda call: drawn(), read_error=stumbles)
    for json in ({}, None, "x", []):
        assert verdicts.of_answer(backend, toy_model(), answered(400, json)).code == "rejected"


@pytest.mark.parametrize(
    ("kind", "code", "charged"),
    [
        ("refused", "refused", "maybe"),
        ("expired", "expired", "yes"),
        ("cancelled", "cancelled", "maybe"),
        ("empty_output", "empty_output", "maybe"),
        ("failed", "failed", "maybe"),
    ],
)
def test_a_job_that_failed_at_its_provider_may_have_been_charged(kind: Any, code: str, charged: str) -> None:
    error = verdicts.of_failed_step(TOY, Failed(reason="it broke.", kind=kind))
    assert (error.code, error.charged, error.message) == (code, charged, "Toy: it broke.")


@pytest.mark.parametrize(("cost", "charged", "told"), [("0.020", "yes", True), ("0", "no", False)])
def test_a_cost_that_is_known_is_told_and_read_again(cost: str, charged: str, told: bool) -> None:
    error = verdicts.of_failed_step(TOY, Failed(reason="it broke", kind="failed", cost=Decimal(cost)))
    assert (error.charged, f"It charged ${cost}." in error.message) == (charged, told)
    assert verdicts.cost_in(error) == Decimal(cost)
    assert verdicts.cost_in(verdicts.of_failed_step(TOY, Failed(reason="it broke", kind="failed"))) is None


@pytest.mark.parametrize(
    ("cost", "bought", "charged", "settles"),
    [
        (None, True, "maybe", None),
        (None, False, "maybe", None),
        ("0", True, "maybe", None),
        ("0", False, "no", Decimal(0)),
        ("0.02", True, "yes", None),
        ("0.02", False, "yes", Decimal("0.02")),
    ],
)
def test_a_refusal_after_a_purchase_speaks_for_the_job_only_if_it_answers_how_far_that_is(
    cost: str | None, bought: bool, charged: str, settles: Decimal | None
) -> None:
    error = judged(answered(400))
    verdicts.billed(error, None if cost is None else Decimal(cost))
    verdicts.not_the_first(error, bought=bought)
    assert (error.charged, verdicts.cost_in(error)) == (charged, settles)
    told = "Nothing was charged." if charged != "maybe" else "What was bought before it may have been charged."
    assert error.next == f"{told} Change the request; the same one is refused again."
    assert (error.details or {})["status"] == 400


def test_a_refusal_after_a_purchase_that_has_no_advice_has_none() -> None:
    error = Refused("no")
    verdicts.not_the_first(error, bought=True)
    assert (error.charged, error.next) == ("maybe", None)


@pytest.mark.parametrize(
    ("failure", "code", "charged"),
    [
        (ModuleNotFoundError("no", name="grpc"), "missing_dependency", "no"),
        (ValueError("too small"), "invalid_parameter", "no"),
        (OSError("no space"), "not_sent", "no"),
        (RuntimeError("it broke"), "failed", "no"),
    ],
)
def test_a_library_that_failed_says_why(failure: Exception, code: str, charged: str) -> None:
    error = verdicts.of_failed_computation(TOY, failure)
    assert (error.code, error.charged) == (code, charged)


def test_a_package_that_is_missing_is_named_with_how_to_install_it() -> None:
    failure = ModuleNotFoundError("no", name="grpc")
    extra = toy("https://toy.example", lambda call: drawn(), extra="grok-sdk")
    assert '"anymedia[grok-sdk]"' in str(verdicts.of_failed_computation(extra, failure).next)
    assert verdicts.of_failed_computation(TOY, failure).next is None


def test_an_engine_of_this_machine_that_cannot_write_has_failed() -> None:
    local = toy("https://toy.example", lambda call: drawn(), role="rehearsal")
    assert verdicts.of_failed_computation(local, OSError("no space")).code == "failed"


def test_only_what_is_not_found_is_missing() -> None:
    missing = [status for status in range(400, 430) if verdicts.says_missing(judged(answered(status)))]  # type: ignore[arg-type]
    assert missing == [404, 410]
