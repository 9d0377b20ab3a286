"""Replicate: pictures of FLUX.2 by predictions of an official model. Facts: the official client 1.0.7 and copies of
the provider's pages, read 2026-11-23."""

from datetime import date

from ..media import Json, MediaFile
from ..operations import ImageRequest
from ..spec import (
    ApiKey,
    Backend,
    Between,
    Call,
    Failed,
    Files,
    Flow,
    Model,
    Param,
    Pending,
    Problem,
    Reply,
    Sample,
    Step,
    Succeeded,
    TextUpTo,
    UnknownPrice,
    data_uris,
    get,
    one_of,
    post,
)
from ..spec.tiny import PNG

DOCS, PAGE = "https://replicate.com/docs/reference/http", "https://replicate.com/black-forest-labs/flux-2-pro"
REFUSALS = ("(E005)", "NSFW")  # an error has no code: replicate/replicate-python issue 397, 11cafe/jaaz pull 137
FORMATS = {"webp": "webp", "jpeg": "jpg", "png": "png"}
FILES = Files(media_types=("image/png", "image/jpeg", "image/webp"), at_most=8, bytes_each=10_000_000)


def submit(call: Call) -> Flow:
    response = yield post(f"/v1/models/{call.model.id}/predictions", json={"input": call.body})
    return step_of(response.json)


def poll(call: Call, state: Json) -> Flow:
    return step_of((yield get(state["get"])).json)


def cancel(call: Call, state: Json) -> Flow:
    return step_of((yield post(state["cancel"], json=None, effect="safe")).json)


def step_of(prediction: Json) -> Step:
    """A status that no page names is taken for work that goes on: the deadline ends it."""
    match prediction["status"]:
        case "succeeded":
            return Succeeded(files=(MediaFile(media_type="image/webp", url=prediction["output"]),))
        case "failed":
            reason = str(prediction["error"])
            return Failed(reason=reason, kind="refused" if any(words in reason for words in REFUSALS) else "failed")
        case "canceled" | "aborted" as status:
            return Failed(reason=status, kind="cancelled")
    state = {name: prediction["urls"][name] for name in ("get", "cancel")}
    return Pending(state=state, id=prediction["id"], poll_after=1.0)


def read_error(status: int, json: Json) -> Problem | None:
    match json:
        case {"title": "Insufficient credit", "detail": str(message)}:
            return Problem(
                kind="rejected", message=message, next="Add credit at https://replicate.com/account/billing."
            )
    return None


PARAMS = {
    "prompt": Param(wire_name="prompt", allows=TextUpTo(32_000)),
    "aspect_ratio": Param(wire_name="aspect_ratio", allows=one_of("1:1", "16:9", "3:2", "2:3", "4:3", "3:4", "9:16")),
    "resolution": Param(wire_name="resolution", allows=one_of("0.5 MP", "1 MP", "2 MP", "4 MP")),
    "seed": Param(wire_name="seed", allows=Between(0, 2**31 - 1)),
    "output_format": Param(wire_name="output_format", allows=one_of(*FORMATS), encode=FORMATS.__getitem__),
    "input_images": Param(wire_name="input_images", allows=FILES, encode=data_uris),
}
MODEL = Model(
    id="black-forest-labs/flux-2-pro",
    accepts=ImageRequest,
    params=PARAMS,
    price=UnknownPrice(source=f"{PAGE}: no copy at hand shows its price", checked=date(2026, 11, 23)),
    typical_bytes=500_000,
    source=PAGE,
)

FOX, FILE = ImageRequest(prompt="a fox"), MediaFile(media_type="image/png", data=PNG)
EDIT = ImageRequest(prompt="a fox", resolution="2 MP", output_format="jpeg", input_images=(FILE,))
URL = "https://api.replicate.com/v1/predictions/ry2jd8q75nrme0cqpw9vaambz4"
ABOUT = {"id": URL[-26:], "model": MODEL.id, "version": "hidden", "urls": {"get": URL, "cancel": f"{URL}/cancel"}}
FLAGGED = "The input or output was flagged as sensitive. Please try again with different inputs. (E005)"
STARTING, WORKING = (Reply(json={**ABOUT, "status": status}) for status in ("starting", "processing"))
DONE = Reply(json={**ABOUT, "status": "succeeded", "output": "https://replicate.delivery/xezq/out-0.webp"})
SENSITIVE, BROKEN = (Reply(json={**ABOUT, "status": "failed", "error": error}) for error in (FLAGGED, "out of memory"))
MADE = (STARTING, WORKING, DONE, Reply(content=PNG, media_type="image/png"))

BACKEND = Backend(
    name="replicate",
    title="Replicate",
    docs=DOCS,
    base_url="https://api.replicate.com",
    auth=ApiKey(env=("REPLICATE_API_TOKEN",)),
    priority={},
    models=(MODEL,),
    submit=submit,
    poll=poll,
    cancel=cancel,
    read_error=read_error,
    samples=(
        Sample(request=FOX, replies=MADE, source=DOCS),
        Sample(request=EDIT, replies=MADE, source=DOCS),
        Sample(request=FOX, replies=(STARTING, SENSITIVE), expects="refused", source=DOCS),
        Sample(request=FOX, replies=(STARTING, BROKEN), expects="failed", source=DOCS),
    ),
)
