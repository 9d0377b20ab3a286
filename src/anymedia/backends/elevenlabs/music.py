"""Music: a song from a prompt, or from a plan of its sections."""

import json
from collections.abc import Mapping
from dataclasses import replace

from ...errors import InvalidParameter
from ...media import Json
from ...operations import MusicRequest
from ...spec import (
    AnyValue,
    Between,
    Call,
    Flow,
    HttpRequest,
    Model,
    Param,
    Reply,
    Rule,
    Sample,
    ShapedText,
    Succeeded,
    TextUpTo,
)
from ...spec.tiny import MP3
from .common import DOCS, HIGHEST_SEED, SEEN, format_param, per_unit, recording, split_format
from .samples import aloud

PLAN = ShapedText(
    pattern=r"\s*\{[\s\S]*\}\s*",
    means="a composition plan, as a JSON object",
    such_as=('{"sections": []}', '{"positive_global_styles": ["waltz"], "negative_global_styles": [], "sections": []}'),
)


def encode_milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


def encode_plan(plan: str) -> Json:
    try:
        return json.loads(plan)
    except (ValueError, RecursionError) as error:
        raise InvalidParameter(f"`plan` is no JSON: {error}.") from None


PARAMS: Mapping[str, Param] = {
    "prompt": Param(wire_name="prompt", allows=TextUpTo(4100)),
    "duration": Param(wire_name="music_length_ms", allows=Between(3.0, 600.0), encode=encode_milliseconds),
    "instrumental": Param(wire_name="force_instrumental", allows=AnyValue(bool)),
    "plan": Param(wire_name="composition_plan", allows=PLAN, encode=encode_plan),
    "seed": Param(wire_name="seed", allows=Between(0, HIGHEST_SEED)),
    "output_format": format_param("mp3", "opus"),
}
"""The official client's documentation of `music.compose`. WAV is not offered, and nothing says how many channels
samples without a header have. The highest seed is that of speech; none is published for music."""
RULES = (
    Rule(when={"seed": Rule.ASKED}, needs={"plan": Rule.ASKED}, why="a song from a prompt has no seed"),
    Rule(
        when={"plan": Rule.ASKED},
        needs={"duration": Rule.ABSENT, "instrumental": Rule.ABSENT},
        why="the plan says how long each section is, and who sings",
    ),
)
PROMPT_UNUSED = "The plan says all about the song; the prompt was not sent."


def submit(call: Call) -> Flow:
    fields, query = split_format(call.body)
    planned = "composition_plan" in fields
    if planned:
        del fields["prompt"]
    body = {"model_id": call.model.id, **fields}
    step = recording((yield HttpRequest(method="POST", path="/v1/music", effect="pays", query=query, json=body)))
    return replace(step, warnings=(PROMPT_UNUSED,)) if planned and isinstance(step, Succeeded) else step


def music_model(model_id: str) -> Model:
    return Model(
        id=model_id,
        accepts=MusicRequest,
        params=PARAMS,
        rules=RULES,
        price=per_unit("0.30", "minute"),
        typical_bytes=5_000_000,
        submit=submit,
        source=f"{DOCS}/music/compose",
    )


MODELS = (music_model("music_v2_5"), music_model("music_v2"))

SECTION = {"section_name": "A", "positive_local_styles": [], "negative_local_styles": [], "duration_ms": 5000}
PLANNED = {"positive_global_styles": ["waltz"], "negative_global_styles": [], "sections": [{**SECTION, "lines": []}]}
SAMPLES = (
    Sample(request=MusicRequest(prompt="a waltz"), replies=(aloud(MP3),), source=SEEN),
    Sample(
        request=MusicRequest(prompt="a waltz", plan=json.dumps(PLANNED), seed=7),
        replies=(aloud(MP3),),
        source=SEEN,
    ),
    Sample(
        request=MusicRequest(prompt="a song by a famous singer"),
        replies=(Reply(status=400, json={"detail": {"status": "bad_prompt", "message": "it names an artist"}}),),
        expects="refused",
        source="https://github.com/receptron/mulmocast-app/issues/1410, checked 2026-11-22",
    ),
    Sample(
        request=MusicRequest(prompt="a waltz"),
        replies=(Reply(json={}),),
        expects="failed",
        source="no such reply is documented; money must not be lost to it in silence",
    ),
)
