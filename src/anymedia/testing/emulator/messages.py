"""What travels: one received request, its parts, and one reply. Plain values; nothing here touches a socket."""

import email.message
import email.parser
import email.policy
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

Json = Any
"""A decoded JSON document."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of a multipart body, byte for byte. `media_type` is what the client said, not what the bytes are."""

    name: str
    filename: str | None
    media_type: str
    data: bytes

    @property
    def text(self) -> str:
        """The part's bytes as UTF-8; broken sequences become U+FFFD."""
        return self.data.decode("utf-8", "replace")


@dataclass(frozen=True, kw_only=True)
class ReceivedRequest:
    """One HTTP request as it arrived.

    `headers` has lower-case names; values of a repeated header are joined with a comma. `complete` is false when
    a fault cut the request before its body had arrived: such a request is kept, but is no submit. A message of an open
    conversation (`is_message`) has the target and the headers of the request that opened it; its type is its method.
    """

    method: str
    target: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = b""
    complete: bool = True
    pays: bool = False
    billed: bool = False
    fault: str | None = None
    is_message: bool = False

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> str:
        return urlsplit(self.target).query

    @property
    def bearer(self) -> str | None:
        """The key or token after `Authorization: Bearer`."""
        scheme, _, key = self.headers.get("authorization", "").partition(" ")
        return key.strip() or None if scheme.lower() == "bearer" else None

    @property
    def opens_conversation(self) -> bool:
        """Whether the client wants to go on over a WebSocket."""
        return not self.is_message and self.headers.get("upgrade", "").lower() == "websocket"

    @property
    def media_type(self) -> str:
        """The content type without its parameters, lower-case; empty when the client sent none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @cached_property
    def json(self) -> Json | None:
        """The decoded body; None when it is not declared as JSON or does not parse. Messages always are JSON."""
        return _decoded(self.body) if self.is_message or self.media_type == "application/json" else None

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The parts of a `multipart/form-data` body, in order; empty for any other body."""
        if self.media_type != "multipart/form-data":
            return ()
        return tuple(_parts(self.headers["content-type"], self.body))


def _decoded(body: bytes) -> Json | None:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _parts(content_type: str, body: bytes) -> Iterable[Part]:
    # The body is split by hand because email's parser works line by line: minutes for a 50 MB picture.
    holder = email.message.EmailMessage()
    holder["content-type"] = content_type
    boundary = (holder.get_boundary() or "").encode()
    for piece in (b"\r\n" + body).split(b"\r\n--" + boundary)[1:]:
        if piece.startswith(b"--"):
            return
        head, _, data = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        yield _part(head, data)


def _part(head: bytes, data: bytes) -> Part:
    headers = email.parser.BytesHeaderParser(policy=email.policy.HTTP).parsebytes(head + b"\r\n\r\n")
    name = headers.get_param("name", header="content-disposition")
    has_type = "content-type" in headers
    return Part(
        name=str(name or ""),
        filename=headers.get_filename(),
        media_type=headers.get_content_type() if has_type else "text/plain",
        data=data,
    )


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One HTTP reply. Several `pieces` are sent as that many chunks, a single one with its Content-Length.

    `accepted` says that the provider took the work and charges for it; the meter reads it, the wire never shows it.
    `media_fields` and `output_lists` name the JSON keys under which media and the list of outputs stand, so that
    faults can spoil them without knowing the provider. With the status 101 a conversation is open from then on;
    `events` are what is said in it, as the reply to its opening or to one message.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    pieces: tuple[bytes, ...] = (b"",)
    accepted: bool = False
    media_fields: tuple[str, ...] = ()
    output_lists: tuple[str, ...] = ()
    events: tuple[Json, ...] = ()

    @cached_property
    def body(self) -> bytes:
        return b"".join(self.pieces)

    @property
    def media_type(self) -> str:
        return next((value for name, value in self.headers if name.lower() == "content-type"), "")

    @cached_property
    def json(self) -> Json | None:
        """The decoded body; None when this reply is not JSON, or only says so."""
        return _decoded(self.body) if self.media_type.startswith("application/json") else None


def conversing(*events: Json, accepted: bool = False) -> Reply:
    """A reply that opens a conversation, or goes on with it, by saying `events`."""
    return Reply(status=101, accepted=accepted, events=events)


def json_reply(
    document: Json, *, status: int = 200, headers: Mapping[str, str] | None = None, accepted: bool = False
) -> Reply:
    """A reply whose body is `document` as JSON."""
    return Reply(
        status=status,
        headers=(("content-type", "application/json"), *(headers or {}).items()),
        pieces=(json.dumps(document).encode(),),
        accepted=accepted,
    )
