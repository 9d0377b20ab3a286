"""The catalogue of faults. Every static method of `Fault` is one, and is scripted in JSON by its name.

A fault is data: where the exchange is cut, how the reply's content changes, how its bytes are delivered, and whether
the provider charges. What it does to a socket is done by `connection.py`.
"""

import inspect
from dataclasses import dataclass
from typing import Literal

from anymedia.testing.emulator import deliveries, rewrites
from anymedia.testing.emulator.messages import Json

GATEWAY_PAGE = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in to the network.</body></html>"


@dataclass(frozen=True, kw_only=True)
class Cut:
    """Where an exchange ends before its time, and how.

    `at`: on accept, after the request's headers, within its body, instead of the answer, or among the events of a
    conversation. `how`: `reset` sends a TCP RST, `close` a FIN, `silence` keeps the connection open and says nothing.
    `after` is in bytes of the body, or in events. What is to happen instead of the answer happens in a conversation
    once the work is accepted.
    """

    at: Literal["connection", "headers", "body", "answer", "events"]
    how: Literal["reset", "close", "silence"]
    after: int = 0


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that goes wrong with one request. Made by the static methods below, consumed by the next request.

    `billed`: whether the provider charges for the request nevertheless. A request the provider would have refused
    anyway is never billed. `delay` is in seconds, on top of the emulator's latency.
    """

    name: str
    billed: bool = False
    cut: Cut | None = None
    rewrite: rewrites.Rewrite | None = None
    delivery: deliveries.Delivery | None = None
    speech: deliveries.Speech | None = None
    delay: float = 0.0

    @staticmethod
    def refuse() -> "Fault":
        """The next new connection is reset as soon as it is accepted, before anything can be read from it.

        A connection has no path yet: the fault is consumed by whoever connects next. When the request comes over
        a connection that is already open, that one is reset after the headers.
        """
        return Fault(name="refuse", cut=Cut(at="connection", how="reset"))

    @staticmethod
    def reset_before_body() -> "Fault":
        """Reset once the headers have arrived; the body is not read."""
        return Fault(name="reset_before_body", cut=Cut(at="headers", how="reset"))

    @staticmethod
    def reset_while_body(after: int = 1024) -> "Fault":
        """Reset once `after` bytes of the body have arrived (or all of it, when it is shorter)."""
        return Fault(name="reset_while_body", cut=Cut(at="body", how="reset", after=after))

    @staticmethod
    def reset_after_body(*, billed: bool = True) -> "Fault":
        """The whole request arrives, then a reset instead of an answer."""
        return Fault(name="reset_after_body", billed=billed, cut=Cut(at="answer", how="reset"))

    @staticmethod
    def close_after_body(*, billed: bool = True) -> "Fault":
        """The whole request arrives, then the connection is closed in good order without an answer."""
        return Fault(name="close_after_body", billed=billed, cut=Cut(at="answer", how="close"))

    @staticmethod
    def no_answer(*, billed: bool = True) -> "Fault":
        """The whole request arrives and is never answered; the connection stays open until the client leaves."""
        return Fault(name="no_answer", billed=billed, cut=Cut(at="answer", how="silence"))

    @staticmethod
    def slow(seconds: float) -> "Fault":
        """A normal answer, `seconds` late."""
        return Fault(name="slow", billed=True, delay=seconds)

    @staticmethod
    def status(
        status: int,
        *,
        billed: bool,
        headers: dict[str, str] | None = None,
        code: str | None = None,
        message: str | None = None,
        body: str | None = None,
    ) -> "Fault":
        """This status, before the work is accepted (`billed=False`) or after. The body is the provider's error JSON
        with `code` and `message`, or `body` word for word."""
        fields = dict(headers or {})
        rewrite = (
            rewrites.error(status, code=code, message=message, headers=fields)
            if body is None
            else rewrites.verbatim(status, body, fields)
        )
        return Fault(name="status", billed=billed, rewrite=rewrite)

    @staticmethod
    def rate_limited(retry_after: str | int | None = None) -> "Fault":
        """429, with `Retry-After` (seconds or an HTTP date) or without."""
        headers = {} if retry_after is None else {"retry-after": str(retry_after)}
        return Fault(name="rate_limited", rewrite=rewrites.refusal("rate_limit", headers))

    @staticmethod
    def bad_key() -> "Fault":
        """401, as the provider says it."""
        return Fault(name="bad_key", rewrite=rewrites.refusal("bad_key", {}))

    @staticmethod
    def echoed_key(status: int = 401) -> "Fault":
        """An error whose text repeats the caller's key in full."""
        return Fault(name="echoed_key", rewrite=rewrites.echoed_key(status))

    @staticmethod
    def unknown_model() -> "Fault":
        """404, the model is gone or not for this account."""
        return Fault(name="unknown_model", rewrite=rewrites.refusal("unknown_model", {}))

    @staticmethod
    def moderation(*, billed: bool = False) -> "Fault":
        """The provider's policy refusal."""
        return Fault(name="moderation", billed=billed, rewrite=rewrites.refusal("moderation", {}))

    @staticmethod
    def redirect(to: str, status: int = 307, *, billed: bool = False) -> "Fault":
        """A redirect to `to`; point it at a `Sink` to see whether anybody follows."""
        return Fault(name="redirect", billed=billed, rewrite=rewrites.verbatim(status, "", {"location": to}))

    @staticmethod
    def html(status: int = 200, *, billed: bool = True) -> "Fault":
        """A web page where JSON should be: a portal, a firewall, a gateway."""
        page = rewrites.verbatim(status, GATEWAY_PAGE, {"content-type": "text/html; charset=utf-8"})
        return Fault(name="html", billed=billed, rewrite=page)

    @staticmethod
    def missing_key(key: str, *, billed: bool = True) -> "Fault":
        """The normal answer without `key`, wherever it stands."""
        return Fault(name="missing_key", billed=billed, rewrite=rewrites.without_key(key))

    @staticmethod
    def renamed_key(key: str, to: str, *, billed: bool = True) -> "Fault":
        """The normal answer with `key` called `to`, wherever it stands."""
        return Fault(name="renamed_key", billed=billed, rewrite=rewrites.renamed_key(key, to))

    @staticmethod
    def no_outputs(*, billed: bool = True) -> "Fault":
        """Success, with an empty list of outputs."""
        return Fault(name="no_outputs", billed=billed, rewrite=rewrites.fewer_outputs(0))

    @staticmethod
    def fewer_outputs(keep: int = 1, *, billed: bool = True) -> "Fault":
        """Success, with only the first `keep` outputs."""
        return Fault(name="fewer_outputs", billed=billed, rewrite=rewrites.fewer_outputs(keep))

    @staticmethod
    def cut_base64(keep: int = 41, *, billed: bool = True) -> "Fault":
        """Valid JSON whose base64 texts end after `keep` characters."""
        return Fault(name="cut_base64", billed=billed, rewrite=rewrites.spoiled_media(lambda text: text[:keep]))

    @staticmethod
    def invalid_base64(*, billed: bool = True) -> "Fault":
        """Valid JSON whose base64 texts hold characters that no base64 has."""
        spoiled = rewrites.spoiled_media(lambda text: "!*" + text[2:])
        return Fault(name="invalid_base64", billed=billed, rewrite=spoiled)

    @staticmethod
    def truncated(keep: int = 40, *, billed: bool = True) -> "Fault":
        """The first `keep` bytes of the answer, then a close; no length was announced."""
        return Fault(name="truncated", billed=billed, delivery=deliveries.truncated(keep))

    @staticmethod
    def fewer_events(keep: int = 1, *, billed: bool = True) -> "Fault":
        """The first `keep` events of a stream, then a close that looks like its end."""
        return Fault(name="fewer_events", billed=billed, delivery=deliveries.fewer_pieces(keep))

    @staticmethod
    def wrong_length(by: int = 10, *, billed: bool = True) -> "Fault":
        """A Content-Length that is `by` bytes more (or, below 0, fewer) than the body has."""
        return Fault(name="wrong_length", billed=billed, delivery=deliveries.wrong_length(by))

    @staticmethod
    def broken_chunks(*, billed: bool = True) -> "Fault":
        """A chunked answer without its last chunk."""
        return Fault(name="broken_chunks", billed=billed, delivery=deliveries.broken_chunks)

    @staticmethod
    def drip(bytes_per_second: float = 1.0, *, billed: bool = True) -> "Fault":
        """The body of the answer, byte by byte."""
        return Fault(name="drip", billed=billed, delivery=deliveries.drip(bytes_per_second))

    @staticmethod
    def slow_headers(bytes_per_second: float = 1.0, *, billed: bool = True) -> "Fault":
        """The head of the answer, byte by byte."""
        return Fault(name="slow_headers", billed=billed, delivery=deliveries.slow_headers(bytes_per_second))

    @staticmethod
    def gzip_bomb(unpacked: int = 256 * deliveries.MEBIBYTE, *, billed: bool = True) -> "Fault":
        """A small answer that unpacks to valid JSON with `unpacked` bytes of base64 (whole MiB)."""
        return Fault(name="gzip_bomb", billed=billed, delivery=deliveries.gzip_bomb(unpacked))

    @staticmethod
    def oversized(size: int = 256 * deliveries.MEBIBYTE, *, billed: bool = True) -> "Fault":
        """Valid JSON with `size` bytes of base64, sent plain."""
        return Fault(name="oversized", billed=billed, delivery=deliveries.oversized(size))

    @staticmethod
    def endless(*, billed: bool = True) -> "Fault":
        """An answer that never ends, as fast as the client reads."""
        return Fault(name="endless", billed=billed, delivery=deliveries.endless)

    @staticmethod
    def cut_conversation(after: int = 3, how: Literal["reset", "close", "silence"] = "reset") -> "Fault":
        """A conversation that breaks off once `after` events of the accepted work were sent."""
        return Fault(name="cut_conversation", billed=True, cut=Cut(at="events", how=how, after=after))

    @staticmethod
    def nonsense_event(after: int = 3) -> "Fault":
        """A conversation whose event number `after` (from 0) is no JSON."""
        return Fault(name="nonsense_event", billed=True, speech=deliveries.nonsense_event(after))

    @staticmethod
    def broken_events() -> "Fault":
        """A conversation in which every long text of an event holds characters that no base64 has."""
        return Fault(name="broken_events", billed=True, speech=deliveries.broken_events)


CATALOGUE = {name: getattr(Fault, name) for name, member in vars(Fault).items() if isinstance(member, staticmethod)}


def fault_from(document: Json) -> Fault:
    """A fault from its JSON form, for example `{"fault": "status", "status": 500, "billed": true}`.

    Raises ValueError when the fault is unknown or an argument is missing or unknown.
    """
    if not isinstance(document, dict) or document.get("fault") not in CATALOGUE:
        raise ValueError(f"a fault is an object whose `fault` is one of {', '.join(CATALOGUE)}; got {document!r}.")
    arguments = {name: value for name, value in document.items() if name != "fault"}
    make = CATALOGUE[document["fault"]]
    try:
        bound = inspect.signature(make).bind(**arguments)
    except TypeError as error:
        raise ValueError(f"fault {document['fault']!r}: {error}.") from None
    fault: Fault = make(*bound.args, **bound.kwargs)
    return fault


def script_from(document: Json) -> dict[str, list[Fault]]:
    """A whole script: `{path: [fault, ...]}`. Raises ValueError as `fault_from` does."""
    if not isinstance(document, dict) or not all(isinstance(faults, list) for faults in document.values()):
        raise ValueError('a script is an object of paths and lists: {"/v1/images/generations": [{"fault": "drip"}]}.')
    return {path: [fault_from(fault) for fault in faults] for path, faults in document.items()}
