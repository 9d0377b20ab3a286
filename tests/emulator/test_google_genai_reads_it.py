"""Google's own client reads the emulator. Imports nothing of anymedia's backends."""

import base64
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from google import genai
from google.genai import errors, types
from google.genai._gaos.lib.compat_errors import APIStatusError  # what interactions raise; it has no public name
from google.genai.interactions import Interaction

from anymedia.testing.emulator import Emulator, Fault, MediaAsked
from anymedia.testing.emulator.pictures import draw

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")

PNG = draw(MediaAsked(prompt="input", output_format="png", width=64, height=32))
PICTURE = {"type": "image", "mime_type": "image/png", "data": base64.b64encode(PNG).decode()}
TONE = draw(MediaAsked(prompt="input", output_format="wav", duration=0.1))
SOUND = {"type": "audio", "mime_type": "audio/wav", "data": base64.b64encode(TONE).decode()}
CONTENTS = "/v1/models/gemini-3-pro-image:generateContent"
INTERACTIONS = "/v1/interactions"
NEWEST = "gemini-nano-banana-2.1"
OMNI = "gemini-omni-1.2-flash"
TTS = "gemini-3.8-flash-tts"


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(dialect="google", api_key="right-key") as emulator:
        yield emulator


def connected(emulator: Emulator, key: str = "right-key") -> genai.Client:
    once = types.HttpRetryOptions(attempts=1)
    return genai.Client(api_key=key, http_options=types.HttpOptions(base_url=emulator.base_url, retry_options=once))


@pytest.fixture
def client(emulator: Emulator) -> Iterator[genai.Client]:
    with connected(emulator) as client:
        yield client


def drawing(**image_config: Any) -> types.GenerateContentConfig:
    return types.GenerateContentConfig(
        response_modalities=["IMAGE"], image_config=types.ImageConfig(**image_config) if image_config else None
    )


def picture_in(response: types.GenerateContentResponse) -> types.Blob:
    (part,) = response.parts or ()
    assert part.inline_data is not None and part.thought_signature
    return part.inline_data


def interact(client: genai.Client, **asked: Any) -> Interaction:
    found: Interaction = client.interactions.create(**asked)
    return found


# --- generateContent ----------------------------------------------------------------------------------------------


def test_a_picture_of_the_asked_shape_and_size(emulator: Emulator, client: genai.Client) -> None:
    config = drawing(aspect_ratio="16:9", image_size="2K")
    response = client.models.generate_content(model="gemini-3-pro-image", contents="a fox", config=config)
    picture = picture_in(response)
    assert (picture.mime_type, (picture.data or b"")[:4]) == ("image/png", b"\x89PNG")
    assert response.candidates is not None and response.candidates[0].finish_reason == types.FinishReason.STOP
    assert response.usage_metadata is not None and response.usage_metadata.candidates_token_count == 1680
    assert (emulator.submits, emulator.billed) == (1, 1)


def test_a_chat_sends_the_picture_and_its_signature_again(emulator: Emulator, client: genai.Client) -> None:
    chat = client.chats.create(model="gemini-3-pro-image", config=drawing())
    first = picture_in(chat.send_message("a fox"))
    second = picture_in(chat.send_message("bluer"))
    assert first.data != second.data
    model_turn = emulator.requests[-1].json["contents"][1]
    assert model_turn["parts"][0]["thoughtSignature"]


def test_an_unknown_model_a_wrong_key_and_a_wrong_size_are_errors(emulator: Emulator, client: genai.Client) -> None:
    with pytest.raises(errors.ClientError, match="not found for API version v1") as missing:
        client.models.generate_content(model="gemini-0", contents="a fox")
    with pytest.raises(errors.ClientError, match="Unsupported") as wrong:
        client.models.generate_content(
            model="gemini-3-pro-image", contents="a fox", config=drawing(image_size="3K", aspect_ratio="1:1")
        )
    with connected(emulator, "wrong-key") as stranger, pytest.raises(errors.ClientError, match="API key") as unknown:
        stranger.models.generate_content(model="gemini-3-pro-image", contents="a fox")
    found = [(each.value.code, each.value.status) for each in (missing, wrong, unknown)]
    assert found == [(404, "NOT_FOUND"), (400, "INVALID_ARGUMENT"), (400, "INVALID_ARGUMENT")]
    assert emulator.billed == 0


def test_a_scripted_overload_has_googles_state(emulator: Emulator, client: genai.Client) -> None:
    emulator.script(CONTENTS, [Fault.status(503, billed=False)])
    with pytest.raises(errors.ServerError) as caught:
        client.models.generate_content(model="gemini-3-pro-image", contents="a fox")
    assert (caught.value.code, caught.value.status) == (503, "UNAVAILABLE")


def test_models_are_listed_and_found(client: genai.Client) -> None:
    listed = {model.name for model in client.models.list()}
    assert {f"models/{NEWEST}", f"models/{OMNI}"} <= listed
    assert client.models.get(model=OMNI).name == f"models/{OMNI}"


# --- Voices -------------------------------------------------------------------------------------------------------

DESIGNED: Any = {
    "type": "prompted",
    "display_name": "Ada",
    "language_code": "en-GB",
    "prompted": {"input": "a warm narrator", "base_voice": "Puck"},
}


def test_a_voice_is_designed_heard_listed_and_deleted(emulator: Emulator, client: genai.Client) -> None:
    made = client.voices.create(voice=DESIGNED, store=True)
    assert made.sample_audio is not None and made.prompted is not None
    assert (made.sample_audio.mime_type, base64.b64decode(made.sample_audio.data)[:4]) == ("audio/wav", b"RIFF")
    assert (made.display_name, made.prompted.base_voice, made.key) == ("Ada", "Puck", None)
    assert [voice.id for voice in client.voices.list().voices or ()] == [made.id, "Puck"]
    assert [voice.id for voice in client.voices.list(type_=["prebuilt"]).voices or ()] == ["Puck"]
    assert client.voices.get(id=str(made.id)).language_code == "en-GB"
    client.voices.delete(id=str(made.id))
    with pytest.raises(APIStatusError) as caught:
        client.voices.get(id=str(made.id))
    assert (caught.value.status_code, emulator.billed) == (404, 1)


def test_a_voice_is_replicated_with_a_spoken_consent(emulator: Emulator, client: genai.Client) -> None:
    sound = {"data": SOUND["data"], "mime_type": "audio/wav"}
    voice: Any = {"type": "replicated", "replicated": {"source_audio": sound, "consent_audio": sound}}
    kept = client.voices.create(voice=voice, store=True)
    unkept = client.voices.create(voice=voice)
    assert str(kept.id).startswith("voice_") and str(unkept.key).startswith("voicekey_") and unkept.id is None


def test_a_designed_voice_must_be_stored(emulator: Emulator, client: genai.Client) -> None:
    with pytest.raises(APIStatusError, match="store=true"):
        client.voices.create(voice=DESIGNED)
    assert emulator.billed == 0


# --- Interactions -------------------------------------------------------------------------------------------------


def test_an_interaction_answers_with_a_picture_of_the_asked_format(emulator: Emulator, client: genai.Client) -> None:
    wanted = {"type": "image", "aspect_ratio": "9:16", "image_size": "1K", "mime_type": "image/jpeg"}
    found = interact(client, model=NEWEST, input="a fox", response_format=wanted)
    picture = found.output_image
    assert found.status == "completed" and picture is not None
    assert (picture.mime_type, base64.b64decode(str(picture.data))[:2]) == ("image/jpeg", b"\xff\xd8")
    assert found.usage is not None and found.usage.total_output_tokens == 1120
    assert (emulator.submits, emulator.billed) == (1, 1)


def test_what_was_stored_can_be_continued_and_what_was_not_cannot(client: genai.Client) -> None:
    first = interact(client, model=NEWEST, input="a fox")
    second = interact(client, model=NEWEST, input="bluer", previous_interaction_id=first.id)
    assert second.previous_interaction_id == first.id
    lost = interact(client, model=NEWEST, input="a fox", store=False)
    with pytest.raises(APIStatusError, match="previous interaction"):
        interact(client, model=NEWEST, input="bluer", previous_interaction_id=lost.id)


def test_a_film_goes_from_queued_to_completed_by_its_polls_and_is_a_file(
    emulator: Emulator, client: genai.Client
) -> None:
    wanted = {"type": "video", "delivery": "uri", "resolution": "1080p", "duration": "4s", "aspect_ratio": "16:9"}
    task = {"video_config": {"task": "image_to_video"}}
    given = [{"type": "text", "text": "it runs"}, PICTURE]
    queued = interact(client, model=OMNI, input=given, background=True, response_format=wanted, generation_config=task)
    seen = [queued, client.interactions.get(queued.id), client.interactions.get(queued.id)]
    assert [each.status for each in seen] == ["queued", "in_progress", "completed"]
    film = seen[-1].output_video
    name = film.uri.rpartition("/")[2].partition(":")[0]
    assert client.files.get(name=f"files/{name}").state == types.FileState.ACTIVE
    assert client.files.download(file=film.uri)[4:8] == b"ftyp"
    assert (emulator.submits, emulator.billed) == (1, 1)


def test_a_film_may_come_inline(client: genai.Client) -> None:
    found = interact(client, model=OMNI, input="a fox")
    assert found.output_video is not None
    assert base64.b64decode(str(found.output_video.data))[4:8] == b"ftyp"


def test_an_order_can_be_cancelled_and_deleted(client: genai.Client) -> None:
    queued = interact(client, model=OMNI, input="a fox", background=True)
    assert client.interactions.cancel(queued.id).status == "cancelled"
    assert client.interactions.get(queued.id).status == "cancelled"
    client.interactions.delete(queued.id)
    with pytest.raises(APIStatusError, match="not found"):
        client.interactions.get(queued.id)


@pytest.mark.parametrize("output_format, magic", [("wav", b"RIFF"), ("mp3", b"\xff\xf3")])
def test_a_song_has_the_asked_format(output_format: str, magic: bytes, client: genai.Client) -> None:
    wanted = {"type": "audio", "mime_type": f"audio/{output_format}"}
    song = interact(client, model="lyria-3.5", input="a waltz", response_format=wanted).output_audio
    assert song is not None and base64.b64decode(str(song.data)).startswith(magic)


@pytest.mark.parametrize(
    "mime_type, magic",
    [(None, b"RIFF"), ("audio/wav", b"RIFF"), ("audio/mp3", b"\xff\xf3"), ("audio/ogg_opus", b"OggS")],
)
def test_speech_has_the_asked_format_and_is_a_wav_file_else(
    mime_type: str | None, magic: bytes, client: genai.Client
) -> None:
    wanted = {"type": "audio"} | ({"mime_type": mime_type} if mime_type else {})
    voice = {"speech_config": [{"voice": "Kore", "language": "en-US"}]}
    spoken = interact(client, model=TTS, input="Good morning.", response_format=wanted, generation_config=voice)
    assert spoken.output_audio is not None
    assert base64.b64decode(str(spoken.output_audio.data)).startswith(magic)


def test_speech_of_two_speakers_may_be_samples_without_a_header(emulator: Emulator, client: genai.Client) -> None:
    said = [("Joe", "Has it stopped?"), ("Ann", "It has.")]
    notes = [{"type": "speech_metadata", "speaker": name, "style": "warmly"} for name, _ in said]
    turns = [{"type": "text", "text": text, "annotations": [note]} for (_, text), note in zip(said, notes, strict=True)]
    speakers = {"speakers": [{"speaker": "Joe", "voice": "Kore"}, {"speaker": "Ann", "voice": "Puck"}]}
    found = interact(
        client,
        model=TTS,
        input=turns,
        response_format={"type": "audio", "mime_type": "audio/l16"},
        generation_config={"speech_config": speakers},
    )
    samples = found.output_audio
    assert samples is not None and (samples.mime_type, samples.channels) == ("audio/l16", 1)
    assert len(base64.b64decode(str(samples.data))) % 2 == 0 and samples.sample_rate
    assert emulator.billed == 1


def test_a_recording_is_written_down_word_by_word(emulator: Emulator, client: genai.Client) -> None:
    mode = {"type": "verbatim", "timestamp_granularities": ["word"]}
    config = {"transcription_config": {"language_codes": ["en-US"], "mode": mode}}
    found = interact(client, model="gemini-3.5-transcribe", input=[SOUND], generation_config=config)
    notes = found.steps[-1].content[0].annotations
    assert [note.text for note in notes] == found.output_text.split()
    assert (notes[0].type, notes[0].start_offset, notes[0].end_offset) == ("word_info", "0.000s", "0.100s")
    assert found.usage is not None and found.usage.total_output_tokens == len(notes)
    assert emulator.billed == 1


@pytest.mark.parametrize(
    ("mime_type", "states"), [("audio/wav", ["ACTIVE"]), ("video/mp4", ["PROCESSING"] * 2 + ["ACTIVE"])]
)
def test_a_file_is_uploaded_used_and_deleted(
    mime_type: str, states: list[str], emulator: Emulator, client: genai.Client
) -> None:
    uploaded = client.files.upload(file=io.BytesIO(TONE), config={"mime_type": mime_type})
    seen = [uploaded]
    while seen[-1].state != types.FileState.ACTIVE:
        seen.append(client.files.get(name=str(uploaded.name)))
    assert [each.state and each.state.value for each in seen] == states
    piece = {"type": mime_type.partition("/")[0], "uri": uploaded.uri, "mime_type": mime_type}
    assert interact(client, model="gemini-3.8-flash", input=[piece]).output_text
    client.files.delete(name=str(uploaded.name))
    with pytest.raises(errors.ClientError, match="may not exist"):
        client.files.get(name=str(uploaded.name))
    with pytest.raises(APIStatusError, match="ACTIVE"):
        interact(client, model="gemini-3.8-flash", input=[piece])
    assert (emulator.submits, emulator.billed) == (2, 1)


def test_a_question_about_media_is_answered_in_words(client: genai.Client) -> None:
    asked = [PICTURE, SOUND, {"type": "text", "text": "What is this?"}]
    found = interact(client, model="gemini-3.8-flash", input=asked, system_instruction="briefly")
    assert "What is this?" in found.output_text


@pytest.mark.parametrize(
    "config",
    [
        {"custom_vocabulary": ["fox"], "mode": {"type": "verbatim", "timestamp_granularities": ["word"]}},
        {"mode": "loud"},
        {"mode": {"type": "smart", "diarization_mode": "speaker"}},
        {"language": "en"},
    ],
    ids=json.dumps,
)
def test_settings_of_transcriptions_that_the_api_does_not_know_are_refused(
    config: dict[str, Any], emulator: Emulator, client: genai.Client
) -> None:
    with pytest.raises(APIStatusError):
        interact(
            client,
            model="gemini-3.5-transcribe",
            input=[SOUND],
            generation_config={"transcription_config": config},
        )
    assert emulator.billed == 0


@pytest.mark.parametrize(
    "config",
    [
        {"speech_config": {"speakers": [{"speaker": "Joe", "voice": "Kore"}]}},
        {"speech_config": [{"tone": "low"}]},
        {"transcription_config": {}},
    ],
    ids=json.dumps,
)
def test_settings_of_speech_that_the_api_does_not_know_are_refused(
    config: dict[str, Any], emulator: Emulator, client: genai.Client
) -> None:
    with pytest.raises(APIStatusError):
        interact(client, model=TTS, input="Hello.", response_format={"type": "audio"}, generation_config=config)
    assert emulator.billed == 0


@pytest.mark.parametrize(
    "asked",
    [
        {"response_format": {"type": "image", "image_size": "3K"}},
        {"response_format": {"type": "video"}},
        {"generation_config": {"video_config": {"task": "dream"}}},
        {"background": True, "store": False},
    ],
    ids=json.dumps,
)
def test_what_the_api_does_not_know_is_refused_and_not_billed(
    asked: dict[str, Any], emulator: Emulator, client: genai.Client
) -> None:
    with pytest.raises(APIStatusError):
        interact(client, model=NEWEST, input="a fox", **asked)
    assert (emulator.submits, emulator.billed) == (1, 0)


def test_an_unknown_model_of_an_interaction_has_a_word_for_a_code(client: genai.Client) -> None:
    with pytest.raises(APIStatusError, match="was not found") as caught:
        interact(client, model="gemini-0", input="a fox")
    assert "model_not_found" in str(caught.value)
