"""Images over gRPC: from words, and edits of one picture or several. Pictures come by their addresses."""

from typing import Any

from ...media import Json, MediaFile
from ...operations import ImageRequest
from ...spec import Call, Flow, Reply, Sample, compute
from .._xai.common import CHARGED_ALL_THE_SAME
from .._xai.pictures import FILE, INPUTS, delivered, inputs_of, picture_models
from .library import SEEN, ask, cost_of
from .size import check_size

# --- Flow -------------------------------------------------------------------------------------------------------


def submit(call: Call) -> Flow:
    """Order pictures by their addresses: the engine streams each to the disk, and no reply outgrows a message."""
    inputs = inputs_of(call)
    check_size(inputs)
    fields = {name: value for name, value in call.body.items() if name != INPUTS}
    if inputs:
        fields |= {"image": inputs[0]} if len(inputs) == 1 else {INPUTS: inputs}
    reply = yield compute(ask, effect="pays", method="Image/GenerateImage", model=call.model.id, format="url", **fields)
    pictures = [picture_of(each) for each in reply.get("images", ())]
    return delivered(call, pictures, cost_of(reply), {})


def picture_of(image: Json) -> MediaFile | None:
    """One picture; `None` was held back. What is false is not on the wire."""
    return MediaFile(media_type="image/jpeg", url=image["url"]) if image.get("respect_moderation") else None


MODELS = picture_models(submit)

# --- Samples ----------------------------------------------------------------------------------------------------

JPEG_OR_PNG = FILE.data or b""
"""The bytes decide what a picture is, not its address."""
PICTURE = Reply(content=JPEG_OR_PNG, media_type="image/png")


def drawn(count: int, held_back: int = 0) -> Reply:
    pictures = [{"url": f"https://imgen.x.ai/{number}.jpeg", "respect_moderation": True} for number in range(count)]
    usage = {"cost_in_usd_ticks": str(600_000_000 * (count + held_back))}
    return Reply(json={"images": pictures + [{"respect_moderation": False}] * held_back, "usage": usage})


HELD_BACK = Reply(
    status=400, json={"code": "INVALID_ARGUMENT", "error": "Generated image rejected by content moderation."}
)


def sample(*replies: Reply, expects: Any = "done", source: str = SEEN, **asked: Any) -> Sample:
    return Sample(request=ImageRequest(**{"prompt": "a fox", **asked}), replies=replies, expects=expects, source=source)


SAMPLES = (
    sample(drawn(1), PICTURE),
    sample(drawn(2), PICTURE, PICTURE, n=2, quality="low", resolution="2k", aspect_ratio="16:9"),
    sample(drawn(1), PICTURE, prompt="in the rain", input_images=(FILE,)),
    sample(drawn(1), PICTURE, prompt="together", input_images=(FILE, FILE), aspect_ratio="1:1"),
    sample(drawn(1), PICTURE, continuable=True),
    sample(drawn(1, held_back=2), PICTURE, n=3, expects="partial", source=CHARGED_ALL_THE_SAME),
    sample(drawn(0), expects="failed"),
    sample(drawn(0, held_back=1), prompt="something vile", expects="refused", source=CHARGED_ALL_THE_SAME),
    sample(HELD_BACK, prompt="something vile", expects="refused", source=CHARGED_ALL_THE_SAME),
)
