"""Another backend after a failure: only where the user allows it, named none, and nothing was charged."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from house import INPUT, House

from anymedia import AsyncClient, ImageRequest, Job, Result, SpeechRequest, errors
from anymedia.desk import Options
from anymedia.engine.attempts import KEY_ENDING, STATELESS_ENDING, Attempt
from anymedia.spec import Call, Created, Flow, HttpRequest, post
from anymedia.testing.emulator import Fault
from toys import Provider, drawn, says, toy
from workplace import Workplace

SPEECH = "/v1/text-to-speech/JBFqnCBsd6RMkjVDRZzb/stream"
INTERACTIONS = "/v1/interactions"
GENERATIONS = "/v1/images/generations"
BUSY = Fault.rate_limited(10**6)


@pytest.fixture
def drawing(house: House) -> House:
    """Pictures are drawn by Google, else by OpenAI, else by xAI."""
    return house.opens("google", "openai", "grok")


def fails(house: House, name: str, path: str, *faults: Fault) -> None:
    house.emulators[name].script(path, faults or [BUSY])


# --- When -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [BUSY, Fault.bad_key(), Fault.status(400, billed=False), Fault.unknown_model()],
    ids=lambda fault: fault.name,
)
def test_the_next_backend_in_order_draws_what_the_first_could_not_and_charged_nothing_for(
    fault: Fault, drawing: House
) -> None:
    fails(drawing, "google", INTERACTIONS, fault)
    made = drawing.make(fallback=True)
    assert made.backend == "openai" and drawing.emulators["openai"].billed == 1
    assert drawing.emulators["google"].billed == 0 and drawing.paid("grok") == []


def test_a_provider_that_cannot_be_reached_is_passed_over(drawing: House) -> None:
    drawing.place.environ["GOOGLE_GEMINI_BASE_URL"] = "http://127.0.0.1:9"
    made = drawing.make(fallback=True)
    assert made.backend == "openai"
    assert [row["status"] for row in drawing.place.rows()] == ["not_sent", "done"]


def test_without_leave_nothing_is_tried_elsewhere(drawing: House) -> None:
    fails(drawing, "google", INTERACTIONS)
    assert isinstance(drawing.failure(), errors.RateLimited)
    assert drawing.buyers == {"google": 1}


@pytest.mark.parametrize("asked", [{"backend": "google"}, {"model": "gemini-nano-banana-2.1"}], ids=str)
def test_what_is_named_is_never_replaced(asked: Any, drawing: House) -> None:
    fails(drawing, "google", INTERACTIONS)
    assert isinstance(drawing.failure(fallback=True, **asked), errors.RateLimited)
    assert drawing.buyers == {"google": 1}


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault.moderation(), errors.Refused),
        (Fault.status(500, billed=True), errors.OutcomeUnknown),
        (Fault.reset_after_body(), errors.OutcomeUnknown),
        (Fault.no_outputs(), errors.EmptyOutput),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_after_a_refusal_by_policy_or_what_may_have_been_charged_nothing_is_tried_elsewhere(
    fault: Fault, kind: type[errors.AnymediaError], house: House
) -> None:
    fails(house.opens("openai", "grok"), "openai", GENERATIONS, fault)
    assert isinstance(house.failure(fallback=True), kind)
    assert house.buyers == {"openai": 1}


def test_a_continuation_stays_where_it_is(drawing: House) -> None:
    first = drawing.make(continuable=True)
    fails(drawing, "google", INTERACTIONS)
    error = drawing.failure("bluer", continue_from=first.continuation_id, fallback=True)
    assert isinstance(error, errors.RateLimited) and drawing.buyers == {"google": 2}


def test_elevenlabs_fails_and_openai_speaks_only_with_leave_and_with_its_own_model(house: House) -> None:
    """The seed goes on to OpenAI by itself, and does not say so."""
    house.opens("elevenlabs", "openai")
    fails(house, "elevenlabs", SPEECH, BUSY, BUSY)
    assert isinstance(house.failure("Hello.", mode="audio"), errors.RateLimited)
    made = house.make("Hello.", mode="audio", fallback=True)
    assert made.backend == "openai" and "eleven" not in made.model
    assert made.adjustments[0].asked == "elevenlabs:eleven_v4"


def test_only_who_serves_the_whole_request_is_tried(drawing: House) -> None:
    """xAI has no mask: after OpenAI nobody is left, and the error says so."""
    fails(drawing, "openai", "/v1/images/edits")
    error = drawing.failure(input_images=[INPUT], mask=INPUT, fallback=True)
    assert isinstance(error, errors.RateLimited)
    assert "No other backend could take its place" in error.message
    assert drawing.buyers == {"openai": 1}


# --- What is said -------------------------------------------------------------------------------------------------


def test_every_attempt_has_its_row_and_the_result_tells_of_all(drawing: House) -> None:
    fails(drawing, "google", INTERACTIONS)
    fails(drawing, "openai", GENERATIONS, Fault.bad_key())
    made = drawing.make(fallback=True)
    assert made.backend == "grok"
    rows = drawing.place.rows("backend, status, settled_nano")
    assert [(row["backend"], row["status"]) for row in rows] == [
        ("google", "rate_limited"),
        ("openai", "rejected"),
        ("grok", "done"),
    ]
    assert [row["settled_nano"] for row in rows[:2]] == [0, 0]
    (adjustment,) = made.adjustments
    assert (adjustment.field, adjustment.asked) == ("backend", "google:gemini-nano-banana-2.1")
    assert adjustment.got == f"grok:{made.model}"
    assert [warning.partition(" ")[0] for warning in made.warnings] == [
        "google:gemini-nano-banana-2.1",
        "openai:gpt-image-2.6-sunburst",
    ]
    assert any("openai" in line and "tried before" in line for line in made.why)


# --- Money --------------------------------------------------------------------------------------------------------


def test_a_cap_holds_for_every_attempt(drawing: House) -> None:
    fails(drawing, "google", INTERACTIONS)
    error = drawing.failure(fallback=True, max_cost="0.30")  # enough for Google's picture, and not for OpenAI's
    assert isinstance(error, errors.RateLimited) and "one call is capped at $0.30" in error.message
    assert drawing.buyers == {"google": 1}


def test_what_a_failed_attempt_held_is_free_for_the_next(drawing: House) -> None:
    fails(drawing, "google", INTERACTIONS)
    drawing.place.arguments["budgets"] = {"per_run": "0.45"}
    assert drawing.make(fallback=True).backend == "openai"


def test_a_batch_falls_back_one_by_one_under_its_cap(drawing: House) -> None:
    fails(drawing, "google", INTERACTIONS)
    batch = drawing.make(None, prompts=["a fox", "an owl"], fallback=True, max_concurrent=1)
    assert [result.backend for result in batch.results] == ["openai", "google"]
    assert {row["batch"] for row in drawing.place.rows("batch")} == {drawing.place.rows("batch")[0]["batch"]}


def test_the_same_key_again_finds_what_was_made_elsewhere_and_pays_nothing(drawing: House) -> None:
    fails(drawing, "google", INTERACTIONS)
    first = drawing.make(fallback=True, idempotency_key="mine")
    for fallback in (True, False):
        again = drawing.make(fallback=fallback, idempotency_key="mine")
        assert (again.job_id, again.path) == (first.job_id, first.path)
    assert drawing.buyers == {"google": 1, "openai": 1}


def test_a_failed_job_in_whose_place_another_stands_is_not_opened_again(drawing: House) -> None:
    fails(drawing, "google", INTERACTIONS)
    drawing.make(fallback=True, idempotency_key="mine")
    failed = drawing.place.rows()[0]

    async def resumed(client: AsyncClient) -> Result:
        return await client.resume(failed["id"])

    with pytest.raises(errors.RateLimited):
        drawing.place.run(resumed)
    assert drawing.buyers == {"google": 1, "openai": 1}


def test_who_opens_the_failed_job_again_first_is_waited_for_and_nothing_is_bought_beside_it(drawing: House) -> None:
    """Two callers with one key: one asks again while the other is about to go elsewhere."""
    fails(drawing, "google", INTERACTIONS)
    drawing.failure(idempotency_key="mine")
    (failed,) = drawing.place.rows()
    attempt = Attempt(
        job_id=failed["id"], backend="google", model=failed["model"], idempotency_key="mine", reason="It is busy."
    )
    elsewhere = Options(fallback=True, idempotency_key=f"mine{KEY_ENDING}", attempts=(attempt,))

    async def both(client: AsyncClient) -> list[str]:
        request = ImageRequest(prompt="a fox")
        again = await client.open(request, Options(idempotency_key="mine"))
        return [again.job_id, (await client.open(request, elsewhere)).job_id]

    assert drawing.place.run(both) == [failed["id"]] * 2


def test_what_is_paid_in_parts_is_not_bought_anew_when_a_later_part_fails(house: House) -> None:
    house.opens("elevenlabs", "openai")
    ok = Fault(name="as always", billed=True)
    fails(house, "elevenlabs", SPEECH, ok, Fault.status(400, billed=False))
    error = house.failure("It has rained all day. " * 500, mode="speech", fallback=True)
    assert error.backend == "elevenlabs" and house.emulators["openai"].submits == 0
    assert house.emulators["elevenlabs"].billed == 1


def test_what_left_something_at_its_provider_is_not_bought_anew_elsewhere(
    workplace: Workplace, provider: Provider
) -> None:
    """It was charged nothing, and the user keeps what it made: another attempt would make it again."""

    def submit(call: Call) -> Flow:
        uploaded = yield HttpRequest(method="POST", path="/upload", effect="creates", json={})
        yield Created(kind="file", id=uploaded.json["id"])
        yield post("/buy", json={})
        return drawn()

    def other(call: Call) -> Flow:
        yield post("/elsewhere", json={})
        return drawn()

    provider.on("POST", "/upload", says({"id": "f"}))
    provider.on("POST", "/buy", says({}, 429, retry_after="121"))
    provider.on("POST", "/elsewhere", says({}))
    backends = (toy(provider.url, submit), toy(provider.url, other, name="other", priority={ImageRequest: 900}))
    error = workplace.failure(*backends, fallback=True)
    assert (error.code, error.charged, error.backend) == ("rate_limited", "no", "toy")
    assert provider.count("POST", "/elsewhere") == 0
    provider.on("POST", "/upload", says({}, 429, retry_after="121"))
    assert workplace.draw(*backends, prompt="an owl", fallback=True).backend == "other"


def test_the_endings_of_keys_are_those_that_ledgers_hold() -> None:
    assert (KEY_ENDING, STATELESS_ENDING) == ("/fallback", "/without-state")


# --- Other doors --------------------------------------------------------------------------------------------------


def test_the_configuration_may_allow_it_and_a_call_may_not(drawing: House) -> None:
    fails(drawing, "google", INTERACTIONS, BUSY, BUSY)
    drawing.place.arguments["fallback"] = True
    assert isinstance(drawing.failure(fallback=False), errors.RateLimited)
    made = drawing.make()
    assert made.backend == "openai" and made.cost.amount != Decimal(0)


def test_a_submitted_job_is_the_one_that_was_accepted(house: House) -> None:
    house.opens("elevenlabs", "openai")
    fails(house, "elevenlabs", SPEECH)

    async def submitted(client: AsyncClient) -> Job:
        return await client.submit(SpeechRequest(text="Hello."), Options(fallback=True))

    job = house.place.run(submitted)
    assert (job.backend, job.status) == ("openai", "done")
