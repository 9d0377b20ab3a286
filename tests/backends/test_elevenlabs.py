"""ElevenLabs through the public door: speech as it comes, what it cost, errors in words, and voices that are kept."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from anymedia import AnymediaError, errors
from anymedia.backends.elevenlabs import BACKEND
from anymedia.backends.elevenlabs.stems import MOST_STEMS
from anymedia.engine.surroundings import Chunk
from anymedia.spec.tiny import MP3, MP4
from anymedia.testing.conformance.watch import Watch
from anymedia.testing.emulator import Emulator, Fault
from anymedia.testing.emulator.messages import Reply, json_reply
from toys import KEY
from workplace import Workplace

TEXT = "The rain has stopped."
SPEECH = "/v1/text-to-speech/JBFqnCBsd6RMkjVDRZzb/stream"
KEEPING = "/v1/text-to-voice"
STEMS = "/v1/music/stem-separation"
HURRIED = Watch().backend(BACKEND)


@pytest.fixture
def provider() -> Iterator[Emulator]:
    with Emulator("elevenlabs", api_key=KEY) as emulator:
        yield emulator


@pytest.fixture
def place(tmp_path: Path, provider: Emulator) -> Workplace:
    return Workplace(root=tmp_path, environ={"ELEVENLABS_API_KEY": KEY, "ELEVENLABS_BASE_URL": provider.base_url})


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "recording.mp3"
    path.write_bytes(MP3)
    return path


def speak(place: Workplace, text: str = TEXT, **parameters: Any) -> Any:
    return place.run(lambda client: client.speech(text, **parameters))


def answering(reply: Reply) -> Fault:
    return Fault(name="another answer", billed=reply.status < 400, rewrite=lambda situation: reply)


def failure(work: Callable[[], Any]) -> AnymediaError:
    with pytest.raises(AnymediaError) as caught:
        work()
    return caught.value


# --- Speech -------------------------------------------------------------------------------------------------------


def test_speech_is_the_default_of_everybody_with_this_key_and_is_heard_as_it_comes(
    place: Workplace, provider: Emulator
) -> None:
    heard: list[Chunk] = []
    made = speak(place, on_chunk=heard.append)
    assert (made.backend, made.model, made.path.suffix) == ("elevenlabs", "eleven_v4", ".mp3")
    assert b"".join(chunk.data for chunk in heard) == made.path.read_bytes()
    assert provider.requests[0].path == SPEECH


def test_what_was_charged_is_read_from_the_header(place: Workplace, provider: Emulator) -> None:
    recording = (("content-type", "audio/mpeg"), ("character-cost", "500"))
    provider.script(SPEECH, [answering(Reply(headers=recording, pieces=(MP3,)))])
    made = speak(place)
    assert (made.usage, made.cost.amount) == ({"characters": 500}, Decimal("0.04"))


def test_a_name_is_resolved_an_id_passes_and_a_typo_is_answered_with_the_nearest(
    place: Workplace, provider: Emulator
) -> None:
    speak(place, voice="Sarah")
    speak(place, voice="21m00Tcm4TlvDq8ikWAM")
    voices = [request.path.split("/")[3] for request in provider.requests]
    assert voices == ["EXAVITQu4vr4xnSDxMaL", "21m00Tcm4TlvDq8ikWAM"]
    error = failure(lambda: speak(place, voice="sara", backend="elevenlabs"))
    assert isinstance(error, errors.InvalidParameter) and error.next == "The nearest allowed value is 'Sarah'."
    assert len(provider.requests) == 2


def test_every_line_of_a_scene_has_the_voice_of_its_speaker(place: Workplace, provider: Emulator) -> None:
    speak(place, "(rain)\nJoe: Has it stopped?\n Ann : It has.", speaker_voices="Joe=George, Ann=Sarah")
    assert provider.requests[0].json["inputs"] == [
        {"text": "(rain)", "voice_id": "JBFqnCBsd6RMkjVDRZzb"},
        {"text": "Has it stopped?", "voice_id": "JBFqnCBsd6RMkjVDRZzb"},
        {"text": "It has.", "voice_id": "EXAVITQu4vr4xnSDxMaL"},
    ]


def test_a_result_goes_on_from_the_last_three_before_it(place: Workplace, provider: Emulator) -> None:
    made = speak(place, continuable=True)
    for _ in range(4):
        made = speak(place, continue_from=made.continuation_id)
    told = [request.json.get("previous_request_ids") for request in provider.requests]
    assert told[0] is None and told[1:4] == [
        ["request1"],
        ["request1", "request2"],
        ["request1", "request2", "request3"],
    ]
    assert told[4] == ["request2", "request3", "request4"]
    assert made.model == "eleven_multilingual_v2"


def test_a_text_over_the_limit_is_spoken_in_parts_and_is_one_file(place: Workplace, provider: Emulator) -> None:
    made = speak(place, "It has rained all day. " * 500)
    assert [len(request.json["text"]) <= 10_000 for request in provider.requests] == [True, True]
    assert len(made.files) == 1


def test_moments_of_the_characters_are_in_the_metadata(place: Workplace) -> None:
    made = speak(place, "Oh.", timestamps="character")
    assert made.provider_metadata["alignment"]["characters"] == ["O", "h", "."]
    assert made.path.read_bytes().startswith(MP3[:2])


@pytest.mark.parametrize(
    ("status", "code", "kind", "then"),
    [
        (401, "quota_exceeded", errors.Rejected, "The credits of the plan are used up"),
        (401, "invalid_api_key", errors.AuthenticationRejected, "Check the key"),
        (401, "missing_permissions", errors.AuthenticationRejected, "Give the key this permission"),
        (401, "detected_unusual_activity", errors.AuthenticationRejected, "a paid plan is needed"),
        (404, "voice_not_found", errors.Rejected, "the id of a voice that your account has"),
        (429, "too_many_concurrent_requests", errors.RateLimited, "Ask again later"),
        (400, "bad_prompt", errors.Refused, "policy refused it"),
    ],
)
def test_an_error_says_what_to_do(
    status: int, code: str, kind: type[AnymediaError], then: str, place: Workplace, provider: Emulator
) -> None:
    wait = {"retry-after": "3600"} if status == 429 else {}
    reply = json_reply({"detail": {"status": code, "message": "its own words"}}, status=status, headers=wait)
    provider.script(SPEECH, [answering(reply)])
    error = failure(lambda: speak(place))
    assert type(error) is kind and error.charged == "no"
    assert "its own words" in error.message and then in (error.next or "")


# --- Music --------------------------------------------------------------------------------------------------------


def test_a_plan_speaks_for_the_song_and_the_result_says_so(place: Workplace, provider: Emulator) -> None:
    plan = json.dumps({"positive_global_styles": ["waltz"], "negative_global_styles": [], "sections": []})
    made = place.run(lambda client: client.music("a waltz", plan=plan, seed=7))
    assert provider.requests[0].json.keys() == {"model_id", "composition_plan", "seed"}
    assert made.warnings == ("The plan says all about the song; the prompt was not sent.",)


def test_a_plan_that_is_no_json_is_refused_before_anything_is_sent(place: Workplace, provider: Emulator) -> None:
    error = failure(lambda: place.run(lambda client: client.music("a waltz", plan="{sections}")))
    assert isinstance(error, errors.InvalidParameter) and "`plan` is no JSON" in error.message
    assert provider.requests == ()


# --- Stems --------------------------------------------------------------------------------------------------------


def archive(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        for name in names:
            opened.writestr(name, MP3)
    return file.getvalue()


def test_stems_are_files_whose_names_are_only_told(place: Workplace, provider: Emulator, recording: Path) -> None:
    content = archive("../../vocals.mp3", "C:\\drums\x1b[31m.mp3")
    reply = Reply(headers=(("content-type", "application/zip"),), pieces=(content,), accepted=True)
    provider.script(STEMS, [answering(reply)])
    made = place.run(lambda client: client.separate_stems(recording))
    assert [file.path.parent for file in made.files] == [place.out, place.out]
    assert made.provider_metadata["stems"] == ["vocals", "drums31m"]
    assert place.files(hidden=True) == []


@pytest.mark.parametrize("content", [b"PK\3\4 no archive", archive(*map(str, range(MOST_STEMS + 1))), archive()])
def test_an_archive_that_is_none_of_stems_is_set_aside_whole(
    content: bytes, place: Workplace, provider: Emulator, recording: Path
) -> None:
    reply = Reply(headers=(("content-type", "application/zip"),), pieces=(content,), accepted=True)
    provider.script(STEMS, [answering(reply)])
    error = failure(lambda: place.run(lambda client: client.separate_stems(recording)))
    assert (error.code, error.charged) == ("verify_failed", "yes")
    (kept,) = place.quarantine.iterdir()
    assert kept.read_bytes() == content


# --- Voices -------------------------------------------------------------------------------------------------------


def test_a_designed_voice_is_kept_listed_and_deleted(place: Workplace, provider: Emulator) -> None:
    made = place.run(lambda client: client.design_voice("an old sailor", name="Captain"), HURRIED)
    assert len(made.files) == 3
    (resource,) = made.resources
    (listed,) = place.run(lambda client: client.resources())
    assert (listed.kind, listed.id, listed.backend) == ("voice", resource.id, "elevenlabs")
    place.run(lambda client: client.delete_resource(resource.id))
    assert place.run(lambda client: client.resources()) == ()
    assert (provider.requests[-1].method, provider.requests[-1].path) == ("DELETE", f"/v1/voices/{resource.id}")


def test_previews_that_were_paid_for_survive_a_voice_that_cannot_be_kept_yet(
    place: Workplace, provider: Emulator
) -> None:
    full = json_reply({"detail": {"status": "voice_limit_reached", "message": "no place left"}}, status=400)
    provider.script(KEEPING, [answering(full)])
    design = failure(lambda: place.run(lambda client: client.design_voice("an old sailor", name="Captain"), HURRIED))
    assert isinstance(design, errors.StillRunning) and "no place left" in design.message
    made = place.run(lambda client: client.resume(str(design.job_id)), HURRIED)
    assert (len(made.files), len(made.resources), provider.billed) == (3, 1, 1)


def test_a_clone_needs_consent_which_is_recorded_and_not_sent(
    place: Workplace, provider: Emulator, recording: Path
) -> None:
    said = "Ann agrees that her voice is cloned"
    made = place.run(lambda client: client.clone_voice(name="Ann", voice_samples=[recording], consent=said))
    assert [resource.kind for resource in made.resources] == ["voice"]
    assert said in place.row["request"]
    assert said.encode() not in provider.requests[0].body


CLONE: dict[str, Any] = {"name": "Ann", "consent": "Ann agrees"}


def test_a_clone_is_heard_if_a_preview_is_asked_for(place: Workplace, provider: Emulator, recording: Path) -> None:
    made = place.run(
        lambda client: client.clone_voice(voice_samples=[recording], preview_text="Good morning.", **CLONE), HURRIED
    )
    (voice,) = made.resources
    assert made.path.suffix == ".mp3" and provider.requests[-1].path == f"/v1/text-to-speech/{voice.id}/stream"
    assert b"Good morning." not in provider.requests[0].body
    assert provider.billed == 2


def test_a_clone_survives_a_preview_that_is_refused(place: Workplace, provider: Emulator, recording: Path) -> None:
    broke = json_reply({"detail": {"status": "quota_exceeded", "message": "no credits left"}}, status=400)
    provider.script("/v1/text-to-speech/voice000000000000001/stream", [answering(broke)])
    clone = failure(
        lambda: place.run(
            lambda client: client.clone_voice(voice_samples=[recording], preview_text="Good morning.", **CLONE), HURRIED
        )
    )
    assert isinstance(clone, errors.PartialResult) and clone.charged == "yes"
    (voice,) = clone.result.resources
    assert "no credits left" in clone.result.missing[0]
    (listed,) = place.run(lambda client: client.resources())
    assert listed.id == voice.id
    place.run(lambda client: client.delete_resource(voice.id))
    assert place.run(lambda client: client.resources()) == ()


# --- Films --------------------------------------------------------------------------------------------------------


def test_the_dub_of_a_film_is_a_film(place: Workplace, provider: Emulator, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(MP4)
    made = place.run(lambda client: client.dub(film, target_language="de", output=tmp_path / "dub.mp4"), HURRIED)
    assert (made.path, made.files[0].media_type) == (tmp_path / "dub.mp4", "video/mp4")
    assert b'filename="film.mp4"' in provider.requests[0].body or b"video/mp4" in provider.requests[0].body
    assert (provider.submits, provider.billed) == (1, 1)


def test_the_dub_of_a_film_cannot_be_named_like_sound(place: Workplace, provider: Emulator, tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(MP4)
    dub = failure(lambda: place.run(lambda client: client.dub(tmp_path / "film.mp4", "de", output=tmp_path / "d.mp3")))
    assert isinstance(dub, errors.OutputRefused) and not provider.requests


# --- Dialogue -----------------------------------------------------------------------------------------------------


def test_a_dialogue_is_said_turn_by_turn_each_by_its_voice(place: Workplace, provider: Emulator) -> None:
    scene = "Joe: Has it stopped?\nAnn: It has."
    made = place.run(lambda client: client.dialogue(scene, "Joe=George, Ann=Sarah"))
    turns = provider.requests[0].json["inputs"]
    assert [turn["text"] for turn in turns] == ["Has it stopped?", "It has."]
    assert len({turn["voice_id"] for turn in turns}) == 2 and made.path.suffix == ".mp3"


# --- Dubbing ------------------------------------------------------------------------------------------------------


def test_a_dub_is_fetched_by_another_client_that_knows_its_id(
    place: Workplace, provider: Emulator, recording: Path
) -> None:
    begun = failure(lambda: place.run(lambda client: client.dub(recording, target_language="de", wait=0)))
    assert isinstance(begun, errors.StillRunning)
    made = place.run(lambda client: client.resume(str(begun.job_id)), HURRIED)
    assert made.path.suffix == ".mp3"
    assert made.provider_metadata["dubbing_id"] == "dub1"
    assert (provider.submits, provider.billed) == (1, 1)


def test_a_dub_comes_with_its_words_if_they_are_asked_for(
    place: Workplace, provider: Emulator, recording: Path
) -> None:
    made = place.run(lambda client: client.dub(recording, target_language="de", transcript="vtt"), HURRIED)
    assert made.path.suffix == ".mp3" and made.text == "WEBVTT\n\n00:00.000 --> 00:01.000\nGuten Morgen.\n"
    assert b"format_type" not in provider.requests[0].body
    assert "/v1/dubbing/dub1/transcripts/de/format/webvtt" in [request.path for request in provider.requests]


def test_a_dub_survives_a_transcript_that_is_refused(place: Workplace, provider: Emulator, recording: Path) -> None:
    none = json_reply({"detail": {"status": "unsupported", "message": "no transcript of this"}}, status=422)
    provider.script("/v1/dubbing/dub1/transcripts/de/format/json", [answering(none)])
    dub = failure(
        lambda: place.run(lambda client: client.dub(recording, target_language="de", transcript="json"), HURRIED)
    )
    assert isinstance(dub, errors.PartialResult) and dub.result.path.suffix == ".mp3"
    assert "no transcript of this" in dub.result.missing[0]
