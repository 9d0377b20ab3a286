"""Pictures that are shown while they are drawn, and speech that is heard while it is spoken."""

from __future__ import annotations

import json
import threading
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from anymedia import Chunk, Progress, errors
from anymedia.testing.emulator import Emulator, Fault
from anymedia.testing.emulator.deliveries import Pause, head
from anymedia.testing.emulator.messages import Reply
from toys import KEY, picture
from workplace import EDITS, GENERATIONS, RESPONSES, Workplace

SPEECH = "/v1/audio/speech"
PIXELS = picture(side=64)


class Held:
    """Sends the first pieces of a reply, and the others only once somebody has seen what came."""

    def __init__(self, *, after: int) -> None:
        self.seen = threading.Event()
        self._after = after
        self.fault = Fault(name="held", billed=True, delivery=self._deliver)

    def _deliver(self, reply: Reply) -> Iterator[bytes | Pause]:
        pieces = reply.pieces if len(reply.pieces) > 1 else (reply.body[:100], reply.body[100:])
        yield head(reply) + b"".join(pieces[: self._after])
        while not self.seen.is_set():
            yield Pause(seconds=0.002)
        yield b"".join(pieces[self._after :])


# --- Pictures -------------------------------------------------------------------------------------------------------

WAYS: dict[str, tuple[str, dict[str, Any], int]] = {
    "generations": (GENERATIONS, {}, 1),
    "edits": (EDITS, {"input_images": [PIXELS]}, 1),
    "responses": (RESPONSES, {"continuable": True}, 6),
}
"""The route, what has to be asked for, and how many events there are up to the first unfinished picture."""


@pytest.mark.parametrize("way", WAYS)
def test_unfinished_pictures_are_saved_and_shown_while_the_picture_is_drawn(
    way: str, openai: Workplace, emulator: Emulator
) -> None:
    route, asked, events = WAYS[way]
    held = Held(after=events)
    emulator.script(route, [held.fault])
    shown: list[Progress] = []

    def show(progress: Progress) -> None:
        if progress.stage == "preview":
            shown.append(progress)
            held.seen.set()

    result = openai.draw(partial_images=2, on_progress=show, output=openai.out / "fox.png", **asked)

    assert [file.path for progress in shown if (file := progress.file)] == [
        openai.out / "fox.partial-1.png",
        openai.out / "fox.partial-2.png",
    ]
    assert sorted(path.name for path in openai.out.iterdir()) == ["fox.partial-1.png", "fox.partial-2.png", "fox.png"]
    assert [Path(file).name for file in result.files] == ["fox.png"]
    assert emulator.billed == 1


def test_a_picture_that_was_shown_can_be_continued(openai: Workplace, emulator: Emulator) -> None:
    first = openai.draw(partial_images=1, continuable=True)
    second = openai.draw(prompt="a hat on it", partial_images=1, continue_from=first.continuation_id)
    assert second.continuation_id not in (None, first.continuation_id)
    assert emulator.billed == 2


def test_no_unfinished_picture_is_a_stream_with_the_picture_alone(openai: Workplace, emulator: Emulator) -> None:
    openai.draw(partial_images=0)
    assert emulator.requests[-1].json["stream"] is True
    assert len(list(openai.out.iterdir())) == 1


def test_names_that_are_taken_stay(openai: Workplace) -> None:
    openai.out.mkdir()
    taken = openai.out / "fox.partial-1.png"
    taken.write_text("mine")
    openai.draw(partial_images=1, output=openai.out / "fox.png")
    assert taken.read_text() == "mine"
    assert (openai.out / "fox.partial-1-2.png").exists()


def cut_in_the_last_event(reply: Reply) -> Iterator[bytes | Pause]:
    yield head(reply) + reply.body[:-30]


BROKEN_OFF = (Fault.fewer_events(1), Fault(name="cut", billed=True, delivery=cut_in_the_last_event))


@pytest.mark.parametrize("fault", BROKEN_OFF, ids=lambda fault: fault.name)
def test_a_stream_that_breaks_off_is_unknown_and_what_came_is_kept(
    fault: Fault, openai: Workplace, emulator: Emulator
) -> None:
    emulator.script(GENERATIONS, [fault])
    error = openai.failure(partial_images=1, quality="low")
    assert isinstance(error, errors.OutcomeUnknown)
    assert (error.charged, emulator.billed) == ("maybe", 1)
    assert list(openai.out.glob("*.partial-1.png"))
    assert "partial_image" in (openai.quarantine / f"{error.job_id}-reply.json").read_text()


def test_what_comes_after_the_event_that_ends_the_stream_does_not_matter(openai: Workplace, emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [Fault.broken_chunks()])
    assert openai.draw(partial_images=1).path.exists()


def test_an_error_in_the_middle_of_the_stream_is_quoted(openai: Workplace, emulator: Emulator) -> None:
    problem = {"type": "error", "error": {"code": "moderation_blocked", "message": "not that fox"}}

    def instead(reply: Reply) -> Iterator[bytes | Pause]:
        yield head(reply) + reply.pieces[0] + f"event: error\ndata: {json.dumps(problem)}\n\n".encode()

    emulator.script(GENERATIONS, [Fault(name="refused midway", billed=True, delivery=instead)])
    error = openai.failure(partial_images=1)
    assert isinstance(error, errors.Refused) and "not that fox" in error.message
    assert error.charged == "maybe"


def test_a_full_disk_for_the_preview_does_not_cost_the_picture(openai: Workplace, monkeypatch: Any) -> None:
    from anymedia.engine import landing

    whole = landing.land

    def land(spilled: Any, target: Path, **rest: Any) -> Any:
        if ".partial-" in target.name:
            raise OSError(28, "No space left on device")
        return whole(spilled, target, **rest)

    monkeypatch.setattr(landing, "land", land)
    assert openai.draw(partial_images=1).path.exists()


@pytest.mark.parametrize("asked", [{"n": 2}, {"output_format": "gif"}, {"output_format": "svg"}], ids=str)
def test_what_cannot_be_streamed_is_refused_before_anything_is_sent(
    asked: Any, openai: Workplace, emulator: Emulator
) -> None:
    assert isinstance(openai.failure(partial_images=1, **asked), errors.InvalidParameter)
    assert emulator.requests == ()


# --- Sound ----------------------------------------------------------------------------------------------------------


def test_speech_is_heard_while_it_is_spoken(openai: Workplace, emulator: Emulator) -> None:
    held = Held(after=1)
    emulator.script(SPEECH, [held.fault])
    heard: list[Chunk] = []

    def hear(chunk: Chunk) -> None:
        heard.append(chunk)
        held.seen.set()

    result = openai.run(lambda client: client.speech("The rain has stopped.", model="tts-1", on_chunk=hear))

    assert b"".join(chunk.data for chunk in heard) == result.path.read_bytes()
    assert [chunk.offset for chunk in heard] == [
        sum(len(earlier.data) for earlier in heard[:number]) for number in range(len(heard))
    ]
    assert {(chunk.output, chunk.job_id) for chunk in heard} == {(0, result.job_id)}


def test_speech_of_a_conversation_is_heard_as_samples(workplace: Workplace) -> None:
    heard: list[Chunk] = []
    with Emulator() as emulator:
        workplace.environ = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": emulator.base_url}
        result = workplace.run(
            lambda client: client.speech("The rain has stopped.", model="gpt-realtime-2.1-mini", on_chunk=heard.append)
        )
    with wave.open(str(result.path), "rb") as recording:
        samples = recording.readframes(recording.getnframes())
    assert len(heard) > 1
    assert b"".join(chunk.data for chunk in heard) == samples


def test_a_listener_that_fails_costs_nothing(openai: Workplace, caplog: pytest.LogCaptureFixture) -> None:
    def hear(chunk: Chunk) -> None:
        raise ValueError("the loudspeaker is off")

    result = openai.run(lambda client: client.speech("The rain has stopped.", on_chunk=hear))
    assert result.path.exists()
    assert "the on_chunk function failed" in caplog.text


def test_a_listener_has_to_be_a_function(openai: Workplace) -> None:
    with pytest.raises(errors.InvalidParameter, match="`on_chunk` must be a function"):
        openai.run(lambda client: client.speech("Hello.", on_chunk="loud"))  # type: ignore[arg-type]
