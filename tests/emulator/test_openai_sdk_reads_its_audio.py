"""OpenAI's own client reads what the emulator says and hears. Imports nothing of anymedia's backends."""

import base64
import io
import wave
from collections.abc import Iterator

import openai
import pytest

from anymedia.testing.emulator import Emulator, MediaAsked
from anymedia.testing.emulator.pictures import draw

WAV = draw(MediaAsked(prompt="input", output_format="wav", duration=2.0))
FILE = ("talk.wav", WAV, "audio/wav")
PDF = b"%PDF-1.7 a document"


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(dialect="openai", api_key="sk-right-key") as emulator:
        yield emulator


@pytest.fixture
def client(emulator: Emulator) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=emulator.base_url, api_key="sk-right-key", max_retries=0) as client:
        yield client


# --- Speech -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("output_format", "media_type", "beginning"),
    [
        ("mp3", "audio/mpeg", b"\xff\xf3"),
        ("opus", "audio/opus", b"OggS"),
        ("aac", "audio/aac", b"\xff\xf1"),
        ("flac", "audio/flac", b"fLaC"),
        ("wav", "audio/wav", b"RIFF\xff\xff\xff\xff"),
    ],
)
def test_speech_has_the_asked_format(
    output_format: str, media_type: str, beginning: bytes, emulator: Emulator, client: openai.OpenAI
) -> None:
    answer = client.audio.speech.with_raw_response.create(
        model="gpt-4o-mini-tts",
        voice="marin",
        input="The rain has stopped.",
        response_format=output_format,  # type: ignore[arg-type]
    )
    assert answer.headers["content-type"] == media_type
    assert answer.content.startswith(beginning)
    assert (emulator.submits, emulator.billed) == (1, 1)


def test_speech_as_pcm_is_the_samples_alone(client: openai.OpenAI) -> None:
    answer = client.audio.speech.create(model="tts-1", voice="alloy", input="rain" * 15, response_format="pcm")
    assert len(answer.content) == 4 * 24_000 * 2


def test_a_voice_of_ones_own_is_an_object(client: openai.OpenAI) -> None:
    assert client.audio.speech.create(model="tts-1", voice={"id": "voice_1234"}, input="rain").content


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"voice": "nobody"}, "invalid_value"),
        ({"voice": "voice_1234"}, "invalid_value"),
        ({"speed": 5.0}, "decimal_above_max_value"),
        ({"speed": 0.1}, "decimal_below_min_value"),
        ({"response_format": "midi"}, "invalid_value"),
        ({"input": "x" * 4097}, "string_above_max_length"),
        ({"instructions": "calmly"}, "unsupported_parameter"),
        ({"extra_body": {"pitch": 2}}, "unknown_parameter"),
    ],
    ids=str,
)
def test_wrong_speech_is_refused(
    wrong: dict[str, object], code: str, emulator: Emulator, client: openai.OpenAI
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.audio.speech.create(**{"model": "tts-1", "voice": "alloy", "input": "rain", **wrong})  # type: ignore[arg-type]
    assert caught.value.code == code
    assert emulator.billed == 0


# --- Transcriptions ---------------------------------------------------------------------------------------------


def test_a_transcription_says_its_language_and_what_is_billed(emulator: Emulator, client: openai.OpenAI) -> None:
    answer = client.audio.transcriptions.create(
        model="gpt-transcribe", file=FILE, keywords=["fox", "owl"], languages=["en"], prompt="animals"
    )
    assert str(len(WAV)) in answer.text
    assert [each.code for each in answer.languages or []] == ["en"]
    assert answer.usage is not None
    assert answer.usage.type == "duration"
    assert answer.usage.seconds == 2
    assert (emulator.submits, emulator.billed) == (1, 1)


@pytest.mark.parametrize(("output_format", "beginning"), [("srt", "1\n00:00:00,000 --> "), ("vtt", "WEBVTT\n\n")])
def test_subtitles_are_text(output_format: str, beginning: str, client: openai.OpenAI) -> None:
    answer = client.audio.transcriptions.create(
        model="whisper-1",
        file=FILE,
        response_format=output_format,  # type: ignore[arg-type]
    )
    assert str(answer).startswith(beginning)


def test_words_come_with_their_times(client: openai.OpenAI) -> None:
    answer = client.audio.transcriptions.create(
        model="whisper-1", file=FILE, response_format="verbose_json", timestamp_granularities=["word", "segment"]
    )
    assert answer.words is not None
    assert answer.segments is not None
    assert " ".join(word.word for word in answer.words) == answer.text
    assert answer.words[-1].end == pytest.approx(answer.duration) == 2.0


def test_speakers_are_named(client: openai.OpenAI) -> None:
    answer = client.audio.transcriptions.create(
        model="gpt-4o-transcribe-diarize", file=FILE, response_format="diarized_json", chunking_strategy="auto"
    )
    assert [segment.speaker for segment in answer.segments] == ["A"]
    assert answer.usage is not None
    assert answer.usage.type == "tokens"


def test_a_translation_is_english_words(client: openai.OpenAI) -> None:
    with pytest.deprecated_call():
        answer = client.audio.translations.create(model="whisper-1", file=FILE)
    assert str(len(WAV)) in answer.text


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"response_format": "srt"}, "Supported values are: 'json'"),
        ({"keywords": ["fox"], "model": "whisper-1"}, "not supported by this model"),
        ({"timestamp_granularities": ["word"], "model": "whisper-1"}, "verbose_json"),
        ({"file": ("talk", WAV, "audio/wav")}, "Invalid file format"),
        ({"extra_body": {"speakers": 2}}, "Unknown parameter"),
        ({"temperature": 2.0}, "decimal above maximum"),
    ],
    ids=str,
)
def test_a_wrong_transcription_is_refused(
    wrong: dict[str, object], message: str, emulator: Emulator, client: openai.OpenAI
) -> None:
    with pytest.raises(openai.BadRequestError, match=message):
        client.audio.transcriptions.create(**{"model": "gpt-transcribe", "file": FILE, **wrong})  # type: ignore[call-overload]
    assert emulator.billed == 0


def test_long_talk_of_many_needs_a_strategy(client: openai.OpenAI) -> None:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((1, 2, 8000, 0, "NONE", ""))
        writer.writeframes(bytes(16_000 * 31))
    with pytest.raises(openai.BadRequestError, match="chunking_strategy"):
        client.audio.transcriptions.create(
            model="gpt-4o-transcribe-diarize", file=("talk.wav", file.getvalue(), "audio/wav")
        )


# --- Looking and listening --------------------------------------------------------------------------------------


def test_a_chat_listens_to_a_recording(emulator: Emulator, client: openai.OpenAI) -> None:
    sound = base64.b64encode(WAV).decode()
    answer = client.chat.completions.create(
        model="gpt-audio-1.5",
        modalities=["text"],
        messages=[
            {"role": "developer", "content": "Be brief."},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is this?"},
                    {"type": "input_audio", "input_audio": {"data": sound, "format": "wav"}},
                ],
            },
        ],
    )
    assert answer.choices[0].message.content == "1 recordings were listened to."
    assert answer.usage is not None
    assert answer.usage.prompt_tokens_details is not None
    assert answer.usage.prompt_tokens_details.audio_tokens == 10
    assert (emulator.submits, emulator.billed) == (1, 1)


def test_a_chat_without_a_recording_is_refused(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="contain audio"):
        client.chat.completions.create(model="gpt-audio-1.5", messages=[{"role": "user", "content": "hello"}])


def test_responses_reads_a_document(client: openai.OpenAI) -> None:
    uri = "data:application/pdf;base64," + base64.b64encode(PDF).decode()
    document = {"type": "input_file", "filename": "letter.pdf", "file_data": uri}
    answer = client.responses.create(model="gpt-6-luna", input=[{"role": "user", "content": [document]}])  # type: ignore[list-item]
    assert answer.output_text.startswith("1 of the inputs")
    del document["filename"]
    with pytest.raises(openai.BadRequestError, match="filename"):
        client.responses.create(model="gpt-6-luna", input=[{"role": "user", "content": [document]}])  # type: ignore[list-item]


def test_models_are_listed_with_their_shutdown_dates(client: openai.OpenAI) -> None:
    dates = {model.id: model.shutdown_date for model in client.models.list()}
    assert (dates["tts-1"], dates["whisper-1"], dates["gpt-transcribe"]) == ("2027-01-06", "2027-02-26", None)
