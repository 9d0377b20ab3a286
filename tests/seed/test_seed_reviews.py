"""The seed's critical look at what was made: what is asked of every provider, and what is read out of its answer."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from films import film
from house import INPUT, House

from anymedia import Finding, Result, errors
from anymedia.reading import Reading, read
from anymedia.spec import Param, TextUpTo
from scribe import ANSWERS, BACKEND, recording
from toys import PICTURE, Provider, says
from workplace import Workplace

MINOR = {"severity": "minor", "what": "The sky has a seam.", "where": "top left", "fix": "Blur it."}
SERIOUS = {"severity": "foundation", "what": "It shows a cat, and a fox was asked for."}
FINDINGS = (
    Finding(severity="minor", what="The sky has a seam.", where="top left", fix="Blur it."),
    Finding(severity="foundation", what="It shows a cat, and a fox was asked for."),
)
REVIEW = json.dumps({"findings": [MINOR, SERIOUS]})


def review(workplace: Workplace, provider: Provider, answer: str, **parameters: Any) -> Result:
    """What a review becomes whose answer is this text."""
    provider.on("POST", ANSWERS, says({"answer": answer}))
    looking = BACKEND.models[-1]
    manner = {"instructions": Param(wire_name="manner", allows=TextUpTo(10_000))}
    patient = replace(looking, params={**looking.params, **manner})
    backend = replace(BACKEND, models=(*BACKEND.models[:-1], patient), base_url=provider.url)
    reading = Reading(parameters=parameters, review=True)
    made = workplace.run(lambda client: read(client, None, files=PICTURE, reading=reading), backend)
    assert isinstance(made, Result)
    return made


@pytest.mark.parametrize(
    "answer",
    [
        REVIEW,
        f"```json\n{REVIEW}\n```",
        f"Here is [my] review:\n\n```\n{REVIEW}\n```\nI hope {{it}} helps.",
        f"I looked at it. {REVIEW} That is all.",
        REVIEW.replace("minor", "Minor"),
    ],
    ids=["bare", "fenced", "fenced among words", "among words", "in capitals"],
)
def test_the_findings_of_a_review_are_read_and_a_serious_one_is_a_warning(
    answer: str, workplace: Workplace, provider: Provider
) -> None:
    made = review(workplace, provider, answer)
    assert made.findings == FINDINGS and made.text == answer
    assert made.warnings == ("The review objects to the foundation: It shows a cat, and a fox was asked for.",)
    assert made.document()["results"][0]["warnings"] == list(made.warnings)


@pytest.mark.parametrize(
    "answer",
    [
        "It is fine.",
        REVIEW[:-20],
        f"```json\n{REVIEW[:-2]}\n```",
        '{"findings": null}',
        '[{"severity": "minor", "what": "A seam."}]',
        '{"findings": [{"severity": "terrible", "what": "A seam."}]}',
        '{"findings": [{"severity": "minor"}]}',
        json.dumps({"findings": [MINOR, "and the rest"]}),
        f'For instance {{"findings": []}}, but here: {REVIEW}',
        "[" * 100_000,
    ],
    ids=["words", "cut", "cut in a fence", "null", "a list", "severity", "no what", "one is bad", "two", "nested"],
)
def test_what_cannot_be_read_is_claimed_to_be_no_review(answer: str, workplace: Workplace, provider: Provider) -> None:
    made = review(workplace, provider, answer)
    assert made.findings is None and made.text == answer
    (warning,) = made.warnings
    assert warning.startswith("No review could be read out of the answer")


def test_a_review_without_objections_is_a_review(workplace: Workplace, provider: Provider) -> None:
    made = review(workplace, provider, '{"findings": []}')
    assert made.findings == () and made.warnings == ()


def test_what_the_caller_says_of_the_review_stands_in_what_is_asked(workplace: Workplace, provider: Provider) -> None:
    review(workplace, provider, REVIEW, instructions="Look at the ears.")
    (manner,) = (part.text for part in provider.last(ANSWERS).parts if part.name == "manner")
    assert "Look at the ears." in manner and "anatomy" in manner


@pytest.mark.parametrize(
    ("medium", "word"), [("picture", "anatomy"), ("recording", "pauses"), ("film", "between frames")]
)
def test_every_backend_is_told_the_same_of_a_medium(medium: str, word: str, house: House) -> None:
    house.opens("openai", "google")
    files: Any = {"picture": INPUT, "recording": recording()}.get(medium)
    if files is None:
        files = film(house.place.root / "clip.mp4", seconds=1)
    told = {}
    for name, model in (("openai", "gpt-audio-1.5" if medium == "recording" else None), ("google", None)):
        house.read(None, files=files, backend=name, model=model, review=True, adapt=True)
        (request,) = house.paid(name)
        developer = request.json.get("messages", [{}])[0].get("content")
        told[name] = request.json.get("instructions") or request.json.get("system_instruction") or developer
    assert told["openai"] == told["google"] and word in told["google"]


def test_nothing_is_put_before_a_question_that_asks_for_no_review(house: House) -> None:
    house.opens("openai", "google").read(files=INPUT, backend="openai")
    house.read(files=INPUT, backend="google")
    sent = [request.json for name in house.emulators for request in house.paid(name)]
    assert all("instructions" not in each and "system_instruction" not in each for each in sent)


def test_a_review_may_be_a_follow_up(house: House) -> None:
    first = house.opens("openai").read(files=INPUT, continuable=True)
    house.read(None, continue_from=first.continuation_id, review=True)
    assert "severity" in house.paid("openai")[1].json["instructions"]
    assert isinstance(house.unread(None, continue_from=first.continuation_id), errors.InvalidParameter)
