"""Faults that every provider has one day, each met once: it ends as what it is, and nothing is bought twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import pytest

from ...errors import StillRunning
from ...media import Json
from ...spec.backend import Reply, Sample
from ...spec.wire import Compute, Exchange, HttpRequest
from ..emulator.faults import GATEWAY_PAGE, Fault
from .subjects import CancellableSubject, WaySubject
from .workbench import Made, Workbench

Where = Literal["purchase", "poll", "download"]
BRIEFLY = 4.0
"""Seconds: a provider that names no time is asked again after about one."""
SHORT = 60
"""Characters that a text of a reply may have before it is taken for media."""
PAID = frozenset({"done", "partial"})
OPEN = frozenset({"unknown", "unexpected_reply"})
SPOILED = OPEN | {"verify_failed", "failed", "empty_output", "partial"}


@dataclass(frozen=True, kw_only=True)
class Meeting:
    """One fault, and the request that meets it. `replies` come before the usual ones; `fault` spoils the usual one.

    `ends` are the codes that a job may have afterwards, `sent` is how often the purchase may reach the provider.
    """

    name: str
    meets: Where
    ends: frozenset[str]
    replies: tuple[Reply, ...] = ()
    fault: Fault | None = None
    sent: int = 1
    cuts_media: bool = False
    only_at_once: bool = False

    @property
    def id(self) -> str:
        return self.name.replace(" ", "-")


def slowly(**headers: str) -> Reply:
    return Reply(status=429, json={"error": {"message": "slowly"}}, headers=headers)


NOTHING = Reply(status=404, json={"error": {"message": "nothing is here"}})
MEETINGS = (
    Meeting(
        name="429 with Retry-After", meets="purchase", replies=(slowly(**{"retry-after": "0.2"}),), ends=PAID, sent=2
    ),
    Meeting(name="429 without Retry-After", meets="purchase", replies=(slowly(),), ends=PAID, sent=2),
    Meeting(
        name="half of the reply",
        meets="purchase",
        fault=Fault.wrong_length(10),
        ends=SPOILED,
        only_at_once=True,
    ),
    Meeting(name="base64 that is cut", meets="purchase", cuts_media=True, ends=SPOILED, only_at_once=True),
    Meeting(
        name="a web page with status 200",
        meets="purchase",
        replies=(Reply(content=GATEWAY_PAGE.encode(), media_type="text/html"),),
        ends=SPOILED,
    ),
    Meeting(name="not found at first", meets="poll", replies=(NOTHING,), ends=PAID),
    Meeting(name="500 at first", meets="poll", replies=(replace(NOTHING, status=500),), ends=PAID),
    Meeting(name="gone", meets="download", replies=(NOTHING,) * 12, ends=frozenset({"expired"})),
    Meeting(name="half of the file once", meets="download", fault=Fault.truncated(70), ends=PAID),
)
"""What `backend check` calls by these names. What else can happen is in the tests of money and of samples."""


@pytest.mark.parametrize("meeting", MEETINGS, ids=lambda meeting: meeting.id)
def test_fault_is_survived_or_told_truly(way: WaySubject, meeting: Meeting, bench: Workbench) -> None:
    number = _number_of(meeting.meets, way, bench)
    if number is None or not _can_meet(meeting, way, bench):
        pytest.skip("nothing of this sample can meet it")
    made = _met(way.sample, meeting, number, bench)
    assert made.outcome in meeting.ends, (
        f"{way.id}: after {meeting.name} ({meeting.meets}) it ended as {made.outcome}: {made.error!r}; expected was "
        f"{' or '.join(sorted(meeting.ends))}. Leave what you do not know to the engine, and return Failed or "
        f"Succeeded.missing for what did not come."
    )
    sent = sum(request.target == made.arrived[number].target for request in made.arrived[number:])
    assert meeting.meets != "purchase" or sent <= meeting.sent, (
        f"{way.id}: after {meeting.name} the purchase was sent {sent} times. Only what was refused may be sent again."
    )


def _met(sample: Sample, meeting: Meeting, number: int, bench: Workbench) -> Made:
    usual = list(sample.replies)
    if meeting.cuts_media:
        usual[number] = replace(usual[number], json=_cut(usual[number].json))
    replies = (*usual[:number], *meeting.replies, *usual[number:])
    faults = {} if meeting.fault is None else {number: meeting.fault}
    return bench.play(sample, replies=replies, faults=faults, wait=BRIEFLY)


def _cut(document: Json) -> Json:
    """The reply with half of every long text: in a sample, only media are long."""
    match document:
        case str() if len(document) > SHORT:
            return document[: len(document) // 2 + 1]
        case dict():
            return {name: _cut(value) for name, value in document.items()}
        case list() | tuple():
            return [_cut(value) for value in document]
    return document


def _can_meet(meeting: Meeting, way: WaySubject, bench: Workbench) -> bool:
    """Whether the fault is one of this way: a library and a conversation have no body that could be cut."""
    submit = bench.played(way.sample).submit
    assert submit is not None
    purchase = next(iter(submit.purchases), None)
    if meeting.meets == "purchase" and isinstance(purchase, Exchange | Compute):
        return not meeting.only_at_once and not meeting.replies
    if meeting.cuts_media:
        return isinstance(purchase, HttpRequest) and bool(purchase.media_at)
    return not (meeting.only_at_once and way.is_polled)


def _number_of(where: Where, way: WaySubject, bench: Workbench) -> int | None:
    """Which request of the sample is the purchase, the first poll, the first download."""
    made = bench.played(way.sample)
    sent = [(flow.kind, request) for flow in made.flows for request in flow.requests]
    match where:
        case "purchase":
            found = (number for number, (_, request) in enumerate(sent) if request.effect == "pays")
        case "poll":
            found = (number for number, (kind, request) in enumerate(sent) if kind == "poll" and _is_get(request))
        case "download":
            found = (number for number in range(len(sent), len(made.arrived)))
    return next(found, None)


def _is_get(request: HttpRequest | Exchange | Compute) -> bool:
    return isinstance(request, HttpRequest) and request.effect == "safe"


# --- States and cancelling ----------------------------------------------------------------------------------------

STATES = ("status", "state")


def test_status_that_no_page_names_is_work_that_goes_on(way: WaySubject, bench: Workbench) -> None:
    """Providers add states: one that is not known must neither end a job that is paid for nor count as its success."""
    number = _number_of("poll", way, bench)
    told = None if number is None else dict(_strangely(way.sample.replies[number].json))
    if number is None or not told:
        pytest.skip("its polls name no state")
    strange = replace(way.sample.replies[number], json=told)
    replies = (*way.sample.replies[:number], strange, *way.sample.replies[number:])
    made = bench.play(way.sample, replies=replies, wait=BRIEFLY)
    assert made.outcome in PAID, (
        f"{way.id}: the state 'pondering' ended the job as {made.outcome}: {made.error!r}. Return Pending for every "
        f"state that is not known to be an end."
    )


def _strangely(document: Json) -> Iterator[tuple[str, Json]]:
    if isinstance(document, dict) and any(name in document for name in STATES):
        for name, value in document.items():
            yield name, "pondering" if name in STATES else value


def test_cancelling_is_asked_of_the_provider_and_buys_nothing(
    cancellable: CancellableSubject, bench: Workbench
) -> None:
    begun = bench.play(cancellable.sample, wait=-1.0)
    assert isinstance(begun.error, StillRunning) and begun.job_id is not None
    bench.wish_cancelled(begun.job_id)
    ended = bench.resume(begun.job_id, replies=cancellable.sample.replies[len(begun.arrived) :], wait=BRIEFLY)
    assert ended.arrived, f"{cancellable.id}: the provider was not told that the job is cancelled."
    assert not any(flow.purchases for flow in ended.flows), f"{cancellable.id}: cancelling the job bought something."
