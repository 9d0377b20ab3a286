"""fal: pictures of FLUX.2 through its queue. Facts: the official client 1.0.3, copies of the provider's pages below
fal.ai/docs and of the pages of the models, read 2026-11-23."""

from datetime import date
from decimal import Decimal

from ..media import Json, MediaFile
from ..operations import ImageRequest, Request
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
    PriceFormula,
    Problem,
    Reply,
    Sample,
    Succeeded,
    TextUpTo,
    data_uris,
    get,
    one_of,
    post,
)
from ..spec.tiny import PNG

DOCS, ERRORS = "https://fal.ai/docs/documentation/model-apis/inference/queue", "https://docs.fal.ai/errors"
NAMES = ("square_hd", "portrait_4_3", "portrait_16_9", "landscape_4_3", "landscape_16_9")  # up to a megapixel
SIZES = dict(zip(("1:1", "3:4", "9:16", "4:3", "16:9"), NAMES, strict=True))
FILES = Files(media_types=("image/png", "image/jpeg", "image/webp"), at_most=8, bytes_each=10_000_000)


def submit(call: Call) -> Flow:
    path = f"/{call.model.id}/edit" if "image_urls" in call.body else f"/{call.model.id}"
    job = (yield post(path, json=call.body)).json
    state = {name: job[name] for name in ("status_url", "response_url")}
    return Pending(state=state, id=job["request_id"], poll_after=1.0)


def poll(call: Call, state: Json) -> Flow:
    job = (yield get(state["status_url"])).json
    if job["status"] != "COMPLETED":
        return Pending(state=state, poll_after=1.0)
    if job.get("error"):
        return Failed(reason=job["error"])
    images = (yield get(state["response_url"])).json["images"]
    files = tuple(MediaFile(media_type=image.get("content_type") or "image/jpeg", url=image["url"]) for image in images)
    return Succeeded(files=files)


def read_error(status: int, json: Json) -> Problem | None:
    """The result of a job that a filter stopped is such a reply as well, and nobody says whether it is charged."""
    match json:
        case {"detail": [{"type": "content_policy_violation", "msg": str(message)}, *_]}:
            return Problem(kind="refused", message=message, charged="maybe")
        case {"detail": str(message)} if status == 403 and "balance" in message:
            return Problem(kind="rejected", message=message, next="Top up at https://fal.ai/dashboard/billing.")
    return None


PARAMS = {
    "prompt": Param(wire_name="prompt", allows=TextUpTo(32_000)),
    "aspect_ratio": Param(wire_name="image_size", allows=one_of(*SIZES), encode=SIZES.__getitem__),
    "seed": Param(wire_name="seed", allows=Between(0, 2**31 - 1)),
    "output_format": Param(wire_name="output_format", allows=one_of("jpeg", "png")),
    "input_images": Param(wire_name="image_urls", allows=FILES, encode=data_uris),
}


def flux(name: str, first: str, further: str) -> Model:
    def dollars(request: Request) -> Decimal:
        """Each picture that goes in counts with up to four megapixels, as does what comes of it."""
        assert isinstance(request, ImageRequest)
        files = len(request.input_images or ())
        return Decimal(first) + Decimal(further) * (4 * files + 3 if files else 0)

    page = f"https://fal.ai/models/{name}"
    words = f"${first}, and ${further} for each further megapixel out or in"
    price = PriceFormula(dollars=dollars, words=words, source=page, checked=date(2026, 11, 23))
    return Model(id=name, accepts=ImageRequest, params=PARAMS, price=price, typical_bytes=1_000_000, source=page)


FOX, FILE = ImageRequest(prompt="a fox"), MediaFile(media_type="image/png", data=PNG)
EDIT = ImageRequest(prompt="a fox", aspect_ratio="16:9", seed=7, input_images=(FILE,))
JOB = "https://queue.fal.run/fal-ai/flux-2-pro/requests/80e732af"
URLS = {"response_url": JOB, "status_url": f"{JOB}/status", "cancel_url": f"{JOB}/cancel"}
ABOUT = {**URLS, "request_id": "80e732af", "queue_position": 0, "logs": None}
ACCEPTED, WORKING, COMPLETED = (
    Reply(json={"status": status, **ABOUT}) for status in ("IN_QUEUE", "IN_PROGRESS", "COMPLETED")
)
RESULT = Reply(json={"images": [{"url": "https://v3.fal.media/files/a.png", "content_type": "image/png"}], "seed": 7})
MADE = (ACCEPTED, WORKING, COMPLETED, RESULT, Reply(content=PNG, media_type="image/png"))
POLICY = Reply(status=422, json={"detail": [{"loc": ["body"], "msg": "flagged", "type": "content_policy_violation"}]})
LATE = Reply(json={"status": "COMPLETED", "error": "Request timed out", "error_type": "request_timeout", **ABOUT})

BACKEND = Backend(
    name="fal",
    aliases=("fal_ai",),
    title="fal",
    docs=DOCS,
    base_url="https://queue.fal.run",
    auth=ApiKey(env=("FAL_KEY",), prefix="Key "),
    priority={},
    models=(flux("fal-ai/flux-2-pro", "0.03", "0.015"), flux("fal-ai/flux-2-max", "0.07", "0.03")),
    submit=submit,
    poll=poll,
    read_error=read_error,
    samples=(
        Sample(request=FOX, replies=MADE, source=DOCS),
        Sample(request=EDIT, replies=MADE, source=DOCS),
        Sample(request=FOX, replies=(ACCEPTED, COMPLETED, POLICY), expects="refused", source=ERRORS),
        Sample(request=FOX, replies=(ACCEPTED, LATE), expects="failed", source=DOCS),
    ),
)
