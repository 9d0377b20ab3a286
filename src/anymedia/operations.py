"""Every operation is a request type; its fields are the parameters of the whole field, under the field's own names.

`None` means "not asked for". `0`, `False` and `""` are values. A backend declares which of these fields its models
serve (`spec/backend.py`); nothing here knows a provider.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from functools import cache, cached_property
from types import MappingProxyType
from typing import Any, ClassVar, get_args, get_type_hints

from .media import Json, MediaFile, Medium

Size = tuple[int, int]


def asked(help_text: str) -> Any:
    """A field that may stay unasked. `help_text` is shown by the command line, tool schemas and documentation."""
    return field(default=None, metadata={"help": help_text})


def required(help_text: str) -> Any:
    return field(metadata={"help": help_text})


def recorded(help_text: str) -> Any:
    """A field that must be asked for and is for the ledger: no provider is sent it, and every model serves it."""
    return field(metadata={"help": help_text, "recorded": True})


@dataclass(frozen=True, kw_only=True)
class Request:
    """What every request has. Subclasses add their own parameters.

    `verb` is what the client's method and the command are called, where that is not the operation itself. `in_parts`:
    what a model takes too little text for is made in parts, which are joined.
    """

    operation: ClassVar[str]
    makes: ClassVar[Medium]
    main_input: ClassVar[str | None]
    verb: ClassVar[str | None] = None
    in_parts: ClassVar[bool] = False

    continue_from: str | None = asked("continue an earlier result, by its continuation id")
    continuable: bool | None = asked("keep this result open, so that a later one can continue it")
    provider_options: Mapping[str, Mapping[str, Json]] = field(
        default_factory=dict, metadata={"help": "extra fields for one provider: {backend: {field: value}}"}
    )

    @property
    def medium(self) -> Medium:
        """What this very request makes: what its operation makes, unless it depends on the files that go in."""
        return self.makes

    def asked_for(self) -> Mapping[str, Json]:
        """The parameters that were asked for, by name. `provider_options` travels on its own."""
        return self._asked

    @cached_property
    def _asked(self) -> Mapping[str, Json]:
        pairs = ((name, getattr(self, name)) for name in request_fields(type(self)))
        return MappingProxyType({name: value for name, value in pairs if value is not None})


@dataclass(frozen=True, kw_only=True)
class ImageRequest(Request):
    operation: ClassVar[str] = "image"
    makes: ClassVar[Medium] = "image"
    main_input: ClassVar[str | None] = "prompt"

    prompt: str = required("what to draw, or how to change the input images")
    n: int | None = asked("how many images")
    size: Size | None = asked("width x height in pixels, such as 1024x768")
    aspect_ratio: str | None = asked("width : height, such as 16:9")
    resolution: str | None = asked("the provider's size class, such as 1K, 2K, 4K")
    quality: str | None = asked("the provider's quality level, such as low, medium, high")
    style: str | None = asked("a named style or finish")
    negative_prompt: str | None = asked("what should not be in the picture")
    seed: int | None = asked("the same seed repeats a result where the model can")
    guidance_scale: float | None = asked("how closely to follow the prompt")
    input_images: tuple[MediaFile, ...] | None = asked("images to edit or to start from")
    mask: MediaFile | None = asked("where to change the first input image: its transparent pixels")
    style_image: MediaFile | None = asked("an image whose style to take")
    control_image: MediaFile | None = asked("an image whose structure to take: edges, scribble, pose")
    subject_image: MediaFile | None = asked("an image of the subject to keep")
    edit_mode: str | None = asked("what an edit does, such as insert, remove, outpaint")
    mask_mode: str | None = asked("what the provider masks by itself, such as background, foreground")
    mask_dilation: float | None = asked("how far the mask grows, as a share of the image's width")
    control_type: str | None = asked("what the control image shows, such as canny, scribble")
    style_description: str | None = asked("the style of the style image, in words")
    subject_type: str | None = asked("what the subject is, such as person, animal, product")
    subject_description: str | None = asked("the subject, in words")
    person_generation: str | None = asked("which people may be shown, such as dont_allow, allow_adult")
    watermark: bool | None = asked("whether the provider hides its watermark in the picture")
    background: str | None = asked("transparent, opaque or auto")
    output_format: str | None = asked("file format, such as png, jpeg, webp")
    output_compression: int | None = asked("compression of jpeg or webp, 0 to 100")
    moderation: str | None = asked("how strictly the provider moderates, such as low, auto")
    complexity: str | None = asked("computation spent on planning the picture, such as low, medium, high")
    input_fidelity: str | None = asked("how closely to keep to the input images, such as low, high")
    markup: MediaFile | None = asked("a transparent PNG that lies over the first input image and guides the edit")
    frame_count: int | None = asked("how many frames an animated picture has")
    frame_duration: float | None = asked("how long each frame of an animated picture is shown, in seconds")
    partial_images: int | None = asked("how many unfinished pictures to save while it is drawn; each may cost extra")


@dataclass(frozen=True, kw_only=True)
class VideoRequest(Request):
    operation: ClassVar[str] = "video"
    makes: ClassVar[Medium] = "video"
    main_input: ClassVar[str | None] = "prompt"

    prompt: str = required("what to film")
    n: int | None = asked("how many films")
    duration: float | None = asked("length in seconds")
    size: Size | None = asked("width x height in pixels, such as 1280x720")
    resolution: str | None = asked("the provider's size class, such as 720p, 1080p")
    aspect_ratio: str | None = asked("width : height, such as 16:9")
    frames_per_second: int | None = asked("frames per second")
    quality: str | None = asked("the provider's quality level")
    style: str | None = asked("a named style or finish")
    negative_prompt: str | None = asked("what should not be in the film")
    seed: int | None = asked("the same seed repeats a result where the model can")
    first_frame: MediaFile | None = asked("an image to start from")
    last_frame: MediaFile | None = asked("an image to end with")
    references: tuple[MediaFile, ...] | None = asked("images of subjects or styles to keep")
    video: MediaFile | None = asked("a film to edit or extend")
    extend: bool | None = asked("go on where `video` ends, for `duration` seconds, instead of changing it")
    upscale: bool | None = asked("make `video` larger, up to `resolution`, and leave the rest as it is")
    generate_audio: bool | None = asked("whether the film has sound")
    person_generation: str | None = asked("which people may be shown, such as dont_allow, allow_adult")
    output_format: str | None = asked("file format, such as mp4, webm")


@dataclass(frozen=True, kw_only=True)
class SpeechRequest(Request):
    operation: ClassVar[str] = "speech"
    makes: ClassVar[Medium] = "audio"
    main_input: ClassVar[str | None] = "text"
    in_parts: ClassVar[bool] = True

    text: str = required("what to say")
    voice: str | None = asked("a voice, by the provider's name or id")
    speaker_voices: str | None = asked(
        "speakers and their voices, such as Joe=Kore, Ann=Puck; each turn is a line such as Joe: Hello"
    )
    language: str | None = asked("language of the text, such as en, de, pt-BR")
    instructions: str | None = asked("how to say it")
    speed: float | None = asked("speaking rate, 1.0 is normal")
    voice_stability: float | None = asked("0 is expressive, 1 is even")
    voice_similarity: float | None = asked("how closely to keep to the voice, 0 to 1")
    seed: int | None = asked("the same seed repeats a result where the model can")
    timestamps: str | None = asked("character: say in the metadata when each is spoken")
    output_format: str | None = asked("file format, such as mp3, wav, opus")


@dataclass(frozen=True, kw_only=True)
class MusicRequest(Request):
    operation: ClassVar[str] = "music"
    makes: ClassVar[Medium] = "audio"
    main_input: ClassVar[str | None] = "prompt"

    prompt: str = required("what the music is like")
    duration: float | None = asked("length in seconds")
    instrumental: bool | None = asked("no vocals")
    plan: str | None = asked("the song section by section, as JSON of the provider's shape, in place of the prompt")
    seed: int | None = asked("the same seed repeats a result where the model can")
    output_format: str | None = asked("file format, such as mp3, wav, opus")


@dataclass(frozen=True, kw_only=True)
class SoundEffectRequest(Request):
    operation: ClassVar[str] = "sound_effect"
    makes: ClassVar[Medium] = "audio"
    main_input: ClassVar[str | None] = "prompt"

    prompt: str = required("what to hear")
    duration: float | None = asked("length in seconds")
    loop: bool | None = asked("whether the end runs into the beginning")
    prompt_influence: float | None = asked("how closely to follow the prompt, 0 to 1")
    seed: int | None = asked("the same seed repeats a result where the model can")
    output_format: str | None = asked("file format, such as mp3, wav, opus")


@dataclass(frozen=True, kw_only=True)
class VoiceConversionRequest(Request):
    operation: ClassVar[str] = "voice_conversion"
    makes: ClassVar[Medium] = "audio"
    main_input: ClassVar[str | None] = None
    verb: ClassVar[str | None] = "convert_voice"

    audio: MediaFile = required("the recording to speak again with another voice")
    voice: str | None = asked("a voice, by the provider's name or id")
    remove_background_noise: bool | None = asked("clean the recording first")
    seed: int | None = asked("the same seed repeats a result where the model can")
    output_format: str | None = asked("file format, such as mp3, wav, opus")


@dataclass(frozen=True, kw_only=True)
class AudioIsolationRequest(Request):
    operation: ClassVar[str] = "audio_isolation"
    makes: ClassVar[Medium] = "audio"
    main_input: ClassVar[str | None] = None
    verb: ClassVar[str | None] = "isolate"

    audio: MediaFile = required("the recording to free of everything but the voice")
    output_format: str | None = asked("file format, such as mp3, wav, opus")


@dataclass(frozen=True, kw_only=True)
class StemSeparationRequest(Request):
    operation: ClassVar[str] = "stem_separation"
    makes: ClassVar[Medium] = "audio"
    main_input: ClassVar[str | None] = None
    verb: ClassVar[str | None] = "separate_stems"

    audio: MediaFile = required("the music to take apart")
    stems: int | None = asked("into how many parts, such as 2 for vocals and the rest")
    output_format: str | None = asked("file format, such as mp3, wav, opus")


@dataclass(frozen=True, kw_only=True)
class VoiceDesignRequest(Request):
    operation: ClassVar[str] = "voice_design"
    makes: ClassVar[Medium] = "audio"
    main_input: ClassVar[str | None] = "prompt"
    verb: ClassVar[str | None] = "design_voice"

    prompt: str = required("what the voice is like, or how to change the base voice")
    name: str | None = asked("what to call the voice that the provider keeps")
    base_voice: str | None = asked("a voice to start from, by the provider's name or id")
    language: str | None = asked("language the voice speaks, such as en, de, pt-BR")
    gender: str | None = asked("how the voice is perceived, such as female, male, neutral")
    preview_text: str | None = asked("what the previews say")
    seed: int | None = asked("the same seed repeats a result where the model can")
    guidance_scale: float | None = asked("how closely to follow the prompt")
    output_format: str | None = asked("file format, such as mp3, wav, opus")


@dataclass(frozen=True, kw_only=True)
class VoiceCloneRequest(Request):
    operation: ClassVar[str] = "voice_clone"
    makes: ClassVar[Medium] = "audio"
    main_input: ClassVar[str | None] = None
    verb: ClassVar[str | None] = "clone_voice"

    name: str = required("what to call the voice")
    voice_samples: tuple[MediaFile, ...] = required("recordings of the voice")
    consent: str = recorded("the statement that the speaker agrees, in your words; kept in the ledger")
    consent_audio: MediaFile | None = asked("a recording in which the speaker agrees")
    description: str | None = asked("what the voice is like")
    language: str | None = asked("language the voice speaks, such as en, de, pt-BR")
    gender: str | None = asked("how the voice is perceived, such as female, male, neutral")
    preview_text: str | None = asked("what the preview says")
    remove_background_noise: bool | None = asked("clean the recordings first")


@dataclass(frozen=True, kw_only=True)
class DubbingRequest(Request):
    operation: ClassVar[str] = "dubbing"
    makes: ClassVar[Medium] = "audio"
    main_input: ClassVar[str | None] = None
    verb: ClassVar[str | None] = "dub"

    source: MediaFile = required("the recording or film to dub")
    target_language: str = required("language to dub into, such as de, pt-BR")
    source_language: str | None = asked("language of the source")
    speakers: int | None = asked("how many people speak")
    transcript: str | None = asked("also give the words of the dub, such as srt, vtt, json")

    @property
    def medium(self) -> Medium:
        """A film stays one."""
        return "video" if self.source.media_type.startswith("video/") else "audio"


@dataclass(frozen=True, kw_only=True)
class TranscriptionRequest(Request):
    operation: ClassVar[str] = "transcription"
    makes: ClassVar[Medium] = "text"
    main_input: ClassVar[str | None] = None
    verb: ClassVar[str | None] = "transcribe"

    audio: MediaFile = required("the recording or film to write down")
    language: str | None = asked("language of the recording")
    prompt: str | None = asked("words to expect")
    timestamps: str | None = asked("word or segment")
    translate: bool | None = asked("into English")
    speakers: int | None = asked("how many people speak")
    output_format: str | None = asked("json, text, srt or vtt")


@dataclass(frozen=True, kw_only=True)
class AlignmentRequest(Request):
    operation: ClassVar[str] = "alignment"
    makes: ClassVar[Medium] = "text"
    main_input: ClassVar[str | None] = "text"
    verb: ClassVar[str | None] = "align"

    audio: MediaFile = required("the recording in which the text is spoken")
    text: str = required("the words that are spoken, as they are written")


@dataclass(frozen=True, kw_only=True)
class DescribeRequest(Request):
    operation: ClassVar[str] = "describe"
    makes: ClassVar[Medium] = "text"
    main_input: ClassVar[str | None] = "prompt"

    prompt: str = required("what to find out")
    media: tuple[MediaFile, ...] | None = asked("images, recordings, films or documents to look at")
    instructions: str | None = asked("how to answer")


OPERATIONS: Mapping[str, type[Request]] = MappingProxyType({kind.operation: kind for kind in Request.__subclasses__()})


def request_fields(kind: type[Request]) -> Mapping[str, Field[Any]]:
    """The parameters of an operation by name, without `provider_options`."""
    return _request_fields(kind.operation)


@cache
def _request_fields(operation: str) -> Mapping[str, Field[Any]]:
    found = {each.name: each for each in fields(OPERATIONS[operation]) if each.name != "provider_options"}
    return MappingProxyType(found)


def needed_fields(kind: type[Request]) -> tuple[str, ...]:
    """The parameters that every request of an operation has, in their order."""
    return tuple(name for name, each in request_fields(kind).items() if each.default is MISSING)


def recorded_fields(kind: type[Request]) -> tuple[str, ...]:
    """The parameters that are for the ledger and for no provider."""
    return tuple(name for name, each in request_fields(kind).items() if each.metadata.get("recorded"))


def field_types(kind: type[Request]) -> Mapping[str, Any]:
    """The type of every parameter without its `| None`: `int`, `str`, `MediaFile`, `tuple[MediaFile, ...]`, ..."""
    return _field_types(kind.operation)


@cache
def _field_types(operation: str) -> Mapping[str, Any]:
    kind = OPERATIONS[operation]
    hints = get_type_hints(kind)
    return MappingProxyType({name: _without_none(hints[name]) for name in request_fields(kind)})


def input_field(kind: type[Request]) -> str | None:
    """The first parameter of the operation that takes files: what its input files are when nothing else is said."""
    types = field_types(kind)
    return next((name for name, hint in types.items() if hint in (MediaFile, tuple[MediaFile, ...])), None)


def _without_none(hint: Any) -> Any:
    choices = [choice for choice in get_args(hint) if choice is not type(None)]
    return choices[0] if type(None) in get_args(hint) and len(choices) == 1 else hint


def media_in(request: Request) -> dict[str, tuple[MediaFile, ...]]:
    """The media of a request by parameter name."""
    found: dict[str, tuple[MediaFile, ...]] = {}
    for name, value in request.asked_for().items():
        if isinstance(value, MediaFile):
            found[name] = (value,)
        elif isinstance(value, tuple) and value and isinstance(value[0], MediaFile):
            found[name] = value
    return found
