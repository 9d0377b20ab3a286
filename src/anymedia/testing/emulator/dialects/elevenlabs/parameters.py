"""What each route takes, as tables, and the checks that answer as ElevenLabs does when it is not that.

Names and limits: the official client 2.78.0, its signatures and their documentation, read 2026-11-22.
"""

import json
import re
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

from anymedia.testing.emulator.dialects.elevenlabs.errors import Refused, error_reply, invalid, unknown_model
from anymedia.testing.emulator.messages import Json, Part, ReceivedRequest

Check = Callable[[Json], str | None]
"""Says what is wrong with a value, or None."""
Table = Mapping[str, Check]


def text(most: int, least: int = 1) -> Check:
    said = f"String should have {least} to {most} characters"
    return lambda value: None if isinstance(value, str) and least <= len(value) <= most else said


def number(low: float, high: float) -> Check:
    said = f"Input should be a number from {low} to {high}"
    return lambda value: None if type(value) in (int, float) and low <= value <= high else said


def whole(low: int, high: int) -> Check:
    said = f"Input should be a whole number from {low} to {high}"
    return lambda value: None if type(value) is int and low <= value <= high else said


def one_of(*values: Json) -> Check:
    return lambda value: None if value in values else f"Input should be one of {', '.join(map(str, values))}"


def anything(value: Json) -> str | None:
    return None


def flag(value: Json) -> str | None:
    return None if isinstance(value, bool) else "Input should be a valid boolean"


def language(value: Json) -> str | None:
    return None if re.fullmatch("[a-z]{2,3}", str(value)) else "Input should be a language code"


SEED = whole(0, 2**32 - 1)
LONGEST: Mapping[str, int] = {
    "eleven_v4": 10_000,
    "eleven_v4_turbo": 10_000,
    "eleven_v3": 5000,
    "eleven_multilingual_v2": 10_000,
    "eleven_flash_v2_5": 40_000,
}
"""The models of speech and how long a text each reads."""
DIALOGUE_MODELS = ("eleven_v4", "eleven_v3")
SPEECH: Table = {
    "text": text(40_000),
    "model_id": text(100),
    "language_code": language,
    "voice_settings": anything,
    "seed": SEED,
    "previous_text": anything,
    "next_text": anything,
    "previous_request_ids": anything,
    "next_request_ids": anything,
    "apply_text_normalization": one_of("auto", "on", "off"),
}
DIALOGUE: Table = {
    "inputs": anything,
    "model_id": text(100),
    "language_code": language,
    "settings": anything,
    "seed": SEED,
}
VOICE_SETTINGS: Table = {
    "stability": number(0.0, 1.0),
    "similarity_boost": number(0.0, 1.0),
    "style": number(0.0, 1.0),
    "use_speaker_boost": flag,
    "speed": number(0.7, 1.2),
}
SOUND: Table = {
    "text": text(10_000),
    "model_id": one_of("eleven_text_to_sound_v2", "eleven_text_to_sound_v3"),
    "loop": flag,
    "duration_seconds": number(0.5, 30.0),
    "prompt_influence": number(0.0, 1.0),
}
MUSIC: Table = {
    "prompt": text(4100),
    "composition_plan": anything,
    "music_length_ms": whole(3000, 600_000),
    "model_id": one_of("music_v1", "music_v2", "music_v2_5"),
    "seed": SEED,
    "force_instrumental": flag,
    "store_for_inpainting": flag,
    "sign_with_c2pa": flag,
}
VOICE_CHANGER: Table = {
    "model_id": one_of("eleven_multilingual_sts_v2", "eleven_english_sts_v2"),
    "voice_settings": anything,
    "seed": SEED,
    "remove_background_noise": flag,
    "file_format": one_of("pcm_s16le_16", "other"),
}
STEMS: Table = {"stem_variation_id": one_of("two_stems_v1", "six_stems_v1"), "sign_with_c2pa": flag}
REMIX: Table = {
    "voice_description": text(1000),
    "text": text(1000, 100),
    "auto_generate_text": flag,
    "loudness": number(-1.0, 1.0),
    "seed": SEED,
    "guidance_scale": number(0.0, 100.0),
}
DESIGN: Table = {**REMIX, "model_id": one_of("eleven_multilingual_ttv_v2", "eleven_ttv_v3"), "should_enhance": flag}
KEEPING: Table = {
    "voice_name": text(100),
    "voice_description": text(1000),
    "generated_voice_id": text(100),
    "labels": anything,
}
CLONE: Table = {
    "name": text(100),
    "description": text(500),
    "remove_background_noise": flag,
    "labels": anything,
}
TRANSCRIPTION: Table = {
    "model_id": one_of("scribe_v2", "scribe_v1"),
    "language_code": language,
    "timestamps_granularity": one_of("none", "word", "character"),
    "num_speakers": whole(1, 32),
    "diarize": flag,
    "tag_audio_events": flag,
    "webhook_metadata": anything,
    "entity_detection": anything,
    "entity_redaction": anything,
}
ALIGNMENT: Table = {"text": text(675_000)}
DUBBING: Table = {
    "name": text(100),
    "source_lang": language,
    "target_lang": language,
    "num_speakers": whole(0, 32),
    "watermark": flag,
}
WORDS_IN_A_FORM = frozenset({"name", "description", "text", "labels", "voice_settings"})
"""Fields of forms that stay text even where they look like a number."""

# --- Reading ----------------------------------------------------------------------------------------------------


def json_fields(request: ReceivedRequest, table: Table, *, required: tuple[str, ...]) -> dict[str, Json]:
    """The checked fields of a JSON body. Raises Refused."""
    if not isinstance(request.json, dict):
        raise invalid("", "Input should be a valid dictionary")
    return _checked(request.json, table, required)


def form_fields(
    request: ReceivedRequest, table: Table, *, file: str, required: tuple[str, ...] = ()
) -> tuple[list[Part], dict[str, Json]]:
    """The files under one name, and the checked fields of a form. Raises Refused."""
    files = [part for part in request.parts if part.name == file and part.filename is not None]
    if not files or not all(part.data for part in files):
        raise invalid(file, "Field required")
    fields = {part.name: _read(part) for part in request.parts if part.filename is None}
    return files, _checked(fields, table, required)


def _read(part: Part) -> Json:
    if part.name in WORDS_IN_A_FORM:
        return part.text
    try:
        return json.loads(part.text)
    except ValueError:
        return part.text


def _checked(fields: Mapping[str, Json], table: Table, required: tuple[str, ...]) -> dict[str, Json]:
    for name in required:
        if name not in fields:
            raise invalid(name, "Field required")
    for name, value in fields.items():
        if name not in table:
            raise invalid(name, "Extra inputs are not permitted")
        if value is not None and (problem := table[name](value)):
            raise invalid(name, problem)
    return {name: value for name, value in fields.items() if value is not None}


def voice_settings(given: Json, model: str) -> None:
    """Check the settings of a voice, or of a dialogue. Raises Refused."""
    settings = _checked(given or {}, VOICE_SETTINGS, ())
    if model == "eleven_v3" and settings.get("stability") not in (None, 0.0, 0.5, 1.0):
        message = "Invalid stability value. Must be one of: [0.0, 0.5, 1.0]."
        raise Refused(error_reply(400, code="invalid_ttd_stability", message=message))


def check_text(words: str, model: str) -> None:
    """Whether a model is one of speech and reads so long a text. Raises Refused."""
    if model not in LONGEST:
        raise Refused(unknown_model(model))
    if len(words) > LONGEST[model]:
        message = f"This request's text has {len(words)} characters and exceeds the limit of {LONGEST[model]}."
        raise Refused(error_reply(400, code="max_character_limit_exceeded", message=message))


FORMAT = re.compile(r"(mp3|wav|opus|pcm)_(\d{4,5})(?:_\d{2,3})?")


def output_format(request: ReceivedRequest, *, has_wav: bool = True) -> str:
    """The asked codec: mp3 when none is. Raises Refused."""
    query = dict(parse_qsl(request.query))
    unknown = query.keys() - {"output_format", "enable_logging", "optimize_streaming_latency"}
    if unknown:
        raise invalid(sorted(unknown)[0], "Extra inputs are not permitted", where="query")
    match = FORMAT.fullmatch(query.get("output_format", "mp3_44100_128"))
    if match is None or (match[1] == "wav" and not has_wav):
        raise invalid("output_format", "Input should be a format of this route", where="query")
    return match[1]
