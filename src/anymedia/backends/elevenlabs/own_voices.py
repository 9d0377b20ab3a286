"""Voices of one's own: designed from words, or cloned from recordings. What is kept at ElevenLabs is in the ledger."""

from collections.abc import Generator, Mapping
from dataclasses import replace
from urllib.parse import quote

from ...media import Json
from ...operations import VoiceCloneRequest, VoiceDesignRequest
from ...results import Resource
from ...spec import (
    AnyValue,
    Between,
    Call,
    Created,
    Effect,
    Failed,
    Files,
    Flow,
    HttpRequest,
    Model,
    Param,
    Partial,
    Reply,
    Response,
    Sample,
    ShapedText,
    Succeeded,
    TextUpTo,
    UnknownPrice,
    delete,
    form,
    post,
)
from ...spec.tiny import MP3
from .common import (
    CHECKED,
    DOCS,
    PRICING,
    RECORDING_TYPES,
    SEEN,
    as_parts,
    format_param,
    split_format,
    usage_of,
)
from .samples import RECORDED, SPOKEN, aloud
from .voices import VOICE_ID

# --- Parameters -------------------------------------------------------------------------------------------------

OWN_VOICE = ShapedText(
    pattern=VOICE_ID,
    means="the id of a voice of your own",
    such_as=("21m00Tcm4TlvDq8ikWAM", "AZnzlk1XvdvUeBnXmlld"),
)
PREVIEW_TEXT = ShapedText(
    pattern=r"[\s\S]{100,1000}",
    means="text of 100 to 1,000 characters",
    such_as=("It rains. " * 10, "It snows. " * 20),
)
"""The official client's documentation of `text`."""

DESIGNING: Mapping[str, Param] = {
    "prompt": Param(wire_name="voice_description", allows=TextUpTo(1000)),
    "name": Param(wire_name="voice_name", allows=TextUpTo(100)),
    "base_voice": Param(wire_name="base_voice", allows=OWN_VOICE),
    "preview_text": Param(wire_name="text", allows=PREVIEW_TEXT),
    "seed": Param(wire_name="seed", allows=Between(0, 2**31 - 1)),
    "guidance_scale": Param(wire_name="guidance_scale", allows=Between(0.0, 100.0)),
    "output_format": format_param("mp3", "opus"),
}
"""The official client's documentation of `text_to_voice.design` and the published OpenAPI document of 2025-08-25, which
has the limits of the description, the seed and the guidance. None is known of a name."""
CLONING: Mapping[str, Param] = {
    "name": Param(wire_name="name", allows=TextUpTo(100)),
    "voice_samples": Param(
        wire_name="files", allows=Files(media_types=RECORDING_TYPES, at_most=25, bytes_each=10 * 10**6)
    ),
    "description": Param(wire_name="description", allows=TextUpTo(500)),
    "remove_background_noise": Param(wire_name="remove_background_noise", allows=AnyValue(bool)),
    "preview_text": Param(wire_name="text", allows=TextUpTo(10_000)),
}
"""25 recordings of 10 MB: the help pages on instant voice cloning. No limits of the texts are published; that of the
preview is its model's."""

PREVIEWING = "eleven_multilingual_v2"
"""Speaks the preview of a clone, at its own price: the model that the provider's guides use for voices of one's own."""
AT_ONCE = 0.2
"""Seconds until the preview is bought."""

# --- Flows ------------------------------------------------------------------------------------------------------


def kept(voice_id: str) -> Generator[Effect, Response, Resource]:
    """Write down that a voice is kept, before anything else happens."""
    yield Created(kind="voice", id=voice_id, delete=delete(f"/v1/voices/{quote(voice_id, safe='')}"))
    return Resource(kind="voice", id=voice_id)


def design(call: Call) -> Flow:
    """Buy the previews. With a name, the first of them is kept as a voice afterwards, by a step of its own."""
    fields, query = split_format(call.body)
    name, base = fields.pop("voice_name", None), fields.pop("base_voice", None)
    spoken = {} if "text" in fields else {"auto_generate_text": True}
    whose = {"model_id": call.model.id} if base is None else {}
    response = yield HttpRequest(
        method="POST",
        path="/v1/text-to-voice/design" if base is None else f"/v1/text-to-voice/{base}/remix",
        effect="pays",
        query=query,
        json={**whose, **spoken, **fields},
        media_at=("previews[*].audio_base_64",),
    )
    previews = response.json["previews"]
    files = tuple(preview["audio_base_64"] for preview in previews if preview.get("audio_base_64") is not None)
    if not files:
        return Failed(reason="the reply holds no preview", kind="empty_output")
    ids = [preview["generated_voice_id"] for preview in previews]
    missing = ["A preview came without its recording."] * (len(previews) - len(files))
    if name is not None:
        return Partial(files=files, state={"ids": ids, "missing": missing})
    return Succeeded(
        files=files, missing=tuple(missing), usage=usage_of(response.headers), metadata={"generated_voice_ids": ids}
    )


def keep_designed(call: Call, state: Json) -> Flow:
    """Keep the first preview as a voice. The previews are saved by now, whatever becomes of this."""
    body = {
        "voice_name": call.body["voice_name"],
        "voice_description": call.body["voice_description"],
        "generated_voice_id": state["ids"][0],
    }
    response = yield post("/v1/text-to-voice", json=body, effect="creates")
    resource = yield from kept(response.json["voice_id"])
    return Succeeded(
        resources=(resource,), missing=tuple(state["missing"]), metadata={"generated_voice_ids": state["ids"]}
    )


def clone(call: Call) -> Flow:
    # It costs a place for a voice and no credits, and is still nothing to be done twice.
    body = {name: value for name, value in call.body.items() if name != "text"}
    response = yield form("/v1/voices/add", parts=as_parts(body), effect="pays")
    resource = yield from kept(response.json["voice_id"])
    asks = bool(response.json.get("requires_verification"))
    if "text" in call.body:
        return Partial(files=(), state={"voice_id": resource.id, "asks": asks}, poll_after=AT_ONCE)
    return cloned(resource, asks=asks)


def cloned(resource: Resource, *, asks: bool) -> Succeeded:
    warnings = ("ElevenLabs asks to verify this voice on its website before it speaks.",) if asks else ()
    return Succeeded(resources=(resource,), warnings=warnings, metadata={"requires_verification": asks})


def hear_clone(call: Call, state: Json) -> Flow:
    """Buy a preview of the voice, which is kept by now, whatever becomes of this."""
    body = {"model_id": PREVIEWING, "text": call.body["text"]}
    response = yield post(f"/v1/text-to-speech/{quote(state['voice_id'], safe='')}/stream", json=body)
    voice = cloned(Resource(kind="voice", id=state["voice_id"]), asks=state["asks"])
    if response.spilled is None:
        return replace(voice, missing=("The preview came without its recording.",))
    return replace(voice, files=(response.spilled,), usage=usage_of(response.headers))


def designing_model(model_id: str) -> Model:
    return Model(
        id=model_id,
        accepts=VoiceDesignRequest,
        params=DESIGNING,
        price=UnknownPrice(source=PRICING, checked=CHECKED),
        typical_bytes=500_000,
        max_outputs=3,
        submit=design,
        poll=keep_designed,
        source=f"{DOCS}/text-to-voice/design",
    )


MODELS = (
    designing_model("eleven_ttv_v3"),
    designing_model("eleven_multilingual_ttv_v2"),
    Model(
        id="instant_voice_clone",
        accepts=VoiceCloneRequest,
        params=CLONING,
        price=UnknownPrice(source=PRICING, checked=CHECKED),
        typical_bytes=200_000,
        submit=clone,
        poll=hear_clone,
        source=f"{DOCS}/voices/ivc/create",
    ),
)
"""A clone is not told a model; the name is ours. Its preview is spoken by PREVIEWING."""

# --- Samples ----------------------------------------------------------------------------------------------------


def preview(number: int) -> Json:
    said = {"audio_base_64": SPOKEN, "media_type": "audio/mpeg", "duration_secs": 0.24, "language": "en"}
    return {**said, "generated_voice_id": f"generated{number}"}


DESIGNED = Reply(json={"previews": [preview(1), preview(2), preview(3)], "text": "It rains."})
CLONED = Reply(json={"voice_id": "voice2", "requires_verification": False})
CREATED = Reply(json={"voice_id": "voice1", "name": "Captain", "category": "generated"})
SAMPLES = (
    Sample(request=VoiceDesignRequest(prompt="an old sailor"), replies=(DESIGNED,), source=SEEN),
    Sample(
        request=VoiceDesignRequest(prompt="an old sailor", name="Captain"), replies=(DESIGNED, CREATED), source=SEEN
    ),
    Sample(
        request=VoiceDesignRequest(prompt="an old sailor"),
        replies=(Reply(json={"previews": [], "text": "It rains."}),),
        expects="failed",
        source=SEEN,
    ),
    Sample(
        request=VoiceCloneRequest(name="Ann", voice_samples=(RECORDED,), consent="Ann agrees, 2026-11-22"),
        replies=(CLONED,),
        source=SEEN,
    ),
    Sample(
        request=VoiceCloneRequest(
            name="Ann", voice_samples=(RECORDED,), consent="Ann agrees, 2026-11-22", preview_text="Good morning."
        ),
        replies=(CLONED, aloud(MP3)),
        source=SEEN,
    ),
)
