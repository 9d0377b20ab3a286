"""OpenAI's own client holds conversations with the emulator. Imports nothing of anymedia's backends."""

import base64
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai.types.realtime import RealtimeServerEvent
from pydantic import TypeAdapter
from websockets.exceptions import ConnectionClosed, InvalidStatus

from anymedia.testing.emulator import Emulator, Fault

pytestmark = pytest.mark.filterwarnings(r"ignore:connect\(\) must be used as a context manager:DeprecationWarning")
"""The client 3.54.0 does not use websockets 17.1 in the new way yet."""
MODEL = "gpt-realtime-2.1-mini"
PATH = "/v1/realtime"
EVENT: TypeAdapter[Any] = TypeAdapter(RealtimeServerEvent)
RESPONSE: Any = {
    "conversation": "none",
    "output_modalities": ["audio"],
    "instructions": "Read the text.",
    "audio": {"output": {"voice": "marin", "format": {"type": "audio/pcm", "rate": 24_000}}},
    "input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "rain" * 15}]}],
}


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(dialect="openai", api_key="sk-right-key") as emulator:
        yield emulator


@pytest.fixture
def client(emulator: Emulator) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=emulator.base_url, api_key="sk-right-key", max_retries=0) as client:
        yield client


def converse(client: openai.OpenAI, *messages: Any, model: str = MODEL) -> list[Any]:
    """Every event until the answer is over or refused."""
    events = []
    with client.realtime.connect(model=model) as connection:
        for message in messages:
            connection.send(message)
        for event in connection:
            events.append(event)
            if event.type in ("response.done", "error"):
                break
    return events


def answer(**changes: Any) -> Any:
    return {"type": "response.create", "response": {**RESPONSE, **changes}}


def test_a_text_is_spoken_and_every_event_is_what_the_types_say(emulator: Emulator, client: openai.OpenAI) -> None:
    events = converse(client, answer())
    for event in events:
        assert type(EVENT.validate_python(event.to_dict())) is type(event)
    sound = b"".join(base64.b64decode(event.delta) for event in events if event.type == "response.output_audio.delta")
    assert len(sound) == 4 * 24_000 * 2
    assert any(sound)
    assert events[0].type == "session.created"
    assert events[-1].response.status == "completed"
    assert events[-1].response.usage.output_token_details.audio_tokens == 80
    assert [event.transcript for event in events if event.type.endswith("transcript.done")] == ["rain" * 15]
    assert (emulator.submits, emulator.billed) == (1, 1)


def test_settings_of_the_session_cost_nothing(emulator: Emulator, client: openai.OpenAI) -> None:
    session = {"type": "realtime", "audio": {"output": {"speed": 1.5}}}
    with client.realtime.connect(model=MODEL) as connection:
        connection.send({"type": "session.update", "session": session})  # type: ignore[arg-type, misc]
        kinds = [connection.recv().type, connection.recv().type]
    assert kinds == ["session.created", "session.updated"]
    assert (emulator.submits, emulator.billed) == (0, 0)


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        (answer(instructions=3), "response.instructions"),
        (answer(unheard_of=3), "response.unheard_of"),
        (answer(audio={"output": {"voice": "nobody"}}), "response.audio.output.voice"),
        (answer(audio={"output": {"format": {"type": "audio/pcmu"}}}), "response.audio.output.format"),
        (answer(input=[]), "response.input"),
        ({"type": "session.update", "session": {"type": "realtime", "audio": {"output": {"speed": 2.0}}}},
         "session.audio.output.speed"),
        ({"type": "unheard.of"}, "type"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_wrong_is_an_error_event_and_costs_nothing(
    wrong: Any, param: str, emulator: Emulator, client: openai.OpenAI
) -> None:
    event = converse(client, wrong)[-1]
    assert (event.type, event.error.param) == ("error", param)
    assert emulator.billed == 0


def test_a_wrong_key_is_refused_before_the_conversation_opens(emulator: Emulator) -> None:
    wrong = openai.OpenAI(base_url=emulator.base_url, api_key="sk-wrong-key")
    with wrong, pytest.raises(InvalidStatus) as caught:
        converse(wrong, answer())
    assert caught.value.response.status_code == 401
    assert emulator.submits == 0


def test_an_unknown_model_is_refused_before_the_conversation_opens(client: openai.OpenAI) -> None:
    with pytest.raises(InvalidStatus) as caught:
        converse(client, answer(), model="gpt-nobody")
    assert caught.value.response.status_code == 404


@pytest.mark.parametrize("how", ["reset", "close"])
def test_a_conversation_can_break_off_in_the_middle(how: Any, emulator: Emulator, client: openai.OpenAI) -> None:
    emulator.script(PATH, [Fault.cut_conversation(4, how)])
    events = []
    with pytest.raises(ConnectionClosed), client.realtime.connect(model=MODEL) as connection:
        connection.send(answer())
        while True:
            events.append(connection.recv())
    assert len(events) == 5  # the greeting, and four of the answer
    assert (emulator.submits, emulator.billed) == (1, 1)


def test_both_sides_are_recorded_without_key_and_media(
    emulator: Emulator, client: openai.OpenAI, tmp_path: Any
) -> None:
    emulator.record_to(tmp_path / "lines.jsonl")
    converse(client, answer())
    text = (tmp_path / "lines.jsonl").read_text("utf-8")
    assert "response.create" in text and "session.created" in text
    assert "sk-right-key" not in text
    assert len(text) < 20_000
