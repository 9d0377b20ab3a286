"""Google through the public door, against the emulator and a toy: conversations, films, refusals, and what it cost."""

from __future__ import annotations

import json
import os
import wave
from base64 import b64encode
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from anymedia import AsyncClient, errors
from anymedia.backends.google import BACKEND
from anymedia.backends.google.common import read_error
from anymedia.backends.google.interactions import file_id
from anymedia.backends.google.videos import CLIP
from anymedia.spec import Problem
from anymedia.testing.conformance.watch import Watch
from anymedia.testing.emulator import Emulator, Fault, MediaAsked, Sink
from anymedia.testing.emulator.pictures import draw
from toys import KEY, PICTURE, Provider, says
from workplace import Workplace

NEWEST = "gemini-nano-banana-2.1"
PRO = "gemini-3-pro-image"
CONTENTS = f"/v1/models/{PRO}:generateContent"
INTERACTIONS = "/v1/interactions"
SPEECH = "/v1beta/interactions"
TONE = draw(MediaAsked(prompt="a tone", output_format="wav", duration=0.1))
HURRIED = Watch().backend(BACKEND)


@pytest.fixture
def google() -> Iterator[Emulator]:
    with Emulator("google", api_key=KEY) as emulator:
        yield emulator


@pytest.fixture
def place(tmp_path: Path, google: Emulator) -> Workplace:
    environ = {"GEMINI_API_KEY": KEY, "GOOGLE_GEMINI_BASE_URL": google.base_url, "TOY_API_KEY": ""}
    return Workplace(root=tmp_path, environ=environ)


@pytest.fixture
def toy_place(tmp_path: Path, provider: Provider) -> Workplace:
    return Workplace(root=tmp_path, environ={"GOOGLE_API_KEY": KEY, "GOOGLE_GEMINI_BASE_URL": provider.url})


def film(place: Workplace, **parameters: Any) -> Any:
    return place.run(lambda client: client.video("a fox", **parameters), HURRIED)


# --- Keys ---------------------------------------------------------------------------------------------------------


def test_the_key_is_found_under_either_name_and_sent_in_googles_header(place: Workplace, google: Emulator) -> None:
    place.draw()
    (request,) = google.requests
    assert request.headers["x-goog-api-key"] == KEY
    assert "authorization" not in request.headers and KEY not in request.target


# --- Conversations ------------------------------------------------------------------------------------------------


def test_nothing_is_stored_at_google_unless_it_is_to_be_continued(place: Workplace, google: Emulator) -> None:
    assert place.draw().continuation_id is None
    assert place.draw(continuable=True).continuation_id is not None
    assert [request.json["store"] for request in google.requests] == [False, True]


def test_a_stored_interaction_is_continued_by_others_and_in_branches(place: Workplace, google: Emulator) -> None:
    first = place.draw(continuable=True)
    second = place.draw(prompt="bluer", continue_from=first.continuation_id)
    place.draw(prompt="redder", continue_from=first.continuation_id)
    place.draw(prompt="at night", continue_from=second.continuation_id)
    ids = [request.json.get("previous_interaction_id") for request in google.requests]
    assert ids[0] is None and ids[1] == ids[2] != ids[3]


def test_a_history_is_sent_again_as_it_came_and_outlives_the_file(place: Workplace, google: Emulator) -> None:
    first = place.draw(model=PRO, continuable=True)
    picture = first.path.read_bytes()
    first.path.unlink()
    second = place.draw(prompt="bluer", continue_from=first.continuation_id)
    asked, answered, then = google.requests[-1].json["contents"]
    assert asked == {"role": "user", "parts": [{"text": "a fox"}]}
    assert then == {"role": "user", "parts": [{"text": "bluer"}]}
    (part,) = answered["parts"]
    assert part["inlineData"] == {"mimeType": "image/png", "data": b64encode(picture).decode()}
    assert part["thoughtSignature"] and answered["role"] == "model"
    assert (second.model, second.adjustments) == (PRO, ())


def test_a_history_branches_and_grows(place: Workplace, google: Emulator) -> None:
    first = place.draw(model=PRO, continuable=True)
    second = place.draw(prompt="bluer", continue_from=first.continuation_id)
    place.draw(prompt="redder", continue_from=first.continuation_id)
    place.draw(prompt="at night", continue_from=second.continuation_id)
    assert [len(request.json["contents"]) for request in google.requests] == [1, 3, 3, 5]


def test_an_interaction_that_google_forgot_goes_on_from_the_picture_and_says_so(
    place: Workplace, google: Emulator
) -> None:
    first = place.draw(continuable=True)
    gone = "The previous interaction was not found."
    google.script(INTERACTIONS, [Fault.status(400, billed=False, code="not_found", message=gone)])
    second = place.draw(prompt="bluer", continue_from=first.continuation_id)
    (adjustment,) = second.adjustments
    assert adjustment.field == "continue_from"
    pieces = google.requests[-1].json["input"][0]["content"]
    assert [piece["type"] for piece in pieces] == ["text", "image"]


# --- What it cost -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "resolution", "dollars"),
    [(NEWEST, "1K", "0.033603"), (NEWEST, "4K", "0.075603"), (PRO, "2K", "0.201604")],
)
def test_a_picture_is_settled_by_the_tokens_that_were_used(
    model: str, resolution: str, dollars: str, place: Workplace
) -> None:
    """Two tokens of prompt by the emulator's count, and those of the picture."""
    made = place.draw(model=model, resolution=resolution)
    assert made.cost.amount == Decimal(dollars)
    assert place.row["reserved_nano"] >= Decimal(dollars) * 10**9


def test_what_a_film_costs_that_another_goes_into_is_unknown_and_over_any_cap(place: Workplace) -> None:
    first = film(place, duration=4, continuable=True)
    assert first.cost.amount == Decimal("0.28")
    with pytest.raises(errors.BudgetExceeded):
        film(place, continue_from=first.continuation_id, max_cost="100")


# --- Films --------------------------------------------------------------------------------------------------------


def test_a_film_is_ordered_in_the_background_polled_and_fetched_as_a_file(place: Workplace, google: Emulator) -> None:
    made = film(place, duration=4, resolution="1080p", aspect_ratio="9:16")
    assert made.path.read_bytes()[4:8] == b"ftyp"
    sent, *followed = google.requests
    assert sent.json["background"] is True and sent.json["response_format"]["delivery"] == "uri"
    assert [request.path.split("/")[2] for request in followed] == ["interactions", "interactions", "files", "files"]
    assert (google.submits, google.billed) == (1, 1)


def test_a_film_that_is_cancelled_is_cancelled_at_google(place: Workplace, google: Emulator) -> None:
    with pytest.raises(errors.StillRunning):
        place.run(lambda client: client.video("a fox", wait=0.5))

    async def cancelled(client: AsyncClient) -> None:
        await client.cancel(place.row["id"])
        await client.resume(place.row["id"], wait=10)

    with pytest.raises(errors.Cancelled):
        place.run(cancelled, HURRIED)
    assert [request.method for request in google.requests if request.path.endswith("/cancel")] == ["POST"]
    assert place.row["status"] == "cancelled"


@pytest.mark.parametrize(
    "asked",
    [
        {"last_frame": PICTURE},
        {"first_frame": PICTURE, "references": [PICTURE]},
        {"extend": True, "duration": 4},
        {"duration": 2},
        {"duration": 16},
        {"size": (1280, 720)},
    ],
    ids=lambda asked: "+".join(asked),
)
def test_what_the_models_cannot_do_is_refused_before_anything_is_sent(
    asked: Any, place: Workplace, google: Emulator
) -> None:
    with pytest.raises(errors.AnymediaError) as caught:
        film(place, backend="google", **asked)
    assert isinstance(caught.value, errors.UsageError | errors.ConfigurationError)
    assert google.requests == ()


@pytest.mark.parametrize(
    ("uri", "found"),
    [
        ("https://generativelanguage.googleapis.com/v1beta/files/abc-123:download?alt=media", "abc-123"),
        ("https://elsewhere.example/v1/files/abc", "abc"),
        ("files/abc", "abc"),
        ("https://storage.example/profiles/abc", None),
        ("https://storage.example/files/..%2f..", None),
    ],
)
def test_a_file_is_known_by_its_id_and_asked_of_the_base_url(uri: str, found: str | None) -> None:
    assert file_id({"uri": uri}) == found


# --- Songs --------------------------------------------------------------------------------------------------------


def test_a_song_comes_in_the_asked_format_for_its_price(place: Workplace, google: Emulator) -> None:
    song = place.run(lambda client: client.music("a waltz", output_format="wav"))
    assert song.path.suffix == ".wav" and song.cost.amount == Decimal("0.08")
    assert google.requests[0].json["response_format"] == {"type": "audio", "mime_type": "audio/wav"}


# --- Speech -------------------------------------------------------------------------------------------------------


def speak(place: Workplace, text: str = "The rain has stopped.", **parameters: Any) -> Any:
    return place.run(lambda client: client.speech(text, **parameters))


def test_the_text_is_read_by_the_voice_and_the_style_stands_beside_it(place: Workplace, google: Emulator) -> None:
    made = speak(place, voice="Puck", language="en-US", instructions="warmly", output_format="opus")
    assert made.path.suffix == ".ogg"
    (request,) = google.requests
    assert request.path == SPEECH and request.json["store"] is False
    (piece,) = request.json["input"][0]["content"]
    note = {"type": "speech_metadata", "style": "warmly"}
    assert piece == {"type": "text", "text": "The rain has stopped.", "annotations": [note]}
    assert request.json["generation_config"] == {"speech_config": [{"voice": "Puck", "language": "en-US"}]}


def test_every_line_of_a_scene_is_a_turn_of_its_speaker(place: Workplace, google: Emulator) -> None:
    speak(
        place, "(rain)\nJoe: Has it stopped?\n Ann : It has.\nReally.\n\nJoe:", speaker_voices="Joe=Kore, Ann=voice_1"
    )
    body = google.requests[0].json
    assert body["generation_config"]["speech_config"] == {
        "speakers": [{"speaker": "Joe", "voice": "Kore"}, {"speaker": "Ann", "voice": "voice_1"}]
    }
    turns = [(piece["annotations"][0]["speaker"], piece["text"]) for piece in body["input"][0]["content"]]
    assert turns == [("Joe", "(rain)"), ("Joe", "Has it stopped?"), ("Ann", "It has.\nReally.")]


@pytest.mark.parametrize(
    "asked",
    [
        {"speaker_voices": "Joe=Kore"},
        {"speaker_voices": "Joe=Kore, Ann=Puck, Bob=Leda"},
        {"speaker_voices": "Joe=Kore, Ann=Puck", "voice": "Kore"},
        {"voice": "alloy"},
        {"text": "x" * 8193},
    ],
    ids=str,
)
def test_speech_that_google_cannot_make_is_refused_before_anything_is_sent(
    asked: Any, place: Workplace, google: Emulator
) -> None:
    with pytest.raises(errors.UsageError):
        speak(place, asked.pop("text", "Hello."), backend="google", **asked)
    assert google.requests == ()


@pytest.mark.parametrize(
    ("piece", "rate", "channels"),
    [
        ({"mime_type": "audio/l16"}, 24_000, 1),
        ({"mime_type": "audio/L16;codec=pcm;rate=16000"}, 16_000, 1),
        ({"mime_type": "audio/l16", "sample_rate": 48_000, "channels": 2}, 48_000, 2),
    ],
    ids=str,
)
def test_samples_without_a_header_become_a_wav_file(
    piece: Any, rate: int, channels: int, toy_place: Workplace, provider: Provider
) -> None:
    samples = {"type": "audio", "data": b64encode(bytes(4800)).decode(), **piece}
    steps = [{"type": "model_output", "content": [samples]}]
    provider.on("POST", SPEECH, says({"id": "int_1", "status": "completed", "steps": steps}))
    with wave.open(str(speak(toy_place).path)) as reader:
        assert (reader.getframerate(), reader.getnchannels()) == (rate, channels)
        assert reader.readframes(reader.getnframes()) == bytes(4800)


def test_speech_is_settled_by_its_tokens_and_reserved_at_the_price_of_next_year(place: Workplace) -> None:
    """Six tokens of text by the emulator's count, and 25 for each of its seconds."""
    made = speak(place)
    assert made.cost.amount == (Decimal(6) * Decimal("0.50") + Decimal(35) * 9) / 10**6
    assert place.row["reserved_nano"] >= 2 * 16_384 * 9 * 1000


# --- Words --------------------------------------------------------------------------------------------------------


def written_down(place: Workplace, **parameters: Any) -> Any:
    return place.run(lambda client: client.transcribe(TONE, **parameters))


def test_a_recording_is_written_down_with_the_times_of_its_words(place: Workplace, google: Emulator) -> None:
    made = written_down(place, timestamps="word", language="en-US")
    assert made.text == "A tone and nothing else."
    assert made.provider_metadata["words"][1] == {"word": "tone", "start": 0.1, "end": 0.2}
    config = google.requests[0].json["generation_config"]["transcription_config"]
    assert config["language_codes"] == ["en-US"] and config["mode"]["type"] == "verbatim"


def test_words_to_expect_are_phrases_and_do_not_go_with_times(place: Workplace, google: Emulator) -> None:
    written_down(place, prompt="anymedia, red fox\nPikachu")
    config = google.requests[0].json["generation_config"]["transcription_config"]
    assert config == {"custom_vocabulary": ["anymedia", "red fox", "Pikachu"]}
    with pytest.raises(errors.UsageError):
        written_down(place, prompt="anymedia", timestamps="word", backend="google")
    assert len(google.requests) == 1


def test_a_question_about_several_media_is_answered_for_the_price_of_its_tokens(
    place: Workplace, google: Emulator
) -> None:
    made = place.run(
        lambda client: client.describe([PICTURE, TONE, b"%PDF-1.7"], "What is this?", instructions="short")
    )
    assert "What is this?" in made.text
    body = google.requests[0].json
    assert [piece["type"] for piece in body["input"][0]["content"]] == ["image", "audio", "document", "text"]
    assert body["system_instruction"] == "short" and body["store"] is False
    used = made.usage
    spent = used["total_input_tokens"] * Decimal("0.75") + used["total_output_tokens"] * Decimal("3.75")
    assert made.cost.amount == spent / 10**6


def test_thoughts_are_paid_like_words(toy_place: Workplace, provider: Provider) -> None:
    usage = {"total_input_tokens": 100, "total_output_tokens": 10, "total_thought_tokens": 90}
    provider.on("POST", INTERACTIONS, says(answer("completed", {"type": "text", "text": "A fox."}, usage=usage)))
    assert asked(toy_place).cost.amount == (100 * Decimal("0.75") + 100 * Decimal("3.75")) / 10**6


def answer(status: str, *pieces: Any, **more: Any) -> Any:
    return {"id": "int_1", "status": status, "steps": [{"type": "model_output", "content": list(pieces)}], **more}


def asked(place: Workplace) -> Any:
    return place.run(lambda client: client.describe(PICTURE, "What is this?"))


@pytest.mark.parametrize(
    ("reply", "kind", "said"),
    [
        (answer("completed"), errors.EmptyOutput, "nothing that was asked for"),
        (answer("completed", {"type": "text", "text": "  "}), errors.EmptyOutput, "nothing"),
        (answer("budget_exceeded"), errors.EmptyOutput, "budget_exceeded"),
        (answer("failed", errors=[{"code": "internal", "message": "it broke"}]), errors.GenerationFailed, "it broke"),
        (answer("failed", errors=[{"code": "SAFETY", "message": "unsafe"}]), errors.Refused, "unsafe"),
        (answer("cancelled"), errors.Cancelled, "cancelled"),
        (answer("queued"), errors.UnexpectedReply, "queued"),
    ],
    ids=str,
)
def test_an_answer_without_words_says_why(
    reply: Any, kind: type[errors.AnymediaError], said: str, toy_place: Workplace, provider: Provider
) -> None:
    provider.on("POST", INTERACTIONS, says(reply))
    with pytest.raises(kind, match=said) as caught:
        asked(toy_place)
    assert type(caught.value) is kind and caught.value.charged == "maybe"


def test_an_answer_that_was_cut_short_is_kept_and_says_so(toy_place: Workplace, provider: Provider) -> None:
    provider.on("POST", INTERACTIONS, says(answer("incomplete", {"type": "text", "text": "A red"})))
    with pytest.raises(errors.PartialResult, match="incomplete") as caught:
        asked(toy_place)
    assert caught.value.result.text == "A red"


# --- Uploads ------------------------------------------------------------------------------------------------------


LARGE = 20_000_001
"""Bytes: one more than goes into a request."""


def large(place: Workplace, name: str, beginning: bytes) -> Path:
    path = place.root / name
    path.write_bytes(beginning + bytes(LARGE - len(beginning)))
    return path


def steps(google: Emulator) -> list[tuple[str, str]]:
    return [(request.method, request.path.rpartition("/")[0]) for request in google.requests]


def test_a_large_recording_is_uploaded_once_before_it_is_paid_for(place: Workplace, google: Emulator) -> None:
    recording = large(place, "talk.wav", TONE)
    made = place.run(lambda client: client.transcribe(recording))
    begun, sent, asked = google.requests
    assert (begun.path, sent.path, asked.path) == ("/upload/v1/files", "/upload/v1/files", INTERACTIONS)
    assert sent.body == recording.read_bytes() and sent.headers["content-type"] == "audio/wav"
    (piece,) = asked.json["input"][0]["content"]
    assert piece["type"] == "audio" and piece["uri"].endswith("/files/upload1-x") and "data" not in piece
    assert made.text and (google.submits, google.billed) == (1, 1)
    assert [(row["kind"], row["id"]) for row in place.rows(table="resource")] == [("file", "files/upload1-x")]


def test_a_film_is_asked_about_once_google_has_read_it(place: Workplace, google: Emulator) -> None:
    film = large(place, "film.mp4", CLIP)
    made = place.run(lambda client: client.describe([film, PICTURE], "What happens?"), HURRIED)
    assert made.text
    *_, first, second, asked = google.requests
    assert [request.path for request in (first, second)] == ["/v1/files/upload1-x"] * 2
    pieces = asked.json["input"][0]["content"]
    assert [piece["type"] for piece in pieces] == ["video", "image", "text"]
    assert "uri" in pieces[0] and "data" in pieces[1]
    assert (google.submits, google.billed) == (1, 1)


def test_of_several_files_only_those_are_uploaded_for_which_there_is_no_room(
    place: Workplace, google: Emulator
) -> None:
    halves = [large(place, f"{number}.wav", TONE + bytes([number])) for number in range(2)]
    for half in halves:
        os.truncate(half, 12_000_000)
    place.run(lambda client: client.describe([*halves, PICTURE], "What is this?"))
    pieces = google.requests[-1].json["input"][0]["content"][:3]
    assert ["uri" in piece for piece in pieces] == [False, True, False]


def test_a_job_that_waits_for_its_film_has_not_paid_and_goes_on_later(place: Workplace, google: Emulator) -> None:
    film = large(place, "film.mp4", CLIP)
    with pytest.raises(errors.StillRunning):
        place.run(lambda client: client.describe(film, "What happens?", wait=1))
    assert google.submits == 0
    made = place.run(lambda client: client.resume(place.row["id"]), HURRIED)
    assert made.text and (google.submits, google.billed) == (1, 1)


@pytest.mark.parametrize(
    "fault",
    [Fault.status(503, billed=False), Fault.status(403, billed=False)],
    ids=["overloaded", "forbidden"],
)
def test_an_upload_that_fails_costs_nothing(fault: Fault, place: Workplace, google: Emulator) -> None:
    recording = large(place, "talk.wav", TONE)
    google.script("/upload/v1/files", [fault] * 20)
    with pytest.raises(errors.AnymediaError) as caught:
        place.run(lambda client: client.transcribe(recording, wait=2))
    assert caught.value.charged == "no" and google.submits == 0


@pytest.mark.parametrize(
    ("problem", "said"), [({"error": {"code": 3, "message": "no sound in it"}}, "no sound"), ({}, "cannot be read")]
)
def test_a_file_that_google_cannot_read_is_not_asked_about(
    problem: Any, said: str, toy_place: Workplace, provider: Provider
) -> None:
    upload = f"{provider.url}/upload/session"
    provider.on("POST", "/upload/v1/files", says({}, x_goog_upload_url=upload))
    broken = {"name": "files/abc", "uri": "https://x.example/files/abc", "state": "FAILED", **problem}
    provider.on("POST", "/upload/session", says({"file": broken}))
    recording = large(toy_place, "talk.wav", TONE)
    with pytest.raises(errors.GenerationFailed, match=said):
        toy_place.run(lambda client: client.transcribe(recording))
    assert provider.count("POST", INTERACTIONS) == 0


def test_nothing_is_uploaded_to_an_address_inside_the_own_network(toy_place: Workplace, provider: Provider) -> None:
    recording = large(toy_place, "talk.wav", TONE)
    with Sink() as sink:
        provider.on("POST", "/upload/v1/files", says({}, x_goog_upload_url=f"{sink.url}/take"))
        with pytest.raises(errors.AnymediaError):
            toy_place.run(lambda client: client.transcribe(recording))
        assert not sink.reached
    assert provider.count("POST", INTERACTIONS) == 0


# --- Refusals -----------------------------------------------------------------------------------------------------


def candidate(reason: str, **more: Any) -> Any:
    return {"candidates": [{"finishReason": reason, **more}], "usageMetadata": {}}


@pytest.mark.parametrize(
    ("reply", "kind", "said"),
    [
        ({"promptFeedback": {"blockReason": "SAFETY"}}, errors.Refused, "SAFETY"),
        (candidate("IMAGE_SAFETY", finishMessage="unsafe"), errors.Refused, "IMAGE_SAFETY: unsafe"),
        (candidate("RECITATION"), errors.Refused, "RECITATION"),
        (candidate("NO_IMAGE"), errors.EmptyOutput, "NO_IMAGE"),
        (candidate("STOP", content={"parts": [{"text": "Which fox?"}]}), errors.EmptyOutput, "Which fox"),
        ({"candidates": [], "usageMetadata": {}}, errors.EmptyOutput, "no picture"),
        ({"usageMetadata": {"candidatesTokenCount": 0}}, errors.EmptyOutput, "no picture"),
        ({"surprise": 1}, errors.UnexpectedReply, "candidates"),
    ],
    ids=lambda value: json.dumps(value)[:40] if isinstance(value, dict) else None,
)
def test_a_reply_without_a_picture_says_why(
    reply: Any, kind: type[errors.AnymediaError], said: str, toy_place: Workplace, provider: Provider
) -> None:
    provider.on("POST", CONTENTS, says(reply))
    error = toy_place.failure(model=PRO)
    assert type(error) is kind and said in error.message and error.charged == "maybe"


def test_pictures_that_were_only_thought_of_are_no_results(toy_place: Workplace, provider: Provider) -> None:
    drawn = {"mimeType": "image/png", "data": b64encode(PICTURE).decode()}
    parts = [{"inlineData": drawn, "thought": True}, {"inlineData": drawn}]
    provider.on("POST", CONTENTS, says({"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]}))
    made = toy_place.draw(model=PRO)
    assert len(made.files) == 1
    assert toy_place.files(hidden=True) == []


@pytest.mark.parametrize(
    ("status", "reply", "expected"),
    [
        (400, {"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT",
                         "details": [{"reason": "API_KEY_INVALID"}]}}, "authentication"),
        (401, {"error": {"code": "authentication", "message": "no key"}}, "authentication"),
        (403, [{"error": {"code": 403, "message": "no", "status": "PERMISSION_DENIED"}}], "authentication"),
        (404, {"error": {"code": 404, "message": "models/x is not found", "status": "NOT_FOUND"}}, "model_gone"),
        (404, {"error": {"code": "model_not_found", "message": "no x"}}, "model_gone"),
        (429, {"error": {"code": 429, "message": "slowly", "status": "RESOURCE_EXHAUSTED"}}, "rate_limited"),
        (429, {"error": {"code": "quota_exceeded", "message": "tomorrow"}}, "rate_limited"),
        (400, {"error": {"code": 400, "message": "blocked", "details": [{"reason": "PROHIBITED_CONTENT"}]}}, "refused"),
        (404, {"error": {"code": "not_found", "message": "The previous interaction is gone"}}, "continuation_gone"),
        (404, {"error": {"code": "not_found", "message": "Interaction v1_1 was not found"}}, None),
        (400, {"error": {"code": "invalid_request", "message": "no"}}, None),
        (500, {"error": "no object"}, None),
    ],
    ids=str,
)  # fmt: skip
def test_an_error_reply_means(status: int, reply: Any, expected: str | None) -> None:
    problem = read_error(status, reply)
    assert (problem.kind if isinstance(problem, Problem) else None) == expected


def test_a_retired_model_is_refused_with_its_successor(place: Workplace, google: Emulator) -> None:
    del place.environ["GOOGLE_GEMINI_BASE_URL"]  # another server may still have it
    error = place.failure(model="gemini-2.5-flash-image")
    assert isinstance(error, errors.RetiredModel) and NEWEST in str(error)
    assert google.requests == ()
