"""The official client as the witness: what it puts on the wire and what our backend does must be equal."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from laboratory import KEY, Laboratory, Pair
from official_openai import KEYWORDS
from openai_cases import MODELS, ROUTES, Case, cases
from openai_talk_cases import NEEDED, talk_cases

from anymedia.backends.openai import BACKEND
from anymedia.operations import ImageRequest, VideoRequest

CASES = (*cases(), *talk_cases())
NOT_VIDEOS = tuple(model for model in BACKEND.models if model.accepts is not VideoRequest)
"""Videos have tests of their own: their jobs are polled and fetched."""
SERVED = tuple(case for case in CASES if case.model.retires is None or case.model.accepts is not ImageRequest)


def named(ending: str) -> Case:
    """A case of the default model."""
    return next(case for case in CASES if str(case) == f"{MODELS[0].id}: {ending}")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_both_clients_put_the_same_on_the_wire(laboratory: Laboratory, case: Case) -> None:
    assert laboratory.pair(case).differences == []


@pytest.mark.parametrize("case", SERVED, ids=str)
def test_both_clients_understand_what_the_emulator_answers(laboratory: Laboratory, case: Case) -> None:
    pair = laboratory.pair(case)
    assert (pair.official.error, pair.ours.error) == (None, None)


def test_every_parameter_has_an_official_keyword_and_a_case() -> None:
    of_images = {name for model in MODELS for name in model.params}
    assert of_images <= KEYWORDS.keys(), "add the official client's keyword to official_openai.KEYWORDS"
    declared = {(model.accepts.operation, name) for model in NOT_VIDEOS for name in model.serves}
    assert {(case.request.operation, case.parameter) for case in CASES} == declared


def test_every_model_and_every_route_has_a_case() -> None:
    assert {case.model.id for case in CASES} == {model.id for model in NOT_VIDEOS}
    assert {case.route for case in CASES} == {*ROUTES, *(kind.operation for kind in NEEDED)}


def test_a_difference_is_found_and_named(laboratory: Laboratory) -> None:
    low, high = (named(f"generations: quality={level}") for level in ("low", "high"))
    mixed = Pair(official=laboratory.pair(low).official, ours=laboratory.pair(high).ours)
    assert mixed.differences == ["json quality: the official client sent 'low', ours 'high'"]


def test_pictures_in_another_order_are_a_difference(laboratory: Laboratory) -> None:
    pair = laboratory.pair(named("edits: input_images=2 image/png"))
    assert pair.ours.sent is not None
    (first, second) = (part for part in pair.ours.sent.parts if part.filename)
    body = pair.ours.sent.body.replace(first.data, b"...").replace(second.data, first.data)
    swapped = replace(pair.ours, sent=replace(pair.ours.sent, body=body.replace(b"...", second.data)))
    (line,) = Pair(official=pair.official, ours=swapped).differences
    assert line.startswith("part image[]: ")


def test_the_raw_lines_of_both_sides_are_kept_without_the_key(laboratory: Laboratory) -> None:
    laboratory.pair(CASES[0])
    text = laboratory.lines.read_text("utf-8")
    agents = {json.loads(line)["request"]["headers"]["user-agent"].partition("/")[0] for line in text.splitlines()}
    assert {"OpenAI", "python-httpx2"} <= agents
    assert KEY not in text
