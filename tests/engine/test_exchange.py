"""Conversations over a WebSocket: one purchase, nothing said twice, and what came is kept however it ends."""

from __future__ import annotations

import asyncio
import base64
import logging
import ssl
import wave
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import trustme

from anymedia import AnymediaError, AsyncClient, MediaFile, Options, SpeechRequest
from anymedia.engine import drive, exchange
from anymedia.results import Result
from anymedia.spec import (
    Backend,
    Call,
    Failed,
    Flow,
    Param,
    Pcm,
    Pending,
    PerUnit,
    Response,
    Succeeded,
    TextUpTo,
    converse,
)
from anymedia.testing.emulator import Fault, Sink
from anymedia.testing.emulator.messages import Reply, conversing
from toys import KEY, Answer, Provider, breaks, says, toy, toy_model
from workplace import Workplace, arrives

PATH = "/talk"
SOUND = bytes(range(256)) * 40
PIECES = 8
SPEAK = {"type": "speak", "text": "rain"}


def events(sound: bytes = SOUND) -> list[Any]:
    """What a provider says: a greeting of the work, the sound in pieces, the end."""
    size = max(1, len(sound) // PIECES)
    pieces = [sound[start : start + size] for start in range(0, len(sound), size)]
    heard = [{"type": "sound", "data": base64.b64encode(piece).decode()} for piece in pieces]
    return [{"type": "begun", "id": "7"}, *heard, {"type": "done", "usage": {"tokens": 3}}]


def talk(call: Call, *, path: str = PATH) -> Flow:
    response = yield converse(path, send=(SPEAK,), collect={"sound": "data"}, until=("done",), query={"model": "a b"})
    return Succeeded(files=(Pcm(file=response.spilled, rate=8000),), usage=response.json[-1]["usage"])


PRICE = PerUnit(amount=Decimal("0.05"), unit="generation", source="a toy", checked=date(2026, 11, 22))
MODEL = toy_model(
    accepts=SpeechRequest, price=PRICE, params={"text": Param(wire_name="text", allows=TextUpTo(99))}, max_outputs=1
)


def speaker(url: str, flow: Any = talk, **changes: Any) -> Backend:
    return toy(url, flow, model=MODEL, **({"priority": {SpeechRequest: 500}} | changes))


def serve(provider: Provider, *said: Any, fault: Fault | None = None) -> None:
    """Open conversations at a path of the provider, and say `said` once it is spoken to."""
    provider.on("GET", PATH, Answer(conversing({"type": "hello"}), fault))
    provider.on("speak", PATH, Answer(conversing(*(said or events()), accepted=True)))


def opens_after(provider: Provider, *answers: Answer) -> None:
    """The same, after these answers to the first requests for a conversation."""
    serve(provider)
    provider.on("GET", PATH, *answers, Answer(conversing()))


def speak(place: Workplace, backend: Backend) -> Result:
    return place.run(lambda client: client.generate(SpeechRequest(text="rain"), Options(backend="toy")), backend)


def failure(place: Workplace, backend: Backend) -> AnymediaError:
    with pytest.raises(AnymediaError) as caught:
        speak(place, backend)
    return caught.value


def purchases(provider: Provider) -> int:
    return provider.count("speak", PATH)


def quarantined(place: Workplace, pattern: str = "*.part") -> list[Path]:
    return sorted((place.state / "quarantine").glob(pattern))


# --- A conversation that goes well ---------------------------------------------------------------------------------


def test_what_was_collected_is_one_file_with_a_header_of_its_true_length(
    workplace: Workplace, provider: Provider
) -> None:
    serve(provider)
    result = speak(workplace, speaker(provider.url))
    with wave.open(str(result.path)) as recorded:
        assert recorded.getparams()[:4] == (1, 2, 8000, len(SOUND) // 2)
        assert recorded.readframes(len(SOUND)) == SOUND
    assert result.files[0].duration == len(SOUND) / 16_000
    assert result.usage == {"tokens": 3}
    assert workplace.files(hidden=True) == []
    assert purchases(provider) == 1


def test_the_flow_is_given_every_event_in_order_without_what_was_collected(
    workplace: Workplace, provider: Provider
) -> None:
    seen: list[Response] = []

    def flow(call: Call) -> Flow:
        seen.append((yield converse(PATH, send=(SPEAK,), collect={"sound": "data"}, until=("done",))))
        return Succeeded(files=(Pcm(file=seen[0].spilled, rate=8000),))  # type: ignore[arg-type]

    serve(provider)
    speak(workplace, speaker(provider.url, flow))
    assert seen[0].status == 101
    assert [event["type"] for event in seen[0].json] == ["hello", "begun", *["sound"] * PIECES, "done"]
    assert all(event == {"type": "sound"} for event in seen[0].json[2:-1])


def test_the_key_travels_in_its_header_and_the_query_in_the_address(workplace: Workplace, provider: Provider) -> None:
    serve(provider)
    speak(workplace, speaker(provider.url))
    opening = provider.requests[0]
    assert opening.headers["authorization"] == f"Bearer {KEY}"
    assert "sec-websocket-extensions" not in opening.headers
    assert opening.query in ("model=a+b", "model=a%20b")


def test_a_foreign_host_is_told_nothing(workplace: Workplace, provider: Provider) -> None:
    with Provider() as foreign:
        serve(foreign)
        error = failure(workplace, speaker(provider.url, lambda call: talk(call, path=foreign.url + PATH)))
        assert (error.charged, foreign.requests) == ("no", [])


def test_nothing_of_the_key_is_in_what_the_library_logs(
    workplace: Workplace, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    serve(provider)
    speak(workplace, speaker(provider.url))
    assert any(record.name == "websockets.client" for record in caplog.records)
    assert KEY not in caplog.text


def test_a_dry_run_shows_what_would_be_said_and_the_key_as_a_word(workplace: Workplace, provider: Provider) -> None:
    backend, request = speaker(provider.url), SpeechRequest(text="rain")
    shown = workplace.run(lambda client: client.dry_run(request, Options(backend="toy")), backend)
    assert shown.wire == {
        "url": f"ws{provider.url.removeprefix('http')}{PATH}?model=a+b",
        "headers": {"Authorization": "Bearer [key]"},
        "send": [SPEAK],
    }
    assert provider.requests == []


def test_a_safe_conversation_is_repeated_until_it_goes_well(workplace: Workplace, provider: Provider) -> None:
    def look(call: Call, state: Any) -> Flow:
        response = yield replace(
            converse(PATH, send=(SPEAK,), until=("done",)), effect="safe", collect={"sound": "data"}
        )
        return Succeeded(files=(Pcm(file=response.spilled, rate=8000),))

    def submit(call: Call) -> Flow:
        yield converse(PATH, send=({"type": "buy"},), until=("bought",))
        return Pending(state={}, poll_after=0)

    serve(provider)
    provider.on("buy", PATH, Answer(conversing({"type": "bought"})))
    broken, hello = breaks(Fault.cut_conversation(4)), Answer(conversing())
    provider.on("GET", PATH, hello, replace(broken, reply=conversing()), hello)
    assert speak(workplace, speaker(provider.url, submit, poll=look)).path.exists()
    assert (provider.count("buy", PATH), purchases(provider)) == (1, 2)


# --- Samples ---------------------------------------------------------------------------------------------------------


def test_channels_are_counted(workplace: Workplace, provider: Provider) -> None:
    def flow(call: Call) -> Flow:
        response = yield converse(PATH, send=(SPEAK,), collect={"sound": "data"}, until=("done",))
        return Succeeded(files=(Pcm(file=response.spilled, rate=8000, channels=2),))

    serve(provider)
    with wave.open(str(speak(workplace, speaker(provider.url, flow)).path)) as recorded:
        assert recorded.getparams()[:4] == (2, 2, 8000, len(SOUND) // 4)


def test_samples_in_memory_become_a_file_as_well(workplace: Workplace, provider: Provider) -> None:
    def flow(call: Call) -> Flow:
        yield converse(PATH, send=(SPEAK,), until=("done",))
        return Succeeded(files=(Pcm(file=MediaFile(media_type="audio/pcm", data=SOUND), rate=8000),))

    serve(provider)
    assert speak(workplace, speaker(provider.url, flow)).read_bytes().endswith(SOUND)


@pytest.mark.parametrize("sound", [SOUND[:-1], b"\0"], ids=["odd", "one byte"])
def test_samples_that_end_inside_one_are_no_success_and_are_kept(
    sound: bytes, workplace: Workplace, provider: Provider
) -> None:
    serve(provider, *events(sound))
    error = failure(workplace, speaker(provider.url))
    assert (error.code, error.charged) == ("verify_failed", "yes")
    assert "the samples end inside one" in error.message
    (kept,) = quarantined(workplace)
    assert kept.read_bytes() == sound
    assert workplace.files() == workplace.files(hidden=True) == []


def test_samples_without_a_rate_are_kept_as_they_came(workplace: Workplace, provider: Provider) -> None:
    def flow(call: Call) -> Flow:
        response = yield converse(PATH, send=(SPEAK,), collect={"sound": "data"}, until=("done",))
        return Succeeded(files=(Pcm(file=response.spilled, rate=0),))

    serve(provider)
    assert failure(workplace, speaker(provider.url, flow)).code == "unexpected_reply"
    (kept,) = quarantined(workplace)
    assert kept.read_bytes() == SOUND


def test_a_conversation_without_sound_is_no_success(workplace: Workplace, provider: Provider) -> None:
    serve(provider, {"type": "sound", "data": ""}, events()[-1])
    assert failure(workplace, speaker(provider.url)).code == "verify_failed"


def test_what_came_before_the_provider_failed_is_kept(workplace: Workplace, provider: Provider) -> None:
    def flow(call: Call) -> Flow:
        yield converse(PATH, send=(SPEAK,), collect={"sound": "data"}, until=("done",))
        return Failed(reason="it stopped")

    serve(provider)
    assert failure(workplace, speaker(provider.url, flow)).code == "failed"
    (kept,) = quarantined(workplace)
    assert kept.read_bytes() == SOUND
    assert str(kept) in workplace.row["note"]


# --- Before anything was said -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "rejected"), (401, "authentication_rejected"), (403, "authentication_rejected"), (404, "rejected")],
)
def test_a_refusal_is_told_in_the_words_of_the_provider_and_cost_nothing(
    status: int, code: str, workplace: Workplace, provider: Provider
) -> None:
    opens_after(provider, says({"error": {"message": "not with me"}}, status))
    error = failure(workplace, speaker(provider.url))
    assert (error.code, error.charged) == (code, "no")
    assert "not with me" in error.message
    assert provider.count("GET", PATH) == 1
    assert purchases(provider) == 0


def test_a_rate_limit_is_waited_for(workplace: Workplace, provider: Provider) -> None:
    opens_after(provider, says({"error": "slowly"}, 429, retry_after="0"))
    assert speak(workplace, speaker(provider.url)).path.exists()
    assert purchases(provider) == 1


@pytest.mark.parametrize(
    "answer",
    [
        says({}, 500),
        says({}, 503),
        says({}, 409),
        says({"error": "a reply"}),
        breaks(Fault.reset_before_body()),
        breaks(Fault.truncated(0)),
    ],
    ids=["500", "503", "409", "200", "reset", "cut"],
)
def test_what_never_opened_bought_nothing_and_is_opened_again(
    answer: Answer, workplace: Workplace, provider: Provider
) -> None:
    opens_after(provider, answer)
    assert speak(workplace, speaker(provider.url)).path.exists()
    assert (provider.count("GET", PATH), purchases(provider)) == (2, 1)


def test_what_never_opens_is_not_sent(
    workplace: Workplace, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drive, "LONGEST_PAUSE", 0.01)
    provider.on("GET", PATH, says({}, 503))
    error = failure(workplace, speaker(provider.url))
    assert (error.code, error.charged, workplace.row["settled_nano"]) == ("not_sent", "no", 0)
    assert "503" in error.message
    assert provider.count("GET", PATH) == drive.ATTEMPTS


def test_nobody_is_followed_to_another_address(
    workplace: Workplace, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drive, "LONGEST_PAUSE", 0.01)
    with Sink() as elsewhere:
        provider.on("GET", PATH, Answer(Reply(status=307, headers=(("location", elsewhere.url + PATH),))))
        assert failure(workplace, speaker(provider.url)).code == "not_sent"
        assert not elsewhere.reached


def test_a_server_that_nobody_vouches_for_hears_nothing(workplace: Workplace) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with Provider(tls=context) as stranger:
        error = failure(workplace, speaker(stranger.url))
        assert (error.code, error.retryable) == ("not_sent", False)
        assert "cannot be trusted" in error.message
        assert stranger.requests == []


def test_what_cannot_be_said_is_found_before_anything_is_paid(workplace: Workplace, provider: Provider) -> None:
    def flow(call: Call) -> Flow:
        yield converse(PATH, send=({"type": "speak", "text": object()},), until=("done",))
        return Succeeded()

    assert failure(workplace, speaker(provider.url, flow)).code == "invalid_parameter"
    assert provider.requests == []


# --- Once something was said ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["reset", "close"])
@pytest.mark.parametrize("after", [0, 1, 5])
def test_a_conversation_that_breaks_off_is_unknown_never_repeated_and_what_came_is_kept(
    how: Any, after: int, workplace: Workplace, provider: Provider
) -> None:
    serve(provider, fault=Fault.cut_conversation(after, how))
    error = failure(workplace, speaker(provider.url))
    check_unknown(error, workplace, provider)
    if how == "close":  # a reset may overtake what was sent before it
        kept = b"".join(path.read_bytes() for path in quarantined(workplace))
        assert kept == SOUND[: len(SOUND) // PIECES * max(0, after - 1)]
        assert all(str(path) in error.message for path in quarantined(workplace))


def check_unknown(error: AnymediaError, workplace: Workplace, provider: Provider) -> None:
    assert (error.code, error.charged) == ("unknown", "maybe")
    assert workplace.row["settled_nano"] is None
    assert purchases(provider) == 1
    assert workplace.files() == []


@pytest.mark.parametrize(
    "fault", [Fault.nonsense_event(3), Fault.nonsense_event(0), Fault.broken_events()], ids=["late", "early", "base64"]
)
def test_what_nobody_understands_is_unknown_and_kept(fault: Fault, workplace: Workplace, provider: Provider) -> None:
    serve(provider, fault=fault)
    check_unknown(failure(workplace, speaker(provider.url)), workplace, provider)
    (reply,) = quarantined(workplace, "*-reply.json")
    assert "hello" in reply.read_text("utf-8")


@pytest.mark.parametrize("event", [{"kind": "done"}, ["done"], "done", {"type": 3}], ids=str)
def test_an_event_without_a_type_is_nonsense(event: Any, workplace: Workplace, provider: Provider) -> None:
    serve(provider, event)
    check_unknown(failure(workplace, speaker(provider.url)), workplace, provider)


def test_an_event_that_should_carry_media_and_does_not_is_nonsense(workplace: Workplace, provider: Provider) -> None:
    serve(provider, {"type": "sound"}, events()[-1])
    check_unknown(failure(workplace, speaker(provider.url)), workplace, provider)


@pytest.mark.parametrize("limit", ["read", "total"])
def test_a_silence_lasts_as_long_as_the_settings_allow(limit: str, workplace: Workplace, provider: Provider) -> None:
    workplace.arguments = {"timeouts": {limit: 0.3}}
    serve(provider, fault=Fault.cut_conversation(3, "silence"))
    check_unknown(failure(workplace, speaker(provider.url)), workplace, provider)
    assert len(quarantined(workplace)) == 1


@pytest.mark.parametrize(
    "said",
    [[{"type": "noise", "text": "A" * (17 * 2**20)}], [{"type": "noise", "text": "A" * 2**20}] * 17],
    ids=["one message", "many messages"],
)
def test_text_without_end_is_not_taken_into_memory(said: Any, workplace: Workplace, provider: Provider) -> None:
    serve(provider, *said, *events())
    check_unknown(failure(workplace, speaker(provider.url)), workplace, provider)


def test_media_of_any_size_goes_to_the_disk(workplace: Workplace, provider: Provider) -> None:
    serve(provider, *events(SOUND * 2000))
    assert speak(workplace, speaker(provider.url)).files[0].size == len(SOUND) * 2000 + 44


def test_what_the_flow_cannot_read_is_kept(workplace: Workplace, provider: Provider) -> None:
    serve(provider, *events()[:-1], {"type": "done"})
    error = failure(workplace, speaker(provider.url))
    assert error.code == "unexpected_reply"
    (kept,) = quarantined(workplace)
    assert kept.read_bytes() == SOUND


# --- Interrupted ------------------------------------------------------------------------------------------------------


def interrupted(workplace: Workplace, provider: Provider) -> None:
    """Begin to speak, and cancel it as soon as the purchase has arrived."""

    async def work(client: AsyncClient) -> None:
        speaking = asyncio.ensure_future(client.generate(SpeechRequest(text="rain"), Options(backend="toy")))
        await arrives(lambda: purchases(provider) == 1)
        speaking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await speaking

    workplace.run(work, speaker(provider.url))


def test_an_interrupted_conversation_is_held_to_its_end_if_that_is_near(
    workplace: Workplace, provider: Provider
) -> None:
    serve(provider, *events(SOUND * 500))
    interrupted(workplace, provider)
    assert workplace.row["status"] == "done"
    assert len(workplace.files()) == 1


def test_an_interrupted_conversation_without_an_end_is_unknown(
    workplace: Workplace, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drive, "GRACE", 0.2)
    monkeypatch.setattr(exchange, "GOODBYE", 0.1)
    serve(provider, fault=Fault.cut_conversation(3, "silence"))
    interrupted(workplace, provider)
    assert (workplace.row["status"], workplace.row["settled_nano"]) == ("unknown", None)
    assert purchases(provider) == 1
