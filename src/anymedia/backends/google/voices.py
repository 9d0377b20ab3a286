"""Voices of one's own: designed from words, changed from a voice there is, or replicated from a recording.

Facts: https://ai.google.dev/gemini-api/docs/voice-design and .../voice-replication, stored copies of autumn 2026, and
the official client 3.4.0 (`voices.create`, `VoiceInput`, `VoiceOutput`), all checked 2026-11-22. Google forgets a
stored voice that nobody used for a year.
"""

from collections.abc import Generator, Mapping
from dataclasses import replace
from urllib.parse import quote

from ...media import Json, MediaFile
from ...operations import VoiceCloneRequest, VoiceDesignRequest
from ...spec import (
    Call,
    Created,
    Effect,
    Files,
    Flow,
    Inline,
    Model,
    OneFile,
    Param,
    Reply,
    Resource,
    Response,
    Rule,
    Sample,
    ShapedText,
    Succeeded,
    TextUpTo,
    UnknownPrice,
    delete,
    post,
)
from . import interactions
from .common import CHECKED, DOCS, LANGUAGE, LARGEST_INLINE, SEEN
from .music import tone
from .speech import VOICES, WAV

SPEAKER = "gemini-3.8-flash-tts"
"""What designs and replicates. Its voices speak with every speech model, so that the other one is not declared."""
PATH = "/v1beta/voices"
"""The version of the documentation's own examples; the official client's default is another."""
SAMPLE_AT = ("sample_audio.data",)

# --- Parameters -------------------------------------------------------------------------------------------------

RECORDINGS = ("audio/wav", "audio/mpeg")
"""Those that the official client's `AudioData` names. How long a recording may be is not known here."""
LARGEST = LARGEST_INLINE // 2
"""Bytes. Two recordings go into one request."""
GENDER = ShapedText(
    options=("female", "male", "neutral"), pattern="[a-z-]{1,64}", means="another word for it", such_as=("androgynous",)
)
ABOUT: Mapping[str, Param] = {
    "name": Param(wire_name="voice.display_name", allows=TextUpTo(512)),
    "language": Param(wire_name="voice.language_code", allows=LANGUAGE),
    "gender": Param(wire_name="voice.gender", allows=GENDER),
}
"""No limits of a name and of words are published."""


def encode_recording(file: MediaFile) -> Json:
    return {"data": Inline(file=file), "mime_type": interactions.described(file)["mime_type"]}


def encode_only(files: tuple[MediaFile, ...]) -> Json:
    return encode_recording(files[0])


DESIGN: Mapping[str, Param] = {
    "prompt": Param(wire_name="voice.prompted.input", allows=TextUpTo(8192)),
    "base_voice": Param(wire_name="voice.prompted.base_voice", allows=VOICES),
    **ABOUT,
}
CLONE: Mapping[str, Param] = {
    "voice_samples": Param(
        wire_name="voice.replicated.source_audio",
        allows=Files(media_types=RECORDINGS, at_most=1, bytes_each=LARGEST),
        encode=encode_only,
    ),
    "consent_audio": Param(
        wire_name="voice.replicated.consent_audio",
        allows=OneFile(media_types=RECORDINGS, bytes_each=LARGEST),
        encode=encode_recording,
    ),
    "description": Param(wire_name="voice.description", allows=TextUpTo(4096)),
    **ABOUT,
}
SPOKEN_CONSENT = Rule(
    when={"voice_samples": Rule.ASKED},
    needs={"consent_audio": Rule.ASKED},
    why="Google wants to hear the consent of the speaker",
)

# --- Flow -------------------------------------------------------------------------------------------------------


NO_SAMPLE = "Google sent no sample of this voice; speech with it is how it is heard."


def design(call: Call) -> Flow:
    """A voice of words, with a sample of it."""
    made = yield from created(call, "prompted")
    return made if made.files else replace(made, missing=(NO_SAMPLE,))


def replicate(call: Call) -> Flow:
    """A voice of a recording. Google promises no sample of it."""
    made = yield from created(call, "replicated")
    return made if made.files else replace(made, warnings=(NO_SAMPLE,))


def created(call: Call, kind: str) -> Generator[Effect, Response, Succeeded]:
    """One voice that Google keeps. It is written down as kept before its sample is looked at."""
    voice = {"model": SPEAKER, "type": kind, **call.body["voice"]}
    response = yield post(PATH, json={**call.body, "store": True, "voice": voice}, media_at=SAMPLE_AT)
    reply: Json = response.json
    kept = Resource(kind="voice", id=reply["id"])
    if not isinstance(kept.id, str) or not kept.id:
        raise ValueError(f"a voice of the id {kept.id!r}")
    yield Created(kind=kept.kind, id=kept.id, delete=delete(f"{PATH}/{quote(kept.id, safe='')}"))
    sample = reply.get("sample_audio") or {}
    return Succeeded(
        files=(interactions.as_output(sample),) if interactions.is_bytes(sample) else (),
        resources=(kept,),
        usage=interactions.usage_in(reply, "audio"),
        metadata={name: reply[name] for name in ("display_name", "expire_time", "model") if reply.get(name)},
    )


PRICE = UnknownPrice(source=f"{DOCS}/voice-design", checked=CHECKED)
"""No price of making a voice was found. The official client's type of the reply has a place for the tokens used."""
MODELS = (
    Model(
        id=f"{SPEAKER}-design",
        accepts=VoiceDesignRequest,
        params=DESIGN,
        price=PRICE,
        typical_bytes=1_000_000,
        submit=design,
        source=f"{DOCS}/voice-design",
    ),
    Model(
        id=f"{SPEAKER}-replication",
        accepts=VoiceCloneRequest,
        params=CLONE,
        rules=(SPOKEN_CONSENT,),
        price=PRICE,
        typical_bytes=1_000_000,
        submit=replicate,
        source=f"{DOCS}/voice-replication",
    ),
)

# --- Samples ----------------------------------------------------------------------------------------------------

VOICE = {"id": "voice_abc123def456", "model": SPEAKER, "display_name": "Ada", "expire_time": "2027-11-22T00:00:00Z"}
HEARD = {"mime_type": "audio/wav", "data": WAV["data"]}
DESIGNED = {**VOICE, "type": "prompted", "prompted": {"input": "a warm narrator"}, "sample_audio": HEARD}
REPLICATED = {**VOICE, "type": "replicated"}


def spoken(media_type: str = "audio/wav") -> MediaFile:
    return MediaFile(media_type=media_type, data=tone(), size=len(tone()))


def cloning(reply: Reply, expects: Json = "done", **asked: Json) -> Sample:
    consent = {"consent": "Ada agreed by letter, 2026-11-22.", "consent_audio": spoken()}
    request = VoiceCloneRequest(**{"name": "Ada", "voice_samples": (spoken(),), **consent, **asked})
    return Sample(request=request, replies=(reply,), expects=expects, source=SEEN)


def designing(reply: Reply, expects: Json = "done", **asked: Json) -> Sample:
    request = VoiceDesignRequest(**{"prompt": "a warm narrator", **asked})
    return Sample(request=request, replies=(reply,), expects=expects, source=SEEN)


BLOCKED = Reply(status=400, json={"error": {"code": "SAFETY", "message": "blocked"}})
SAMPLES = (
    designing(Reply(json=DESIGNED)),
    designing(Reply(json=DESIGNED), name="Ada", language="en-GB", gender="female", base_voice="Puck"),
    designing(Reply(json={**VOICE, "type": "prompted"}), "partial"),
    designing(BLOCKED, "refused"),
    cloning(Reply(json=REPLICATED)),
    cloning(BLOCKED, "refused"),
)
