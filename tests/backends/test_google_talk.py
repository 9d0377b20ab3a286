"""Google's speech, transcriptions and answers through the public door, and the uploads of what is large for them."""

from __future__ import annotations

import wave
from base64 import b64encode
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from anymedia import errors
from anymedia.backends.google import BACKEND
from anymedia.spec.tiny import MP4
from anymedia.testing.conformance.watch import Watch
from anymedia.testing.emulator import Emulator, Fault, MediaAsked, Sink
from anymedia.testing.emulator.pictures import draw
from toys import KEY, PICTURE, Provider, padded, says
from workplace import Workplace

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
    return Workplace(root=tmp_path, environ={"GEMINI_API_KEY": KEY, "GOOGLE_GEMINI_BASE_URL": google.base_url})


@pytest.fixture
def toy_place(tmp_path: Path, provider: Provider) -> Workplace:
    return Workplace(root=tmp_path, environ={"GOOGLE_API_KEY": KEY, "GOOGLE_GEMINI_BASE_URL": provider.url})


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
        lambda client: client.describe([PICTURE, TONE, b"%PDF-1.7\n%%EOF"], "What is this?", instructions="short")
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


def large(place: Workplace, name: str, content: bytes, size: int = LARGE) -> Path:
    path = place.root / name
    path.write_bytes(padded(content, size))
    return path


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
    film = large(place, "film.mp4", MP4)
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
    halves = [large(place, f"{number}.wav", TONE, 12_000_000 + 2 * number) for number in range(2)]
    place.run(lambda client: client.describe([*halves, PICTURE], "What is this?"))
    pieces = google.requests[-1].json["input"][0]["content"][:3]
    assert ["uri" in piece for piece in pieces] == [False, True, False]


def test_a_job_that_waits_for_its_film_has_not_paid_and_goes_on_later(place: Workplace, google: Emulator) -> None:
    film = large(place, "film.mp4", MP4)
    with pytest.raises(errors.StillRunning):
        place.run(lambda client: client.describe(film, "What happens?", wait=1))
    assert google.submits == 0
    made = place.run(lambda client: client.resume(place.row["id"]), HURRIED)
    assert made.text and (google.submits, google.billed) == (1, 1)


def test_a_large_film_is_uploaded_before_its_edit_is_ordered(place: Workplace, google: Emulator) -> None:
    film = large(place, "film.mp4", MP4)
    made = place.run(lambda client: client.video("at night", video=film, backend="google"), HURRIED)
    order = next(request for request in google.requests if request.path == INTERACTIONS)
    assert [piece["type"] for piece in order.json["input"][0]["content"]] == ["video", "text"]
    assert order.json["input"][0]["content"][0]["uri"].endswith("/files/upload1-x")
    assert made.path is not None and (google.submits, google.billed) == (1, 1)


def test_an_edit_is_cancelled_for_nothing_while_its_film_is_read(place: Workplace, google: Emulator) -> None:
    film = large(place, "film.mp4", MP4)
    with pytest.raises(errors.StillRunning):
        place.run(lambda client: client.video("at night", video=film, backend="google", wait=1))
    job = place.run(lambda client: client.cancel(place.row["id"]))
    assert (job.status, google.submits) == ("cancelled", 0)


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
