"""Backends of one short file each, over a loopback server: what they send, what they refuse, what they cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import anymedia
from anymedia import AnymediaError, errors
from anymedia.backends import black_forest_labs, fal, luma, replicate, runway
from anymedia.operations import ImageRequest, Request, VideoRequest
from anymedia.spec import Backend, Reply, Sample
from anymedia.testing.conformance.reply_server import ReplyServer
from anymedia.testing.conformance.watch import Watch
from anymedia.testing.conformance.workbench import moved_reply
from toys import KEY
from workplace import Workplace

MODULES = (black_forest_labs, fal, luma, replicate, runway)
BACKENDS = {module.BACKEND.name: module.BACKEND for module in MODULES}
LONGEST = 120
"""Lines of a backend that is one file, as the formatter leaves it."""


@pytest.fixture
def provider() -> Iterator[ReplyServer]:
    with ReplyServer() as server:
        yield server


def make(
    workplace: Workplace, provider: ReplyServer, backend: Backend, request: Request, sample: Sample, **options: Any
) -> Any:
    """What comes of a request that is answered with a sample's replies, without pauses between polls."""
    provider.expect([moved_reply(reply, provider.url) for reply in sample.replies], {})
    address = (*backend.base_url_env, f"{backend.name.upper()}_BASE_URL")[0]
    workplace.environ = {backend.auth.env[0]: KEY, address: provider.url, "TOY_API_KEY": ""}
    asked = anymedia.Options(backend=backend.name, **options)
    return workplace.run(lambda client: client.generate(request, asked), Watch().backend(backend))


def failure(
    workplace: Workplace, provider: ReplyServer, backend: Backend, request: Request, **options: Any
) -> AnymediaError:
    with pytest.raises(AnymediaError) as caught:
        make(workplace, provider, backend, request, backend.samples[0], **options)
    return caught.value


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.BACKEND.name)
def test_a_backend_is_one_short_file(module: Any) -> None:
    assert len(Path(module.__file__).read_text("utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("backend", BACKENDS.values(), ids=BACKENDS)
def test_what_nobody_has_called_with_a_key_is_used_only_where_it_is_named(backend: Backend) -> None:
    assert not backend.priority


BODIES = {
    "black_forest_labs": ("/v1/flux-2-pro", {"width": 1920, "height": 1088, "seed": 7}, "0.03"),
    "fal": ("/fal-ai/flux-2-pro/edit", {"image_size": "landscape_16_9", "seed": 7}, "0.135"),
    "luma": ("/generations", {"model": "ray-3.2", "type": "video"}, None),
    "replicate": ("/v1/models/black-forest-labs/flux-2-pro/predictions", {}, None),
    "runway": ("/v1/image_to_video", {"model": "gen4.5", "ratio": "720:1280", "duration": 10}, "0.6"),
}
"""Where the second sample of each is sent, some of what is in it, and the dollars it is settled at."""


@pytest.mark.parametrize("name", BODIES)
def test_what_is_asked_for_is_sent_polled_and_settled(workplace: Workplace, provider: ReplyServer, name: str) -> None:
    path, body, dollars = BODIES[name]
    sample = BACKENDS[name].samples[1]
    made = make(workplace, provider, BACKENDS[name], sample.request, sample)
    purchase, *polls = provider.arrived
    assert (purchase.method, purchase.path) == ("POST", path)
    assert purchase.json.items() >= body.items()
    assert {request.method for request in polls} == {"GET"} and made.path.read_bytes() == sample.replies[-1].content
    assert made.cost.amount == (None if dollars is None else Decimal(dollars))


def test_pictures_that_go_in_have_a_field_each(workplace: Workplace, provider: ReplyServer) -> None:
    sample = black_forest_labs.BACKEND.samples[1]
    make(workplace, provider, black_forest_labs.BACKEND, sample.request, sample)
    sent = provider.arrived[0].json
    assert sent["input_image"] == sent["input_image_2"] and "input_image_3" not in sent


def test_every_request_to_runway_says_which_version_of_the_api_it_means(
    workplace: Workplace, provider: ReplyServer
) -> None:
    sample = runway.BACKEND.samples[0]
    make(workplace, provider, runway.BACKEND, sample.request, sample)
    asked = [request.headers.get("x-runway-version") for request in provider.arrived[:-1]]
    assert asked == ["2024-11-06"] * 3 and provider.arrived[0].json["duration"] == 5


@pytest.mark.parametrize(
    ("name", "request_made", "says"),
    [
        ("black_forest_labs", ImageRequest(prompt="a fox", size=(4096, 4096)), "`size` must be"),
        ("black_forest_labs", ImageRequest(prompt="a fox", n=2), "has no `n`"),
        (
            "black_forest_labs",
            ImageRequest(prompt="a fox", provider_options={"black_forest_labs": {"height": 64}}),
            "may not set 'height'",
        ),
        ("fal", ImageRequest(prompt="a fox", aspect_ratio="21:9"), "must be one of 1:1, 3:4"),
        ("luma", VideoRequest(prompt="a fox", duration=7), "must be one of 5, 10"),
        ("luma", VideoRequest(prompt="a fox", duration=10, first_frame=luma.FILE), "not given"),
        ("replicate", ImageRequest(prompt="a fox", output_format="gif"), "must be one of webp, jpeg, png"),
        ("runway", VideoRequest(prompt="x" * 1001), "up to 1,000 characters"),
    ],
)
def test_wrong_input_is_refused_before_anything_is_sent(
    workplace: Workplace, provider: ReplyServer, name: str, request_made: Request, says: str
) -> None:
    error = failure(workplace, provider, BACKENDS[name], request_made)
    assert says in str(error) and not provider.arrived


@pytest.mark.parametrize(("name", "cap"), [("black_forest_labs", Decimal("0.02")), ("replicate", Decimal(1))])
def test_a_formula_and_an_unknown_price_keep_to_a_cap(
    workplace: Workplace, provider: ReplyServer, name: str, cap: Decimal
) -> None:
    """What nobody knows is over every cap."""
    error = failure(workplace, provider, BACKENDS[name], ImageRequest(prompt="a fox"), max_cost=cap)
    assert error.code == "budget_exceeded" and not provider.arrived


@pytest.mark.parametrize("backend", BACKENDS.values(), ids=BACKENDS)
def test_a_filter_that_spoke_is_a_refusal(workplace: Workplace, provider: ReplyServer, backend: Backend) -> None:
    sample = next(each for each in backend.samples if each.expects == "refused")
    with pytest.raises(errors.Refused):
        make(workplace, provider, backend, sample.request, sample)
    assert sum(request.method == "POST" for request in provider.arrived) == 1


@pytest.mark.parametrize("status", ["Error", "Failed", "Task not found"])
def test_every_word_of_black_forest_labs_for_a_failure_ends_the_job(
    workplace: Workplace, provider: ReplyServer, status: str
) -> None:
    accepted = black_forest_labs.ACCEPTED
    sample = replace(black_forest_labs.BACKEND.samples[0], replies=(accepted, Reply(json={"status": status})))
    with pytest.raises(errors.GenerationFailed, match=status):
        make(workplace, provider, black_forest_labs.BACKEND, sample.request, sample)
