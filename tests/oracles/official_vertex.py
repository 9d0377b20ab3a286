"""Vertex AI through Google's official client. Knows its keywords and nothing of our backend's translation."""

from __future__ import annotations

import warnings
from typing import Any

from google import genai
from google.genai import types

from anymedia.media import MediaFile
from anymedia.operations import ImageRequest, Request

IMAGE_KEYWORDS = {
    "n": "number_of_images",
    "aspect_ratio": "aspect_ratio",
    "seed": "seed",
    "output_format": "output_mime_type",
    "output_compression": "output_compression_quality",
    "moderation": "safety_filter_level",
    "person_generation": "person_generation",
    "watermark": "add_watermark",
    "negative_prompt": "negative_prompt",
    "guidance_scale": "guidance_scale",
    "resolution": "image_size",
    "edit_mode": "edit_mode",
}
"""Our name of a parameter and the keyword of `GenerateImagesConfig` and `EditImageConfig`."""
VIDEO_KEYWORDS = {
    "n": "number_of_videos",
    "duration": "duration_seconds",
    "resolution": "resolution",
    "aspect_ratio": "aspect_ratio",
    "negative_prompt": "negative_prompt",
    "seed": "seed",
    "generate_audio": "generate_audio",
    "quality": "compression_quality",
    "person_generation": "person_generation",
}
"""The same for `GenerateVideosConfig`."""
CONTENT_KEYWORDS = {
    "aspect_ratio": "aspect_ratio",
    "resolution": "image_size",
    "output_format": "output_mime_type",
    "output_compression": "output_compression_quality",
    "person_generation": "person_generation",
}
"""The same for `ImageConfig`."""
CONTENT_FIELDS = ("prompt", "input_images", "continuable", "continue_from")
PERSONS = {"dont_allow": "ALLOW_NONE", "allow_adult": "ALLOW_ADULT", "allow_all": "ALLOW_ALL"}
FIRST_PROMPT = "an earlier fox"
REFERENCE_FIELDS = (
    "input_images",
    "mask",
    "mask_mode",
    "mask_dilation",
    "control_image",
    "control_type",
    "style_image",
    "style_description",
    "subject_image",
    "subject_type",
    "subject_description",
)
SOURCE_FIELDS = ("prompt", "first_frame", "last_frame", "references", "video", "extend")
EDIT_MODES = {
    "insert": types.EditMode.EDIT_MODE_INPAINT_INSERTION,
    "remove": types.EditMode.EDIT_MODE_INPAINT_REMOVAL,
    "outpaint": types.EditMode.EDIT_MODE_OUTPAINT,
    "background": types.EditMode.EDIT_MODE_BGSWAP,
    "controlled": types.EditMode.EDIT_MODE_CONTROLLED_EDITING,
    "style": types.EditMode.EDIT_MODE_STYLE,
    "product": types.EditMode.EDIT_MODE_PRODUCT_IMAGE,
}


def official_call(client: genai.Client, model: str, request: Request) -> list[bytes]:
    """Make what is asked for as the official documentation does. Gives the bytes of every output."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Google deprecates the methods of Imagen
        if not isinstance(request, ImageRequest):
            return _films(client, model, request)
        if model.startswith("gemini"):
            return _content(client, model, request)
        if "capability" in model:
            return _edited(client, model, request)
        config = types.GenerateImagesConfig(include_rai_reason=True, **_image_options(request))
        return _bytes_of(client.models.generate_images(model=model, prompt=request.prompt, config=config))


def _content(client: genai.Client, model: str, request: ImageRequest) -> list[bytes]:
    asked = request.asked_for()
    options = {keyword: asked[name] for name, keyword in CONTENT_KEYWORDS.items() if name in asked}
    if request.output_format is not None:
        options["output_mime_type"] = f"image/{request.output_format}"
    if request.person_generation is not None:
        options["person_generation"] = PERSONS[request.person_generation]
    shape = types.ImageConfig(**options) if options else None
    config = types.GenerateContentConfig(response_modalities=["IMAGE"], image_config=shape)
    pictures = [
        types.Part.from_bytes(data=file.read_bytes(), mime_type=file.media_type) for file in request.input_images or ()
    ]
    message: Any = [request.prompt, *pictures]
    if request.continue_from is None:
        response = client.models.generate_content(model=model, contents=message, config=config)
    else:
        chat = client.chats.create(model=model, config=types.GenerateContentConfig(response_modalities=["IMAGE"]))
        chat.send_message(FIRST_PROMPT)
        response = chat.send_message(message, config=config)
    return [part.inline_data.data or b"" for part in response.parts or () if part.inline_data]


def _image_options(request: ImageRequest) -> dict[str, Any]:
    asked = request.asked_for()
    return {keyword: _written(name, asked[name]) for name, keyword in IMAGE_KEYWORDS.items() if name in asked}


def _written(name: str, value: Any) -> Any:
    match name:
        case "output_format":
            return f"image/{value}"
        case "edit_mode":
            return EDIT_MODES[value]
    return value


def _edited(client: genai.Client, model: str, request: ImageRequest) -> list[bytes]:
    options = _image_options(request)
    if request.mask is not None or request.mask_mode is not None:
        options.setdefault("edit_mode", types.EditMode.EDIT_MODE_INPAINT_INSERTION)
    config = types.EditImageConfig(include_rai_reason=True, **options)
    references = list(_references(request))
    return _bytes_of(
        client.models.edit_image(model=model, prompt=request.prompt, reference_images=references, config=config)
    )


def _references(request: ImageRequest) -> Any:
    if request.input_images is not None:
        yield types.RawReferenceImage(reference_id=1, reference_image=_image(request.input_images[0]))
    if request.mask is not None or request.mask_mode is not None:
        mode = "USER_PROVIDED" if request.mask_mode is None else request.mask_mode.upper()
        mask = None if request.mask is None else _image(request.mask)
        config = types.MaskReferenceConfig(mask_mode=f"MASK_MODE_{mode}", mask_dilation=request.mask_dilation)
        yield types.MaskReferenceImage(reference_id=2, reference_image=mask, config=config)
    if request.control_image is not None:
        control = types.ControlReferenceConfig(control_type=f"CONTROL_TYPE_{(request.control_type or '').upper()}")
        yield types.ControlReferenceImage(reference_id=3, reference_image=_image(request.control_image), config=control)
    if request.style_image is not None:
        style = request.style_description and types.StyleReferenceConfig(style_description=request.style_description)
        yield types.StyleReferenceImage(
            reference_id=4, reference_image=_image(request.style_image), config=style or None
        )
    if request.subject_image is not None:
        yield types.SubjectReferenceImage(
            reference_id=5, reference_image=_image(request.subject_image), config=_subject(request)
        )


def _subject(request: ImageRequest) -> types.SubjectReferenceConfig | None:
    if request.subject_type is None and request.subject_description is None:
        return None
    kind = None if request.subject_type is None else f"SUBJECT_TYPE_{request.subject_type.upper()}"
    return types.SubjectReferenceConfig(subject_type=kind, subject_description=request.subject_description)


def _films(client: genai.Client, model: str, request: Any) -> list[bytes]:
    asked = request.asked_for()
    options: dict[str, Any] = {keyword: asked[name] for name, keyword in VIDEO_KEYWORDS.items() if name in asked}
    if request.last_frame is not None:
        options["last_frame"] = _image(request.last_frame)
    if request.references is not None:
        options["reference_images"] = [
            types.VideoGenerationReferenceImage(image=_image(file), reference_type="ASSET")
            for file in request.references
        ]
    video = request.video and types.Video(video_bytes=request.video.read_bytes(), mime_type=request.video.media_type)
    source = types.GenerateVideosSource(
        prompt=request.prompt, image=request.first_frame and _image(request.first_frame), video=video
    )
    config = types.GenerateVideosConfig(**options)
    operation = client.models.generate_videos(model=model, source=source, config=config)
    done = client.operations.get(operation)
    assert done.result is not None
    return [each.video.video_bytes or b"" for each in done.result.generated_videos or () if each.video]


def _image(file: MediaFile) -> types.Image:
    return types.Image(image_bytes=file.read_bytes(), mime_type=file.media_type)


def _bytes_of(response: Any) -> list[bytes]:
    return [each.image.image_bytes for each in response.generated_images]
