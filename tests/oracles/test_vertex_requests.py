"""Google's official client as the witness for Vertex AI: both sides send the same, and bring the same home."""

from __future__ import annotations

from dataclasses import replace

import pytest
from official_vertex import (
    CONTENT_FIELDS,
    CONTENT_KEYWORDS,
    IMAGE_KEYWORDS,
    REFERENCE_FIELDS,
    SOURCE_FIELDS,
    VIDEO_KEYWORDS,
)
from openai_cases import Case
from vertex_cases import vertex_cases
from vertex_laboratory import KEY, VertexLaboratory
from wire_difference import differences

from anymedia.backends.vertex import BACKEND
from anymedia.operations import ImageRequest, VideoRequest
from anymedia.testing.emulator import ReceivedRequest

CASES = tuple(vertex_cases())
FILMS = tuple(case for case in CASES if case.model.accepts is VideoRequest and case.parameter == "prompt")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_both_clients_put_the_same_on_the_wire(vertex_laboratory: VertexLaboratory, case: Case) -> None:
    assert vertex_laboratory.pair(case).differences == []


@pytest.mark.parametrize("case", CASES, ids=str)
def test_both_clients_bring_the_same_home(vertex_laboratory: VertexLaboratory, case: Case) -> None:
    pair = vertex_laboratory.pair(case)
    assert (pair.official.error, pair.ours.error) == (None, None)
    assert pair.official.answer == [file.read_bytes() for file in pair.ours.answer.files]


@pytest.mark.parametrize("case", FILMS, ids=str)
def test_both_clients_ask_for_the_film_alike(vertex_laboratory: VertexLaboratory, case: Case) -> None:
    pair = vertex_laboratory.pair(case)
    for theirs, mine in zip(pair.official.followed, pair.ours.followed, strict=True):
        assert theirs.path.endswith(":fetchPredictOperation")
        assert differences(_nameless(theirs), _nameless(mine)) == []


def _nameless(request: ReceivedRequest) -> ReceivedRequest:
    """The same request without the name that only one of the operations has."""
    name = request.json["operationName"].rpartition("/")[2]
    return replace(request, body=request.body.replace(name.encode(), b"ID"))


def test_the_key_goes_into_the_header_that_google_names(vertex_laboratory: VertexLaboratory) -> None:
    sent = vertex_laboratory.pair(CASES[0]).ours.sent
    assert sent is not None
    assert sent.headers["x-goog-api-key"] == KEY
    assert KEY not in sent.target


def test_every_parameter_and_model_has_an_official_keyword_and_a_case() -> None:
    named = {
        ImageRequest: {*CONTENT_KEYWORDS, *CONTENT_FIELDS, *IMAGE_KEYWORDS, *REFERENCE_FIELDS},
        VideoRequest: {*VIDEO_KEYWORDS, *SOURCE_FIELDS},
    }
    for kind, keywords in named.items():
        declared = {name for model in BACKEND.models_for(kind) for name in model.serves}
        assert declared == keywords
        assert {case.parameter for case in CASES if case.model.accepts is kind} == declared
    assert {case.model.id for case in CASES} == {model.id for model in BACKEND.models}
