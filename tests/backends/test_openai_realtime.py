"""Speech in a conversation over the public door, against OpenAI's emulator: words, money and endings."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from anymedia import AnymediaError, SpeechRequest
from anymedia.backends.openai.realtime import recording
from anymedia.desk import Options
from anymedia.results import Result
from anymedia.spec import Failed, Response, Succeeded
from anymedia.testing.emulator import Emulator, Fault
from toys import KEY
from workplace import Workplace

PATH = "/v1/realtime"
MODEL = "gpt-realtime-2.1-mini"
Talking = tuple[Workplace, Emulator]


@pytest.fixture
def talking(workplace: Workplace) -> Iterator[Talking]:
    with Emulator() as emulator:
        workplace.environ = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": emulator.base_url, "TOY_API_KEY": ""}
        yield workplace, emulator


def speak(talking: Talking, text: str = "The rain has stopped.", *, max_cost: Any = None, **asked: Any) -> Result:
    request, options = SpeechRequest(text=text, **asked), Options(model=MODEL, max_cost=max_cost)
    return talking[0].run(lambda client: client.generate(request, options))


def said(talking: Talking) -> list[Any]:
    return [request.json for request in talking[1].requests if request.is_message]


def test_speech_is_a_wav_file_of_its_true_length(talking: Talking) -> None:
    result = speak(talking, "x" * 30)
    with wave.open(str(result.path)) as recorded:
        assert recorded.getparams()[:4] == (1, 2, 24_000, 48_000)
    assert result.files[0].duration == pytest.approx(2.0)
    assert result.warnings == ()
    assert result.provider_metadata == {"transcript": "x" * 30}


def test_speech_costs_what_the_usage_says(talking: Talking) -> None:
    result = speak(talking, "x" * 30)
    counted = result.usage["output_token_details"]
    dollars = 20 * counted["audio_tokens"] + Decimal("2.4") * counted["text_tokens"]
    dollars += Decimal("0.6") * result.usage["input_token_details"]["text_tokens"]
    assert counted["audio_tokens"] == 40
    assert result.cost.amount == dollars / 1_000_000


def test_the_worst_case_is_that_of_the_longest_answer(talking: Talking) -> None:
    with pytest.raises(AnymediaError) as caught:
        speak(talking, max_cost=Decimal("0.64"))
    assert caught.value.code == "budget_exceeded"
    assert talking[1].submits == 0
    assert speak(talking, max_cost=Decimal("0.65")).files


def test_everything_that_is_asked_for_is_said(talking: Talking) -> None:
    speak(talking, voice="voice_1234", speed=1.5, instructions="whisper", output_format="wav")
    session, create = said(talking)
    assert session["session"] == {"type": "realtime", "audio": {"output": {"speed": 1.5}}}
    response = create["response"]
    assert response["audio"]["output"] == {
        "voice": {"id": "voice_1234"},
        "format": {"type": "audio/pcm", "rate": 24_000},
    }
    assert response["conversation"] == "none"
    assert "word for word" in response["instructions"] and response["instructions"].endswith("whisper")
    assert response["input"][0]["content"] == [{"type": "input_text", "text": "The rain has stopped."}]


def test_options_of_the_provider_belong_to_the_answer(talking: Talking) -> None:
    speak(talking, provider_options={"openai": {"max_output_tokens": 4096}})
    assert said(talking)[0]["response"]["max_output_tokens"] == 4096


def test_a_refused_message_fails_in_the_words_of_the_provider(talking: Talking) -> None:
    with pytest.raises(AnymediaError, match="unheard_of") as caught:
        speak(talking, provider_options={"openai": {"unheard_of": 1}})
    assert (caught.value.code, caught.value.charged) == ("failed", "maybe")


def test_a_wrong_key_is_said_to_be_wrong(talking: Talking) -> None:
    talking[1].script(PATH, [Fault.bad_key()])
    with pytest.raises(AnymediaError) as caught:
        speak(talking)
    assert (caught.value.code, caught.value.charged) == ("authentication_rejected", "no")
    assert talking[1].submits == 0


# --- The last event -----------------------------------------------------------------------------------------------


def ending(status: str, **details: Any) -> Any:
    """What becomes of a conversation without sound whose answer ends with `status`."""
    done = {"type": "response.done", "response": {"status": status, "status_details": details or None}}
    return recording(Response(status=101, json=[done]), "rain")


@pytest.mark.parametrize(
    ("status", "details", "kind"),
    [
        ("completed", {}, "empty_output"),
        ("incomplete", {"reason": "content_filter"}, "refused"),
        ("incomplete", {"reason": "max_output_tokens"}, "empty_output"),
        ("cancelled", {"reason": "turn_detected"}, "cancelled"),
        ("failed", {"error": {"type": "server_error", "message": "it broke"}}, "failed"),
        ("failed", {"error": {"code": "content_policy_violation", "message": "no"}}, "refused"),
        ("failed", {}, "failed"),
        ("in_progress", {}, "failed"),
    ],
)
def test_an_answer_without_sound_is_a_failure_of_its_own_kind(status: str, details: Any, kind: str) -> None:
    step = ending(status, **details)
    assert isinstance(step, Failed)
    assert step.kind == kind


@pytest.mark.parametrize(
    ("spoken", "warned"),
    [
        ("the rain, has STOPPED", False),
        ("The rain has stopped!", False),
        ("It has stopped raining.", True),
        ("", True),
    ],
)
def test_other_words_than_those_of_the_text_are_warned_of(spoken: str, warned: bool, talking: Talking) -> None:
    heard = [
        {"type": "response.output_audio_transcript.done", "transcript": spoken},
        {"type": "response.done", "response": {"status": "completed"}},
    ]
    sound: Any = object()
    step = recording(Response(status=101, json=heard, spilled=sound), "The rain has stopped.")
    assert isinstance(step, Succeeded)
    assert bool(step.warnings) is warned
