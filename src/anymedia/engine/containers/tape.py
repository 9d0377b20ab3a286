"""The bytes of a file as they come. A walker is a generator over a tape; it yields when the tape has run dry."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

from .verdict import Found, NotWhole

T = TypeVar("T")
Steps = Generator[None, None, T]
"""What needs bytes that may not have come yet: call it with `yield from`."""
Walker = Steps[Found]


class Tape:
    """A window over the current chunk. Of earlier chunks only what one `take` asked for is ever kept."""

    def __init__(self) -> None:
        self._chunk = memoryview(b"")
        self._at = 0
        self._before = 0
        self._ended = False

    @property
    def offset(self) -> int:
        """Bytes passed so far, which is where in the file the tape stands."""
        return self._before + self._at

    def supply(self, chunk: bytes | memoryview) -> None:
        self._before += len(self._chunk)
        self._chunk = memoryview(chunk)
        self._at = 0

    def end(self) -> None:
        """No more bytes will come."""
        self.supply(b"")
        self._ended = True

    def at_end(self) -> Steps[bool]:
        while self._at == len(self._chunk):
            if self._ended:
                return True
            yield
        return False

    def expect_end(self) -> Steps[None]:
        if not (yield from self.at_end()):
            raise NotWhole(f"The file should end at byte {self.offset} and goes on.", ends_at=self.offset)

    def some(self, most: int) -> Steps[memoryview]:
        """At least one byte and at most `most`, as they lie; empty only at the end of the file."""
        if self._at == len(self._chunk):
            yield from self.at_end()
        piece = self._chunk[self._at : self._at + most]
        self._at += len(piece)
        return piece

    def give_back(self, count: int) -> None:
        """Un-reads the last `count` bytes of what `some` gave."""
        self._at -= count

    def take_up_to(self, count: int) -> Steps[bytes]:
        """`count` bytes; fewer only at the end of the file."""
        start = self._at
        if len(self._chunk) - start >= count:
            self._at = start + count
            return bytes(self._chunk[start : start + count])
        data = bytearray()
        while len(data) < count and not (yield from self.at_end()):
            data += yield from self.some(count - len(data))
        return bytes(data)

    def take(self, count: int) -> Steps[bytes]:
        """Exactly `count` bytes; raises `NotWhole`."""
        data = yield from self.take_up_to(count)
        if len(data) < count:
            raise NotWhole(f"The file ends after {self.offset} bytes, in the middle of something.")
        return data

    def skip(self, count: int) -> Steps[None]:
        """Passes exactly `count` bytes; raises `NotWhole`."""
        left = count
        while left > len(self._chunk) - self._at:
            left -= len(self._chunk) - self._at
            self._at = len(self._chunk)
            if (yield from self.at_end()):
                raise NotWhole(f"The file ends after {self.offset} bytes; {left} more should follow.")
        self._at += left

    def skip_rest(self) -> Steps[None]:
        while not (yield from self.at_end()):
            self._at = len(self._chunk)

    def peek(self, count: int) -> Steps[bytes]:
        """The next bytes, up to `count`, without passing them."""
        data = yield from self.take_up_to(count)
        if self._at >= len(data):
            self._at -= len(data)
        else:
            rest = data + bytes(self._chunk[self._at :])
            self._before = self.offset - len(data)
            self._chunk, self._at = memoryview(rest), 0
        return data
