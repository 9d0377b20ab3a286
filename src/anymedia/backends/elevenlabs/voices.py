"""The voices that every account has, by name, and how a voice may be named. Data only."""

from collections.abc import Mapping

from ...spec import Param, ShapedText

CATALOGUE: Mapping[str, str] = {
    "George": "JBFqnCBsd6RMkjVDRZzb",
    "Sarah": "EXAVITQu4vr4xnSDxMaL",
    "Roger": "CwhRBWXzGAHq8TQ4Fs17",
    "Laura": "FGY2WhTYpPnrIDTdsKH5",
    "Charlie": "IKne3meq5aSn9XLyUdCD",
    "Callum": "N2lVS1w4EtoT3dr4eOWO",
    "River": "SAz9YHcvj6GT2YYXdXww",
    "Harry": "SOYHLrjzK2X1ezoPC6cr",
    "Liam": "TX3LPaxmHKxFdv7VOQHJ",
    "Alice": "Xb7hH8MSUJpSbSDYk0k2",
    "Matilda": "XrExE9yKIg1WjnnlVkGX",
    "Will": "bIHbv24MWmeRgasZH58o",
    "Jessica": "cgSgspJ2msm6clMCkdW9",
    "Eric": "cjVigY5qzO86Huf0OWal",
    "Bella": "hpp4J3VqNfWAUOO0d1Us",
    "Chris": "iP95p4xoKVk53GoZ742B",
    "Brian": "nPczCjzI2devNBz1zQrb",
    "Daniel": "onwK4e9ZLuTAKqWW03F9",
    "Lily": "pFZP5JQG7iQjIQuC4Bku",
    "Adam": "pNInz6obpgDQGcFmaJgB",
    "Bill": "pqHfZKP75CvOlQylNhV4",
}
"""Read 2026-11-22 in public copies of the provider's list of default voices (`GET /v1/voices`) of 2025 and 2026: George
is the one of https://elevenlabs.io/docs/overview/intro. The voices of before, such as Rachel, are left out: not every
account has them any more. Their ids still pass."""

FIRST_VOICE = CATALOGUE["George"]
"""The routes insist on a voice. Where none is asked for, this one is sent, that of the provider's own examples."""

BY_LOWER_CASE = {name.lower(): voice_id for name, voice_id in CATALOGUE.items()}

VOICE_ID = "[A-Za-z0-9]{20}"
VOICES = ShapedText(
    options=tuple(CATALOGUE),
    in_any_case=True,
    pattern=VOICE_ID,
    means="the id of a voice of your account",
    such_as=("21m00Tcm4TlvDq8ikWAM",),
)


def encode_voice(voice: str) -> str:
    """The id of a voice of the catalogue, in whatever case its name is written; an id as it is."""
    return BY_LOWER_CASE.get(voice.lower(), voice)


VOICE = Param(wire_name="voice", allows=VOICES, encode=encode_voice)
