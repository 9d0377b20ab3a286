"""Speech, transcriptions and descriptions over the public door, against OpenAI's emulator: files, words and money."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from anymedia import AnymediaError, MediaFile, SpeechRequest, errors
from anymedia.desk import Options
from anymedia.operations import DescribeRequest, Request, TranscriptionRequest
from anymedia.results import Result
from anymedia.testing.emulator import Emulator, Fault, MediaAsked
from anymedia.testing.emulator.pictures import draw
from toys import KEY
from workplace import Workplace

SPEECH = "/v1/audio/speech"
OF_ONE_REPLY = "gpt-4o-mini-tts"
"""The model whose recording is the reply itself."""
TRANSCRIPTIONS = "/v1/audio/transcriptions"
WAV = draw(MediaAsked(prompt="input", output_format="wav", duration=2.5))
RECORDING = MediaFile(media_type="audio/wav", data=WAV)
UNDECLARED = b"RIFF\xff\xff\xff\xff"


@pytest.fixture
def talking(workplace: Workplace) -> Any:
    """An emulator that makes the formats it is asked for, and a workplace with its key alone."""
    with Emulator() as emulator:
        workplace.environ = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": emulator.base_url, "TOY_API_KEY": ""}
        yield workplace, emulator


Talking = tuple[Workplace, Emulator]


def make(talking: Talking, request: Request, **options: Any) -> Result:
    return talking[0].run(lambda client: client.generate(request, Options(**options)))


def failure(talking: Talking, request: Request, **options: Any) -> AnymediaError:
    with pytest.raises(AnymediaError) as caught:
        make(talking, request, **options)
    return caught.value


# --- Speech -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("output_format", "ending"),
    [("mp3", ".mp3"), ("opus", ".ogg"), ("aac", ".aac"), ("flac", ".flac"), ("wav", ".wav")],
)
def test_speech_lands_in_the_asked_format_with_its_length(output_format: str, ending: str, talking: Talking) -> None:
    result = make(talking, SpeechRequest(text="x" * 30, output_format=output_format), model=OF_ONE_REPLY)
    (file,) = result.files
    assert result.path.suffix == ending
    assert file.duration == pytest.approx(2.0, abs=0.1)


def test_a_wav_stream_of_undeclared_length_is_whole_if_its_transport_was(talking: Talking) -> None:
    result = make(talking, SpeechRequest(text="The rain has stopped.", output_format="wav"), model=OF_ONE_REPLY)
    assert result.read_bytes().startswith(UNDECLARED)
    assert result.status == "done"


@pytest.mark.parametrize("fault", [Fault.broken_chunks(), Fault.wrong_length()], ids=lambda fault: fault.name)
def test_a_wav_stream_whose_transport_broke_off_is_not_taken_for_whole(fault: Fault, talking: Talking) -> None:
    workplace, emulator = talking
    emulator.script(SPEECH, [fault])
    error = failure(talking, SpeechRequest(text="The rain has stopped.", output_format="wav"), model=OF_ONE_REPLY)
    assert error.code == "unknown"
    assert workplace.files() == []
    assert emulator.submits == 1


def test_speech_that_is_no_recording_is_no_success(talking: Talking) -> None:
    talking[1].script(SPEECH, [Fault.html()])
    assert failure(talking, SpeechRequest(text="rain"), model=OF_ONE_REPLY).charged != "no"
    assert talking[0].files() == []


def test_a_price_by_characters_is_exact(talking: Talking) -> None:
    result = make(talking, SpeechRequest(text="x" * 200), model="tts-1-hd")
    assert result.cost.amount == Decimal("0.006")


def test_speech_of_unknown_cost_is_refused_under_a_cap_and_a_known_one_is_not(talking: Talking) -> None:
    cap = Decimal("0.01")
    error = failure(talking, SpeechRequest(text="rain"), model=OF_ONE_REPLY, max_cost=cap)
    assert isinstance(error, errors.BudgetExceeded)
    assert talking[1].submits == 0
    assert make(talking, SpeechRequest(text="rain"), model="tts-1", max_cost=cap).files
    assert make(talking, SpeechRequest(text="rain"), model=OF_ONE_REPLY).cost.amount is None


# --- Transcriptions ---------------------------------------------------------------------------------------------


def test_a_transcription_is_words_and_costs_what_was_reported(talking: Talking) -> None:
    result = make(talking, TranscriptionRequest(audio=RECORDING))
    assert result.text == f"This recording has {len(WAV)} bytes."
    assert result.files == ()
    assert result.provider_metadata == {"languages": [{"code": "en"}]}
    assert result.usage == {"type": "duration", "seconds": 3}
    assert result.cost.amount == Decimal("0.0045") * 3 / 60


def test_subtitles_come_as_text_and_cost_what_the_recording_is_long(talking: Talking) -> None:
    result = make(talking, TranscriptionRequest(audio=RECORDING, output_format="srt"))
    assert result.text is not None
    assert result.text.startswith("1\n00:00:00,000 --> 00:00:02,500\n")
    assert result.cost.amount == Decimal("0.006") * 3 / 60


def test_a_cap_holds_for_the_whole_recording_before_it_is_sent(talking: Talking) -> None:
    cap = Decimal("0.0002")
    error = failure(talking, TranscriptionRequest(audio=RECORDING), max_cost=cap)
    assert isinstance(error, errors.BudgetExceeded)
    assert "0.000225" in str(error)
    assert talking[1].submits == 0


def test_words_come_with_their_times_when_they_are_asked_for(talking: Talking) -> None:
    result = make(talking, TranscriptionRequest(audio=RECORDING, timestamps="word"))
    assert [each["word"] for each in result.provider_metadata["words"]] == (result.text or "").split()


def test_speakers_are_named_by_the_model_for_them(talking: Talking) -> None:
    result = make(talking, TranscriptionRequest(audio=RECORDING), model="gpt-4o-transcribe-diarize")
    assert [each["speaker"] for each in result.provider_metadata["segments"]] == ["A"]


def test_a_translation_takes_its_own_route(talking: Talking) -> None:
    assert make(talking, TranscriptionRequest(audio=RECORDING, translate=True)).text
    assert [request.path for request in talking[1].requests] == ["/v1/audio/translations"]


def test_a_file_travels_under_a_name_that_the_provider_accepts(talking: Talking, tmp_path: Path) -> None:
    path = tmp_path / "talk without an ending"
    path.write_bytes(draw(MediaAsked(prompt="", output_format="opus", duration=1.0)))
    assert make(talking, TranscriptionRequest(audio=MediaFile(media_type="audio/ogg", path=path))).text
    (file,) = (part for part in talking[1].requests[0].parts if part.filename)
    assert file.filename is not None
    assert file.filename.endswith(".ogg")


def test_text_that_breaks_off_is_unknown_and_never_asked_for_again(talking: Talking) -> None:
    talking[1].script(TRANSCRIPTIONS, [Fault.wrong_length()])
    error = failure(talking, TranscriptionRequest(audio=RECORDING, output_format="vtt"))
    assert error.code == "unknown"
    assert talking[1].submits == 1


# --- Descriptions -----------------------------------------------------------------------------------------------


def test_pictures_and_documents_are_looked_at_for_what_was_reported(talking: Talking, tmp_path: Path) -> None:
    document = tmp_path / "letter.pdf"
    document.write_bytes(b"%PDF-1.7 a letter\n%%EOF")
    picture = MediaFile(
        media_type="image/png", data=draw(MediaAsked(prompt="", output_format="png", width=8, height=8))
    )
    letter = MediaFile(media_type="application/pdf", path=document)
    result = make(talking, DescribeRequest(prompt="What is this?", media=(picture, letter)))
    assert (result.text or "").startswith("2 of the inputs")
    used = result.usage
    assert (
        result.cost.amount == (used["input_tokens"] * Decimal("0.10") + used["output_tokens"] * Decimal("0.50")) / 10**6
    )


def test_a_recording_goes_to_the_model_that_listens(talking: Talking) -> None:
    result = make(talking, DescribeRequest(prompt="What is this?", media=(RECORDING,), instructions="Be brief."))
    assert (result.model, result.text) == ("gpt-audio-1.5", "1 recordings were listened to.")
    assert result.cost.amount is not None


def test_pictures_and_recordings_together_are_refused(talking: Talking) -> None:
    picture = MediaFile(
        media_type="image/png", data=draw(MediaAsked(prompt="", output_format="png", width=8, height=8))
    )
    failure(talking, DescribeRequest(prompt="What is this?", media=(picture, RECORDING)))
    assert talking[1].submits == 0
