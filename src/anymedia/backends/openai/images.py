"""Images: GPT Image. The images API by default, the Responses tool for results that can be continued."""

import json
from collections.abc import Mapping
from dataclasses import replace

from ...media import Json, MediaFile
from ...operations import ImageRequest
from ...spec import (
    Call,
    Failed,
    Flow,
    HttpRequest,
    Inline,
    Reply,
    Sample,
    Step,
    Succeeded,
    form,
    post,
)
from ...spec.tiny import PNG, in_base64
from .common import DEPRECATIONS, REFUSALS, SEEN, as_parts

CHAT_MODEL = "gpt-6-luna"
"""The chat model that drives the image tool in Responses; the one the official client's documentation names."""

# --- Flows ------------------------------------------------------------------------------------------------------


def submit(call: Call) -> Flow:
    if call.continuation is not None or call.request.asked_for().get("continuable"):
        return (yield from submit_response(call))
    body = {"model": call.model.id, **call.body}
    if "partial_images" in body:
        return (yield from submit_streaming(body))
    request = request_of(body)
    response = yield request
    return pictures(call, response.json)


def request_of(body: Mapping[str, Json]) -> HttpRequest:
    """The images API: a form with what to edit, else JSON."""
    if "image" in body:
        return form("/images/edits", parts=as_parts(body), media_at=("data[*].b64_json",))
    return post("/images/generations", json=body, media_at=("data[*].b64_json",))


def submit_streaming(body: Mapping[str, Json]) -> Flow:
    """The same routes as a stream of events: unfinished pictures first, then the one that was asked for."""
    route = "image_edit" if "image" in body else "image_generation"
    response = yield replace(
        request_of({**body, "stream": True}),
        media_at=("b64_json",),
        reads="events",
        until=(f"{route}.completed", "error"),
        previews=(f"{route}.partial_image",),
    )
    last = response.json[-1]
    if last["type"] == "error":
        return failure_in(last)
    return Succeeded(
        files=(last["b64_json"],),
        usage=last.get("usage") or {},
        metadata={name: last[name] for name in ("size", "quality", "background") if last.get(name)},
    )


def failure_in(event: Json) -> Failed:
    """What an error event says. Whatever was drawn until then may have been charged."""
    problem = event.get("error") or event
    refused = problem.get("code") in REFUSALS
    return Failed(
        reason=problem.get("message") or "the stream ended in an error", kind="refused" if refused else "failed"
    )


def pictures(call: Call, reply: Json) -> Step:
    files = tuple(item["b64_json"] for item in reply["data"])
    wanted = call.body.get("n", 1)
    if not files:
        return Failed(reason="the reply holds no picture", kind="empty_output")
    return Succeeded(
        files=files,
        missing=tuple("OpenAI delivered fewer pictures than asked for." for _ in range(wanted - len(files))),
        usage=usage_in(reply),
        metadata={name: reply[name] for name in ("size", "quality", "background") if reply.get(name)},
    )


def usage_in(reply: Json) -> Mapping[str, Json]:
    """What the reply says was used. The author of an SVG is billed at a rate nobody publishes: then all is open."""
    usage, author = reply.get("usage") or {}, reply.get("svg_usage")
    return {"image": usage, "svg_author": author} if author else usage


def submit_response(call: Call) -> Flow:
    """The image tool of the Responses API: the answer's id is the continuation."""
    tool = {name: value for name, value in call.body.items() if name not in ("prompt", "image", "n", "mask")}
    if "mask" in call.body:
        tool["input_image_mask"] = {"image_url": Inline(file=call.body["mask"], form="data_uri")}
    body = {
        "model": CHAT_MODEL,
        "input": conversation(call),
        "tools": [{"type": "image_generation", "model": call.model.id, **tool}],
        "tool_choice": {"type": "image_generation"},
    }
    if call.continuation is not None:
        body["previous_response_id"] = call.continuation["response_id"]
    if "partial_images" in call.body:
        return (yield from submit_streaming_response(body))
    response = yield post("/responses", json=body, media_at=("output[*].result",))
    return picture_of_response(response.json)


def submit_streaming_response(body: Mapping[str, Json]) -> Flow:
    """The same as a stream of events. The last one repeats the whole response."""
    response = yield HttpRequest(
        method="POST",
        path="/responses",
        effect="pays",
        json={**body, "stream": True},
        media_at=("partial_image_b64", "item.result", "response.output[*].result"),
        reads="events",
        until=("response.completed", "response.incomplete", "response.failed", "error"),
        previews=("response.image_generation_call.partial_image",),
    )
    last = response.json[-1]
    if last["type"] == "error":
        return failure_in(last)
    reply = last["response"]
    return failure_in(reply) if last["type"] == "response.failed" else picture_of_response(reply)


def conversation(call: Call) -> Json:
    prompt, images = call.body["prompt"], call.body.get("image", ())
    if not images:
        return prompt
    urls = [Inline(file=file, form="data_uri") for file in images]
    pieces = [{"type": "input_image", "detail": "auto", "image_url": url} for url in urls]
    return [{"role": "user", "content": [{"type": "input_text", "text": prompt}, *pieces]}]


def picture_of_response(reply: Json) -> Step:
    drawn = [item for item in reply["output"] if item["type"] == "image_generation_call"]
    finished = [item for item in drawn if item.get("result") is not None]
    if not finished:
        problem: Mapping[str, Json] = next((item["error"] for item in drawn if item.get("error")), {})
        refused = problem.get("code") == "moderation_blocked"
        reason = problem.get("message") or "the reply holds no picture"
        return Failed(reason=reason, kind="refused" if refused else "empty_output")
    first = finished[0]
    return Succeeded(
        files=(first["result"],),
        continuation={"response_id": reply["id"]},
        usage=reply.get("usage") or {},
        metadata={name: first[name] for name in ("revised_prompt", "size", "quality") if first.get(name)},
    )


# --- Samples ----------------------------------------------------------------------------------------------------

PIXEL = in_base64(PNG)
USAGE = {
    "input_tokens": 10,
    "output_tokens": 272,
    "total_tokens": 282,
    "input_tokens_details": {"image_tokens": 0, "text_tokens": 10},
    "output_tokens_details": {"image_tokens": 272, "text_tokens": 0},
}


def drawn(count: int) -> Reply:
    return Reply(json={"created": 1, "data": [{"b64_json": PIXEL}] * count, "usage": USAGE, "size": "1024x1024"})


def responded(number: int) -> Reply:
    call = {"id": "ig_1", "type": "image_generation_call", "status": "completed", "result": PIXEL}
    return Reply(json={"id": f"resp_{number}", "object": "response", "status": "completed", "output": [call]})


def streamed(*events: Json) -> Reply:
    lines = (f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
    return Reply(content="".join(lines).encode(), media_type="text/event-stream")


UNFINISHED = {"type": "image_generation.partial_image", "partial_image_index": 0, "b64_json": PIXEL}
FINISHED = {"type": "image_generation.completed", "b64_json": PIXEL, "size": "1024x1024", "usage": USAGE}
DRAWING = {"type": "response.image_generation_call.partial_image", "partial_image_b64": PIXEL}
BLOCKED = {"type": "error", "error": {"code": "moderation_blocked", "message": "blocked"}}


FILE = MediaFile(media_type="image/png", data=PNG)
SAMPLES = (
    Sample(request=ImageRequest(prompt="a fox"), replies=(drawn(1),), source=SEEN),
    Sample(request=ImageRequest(prompt="a fox", n=2, quality="low"), replies=(drawn(2),), source=SEEN),
    Sample(request=ImageRequest(prompt="a fox", n=3), replies=(drawn(2),), expects="partial", source=SEEN),
    Sample(request=ImageRequest(prompt="a fox"), replies=(drawn(0),), expects="failed", source=SEEN),
    Sample(request=ImageRequest(prompt="in the rain", input_images=(FILE, FILE)), replies=(drawn(1),), source=SEEN),
    Sample(request=ImageRequest(prompt="a fox", continuable=True), replies=(responded(1),), source=SEEN),
    Sample(
        request=ImageRequest(prompt="a fox", partial_images=2), replies=(streamed(UNFINISHED, FINISHED),), source=SEEN
    ),
    Sample(
        request=ImageRequest(prompt="a fox", partial_images=1, continuable=True),
        replies=(streamed(DRAWING, {"type": "response.completed", "response": responded(3).json}),),
        source=SEEN,
    ),
    Sample(
        request=ImageRequest(prompt="bluer", continue_from="earlier"),
        continues={"response_id": "resp_1"},
        replies=(responded(2),),
        source=SEEN,
    ),
    Sample(
        request=ImageRequest(prompt="something vile"),
        replies=(Reply(status=400, json={"error": {"message": "blocked", "code": "moderation_blocked"}}),),
        expects="refused",
        source=DEPRECATIONS,
    ),
    Sample(
        request=ImageRequest(prompt="a fox", partial_images=1),
        replies=(streamed(BLOCKED),),
        expects="refused",
        source="the official client 3.54.0 raises what stands under `error` in an event; read 2026-11-22",
    ),
)
