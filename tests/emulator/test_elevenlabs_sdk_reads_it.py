"""ElevenLabs' own client reads what the emulator answers. Imports nothing of anymedia's backends."""

import base64
import io
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from elevenlabs import DialogueInput, ElevenLabs, VoiceSettings
from elevenlabs.core import ApiError
from elevenlabs.core.request_options import RequestOptions

from anymedia.testing.emulator import Emulator, MediaAsked
from anymedia.testing.emulator.pictures import draw

GEORGE, SARAH = "JBFqnCBsd6RMkjVDRZzb", "EXAVITQu4vr4xnSDxMaL"
MP3 = b"\xff\xf3"
FILE = ("talk.wav", draw(MediaAsked(prompt="input", output_format="wav", duration=0.5)), "audio/wav")
ONCE = RequestOptions(max_retries=0)
"""The client repeats some requests twice otherwise, purchases among them."""


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(dialect="elevenlabs", api_key="sk-right-key") as emulator:
        yield emulator


@pytest.fixture
def client(emulator: Emulator) -> Iterator[ElevenLabs]:
    with httpx.Client() as connections:
        yield ElevenLabs(base_url=emulator.base_url, api_key="sk-right-key", httpx_client=connections)


@pytest.mark.parametrize(
    ("output_format", "beginning"),
    [("mp3_44100_128", MP3), ("wav_24000", b"RIFF"), ("opus_48000_128", b"OggS")],
)
def test_speech_has_the_asked_format(
    output_format: str, beginning: bytes, emulator: Emulator, client: ElevenLabs
) -> None:
    settings = VoiceSettings(stability=0.5, similarity_boost=0.75, speed=1.1)
    heard = client.text_to_speech.convert(
        GEORGE, text="It rains.", model_id="eleven_v4", output_format=output_format, voice_settings=settings
    )
    assert b"".join(heard).startswith(beginning)
    assert (emulator.submits, emulator.billed) == (1, 1)


def test_speech_says_what_it_cost_and_how_it_is_called(client: ElevenLabs) -> None:
    with client.text_to_speech.with_raw_response.convert(GEORGE, text="It rains.", model_id="eleven_v4") as answer:
        assert answer.headers["character-cost"] == "9"
        assert answer.headers["request-id"]


def test_a_stream_can_be_heard_and_moments_can_be_told(client: ElevenLabs) -> None:
    assert b"".join(client.text_to_speech.stream(GEORGE, text="It rains.", model_id="eleven_v4")).startswith(MP3)
    timed = client.text_to_speech.convert_with_timestamps(GEORGE, text="Oh.", model_id="eleven_v4")
    assert base64.b64decode(timed.audio_base_64).startswith(MP3)
    assert timed.alignment is not None and timed.alignment.characters == ["O", "h", "."]


def test_a_dialogue_is_one_recording(client: ElevenLabs) -> None:
    inputs = [DialogueInput(text="Has it stopped?", voice_id=GEORGE), DialogueInput(text="It has.", voice_id=SARAH)]
    assert b"".join(client.text_to_dialogue.convert(inputs=inputs, model_id="eleven_v4")).startswith(MP3)


def test_sounds_and_songs_are_made(client: ElevenLabs) -> None:
    sound = client.text_to_sound_effects.convert(text="rain", duration_seconds=2.0, loop=True)
    song = client.music.compose(prompt="a waltz", music_length_ms=3000, model_id="music_v2_5", force_instrumental=True)
    assert b"".join(sound).startswith(MP3) and b"".join(song).startswith(MP3)


def test_recordings_are_made_anew(client: ElevenLabs) -> None:
    changed = client.speech_to_speech.convert(GEORGE, audio=FILE, model_id="eleven_multilingual_sts_v2", seed=7)
    assert b"".join(changed).startswith(MP3)
    assert b"".join(client.audio_isolation.convert(audio=FILE)).startswith(MP3)
    stems = b"".join(client.music.separate_stems(file=FILE, stem_variation_id="two_stems_v1"))
    with zipfile.ZipFile(io.BytesIO(stems)) as archive:
        assert archive.namelist() == ["vocals.mp3", "instrumental.mp3"]


def test_words_are_written_down_and_aligned(client: ElevenLabs) -> None:
    heard: Any = client.speech_to_text.convert(model_id="scribe_v2", file=FILE, diarize=True, num_speakers=2)
    assert (heard.text, heard.words[0].speaker_id, heard.audio_duration_secs) == ("Good morning.", "speaker_0", 2.0)
    aligned = client.forced_alignment.create(file=FILE, text="Good morning.")
    assert [word.text for word in aligned.words] == ["Good", "morning."]


def test_a_voice_is_designed_kept_and_deleted(client: ElevenLabs) -> None:
    designed = client.text_to_voice.design(voice_description="an old sailor of the north", auto_generate_text=True)
    assert len(designed.previews) == 3
    chosen = designed.previews[0].generated_voice_id
    voice = client.text_to_voice.create(
        voice_name="Captain", voice_description="an old sailor of the north", generated_voice_id=chosen
    )
    assert client.voices.delete(voice.voice_id).status == "ok"
    with pytest.raises(ApiError):
        client.voices.delete(voice.voice_id, request_options=ONCE)


def test_a_voice_is_cloned(client: ElevenLabs) -> None:
    cloned = client.voices.ivc.create(name="Ann", files=[FILE, FILE], remove_background_noise=True)
    assert cloned.voice_id and not cloned.requires_verification


def test_a_dub_is_at_work_and_then_done(emulator: Emulator, client: ElevenLabs) -> None:
    begun = client.dubbing.create(file=FILE, target_lang="de", num_speakers=2)
    assert [client.dubbing.get(begun.dubbing_id).status for _ in range(2)] == ["dubbing", "dubbed"]
    assert b"".join(client.dubbing.audio.get(begun.dubbing_id, "de")).startswith(MP3)
    assert (emulator.submits, emulator.billed) == (1, 1)


WRONG: dict[str, tuple[int, Callable[[ElevenLabs], Any]]] = {
    "a voice": (404, lambda client: client.text_to_speech.convert("nobody", text="Oh.", model_id="eleven_v4")),
    "a model": (400, lambda client: client.text_to_speech.convert(GEORGE, text="Oh.", model_id="eleven_v0")),
    "too long": (400, lambda client: client.text_to_speech.convert(GEORGE, text="x" * 10_001, model_id="eleven_v4")),
    "a format": (422, lambda client: client.music.compose(prompt="a waltz", output_format="wav_24000")),
    "a seed": (422, lambda client: client.music.compose(prompt="a waltz", seed=7)),
    "a length": (422, lambda client: client.text_to_sound_effects.convert(text="rain", duration_seconds=31.0)),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_refused_and_not_billed(wrong: str, emulator: Emulator, client: ElevenLabs) -> None:
    status, call = WRONG[wrong]
    with pytest.raises(ApiError) as caught:
        b"".join(call(client))
    assert (caught.value.status_code, emulator.billed) == (status, 0)


def test_another_key_is_refused(emulator: Emulator) -> None:
    with httpx.Client() as connections, pytest.raises(ApiError) as caught:
        stranger = ElevenLabs(base_url=emulator.base_url, api_key="sk-other-key", httpx_client=connections)
        b"".join(stranger.text_to_sound_effects.convert(text="rain"))
    assert caught.value.status_code == 401


def test_the_models_that_speak_are_listed_with_their_limits(emulator: Emulator, client: ElevenLabs) -> None:
    limits = {model.model_id: model.maximum_text_length_per_request for model in client.models.list()}
    assert limits["eleven_v3"] == 5000
    assert limits["eleven_multilingual_sts_v2"] is None
    assert emulator.submits == 0
