"""How a job ends: what its row, its error, its result and the disk say of all that can come, and what is kept of it."""

from __future__ import annotations

import json
from collections.abc import Awaitable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from anymedia import AsyncClient, DescribeRequest, ImageRequest, Options, Result, errors
from anymedia.media import MediaFile
from anymedia.operations import Request, VoiceDesignRequest
from anymedia.spec import (
    Backend,
    Call,
    Continuation,
    Created,
    Flow,
    HttpRequest,
    Param,
    Resource,
    Succeeded,
    TextUpTo,
    post,
)
from scribe import recording
from toys import PICTURE, Provider, picture, says, sends, toy, toy_model
from workplace import Workplace

KINDS = {kind.operation: kind for kind in (ImageRequest, DescribeRequest, VoiceDesignRequest)}
WORDS = {"prompt": Param(wire_name="prompt", allows=TextUpTo(100))}
VOICE = Resource(kind="voice", id="v1")
NEXT = {"continuable": True}


def held(content: bytes = PICTURE) -> MediaFile:
    return MediaFile(media_type="image/png", data=content, size=len(content))


CUT, HEARD = held(PICTURE[:-20]), MediaFile(media_type="audio/wav", data=recording())


def ending(
    provider: Provider, step: Succeeded, operation: str = "image", *, kept: Continuation | None = None, seen: Any = None
) -> Backend:
    """A backend that buys once and ends like this."""
    kind: type[Request] = KINDS[operation]

    def submit(call: Call) -> Flow:
        if seen is not None:
            seen.append(call.continuation)
        if step.resources:
            yield HttpRequest(method="POST", path="/buy", effect="creates", json={})
        for each in step.resources:
            yield Created(kind=each.kind, id=each.id)
        if not step.resources:
            yield post("/buy", json={})
        return step

    provider.on("POST", "/buy", says({}))
    model = toy_model(accepts=kind, params=WORDS, continuation=kept)
    return toy(provider.url, submit, model=model, priority={kind: 500})


async def outcome_of(work: Awaitable[Result]) -> Result | errors.AnymediaError:
    try:
        return await work
    except errors.AnymediaError as error:
        return error


def made(workplace: Workplace, backend: Backend, operation: str = "image", **asked: Any) -> Any:
    """The result, or the error, of one job; it is the same when the job is asked for once more."""
    request = KINDS[operation](prompt="a fox", **asked)

    async def work(client: AsyncClient) -> Any:
        first = await outcome_of(client.generate(request, Options(backend="toy")))
        again = await outcome_of(client.resume(str(first.job_id)))
        assert (again == first) if isinstance(first, Result) else again.document() == first.document()
        return first

    return workplace.run(work, backend)


# --- Endings ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class End:
    """What a provider delivers, and how the job ends. `said` and `then` are the words of the error."""

    name: str
    step: Succeeded
    operation: str = "image"
    status: str
    files: int = 0
    code: str | None = None
    said: str | None = None
    then: str | None = None
    charged: str | None = None


PAID = {"charged": "yes", "then": "It was paid for. Look at the quarantined bytes before you ask again."}
KEPT = {"status": "partial", "code": "partial", "charged": "yes"}
NOTHING = {"status": "failed", "code": "empty_output", "charged": "maybe", "then": "It may have been charged."}
ENDS = [
    End(name="one picture", step=Succeeded(files=(held(),)), status="done", files=1),
    End(name="two pictures", step=Succeeded(files=(held(), held())), status="done", files=2),
    End(name="a picture and words", step=Succeeded(files=(held(),), text="A fox."), status="done", files=1),
    End(name="a voice alone", step=Succeeded(resources=(VOICE,)), operation="voice_design", status="done"),
    End(name="words alone", step=Succeeded(text="A fox."), operation="describe", status="done"),
    End(name="silence", step=Succeeded(text=""), operation="describe", status="done"),
    End(
        name="a picture too few",
        step=Succeeded(files=(held(),), missing=("One was refused.",)),
        files=1,
        said="1 of 2 outputs arrived: One was refused.",
        then="Those that came are kept.",
        **KEPT,
    ),
    End(
        name="a picture and words, and a picture too few",
        step=Succeeded(files=(held(),), text="A fox.", missing=("One was refused.",)),
        files=1,
        said="1 of 2 outputs arrived: One was refused.",
        then="Those that came are kept.",
        **KEPT,
    ),
    End(
        name="a picture and half of one",
        step=Succeeded(files=(held(), CUT)),
        files=1,
        said="1 of 2 outputs arrived: Output 2 is set aside",
        then="Those that came are kept.",
        **KEPT,
    ),
    End(
        name="half of the words",
        step=Succeeded(text="A f", missing=("It broke off.",)),
        operation="describe",
        said="The words came, and this is not all that was asked for: It broke off.",
        then="The words are in the result.",
        **KEPT,
    ),
    End(
        name="a voice that is not heard",
        step=Succeeded(resources=(VOICE, Resource(kind="file", id="f1")), missing=("No sample.", "No other.")),
        operation="voice_design",
        said="Toy made and keeps voice v1, file f1, and this is not all that was asked for: No sample. No other.",
        then="The ids are in the result.",
        **KEPT,
    ),
    End(
        name="a voice and a sample too few",
        step=Succeeded(files=(HEARD,), resources=(VOICE,), missing=("No other.",)),
        operation="voice_design",
        files=1,
        said="1 of 2 outputs arrived: No other.",
        then="Those that came are kept.",
        **KEPT,
    ),
    End(
        name="half a picture",
        step=Succeeded(files=(CUT,)),
        status="verify_failed",
        code="verify_failed",
        said="Output 1 is set aside",
        **PAID,
    ),
    End(
        name="half a picture and words",
        step=Succeeded(files=(CUT,), text="A fox."),
        status="verify_failed",
        code="verify_failed",
        said="Output 1 is set aside",
        **PAID,
    ),
    End(
        name="nothing",
        step=Succeeded(),
        said="The provider said that it succeeded and delivered nothing.",
        **NOTHING,
    ),
    End(name="reasons", step=Succeeded(missing=("No.", "Not that either.")), said="No. Not that either.", **NOTHING),
    End(
        name="words where a picture was asked for",
        step=Succeeded(text="I cannot\x07 draw."),
        said="The provider said that it succeeded and delivered nothing. It said: I cannot draw.",
        **NOTHING,
    ),
    End(
        name="words and a reason where a picture was asked for",
        step=Succeeded(text="I cannot draw.", missing=("No.",)),
        said="No.",
        **NOTHING,
    ),
]


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.name.replace(" ", "-"))
def test_a_job_ends_by_what_came(end: End, workplace: Workplace, provider: Provider) -> None:
    backend = ending(provider, end.step, end.operation)
    outcome = made(workplace, backend, end.operation)
    row, result = workplace.row, outcome
    if end.code is None:
        assert row["error"] is None
    else:
        assert (outcome.code, outcome.next, outcome.charged, outcome.retryable) == (
            end.code,
            end.then,
            end.charged,
            False,
        )
        assert outcome.message.startswith(end.said)
        stored = json.loads(row["error"])
        assert (stored["code"], stored["message"], stored["details"]) == (end.code, outcome.message, None)
        result = outcome.result if end.status == "partial" else None
    assert row["status"] == end.status
    assert {name: row[name] for name in row if name.startswith("private_") or name == "owner"} == dict.fromkeys(
        ("private_state", "private_step", "owner")
    )
    assert (row["settled_nano"], row["lease_until"]) == (50_000_000, 0)
    assert sorted(Path(each["path"]) for each in json.loads(row["kept_files"])) == workplace.files()
    assert len(workplace.files()) == end.files
    if result is not None:
        assert (result.text, result.resources, len(result.files)) == (end.step.text, end.step.resources, end.files)
        assert result.status == row["status"]


def test_a_result_says_everything_that_the_provider_said(workplace: Workplace, provider: Provider) -> None:
    step = Succeeded(
        files=(held(),),
        text="A fox.",
        usage={"tokens": 3},
        cost=Decimal("0.25"),
        warnings=("It is a dog.",),
        metadata={"seed": 7},
    )
    result = made(workplace, ending(provider, step), n=None)
    assert (result.text, result.usage, result.provider_metadata) == ("A fox.", {"tokens": 3}, {"seed": 7})
    assert (result.warnings, result.missing, result.continuation_id) == (("It is a dog.",), (), None)
    assert (result.cost.amount, result.cost.source) == (Decimal("0.25"), "the provider's reply")
    assert json.loads(workplace.row["result"]) == {
        "text": "A fox.",
        "resources": [],
        "usage": {"tokens": 3},
        "warnings": ["It is a dog."],
        "missing": [],
        "continuation_id": None,
        "provider_metadata": {"seed": 7},
    }


# --- What is kept for a later request --------------------------------------------------------------------------------


def keeping(state: Any) -> Continuation:
    return Continuation(state=state, how="a toy", lives="for ever")


def kept_in(workplace: Workplace) -> list[tuple[Any, Any]]:
    """The state and the last output of every continuation, as they stand in the ledger."""
    rows = workplace.rows(table="continuation")
    return [(json.loads(row["private_state"]), json.loads(row["last_output"])) for row in rows]


SECOND = picture("second")
TWO = (held(), held(SECOND))


@pytest.mark.parametrize(
    ("declared", "step", "operation", "asked", "keeps"),
    [
        (keeping("server"), Succeeded(files=TWO, continuation={"id": 1}), "image", NEXT, ({"id": 1}, SECOND)),
        (keeping("server"), Succeeded(files=TWO), "image", NEXT, None),
        (None, Succeeded(files=TWO), "image", {}, None),
        (keeping("server"), Succeeded(missing=("No.",), continuation={"id": 1}), "image", NEXT, None),
        (keeping("server"), Succeeded(text="No.", continuation={"id": 1}), "image", NEXT, None),
        (keeping("server"), Succeeded(files=(CUT,), continuation={"id": 1}), "image", NEXT, None),
        (keeping("server"), Succeeded(files=(held(), CUT), continuation=[]), "image", NEXT, ([], PICTURE)),
        (keeping("history"), Succeeded(text="A fox.", continuation={"id": 1}), "describe", NEXT, ({"id": 1}, None)),
        (keeping("history"), Succeeded(text="A fox."), "describe", NEXT, None),
        (keeping("history"), Succeeded(missing=("No.",), continuation={"id": 1}), "describe", NEXT, None),
        (keeping("last_output"), Succeeded(files=TWO), "image", NEXT, ({"last_output": SECOND}, SECOND)),
        (keeping("last_output"), Succeeded(files=TWO), "image", {}, None),
        (
            keeping("last_output"),
            Succeeded(files=TWO, continuation={"id": 1}),
            "image",
            NEXT,
            ({"id": 1, "last_output": SECOND}, SECOND),
        ),
        (keeping("last_output"), Succeeded(missing=("No.",)), "image", NEXT, None),
    ],
    ids=[
        "a state and the last picture",
        "no state",
        "nothing declared",
        "no output",
        "words alone",
        "half a picture",
        "an empty state",
        "words and their state",
        "words without a state",
        "no words",
        "the last picture",
        "not asked for",
        "the last picture and a state",
        "no last picture",
    ],
)
def test_what_a_later_request_needs_is_kept(
    declared: Any, step: Succeeded, operation: str, asked: Any, keeps: Any, workplace: Workplace, provider: Provider
) -> None:
    outcome = made(workplace, ending(provider, step, operation, kept=declared), operation, **asked)
    result = getattr(outcome, "result", outcome)
    if keeps is None:
        assert kept_in(workplace) == [] and getattr(result, "continuation_id", None) is None
        return
    ((state, output),) = kept_in(workplace)
    assert (with_bytes(workplace, state), with_bytes(workplace, output)) == keeps
    (row,) = workplace.rows(table="continuation")
    assert row["id"] == result.continuation_id


def with_bytes(workplace: Workplace, value: Any) -> Any:
    """The bytes in the place of every blob."""
    if not isinstance(value, dict):
        return value
    if "$media" in value:
        digest = value["$media"]["$blob"]
        return next((workplace.state / "blobs").rglob(f"{digest}*")).read_bytes()
    return {name: with_bytes(workplace, item) for name, item in value.items()}


def test_a_chain_goes_on_without_being_asked_for_again(workplace: Workplace, provider: Provider) -> None:
    seen: list[Any] = []
    backend = ending(provider, Succeeded(files=(held(SECOND),)), kept=keeping("last_output"), seen=seen)
    first = made(workplace, backend, continuable=True)
    second = made(workplace, backend, continue_from=first.continuation_id)
    made(workplace, backend, continue_from=second.continuation_id)
    assert second.continuation_id not in (None, first.continuation_id)
    assert [None if each is None else each["last_output"].read_bytes() for each in seen] == [None, SECOND, SECOND]


# --- Committed before it is fetched ----------------------------------------------------------------------------------


def test_what_is_yet_to_be_fetched_is_paid_for_in_the_ledger_first(workplace: Workplace, provider: Provider) -> None:
    seen: list[Any] = []

    def fetched(request: Any) -> Any:
        seen.append(workplace.row)
        return sends(PICTURE).reply

    provider.on("GET", "/one", type(says({}))(fetched))
    file = MediaFile(media_type="image/png", url=f"{provider.url}/one")
    result = made(workplace, ending(provider, Succeeded(files=(held(SECOND), file))))
    assert [each.read_bytes() for each in result.files] == [SECOND, PICTURE]
    assert (seen[0]["status"], seen[0]["settled_nano"], seen[0]["result"]) == ("ready", 50_000_000, None)
    assert workplace.row["status"] == "done"
