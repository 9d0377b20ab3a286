"""Images over gRPC: from words, and edits of one picture or several. Pictures come in the reply."""

from base64 import b64decode
from typing import Any

from ...media import Json, MediaFile
from ...operations import ImageRequest
from ...spec import Call, Control, Flow, Reply, Sample, compute
from .._xai.common import CHARGED_ALL_THE_SAME
from .._xai.pictures import FILE, INPUTS, PIXEL, delivered, inputs_of, picture_models
from .library import SEEN, ask, cost_of
from .size import check_size

# --- Flow -------------------------------------------------------------------------------------------------------


def submit(call: Call) -> Flow:
    """An edit where pictures go in, one under another name than several; else from words."""
    inputs = inputs_of(call)
    check_size(inputs)
    fields = {name: value for name, value in call.body.items() if name != INPUTS}
    if inputs:
        fields |= {"image": inputs[0]} if len(inputs) == 1 else {INPUTS: inputs}
    reply = yield compute(draw, effect="pays", model=call.model.id, format="base64", **fields)
    return delivered(call, [picture_of(each) for each in reply.get("images", ())], cost_of(reply), {})


def draw(control: Control, **fields: Json) -> Json:
    """The reply, with the bytes of each picture that came in the place of its base64."""
    reply = ask(control, method="Image/GenerateImage", **fields)
    for image in reply.get("images", ()):
        if image.get("base64"):
            image["data"] = b64decode(image.pop("base64").rpartition(",")[2], validate=True)
    return reply


def picture_of(image: Json) -> MediaFile | None:
    """One picture; `None` was held back: what is false is not on the wire."""
    return MediaFile(media_type="image/jpeg", data=image["data"]) if image.get("respect_moderation") else None


MODELS = picture_models(submit)

# --- Samples ----------------------------------------------------------------------------------------------------

DATA_URI = f"data:image/png;base64,{PIXEL}"


def drawn(count: int, held_back: int = 0) -> Reply:
    pictures: list[Json] = [{"base64": DATA_URI, "respect_moderation": True}] * count
    usage = {"cost_in_usd_ticks": str(600_000_000 * (count + held_back))}
    return Reply(json={"images": pictures + [{"respect_moderation": False}] * held_back, "usage": usage})


HELD_BACK = Reply(
    status=400, json={"code": "INVALID_ARGUMENT", "error": "Generated image rejected by content moderation."}
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
    sample(drawn(0, held_back=1), prompt="something vile", expects="refused", source=CHARGED_ALL_THE_SAME),
    sample(HELD_BACK, prompt="something vile", expects="refused", source=CHARGED_ALL_THE_SAME),
)
