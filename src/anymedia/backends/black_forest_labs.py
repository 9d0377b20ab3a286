"""Black Forest Labs: pictures of FLUX.2, made by jobs that are polled where the reply says. Facts: copies of its pages
(docs.bfl.ai, help.bfl.ai), read 2026-11-23."""

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
    Inline,
    Model,
    Param,
    Pending,
    Pixels,
    PriceFormula,
    Problem,
    Reply,
    Sample,
    Succeeded,
    TextUpTo,
    get,
    one_of,
    post,
)
from ..spec.tiny import PNG

DOCS = "https://docs.bfl.ai/api-reference/models/generate-or-edit-an-image-with-flux2-[pro]"
PRICES, CHECKED = "https://docs.bfl.ai/quick_start/pricing", date(2026, 11, 23)
MEGAPIXEL = 1024 * 1024


def submit(call: Call) -> Flow:
    job = (yield post(f"/v1/{call.model.id}", json=call.body)).json
    return Pending(state={"url": job["polling_url"], "credits": job.get("cost")}, id=job["id"], poll_after=1.0)


def poll(call: Call, state: Json) -> Flow:
    """A status that no page names is taken for work that goes on: the deadline ends it."""
    job = (yield get(state["url"])).json
    match job["status"]:
        case "Ready":
            cost = None if state["credits"] is None else Decimal(str(state["credits"])) / 100
            return Succeeded(files=(MediaFile(media_type="image/jpeg", url=job["result"]["sample"]),), cost=cost)
        case "Request Moderated" | "Content Moderated" as status:
            return Failed(reason=status, kind="refused")
        case "Error" | "Failed" | "Task not found" as status:
            return Failed(reason=str(job.get("details") or status))
    return Pending(state=state, poll_after=1.0)


def dollars(request: Request) -> Decimal:
    """Without a size the pictures that go in decide. Each counts with up to four megapixels."""
    assert isinstance(request, ImageRequest)
    files = request.input_images or ()
    width, height = request.size or ((2048, 2048) if files else (1024, 1024))
    return Decimal("0.015") * (1 - (-width * height // MEGAPIXEL) + 4 * len(files))


def read_error(status: int, json: Json) -> Problem | None:
    if status == 402:
        return Problem(kind="rejected", message="too few credits", next="Add credits at https://dashboard.bfl.ai.")
    return None


PARAMS = {
    "prompt": Param(wire_name="prompt", allows=TextUpTo(32_000)),
    "size": Param(wire_name="width height", allows=Pixels(least=64 * 64, most=4 * MEGAPIXEL, multiple_of=16)),
    "seed": Param(wire_name="seed", allows=Between(0, 2**31 - 1)),
    "output_format": Param(wire_name="output_format", allows=one_of("jpeg", "png")),
    "input_images": Param(
        wire_name=" ".join(["input_image", *(f"input_image_{number}" for number in range(2, 9))]),
        allows=Files(media_types=("image/png", "image/jpeg", "image/webp"), at_most=8, bytes_each=20_000_000),
        encode=lambda files: [Inline(file=file) for file in files],
    ),
}
MODEL = Model(
    id="flux-2-pro",
    accepts=ImageRequest,
    params=PARAMS,
    price=PriceFormula(dollars=dollars, words="$0.015, and $0.015 a megapixel", source=PRICES, checked=CHECKED),
    typical_bytes=1_000_000,
    source=DOCS,
)

FOX, FILE = ImageRequest(prompt="a fox"), MediaFile(media_type="image/png", data=PNG)
EDIT = ImageRequest(prompt="a fox", size=(1920, 1088), seed=7, input_images=(FILE, FILE))
ACCEPTED = Reply(json={"id": "d5ba", "polling_url": "https://api.eu2.bfl.ai/v1/get_result?id=d5ba", "cost": 3.0})
PENDING, MODERATED, BROKEN = (
    Reply(json={"id": "d5ba", "status": status, "result": None}) for status in ("Pending", "Request Moderated", "Error")
)
READY = Reply(json={"id": "d5ba", "status": "Ready", "result": {"sample": "https://delivery.eu2.bfl.ai/sample.png"}})
MADE = (ACCEPTED, PENDING, READY, Reply(content=PNG, media_type="image/png"))

BACKEND = Backend(
    name="black_forest_labs",
    aliases=("bfl",),
    title="Black Forest Labs",
    docs=DOCS,
    base_url="https://api.bfl.ai",
    auth=ApiKey(env=("BFL_API_KEY",), header="x-key", prefix=""),
    key_travels_to=("api.*.bfl.ai",),
    priority={},
    models=(MODEL,),
    submit=submit,
    poll=poll,
    read_error=read_error,
    samples=(
        Sample(request=FOX, replies=MADE, source=DOCS),
        Sample(request=EDIT, replies=MADE, source=DOCS),
        Sample(request=FOX, replies=(ACCEPTED, MODERATED), expects="refused", source=DOCS),
        Sample(request=FOX, replies=(ACCEPTED, BROKEN), expects="failed", source=DOCS),
    ),
)
