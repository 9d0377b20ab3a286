"""Every sample runs to the end it declares, on the real engine; what crosses a process is JSON; polls end."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from ...errors import AnymediaError, StillRunning
from ...media import Json, MediaFile
from ...spec.backend import Reply
from ...spec.wire import Partial, Pending, Succeeded
from .subjects import PolledSampleSubject, SampleSubject
from .workbench import Made, Workbench

OUTCOMES: Mapping[str, frozenset[str]] = {
    "done": frozenset({"done"}),
    "partial": frozenset({"partial"}),
    "refused": frozenset({"refused"}),
    "failed": frozenset({"failed", "empty_output", "expired", "cancelled"}),
}
"""The codes that each `Sample.expects` stands for."""

SHORTEST_POLL = 0.2
"""Seconds between polls below which a provider is hammered."""
BRIEFLY = 0.3
POLLING = 1.2
PACE = 0.3
SPARE = 2
"""Requests that one flow may send beyond what its sample shows; more than that is waiting for something."""


def test_sample_runs_to_its_declared_end(sample: SampleSubject, bench: Workbench) -> None:
    made = bench.played(sample.sample)
    expected = sample.sample.expects
    assert made.outcome in OUTCOMES[expected], (
        f"{sample.id} should end as {expected} and ended as {made.outcome}: {made.error!r}. Mend the flow, or what "
        f"Sample.expects says."
    )
    if expected in ("done", "partial"):
        _assert_delivered(sample, made)
    _assert_replies_used(sample, made)


def _assert_delivered(sample: SampleSubject, made: Made) -> None:
    if sample.sample.request.makes == "text":
        brought = made.brought
        assert brought is not None and brought.text, f"{sample.id} ended well without a text in Succeeded.text."
        return
    keeps = made.brought is not None and made.brought.resources
    assert made.files or keeps, (
        f"{sample.id} ended as {made.outcome} without a file. Put every output into Succeeded.files, and what the "
        f"provider keeps into Succeeded.resources."
    )
    for file in made.files:
        assert file.path is not None and file.path.stat().st_size == file.size, (
            f"{sample.id}: {file.path} is not whole."
        )
    medium = sample.sample.request.makes
    kinds = {str(file.media_type).partition("/")[0] for file in made.files}
    assert kinds <= {medium}, f"{sample.id} should make {medium} and made {sorted(kinds)}."


def _assert_replies_used(sample: SampleSubject, made: Made) -> None:
    replies = len(sample.sample.replies)
    assert len(made.arrived) == replies, (
        f"{sample.id} has {replies} replies and its flow sent {len(made.arrived)} requests "
        f"({', '.join(f'{request.method} {request.path}' for request in made.arrived[:6])}). Sample.replies must "
        f"answer "
        f"each request of the flow once, in order."
    )


def test_state_is_json_and_means_the_same_afterwards(sample: SampleSubject, bench: Workbench) -> None:
    for flow in bench.played(sample.sample).flows:
        if isinstance(flow.step, Pending | Partial):
            assert _survives(flow.step.state), (
                f"{sample.id}: the state {flow.step.state!r:.80} does not survive JSON, so another process could not "
                f"go "
                f"on with the job. Use dictionaries with text keys, lists, text, numbers and None."
            )


def test_continuation_is_json_and_media(sample: SampleSubject, bench: Workbench) -> None:
    for step in _succeeded(bench.played(sample.sample)):
        assert _survives(_without_media(step.continuation)), (
            f"{sample.id}: the continuation {step.continuation!r:.80} does not survive JSON, so it is lost with the "
            f"process. Use dictionaries with text keys, lists, text, numbers, None, and MediaFile for media."
        )


def test_continuation_is_returned_when_it_is_asked_for(sample: SampleSubject, bench: Workbench) -> None:
    """A continuation is declared exactly when the flows return one."""
    declared = sample.model.continuation
    made = bench.played(sample.sample)
    for step in _succeeded(made):
        assert step.continuation is None or declared is not None, (
            f"{sample.id} returns a continuation that {sample.model.id} does not declare, so nobody can use it. Set "
            f"Model.continuation=Continuation(state=..., how=..., lives=...), or do not return one."
        )
    asked = sample.sample.request.continuable or sample.sample.continues is not None
    if declared is not None and asked and sample.sample.expects == "done":
        assert made.result is not None and made.result.continuation_id is not None, (
            f"{sample.id} asks for a continuation, {sample.model.id} declares one ({declared.state}), and none came. "
            f"Return it in Succeeded.continuation."
        )


def test_last_output_can_be_continued(sample: SampleSubject, bench: Workbench) -> None:
    """A model that continues from its last output needs no state of the provider's: continue the sample itself."""
    declared = sample.model.continuation
    if declared is None or declared.state != "last_output" or sample.sample.expects != "done":
        return
    first = bench.play(replace(sample.sample, request=replace(sample.sample.request, continuable=True)))
    assert first.result is not None and first.result.continuation_id is not None, (
        f"{sample.id} with continuable=True left no continuation: {first.error!r}."
    )
    again = replace(sample.sample.request, continue_from=first.result.continuation_id)
    if sample.model.problems_with(again):
        return  # a rule of the model says what does not go with an earlier result
    second = bench.make(again, model=sample.model.id, replies=sample.sample.replies, continues=_last(first.files))
    assert second.result is not None, (
        f"{sample.id} could not be continued from its last output: {second.error!r}. "
        f"call.continuation['last_output'] is "
        f"a MediaFile."
    )


def _last(files: tuple[MediaFile, ...]) -> Json:
    return {"last_output": files[-1]}


def _succeeded(made: Made) -> Iterator[Succeeded]:
    return (flow.step for flow in made.flows if isinstance(flow.step, Succeeded))


def _survives(value: Json) -> bool:
    try:
        return bool(json.loads(json.dumps(value, allow_nan=False)) == value)
    except (TypeError, ValueError):
        return False


def _without_media(value: Json) -> Json:
    match value:
        case MediaFile():
            return None
        case dict():
            return {name: _without_media(item) for name, item in value.items()}
        case list():
            return [_without_media(item) for item in value]
    return value


# --- Jobs that take longer ----------------------------------------------------------------------------------------


def test_job_survives_the_process(polled: PolledSampleSubject, bench: Workbench) -> None:
    """After submit, the ledger is enough for another engine to finish the job without paying again."""
    begun = bench.play(polled.sample, wait=-1.0)
    assert isinstance(begun.error, StillRunning), (
        f"{polled.id}: after submit the job should be waited for; it ended as {begun.outcome}: {begun.error!r}. "
        f"Return Pending(state=...) from submit."
    )
    assert begun.job_id is not None
    finished = bench.resume(begun.job_id, replies=polled.sample.replies[len(begun.arrived) :])
    assert finished.result is not None, (
        f"{polled.id}: another process could not finish the job: {finished.error!r}. Pending.state must hold all "
        f"that poll "
        f"needs; module variables die with the process."
    )
    flows = (*begun.flows, *finished.flows)
    asks_and_pays = any(flow.purchases and isinstance(flow.step, Pending) for flow in finished.flows)
    once = sum(len(flow.purchases) for flow in bench.played(polled.sample).flows)
    assert not asks_and_pays and sum(len(flow.purchases) for flow in flows) == once, (
        f"{polled.id}: going on with the job paid again."
    )


def test_sample_shows_a_pending_poll(polled: PolledSampleSubject, bench: Workbench) -> None:
    assert _goes_in_steps(polled, bench) or _pending_reply(polled, bench) is not None, (
        f"{polled.id}: no poll of this sample answers Pending. Add the provider's reply for a job that is still at "
        f"work."
    )


def test_polling_ends_at_the_deadline(polled: PolledSampleSubject, bench: Workbench) -> None:
    """The provider answers `pending` for ever: the wait ends, the job stays, and nobody is hammered."""
    if _goes_in_steps(polled, bench):
        return
    number = _pending_reply(polled, bench)
    replies = polled.sample.replies[: number + 1] if number is not None else polled.sample.replies
    bench.watch.pace, usual = PACE, bench.watch.pace
    try:
        made = bench.play(polled.sample, replies=replies, wait=POLLING)
    finally:
        bench.watch.pace = usual
    looped = _longest(made) > _longest(bench.played(polled.sample)) + SPARE
    assert isinstance(made.error, StillRunning) and not looped, (
        f"{polled.id}: while the provider answers `pending`, the wait should end with StillRunning; it ended as "
        f"{made.outcome} after {len(made.arrived)} requests. A flow must not poll in a loop: return Pending(state, "
        f"poll_after) and let the engine wait."
    )
    polls = sum(flow.kind == "poll" for flow in made.flows)
    assert polls <= POLLING / PACE + 1, f"{polled.id}: polled {polls} times in {POLLING} s, faster than poll_after."


@pytest.mark.parametrize("status", [401, 403, 404, 500, 503])
def test_refused_poll_does_not_lose_the_job(polled: PolledSampleSubject, status: int, bench: Workbench) -> None:
    """A key that was rotated or a server that fails says nothing about the work that was paid for."""
    accepted = len(bench.play(polled.sample, wait=-1.0).arrived)
    refusal = Reply(status=status, json={"error": {"message": "not now"}})
    made = bench.play(polled.sample, replies=(*polled.sample.replies[:accepted], refusal), wait=BRIEFLY)
    charged = getattr(made.error, "charged", None)
    assert charged in ("yes", "maybe"), (
        f"{polled.id}: after a poll was answered {status}, the job ended as {made.outcome}, charged: {charged}. It was "
        f"accepted and may have been paid for: leave such answers to the engine."
    )


def test_flow_asks_for_a_pause_between_polls(polled: PolledSampleSubject, bench: Workbench) -> None:
    for flow in bench.played(polled.sample).flows:
        pause = flow.asked_pause
        assert pause is None or pause >= SHORTEST_POLL, (
            f"{polled.id}: {flow.kind} asks to poll again after {pause} s, which hammers the provider. Set "
            f"poll_after to "
            f"the pause its documentation asks for, at least {SHORTEST_POLL} s."
        )


def _goes_in_steps(polled: PolledSampleSubject, bench: Workbench) -> bool:
    """Whether its polls do the next step of the work, and do not wait for any."""
    polls = [flow for flow in bench.played(polled.sample).flows if flow.kind == "poll"]
    return all(any(request.effect != "safe" for request in flow.requests) for flow in polls)


def _pending_reply(polled: PolledSampleSubject, bench: Workbench) -> int | None:
    """The number of the reply at which a poll answered Pending."""
    answered = 0
    for flow in bench.played(polled.sample).flows:
        answered += len(flow.requests)
        if flow.kind == "poll" and isinstance(flow.step, Pending):
            return answered - 1
    return None


def test_flow_does_not_wait_by_asking_again_and_again(sample: SampleSubject, bench: Workbench) -> None:
    """A reply without its output must not make the flow ask until it comes: that is a poll without end."""
    empty = tuple(replace(reply, json={}) if isinstance(reply.json, dict) else reply for reply in sample.sample.replies)
    made = bench.play(sample.sample, replies=empty, wait=BRIEFLY)
    asked, usual = _longest(made), _longest(bench.played(sample.sample))
    assert asked <= usual + SPARE, (
        f"{sample.id}: when the output did not come, one flow asked {asked} times: a poll without end. Return "
        f"Pending(state, poll_after) and let the engine wait until the deadline."
    )


def _longest(made: Made) -> int:
    """The most requests that one flow sent."""
    return max((len(flow.requests) for flow in made.flows), default=0)


# --- Replies that lack something ----------------------------------------------------------------------------------


def test_missing_output_is_never_success(sample: SampleSubject, bench: Workbench) -> None:
    """Every key of every reply is renamed, emptied and removed in turn: fewer files may come, but not as success."""
    if sample.sample.expects != "done" or not sample.sample.replies:
        return
    whole = bench.played(sample.sample)
    for what, replies in _spoiled(sample.sample.replies):
        made = bench.play(sample.sample, replies=replies, wait=BRIEFLY)
        missing = len(made.files) < len(whole.files) or (made.result is not None and not _has_text(made, whole))
        assert made.result is None or not missing, (
            f"{sample.id}: with {what} in the reply, the job still counts as done, with {len(made.files)} of "
            f"{len(whole.files)} files. Return Failed(reason, kind='empty_output') when no output came, or name each "
            f"lost "
            f"one in Succeeded.missing."
        )
        assert isinstance(made.error, AnymediaError | None), (
            f"{sample.id}: with {what} in the reply, {made.error!r} came out instead of an error of this package."
        )


def _has_text(made: Made, whole: Made) -> bool:
    return made.result is not None and whole.result is not None and bool(made.result.text) >= bool(whole.result.text)


def _spoiled(replies: tuple[Reply, ...]) -> Iterator[tuple[str, tuple[Reply, ...]]]:
    for number, reply in enumerate(replies):
        for what, document in _spoiled_json(reply.json):
            yield what, (*replies[:number], replace(reply, json=document), *replies[number + 1 :])
        if reply.content:
            for what, content in (("no bytes", b" "), ("half of the bytes", reply.content[: len(reply.content) // 2])):
                yield what, (*replies[:number], replace(reply, content=content), *replies[number + 1 :])


def _spoiled_json(document: Json) -> Iterator[tuple[str, Json]]:
    """The document with one thing wrong, for everything that can be wrong, and what it is."""
    match document:
        case dict():
            for name, value in document.items():
                rest = {other: item for other, item in document.items() if other != name}
                yield f"`{name}` renamed", {**rest, f"{name}_renamed": value}
                yield f"`{name}` null", {**document, name: None}
                for what, spoiled in _spoiled_json(value):
                    yield f"{what} of `{name}`", {**document, name: spoiled}
        case [first, *others]:
            yield "an empty list", []
            for what, spoiled in _spoiled_json(first):
                yield what, [spoiled, *others]
