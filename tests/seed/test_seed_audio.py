"""The seed's sound: who speaks, sings and makes noises, whose voices there are, and what happens to mistakes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from house import House

from anymedia import errors
from anymedia.spec.tiny import MP3

GEORGE, SARAH, RACHEL = "JBFqnCBsd6RMkjVDRZzb", "EXAVITQu4vr4xnSDxMaL", "21m00Tcm4TlvDq8ikWAM"


@pytest.mark.parametrize("backend", ["elevenlabs", "openai"])
def test_speech_goes_to_the_backend_that_is_named(backend: str, house: House) -> None:
    made = house.opens("elevenlabs", "openai").make("Hello.", mode="audio", backend_type=backend)
    assert made.backend == backend and house.buyers == {backend: 1}


@pytest.mark.parametrize(
    ("voice", "sent"),
    [(None, GEORGE), ("Sarah", SARAH), ("sArAh", SARAH), (RACHEL, RACHEL)],
    ids=["default", "name", "another case", "id"],
)
def test_a_voice_is_a_name_in_any_case_or_an_id_and_the_resolved_id_is_sent(
    voice: str | None, sent: str, house: House
) -> None:
    made = house.opens("elevenlabs").make("Hello.", mode="audio", voice=voice)
    assert house.paid("elevenlabs")[0].path.split("/")[3] == sent
    assert made.provider_metadata["voice_id"] == sent


@pytest.mark.parametrize("backend", ["elevenlabs", "openai"])
def test_an_unknown_voice_is_refused_with_the_names_there_are(backend: str, house: House) -> None:
    """The seed takes another voice and does not say so."""
    first = {"elevenlabs": "George", "openai": "alloy"}[backend]
    error = house.opens(backend).failure("Hello.", mode="audio", backend_type=backend, voice="Rahcel")
    assert isinstance(error, errors.InvalidParameter) and first in error.message
    assert house.buyers == {}


def test_openai_speaks_with_its_first_voice_when_none_is_asked_for(house: House) -> None:
    house.opens("openai").make("Hello.", mode="audio", model="tts-1")
    assert house.paid("openai")[0].json["voice"] == "alloy"


def test_a_streamed_recording_is_whole_before_its_size_is_read(house: House) -> None:
    made = house.opens("elevenlabs").make("Hello.", mode="audio")
    assert made.files[0].size == made.path.stat().st_size > 0
    assert made.files[0].media_type == "audio/mpeg" and made.path.suffix == ".mp3"


@pytest.mark.parametrize(
    ("audio_type", "path"),
    [
        (None, "/v1/text-to-speech/"),
        ("speech", "/v1/text-to-speech/"),
        ("music", "/v1/music"),
        ("sound_effect", "/v1/sound-generation"),
        ("voice_design", "/v1/text-to-voice/"),
    ],
    ids=str,
)
def test_the_audio_type_decides_what_is_made_and_speech_is_the_default(
    audio_type: str | None, path: str, house: House
) -> None:
    prompt = "a warm and patient narrator with a low voice" if audio_type == "voice_design" else "Hello."
    made = house.opens("elevenlabs").make(prompt, mode="audio", audio_type=audio_type)
    assert made.operation == (audio_type or "speech")
    assert house.paid("elevenlabs")[0].path.startswith(path)


@pytest.mark.parametrize(
    ("audio_type", "given", "part"),
    [
        ("voice_conversion", {"input_audio": True}, "audio"),
        ("audio_isolation", {"input_audio": True}, "audio"),
        ("dubbing", {"input_audio": True, "target_language": "de"}, "file"),
        (
            "voice_clone",
            {
                "voice_samples": True,
                "consent": "by letter",
                "extra_params": {"voice_name": "Ann", "remove_background_noise": False},
            },
            "files",
        ),
    ],
)
def test_a_recording_reaches_elevenlabs_under_the_names_of_the_seed(
    audio_type: str, given: Any, part: str, house: House, tmp_path: Path
) -> None:
    (tmp_path / "talk.mp3").write_bytes(MP3)
    asked = {name: str(tmp_path / "talk.mp3") if value is True else value for name, value in given.items()}
    made = house.opens("elevenlabs").make(None, mode="audio", audio_type=audio_type, backend_type="elevenlabs", **asked)
    sent = next(request for request in house.emulators["elevenlabs"].requests if request.parts)
    assert [each.data for each in sent.parts if each.name.startswith(part)] == [MP3]
    assert made.operation == audio_type


@pytest.mark.parametrize(
    ("audio_type", "given", "sent"),
    [
        ("music", {"extra_params": {"force_instrumental": True}}, ("force_instrumental", True)),
        ("music", {"duration": 30}, ("music_length_ms", 30_000)),
        ("sound_effect", {"extra_params": {"prompt_influence": 0}}, ("prompt_influence", 0)),
        ("sound_effect", {"duration": 2}, ("duration_seconds", 2)),
    ],
    ids=str,
)
def test_extra_parameters_of_the_seed_reach_elevenlabs_and_zero_is_a_value(
    audio_type: str, given: Any, sent: tuple[str, Any], house: House
) -> None:
    house.opens("elevenlabs").make("rain", mode="audio", audio_type=audio_type, **given)
    name, value = sent
    assert house.paid("elevenlabs")[0].json[name] == value


@pytest.mark.parametrize("audio_type", ["speech", "music", "sound_effect", "voice_design"])
def test_elevenlabs_without_its_key_names_elevenlabs_api_key(audio_type: str, house: House) -> None:
    error = house.failure("Hello.", mode="audio", audio_type=audio_type, backend="elevenlabs")
    assert isinstance(error, errors.MissingCredentials) and "ELEVENLABS_API_KEY" in str(error)


def test_music_asked_of_openai_is_refused_and_names_who_makes_music(house: House) -> None:
    """The seed goes to ElevenLabs instead: what is named is never replaced."""
    error = house.opens("openai", "elevenlabs").failure("a waltz", mode="music", backend_type="openai")
    assert isinstance(error, errors.NoBackendAvailable) and "elevenlabs" in str(error.next)
    assert house.buyers == {}
