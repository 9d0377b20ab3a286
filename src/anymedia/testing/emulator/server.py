"""A loopback server in a thread of its own, with its own event loop; what it answers is the service's business."""

import asyncio
import socket
import threading
from ssl import SSLContext
from types import TracebackType
from typing import TYPE_CHECKING, Self

from anymedia.testing.emulator.connection import Connection, Service

if TYPE_CHECKING:
    from anymedia.testing.emulator.grpc_door import GrpcDoor

HOST = "127.0.0.1"
BACKLOG = 1024


class LoopbackServer:
    """Serves between start and stop; port 0 takes a free one. With `tls` it speaks https."""

    def __init__(self, service: Service, *, port: int = 0, tls: SSLContext | None = None) -> None:
        self._service = service
        self._port = port
        self._tls = tls
        self._socket: socket.socket | None = None
        self._thread = threading.Thread(target=self._run, name="anymedia-emulator", daemon=True)
        self._started = threading.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._failures: list[BaseException] = []
        self._door: GrpcDoor | None = None

    @property
    def url(self) -> str:
        """Scheme, host and port. Raises RuntimeError before start, when there is no port yet."""
        if self._socket is None:
            raise RuntimeError("there is no URL yet: use the server in a `with` block.")
        return f"http{'s' if self._tls else ''}://{HOST}:{self._port}"

    def start(self) -> None:
        """Listen, and serve in the background. Raises OSError when the port is taken."""
        self._socket = socket.create_server((HOST, self._port), backlog=BACKLOG)
        # Accepted sockets inherit it. Without it every answer waits 40 ms for a delayed acknowledgement.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._port = self._socket.getsockname()[1]
        self._thread.start()
        self._started.wait()

    def stop(self) -> list[BaseException]:
        """Close every connection and wait for the thread. Returns what went wrong inside the server itself."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        return self._failures

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        server = await asyncio.start_server(self._connected, sock=self._socket, ssl=self._tls)
        self._started.set()
        await self._stopping.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._door is not None:
            await asyncio.to_thread(self._door.stop)
        await asyncio.sleep(0)  # Lets the transports that were just aborted close their sockets.

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = self._loop.create_task(Connection(reader, writer, self._service, self._lead_to_grpc).serve())
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        task.add_done_callback(lambda _: writer.transport.abort() if self._stopping.is_set() else None)

    async def _lead_to_grpc(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, begun: bytes) -> None:
        """Its library takes half a second to import and is there for whoever speaks gRPC only."""
        if self._door is None:
            from anymedia.testing.emulator.grpc_door import GrpcDoor

            self._door = GrpcDoor(self._service, self._loop)
        await self._door.lead(reader, writer, begun)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (failure := task.exception()) is not None:
            self._failures.append(failure)


class Listening:
    """A service with a server of its own: it listens inside a `with` block."""

    _server: LoopbackServer

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        failures = self._server.stop()
        if failures and error is None:
            raise failures[0]

    @property
    def url(self) -> str:
        """Scheme, host and port: `http://127.0.0.1:PORT`."""
        return self._server.url
