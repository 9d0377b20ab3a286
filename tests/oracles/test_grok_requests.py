"""Vercel's REST client as the witness for xAI: both sides send the same, and bring the same home for the same money."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from client_xai import KEYWORDS, OF_XAI, OTHERWISE
from grok_cases import BACKEND, ROUTES, Case, cases
from grok_laboratory import KEY, GrokLaboratory, brought_home, differences_between, price_told

from anymedia.operations import VideoRequest
from anymedia.testing.emulator import ReceivedRequest

CASES = tuple(cases())
SERVED = tuple(case for case in CASES if case.model.retires is None)
"""The emulator does not know models that are gone; the request alone is compared for those."""
FILMS = tuple(case for case in SERVED if case.model.accepts is VideoRequest and case.parameter == "prompt")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_both_clients_put_the_same_on_the_wire(grok_laboratory: GrokLaboratory, case: Case) -> None:
    assert grok_laboratory.differences(case) == []


@pytest.mark.parametrize("case", SERVED, ids=str)
def test_both_clients_bring_the_same_home(grok_laboratory: GrokLaboratory, case: Case) -> None:
    theirs, ours = grok_laboratory.sides(case)
    assert (theirs.error, ours.error) == (None, None)
    assert theirs.answer["warnings"] == [], "the client left something out"
    assert brought_home(theirs.answer) == brought_home(ours.answer)
    if (ticks := price_told(theirs.answer)) is not None:
        assert ours.answer.cost.amount == Decimal(ticks) / Decimal(10) ** 10


@pytest.mark.parametrize("case", FILMS, ids=str)
def test_both_clients_ask_for_the_film_alike(grok_laboratory: GrokLaboratory, case: Case) -> None:
    theirs, ours = (list(map(_nameless, side.followed)) for side in grok_laboratory.sides(case))
    polls = [request for request in ours if request.path == "/v1/videos/ID"]
    assert len(polls) == 3
    for one, other in zip((request for request in theirs if request.path == "/v1/videos/ID"), polls, strict=True):
        assert differences_between(one, other) == []


def _nameless(request: ReceivedRequest) -> ReceivedRequest:
    """The same request without the id that only one of the jobs has."""
    head, _, identifier = request.path.rpartition("/")
    return replace(request, target=f"{head}/{'ID' if '.' not in identifier else 'ID.mp4'}")


def test_the_film_is_fetched_from_the_address_that_the_reply_names(grok_laboratory: GrokLaboratory) -> None:
    _, ours = grok_laboratory.sides(FILMS[0])
    assert [request.path.partition("/films/")[1] for request in ours.followed] == ["", "", "", "/films/"]


def test_every_parameter_model_and_route_has_a_case() -> None:
    declared = {(model.accepts.operation, name) for model in BACKEND.models for name in model.serves}
    assert {(case.request.operation, case.parameter) for case in CASES} == declared
    assert {case.model.id for case in CASES} == {model.id for model in BACKEND.models}
    assert {case.route for case in CASES} == {route for routes in ROUTES.values() for route in routes}


def test_every_parameter_has_a_word_of_the_client() -> None:
    for model in BACKEND.models:
        assert {*model.serves} <= {*KEYWORDS, *OF_XAI, *OTHERWISE[model.accepts]}


def test_a_difference_is_found_and_named(grok_laboratory: GrokLaboratory) -> None:
    wide, tall = (
        next(case for case in CASES if str(case).endswith(f"2.0: words: aspect_ratio={ratio}"))
        for ratio in ("16:9", "9:16")
    )
    theirs, mine = grok_laboratory.sides(wide)[0].sent, grok_laboratory.sides(tall)[1].sent
    assert theirs is not None and mine is not None
    (line,) = differences_between(theirs, mine)
    assert line.startswith("json aspect_ratio: the official client sent '16:9'")


def test_the_raw_lines_are_kept_without_the_key(grok_laboratory: GrokLaboratory) -> None:
    grok_laboratory.sides(CASES[0])
    text = grok_laboratory.lines.read_text("utf-8")
    assert "ai-sdk-xai/5.0.12" in text and KEY not in text
