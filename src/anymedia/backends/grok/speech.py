"""Speech over REST: a text in, a recording out. xAI's official client has no speech; this route has no model name.

Facts: https://docs.x.ai/developers/model-capabilities/audio/text-to-speech and what @ai-sdk/xai 5.0.12 sends, checked
2026-11-22.
"""

from collections.abc import Mapping
from decimal import Decimal

from ...operations import SpeechRequest
from ...spec import (
    Between,
    Call,
    Failed,
    Flow,
    Model,
    Param,
    PerUnit,
    Reply,
    Sample,
    ShapedText,
    Succeeded,
    TextUpTo,
    one_of,
    post,
)
from ...spec.tiny import MP3, WAV
from .._xai.common import CHECKED, DOCS
from .errors import SEEN

VOICES = ShapedText(
    options=("eve", "ara", "rex", "sal", "leo"),
    pattern=r"[A-Za-z0-9][\w-]{0,63}",
    means="another voice of xAI's, or the id of a voice of your own",
    such_as=("altair",),
)
"""The documentation names five; its catalogue has more of them, and a custom voice has an id."""
LANGUAGES = ShapedText(
    options=("auto",),
    pattern="[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*",
    means="a language code of BCP 47",
    such_as=("en", "pt-BR"),
)
CODEC = "output_format.codec"

PARAMS: Mapping[str, Param] = {
    "text": Param(wire_name="text", allows=TextUpTo(15_000)),
    "voice": Param(wire_name="voice_id", allows=VOICES),
    "language": Param(wire_name="language", allows=LANGUAGES),
    "speed": Param(wire_name="speed", allows=Between(0.7, 1.5)),
    "output_format": Param(wire_name=CODEC, allows=one_of("mp3", "wav")),
}
"""Not `pcm`, `mulaw` and `alaw`: samples without a header say neither what they are nor whether they are whole."""
USUAL = {"voice_id": "eve", "language": "auto", "output_format": {"codec": "mp3"}}
"""What is sent where nothing is asked for: the route insists on a language, and these are its own choices."""

PRICE = PerUnit(
    amount=Decimal("0.015"),
    unit="1k characters",
    source=f"{DOCS}/models as a public program read it on 2026-05-20; a reseller asks a quarter more",
    checked=CHECKED,
)


def submit(call: Call) -> Flow:
    response = yield post("/tts", json={**USUAL, **call.body})
    if response.spilled is None:
        return Failed(reason="the reply is no recording", kind="empty_output")
    return Succeeded(files=(response.spilled,))


MODELS = (
    Model(
        id="text-to-speech",
        aliases=("grok-tts",),
        accepts=SpeechRequest,
        params=PARAMS,
        price=PRICE,
        typical_bytes=1_000_000,
        submit=submit,
        source=f"{DOCS}/models/text-to-speech",
    ),
)
"""xAI gives it no other name than that of its page."""

# --- Samples ----------------------------------------------------------------------------------------------------


SAMPLES = (
    Sample(
        request=SpeechRequest(text="The rain has stopped."),
        replies=(Reply(content=MP3, media_type="audio/mpeg"),),
        source=SEEN,
    ),
    Sample(
        request=SpeechRequest(text="The rain has stopped.", voice="ara", speed=1.2, output_format="wav"),
        replies=(Reply(content=WAV, media_type="audio/wav"),),
        source=SEEN,
    ),
    Sample(
        request=SpeechRequest(text="The rain has stopped."),
        replies=(Reply(json={}),),
        expects="failed",
        source="no such reply is documented; money must not be lost to it in silence",
    ),
)
