"""Everything a flow may yield and return, against a provider on a real socket."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from anymedia import errors
from anymedia.media import MediaFile
from anymedia.operations import Size
from anymedia.results import Resource
from anymedia.spec import (
    Call,
    Failed,
    Flow,
    HttpRequest,
    Inline,
    Param,
    Pending,
    Pixels,
    Succeeded,
    delete,
    form,
    get,
    one_of,
    post,
    upload,
)
from anymedia.testing.emulator import Fault, Sink
from toys import KEY, PARAMS, PICTURE, Provider, breaks, drawn, picture, says, sends, toy, toy_model
from workplace import Workplace

TEXT = drawn(text="done")


def sending(request: HttpRequest) -> Callable[[Call], Flow]:
    """A flow that sends one request and gives back the reply as text."""

    def submit(call: Call) -> Flow:
        response = yield request
        return drawn(text=f"{response.status} {response.json}")

    return submit


def returning(step: Any) -> Callable[[Call], Flow]:
    """A flow that buys and returns `step`."""

    def submit(call: Call) -> Flow:
        yield post("/buy", json={})
        return step

    return submit


def test_a_provider_option_may_not_replace_the_object_that_a_parameter_writes_into(
    workplace: Workplace, provider: Provider
) -> None:
    params = {**PARAMS, "quality": Param(wire_name="settings.quality", allows=one_of("low", "high"))}
    backend = toy(provider.url, returning(TEXT), model=toy_model(params=params))

    error = workplace.failure(backend, backend="toy", quality="low", provider_options={"toy": {"settings": {}}})
    assert (error.code, provider.requests) == ("invalid_parameter", [])
    assert "`quality`" in str(error)


# --- Requests --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_every_method_arrives_with_its_body_query_and_headers(
    method: Any, workplace: Workplace, provider: Provider
) -> None:
    provider.on(method, "/thing", says({"ok": True}))
    body = None if method in ("GET", "DELETE") else {"a": [1, None, "é"]}
    request = HttpRequest(
        method=method, path="/thing", effect="safe", json=body, query={"q": "a b&c"}, headers={"X-Toy": "1"}
    )
    assert workplace.draw(toy(provider.url, sending(request))).text == "200 {'ok': True}"
    arrived = provider.last("/thing")
    assert (arrived.method, arrived.query, arrived.headers["x-toy"]) == (method, "q=a+b%26c", "1")
    assert arrived.headers["authorization"] == f"Bearer {KEY}"
    assert arrived.json == body
    if body is not None:
        assert arrived.headers["content-length"] == str(len(arrived.body))


@pytest.mark.parametrize(
    "request_", [get("/x"), post("/x", json={}, effect="safe"), delete("/x")], ids=lambda r: r.method
)
def test_what_is_safe_is_repeated(request_: HttpRequest, workplace: Workplace, provider: Provider) -> None:
    provider.on(request_.method, "/x", says({}, 503), breaks(Fault.close_after_body()), says({"ok": 1}))
    assert workplace.draw(toy(provider.url, sending(request_))).text == "200 {'ok': 1}"
    assert provider.count(request_.method, "/x") == 3


@pytest.mark.parametrize("effect", ["pays", "creates"])
@pytest.mark.parametrize("method", ["POST", "PUT", "GET"])
def test_what_pays_or_creates_is_never_repeated(
    effect: Any, method: Any, workplace: Workplace, provider: Provider
) -> None:
    provider.on(method, "/x", says({}, 503), says({"ok": 1}))
    request = HttpRequest(method=method, path="/x", effect=effect)
    assert workplace.failure(toy(provider.url, sending(request))).code == "unknown"
    assert provider.count(method, "/x") == 1


def test_what_only_creates_is_not_written_down_as_a_purchase(workplace: Workplace, provider: Provider) -> None:
    provider.on("POST", "/x", says({}))
    seen = []

    def submit(call: Call) -> Flow:
        yield HttpRequest(method="POST", path="/x", effect="creates", json={})
        seen.append(workplace.row["status"])
        return TEXT

    workplace.draw(toy(provider.url, submit))
    assert seen == ["reserved"]


def test_two_purchases_in_one_flow_are_refused_and_the_first_stays_reserved(
    workplace: Workplace, provider: Provider
) -> None:
    provider.on("POST", "/buy", says({}))

    def submit(call: Call) -> Flow:
        yield post("/buy", json={})
        yield post("/buy", json={})
        return TEXT

    error = workplace.failure(toy(provider.url, submit))
    assert (error.code, error.charged) == ("backend_defect", "maybe")
    assert provider.count("POST", "/buy") == 1
    assert workplace.row["settled_nano"] is None


def test_a_second_purchase_after_pending_is_one_step_of_the_same_job(workplace: Workplace, provider: Provider) -> None:
    provider.on("POST", "/buy", says({}))
    provider.on("POST", "/again", says({}, 500))

    def poll(call: Call, state: Any) -> Flow:
        yield post("/again", json={})
        return TEXT

    backend = toy(provider.url, returning(Pending(state={}, poll_after=0)), poll=poll)
    assert workplace.failure(backend).code == "unknown"
    assert (provider.count("POST", "/buy"), provider.count("POST", "/again")) == (1, 1)


def test_the_idempotency_header_goes_with_what_pays_and_nothing_else(workplace: Workplace, provider: Provider) -> None:
    provider.on("GET", "/look", says({}))
    provider.on("POST", "/buy", says({}))

    def submit(call: Call) -> Flow:
        yield get("/look")
        yield post("/buy", json={})
        return TEXT

    workplace.draw(toy(provider.url, submit, idempotency_header="X-Key"), idempotency_key="mine")
    assert provider.last("/buy").headers["x-key"] == "mine"
    assert "x-key" not in provider.last("/look").headers


def test_an_address_of_another_host_is_guarded_and_gets_no_key(workplace: Workplace, provider: Provider) -> None:
    with Sink() as sink:
        error = workplace.failure(toy(provider.url, sending(get(f"{sink.url}/latest/meta-data"))), wait=0.5)
        assert not sink.reached
    assert error.code in ("failed", "rejected", "backend_defect")


def test_a_full_address_of_the_own_origin_is_reached_with_the_key(workplace: Workplace, provider: Provider) -> None:
    provider.on("GET", "/status/1", says({}))
    workplace.draw(toy(f"{provider.url}/v1", sending(get(f"{provider.url}/status/1"))))
    assert provider.last("/status/1").headers["authorization"] == f"Bearer {KEY}"


# --- Bodies with files -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 2, 3, 5_000_000])
@pytest.mark.parametrize("form_", ["base64", "data_uri"])
def test_an_inline_file_is_its_exact_base64_on_the_wire(
    size: int, form_: Any, workplace: Workplace, provider: Provider
) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    path = workplace.root / "file"
    path.write_bytes(content[:size])
    file = MediaFile(media_type="image/png", path=path, size=size)
    provider.on("POST", "/x", says({}))
    body = {"before": "ä", "files": [Inline(file=file, form=form_), 1], "after": {"x": None}}
    workplace.draw(toy(provider.url, sending(post("/x", json=body))))
    encoded = base64.b64encode(content[:size]).decode()
    expected = f"data:image/png;base64,{encoded}" if form_ == "data_uri" else encoded
    arrived = provider.last("/x")
    assert arrived.json == {"before": "ä", "files": [expected, 1], "after": {"x": None}}
    assert arrived.headers["content-length"] == str(len(arrived.body))
    assert "transfer-encoding" not in arrived.headers


def test_the_parts_of_a_form_carry_names_types_and_bytes(workplace: Workplace, provider: Provider) -> None:
    provider.on("POST", "/x", says({}))
    path = workplace.root / 'ein "Bild".png'
    path.write_bytes(PICTURE)
    parts = (
        ("prompt", "ein Fuchs – ü\n"),
        ("image[]", MediaFile(media_type="image/png", path=path)),
        ("image[]", MediaFile(media_type="image/jpeg", data=b"bytes")),
        ("empty", ""),
    )
    workplace.draw(toy(provider.url, sending(form("/x", parts=parts))))
    arrived = [(part.name, part.filename, part.media_type, part.data) for part in provider.last("/x").parts]
    assert arrived == [
        ("prompt", None, "text/plain", "ein Fuchs – ü\n".encode()),
        ("image[]", "file-1.png", "image/png", PICTURE),
        ("image[]", "file-2.jpg", "image/jpeg", b"bytes"),
        ("empty", None, "text/plain", b""),
    ]


@pytest.mark.parametrize("size", [1, 5_000_000])
@pytest.mark.parametrize("on_disk", [True, False])
def test_the_bytes_of_an_uploaded_file_are_the_whole_body(
    size: int, on_disk: bool, workplace: Workplace, provider: Provider
) -> None:
    content = (bytes(range(256)) * (size // 256 + 1))[:size]
    path = workplace.root / "file"
    path.write_bytes(content)
    where: dict[str, Any] = {"path": path} if on_disk else {"data": content}
    file = MediaFile(media_type="video/mp4", size=size, **where)
    provider.on("POST", "/x", says({}))
    workplace.draw(toy(provider.url, sending(upload("/x", content=file, headers={"x-offset": "0"}))))
    arrived = provider.last("/x")
    assert arrived.body == content
    assert [arrived.headers[name] for name in ("content-type", "content-length", "x-offset")] == [
        *("video/mp4", str(size)),
        "0",
    ]
    assert "transfer-encoding" not in arrived.headers


def test_a_file_that_is_gone_is_not_uploaded(workplace: Workplace, provider: Provider) -> None:
    file = MediaFile(media_type="video/mp4", path=workplace.root / "gone", size=1)
    error = workplace.failure(toy(provider.url, sending(upload("/x", content=file))))
    assert (error.code, error.charged, provider.requests) == ("invalid_input", "no", [])


# --- Replies with files ----------------------------------------------------------------------------------------------


def test_a_reply_that_is_media_is_on_the_disk_already(workplace: Workplace, provider: Provider) -> None:
    def submit(call: Call) -> Flow:
        response = yield post("/x", json={})
        assert response.json is None
        return Succeeded(files=(response.spilled,))

    provider.on("POST", "/x", sends(PICTURE))
    result = workplace.draw(toy(provider.url, submit))
    assert result.read_bytes() == PICTURE
    assert (result.files[0].media_type, result.files[0].width, result.files[0].height) == ("image/png", 16, 16)
    assert workplace.files(hidden=True) == []


def subtitles(call: Call) -> Flow:
    response = yield form("/x", parts=(("format", "srt"),), reads="text")
    assert response.json is None
    return drawn(text=response.text)


def test_a_reply_that_is_text_arrives_as_text(workplace: Workplace, provider: Provider) -> None:
    provider.on("POST", "/x", sends("1\n00:00 --> 00:01\nÄh.\n".encode(), "text/plain; charset=utf-8"))
    assert workplace.draw(toy(provider.url, subtitles)).text == "1\n00:00 --> 00:01\nÄh.\n"


@pytest.mark.parametrize(
    ("content", "fault", "kept"),
    [
        (b"caf\xe9", None, "caf\ufffd"),
        (b"x" * (17 * 2**20), None, "x" * 4096),
        (b"1\nHello there", Fault.wrong_length(), "1\nHello"),
    ],
    ids=["no-text", "too-long", "cut"],
)
def test_text_that_does_not_come_whole_is_unknown_and_what_came_is_kept(
    content: bytes, fault: Fault | None, kept: str, workplace: Workplace, provider: Provider
) -> None:
    answer = sends(content, "text/plain")
    provider.on("POST", "/x", breaks(fault, answer) if fault else answer)
    assert workplace.failure(toy(provider.url, subtitles)).code == "unknown"
    (path,) = workplace.quarantine.glob("*-reply.json")
    assert json.loads(path.read_text())["text"].startswith(kept)


def test_media_deep_within_a_reply_arrives_spilled_and_the_rest_as_json(
    workplace: Workplace, provider: Provider
) -> None:
    paths = ("out[*].parts[*].inline.data", "cover")

    def submit(call: Call) -> Flow:
        response = yield post("/x", json={}, media_at=paths)
        parts = [part["inline"]["data"] for item in response.json["out"] for part in item["parts"]]
        return Succeeded(files=(*parts, response.json["cover"]), text=response.json["say"])

    pictures = [picture(name) for name in "abc"]
    encoded = [base64.b64encode(content).decode() for content in pictures]
    inline = [{"inline": {"data": text}} for text in encoded]
    cover = f"data:image/png;base64,{encoded[2]}"
    provider.on(
        "POST", "/x", says({"say": "hi", "cover": cover, "out": [{"parts": inline[:1]}, {"parts": inline[1:2]}]})
    )
    result = workplace.draw(toy(provider.url, submit))
    assert [file.read_bytes() for file in result.files] == pictures
    assert result.text == "hi"


# --- Steps -----------------------------------------------------------------------------------------------------------


def test_text_resources_usage_warnings_and_metadata_reach_the_result(workplace: Workplace, provider: Provider) -> None:
    provider.on("POST", "/buy", says({}))
    step = drawn(
        text="hello", resources=(Resource(kind="voice", id="v1"),), usage={"tokens": 3}, warnings=("careful",),
        metadata={"seed": 7, "link": f"https://x.example/a?key={KEY}"},
    )  # fmt: skip
    result = workplace.draw(toy(provider.url, returning(step)))
    assert (result.text, result.usage, result.warnings) == ("hello", {"tokens": 3}, ("careful",))
    assert result.resources == (Resource(kind="voice", id="v1"),)
    assert result.provider_metadata == {"seed": 7, "link": "https://x.example/a?[redacted]"}


def test_a_cost_the_provider_reports_is_the_cost(workplace: Workplace, provider: Provider) -> None:
    provider.on("POST", "/buy", says({}))
    result = workplace.draw(toy(provider.url, returning(drawn(text="x", cost=Decimal("0.0123")))))
    assert (str(result.cost), result.cost.source) == ("0.0123 USD", "the provider's reply")
    assert workplace.row["settled_nano"] == 12_300_000


@pytest.mark.parametrize(
    "step",
    [
        None,
        7,
        Pending(state={1, 2}),
        Pending(state=object()),
        Succeeded(files=(None,)),  # type: ignore[arg-type]
        Succeeded(files=("a string",)),  # type: ignore[arg-type]
        Succeeded(usage="much"),  # type: ignore[arg-type]
        Succeeded(metadata={"x": object()}),
        Succeeded(continuation=object()),
        Succeeded(files=(MediaFile(media_type="image/png", path=__file__),)),  # type: ignore[arg-type]
        Succeeded(files=(MediaFile(media_type="image/png", url="no address"),)),
        Succeeded(files=(MediaFile(media_type="image/png", url="http://["),)),
        Pending(state={}),
    ],
    ids=[
        "none", "number", "set", "object", "no-file", "text", "usage", "metadata", "continuation", "outside", "url",
        "bad-url", "no-poll",
    ],
)  # fmt: skip
def test_a_nonsensical_step_after_a_purchase_is_an_error_of_ours_and_stays_paid(
    step: Any, workplace: Workplace, provider: Provider
) -> None:
    provider.on("POST", "/buy", says({}))
    error = workplace.failure(toy(provider.url, returning(step)))
    assert error.charged in ("maybe", "yes")
    row = workplace.row
    assert row["status"] in ("unknown", "failed", "verify_failed", "running")
    assert row["settled_nano"] != 0
    assert row["error"] is not None


@pytest.mark.parametrize(
    "error",
    [KeyError("id"), TypeError("x"), ZeroDivisionError("x"), AssertionError("x"), RuntimeError("x"), OSError("x")],
)
@pytest.mark.parametrize("bought", [True, False])
def test_a_flow_that_breaks_is_an_error_of_ours(
    error: Exception, bought: bool, workplace: Workplace, provider: Provider
) -> None:
    provider.on("POST", "/buy", says({"surprise": 1}))

    def submit(call: Call) -> Flow:
        if bought:
            yield post("/buy", json={})
        raise error

    caught = workplace.failure(toy(provider.url, submit))
    assert caught.charged == ("maybe" if bought else "no")
    assert (workplace.row["settled_nano"] is None) == bought
    if bought:
        assert workplace.row["status"] == "unknown"
        assert any("surprise" in path.read_text() for path in workplace.quarantine.glob("*-reply.json"))


def test_media_that_a_flow_cannot_read_is_kept(workplace: Workplace, provider: Provider) -> None:
    provider.on("POST", "/buy", sends(PICTURE))

    def submit(call: Call) -> Flow:
        response = yield post("/buy", json={})
        return drawn(text=response.json["id"])

    assert workplace.failure(toy(provider.url, submit)).code == "unexpected_reply"
    assert PICTURE in [path.read_bytes() for path in workplace.quarantine.iterdir()]


def test_a_flow_may_refuse_before_it_sends_anything(workplace: Workplace, provider: Provider) -> None:
    def submit(call: Call) -> Flow:
        yield from ()
        return Failed(reason="not this", kind="refused")

    assert workplace.failure(toy(provider.url, submit)).code == "refused"
    assert provider.requests == []


def test_an_error_of_ours_that_a_flow_raises_is_told_as_it_is(workplace: Workplace, provider: Provider) -> None:
    def submit(call: Call) -> Flow:
        yield from ()
        raise errors.InvalidInput("Not this picture.", next="Take another.")

    error = workplace.failure(toy(provider.url, submit))
    assert (error.code, error.message, error.charged) == ("invalid_input", "Not this picture.", "no")


def test_a_purchase_that_is_stopped_lets_go_of_its_files(workplace: Workplace, provider: Provider) -> None:
    (workplace.root / "fox.png").write_bytes(PICTURE)
    file = MediaFile(media_type="image/png", path=Path(os.path.realpath(workplace.root / "fox.png")))

    def submit(call: Call) -> Flow:
        yield post("/buy", json={})
        yield form("/buy", parts=(("image", file),))
        return TEXT

    provider.on("POST", "/buy", says({}))
    error = workplace.failure(toy(provider.url, submit))
    assert (error.code, provider.count("POST", "/buy")) == ("backend_defect", 1)
    handles = Path("/proc/self/fd").iterdir()  # the error holds on to the message, which must not hold on to the file
    assert str(file.path) not in {str(each.readlink()) for each in handles if each.is_symlink()}


@pytest.mark.parametrize("bought", [True, False])
def test_what_is_no_effect_is_refused(bought: bool, workplace: Workplace, provider: Provider) -> None:
    provider.on("POST", "/buy", says({}))

    def submit(call: Call) -> Flow:
        if bought:
            yield post("/buy", json={})
        yield "please"  # type: ignore[misc]
        return TEXT

    error = workplace.failure(toy(provider.url, submit))
    assert (error.code, error.charged) == ("backend_defect", "maybe" if bought else "no")
    assert (workplace.row["settled_nano"] is None) == bought


@pytest.mark.parametrize(
    ("asked", "nearest"),
    [
        ((100, 60), (96, 56)),  # as large as asked for, not the same shape at any price
        ((60, 64), (64, 64)),
        ((1, 1), (16, 16)),
        ((7680, 4320), (3840, 2160)),
        ((5000, 100), (1232, 416)),
        ((1920, 1080), (1920, 1072)),
        ((1000, 1000), (992, 992)),
        ((10**400, 10**400), (2880, 2880)),
    ],
    ids=lambda size: "x".join(str(side)[:9] for side in size),
)
def test_the_nearest_size_keeps_as_much_of_shape_and_area_as_is_allowed(asked: Size, nearest: Size) -> None:
    grain = 8 if nearest == (96, 56) else 16
    sizes = Pixels(least=256, most=3840 * 2160, multiple_of=grain, longest=3840, shape=3.0)
    assert sizes.nearest(asked) == nearest
    assert sizes.problem_with(nearest) is None and sizes.nearest(nearest) == nearest
