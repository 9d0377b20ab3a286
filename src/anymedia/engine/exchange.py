"""Holds one conversation over a WebSocket. Like `http.py` it places the key, repeats nothing and says what a failure
means; once the first message began to leave, every failure is `NoAnswer`. The only module that imports the library."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping

import pybase64
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.protocol import State

from ..media import Json, Spilled
from ..spec.wire import Answered, Exchange, NotHandedOver, Response
from .http import NotTrusted, absolute_url, is_about_trust, json_or_none, key_header
from .network import tls_context
from .part import TooLong
from .redaction import package_logger
from .reply_body import BEGINNING, LARGEST_REPLY_TEXT, GrowingSink, NoAnswer, OpenSink, Sinks, in_thread
from .settings import Access, Timeouts
from .verdicts import REFUSING

TOLD = REFUSING | {429}
"""Statuses instead of a conversation that are the provider's own word. After all others it may be asked for again:
nothing was said yet."""
GOODBYE = 1.0
"""Seconds that the other side may take to close; everything that matters has been said."""

log = package_logger("websockets.client")  # at its lowest level the library logs whole headers and messages


class _Straight(connect):
    """The library follows redirects, and takes headers of its own choice along. Nobody is followed here."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class _Unreadable(Exception):
    """An event that nobody understands."""


class Conversation:
    """One conversation that is ready to be held, once. Raise `ValueError` or `TypeError` for what cannot be said."""

    def __init__(self, access: Access, exchange: Exchange, *, headers: Mapping[str, str], timeouts: Timeouts) -> None:
        url = absolute_url(access, exchange)
        self._headers = {**headers, **key_header(access, url)}
        merged = url.copy_merge_params(dict(exchange.query))
        self._url = str(merged.copy_with(scheme="wss" if url.scheme == "https" else "ws"))
        self._messages = [json.dumps(message, allow_nan=False) for message in exchange.send]
        self._exchange = exchange
        self._timeouts = timeouts
        self._began = False

    def close(self) -> None:
        """Let go of a conversation that will not be held: nothing is open yet."""

    async def hold(self, *, open_sink: OpenSink, within: float | None = None) -> Response:
        """Hold it, within so many seconds. Raise `NotHandedOver`, `Answered` or `NoAnswer`."""
        heard = _Heard(self._exchange.collect, open_sink)
        connection = None
        try:
            async with asyncio.timeout(self._timeouts.total if within is None else min(within, self._timeouts.total)):
                connection = await self._opened()
                await self._say(connection)
                await self._listen(connection, heard)
        except (WebSocketException, TimeoutError, OSError, TooLong, _Unreadable) as error:
            raise self._failure(error, heard) from error
        finally:
            await heard.finish()
            if connection is not None:
                await connection.close()
        answered = connection.response
        headers = {} if answered is None else {name.lower(): value for name, value in answered.headers.raw_items()}
        return Response(status=101, headers=headers, json=heard.events, spilled=heard.collected)

    async def _opened(self) -> ClientConnection:
        """Connect and be let in. A refusal is told in the provider's own words."""
        try:
            return await _Straight(
                self._url,
                additional_headers=dict(self._headers),
                compression=None,
                open_timeout=self._timeouts.connect,
                ping_interval=None,  # how long a silence may last is a setting of ours
                close_timeout=GOODBYE,
                max_size=LARGEST_REPLY_TEXT,
                logger=log,
                ssl=await in_thread(tls_context) if self._url.startswith("wss:") else None,
            )
        except InvalidStatus as error:
            raise _refusal(error) from error
        except ImportError as error:
            raise NotHandedOver(str(error)) from error  # a SOCKS proxy, and nothing here that speaks to one

    async def _say(self, connection: ClientConnection) -> None:
        if connection.state is not State.OPEN:
            raise NotHandedOver("the other side closed the conversation before it began")
        for message in self._messages:
            self._began = True
            async with asyncio.timeout(self._timeouts.write):
                await connection.send(message)

    async def _listen(self, connection: ClientConnection, heard: _Heard) -> None:
        kind = None
        while kind not in self._exchange.until:
            async with asyncio.timeout(self._timeouts.read):
                message = await connection.recv()
            kind = await heard.take(message)

    def _failure(self, error: Exception, heard: _Heard) -> Exception:
        reason = f"{type(error).__name__}: {error}".removesuffix(": ")
        if not self._began:
            return NotTrusted(reason) if is_about_trust(error) else NotHandedOver(reason)
        said = str(error) if isinstance(error, _Unreadable | TooLong) else f"the conversation broke off ({reason})"
        collected = heard.collected
        return NoAnswer(
            said, salvaged=heard.salvaged, begun=(collected,) if collected is not None and collected.size else ()
        )


def _refusal(error: InvalidStatus) -> Exception:
    """What an answer means that opens no conversation."""
    response = error.response
    text = bytes(response.body or b"")[: 64 * 1024].decode("utf-8", "replace")
    if response.status_code not in TOLD:
        return NotHandedOver(f"it answered {response.status_code} instead of opening the conversation")
    headers = {name.lower(): value for name, value in response.headers.raw_items()}
    return Answered(response.status_code, headers, json_or_none(text), text)


class _Heard:
    """The events of a conversation as they come. What is collected of them goes to a sink; their text has a cap."""

    def __init__(self, collect: Mapping[str, str], open_sink: OpenSink) -> None:
        self.events: list[Json] = []
        self._collect = collect
        self._sinks = Sinks(open_sink)
        self._sink: GrowingSink | None = None
        self._text = 0
        self._unread = ""

    @property
    def collected(self) -> Spilled | None:
        """What was collected so far, if anything was."""
        return None if self._sink is None else self._sink.close()

    @property
    def salvaged(self) -> Json:
        """The events that were understood, and the beginning of one that was not."""
        return [*self.events, {"beginning": self._unread}] if self._unread else self.events or None

    async def take(self, message: str | bytes) -> str:
        """Take one event and give its type. Raise `TooLong`, or `_Unreadable` for what is no event."""
        event = json_or_none(message if isinstance(message, str) else message.decode("utf-8", "replace"))
        kind = event.get("type") if isinstance(event, dict) else None
        if not isinstance(kind, str):
            self._unread = str(message[:BEGINNING])
            raise _Unreadable("the conversation turned into something that nobody understands")
        taken = await self._append(event.pop(self._collect[kind], None)) if kind in self._collect else 0
        self.events.append(event)
        self._text += len(message) - taken
        if self._text > LARGEST_REPLY_TEXT:
            raise TooLong("more text than anybody reads")
        return kind

    async def _append(self, encoded: Json) -> int:
        """Decode a piece and write it; say how many characters it had."""
        try:
            content = pybase64.b64decode(encoded, validate=True)
        except (TypeError, ValueError) as error:
            raise _Unreadable("a piece of the media is no base64") from error
        if self._sink is None:
            self._sink = self._sinks.open("collected")
        self._sink.write(content)
        await self._sinks.flush_after(len(content))
        return len(encoded)

    async def finish(self) -> None:
        await self._sinks.finish()
