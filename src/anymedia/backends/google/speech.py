"""Speech: a text read aloud by one voice or by two speakers, by an interaction.

Facts: https://ai.google.dev/gemini-api/docs/speech-generation, stored copies of autumn 2026, and the official client
3.4.0 (`SpeechConfig`, `SpeakerConfig`, `SpeechAnnotation`), both checked 2026-11-22.
"""

import io
import re
import wave
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from ...media import Json
from ...operations import Request, SpeechRequest
from ...spec import (
    Call,
    Flow,
    Model,
    Param,
    Reply,
    Rule,
    Sample,
    ShapedText,
    TextUpTo,
    TokenPrice,
    TokenRate,
    one_of,
)
from . import interactions
from .common import CHECKED, DOCS, LANGUAGE, PRICES_READ_AT, SEEN

# --- Parameters -------------------------------------------------------------------------------------------------

VOICE = r"[A-Z][A-Za-z0-9-]*|voice(?:key)?_[\w.=+/-]+"
VOICES = ShapedText(
    options=(
        *("Kore", "Puck", "Zephyr", "Charon", "Fenrir", "Leda", "Orus", "Aoede", "Callirrhoe", "Autonoe"),
        *("Enceladus", "Iapetus", "Umbriel", "Algieba", "Despina", "Erinome", "Algenib", "Rasalgethi", "Laomedeia"),
        *("Achernar", "Alnilam", "Schedar", "Gacrux", "Pulcherrima", "Achird", "Zubenelgenubi", "Vindemiatrix"),
        *("Sadachbia", "Sadaltager", "Sulafat"),
    ),
    pattern=VOICE,
    means="a voice of the library, or the id or key of a voice of your own",
    such_as=("voice_abc123def456",),
)
"""The thirty of the documentation. Its library lists 2,000 more by names; what ids look like is said by the official
client's `Voice`. None is sent where none is asked for: the provider has a default."""
NAME = r"[^\s:=,][^:=,\n]{0,63}"
TWO_SPEAKERS = ShapedText(
    pattern=rf"\s*{NAME}=(?:{VOICE})\s*,\s*{NAME}=(?:{VOICE})\s*",
    means="two names of the text and their voices",
    such_as=("Joe=Kore, Ann=Puck",),
)
MEDIA_TYPES = {"wav": "audio/wav", "mp3": "audio/mp3", "opus": "audio/ogg_opus"}
"""Of the official client's AudioResponseFormat, those that are files. Samples without a header gain nothing."""
LONGEST_TEXT = 8192
"""Characters. The models read 8,192 tokens, and a token is a character or more. That much text lasts about nine
minutes, and the output limit is worth eleven."""


def encode_speakers(speaker_voices: str) -> list[Json]:
    pairs = [pair.partition("=") for pair in speaker_voices.split(",")]
    return [{"speaker": name.strip(), "voice": voice.strip()} for name, _, voice in pairs]


def encode_media_type(output_format: Json) -> str:
    return MEDIA_TYPES[output_format]


PARAMS: Mapping[str, Param] = {
    "text": Param(wire_name="text", allows=TextUpTo(LONGEST_TEXT)),
    "voice": Param(wire_name="voice", allows=VOICES),
    "speaker_voices": Param(wire_name="speakers", allows=TWO_SPEAKERS, encode=encode_speakers),
    "language": Param(wire_name="language", allows=LANGUAGE),
    "instructions": Param(wire_name="style", allows=TextUpTo(4096)),
    "output_format": Param(
        wire_name="response_format.mime_type", allows=one_of(*MEDIA_TYPES), encode=encode_media_type
    ),
}
"""No limit of a style is published."""
OWN = ("text", "voice", "speakers", "language", "style")
"""Where in the body the flow finds what it places itself; they are no fields of the provider's."""
RULES = (Rule(when={"speaker_voices": Rule.ASKED}, needs={"voice": Rule.ABSENT}, why="each speaker has a voice"),)

# --- Prices -----------------------------------------------------------------------------------------------------

MILLION = Decimal(1_000_000)
MOST_OUT = 16_384
"""Tokens of one recording at most, about eleven minutes at 25 a second: LiteLLM's price table 1.109.1."""
DOUBLED = 2
"""From 2027-01-01 on everything costs twice as much (https://github.com/BerriAI/litellm/discussions/42776, checked
2026-11-22). The worst case is reserved as if it did already, so that a cap holds across that day."""


@dataclass(frozen=True, kw_only=True)
class Rates:
    """Dollars per million tokens."""

    text_in: Decimal
    audio_out: Decimal

    def at_most(self, request: Request) -> Decimal:
        """As if every byte that is sent were a token, and the recording as long as the model can make it."""
        assert isinstance(request, SpeechRequest)
        sent = "".join(map(str, (request.text, request.instructions, request.speaker_voices)))
        turns = request.text.count("\n") + 1
        read = len(sent.encode("utf-8", "replace")) + turns * len((request.instructions or "").encode())
        return DOUBLED * (read * self.text_in + MOST_OUT * self.audio_out) / MILLION

    @property
    def price(self) -> TokenPrice:
        rates = (
            TokenRate(kind="in", dollars=self.text_in, reported_at="billed.input"),
            TokenRate(kind="words out", dollars=self.audio_out, reported_at="billed.text"),
            TokenRate(kind="audio out", dollars=self.audio_out, reported_at="billed.audio"),
        )
        return TokenPrice(rates=rates, at_most=self.at_most, source=PRICES_READ_AT, checked=CHECKED)


# --- Flow -------------------------------------------------------------------------------------------------------


def submit(call: Call) -> Flow:
    """One recording. Nothing of it is stored."""
    fields = {name: value for name, value in call.body.items() if name not in OWN}
    fields["response_format"] = {"type": "audio", **fields.get("response_format", {})}
    if spoken := speech_config(call.body):
        fields["generation_config"] = {"speech_config": spoken, **fields.get("generation_config", {})}
    return interactions.question(call, content_of(call.body), fields)


def speech_config(body: Mapping[str, Json]) -> Json:
    """A list with one voice, or an object with two speakers; nothing if nothing was asked for."""
    language = {"language": body["language"]} if "language" in body else {}
    if "speakers" in body:
        return {"speakers": [{**speaker, **language} for speaker in body["speakers"]]}
    voice = {"voice": body["voice"]} if "voice" in body else {}
    return [{**voice, **language}] if voice or language else []


def content_of(body: Mapping[str, Json]) -> list[Json]:
    """The text, or a piece for each turn of a speaker. The models read every word of it aloud, so that names and
    instructions stand beside it."""
    style = {"style": body["style"]} if "style" in body else {}
    speakers = [speaker["speaker"] for speaker in body.get("speakers", ())]
    if not speakers:
        return [annotated(body["text"], style)]
    return [annotated(words, {"speaker": name, **style}) for name, words in turns(body["text"], speakers)]


def annotated(words: str, spoken: Mapping[str, str]) -> Json:
    return {
        **interactions.text(words),
        **({"annotations": [{"type": "speech_metadata", **spoken}]} if spoken else {}),
    }


def turns(text: str, speakers: list[str]) -> list[tuple[str, str]]:
    """The speaker and the words of every turn. What stands before the first name belongs to the first speaker."""
    names = "|".join(map(re.escape, speakers))
    before, *rest = re.split(rf"^[ \t]*({names})[ \t]*:[ \t]*", text, flags=re.MULTILINE)
    found = [(speakers[0], before), *zip(rest[::2], rest[1::2], strict=True)]
    return [(name, words.strip()) for name, words in found if words.strip()] or [(speakers[0], text)]


def speech_model(model_id: str, *, audio_out: str) -> Model:
    return Model(
        id=model_id,
        accepts=SpeechRequest,
        params=PARAMS,
        rules=RULES,
        price=Rates(text_in=Decimal("0.50"), audio_out=Decimal(audio_out)).price,
        typical_bytes=3_000_000,
        submit=submit,
        source=f"{DOCS}/models/{model_id}",
    )


MODELS = (
    speech_model("gemini-3.8-flash-tts", audio_out="9"),
    speech_model("gemini-3.8-flash-lite-tts", audio_out="6"),
)

# --- Samples ----------------------------------------------------------------------------------------------------

TEXT = "The rain has stopped."
SCENE = "Joe: Has it stopped?\nAnn: It has.\nJoe: At last."
SILENCE = bytes(4800)
"""A tenth of a second of samples."""


def recording() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(24_000)
        writer.writeframes(SILENCE)
    return file.getvalue()


def spoken(*pieces: Json, status: str = "completed", **more: Json) -> Reply:
    usage = {
        "total_input_tokens": 6,
        "total_output_tokens": 3,
        "total_tokens": 9,
        "output_tokens_by_modality": [{"modality": "audio", "tokens": 3}],
    }
    steps = [{"type": "model_output", "content": list(pieces)}]
    return Reply(
        json={"id": "int_1", "object": "interaction", "status": status, "steps": steps, "usage": usage, **more}
    )


def sample(reply: Reply, expects: Json = "done", **asked: Json) -> Sample:
    return Sample(
        request=SpeechRequest(**{"text": TEXT, **asked}),
        model=MODELS[0].id,
        replies=(reply,),
        expects=expects,
        source=SEEN,
    )


WAV = {"type": "audio", "mime_type": "audio/wav", "data": b64encode(recording()).decode()}
SAMPLES_ALONE = {"type": "audio", "mime_type": "audio/l16;rate=24000", "data": b64encode(SILENCE).decode()}
SAMPLES = (
    sample(spoken(WAV)),
    sample(spoken(WAV), voice="Puck", language="en-US", instructions="warmly", output_format="wav"),
    sample(spoken(WAV), text=SCENE, speaker_voices="Joe=Kore, Ann=Puck"),
    sample(spoken(SAMPLES_ALONE)),
    sample(spoken(), "failed"),
    sample(spoken(status="failed", errors=[{"code": "PROHIBITED_CONTENT", "message": "blocked"}]), "refused"),
)
