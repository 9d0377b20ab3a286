"""One call of xAI's gRPC service with the messages of its official client. Nothing is repeated here.

Facts: `client.py` and `proto` of xai-sdk 1.21.0, checked 2026-11-22. The library is imported by the first call.
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from ...media import Json, MediaFile
from ...spec import Answered, Control, NotHandedOver, Problem
from .._xai.common import dollars_of, is_moderation

SEEN = "the messages of xai-sdk 1.21.0, which reads this reply; read 2026-11-22"
LARGEST_MESSAGE = 20 * 2**20
"""Bytes that are sent: the client's own limit."""
LARGEST_REPLY = 64 * 2**20
"""Bytes that are received: more than the client takes, because what is too large is lost and was paid for."""
STATUSES: Mapping[str, int] = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ABORTED": 409,
    "ALREADY_EXISTS": 409,
    "RESOURCE_EXHAUSTED": 429,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
"""The status of HTTP that each status of gRPC stands for: google/rpc/code.proto of googleapis, checked 2026-11-22.
All others are 500: some of them are the client's own, and say nothing of what the server did."""
TOO_LONG = "larger than max"
"""In the words of the client about a message over its limit, whose status is that of a rate limit."""
CHANNEL_OPTIONS = (
    ("grpc.enable_retries", 0),
    ("grpc.max_send_message_length", LARGEST_MESSAGE),
    ("grpc.max_receive_message_length", LARGEST_REPLY),
)
"""Without the first, the client would send a purchase up to five times."""
HEARTBEAT = 0.2
"""Seconds between looks at whether the job was cancelled."""


def ask(control: Control, *, method: str, **fields: Json) -> Json:
    """Call a method of xAI's service once. Give its reply as JSON, or raise `NotHandedOver` or `Answered`."""
    from threading import Thread

    import grpc
    from google.protobuf.json_format import MessageToDict
    from xai_sdk.proto import image_pb2, image_pb2_grpc, video_pb2, video_pb2_grpc

    services = {"Image": (image_pb2, image_pb2_grpc.ImageStub), "Video": (video_pb2, video_pb2_grpc.VideoStub)}
    service, name = method.split("/")
    messages, stub = services[service]
    request = getattr(messages, f"{name}Request")(**as_message(service, fields))
    channel = opened(control)
    try:
        connect(control, channel)
        authorization = (("authorization", f"Bearer {control.provider.key}"),)
        call = getattr(stub(channel), name).future(request, timeout=control.provider.timeout, metadata=authorization)
        return MessageToDict(awaited(control, call), preserving_proto_field_name=True)
    except grpc.RpcError as error:
        raise answered(error) from error
    finally:
        # Aside, because closing waits for what still watches the connection: a fifth of a second.
        Thread(target=channel.close, daemon=True).start()


def opened(control: Control) -> Any:
    """A channel to the provider: encrypted, but for a server on this machine whose address says `http`."""
    import grpc

    address = urlsplit(control.provider.base_url)
    if address.scheme == "http":
        return grpc.insecure_channel(address.netloc, options=CHANNEL_OPTIONS)
    target = address.netloc if address.port else f"{address.netloc}:443"
    return grpc.secure_channel(target, grpc.ssl_channel_credentials(), options=CHANNEL_OPTIONS)


def connect(control: Control, channel: Any) -> None:
    """Wait until somebody is there. A call that fails before then was not sent; after that, nobody can tell."""
    import time
    from queue import Empty, SimpleQueue

    from grpc import ChannelConnectivity

    states: SimpleQueue[ChannelConnectivity] = SimpleQueue()
    notice = states.put
    end = time.monotonic() + control.provider.connect_timeout
    channel.subscribe(notice, try_to_connect=True)
    try:
        while (state := states.get(timeout=max(0.0, end - time.monotonic()))) is not ChannelConnectivity.READY:
            if state in (ChannelConnectivity.TRANSIENT_FAILURE, ChannelConnectivity.SHUTDOWN):
                raise NotHandedOver("nobody answers at its address")
    except Empty as error:
        raise NotHandedOver("nobody answered in time") from error
    finally:
        channel.unsubscribe(notice)


def awaited(control: Control, call: Any) -> Any:
    """The reply. A cancelled job takes its call along."""
    import grpc

    try:
        while True:
            try:
                return call.result(timeout=HEARTBEAT)
            except grpc.FutureTimeoutError:
                control.progress()
    finally:
        call.cancel()


def answered(error: Any) -> Answered:
    code, said = error.code().name, error.details() or ""
    status = STATUSES.get(code, 500)
    if TOO_LONG in said:
        status, said = 500, f"{said}; ask for fewer pictures at once, or over HTTP, which has no such limit"
    headers = {name: value for name, value in error.trailing_metadata() or () if isinstance(value, str)}
    return Answered(status, headers, {"code": code, "error": said}, said)


# --- Messages ---------------------------------------------------------------------------------------------------

SPELLED = {"Image": "IMG", "Video": "VIDEO"}
"""What the names of a service's enumerations begin with."""
CHOICES = ("aspect_ratio", "resolution", "quality", "format")


def as_message(service: str, fields: Mapping[str, Json]) -> dict[str, Json]:
    """The fields of a message, as its type takes them: choices by their names, files as data URIs."""
    return {name: as_field(service, name, value) for name, value in fields.items()}


def as_field(service: str, name: str, value: Json) -> Json:
    match value:
        case MediaFile() if name == "video":
            return {"url": as_url(value)}
        case MediaFile():
            return {"image_url": as_url(value), "detail": "DETAIL_AUTO"}
        case tuple():
            return [as_field(service, name, each) for each in value]
        case str() if name in CHOICES:
            return re.sub(r"\W", "_", f"{SPELLED[service]}_{name}_{value}").upper()
    return value


def as_url(file: MediaFile) -> str:
    return f"data:{file.media_type};base64,{b64encode(file.unchanged_bytes()).decode()}"


# --- Meaning ----------------------------------------------------------------------------------------------------


def read_error(status: int, reply: Json) -> Problem | None:
    match reply:
        case {"code": str(code), "error": str(message)}:
            if is_moderation(code, message):
                return Problem(kind="refused", message=message, code=code, charged="maybe")
            if "incorrect api key" in message.lower():
                return Problem(kind="authentication", message=message, code=code)
            if status == 404 and "model" in message.lower():
                return Problem(kind="model_gone", message=message, code=code)
    return None


def cost_of(reply: Json) -> Decimal | None:
    """What a reply says that it cost, in dollars. The JSON of protobuf has whole numbers of 64 bits as text."""
    ticks = reply.get("usage", {}).get("cost_in_usd_ticks")
    return None if ticks is None else dollars_of(int(ticks))
