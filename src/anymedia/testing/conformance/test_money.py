"""One submit pays once, is sent once, and goes where the declaration says. Counted at the server."""

from __future__ import annotations

import pytest

from ...errors import AnymediaError, AuthenticationRejected, RateLimited
from ...spec.backend import Reply
from ...spec.pricing import Free
from ...spec.wire import Compute, Exchange, HttpRequest
from ..emulator.faults import Fault
from .reply_server import CLOSE, RESET, SILENCE
from .subjects import AnsweredSampleSubject, SampleSubject
from .workbench import Made, Workbench

NO_ANSWERS = {"reset": RESET, "close": CLOSE, "silence": SILENCE}
FAR_AWAY = "86400"
"""Seconds a rate-limited caller is asked to wait: past every deadline here."""
LONG_ENOUGH = 1.5
"""Seconds in which a request that is safe to repeat would be repeated."""


def test_submit_pays_exactly_once(answered: AnsweredSampleSubject, bench: Workbench) -> None:
    if isinstance(answered.model.price, Free):
        return
    made = bench.played(answered.sample)
    submit = made.submit
    assert submit is not None, f"{answered.id}: nothing was submitted: {made.error!r}."
    purchases = submit.purchases
    assert purchases, (
        f"{answered.id}: {answered.model.id} has a price and no request of its submit flow pays. A purchase marked "
        f"safe "
        f'would be sent again after a failure: give the POST that starts the work effect="pays".'
    )
    assert len(purchases) == 1, (
        f"{answered.id}: the submit flow pays {len(purchases)} times. If the process dies between two purchases nobody "
        f"knows of the first: return Pending after it and make the second one in poll, or yield ChildJobs."
    )
    sent = sum(is_no_get(request) for flow in made.flows for request in flow.requests)
    arrived = sum(request.method != "GET" or request.opens_conversation for request in made.arrived)
    assert arrived == sent, f"{answered.id}: the flows sent {sent} requests besides GET and {arrived} arrived."


def test_nothing_else_in_a_job_pays(answered: AnsweredSampleSubject, bench: Workbench) -> None:
    later = [flow for flow in bench.played(answered.sample).flows if flow.kind == "poll" and flow.purchases]
    assert len(later) <= 1 and all(len(flow.purchases) == 1 for flow in later), (
        f"{answered.id}: polling pays more than once. Give polls the effect `safe`; more purchases are ChildJobs."
    )


@pytest.mark.parametrize("failure", [500, 502, 503, 504])
def test_purchase_is_not_repeated_after_a_server_error(
    answered: AnsweredSampleSubject, failure: int, bench: Workbench
) -> None:
    number = _number_of_purchase(answered, bench)
    if number is None or _is_said_in_a_conversation(answered, bench):
        return
    broken = Reply(status=failure, json={"error": {"message": "something broke"}})
    replies = (*answered.sample.replies[:number], broken)
    made = bench.play(answered.sample, replies=replies, wait=LONG_ENOUGH)
    _assert_sent_once(answered, made, number, f"status {failure}", bench)


@pytest.mark.parametrize("failure", sorted(NO_ANSWERS))
def test_purchase_is_not_repeated_without_an_answer(
    answered: AnsweredSampleSubject, failure: str, bench: Workbench
) -> None:
    number = _number_of_purchase(answered, bench)
    if number is None:
        return
    faults: dict[int, Fault] = {number: NO_ANSWERS[failure]}
    engine = bench.impatient_engine if failure == "silence" else None
    made = bench.play(answered.sample, faults=faults, wait=LONG_ENOUGH, engine=engine)
    _assert_sent_once(answered, made, number, f"a {failure}", bench)


def is_no_get(request: HttpRequest | Exchange | Compute) -> bool:
    return not isinstance(request, HttpRequest) or request.method != "GET"


def _is_said_in_a_conversation(answered: AnsweredSampleSubject, bench: Workbench) -> bool:
    """Whether nothing can have been bought while the server does not even open the conversation."""
    submit = bench.played(answered.sample).submit
    return submit is not None and any(isinstance(each, Exchange) for each in submit.purchases)


def _number_of_purchase(answered: AnsweredSampleSubject, bench: Workbench) -> int | None:
    """Which of the requests of a sample starts the work: the one that pays, else the first that is no GET."""
    submit = bench.played(answered.sample).submit
    requests = [] if submit is None else submit.requests
    paying = [number for number, request in enumerate(requests) if request.effect == "pays"]
    posting = [number for number, request in enumerate(requests) if is_no_get(request)]
    return next(iter((*paying, *posting)), None)


def _assert_sent_once(answered: AnsweredSampleSubject, made: Made, number: int, failure: str, bench: Workbench) -> None:
    again = made.arrived[number:]
    assert len(again) == 1, (
        f"{answered.id}: after {failure} the purchase was sent {len(again)} times, and may have been paid for each "
        f"time. "
        f'Only what is safe is repeated: give the request effect="pays".'
    )
    assert made.outcome == "unknown", (
        f"{answered.id}: after {failure} nobody knows whether it was bought, but it ended as {made.outcome}: "
        f"{made.error!r}."
    )
    assert made.job_id is not None and bench.status(made.job_id) == "unknown"
    later = bench.resume(made.job_id, replies=answered.sample.replies)
    assert not later.arrived and later.outcome == "unknown", (
        f"{answered.id}: after {failure}, resuming the job sent {len(later.arrived)} requests."
    )


# --- Refusals -----------------------------------------------------------------------------------------------------

SHAPES: tuple[Reply, ...] = (
    Reply(json={"error": {"message": "no", "type": "invalid_request_error", "code": None}}),
    Reply(json={"error": {"message": "no", "code": ["a", "list"]}}),
    Reply(json={"error": {"message": None}}),
    Reply(json={"error": "no"}),
    Reply(json={"detail": [{"msg": "no"}]}),
    Reply(json=["no"]),
    Reply(json=None),
    Reply(content=b"<html>no</html>", media_type="text/html"),
    Reply(content=b"", media_type="text/plain"),
)
"""Error bodies: the usual ones, and some that no documentation mentions."""


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
def test_refusal_becomes_an_error_of_its_own_kind(
    answered: AnsweredSampleSubject, status: int, bench: Workbench
) -> None:
    number = _number_of_purchase(answered, bench)
    if number is None:
        return
    for shape in SHAPES:
        reply = Reply(status=status, json=shape.json, content=shape.content, media_type=shape.media_type)
        made = bench.play(answered.sample, replies=(*answered.sample.replies[:number], reply))
        _assert_refused(answered, made, f"status {status} with the body {shape.json or shape.content!r}")


def _assert_refused(answered: AnsweredSampleSubject, made: Made, what: str) -> None:
    error = made.error
    assert isinstance(error, AnymediaError) and error.code != "unknown", (
        f"{answered.id}: {what} became {error!r} instead of an error of this package. read_error must cope with "
        f"every shape "
        f"and return None for what it does not know."
    )
    assert error.charged == "no", f"{answered.id}: {what} is said to have been charged: {error.charged}."


def test_refused_key_is_said_to_be_refused(answered: AnsweredSampleSubject, bench: Workbench) -> None:
    number = _number_of_purchase(answered, bench)
    if number is None:
        return
    reply = Reply(status=401, json={"error": {"message": "bad key"}})
    made = bench.play(answered.sample, replies=(*answered.sample.replies[:number], reply))
    assert isinstance(made.error, AuthenticationRejected), (
        f"{answered.id}: status 401 became {made.error!r}. Leave it to the engine, or return "
        f"Problem(kind='authentication')."
    )


def test_rate_limit_past_the_deadline_is_said_with_its_time(answered: AnsweredSampleSubject, bench: Workbench) -> None:
    number = _number_of_purchase(answered, bench)
    if number is None:
        return
    reply = Reply(status=429, json={"error": {"message": "slowly"}}, headers={"retry-after": FAR_AWAY})
    made = bench.play(answered.sample, replies=(*answered.sample.replies[:number], reply), wait=1.0)
    assert isinstance(made.error, RateLimited) and made.error.retry_at is not None, (
        f"{answered.id}: status 429 became {made.error!r}. Leave it to the engine."
    )


# --- Keys and places ----------------------------------------------------------------------------------------------


def test_requests_go_to_the_base_url_or_where_a_reply_says(sample: SampleSubject, bench: Workbench) -> None:
    for flow in bench.played(sample.sample).flows:
        seen = "".join(map(repr, flow.replies))
        for request in flow.requests:
            if isinstance(request, Compute):
                continue  # it is given the base URL, and nothing here sees where a library goes
            known = request.path.startswith("/") or flow.kind == "poll" or request.path in seen
            assert known, (
                f"{sample.id}: {flow.kind} sends a request to {request.path!r}, a foreign host that no reply named. "
                f"Give "
                f"a path that begins with /: the engine puts the base URL before it, and the key goes nowhere else."
            )
