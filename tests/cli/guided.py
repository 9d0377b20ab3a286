"""A backend file that nobody wrote a line of command line for."""

from datetime import date
from decimal import Decimal

from anymedia.media import MediaFile
from anymedia.operations import ImageRequest
from anymedia.spec import (
    ApiKey,
    Backend,
    Between,
    Call,
    Flow,
    Model,
    Param,
    PerUnit,
    Step,
    Succeeded,
    TextUpTo,
    one_of,
    post,
)

PAGE = "https://guided.example/reference"


def submit(call: Call) -> Flow:
    answer = yield post("/draw", json=dict(call.body))
    return drawn(answer.json["url"])


def drawn(url: str) -> Step:
    return Succeeded(files=(MediaFile(media_type="image/png", url=url),))


BACKEND = Backend(
    name="guided",
    title="Guided",
    docs=PAGE,
    base_url="https://guided.example/v1",
    auth=ApiKey(env=("GUIDED_API_KEY",)),
    priority={ImageRequest: 90},
    models=(
        Model(
            id="guided-1",
            accepts=ImageRequest,
            params={
                "prompt": Param(wire_name="prompt", allows=TextUpTo(500)),
                "guidance_scale": Param(wire_name="cfg", allows=Between(0.0, 20.0)),
                "quality": Param(wire_name="quality", allows=one_of("rough", "fine")),
            },
            price=PerUnit(amount=Decimal("0.02"), unit="image", source=PAGE, checked=date(2026, 11, 22)),
            typical_bytes=1_000_000,
            source=PAGE,
        ),
    ),
    submit=submit,
)
