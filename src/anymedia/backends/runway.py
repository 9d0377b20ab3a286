"""Runway: films of Gen-4.5 from words or from a first frame. Facts: the official client runwayml 5.24.0, copies of the
provider's pages and LiteLLM's price table 1.109.1, read 2026-11-23."""

from datetime import date
from decimal import Decimal
from urllib.parse import quote

from ..media import Json, MediaFile
from ..operations import Request, VideoRequest
from ..spec import (
    ApiKey,
    Backend,
    Between,
    Call,
    Failed,
    Flow,
    HttpRequest,
    Model,
    OneFile,
    Param,
    Pending,
    PriceFormula,
    Reply,
    Sample,
    Succeeded,
    TextUpTo,
    data_uri,
    one_of,
)
from ..spec.tiny import MP4, PNG

DOCS, FAILURES = "https://docs.dev.runwayml.com/api", "https://docs.dev.runwayml.com/errors/task-failures/"
PRICES, CHECKED = "https://docs.dev.runwayml.com/guides/pricing/, by LiteLLM's price table", date(2026, 11, 23)
VERSION = {"X-Runway-Version": "2024-11-06"}
SIZES = {(1280, 720): "1280:720", (720, 1280): "720:1280"}
RATIO, SECONDS = "1280:720", 5  # the provider has no defaults; these are ours
FRAME = OneFile(media_types=("image/png", "image/jpeg", "image/webp"), bytes_each=3_700_000)  # a data URI of 5 MB


def submit(call: Call) -> Flow:
    path = "/v1/image_to_video" if "promptImage" in call.body else "/v1/text_to_video"
    body = {"model": call.model.id, "ratio": RATIO, "duration": SECONDS, **call.body}
    task = (yield HttpRequest(method="POST", path=path, effect="pays", json=body, headers=VERSION)).json
    state = {"path": f"/v1/tasks/{quote(task['id'], safe='')}"}
    return Pending(state=state, id=task["id"], poll_after=5.0)


def poll(call: Call, state: Json) -> Flow:
    """A status that no type names is taken for work that goes on: the deadline ends it."""
    task = (yield HttpRequest(method="GET", path=state["path"], effect="safe", headers=VERSION)).json
    credits = (task.get("cost") or {}).get("credits")
    cost = None if credits is None else Decimal(str(credits)) / 100
    match task["status"]:
        case "SUCCEEDED":
            films = tuple(MediaFile(media_type="video/mp4", url=url) for url in task["output"])
            return Succeeded(files=films, cost=cost)
        case "FAILED":
            is_refused = str(task.get("failureCode")).startswith("SAFETY.")
            return Failed(reason=str(task.get("failure")), kind="refused" if is_refused else "failed", cost=cost)
        case "CANCELLED":
            return Failed(reason="the task was cancelled", kind="cancelled", cost=cost)
    return Pending(state=state, poll_after=5.0, fraction=task.get("progress"))


def cancel(call: Call, state: Json) -> Flow:
    yield HttpRequest(method="DELETE", path=state["path"], effect="safe", headers=VERSION)
    return Pending(state=state, poll_after=5.0)


def dollars(request: Request) -> Decimal:
    assert isinstance(request, VideoRequest)
    return Decimal("0.12") * Decimal(str(SECONDS if request.duration is None else request.duration))


MODEL = Model(
    id="gen4.5",
    accepts=VideoRequest,
    params={
        "prompt": Param(wire_name="promptText", allows=TextUpTo(1000)),
        "duration": Param(wire_name="duration", allows=Between(2, 10)),
        "size": Param(wire_name="ratio", allows=one_of(*SIZES), encode=SIZES.__getitem__),
        "seed": Param(wire_name="seed", allows=Between(0, 2**32 - 1)),
        "first_frame": Param(wire_name="promptImage", allows=FRAME, encode=data_uri),
    },
    price=PriceFormula(dollars=dollars, words="$0.12 per second", source=PRICES, checked=CHECKED),
    typical_bytes=10_000_000,
    source=DOCS,
)

FOX, FILE = VideoRequest(prompt="a fox"), MediaFile(media_type="image/png", data=PNG)
FRAMED = VideoRequest(prompt="a fox", first_frame=FILE, size=(720, 1280), duration=10)
TASK, COST = {"id": "3fa85f64", "createdAt": "2026-11-23T04:00:00Z"}, {"credits": 60}
ACCEPTED = Reply(json={"id": "3fa85f64", "estimatedCost": COST})
RUNNING = Reply(json={**TASK, "status": "RUNNING", "progress": 0.5, "estimatedCost": COST})
DONE = Reply(json={**TASK, "status": "SUCCEEDED", "cost": COST, "output": ["https://d.cloudfront.net/a.mp4?_jwt=abc"]})
MADE = (ACCEPTED, RUNNING, DONE, Reply(content=MP4, media_type="video/mp4"))
FAILED = {**TASK, "status": "FAILED", "cost": COST, "failure": "It failed"}
UNSAFE = Reply(json={**FAILED, "failureCode": "SAFETY.INPUT.TEXT"})
BROKEN = Reply(json={**FAILED, "failureCode": "INTERNAL.BAD_OUTPUT.CODE01"})

BACKEND = Backend(
    name="runway",
    aliases=("runwayml",),
    title="Runway",
    docs=DOCS,
    base_url="https://api.dev.runwayml.com",
    base_url_env=("RUNWAYML_BASE_URL",),
    auth=ApiKey(env=("RUNWAYML_API_SECRET",)),
    priority={},
    models=(MODEL,),
    submit=submit,
    poll=poll,
    cancel=cancel,
    samples=(
        Sample(request=FOX, replies=MADE, source=DOCS),
        Sample(request=FRAMED, replies=MADE, source=DOCS),
        Sample(request=FOX, replies=(ACCEPTED, UNSAFE), expects="refused", source=FAILURES),
        Sample(request=FOX, replies=(ACCEPTED, BROKEN), expects="failed", source=FAILURES),
    ),
)
