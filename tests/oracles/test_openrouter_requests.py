"""OpenRouter's official client as the witness: both sides send the same, and bring the same home."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from official_openrouter import CHAT_CONFIG, FRAMES, IMAGE_KEYWORDS, SPEECH_KEYWORDS, VIDEO_KEYWORDS
from openai_cases import Case
from openrouter_cases import cases, routes_of
from openrouter_laboratory import KEY, OpenRouterLaboratory
from wire_difference import differences

from anymedia.backends.openrouter import BACKEND
from anymedia.operations import ImageRequest, Request, SpeechRequest, VideoRequest
from anymedia.testing.emulator import ReceivedRequest

CASES = tuple(cases())
FILMS = tuple(case for case in CASES if case.model.accepts is VideoRequest and case.parameter == "prompt")
KEYWORDS: Mapping[type[Request], frozenset[str]] = {
    ImageRequest: frozenset({*IMAGE_KEYWORDS, *CHAT_CONFIG}),
    VideoRequest: frozenset({*VIDEO_KEYWORDS, *FRAMES}),
    SpeechRequest: frozenset(SPEECH_KEYWORDS),
}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_both_clients_put_the_same_on_the_wire(openrouter_laboratory: OpenRouterLaboratory, case: Case) -> None:
    assert openrouter_laboratory.differences(case) == []


@pytest.mark.parametrize("case", CASES, ids=str)
def test_both_clients_bring_the_same_home(openrouter_laboratory: OpenRouterLaboratory, case: Case) -> None:
    pair = openrouter_laboratory.pair(case)
    assert (pair.official.error, pair.ours.error) == (None, None)
    if case.model.accepts is VideoRequest:
        return  # the end tells films apart; how they are fetched is compared below
    ours = pair.ours.answer
    if case.request.asked_for().get("output_format") == "wav":
        assert [file[44:] for file in ours] == pair.official.answer, "a header before the same samples"
    else:
        assert ours == pair.official.answer


@pytest.mark.parametrize("case", FILMS, ids=str)
def test_both_clients_poll_and_download_alike(openrouter_laboratory: OpenRouterLaboratory, case: Case) -> None:
    pair = openrouter_laboratory.pair(case)
    official, ours = (list(map(_nameless, side.followed)) for side in (pair.official, pair.ours))
    targets = [f"/api/v1/videos/{rest}" for rest in ("ID", "ID", "ID/content?index=0")]
    assert [request.target for request in ours] == targets
    for theirs, mine in zip(official[-len(ours) :], ours, strict=True):
        assert differences(theirs, mine) == []


def _nameless(request: ReceivedRequest) -> ReceivedRequest:
    """The same request without the id that only one of the jobs has."""
    identifier = request.path.removeprefix("/api/v1/videos/").partition("/")[0]
    return replace(request, target=request.target.replace(identifier, "ID"))


def test_every_parameter_model_and_route_has_a_case() -> None:
    for kind, keywords in KEYWORDS.items():
        assert {name for model in BACKEND.models_for(kind) for name in model.params} == keywords
    declared = {(model.accepts, name) for model in BACKEND.models for name in model.serves}
    assert {(case.model.accepts, case.parameter) for case in CASES} == declared
    routes = {(model.id, route) for model in BACKEND.models for route in routes_of(model)}
    assert {(case.model.id, case.route) for case in CASES} == routes


def test_the_key_is_in_the_header_and_not_in_the_recorded_lines(openrouter_laboratory: OpenRouterLaboratory) -> None:
    sent = openrouter_laboratory.pair(CASES[0]).ours.sent
    assert sent is not None and sent.headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in openrouter_laboratory.lines.read_text("utf-8")
