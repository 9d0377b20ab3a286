"""Keyword arguments of every operation, for type checkers and editors. Generated: `make generate`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypedDict

from .media import MediaFile
from .results import Result

if TYPE_CHECKING:
    from .engine.run import Chunk, Progress

PathInput = str | os.PathLike[str]
MediaInput = PathInput | bytes | MediaFile | Result
"""A file: its path, its bytes, or something that was made before."""
Money = Decimal | float | str
"""US dollars."""


class CallParameters(TypedDict, total=False):
    """What every call takes besides what is asked for."""

    backend: str | None
    """a backend by name; honoured or refused, never replaced"""
    model: str | None
    """a model by id; honoured or refused, never replaced"""
    output: PathInput | None
    """the file to write; refused if it exists"""
    output_dir: PathInput | None
    """the folder to write to"""
    overwrite: bool
    """whether `output` may replace a file"""
    marks: bool | None
    """whether a file beside each output says who made it, with what model"""
    adapt: bool | None
    """take the nearest allowed value instead of refusing; `adjustments` says so"""
    max_cost: Money | None
    """the most this call may cost; for a batch, the most all of it may cost"""
    allow_unknown_cost: bool | None
    """whether a price that nobody knows fits under a cap"""
    allow_retired: bool | None
    """whether a model that its provider has retired may be asked for"""
    fallback: bool | None
    """whether the next backend is tried after a failure that cost nothing, where none was named"""
    idempotency_key: str | None
    """the same key with the same request is the same job"""
    wait: float | None
    """seconds to wait; the job goes on after that and can be resumed"""
    on_progress: Callable[[Progress], None] | None
    """called with each step of progress"""
    on_chunk: Callable[[Chunk], None] | None
    """called with the bytes of an output as they come, to play speech while it is spoken"""
    agent: str | None
    """who asks, for the budgets of named agents"""
    provider_options: Mapping[str, Mapping[str, Any]] | None
    """extra fields for one provider: {backend: {field: value}}"""


class ImageParameters(CallParameters, total=False):
    """Parameters of `image`."""

    continue_from: str | None
    """continue an earlier result, by its continuation id"""
    continuable: bool | None
    """keep this result open, so that a later one can continue it"""
    n: int | None
    """how many images"""
    size: str | tuple[int, int] | None
    """width x height in pixels, such as 1024x768"""
    aspect_ratio: str | None
    """width : height, such as 16:9"""
    resolution: str | None
    """the provider's size class, such as 1K, 2K, 4K"""
    quality: str | None
    """the provider's quality level, such as low, medium, high"""
    style: str | None
    """a named style or finish"""
    negative_prompt: str | None
    """what should not be in the picture"""
    seed: int | None
    """the same seed repeats a result where the model can"""
    guidance_scale: float | None
    """how closely to follow the prompt"""
    input_images: MediaInput | Sequence[MediaInput] | None
    """images to edit or to start from"""
    mask: MediaInput | None
    """where to change the first input image: its transparent pixels"""
    style_image: MediaInput | None
    """an image whose style to take"""
    control_image: MediaInput | None
    """an image whose structure to take: edges, scribble, pose"""
    subject_image: MediaInput | None
    """an image of the subject to keep"""
    edit_mode: str | None
    """what an edit does, such as insert, remove, outpaint"""
    mask_mode: str | None
    """what the provider masks by itself, such as background, foreground"""
    mask_dilation: float | None
    """how far the mask grows, as a share of the image's width"""
    control_type: str | None
    """what the control image shows, such as canny, scribble"""
    style_description: str | None
    """the style of the style image, in words"""
    subject_type: str | None
    """what the subject is, such as person, animal, product"""
    subject_description: str | None
    """the subject, in words"""
    person_generation: str | None
    """which people may be shown, such as dont_allow, allow_adult"""
    watermark: bool | None
    """whether the provider hides its watermark in the picture"""
    background: str | None
    """transparent, opaque or auto"""
    output_format: str | None
    """file format, such as png, jpeg, webp"""
    output_compression: int | None
    """compression of jpeg or webp, 0 to 100"""
    moderation: str | None
    """how strictly the provider moderates, such as low, auto"""
    complexity: str | None
    """computation spent on planning the picture, such as low, medium, high"""
    input_fidelity: str | None
    """how closely to keep to the input images, such as low, high"""
    markup: MediaInput | None
    """a transparent PNG that lies over the first input image and guides the edit"""
    frame_count: int | None
    """how many frames an animated picture has"""
    frame_duration: float | None
    """how long each frame of an animated picture is shown, in seconds"""
    partial_images: int | None
    """how many unfinished pictures to save while it is drawn; each may cost extra"""


class VideoParameters(CallParameters, total=False):
    """Parameters of `video`."""

    continue_from: str | None
    """continue an earlier result, by its continuation id"""
    continuable: bool | None
    """keep this result open, so that a later one can continue it"""
    n: int | None
    """how many films"""
    duration: float | None
    """length in seconds"""
    size: str | tuple[int, int] | None
    """width x height in pixels, such as 1280x720"""
    resolution: str | None
    """the provider's size class, such as 720p, 1080p"""
    aspect_ratio: str | None
    """width : height, such as 16:9"""
    frames_per_second: int | None
    """frames per second"""
    quality: str | None
    """the provider's quality level"""
    style: str | None
    """a named style or finish"""
    negative_prompt: str | None
    """what should not be in the film"""
    seed: int | None
    """the same seed repeats a result where the model can"""
    first_frame: MediaInput | None
    """an image to start from"""
    last_frame: MediaInput | None
    """an image to end with"""
    references: MediaInput | Sequence[MediaInput] | None
    """images of subjects or styles to keep"""
    video: MediaInput | None
    """a film to edit or extend"""
    extend: bool | None
    """go on where `video` ends, for `duration` seconds, instead of changing it"""
    upscale: bool | None
    """make `video` larger, up to `resolution`, and leave the rest as it is"""
    generate_audio: bool | None
    """whether the film has sound"""
    person_generation: str | None
    """which people may be shown, such as dont_allow, allow_adult"""
    output_format: str | None
    """file format, such as mp4, webm"""


class SpeechParameters(CallParameters, total=False):
    """Parameters of `speech`."""

    continue_from: str | None
    """continue an earlier result, by its continuation id"""
    continuable: bool | None
    """keep this result open, so that a later one can continue it"""
    voice: str | None
    """a voice, by the provider's name or id"""
    speaker_voices: str | None
    """speakers and their voices, such as Joe=Kore, Ann=Puck; each turn is a line such as Joe: Hello"""
    language: str | None
    """language of the text, such as en, de, pt-BR"""
    instructions: str | None
    """how to say it"""
    speed: float | None
    """speaking rate, 1.0 is normal"""
    voice_stability: float | None
    """0 is expressive, 1 is even"""
    voice_similarity: float | None
    """how closely to keep to the voice, 0 to 1"""
    seed: int | None
    """the same seed repeats a result where the model can"""
    timestamps: str | None
    """character: say in the metadata when each is spoken"""
    output_format: str | None
    """file format, such as mp3, wav, opus"""


class MusicParameters(CallParameters, total=False):
    """Parameters of `music`."""

    continue_from: str | None
    """continue an earlier result, by its continuation id"""
    continuable: bool | None
    """keep this result open, so that a later one can continue it"""
    duration: float | None
    """length in seconds"""
    instrumental: bool | None
    """no vocals"""
    plan: str | None
    """the song section by section, as JSON of the provider's shape, in place of the prompt"""
    seed: int | None
    """the same seed repeats a result where the model can"""
    output_format: str | None
    """file format, such as mp3, wav, opus"""


class SoundEffectParameters(CallParameters, total=False):
    """Parameters of `sound_effect`."""

    continue_from: str | None
    """continue an earlier result, by its continuation id"""
    continuable: bool | None
    """keep this result open, so that a later one can continue it"""
    duration: float | None
    """length in seconds"""
    loop: bool | None
    """whether the end runs into the beginning"""
    prompt_influence: float | None
    """how closely to follow the prompt, 0 to 1"""
    seed: int | None
    """the same seed repeats a result where the model can"""
    output_format: str | None
    """file format, such as mp3, wav, opus"""


class VoiceConversionParameters(CallParameters, total=False):
    """Parameters of `voice_conversion`."""

    continue_from: str | None
    """continue an earlier result, by its continuation id"""
    continuable: bool | None
    """keep this result open, so that a later one can continue it"""
    voice: str | None
    """a voice, by the provider's name or id"""
    remove_background_noise: bool | None
    """clean the recording first"""
    seed: int | None
    """the same seed repeats a result where the model can"""
    output_format: str | None
    """file format, such as mp3, wav, opus"""


class AudioIsolationParameters(CallParameters, total=False):
    """Parameters of `audio_isolation`."""

    continue_from: str | None
    """continue an earlier result, by its continuation id"""
    continuable: bool | None
    """keep this result open, so that a later one can continue it"""
    output_format: str | None
    """file format, such as mp3, wav, opus"""


class StemSeparationParameters(CallParameters, total=False):
    """Parameters of `stem_separation`."""

    continue_from: str | None
    """continue an earlier result, by its continuation id"""
    continuable: bool | None
    """keep this result open, so that a later one can continue it"""
    stems: int | None
    """into how many parts, such as 2 for vocals and the rest"""
    output_format: str | None
    """file format, such as mp3, wav, opus"""


class VoiceDesignParameters(CallParameters, total=False):
    """Parameters of `voice_design`."""

    continue_from: str | None
    """continue an earlier result, by its continuation id"""
    continuable: bool | None
    """keep this result open, so that a later one can continue it"""
    name: str | None
    """what to call the voice that the provider keeps"""
    base_voice: str | None
    """a voice to start from, by the provider's name or id"""
    language: str | None
    """language the voice speaks, such as en, de, pt-BR"""
    gender: str | None
    """how the voice is perceived, such as female, male, neutral"""
    preview_text: str | None
    """what the previews say"""
    seed: int | None
    """the same seed repeats a result where the model can"""
    guidance_scale: float | None
    """how closely to follow the prompt"""
    output_format: str | None
    """file format, such as mp3, wav, opus"""


class VoiceCloneParameters(CallParameters, total=False):
    """Parameters of `voice_clone`."""

    continue_from: str | None
    """continue an earlier result, by its continuation id"""
    continuable: bool | None
    """keep this result open, so that a later one can continue it"""
    consent_audio: MediaInput | None
    """a recording in which the speaker agrees"""
    description: str | None
    """what the voice is like"""
    language: str | None
    """language the voice speaks, such as en, de, pt-BR"""
    gender: str | None
    """how the voice is perceived, such as female, male, neutral"""
    preview_text: str | None
    """what the preview says"""
    remove_background_noise: bool | None
    """clean the recordings first"""


class DubbingParameters(CallParameters, total=False):
    """Parameters of `dubbing`."""

    continue_from: str | None
    """continue an earlier result, by its continuation id"""
    continuable: bool | None
    """keep this result open, so that a later one can continue it"""
    source_language: str | None
    """language of the source"""
    speakers: int | None
    """how many people speak"""
    transcript: str | None
    """also give the words of the dub, such as srt, vtt, json"""


class TranscriptionParameters(CallParameters, total=False):
    """Parameters of `transcription`."""

    continue_from: str | None
    """continue an earlier result, by its continuation id"""
    continuable: bool | None
    """keep this result open, so that a later one can continue it"""
    language: str | None
    """language of the recording"""
    prompt: str | None
    """words to expect"""
    timestamps: str | None
    """word or segment"""
    translate: bool | None
    """into English"""
    speakers: int | None
    """how many people speak"""
    output_format: str | None
    """json, text, srt or vtt"""


class AlignmentParameters(CallParameters, total=False):
    """Parameters of `alignment`."""

    continue_from: str | None
    """continue an earlier result, by its continuation id"""
    continuable: bool | None
    """keep this result open, so that a later one can continue it"""


class DescribeParameters(CallParameters, total=False):
    """Parameters of `describe`."""

    continue_from: str | None
    """continue an earlier result, by its continuation id"""
    continuable: bool | None
    """keep this result open, so that a later one can continue it"""
    instructions: str | None
    """how to answer"""


class AnyParameters(CallParameters, total=False):
    """Parameters of any operation, for a mode that is not known before the program runs."""

    aspect_ratio: str | None
    audio: MediaInput | None
    audio_format: str | None
    background: str | None
    base_voice: str | None
    complexity: str | None
    consent: str | None
    consent_audio: MediaInput | None
    continuable: bool | None
    continue_from: str | None
    control_image: MediaInput | None
    control_type: str | None
    description: str | None
    duration: float | None
    edit_mode: str | None
    extend: bool | None
    first_frame: MediaInput | None
    frame_count: int | None
    frame_duration: float | None
    frames_per_second: int | None
    gender: str | None
    generate_audio: bool | None
    guidance_scale: float | None
    input_fidelity: str | None
    input_images: MediaInput | Sequence[MediaInput] | None
    instructions: str | None
    instrumental: bool | None
    language: str | None
    last_frame: MediaInput | None
    loop: bool | None
    markup: MediaInput | None
    mask: MediaInput | None
    mask_dilation: float | None
    mask_mode: str | None
    mask_path: MediaInput | None
    media: MediaInput | Sequence[MediaInput] | None
    moderation: str | None
    n: int | None
    name: str | None
    negative_prompt: str | None
    output_compression: int | None
    output_format: str | None
    partial_images: int | None
    person_generation: str | None
    plan: str | None
    preview_text: str | None
    prompt_influence: float | None
    quality: str | None
    references: MediaInput | Sequence[MediaInput] | None
    remove_background_noise: bool | None
    resolution: str | None
    seed: int | None
    size: str | tuple[int, int] | None
    source: MediaInput | None
    source_language: str | None
    speaker_voices: str | None
    speakers: int | None
    speed: float | None
    stems: int | None
    style: str | None
    style_description: str | None
    style_image: MediaInput | None
    subject_description: str | None
    subject_image: MediaInput | None
    subject_type: str | None
    target_language: str | None
    timestamps: str | None
    transcript: str | None
    translate: bool | None
    upscale: bool | None
    video: MediaInput | None
    video_reference_images: MediaInput | Sequence[MediaInput] | None
    voice: str | None
    voice_samples: MediaInput | Sequence[MediaInput] | None
    voice_similarity: float | None
    voice_stability: float | None
    watermark: bool | None
    backend_type: Any
    storage_path: Any
    extra_params: Mapping[str, Any] | None
    input_audio: MediaInput | None
