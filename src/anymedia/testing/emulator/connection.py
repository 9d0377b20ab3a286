"""One client connection, from accept to close: reads with h11, asks the service, and does to the socket what the
fault says. It knows no provider."""

import asyncio
import http.client
import json
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol

import h11

from anymedia.testing.emulator.deliveries import Delivery, Pause, plainly
from anymedia.testing.emulator.faults import Cut, Fault
from anymedia.testing.emulator.messages import ReceivedRequest, Reply
from anymedia.testing.emulator.meter import Meter
from anymedia.testing.emulator.websocket import WebSocket

READ_SIZE = 1 << 16
PREFACE = b"PRI "
"""What a client of HTTP/2 says first: RFC 9113, section 3.4."""
Leading = Callable[[asyncio.StreamReader, asyncio.StreamWriter, bytes], Awaitable[None]]
"""Carries a connection of HTTP/2, and what was read of it, to whoever speaks gRPC."""


class Service(Protocol):
    """Who answers behind a connection."""

    meter: Meter

    def refuses_connection(self) -> bool:
        """Whether the connection that was just accepted is to be reset."""

    def fault_for(self, request: ReceivedRequest) -> Fault | None:
        """The fault this request meets; only its head has arrived."""

    def cut_short(self, request: ReceivedRequest, fault: Fault) -> None:
        """Take note of a request that `fault` ended before its body had arrived."""

    def answer(self, request: ReceivedRequest, fault: Fault | None) -> Reply:
        """The answer to a whole request, or to one message of an open conversation."""

    def delay(self, request: ReceivedRequest, fault: Fault | None) -> float:
        """Seconds to wait before the answer leaves."""


class Cutting(Exception):
    """Raised when a fault ends the connection here and now."""

    def __init__(self, cut: Cut) -> None:
        self.cut = cut


class Connection:
    """Serves one client until it leaves, a fault ends it, or the server stops."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, service: Service, lead_to_grpc: Leading
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._service = service
        self._lead_to_grpc = lead_to_grpc
        self._http = h11.Connection(h11.SERVER)

    async def serve(self) -> None:
        """Answer request after request. Whatever happens, the socket is closed in the end."""
        self._service.meter.connections += 1
        try:
            await self._serve_requests()
        except ConnectionError:
            pass  # The client left first; to an emulator that is an everyday event.
        finally:
            self._writer.close()

    async def _serve_requests(self) -> None:
        try:
            if self._service.refuses_connection():
                raise Cutting(Cut(at="connection", how="reset"))
            begun = await self._reader.read(READ_SIZE)
            if begun.startswith(PREFACE):
                await self._lead_to_grpc(self._reader, self._writer, begun)
                return
            self._http.receive_data(begun)
            while await self._serve_request():
                self._http.start_next_cycle()
        except Cutting as cutting:
            await self._end(cutting.cut)
        except h11.RemoteProtocolError as error:
            await self._answer_nonsense(error)

    async def _serve_request(self) -> bool:
        """Serve one request; false when there was none, or when the connection cannot carry another."""
        event = await self._next_event()
        if not isinstance(event, h11.Request):
            return False
        head = _received(event)
        fault = self._service.fault_for(head)
        request = replace(head, body=await self._read_body(head, fault))
        reply = self._service.answer(request, fault)
        await asyncio.sleep(self._service.delay(request, fault))
        if reply.status == 101 and (fault is None or fault.delivery is None):
            await self._converse(request, reply, fault)
            return False
        if fault is not None and fault.cut is not None:
            raise Cutting(fault.cut)
        if fault is not None and fault.delivery is not None:
            await self._deliver(reply, fault.delivery)
            return False
        await self._send(reply)
        return self._http.our_state is h11.DONE

    async def _converse(self, opening: ReceivedRequest, reply: Reply, fault: Fault | None) -> None:
        """Open the conversation, and answer message after message until the client leaves or the fault ends it."""
        socket = WebSocket(opening, unread=self._http.trailing_data[0])
        await self._say(socket, reply, None)
        while not socket.is_over:
            for text in socket.heard():
                await self._say(socket, self._service.answer(_message(opening, text), fault), fault)
            await self._write(socket.to_send())
            if not socket.is_over:
                socket.receive(await self._reader.read(READ_SIZE))
        await self._write(socket.to_send())

    async def _say(self, socket: WebSocket, reply: Reply, fault: Fault | None) -> None:
        """The events of a reply. A fault is about those of accepted work."""
        met = fault if reply.accepted else None
        cut = None if met is None else met.cut
        speak = plainly if met is None or met.speech is None else met.speech
        for number, text in enumerate(speak(reply.events)):
            if cut is not None and (cut.at != "events" or number == cut.after):
                break
            socket.say(text)
            await self._write(socket.to_send())
        if cut is not None:
            raise Cutting(cut)
        await self._write(socket.to_send())

    async def _next_event(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                await self._write(self._http.send(h11.InformationalResponse(status_code=100, headers=[])))
            self._http.receive_data(await self._reader.read(READ_SIZE))
        return event

    async def _read_body(self, head: ReceivedRequest, fault: Fault | None) -> bytes:
        cut = None if fault is None else fault.cut
        body = bytearray()
        while True:
            if fault is not None and cut is not None and _due(cut, len(body)):
                self._service.cut_short(replace(head, body=bytes(body), complete=False), fault)
                raise Cutting(cut)
            event = await self._next_event()
            if isinstance(event, h11.Data):
                body += event.data
                self._service.meter.body_bytes_received += len(event.data)
            elif cut is not None and cut.at == "body":
                cut = replace(cut, after=0)
            else:
                return bytes(body)

    async def _send(self, reply: Reply) -> None:
        """A reply as HTTP wants it."""
        headers = list(reply.headers)
        if len(reply.pieces) == 1:
            headers.append(("content-length", str(len(reply.body))))
        else:
            headers.append(("transfer-encoding", "chunked"))
        reason = http.client.responses.get(reply.status, "")
        head = h11.Response(status_code=reply.status, reason=reason, headers=headers)
        await self._write(self._http.send(head))
        for piece in reply.pieces:
            await self._write(self._http.send(h11.Data(data=piece)))
        await self._write(self._http.send(h11.EndOfMessage()))

    async def _deliver(self, reply: Reply, delivery: Delivery) -> None:
        """A reply as the fault wants it, past h11."""
        for item in delivery(reply):
            match item:
                case Pause():
                    await asyncio.sleep(item.seconds)
                case bytes():
                    await self._write(item)

    async def _write(self, data: bytes | None) -> None:
        if data:
            self._service.meter.bytes_sent += len(data)
            self._writer.write(data)
            await self._writer.drain()

    async def _answer_nonsense(self, error: h11.RemoteProtocolError) -> None:
        if not self._reader.at_eof() and self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            text = Reply(status=400, headers=(("content-type", "text/plain"),), pieces=(str(error).encode(),))
            await self._send(text)

    async def _end(self, cut: Cut) -> None:
        match cut.how:
            case "reset":
                reset(self._writer)
            case "silence":
                while await self._reader.read(READ_SIZE):
                    pass
            case "close":
                pass


def reset(writer: asyncio.StreamWriter) -> None:
    """End a connection with an RST, if it has not ended."""
    if not writer.is_closing():
        # Zero linger turns close() into an RST; abort() skips what is still in the write buffer.
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()


def _due(cut: Cut, arrived: int) -> bool:
    return cut.at in ("connection", "headers") or (cut.at == "body" and arrived >= cut.after)


def _message(opening: ReceivedRequest, text: str) -> ReceivedRequest:
    """A message of a conversation as a request: its type is its method."""
    try:
        kind = json.loads(text).get("type", "")
    except (ValueError, AttributeError):
        kind = ""
    return replace(opening, method=str(kind), body=text.encode(), is_message=True)


def _received(event: h11.Request) -> ReceivedRequest:
    headers: dict[str, str] = {}
    for raw_name, raw_value in event.headers:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return ReceivedRequest(method=event.method.decode(), target=event.target.decode("latin-1"), headers=headers)
