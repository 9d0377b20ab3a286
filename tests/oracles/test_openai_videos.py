"""The official client as the witness for videos: submit, polls and download must be equal, and typed as it types them.

OpenAI's servers are gone; those of others speak the same shape, and their documentation names this client.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, get_type_hints

import pytest
from laboratory import Laboratory
from official_openai_videos import VIDEO_KEYWORDS
from openai.types.video_create_params import VideoCreateParams
from openai.types.video_edit_params import VideoEditParams
from openai.types.video_extend_params import VideoExtendParams
from openai.types.video_remix_params import VideoRemixParams
from openai_cases import Case
from openai_video_cases import VIDEO_MODELS, VIDEO_ROUTES, video_cases
from pydantic import TypeAdapter
from wire_difference import differences

from anymedia.testing.emulator import ReceivedRequest

CASES = tuple(video_cases())
FIELDS = {
    "create": get_type_hints(VideoCreateParams),
    "create to be continued": get_type_hints(VideoCreateParams),
    "edit": get_type_hints(VideoEditParams),
    "extension": get_type_hints(VideoExtendParams),
    "remix": get_type_hints(VideoRemixParams),
}
SAID_ONLY_IN_WORDS = {("extension", "seconds", "16"), ("extension", "seconds", "20")}
"""Values that the documentation of a field allows and its type forgets: `VideoExtendParams.seconds`, client 3.54.0."""


@pytest.mark.parametrize("case", CASES, ids=str)
def test_both_clients_put_the_same_on_the_wire(laboratory: Laboratory, case: Case) -> None:
    assert laboratory.pair(case).differences == []


@pytest.mark.parametrize("case", CASES, ids=str)
def test_both_clients_bring_home_a_film(laboratory: Laboratory, case: Case) -> None:
    pair = laboratory.pair(case)
    assert (pair.official.error, pair.ours.error) == (None, None)
    assert pair.official.answer[:-32] == pair.ours.answer.path.read_bytes()[:-32]  # the end tells films apart


@pytest.mark.parametrize("case", [case for case in CASES if case.parameter == "prompt"], ids=str)
def test_both_clients_poll_and_download_alike(laboratory: Laboratory, case: Case) -> None:
    pair = laboratory.pair(case)
    official, ours = ([_nameless(request) for request in side.followed] for side in (pair.official, pair.ours))
    assert [request.path for request in ours] == ["/v1/videos/ID", "/v1/videos/ID", "/v1/videos/ID/content"]
    for theirs, mine in zip(official, ours, strict=True):
        assert differences(theirs, mine) == []


def _nameless(request: ReceivedRequest) -> ReceivedRequest:
    """The same request without the id that only one of the jobs has."""
    identifier = request.path.removeprefix("/v1/videos/").partition("/")[0]
    return replace(request, target=request.target.replace(identifier, "ID"))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_requests_are_what_the_types_allow(laboratory: Laboratory, case: Case) -> None:
    sent = laboratory.pair(case).ours.sent
    assert sent is not None
    texts = json.loads(sent.body) if sent.json else {part.name: part.text for part in sent.parts if not part.filename}
    for part in sent.parts:
        assert part.name in FIELDS[case.route]
    for name, text in texts.items():
        if (case.route, name, text) not in SAID_ONLY_IN_WORDS:
            adapter: TypeAdapter[Any] = TypeAdapter(FIELDS[case.route][name])
            assert adapter.validate_python(text) == text


def test_every_parameter_model_and_route_has_a_case() -> None:
    declared = {name for model in VIDEO_MODELS for name in model.params}
    assert declared == VIDEO_KEYWORDS.keys(), "add the official client's keyword to official_openai_videos"
    assert {case.parameter for case in CASES} == {name for model in VIDEO_MODELS for name in model.serves}
    assert {case.model.id for case in CASES} == {model.id for model in VIDEO_MODELS}
    assert {case.route for case in CASES} == set(VIDEO_ROUTES)
