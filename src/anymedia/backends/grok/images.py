"""Images over REST: from words, and edits of one picture or several. Pictures come in the reply, as base64."""

from typing import Any

from ...media import Json, MediaFile
from ...operations import ImageRequest
from ...spec import Call, Flow, Inline, Reply, Sample, post
from .._xai.common import CHARGED_ALL_THE_SAME, Output
from .._xai.pictures import FILE, INPUTS, PIXEL, delivered, inputs_of, picture_models
from .errors import SEEN, cost_of

# --- Flow -------------------------------------------------------------------------------------------------------


def submit(call: Call) -> Flow:
    """An edit where pictures go in, one under another name than several; else from words."""
    inputs = [as_image(file) for file in inputs_of(call)]
    fields = {name: value for name, value in call.body.items() if name != INPUTS}
    body = {"model": call.model.id, "response_format": "b64_json", **fields}
    if len(inputs) == 1:
        body["image"] = inputs[0]
    elif inputs:
        body["images"] = inputs
    response = yield post(f"/images/{'edits' if inputs else 'generations'}", json=body, media_at=("data[*].b64_json",))
    pictures = [output_of(each) for each in response.json["data"]]
    return delivered(call, pictures, cost_of(response.json), prompts_in(response.json["data"]))


def as_image(file: MediaFile) -> Json:
    return {"url": Inline(file=file, form="data_uri"), "type": "image_url"}


def output_of(picture: Json) -> Output:
    if picture.get("respect_moderation") is False:
        return None
    output: Output = picture["b64_json"]
    if output is None:
        raise ValueError("a picture without its base64")
    return output


def prompts_in(pictures: Json) -> dict[str, Json]:
    """The prompts as xAI wrote them anew, if it did."""
    written = [each["revised_prompt"] for each in pictures if each.get("revised_prompt")]
    return {"revised_prompts": written} if written else {}


MODELS = picture_models(submit)

# --- Samples ----------------------------------------------------------------------------------------------------


def drawn(count: int, held_back: int = 0) -> Reply:
    pictures = [{"b64_json": PIXEL, "mime_type": "image/png", "respect_moderation": True}] * count
    without = [{"b64_json": None, "respect_moderation": False}] * held_back
    ticks = 600_000_000 * (count + held_back)
    return Reply(json={"data": [*pictures, *without], "usage": {"cost_in_usd_ticks": ticks}})


HELD_BACK = Reply(
    status=400,
    json={
        "code": "imagine:content-moderated",
        "error": "Generated image rejected by content moderation.",
        "usage": {"cost_in_usd_ticks": 600_000_000},
    },
)


def sample(*replies: Reply, expects: Any = "done", source: str = SEEN, **asked: Any) -> Sample:
    return Sample(request=ImageRequest(**{"prompt": "a fox", **asked}), replies=replies, expects=expects, source=source)


SAMPLES = (
    sample(drawn(1)),
    sample(drawn(2), n=2, quality="low", resolution="2k", aspect_ratio="16:9"),
    sample(drawn(1), prompt="in the rain", input_images=(FILE,)),
    sample(drawn(1), prompt="together", input_images=(FILE, FILE), aspect_ratio="1:1"),
    sample(drawn(1), continuable=True),
    sample(drawn(1, held_back=2), n=3, expects="partial", source=CHARGED_ALL_THE_SAME),
    sample(drawn(1), n=2, expects="partial"),
    sample(drawn(0), expects="failed"),
    sample(HELD_BACK, prompt="something vile", expects="refused", source=CHARGED_ALL_THE_SAME),
    sample(drawn(0, held_back=1), prompt="something vile", expects="refused", source=CHARGED_ALL_THE_SAME),
)
