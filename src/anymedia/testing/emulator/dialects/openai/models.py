"""The models the OpenAI dialect knows, and what each accepts. Source: types of the openai package 3.54.0, checked
2026-11-22."""

from dataclasses import dataclass

from anymedia.testing.emulator.messages import Json

OLD_SIZES = ("1024x1024", "1536x1024", "1024x1536")


@dataclass(frozen=True, kw_only=True)
class ImageModel:
    """One image model. `any_size`: any multiple of 16 within the limits, else one of OLD_SIZES."""

    shutdown_date: str | None = None
    any_size: bool = True
    qualities: tuple[str, ...] = ("low", "medium", "high", "auto")
    formats: tuple[str, ...] = ("png", "webp", "jpeg")
    input_fidelity: tuple[str, ...] = ()


_NEWEST = ImageModel(
    qualities=("low", "medium", "high", "xhigh", "max", "auto"), formats=("png", "webp", "jpeg", "gif", "svg")
)
_SECOND = ImageModel()
_OLD = ImageModel(shutdown_date="2026-12-01", any_size=False, input_fidelity=("high", "low"))

IMAGE_MODELS = {
    "gpt-image-2.6-sunburst": _NEWEST,
    "gpt-image-2.6-flare": _NEWEST,
    "gpt-image-2.5-sunburst": _NEWEST,
    "gpt-image-2.5-sunburst-2026-09-08": _NEWEST,
    "gpt-image-2.5-flare": _NEWEST,
    "gpt-image-2.5-flare-2026-09-08": _NEWEST,
    "gpt-image-2": _SECOND,
    "gpt-image-2-2026-04-21": _SECOND,
    "gpt-image-1.5": _OLD,
    "gpt-image-1-mini": ImageModel(shutdown_date="2026-12-01", any_size=False, input_fidelity=("low",)),
    "chatgpt-image-latest": _OLD,
}
DEFAULT_TOOL_MODEL = "gpt-image-2.6-sunburst"


@dataclass(frozen=True, kw_only=True)
class VideoModel:
    """One video model. OpenAI has shut all of them down; they stand for those of servers that speak as it did."""

    sizes: tuple[str, ...]
    shutdown_date: str = "2026-09-24"


_SORA = VideoModel(sizes=("720x1280", "1280x720"))
_SORA_PRO = VideoModel(sizes=("720x1280", "1280x720", "1024x1792", "1792x1024"))
VIDEO_MODELS = {
    "sora-2": _SORA,
    "sora-2-2025-10-06": _SORA,
    "sora-2-2025-12-08": _SORA,
    "sora-2-pro": _SORA_PRO,
    "sora-2-pro-2025-10-06": _SORA_PRO,
}

CHAT_MODELS = (
    "gpt-6-astra",
    "gpt-6.2-astra",
    "gpt-6.1-sol",
    "gpt-6.2-sol",
    "gpt-6.1-terra",
    "gpt-6-sol",
    "gpt-6-luna",
    "gpt-5.6-sol",
    "gpt-5.6-terra",
    "gpt-5.6-luna",
    "gpt-5.5",
    "gpt-5.4",
    "gpt-5.4-mini",
    "gpt-5.4-nano",
)


SPEECH_MODELS = ("gpt-4o-mini-tts", "gpt-4o-mini-tts-2025-12-15", "tts-1", "tts-1-hd")
SPEECH_ENDS = "2027-01-06"
REALTIME_MODELS = ("gpt-realtime-2.1-mini", "gpt-realtime-2.1")


@dataclass(frozen=True, kw_only=True)
class Transcriber:
    """One transcription model: its formats, and the parameters that only some models have."""

    shutdown_date: str | None = "2027-02-26"
    formats: tuple[str, ...] = ("json",)
    has: tuple[str, ...] = ("prompt",)


_WHISPER = Transcriber(
    formats=("json", "text", "srt", "verbose_json", "vtt"), has=("prompt", "timestamp_granularities")
)
_SPEAKERS = ("known_speaker_names", "known_speaker_references")
TRANSCRIBERS = {
    "gpt-transcribe": Transcriber(shutdown_date=None, has=("prompt", "keywords", "languages")),
    "gpt-4o-transcribe": Transcriber(has=("prompt", "include")),
    "gpt-4o-mini-transcribe": Transcriber(has=("prompt", "include")),
    "gpt-4o-mini-transcribe-2025-12-15": Transcriber(has=("prompt", "include")),
    "gpt-4o-transcribe-diarize": Transcriber(formats=("json", "text", "diarized_json"), has=_SPEAKERS),
    "whisper-1": _WHISPER,
}
AUDIO_CHAT_MODELS = ("gpt-audio-1.5",)


def model_documents() -> list[Json]:
    """The models as `GET /v1/models` lists them."""
    dates = {name: model.shutdown_date for name, model in (IMAGE_MODELS | VIDEO_MODELS).items()}
    dates |= dict.fromkeys((*CHAT_MODELS, *AUDIO_CHAT_MODELS, *REALTIME_MODELS))
    dates |= dict.fromkeys(SPEECH_MODELS, SPEECH_ENDS)
    dates |= {name: model.shutdown_date for name, model in TRANSCRIBERS.items()}
    return [
        {"id": name, "object": "model", "created": 1_780_000_000, "owned_by": "openai", "shutdown_date": date}
        for name, date in dates.items()
    ]
