"""xAI's gRPC services: what they are asked becomes a request of the REST API, and its answer a message.

Names and types: `proto` of xai-sdk 1.21.0, checked 2026-11-22.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from anymedia.testing.emulator.messages import Json, ReceivedRequest, Reply, json_reply

PACKAGE = "/xai_api."
ROUTES = {
    "Image/GenerateImage": "/v1/images/generations",
    "Video/GenerateVideo": "/v1/videos/generations",
    "Video/ExtendVideo": "/v1/videos/extensions",
    "Video/GetDeferredVideo": "/v1/videos/",
}
PAYING = tuple(PACKAGE + name for name in ROUTES if not name.endswith("GetDeferredVideo"))
CHOICES = {"aspect_ratio": "ASPECT_RATIO_", "resolution": "RESOLUTION_", "quality": "QUALITY_"}
FORMATS = {"IMG_FORMAT_BASE64": "b64_json", "IMG_FORMAT_URL": "url"}
STATUSES = {"done": "DONE", "failed": "FAILED", "expired": "EXPIRED"}


def answer(request: ReceivedRequest, rest: Callable[[ReceivedRequest], Reply]) -> Reply:
    """What `rest` answers to the same request over REST, as a message."""
    name = request.path.removeprefix(PACKAGE)
    if name not in ROUTES:
        return json_reply({"error": "no such method"}, status=404)
    given: Json = request.json or {}
    if name.endswith("GetDeferredVideo"):
        target = ROUTES[name] + given.get("request_id", "")
        return _as_message(rest(replace(request, method="GET", target=target, body=b"")))
    edits = name.startswith("Image/") and ("image" in given or "images" in given)
    target = "/v1/images/edits" if edits else ROUTES[name]
    if name == "Video/GenerateVideo" and "video" in given:
        target = "/v1/videos/edits"
    body = json.dumps({field: value for each in given.items() for field, value in _as_rest(*each)}).encode()
    return _as_message(rest(replace(request, target=target, body=body)))


def _as_rest(name: str, value: Json) -> list[tuple[str, Json]]:
    match name, value:
        case "format", str():
            return [("response_format", FORMATS[value])]
        case (("aspect_ratio" | "resolution" | "quality"), str()):
            spelled = value.partition(CHOICES[name])[2].lower().replace("19_5", "19.5").replace("_", ":")
            return [(name, spelled)]
        case _, {"image_url": str(url)}:
            return [(name, {"url": url})]
        case _, list():
            return [(name, [_as_rest(name, each)[0][1] for each in value])]
    return [(name, value)]


def _as_message(reply: Reply) -> Reply:
    if reply.status >= 400:
        return reply
    told = reply.json or {}
    usage: Mapping[str, Json] = {"usage": told["usage"]} if "usage" in told else {}
    if "data" in told:
        images = [{"base64": _data_uri(each["b64_json"]), "respect_moderation": True} for each in told["data"]]
        again = json_reply({"images": images, **usage}, accepted=reply.accepted)
        return replace(again, media_fields=("base64",), output_lists=("images",))
    if "request_id" in told:
        return json_reply(told, accepted=reply.accepted)
    status = STATUSES.get(told.get("status", ""), "PENDING")
    response = {name: told[name] for name in ("video", "model", "progress", "error") if name in told}
    return json_reply({"status": status, "response": {**response, **usage}})


def _data_uri(base64: str) -> str:
    return f"data:image/jpeg;base64,{base64}"
