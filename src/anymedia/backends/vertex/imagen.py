"""Images: Imagen. It makes pictures, and one model edits them by up to five reference images.

A prompt may name the reference images of an edit by number: the input image is [1], its mask [2], the control image
[3], the style image [4], the subject image [5]. Facts: converters and types of the official client 3.4.0, and the
pages that `source` names, all checked 2026-11-22.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from ...media import Json, MediaFile
from ...operations import ImageRequest
from ...spec import (
    AnyValue,
    Between,
    Call,
    Constraint,
    Failed,
    Files,
    Flow,
    Model,
    OneFile,
    Param,
    PerUnit,
    Reply,
    Rule,
    Sample,
    Step,
    Succeeded,
    TextUpTo,
    compute,
    one_of,
    post,
)
from ...spec.tiny import PNG, in_base64
from .common import CHECKED, DOCS, PRICING, SEEN, as_image, body_of, model_path
from .gemini import NEWEST, PRO_MODEL
from .masks import white_where_transparent

# --- Models -----------------------------------------------------------------------------------------------------

RETIRED = date(2026, 6, 30)
"""Of every Imagen model on Vertex: DOCS/models/imagen/4-0-generate and /3-0-generate, read through stored copies,
checked 2026-11-22. Google's migration page names 2026-08-17 as the latest day; both have passed. It names the
successors as well."""

IMAGE_TYPES = ("image/png", "image/jpeg")
LARGEST_IMAGE = 10 * 10**6
"""Bytes. DOCS/model-reference/imagen-api-customization."""
LONGEST_PROMPT = 4_800
"""Characters. Google counts 480 tokens, which nobody can count here; the provider judges what is close."""

EDIT_MODES = {
    "insert": "EDIT_MODE_INPAINT_INSERTION",
    "remove": "EDIT_MODE_INPAINT_REMOVAL",
    "outpaint": "EDIT_MODE_OUTPAINT",
    "background": "EDIT_MODE_BGSWAP",
    "controlled": "EDIT_MODE_CONTROLLED_EDITING",
    "style": "EDIT_MODE_STYLE",
    "product": "EDIT_MODE_PRODUCT_IMAGE",
}


REFERENCES = "instances.referenceImages"
"""In the body the flow finds the files here by their kind, and beside them what is said about each."""
KINDS = ("raw", "mask", "control", "style", "subject")
"""In the order of the numbers by which a prompt names them."""


def parameter(name: str, allows: Constraint) -> Param:
    return Param(wire_name=f"parameters.{name}", allows=allows)


def enumerated(wire_name: str, prefix: str, *options: str) -> Param:
    """A value of ours that the provider spells in capitals, after a prefix."""
    return Param(wire_name=wire_name, allows=one_of(*options), encode=lambda value: prefix + value.upper())


def picture(name: str) -> Param:
    return Param(wire_name=f"{REFERENCES}.{name}", allows=OneFile(media_types=IMAGE_TYPES, bytes_each=LARGEST_IMAGE))


def encode_format(output_format: Json) -> str:
    return f"image/{output_format}"


SHARED = {
    "prompt": Param(wire_name="instances.prompt", allows=TextUpTo(LONGEST_PROMPT)),
    "n": parameter("sampleCount", Between(1, 4)),
    "aspect_ratio": parameter("aspectRatio", one_of("1:1", "3:4", "4:3", "9:16", "16:9")),
    "seed": parameter("seed", Between(1, 2**31 - 1)),
    "output_format": Param(
        wire_name="parameters.outputOptions.mimeType", allows=one_of("png", "jpeg"), encode=encode_format
    ),
    "output_compression": parameter("outputOptions.compressionQuality", Between(0, 100)),
    "moderation": enumerated(
        "parameters.safetySetting",
        "",
        "block_low_and_above",
        "block_medium_and_above",
        "block_only_high",
        "block_none",
    ),
    "person_generation": enumerated("parameters.personGeneration", "", "dont_allow", "allow_adult", "allow_all"),
    "watermark": parameter("addWatermark", AnyValue(bool)),
}
GUIDED = {
    "negative_prompt": parameter("negativePrompt", TextUpTo(LONGEST_PROMPT)),
    "guidance_scale": parameter("guidanceScale", Between(1.0, 500.0)),
}
"""What Imagen 3 has and its successors gave up: DOCS/model-reference/imagen-api."""
PARAMS_4 = SHARED | {"resolution": parameter("sampleImageSize", one_of("1K", "2K"))}
PARAMS_3 = SHARED | GUIDED
PARAMS_EDIT = PARAMS_3 | {
    "input_images": Param(
        wire_name=f"{REFERENCES}.raw",
        allows=Files(media_types=IMAGE_TYPES, at_most=1, bytes_each=LARGEST_IMAGE),
        encode=lambda files: files[0],
    ),
    "mask": Param(wire_name=f"{REFERENCES}.mask", allows=OneFile(media_types=("image/png",), bytes_each=LARGEST_IMAGE)),
    "mask_mode": enumerated(
        f"{REFERENCES}.maskImageConfig.maskMode", "MASK_MODE_", "background", "foreground", "semantic"
    ),
    "mask_dilation": Param(wire_name=f"{REFERENCES}.maskImageConfig.dilation", allows=Between(0.01, 1.0)),
    "control_image": picture("control"),
    "control_type": enumerated(
        f"{REFERENCES}.controlImageConfig.controlType", "CONTROL_TYPE_", "canny", "scribble", "face_mesh"
    ),
    "style_image": picture("style"),
    "style_description": Param(
        wire_name=f"{REFERENCES}.styleImageConfig.styleDescription", allows=TextUpTo(LONGEST_PROMPT)
    ),
    "subject_image": picture("subject"),
    "subject_type": enumerated(
        f"{REFERENCES}.subjectImageConfig.subjectType", "SUBJECT_TYPE_", "default", "person", "animal", "product"
    ),
    "subject_description": Param(
        wire_name=f"{REFERENCES}.subjectImageConfig.subjectDescription", allows=TextUpTo(LONGEST_PROMPT)
    ),
    "edit_mode": Param(
        wire_name="parameters.editMode", allows=one_of(*EDIT_MODES), encode=lambda mode: EDIT_MODES[mode]
    ),
}

RULES = (
    Rule(when={"seed": Rule.ASKED}, needs={"watermark": False}, why="a watermarked picture takes no seed"),
    Rule(when={"output_compression": Rule.ASKED}, needs={"output_format": "jpeg"}, why="png is lossless"),
)
EDIT_RULES = (
    *RULES,
    Rule(
        when={"style_image": Rule.ABSENT, "subject_image": Rule.ABSENT, "control_image": Rule.ABSENT},
        needs={"input_images": Rule.ASKED},
        why="this model starts from pictures",
    ),
    *(
        Rule(when={name: Rule.ASKED}, needs={"input_images": Rule.ASKED}, why="it is about the input image")
        for name in ("mask", "mask_mode", "edit_mode")
    ),
    Rule(when={"mask": Rule.ASKED}, needs={"mask_mode": Rule.ABSENT}, why="one of them says where to change it"),
    Rule(
        when={"mask_dilation": Rule.ASKED, "mask": Rule.ABSENT},
        needs={"mask_mode": Rule.ASKED},
        why="there is a mask to grow",
    ),
    Rule(when={"control_image": Rule.ASKED}, needs={"control_type": Rule.ASKED}, why="the provider asks what it shows"),
    *(
        Rule(when={about: Rule.ASKED}, needs={image: Rule.ASKED}, why="it is about that image")
        for about, image in (
            ("control_type", "control_image"),
            ("style_description", "style_image"),
            ("subject_type", "subject_image"),
            ("subject_description", "subject_image"),
        )
    ),
)


def imagen(
    model_id: str,
    *,
    dollars: str,
    params: Mapping[str, Param],
    rules: tuple[Rule, ...] = RULES,
    page: str = "4-0-generate",
    successor: str = NEWEST,
) -> Model:
    return Model(
        id=model_id,
        accepts=ImageRequest,
        params=params,
        rules=rules,
        price=PerUnit(amount=Decimal(dollars), unit="image", source=PRICING, checked=CHECKED, reported_at="images"),
        max_outputs=4,
        typical_bytes=2_000_000,
        retires=RETIRED,
        successor=successor,
        submit=submit,
        source=f"{DOCS}/models/imagen/{page}",
    )


# --- Flows ------------------------------------------------------------------------------------------------------

PICTURES = ("predictions[*].bytesBase64Encoded",)
SAYS_WHY = {"includeRaiReason": True}
"""Without it a picture that the filter took is simply not there."""


def submit(call: Call) -> Flow:
    instance, parameters = dict(call.body["instances"]), {**SAYS_WHY, **call.body.get("parameters", {})}
    given = dict(instance.pop("referenceImages", {}))
    if "mask" in given:
        mask = yield compute(white_where_transparent, where="process", mask=given["mask"])
        given["mask"] = MediaFile(media_type="image/png", data=mask)
        given["maskImageConfig"] = {"maskMode": "MASK_MODE_USER_PROVIDED", **given.get("maskImageConfig", {})}
    if "maskImageConfig" in given:
        parameters.setdefault("editMode", EDIT_MODES["insert"])
    if given:
        instance["referenceImages"] = references(given)
    response = yield post(model_path(call, "predict"), json=body_of(call, instance, parameters), media_at=PICTURES)
    return pictures(call, response.json)


def references(given: Mapping[str, Json]) -> list[dict[str, Json]]:
    """The reference images with the numbers by which a prompt may name them."""
    numbered = enumerate(KINDS, start=1)
    return [reference(number, kind, given) for number, kind in numbered if {kind, f"{kind}ImageConfig"} & given.keys()]


def reference(number: int, kind: str, given: Mapping[str, Json]) -> dict[str, Json]:
    """One reference image: the picture itself, unless the provider makes it, and what is said about it."""
    config = f"{kind}ImageConfig"
    return {
        "referenceType": f"REFERENCE_TYPE_{kind.upper()}",
        "referenceId": number,
        **({"referenceImage": as_image(given[kind])} if kind in given else {}),
        **({config: given[config]} if config in given else {}),
    }


def pictures(call: Call, reply: Json) -> Step:
    predictions = reply["predictions"] if reply else ()  # nothing at all is how the provider says that all was filtered
    files = tuple(each["bytesBase64Encoded"] for each in predictions if "bytesBase64Encoded" in each)
    filtered = tuple(each["raiFilteredReason"] for each in predictions if each.get("raiFilteredReason"))
    if not files:
        return nothing_came(filtered, [each["gcsUri"] for each in predictions if each.get("gcsUri")])
    wanted = call.request.asked_for().get("n", 1)
    unsaid = ["Vertex delivered fewer pictures than asked for."] * (wanted - len(files))
    enhanced = next((each["prompt"] for each in predictions if each.get("prompt")), None)
    return Succeeded(
        files=files,
        missing=tuple([*filtered, *unsaid][: max(0, wanted - len(files))]),
        usage={"images": len(files)},
        metadata={} if enhanced is None else {"enhanced_prompt": enhanced},
    )


def nothing_came(filtered: tuple[str, ...], buckets: list[str]) -> Failed:
    """Why there is no file. What was written to a bucket of the user's own is there, and not ours to fetch."""
    if filtered:
        return Failed(reason=filtered[0], kind="refused")
    if buckets:
        where = ", ".join(buckets)
        return Failed(reason=f"it was written to {where}, which only Google Cloud Storage gives out")
    return Failed(reason="the reply holds nothing", kind="empty_output")


MODELS = (
    imagen("imagen-4.0-generate-001", dollars="0.04", params=PARAMS_4),
    imagen("imagen-4.0-fast-generate-001", dollars="0.02", params=SHARED),
    imagen("imagen-4.0-ultra-generate-001", dollars="0.06", params=PARAMS_4, successor=PRO_MODEL),
    imagen("imagen-3.0-capability-001", dollars="0.04", params=PARAMS_EDIT, rules=EDIT_RULES, page="3-0-generate"),
    imagen("imagen-3.0-generate-002", dollars="0.04", params=SHARED, page="3-0-generate"),
    imagen("imagen-3.0-generate-001", dollars="0.04", params=PARAMS_3, page="3-0-generate"),
    imagen("imagen-3.0-fast-generate-001", dollars="0.02", params=PARAMS_3, page="3-0-generate"),
)

# --- Samples ----------------------------------------------------------------------------------------------------

PIXEL = in_base64(PNG)
REASON = "Unable to show generated images. The prompt may violate Google's Responsible AI practices."
DRAWN = {"bytesBase64Encoded": PIXEL, "mimeType": "image/png"}
SCORED = {"contentType": "Positive Prompt", "safetyAttributes": {"categories": ["Violence"], "scores": [0.1]}}
FILE = MediaFile(media_type="image/png", data=PNG)
PAINTER, EDITOR = "imagen-4.0-generate-001", "imagen-3.0-capability-001"


def drawn(*predictions: Json) -> Reply:
    return Reply(json={"predictions": [*predictions]})


SAMPLES = (
    Sample(request=ImageRequest(prompt="a fox"), model=PAINTER, replies=(drawn(DRAWN),), source=SEEN),
    Sample(
        request=ImageRequest(prompt="a fox", n=2, seed=7, watermark=False, aspect_ratio="16:9", output_format="png"),
        model=PAINTER,
        replies=(drawn(DRAWN, {**DRAWN, "prompt": "a red fox"}),),
        source=SEEN,
    ),
    Sample(
        request=ImageRequest(prompt="a fox", negative_prompt="snow", guidance_scale=20.0),
        model="imagen-3.0-generate-001",
        replies=(drawn(DRAWN, SCORED),),
        source=SEEN,
    ),
    Sample(
        request=ImageRequest(prompt="a hat", input_images=(FILE,), mask=FILE, mask_dilation=0.02),
        model=EDITOR,
        replies=(drawn(DRAWN),),
        source=SEEN,
    ),
    Sample(
        request=ImageRequest(prompt="a beach", input_images=(FILE,), mask_mode="background", edit_mode="background"),
        model=EDITOR,
        replies=(drawn(DRAWN),),
        source=SEEN,
    ),
    Sample(
        request=ImageRequest(
            prompt="a fox [5] in the style of [4]",
            style_image=FILE,
            style_description="woodcut",
            control_image=FILE,
            control_type="scribble",
            subject_image=FILE,
            subject_type="animal",
            subject_description="a fox",
        ),
        model=EDITOR,
        replies=(drawn(DRAWN),),
        source=SEEN,
    ),
    Sample(
        request=ImageRequest(prompt="a fox", n=2),
        model=PAINTER,
        replies=(drawn(DRAWN, {"raiFilteredReason": REASON}),),
        expects="partial",
        source=SEEN,
    ),
    Sample(
        request=ImageRequest(prompt="something vile"),
        model=PAINTER,
        replies=(drawn({"raiFilteredReason": REASON}),),
        expects="refused",
        source=SEEN,
    ),
    Sample(
        request=ImageRequest(prompt="a fox"), model=PAINTER, replies=(Reply(json={}),), expects="failed", source=SEEN
    ),
    Sample(
        request=ImageRequest(prompt="something vile"),
        model=PAINTER,
        replies=(Reply(status=400, json={"error": {"code": 400, "message": REASON, "status": "INVALID_ARGUMENT"}}),),
        expects="refused",
        source=SEEN,
    ),
)
