"""gRPC on the port of a loopback server: its own library speaks it, and the same service answers.

A connection that begins as HTTP/2 is led to a gRPC server of this process. A message arrives at the service as the JSON
that protobuf makes of it, at the path of its method; the reply goes back the same way. Only this file imports grpcio.
"""

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

import grpc
from google.protobuf import descriptor_pool, json_format, message_factory

from anymedia.testing.emulator.connection import Service, reset
from anymedia.testing.emulator.faults import Cut
from anymedia.testing.emulator.messages import ReceivedRequest, Reply

CALLS_AT_ONCE = 64
STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
"""What the statuses of a service are in gRPC: google/rpc/code.proto of googleapis, checked 2026-11-22."""
MESSAGES = {"xai_api": "xai_sdk"}
"""The module that brings the messages of a package."""
UNLIMITED = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))


class GrpcDoor(grpc.GenericRpcHandler):  # type: ignore[misc]
    """A gRPC server for any unary method. Its service is asked on the loop of the loopback server, as over HTTP."""

    def __init__(self, service: Service, loop: asyncio.AbstractEventLoop) -> None:
        self._service = service
        self._loop = loop
        self._clients: dict[int, asyncio.StreamWriter] = {}
        self._threads = ThreadPoolExecutor(CALLS_AT_ONCE, thread_name_prefix="anymedia-grpc")
        self._server = grpc.server(self._threads, handlers=(self,), options=UNLIMITED)
        self._port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()

    def stop(self) -> None:
        self._server.stop(grace=None).wait()
        self._threads.shutdown(wait=False)

    async def lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, begun: bytes) -> None:
        """Carry a connection to the gRPC server until either side leaves."""
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        number = back.get_extra_info("sockname")[1]
        self._clients[number] = writer
        back.write(begun)
        carrying = [asyncio.ensure_future(_carry(reader, back)), asyncio.ensure_future(_carry(there, writer))]
        try:
            await asyncio.wait(carrying, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in carrying:
                each.cancel()
            await asyncio.gather(*carrying, return_exceptions=True)
            del self._clients[number]
            back.close()

    # --- What the gRPC server asks, in threads of its own -------------------------------------------------------

    def service(self, details: Any) -> Any:
        def called(message: bytes, context: Any) -> bytes:
            return self._called(details, message, context)

        return grpc.unary_unary_rpc_method_handler(called)

    def _called(self, details: Any, message: bytes, context: Any) -> bytes:
        ended = threading.Event()
        context.add_callback(ended.set)
        kind, answer_kind = _types_of(details.method)
        number = int(context.peer().rpartition(":")[2])
        host, port = self._clients[number].get_extra_info("sockname")
        request = _received(details, kind.FromString(message), host=f"{host}:{port}")
        try:
            reply, cut = asyncio.run_coroutine_threadsafe(self._answered(request), self._loop).result()
        except json_format.Error as error:
            context.abort(grpc.StatusCode.INTERNAL, str(error))
        if cut is not None:
            self._loop.call_soon_threadsafe(self._cut, number, cut)
            ended.wait()
            context.abort(grpc.StatusCode.UNAVAILABLE, "cut")
        return _said(reply, answer_kind, context)

    async def _answered(self, request: ReceivedRequest) -> tuple[Reply, Cut | None]:
        fault = self._service.fault_for(request)
        if fault is not None and fault.delivery is not None:
            raise ValueError(f"the fault {fault.name!r} is about bytes of HTTP; a message of gRPC has none of its own")
        cut = None if fault is None else fault.cut
        if fault is not None and cut is not None and cut.at != "answer":
            self._service.cut_short(request, fault)
            return Reply(), cut
        reply = self._service.answer(request, fault)
        await asyncio.sleep(self._service.delay(request, fault))
        return reply, cut

    def _cut(self, number: int, cut: Cut) -> None:
        writer = self._clients.get(number)
        if writer is None or cut.how == "silence":
            return
        if cut.how == "reset":
            reset(writer)
        writer.close()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()


def _types_of(method: str) -> tuple[Any, Any]:
    """The messages that a method takes and gives. Raises KeyError for one that nobody declares."""
    name = method.strip("/").replace("/", ".")
    import_module(MESSAGES[name.partition(".")[0]])
    declared = descriptor_pool.Default().FindMethodByName(name)
    return message_factory.GetMessageClass(declared.input_type), message_factory.GetMessageClass(declared.output_type)


def _received(details: Any, message: Any, *, host: str) -> ReceivedRequest:
    document = json_format.MessageToDict(message, preserving_proto_field_name=True)
    headers = {name: value for name, value in details.invocation_metadata if isinstance(value, str)}
    headers |= {"host": host, "content-type": "application/json"}
    return ReceivedRequest(method="POST", target=details.method, headers=headers, body=json.dumps(document).encode())


def _said(reply: Reply, kind: Any, context: Any) -> bytes:
    """The reply as a message. A status that is no success ends the call, with the words of its JSON."""
    if reply.status < 300 and isinstance(reply.json, dict):
        message = json_format.ParseDict(reply.json, kind(), ignore_unknown_fields=True)
        return bytes(message.SerializeToString())
    usual = "FAILED_PRECONDITION" if 400 <= reply.status < 500 else "UNKNOWN"
    told = tuple((name, value) for name, value in reply.headers if name in ("retry-after",))
    context.set_trailing_metadata(told)
    context.abort(grpc.StatusCode[STATUSES.get(reply.status, usual)], _words_of(reply))
    raise AssertionError("abort raises")


def _words_of(reply: Reply) -> str:
    match reply.json:
        case {"error": {"message": str(message)}} | {"error": str(message)}:
            return message
    return "no reason given"
