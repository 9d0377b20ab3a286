"""The official client as the witness for Google: submit, polls and download must be equal, and both bring it home."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from google.genai.interactions import CreateModelInteraction
from google_cases import BACKEND, ROUTES, Case, cases
from google_laboratory import KEY, GoogleLaboratory, brought_home, comparable
from wire_difference import differences

from anymedia.media import MediaFile
from anymedia.operations import DescribeRequest, VideoRequest, VoiceDesignRequest
from anymedia.spec.tiny import MP4
from anymedia.testing.emulator import ReceivedRequest
from toys import padded

CASES = tuple(cases())
EMULATED = tuple(case for case in CASES if not case.model.id.endswith("-image-preview"))
"""The emulator does not know models that are gone; the request alone is compared for those."""


@pytest.mark.parametrize("case", CASES, ids=str)
def test_both_clients_put_the_same_on_the_wire(google_laboratory: GoogleLaboratory, case: Case) -> None:
    assert google_laboratory.differences(case) == []


@pytest.mark.parametrize("case", EMULATED, ids=str)
def test_both_clients_bring_the_same_home(google_laboratory: GoogleLaboratory, case: Case) -> None:
    official, ours = google_laboratory.sides(case)
    assert (official.error, ours.error) == (None, None)
    assert brought_home(official.answer) == brought_home(ours.answer)


def named(ending: str) -> Case:
    return next(case for case in CASES if str(case).endswith(ending))


@pytest.mark.parametrize("route", ROUTES[VideoRequest])
def test_both_clients_poll_and_download_alike(google_laboratory: GoogleLaboratory, route: str) -> None:
    case = named(f"omni-1.2-flash: {route}: prompt=a red fox in snow")
    official, ours = (list(map(_nameless, side.followed)) for side in google_laboratory.sides(case))
    polled = ["/v1/interactions/ID"] * 2
    assert [request.path for request in ours] == [*polled, "/v1/files/ID", "/v1/files/ID:download"]
    for theirs, mine in zip(official, ours, strict=True):
        assert differences(theirs, mine) == []


def _nameless(request: ReceivedRequest) -> ReceivedRequest:
    """The same request without the id that only one of the jobs has."""
    identifier = request.path.split("/")[3].partition(":")[0]
    return comparable(replace(request, target=request.target.replace(identifier, "ID")))


def test_both_clients_delete_a_voice_alike(google_laboratory: GoogleLaboratory) -> None:
    official, ours = google_laboratory.deleting(VoiceDesignRequest(prompt="a warm narrator"))
    (theirs,), (mine,) = (list(map(_nameless, side.followed)) for side in (official, ours))
    assert (mine.method, mine.path) == ("DELETE", "/v1beta/voices/ID")
    assert differences(theirs, mine) == []


def test_both_clients_upload_and_name_a_large_film_alike(google_laboratory: GoogleLaboratory, tmp_path: Path) -> None:
    """The official client sends the bytes in several pieces, and beside them headers again that were sent before."""
    path = tmp_path / "film.mp4"
    path.write_bytes(padded(MP4, 20_000_001))
    film = MediaFile(media_type="video/mp4", path=path, size=20_000_001)
    asked = DescribeRequest(prompt="What happens?", media=(film,))
    official, ours = google_laboratory.uploading("gemini-3.8-flash", asked)
    assert official.answer == brought_home(ours.answer)
    theirs, mine = (list(map(_of_any_upload, side.followed)) for side in (official, ours))
    assert differences(theirs[0], mine[0]) == []
    pieces = [request for request in theirs if request.query]
    assert b"".join(piece.body for piece in pieces) == mine[1].body == path.read_bytes()
    command = "x-goog-upload-command"
    assert mine[1].headers[command] == pieces[-1].headers[command] == "upload, finalize"
    for polled, ours_polled in zip(theirs[-2:], mine[-2:], strict=True):
        assert differences(polled, ours_polled) == []
    assert official.sent is not None and ours.sent is not None
    assert differences(_of_any_upload(official.sent), _of_any_upload(ours.sent)) == []


def _of_any_upload(request: ReceivedRequest) -> ReceivedRequest:
    """The same request without the number that only one of the uploads has."""
    body = request.body if request.json is None else re.sub(rb"upload\d+", b"upload", request.body)
    return comparable(replace(request, target=re.sub(r"upload\d+", "upload", request.target), body=body))


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.parameter in ("prompt", "text", "audio", "timestamps")], ids=str
)
def test_the_types_of_the_client_know_every_field_of_an_interaction(
    google_laboratory: GoogleLaboratory, case: Case
) -> None:
    sent = google_laboratory.sides(case)[1].sent
    assert sent is not None
    if sent.path.endswith("/interactions"):
        typed = CreateModelInteraction.model_validate(sent.json)
        assert json.loads(typed.model_dump_json(exclude_none=True)) == sent.json


def test_every_parameter_model_and_route_has_a_case() -> None:
    declared = {(model.accepts.operation, name) for model in BACKEND.models for name in model.serves}
    assert {(case.request.operation, case.parameter) for case in CASES} == declared
    assert {case.model.id for case in CASES} == {model.id for model in BACKEND.models}
    assert {case.route for case in CASES} == {route for routes in ROUTES.values() for route in routes}


def test_a_difference_is_found_and_named(google_laboratory: GoogleLaboratory) -> None:
    wide, tall = (named(f"nano-banana-2.1: once: aspect_ratio={ratio}") for ratio in ("16:9", "9:16"))
    theirs, mine = google_laboratory.sides(wide)[0].sent, google_laboratory.sides(tall)[1].sent
    assert theirs is not None and mine is not None
    (line,) = differences(comparable(theirs), comparable(mine))
    assert line.startswith("json response_format: the official client sent {'aspect_ratio': '16:9'")


def test_the_raw_lines_are_kept_without_the_key(google_laboratory: GoogleLaboratory) -> None:
    google_laboratory.sides(CASES[0])
    assert KEY not in google_laboratory.lines.read_text("utf-8")
