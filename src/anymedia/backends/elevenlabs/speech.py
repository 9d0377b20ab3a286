"""Speech: a text read aloud by one voice, or a dialogue of several, as a stream of the recording itself."""

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from ...media import Json
from ...operations import SpeechRequest
from ...spec import (
    Between,
    Call,
    Constraint,
    Continuation,
    Flow,
    HttpRequest,
    Model,
    Param,
    PerUnit,
    Reply,
    Response,
    Rule,
    Sample,
    ShapedText,
    Step,
    Succeeded,
    TextUpTo,
    one_of,
)
from ...spec.tiny import MP3
from .common import (
    CHECKED,
    HIGHEST_SEED,
    LANGUAGE,
    MODELS_PAGE,
    SEEN,
    SPEECH_PRICES,
    format_param,
    metadata_of,
    recording,
    split_format,
    spoken_by,
    streamed,
    usage_of,
)
from .samples import SPOKEN, WAV, aloud
from .voices import CATALOGUE, FIRST_VOICE, VOICE, VOICE_ID, encode_voice

# --- Parameters -------------------------------------------------------------------------------------------------

NAME = r"[^\s:=,][^:=,\n]{0,63}"
PAIR = rf"{NAME}=(?:{VOICE_ID}|{'|'.join(CATALOGUE)})"
SPEAKERS = ShapedText(
    pattern=rf"\s*{PAIR}(?:\s*,\s*{PAIR}){{1,9}}\s*",
    means="two to ten names of the text and their voices",
    such_as=("Joe=George, Ann=Sarah", "Ann=Sarah, Joe=George"),
)
"""Ten voices at most: the official client's documentation of `inputs`."""


def voices_by_name(speaker_voices: str) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in speaker_voices.split(",")]
    return {name.strip(): encode_voice(voice.strip()) for name, _, voice in pairs}


def encode_first_speaker(speaker_voices: str) -> str:
    """The voice of what is said before anybody is named. The flow gives every turn its own."""
    return next(iter(voices_by_name(speaker_voices).values()))


def encode_timestamps(timestamps: str) -> str:
    return "with-timestamps"


def speech_params(
    *, longest: int, stability: Constraint, has_settings: bool, has_language: bool, has_dialogue: bool
) -> Mapping[str, Param]:
    """The parameters of one model."""
    params = {
        "text": Param(wire_name="text", allows=TextUpTo(longest)),
        "voice": VOICE,
        "voice_stability": Param(wire_name="voice_settings.stability", allows=stability),
        "seed": Param(wire_name="seed", allows=Between(0, HIGHEST_SEED)),
        "timestamps": Param(wire_name="timestamps", allows=one_of("character"), encode=encode_timestamps),
        "output_format": format_param("mp3", "wav", "opus"),
    }
    if has_settings:
        params["voice_similarity"] = Param(wire_name="voice_settings.similarity_boost", allows=Between(0.0, 1.0))
        params["speed"] = Param(wire_name="voice_settings.speed", allows=Between(0.7, 1.2))
    if has_language:
        params["language"] = Param(wire_name="language_code", allows=LANGUAGE)
    if has_dialogue:
        params["speaker_voices"] = Param(wire_name="inputs.voice_id", allows=SPEAKERS, encode=encode_first_speaker)
    return params


EVENLY = Between(0.0, 1.0)
IN_STEPS = one_of(0.0, 0.5, 1.0)
"""Of v3, which refuses every other value. It has no other settings: `ElevenV3VoiceSettings` of the official client."""

DIALOGUE = (Rule(when={"speaker_voices": Rule.ASKED}, needs={"voice": Rule.ABSENT}, why="each speaker has a voice"),)
DIALOGUE_WITHOUT_SETTINGS = (
    *DIALOGUE,
    Rule(
        when={"speaker_voices": Rule.ASKED},
        needs={"voice_similarity": Rule.ABSENT, "speed": Rule.ABSENT},
        why="a dialogue has a stability and no other settings",
    ),
)

STITCHING = Continuation(
    state="server",
    how="the ids of up to three earlier requests go with the next one, so that the voice goes on in the same way",
    lives="two hours after each request: the provider's guide to request stitching",
)
"""Of the models that the guide does not except. v3 is excepted, and no page says so or otherwise of v4."""
MOST_IDS = 3

# --- Flow -------------------------------------------------------------------------------------------------------


def submit(call: Call) -> Flow:
    fields, query = split_format(call.body)
    timed = fields.pop("timestamps", None)
    voice = fields.pop("voice", FIRST_VOICE)
    said = dialogue(call.request, fields) if "inputs" in fields else {**fields, **earlier(call)}
    path = "/v1/text-to-dialogue" if "inputs" in fields else f"/v1/text-to-speech/{voice}"
    if timed is not None:
        path = f"{path}/{timed}"
    elif "inputs" not in fields:  # the stream of a dialogue that is too long ends early instead of being refused
        path = streamed(path, query)
    response = yield HttpRequest(
        method="POST",
        path=path,
        effect="pays",
        query=query,
        json={"model_id": call.model.id, **said},
        media_at=() if timed is None else ("audio_base64",),
    )
    step = recording(response) if timed is None else timed_recording(response)
    return continuing(call, response, step if "inputs" in fields else spoken_by(step, voice))


def earlier(call: Call) -> dict[str, Json]:
    return {} if call.continuation is None else {"previous_request_ids": call.continuation["request_ids"]}


def dialogue(request: Json, fields: Mapping[str, Json]) -> dict[str, Json]:
    """The turns with their voices, in the place of one text with one voice."""
    voices = voices_by_name(request.speaker_voices)
    rest = {name: value for name, value in fields.items() if name not in ("inputs", "text", "voice_settings")}
    settings = {"settings": fields["voice_settings"]} if "voice_settings" in fields else {}
    said = [{"text": words, "voice_id": voices[name]} for name, words in turns(fields["text"], list(voices))]
    return {**rest, **settings, "inputs": said}


def turns(text: str, speakers: list[str]) -> list[tuple[str, str]]:
    """The speaker and the words of every turn. What stands before the first name belongs to the first speaker."""
    names = "|".join(map(re.escape, speakers))
    before, *rest = re.split(rf"^[ \t]*({names})[ \t]*:[ \t]*", text, flags=re.MULTILINE)
    found = [(speakers[0], before), *zip(rest[::2], rest[1::2], strict=True)]
    return [(name, words.strip()) for name, words in found if words.strip()] or [(speakers[0], text)]


def timed_recording(response: Response) -> Step:
    """A recording in JSON, with the moments of its characters."""
    timed = {name: response.json[name] for name in ("alignment", "normalized_alignment") if response.json.get(name)}
    return Succeeded(
        files=(response.json["audio_base64"],),
        usage=usage_of(response.headers),
        metadata={**metadata_of(response.headers), **timed},
    )


def continuing(call: Call, response: Response, step: Step) -> Step:
    """The step with what a later request needs to go on from it, if that was asked for."""
    wanted = call.continuation is not None or call.request.continuable
    new = response.headers.get("request-id")
    if not wanted or not new or not isinstance(step, Succeeded):
        return step
    before = [] if call.continuation is None else call.continuation["request_ids"]
    return replace(step, continuation={"request_ids": [*before, new][-MOST_IDS:]})


# --- Models -----------------------------------------------------------------------------------------------------


def by_characters(dollars: str, *, a_credit_each: bool = True) -> PerUnit:
    """The provider reports what it charged in credits. Where a character is half a credit, no page says which of the
    two it counts, so that the length of the text tells the cost."""
    return PerUnit(
        amount=Decimal(dollars),
        unit="1k characters",
        source=SPEECH_PRICES,
        checked=CHECKED,
        reported_at="characters" if a_credit_each else None,
    )


def speech_model(
    model_id: str,
    *,
    price: PerUnit,
    longest: int,
    stability: Constraint = EVENLY,
    has_settings: bool = True,
    has_language: bool = True,
    has_dialogue: bool = False,
    continuation: Continuation | None = None,
) -> Model:
    dialogue_rules = DIALOGUE_WITHOUT_SETTINGS if has_settings else DIALOGUE
    return Model(
        id=model_id,
        accepts=SpeechRequest,
        params=speech_params(
            longest=longest,
            stability=stability,
            has_settings=has_settings,
            has_language=has_language,
            has_dialogue=has_dialogue,
        ),
        rules=dialogue_rules if has_dialogue else (),
        price=price,
        typical_bytes=1_000_000,
        continuation=continuation,
        submit=submit,
        source=MODELS_PAGE,
    )


MODELS = (
    speech_model("eleven_v4", price=by_characters("0.08"), longest=10_000, has_dialogue=True),
    speech_model("eleven_v4_turbo", price=by_characters("0.04", a_credit_each=False), longest=10_000),
    speech_model(
        "eleven_v3",
        price=by_characters("0.08"),
        longest=5000,
        stability=IN_STEPS,
        has_settings=False,
        has_dialogue=True,
    ),
    speech_model(
        "eleven_multilingual_v2",
        price=by_characters("0.08"),
        longest=10_000,
        has_language=False,
        continuation=STITCHING,
    ),
    speech_model(
        "eleven_flash_v2_5",
        price=by_characters("0.04", a_credit_each=False),
        longest=40_000,
        continuation=STITCHING,
    ),
)
"""The first is the default: current since 2026-09-29, as dear as those before it, and it serves the most parameters.
The Turbo models of before are left out: Flash replaced them (https://docs.retellai.com/deprecation-notice, checked
2026-11-22). Limits: the models' pages at https://vercel.com/ai-gateway, and
https://help.elevenlabs.io/hc/en-us/articles/13298164480913, both checked 2026-11-22."""

# --- Samples ----------------------------------------------------------------------------------------------------

TEXT = "The rain has stopped."
MOMENTS = {
    "characters": ["O", "h", "."],
    "character_start_times_seconds": [0.0, 0.1, 0.2],
    "character_end_times_seconds": [0.1, 0.2, 0.3],
}
STITCHED = "eleven_multilingual_v2"
SAMPLES = (
    Sample(request=SpeechRequest(text=TEXT), replies=(aloud(MP3),), source=SEEN),
    Sample(
        request=SpeechRequest(text=TEXT, voice="Sarah", output_format="wav"),
        replies=(aloud(WAV, media_type="audio/wav"),),
        source=SEEN,
    ),
    Sample(
        request=SpeechRequest(text=TEXT, timestamps="character"),
        replies=(Reply(json={"audio_base64": SPOKEN, "alignment": MOMENTS}, headers={"character-cost": "21"}),),
        source=SEEN,
    ),
    Sample(
        request=SpeechRequest(
            text="Joe: Has it stopped?\nAnn: It has.\nJoe: At last.", speaker_voices="Joe=George, Ann=Sarah"
        ),
        replies=(aloud(MP3),),
        source=SEEN,
    ),
    Sample(request=SpeechRequest(text=TEXT, continuable=True), model=STITCHED, replies=(aloud(MP3),), source=SEEN),
    Sample(
        request=SpeechRequest(text="And it stays dry.", continue_from="earlier"),
        model=STITCHED,
        continues={"request_ids": ["request_1", "request_2", "request_3"]},
        replies=(aloud(MP3),),
        source=SEEN,
    ),
    Sample(
        request=SpeechRequest(text=TEXT),
        replies=(Reply(json={}),),
        expects="failed",
        source="no such reply is documented; money must not be lost to it in silence",
    ),
)
