"""Speech: text in, and one reply that is the recording itself."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from ...media import Json
from ...operations import SpeechRequest
from ...spec import (
    Between,
    Call,
    Failed,
    Flow,
    Model,
    Param,
    PerUnit,
    Price,
    Reply,
    Response,
    Sample,
    ShapedText,
    Step,
    Succeeded,
    TextUpTo,
    TokenPrice,
    TokenRate,
    one_of,
    post,
)
from ...spec.tiny import MP3
from .common import CHECKED, MODELS_PAGE, PRICING, SEEN

# --- Models -----------------------------------------------------------------------------------------------------

RETIRES = date(2027, 1, 6)
"""All models of this route: docstring of `audio.speech.create` in the official client 3.54.0, checked 2026-11-22."""
SUCCESSOR = "gpt-realtime-2.1-mini"
"""The replacement that it names. It speaks in a conversation: `realtime.py`."""

VOICES = ShapedText(
    options=(
        *("alloy", "ash", "ballad", "coral", "echo", "fable", "onyx"),
        *("nova", "sage", "shimmer", "verse", "marin", "cedar"),
    ),
    pattern=r"voice_\w+",
    means="the id of a voice of your own",
    such_as=("voice_1234",),
)
"""The official client's types list the same voices for every model; the provider alone knows exceptions."""
FIRST_VOICE = "alloy"
"""The route insists on a voice. Where none is asked for, this one is sent, the first of the list."""

FORMATS = one_of("mp3", "opus", "aac", "flac", "wav")
"""Not `pcm`: samples without a header say neither what they are nor whether they are whole. `wav` has the same ones."""


def encode_voice(voice: str) -> Json:
    """A name goes as it is, an id as an object."""
    return voice if voice in VOICES.options else {"id": voice}


PARAMS_1 = {
    "text": Param(wire_name="input", allows=TextUpTo(4096)),
    "voice": Param(wire_name="voice", allows=VOICES, encode=encode_voice),
    "speed": Param(wire_name="speed", allows=Between(0.25, 4.0)),
    "output_format": Param(wire_name="response_format", allows=FORMATS),
}
PARAMS = PARAMS_1 | {"instructions": Param(wire_name="instructions", allows=TextUpTo(4096))}
"""No length of `instructions` is published; they are not longer than the text may be."""

BY_TOKENS = TokenPrice(
    rates=(
        TokenRate(kind="text in", dollars=Decimal("0.60"), reported_at="input_tokens"),
        TokenRate(kind="audio out", dollars=Decimal(12), reported_at="output_tokens"),
    ),
    at_most=lambda request: None,
    source=PRICING,
    checked=CHECKED,
)
"""About $0.015 a minute. A recording comes without a count of its tokens, and nothing bounds how slowly a text is
spoken, so neither the worst case nor the cost can be told. A made-up bound would let a cap be passed unnoticed: under
a cap this model is refused unless unknown costs are allowed, and tts-1, whose price is known, is a word away."""


def by_characters(dollars: Decimal) -> PerUnit:
    return PerUnit(amount=dollars, unit="1k characters", source=PRICING, checked=CHECKED)


def submit(call: Call) -> Flow:
    response = yield post("/audio/speech", json={"model": call.model.id, "voice": FIRST_VOICE, **call.body})
    return recording(response)


def recording(response: Response) -> Step:
    """The reply itself is the recording."""
    if response.spilled is None:
        return Failed(reason="the reply is no recording", kind="empty_output")
    return Succeeded(files=(response.spilled,))


def speech_model(
    model_id: str, *, params: Mapping[str, Param] = PARAMS_1, price: Price, aliases: tuple[str, ...] = ()
) -> Model:
    return Model(
        id=model_id,
        aliases=aliases,
        accepts=SpeechRequest,
        params=params,
        price=price,
        typical_bytes=1_000_000,
        retires=RETIRES,
        successor=SUCCESSOR,
        submit=submit,
        source=f"{MODELS_PAGE}/{model_id}",
    )


MODELS = (
    speech_model("gpt-4o-mini-tts", params=PARAMS, price=BY_TOKENS, aliases=("gpt-4o-mini-tts-2025-12-15",)),
    speech_model("tts-1", price=by_characters(Decimal("0.015"))),
    speech_model("tts-1-hd", price=by_characters(Decimal("0.030"))),
)

# --- Samples ----------------------------------------------------------------------------------------------------

WAV = (
    b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0\x01\0\xc0\x5d\0\0\x80\xbb\0\0\x02\0\x10\0data\xff\xff\xff\xff"
    + bytes(480)
)
"""Ten silent milliseconds under the header of a stream: it was written before its length was known."""

SAMPLES = (
    Sample(
        request=SpeechRequest(text="The rain has stopped."),
        replies=(Reply(content=MP3, media_type="audio/mpeg"),),
        model="gpt-4o-mini-tts",
        source=SEEN,
    ),
    Sample(
        request=SpeechRequest(text="The rain has stopped.", voice="marin", output_format="wav"),
        replies=(Reply(content=WAV, media_type="audio/wav"),),
        model="gpt-4o-mini-tts",
        source=SEEN,
    ),
    Sample(
        request=SpeechRequest(text="The rain has stopped."),
        replies=(Reply(json={}),),
        model="gpt-4o-mini-tts",
        expects="failed",
        source="no such reply is documented; money must not be lost to it in silence",
    ),
)
