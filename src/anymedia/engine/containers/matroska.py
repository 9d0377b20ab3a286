"""WebM and Matroska: elements whose sizes nest, to the end of the segment. Layouts: RFC 8794 (EBML), RFC 9559.

A live stream's segment has no size; whether its last cluster is the last that was meant, nothing in it says.
"""

from __future__ import annotations

from struct import unpack
from typing import Final, NamedTuple

from .tape import Steps, Tape, Walker
from .verdict import Found, NotWhole

_SEGMENT, _CLUSTER, _BLOCK_GROUP = 0x18538067, 0x1F43B675, 0xA0
_INFO, _TRACKS, _TRACK, _VIDEO = 0x1549A966, 0x1654AE6B, 0xAE, 0xE0
_MASTERS: Final = frozenset({_CLUSTER, _BLOCK_GROUP, _INFO, _TRACKS, _TRACK, _VIDEO})
_TOP_LEVEL: Final = frozenset({_CLUSTER, _INFO, _TRACKS, 0x114D9B74, 0x1C53BB6B, 0x1941A469, 0x1043A770, 0x1254C367})
"""Children of the segment: one of them ends a cluster that has no size."""
_DOC_TYPE, _TIMESTAMP_SCALE, _DURATION = 0x4282, 0x2AD7B1, 0x4489
_TRACK_TYPE, _WIDTH, _HEIGHT, _TIMESTAMP = 0x83, 0xB0, 0xBA, 0xE7
_BLOCKS: Final = frozenset({0xA3, 0xA1})
_KEPT: Final = frozenset({_DOC_TYPE, _TIMESTAMP_SCALE, _DURATION, _TRACK_TYPE, _WIDTH, _HEIGHT, _TIMESTAMP})
_LONGEST_KEPT: Final = 32
_LONGEST_BLOCK_HEAD: Final = 10
_DEEPEST: Final = 8
_VIDEO_TRACK: Final = 1


class _Element(NamedTuple):
    """`end` is the offset behind it, `None` if nothing bounds it."""

    kind: int
    end: int | None
    has_size: bool


class _Film:
    """What the elements say together; times are in units of `scale` nanoseconds."""

    def __init__(self) -> None:
        self.document = b""
        self.scale = 1_000_000
        self.duration = 0.0
        self.cluster_time = 0
        self.last_time = 0
        self.blocks = 0
        self.has_tracks = False
        self.has_video = False
        self.length_declared = True
        self.width: int | None = None
        self.height: int | None = None

    def read(self, kind: int, content: bytes) -> None:
        value = int.from_bytes(content)
        if kind == _DOC_TYPE:
            self.document = content.rstrip(b"\0")
        elif kind == _TIMESTAMP_SCALE:
            self.scale = value
        elif kind == _DURATION and len(content) in (4, 8):
            (self.duration,) = unpack(">f" if len(content) == 4 else ">d", content)
        elif kind == _TIMESTAMP:
            self.cluster_time = value
        elif kind == _TRACK_TYPE:
            self.has_tracks = True
            self.has_video |= value == _VIDEO_TRACK
        elif kind == _WIDTH and self.width is None:
            self.width = value
        elif kind == _HEIGHT and self.height is None:
            self.height = value

    def add_block(self, relative_time: int) -> None:
        self.blocks += 1
        self.last_time = max(self.last_time, self.cluster_time + relative_time)

    def found(self) -> Found:
        if not self.has_tracks or not self.blocks:
            raise NotWhole("The file has no tracks with media in them.")
        kind = "audio/webm"
        if self.document != b"webm":
            kind = "video/x-matroska"
        elif self.has_video:
            kind = "video/webm"
        return Found(
            media_type=kind,
            width=self.width,
            height=self.height,
            duration_seconds=self._seconds(),
            length_declared=self.length_declared,
        )

    def _seconds(self) -> float | None:
        """As declared; else up to the beginning of the last block."""
        declared = self.duration if 0 < self.duration < 2**63 else 0.0
        return (declared or self.last_time) * self.scale / 1e9 or None


def walk_matroska(tape: Tape) -> Walker:
    film = _Film()
    header = yield from _element(tape, None)
    if not header.has_size:
        raise NotWhole("The header has no size.")
    yield from _read(tape, film, header)
    segment = yield from _element(tape, None)
    if segment.kind != _SEGMENT:
        raise NotWhole(f"There is no segment before byte {tape.offset}.")
    film.length_declared = segment.has_size
    yield from _read(tape, film, segment)
    yield from tape.expect_end()
    return film.found()


def _read(tape: Tape, film: _Film, outer: _Element) -> Steps[None]:
    """Passes an element with all that is in it."""
    within = [outer]
    while within:
        around = within[-1]
        if around.end == tape.offset or (around.end is None and (yield from tape.at_end())):
            within.pop()
            continue
        element = yield from _element(tape, around.end)
        if around.kind == _CLUSTER and not around.has_size and element.kind in _TOP_LEVEL:
            within.pop()
        if element.kind in _MASTERS:
            within.append(element)
            if len(within) > _DEEPEST:
                raise NotWhole(f"Elements are nested deeper than {_DEEPEST}.")
        else:
            yield from _leaf(tape, film, element)


def _element(tape: Tape, outer_end: int | None) -> Steps[_Element]:
    """The next element; one of unknown size ends at the latest where the one around it does."""
    start = tape.offset
    kind, _ = yield from _variable(tape, 4)
    coded, width = yield from _variable(tape, 8)
    size = coded - (1 << 7 * width)
    has_size = size != (1 << 7 * width) - 1
    end = tape.offset + size if has_size else outer_end
    if not has_size and kind not in (_SEGMENT, _CLUSTER):
        raise NotWhole(f"The element at byte {start} has no size.")
    if outer_end is not None and (end is None or end > outer_end or tape.offset > outer_end):
        raise NotWhole(f"The element at byte {start} is larger than the one around it.")
    return _Element(kind, end, has_size)


def _variable(tape: Tape, longest: int) -> Steps[tuple[int, int]]:
    """A number that begins with the mark of its own width in bytes, mark included, and that width."""
    first = yield from tape.take(1)
    width = 9 - first[0].bit_length()
    if width > longest:
        raise NotWhole(f"There is no element before byte {tape.offset}.")
    return int.from_bytes(first + (yield from tape.take(width - 1))), width


def _leaf(tape: Tape, film: _Film, element: _Element) -> Steps[None]:
    if element.end is None:
        raise NotWhole(f"The element before byte {tape.offset} has no size.")
    size = element.end - tape.offset
    if element.kind in _BLOCKS:
        head = yield from tape.take(min(size, _LONGEST_BLOCK_HEAD))
        track_width = 9 - head[0].bit_length() if head else 0
        film.add_block(int.from_bytes(head[track_width : track_width + 2], signed=True))
    elif element.kind in _KEPT and size <= _LONGEST_KEPT:
        film.read(element.kind, (yield from tape.take(size)))
    yield from tape.skip(element.end - tape.offset)
