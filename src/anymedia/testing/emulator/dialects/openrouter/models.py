"""The models the OpenRouter dialect knows, and the documents of its lists.

Shapes: types of the openrouter package 1.3.84. Abilities and prices: copies of the lists in public repositories, of
2026-09-30 (pictures) and 2026-10-09 (films). All read 2026-11-22.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from anymedia.testing.emulator.messages import Json

CREATED = 1_780_000_000


def enum(*values: str) -> Json:
    return {"type": "enum", "values": list(values)}


def span(least: int, most: int) -> Json:
    return {"type": "range", "min": least, "max": most}


YES = {"type": "boolean"}


@dataclass(frozen=True, kw_only=True)
class Price:
    """An entry of a price list, per token, image or megapixel."""

    billable: str
    unit: str
    dollars: float


@dataclass(frozen=True, kw_only=True)
class PictureModel:
    supports: Mapping[str, Json]
    prices: tuple[Price, ...]
    chats: bool = False


def by_token(**dollars_per_million: float) -> tuple[Price, ...]:
    return tuple(Price(billable=name, unit="token", dollars=each / 10**6) for name, each in dollars_per_million.items())


_GPT = PictureModel(
    supports={
        "aspect_ratio": enum("1:1", "3:2", "2:3", "4:3", "3:4", "16:9", "9:16", "21:9", "auto"),
        "quality": enum("auto", "low", "medium", "high", "xhigh", "max"),
        "background": enum("auto", "transparent", "opaque"),
        "output_format": enum("png", "jpeg", "webp"),
        "output_compression": span(0, 100),
        "n": span(1, 10),
        "input_references": span(0, 16),
    },
    prices=by_token(input_text=5, input_image=8, output_image=30),
)
PICTURE_MODELS = {
    "google/gemini-3.1-flash-image": PictureModel(
        supports={
            "aspect_ratio": enum(
                *("1:1", "1:4", "1:8", "2:3", "3:2", "3:4", "4:1", "4:3", "4:5", "5:4", "8:1", "9:16", "16:9", "21:9")
            ),
            "resolution": enum("512", "1K", "2K", "4K"),
            "n": span(1, 1),
            "input_references": span(0, 14),
        },
        prices=by_token(input_text=0.5, input_image=0.5, output_text=3, output_image=60),
        chats=True,
    ),
    "bytedance-seed/seedream-4.5": PictureModel(
        supports={
            "resolution": enum("1K", "2K", "4K"),
            "aspect_ratio": enum(
                *("1:1", "1:2", "2:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "9:19.5", "19.5:9"),
                *("9:20", "20:9", "9:21", "21:9", "auto"),
            ),
            "n": span(1, 10),
            "input_references": span(0, 14),
            "seed": YES,
        },
        prices=(Price(billable="output_image", unit="image", dollars=0.04),),
    ),
    "openai/gpt-image-2.5-flare": _GPT,
    "openai/gpt-image-2.5-sunburst": _GPT,
    "recraft/recraft-v4": PictureModel(
        supports={
            "aspect_ratio": enum("1:1", "4:3", "3:4", "16:9", "9:16", "auto"),
            "n": span(1, 6),
            "input_references": span(0, 1),
        },
        prices=(Price(billable="output_image", unit="image", dollars=0.04),),
    ),
}


@dataclass(frozen=True, kw_only=True)
class FilmModel:
    slug: str
    durations: tuple[int, ...]
    resolutions: tuple[str, ...]
    aspect_ratios: tuple[str, ...]
    frames: tuple[str, ...]
    seed: bool
    prices: Mapping[str, str]
    sizes: tuple[str, ...] = ()
    goes_on: bool = False


_FRAMES = ("first_frame", "last_frame")


def _veo(slug: str, prices: Mapping[str, str]) -> FilmModel:
    return FilmModel(
        slug=slug,
        durations=(4, 6, 8),
        resolutions=("720p", "1080p", "4K"),
        aspect_ratios=("16:9", "9:16"),
        sizes=("1280x720", "1080x1920", "1920x1080", "720x1280", "3840x2160", "2160x3840"),
        frames=_FRAMES,
        seed=True,
        prices=prices,
    )


FILM_MODELS = {
    "google/veo-3.1-fast": _veo(
        "google/veo-3.1-fast-20260320",
        {
            "duration_seconds_with_audio": "0.12",
            "duration_seconds_with_audio_4k": "0.30",
            "duration_seconds_without_audio": "0.10",
            "duration_seconds_with_audio_720p": "0.10",
            "duration_seconds_without_audio_4k": "0.25",
            "duration_seconds_without_audio_720p": "0.08",
        },
    ),
    "google/veo-3.1": _veo(
        "google/veo-3.1-20260320",
        {
            "duration_seconds_with_audio": "0.40",
            "duration_seconds_with_audio_4k": "0.60",
            "duration_seconds_without_audio": "0.20",
            "duration_seconds_without_audio_4k": "0.40",
        },
    ),
    "alibaba/wan-3.0": FilmModel(
        slug="alibaba/wan-3.0-20260824",
        durations=tuple(range(2, 31)),
        resolutions=("480p", "720p", "1080p"),
        aspect_ratios=("16:9", "4:3", "1:1", "3:4", "9:16"),
        frames=("first_frame",),
        seed=True,
        prices={"duration_seconds_480p": "0.05", "duration_seconds_720p": "0.1", "duration_seconds_1080p": "0.2"},
    ),
    "black-forest-labs/flux-3-video": FilmModel(
        slug="black-forest-labs/flux-3-video-20260804",
        durations=tuple(range(5, 21)),
        resolutions=("720p", "1080p"),
        aspect_ratios=("21:9", "16:9", "4:3", "1:1", "3:4", "9:16"),
        frames=_FRAMES,
        seed=False,
        prices={
            "cents_per_second_output": "17",
            "cents_per_second_output_720p": "17",
            "cents_per_second_output_1080p": "29",
            "cents_per_second_video_continuation_720p": "41",
            "cents_per_second_video_continuation_1080p": "53",
        },
        goes_on=True,
    ),
}


@dataclass(frozen=True, kw_only=True)
class OtherModel:
    """A model of the list of everything. `dollars` are for a token in, or for a character to say."""

    takes: tuple[str, ...]
    makes: tuple[str, ...]
    dollars: str = "0"
    voices: tuple[str, ...] | None = None
    expires: str | None = None
    pricing: Mapping[str, str] = field(default_factory=dict)


OPENAI_VOICES = (
    *("alloy", "ash", "ballad", "coral", "echo", "fable", "onyx"),
    *("nova", "sage", "shimmer", "verse", "marin", "cedar"),
)
SPEECH_MODELS = {
    "hexgrad/kokoro-82m": OtherModel(
        takes=("text",), makes=("speech",), dollars="0.00000062", voices=("af_heart", "af_bella", "bm_george")
    ),
    "openai/gpt-4o-mini-tts-2025-12-15": OtherModel(
        takes=("text",), makes=("speech",), dollars="0.0000006", voices=OPENAI_VOICES
    ),
}
TRANSCRIBERS = {
    "openai/whisper-large-v3-turbo": OtherModel(takes=("audio",), makes=("transcription",)),
    "openai/whisper-1": OtherModel(takes=("audio",), makes=("transcription",)),
}
CHAT_MODELS = {
    "google/gemini-3.8-flash": OtherModel(
        takes=("text", "image", "file", "audio", "video"), makes=("text",), dollars="0.00000075"
    ),
    "openai/gpt-6-luna": OtherModel(takes=("text", "image", "file"), makes=("text",), dollars="0.0000001"),
}


def model_documents(modalities: str) -> list[Json]:
    """The list of everything, or of what makes one of these media; text if nothing is asked for."""
    wanted = set((modalities or "text").split(","))
    media = {name: OtherModel(takes=("text", "image"), makes=("image",)) for name in PICTURE_MODELS}
    media |= {name: OtherModel(takes=("text", "image"), makes=("video",)) for name in FILM_MODELS}
    everything = media | SPEECH_MODELS | TRANSCRIBERS | CHAT_MODELS
    return [
        _model_document(name, model) for name, model in everything.items() if "all" in wanted or wanted & {*model.makes}
    ]


def _model_document(name: str, model: OtherModel) -> Json:
    return {
        "id": name,
        "canonical_slug": name,
        "name": name,
        "created": CREATED,
        "description": "",
        "context_length": 4096,
        "architecture": {
            "input_modalities": list(model.takes),
            "output_modalities": list(model.makes),
            "modality": f"{'+'.join(model.takes)}->{'+'.join(model.makes)}",
            "tokenizer": "Other",
            "instruct_type": None,
        },
        "pricing": {"prompt": model.dollars, "completion": "0"},
        "top_provider": {"context_length": 4096, "max_completion_tokens": None, "is_moderated": False},
        "per_request_limits": None,
        "supported_parameters": [],
        "default_parameters": None,
        "supported_voices": None if model.voices is None else list(model.voices),
        "expiration_date": model.expires,
        "links": {"details": f"/api/v1/models/{name}/endpoints"},
    }


def picture_document(name: str) -> Json:
    return {
        "id": name,
        "name": name,
        "description": "",
        "created": CREATED,
        "architecture": {"input_modalities": ["text", "image"], "output_modalities": ["image"]},
        "supported_parameters": dict(PICTURE_MODELS[name].supports),
        "supports_streaming": False,
        "endpoints": f"/api/v1/images/models/{name}/endpoints",
    }


def endpoints_document(name: str) -> Json:
    model = PICTURE_MODELS[name]
    endpoint = {
        "provider_name": "Emulated",
        "provider_slug": "emulated",
        "provider_tag": None,
        "supported_parameters": dict(model.supports),
        "allowed_passthrough_parameters": [],
        "supports_streaming": False,
        "pricing": [{"billable": each.billable, "unit": each.unit, "cost_usd": each.dollars} for each in model.prices],
    }
    return {"id": name, "endpoints": [endpoint]}


def film_document(name: str) -> Json:
    model = FILM_MODELS[name]
    return {
        "id": name,
        "canonical_slug": model.slug,
        "hugging_face_id": None,
        "name": name,
        "created": CREATED,
        "description": "",
        "supported_resolutions": list(model.resolutions),
        "supported_aspect_ratios": list(model.aspect_ratios),
        "supported_sizes": list(model.sizes) or None,
        "supported_durations": list(model.durations),
        "supported_frame_images": list(model.frames),
        "generate_audio": True,
        "seed": model.seed,
        "upscale_factor": None,
        "creativity": None,
        "allowed_passthrough_parameters": [],
        "pricing_skus": dict(model.prices),
    }
