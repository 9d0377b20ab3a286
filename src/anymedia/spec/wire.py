"""What a flow yields (effects), what it is sent back, and what it returns (steps). Plain values; the engine acts.

A flow is a generator. It yields effects, is sent each one's outcome, and returns a step:

    def submit(call: Call) -> Flow:
        response = yield post("/images", json=call.body, media_at=("data[*].b64",))
        return Succeeded(files=tuple(item["b64"] for item in response.json["data"]))

At most one effect of one flow may pay. Only `safe` effects are ever sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Protocol

from ..media import Json, MediaFile, Spilled
from ..operations import Request
from ..results import Resource

EffectKind = Literal["pays", "creates", "safe"]
Outcome = Any
"""What a yielded effect gives back: a `Response`, the return value of a function, results of child jobs."""


@dataclass(frozen=True, kw_only=True)
class Inline:
    """Stands in a JSON body for a file's bytes. The engine streams them; logs and `--dry-run` show a summary."""

    file: MediaFile
    form: Literal["base64", "data_uri"] = "base64"


@dataclass(frozen=True, kw_only=True)
class HttpRequest:
    """One HTTP request to the provider. `path` is relative to the backend's base URL, or a full URL from a reply.

    `effect` says what sending it does: `pays`, `creates` (something that stays at the provider) or `safe` (may be
    repeated). `media_at` names the strings of the JSON reply that are base64 media, such as `data[*].b64_json`;
    they arrive as `Spilled`. A reply that is itself media arrives as `Response.spilled`. With `reads="text"` the reply
    is words, such as subtitles, and arrives as `Response.text`. The body is `json`, a form of `parts`, or the bytes of
    the file `content`, streamed from the disk.

    With `reads="events"` the reply is a stream of server-sent events, and arrives as the list of their documents in
    `Response.json`; `media_at` is then relative to each event. It ends with the first event whose `type` is one of
    `until`; a stream that ends without one has broken off. Media of events whose `type` is one of `previews` are
    unfinished pictures: they are saved and shown as they come. Of the others only the last event's media are kept.
    """

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    effect: EffectKind
    json: Json = None
    parts: tuple[tuple[str, str | MediaFile], ...] | None = None
    content: MediaFile | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    media_at: tuple[str, ...] = ()
    reads: Literal["json", "text", "events"] = "json"
    until: tuple[str, ...] = ()
    previews: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.path, str):
            raise TypeError(f"A path is text, got {self.path!r:.80}.")  # an address that a reply should have had


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One conversation over a WebSocket, for models that speak over nothing else. `path` is as in `HttpRequest`.

    `send` are JSON messages, sent in order once it is open. An event whose type is in `until` ends it. `collect` names
    a field for each type of event that carries media: its base64 is appended, event after event, to one output, which
    arrives as `Response.spilled`. The events themselves, without these fields, arrive in order as `Response.json`.
    """

    path: str
    effect: EffectKind
    send: tuple[Json, ...]
    until: tuple[str, ...]
    collect: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Response:
    """A reply with a 2xx status, or a conversation that was held (101).

    Other statuses never reach a flow: they become errors through `read_error`.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Json = None
    text: str | None = None
    spilled: Spilled | None = None


@dataclass(frozen=True, kw_only=True)
class Created:
    """The provider now keeps something of the user's. It is in the ledger before the flow goes on."""

    kind: str
    id: str
    delete: HttpRequest | None = None


@dataclass(frozen=True, kw_only=True)
class ChildJobs:
    """Make these requests as jobs of their own, with ledger rows of their own, and go on with their results.

    Only `poll` may yield it: the parent is in the ledger by then, and a crash finds the same children again.
    """

    requests: tuple[Request, ...]


@dataclass(frozen=True, kw_only=True)
class Provider:
    """What a library needs to talk to the provider: its address, the key or token, and the seconds of one call."""

    base_url: str = ""
    key: str | None = field(default=None, repr=False)
    connect_timeout: float = 10.0
    timeout: float = 900.0


class Control(Protocol):
    """What a computed function is given: a folder of its own, the provider, progress, a way to be stopped."""

    @property
    def scratch(self) -> Path: ...

    @property
    def provider(self) -> Provider: ...

    def progress(self, fraction: float | None = None) -> None:
        """Report a fraction from 0 to 1, or nothing. Raises to stop the function when the job was cancelled."""


class NotHandedOver(Exception):
    """The request did not leave this machine whole. Nothing can have been bought."""


class Answered(Exception):
    """The provider answered with a status of HTTP that is not a success."""

    def __init__(self, status: int, headers: Mapping[str, str], json: Json, text: str) -> None:
        super().__init__(status, headers, json, text)
        self.status = status
        self.headers = headers
        self.json = json
        self.text = text

    def __str__(self) -> str:
        return f"status {self.status}"


@dataclass(frozen=True, kw_only=True)
class Compute:
    """A call of a library, a model in process or a program. See `compute`."""

    function: Callable[..., Outcome]
    arguments: Mapping[str, Json]
    where: Literal["thread", "process"]
    effect: EffectKind
    in_turn: str | None = None


def compute(
    function: Callable[..., Outcome],
    *,
    where: Literal["thread", "process"] = "thread",
    effect: EffectKind = "safe",
    in_turn: str | None = None,
    **arguments: Json,
) -> Compute:
    """Call `function(control, **arguments)` outside the event loop and go on with what it returns.

    What holds the interpreter lock for long belongs in a process: then `function` must be at the top level of an
    importable module, and arguments and result must pickle. Files it leaves in `control.scratch` may be returned
    in `Succeeded.files` by path.

    Calls in a process with the same word in `in_turn` run one after the other, in the same process: what they keep in
    memory, such as weights, is there once.

    A function that talks to a provider says how a call failed by what it raises: `NotHandedOver` if nothing was sent,
    `Answered` with the provider's refusal, which means what it means over HTTP. After anything else a purchase is
    unknown. The engine repeats what may be repeated, so the library must not.
    """
    return Compute(function=function, arguments=arguments, where=where, effect=effect, in_turn=in_turn)


Effect = HttpRequest | Exchange | Created | ChildJobs | Compute


def get(path: str, *, query: Mapping[str, str] | None = None, media_at: tuple[str, ...] = ()) -> HttpRequest:
    return HttpRequest(method="GET", path=path, effect="safe", query=query or {}, media_at=media_at)


def post(path: str, *, json: Json, effect: EffectKind = "pays", media_at: tuple[str, ...] = ()) -> HttpRequest:
    return HttpRequest(method="POST", path=path, effect=effect, json=json, media_at=media_at)


def form(
    path: str,
    *,
    parts: tuple[tuple[str, str | MediaFile], ...],
    effect: EffectKind = "pays",
    media_at: tuple[str, ...] = (),
    reads: Literal["json", "text"] = "json",
) -> HttpRequest:
    """POST a multipart form. A `MediaFile` part carries its own file name and media type."""
    return HttpRequest(method="POST", path=path, effect=effect, parts=parts, media_at=media_at, reads=reads)


def upload(
    path: str, *, content: MediaFile, headers: Mapping[str, str] | None = None, effect: EffectKind = "creates"
) -> HttpRequest:
    """POST the bytes of a file, which then stays at the provider."""
    return HttpRequest(method="POST", path=path, effect=effect, content=content, headers=headers or {})


def data_uri(file: MediaFile) -> Inline:
    """A file as `data:image/png;base64,...`, for `Param.encode`."""
    return Inline(file=file, form="data_uri")


def data_uris(files: Sequence[MediaFile]) -> list[Inline]:
    return [data_uri(file) for file in files]


def delete(path: str) -> HttpRequest:
    return HttpRequest(method="DELETE", path=path, effect="safe")


def converse(
    path: str,
    *,
    send: tuple[Json, ...],
    until: tuple[str, ...],
    collect: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    effect: EffectKind = "pays",
) -> Exchange:
    """Hold a conversation over a WebSocket. It pays, unless it says otherwise."""
    return Exchange(path=path, effect=effect, send=send, until=until, collect=collect or {}, query=query or {})


@dataclass(frozen=True, kw_only=True)
class Pcm:
    """Samples without a header: 16 bits, little-endian, `rate` a second, channels interleaved. They become a WAV file.

    `file` is what is here already: `Response.spilled`, or bytes in memory.
    """

    file: MediaFile | Spilled
    rate: int
    channels: int = 1

    def __post_init__(self) -> None:
        if self.rate <= 0 or self.channels <= 0:
            raise ValueError(f"Samples have a rate and channels, got {self.rate} and {self.channels}.")


FailureKind = Literal["failed", "refused", "expired", "cancelled", "empty_output"]


@dataclass(frozen=True, kw_only=True)
class Pending:
    """The provider is at work. `state` is JSON and all that another process needs to go on; seconds to wait.

    `id` is the provider's own name of the job. It stays in the ledger as part of the receipt.
    """

    state: Json
    id: str | None = None
    poll_after: float = 2.0
    fraction: float | None = None


@dataclass(frozen=True, kw_only=True)
class Partial:
    """Some outputs are ready while the job goes on. They are kept at once and belong to the result.

    So does what was `Created` before, even without `files`: a later refusal then ends the job with what it has.
    """

    files: tuple[MediaFile | Spilled, ...]
    state: Json
    poll_after: float = 2.0


@dataclass(frozen=True, kw_only=True)
class Succeeded:
    """The provider is finished. `missing` has one reason for every output that was asked for and did not come.

    The `url` of a file may be a path of the provider's API that begins with /: it is fetched with the key. Samples
    without a header are wrapped in `Pcm`. `text` alone is a result only where words were asked for.
    """

    files: tuple[MediaFile | Spilled | Pcm, ...] = ()
    missing: tuple[str, ...] = ()
    text: str | None = None
    resources: tuple[Resource, ...] = ()
    continuation: Json = None
    usage: Mapping[str, Json] = field(default_factory=dict)
    cost: Decimal | None = None
    warnings: tuple[str, ...] = ()
    metadata: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Failed:
    """The provider accepted the job and could not finish it. `reason` is the provider's own, if it gave one.

    `cost` is what it charged all the same, in US dollars, where the reply says so.
    """

    reason: str
    kind: FailureKind = "failed"
    cost: Decimal | None = None


Step = Pending | Partial | Succeeded | Failed
Flow = Generator[Effect, Outcome, Step]


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A job that the provider lists and that may be the one asked for: same model, same prompt, same settings.

    `state` is what `Pending.state` would be; `created_at` is in seconds since 1970, by the provider's clock.
    """

    id: str
    state: Json
    created_at: float


Listing = Generator[Effect, Outcome, Sequence[Listed]]
"""A flow that looks for a lost job in the provider's list, by safe requests only."""
