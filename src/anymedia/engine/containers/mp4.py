"""MP4, QuickTime and AVIF: boxes whose sizes add up to the end. Layouts: ISO/IEC 14496-12, AV1 Image File Format.

A box that runs to the end of the file, and a last fragment that was never written, show in no box's size. So the
bytes that sample tables and indexes promise are counted too, and must be there. Media data itself is skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from struct import unpack
from typing import Final, NamedTuple

from .mp4_movie import Movie
from .tables import column_sums, extremes
from .tape import Steps, Tape, Walker
from .verdict import NotWhole

_DEEPEST: Final = 12
_CONTAINERS: Final = frozenset(
    {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"mvex", b"moof", b"traf", b"iprp", b"ipco"}
)


class _Box(NamedTuple):
    """`end` is the offset behind the box, `None` if it runs to the end of the file."""

    kind: bytes
    end: int | None


def walk_mp4(tape: Tape) -> Walker:
    movie = Movie()
    yield from _boxes(tape, movie, None, 0)
    return movie.found(tape.offset)


def _boxes(tape: Tape, movie: Movie, end: int | None, depth: int) -> Steps[None]:
    while tape.offset != end and not (yield from tape.at_end()):
        box = yield from _head(tape, end)
        start = tape.offset
        if box.kind in _CONTAINERS or (box.kind == b"meta" and depth == 0):
            yield from _container(tape, movie, box, depth + 1)
        elif box.kind in _READERS:
            yield from _READERS[box.kind](tape, movie, box)
        yield from tape.skip_rest() if box.end is None else tape.skip(box.end - tape.offset)
        if box.kind == b"mdat":
            movie.add_media(start, tape.offset)


def _head(tape: Tape, end: int | None) -> Steps[_Box]:
    start = tape.offset
    size, kind = unpack(">I4s", (yield from tape.take(8)))
    if size == 1:
        (size,) = unpack(">Q", (yield from tape.take(8)))
    if (0 < size < tape.offset - start) or not _is_name(kind):
        raise NotWhole(f"There is no box at byte {start}.")
    box_end = start + size if size else end
    if end is not None and (not size or box_end is None or box_end > end):
        raise NotWhole(f"The box {kind.decode('latin-1')} at byte {start} does not fit in the box around it.")
    return _Box(kind, box_end)


def _is_name(kind: bytes) -> bool:
    """Letters, digits, spaces and the like; QuickTime's own begin with a copyright sign."""
    return all(0x20 <= byte < 0x7F or byte == 0xA9 for byte in kind)


def _container(tape: Tape, movie: Movie, box: _Box, depth: int) -> Steps[None]:
    if depth > _DEEPEST:
        raise NotWhole(f"Boxes are nested deeper than {_DEEPEST}.")
    if box.kind == b"meta":
        yield from _take(tape, box, 4)
    movie.enter(box.kind)
    yield from _boxes(tape, movie, box.end, depth)
    movie.leave(box.kind)


def _take(tape: Tape, box: _Box, count: int) -> Steps[bytes]:
    _require(tape, box, count)
    return (yield from tape.take(count))


def _require(tape: Tape, box: _Box, count: int) -> None:
    if box.end is not None and tape.offset + count > box.end:
        raise NotWhole(f"The box {box.kind.decode('latin-1')} before byte {box.end} is too small.")


def _file_type(tape: Tape, movie: Movie, box: _Box) -> Steps[None]:
    movie.brand = yield from _take(tape, box, 4)


def _times(tape: Tape, box: _Box) -> Steps[tuple[int, int]]:
    """Time scale and duration, laid out alike for the movie and each track."""
    version = (yield from _take(tape, box, 4))[0]
    yield from _take(tape, box, 16 if version == 1 else 8)
    timescale, duration = unpack(
        ">IQ" if version == 1 else ">II", (yield from _take(tape, box, 12 if version == 1 else 8))
    )
    return timescale, duration


def _movie_header(tape: Tape, movie: Movie, box: _Box) -> Steps[None]:
    movie.timescale, movie.time = yield from _times(tape, box)


def _media_header(tape: Tape, movie: Movie, box: _Box) -> Steps[None]:
    movie.track.timescale, movie.track.time = yield from _times(tape, box)


def _track_header(tape: Tape, movie: Movie, box: _Box) -> Steps[None]:
    version = (yield from _take(tape, box, 4))[0]
    yield from _take(tape, box, 16 if version == 1 else 8)
    movie.track.id = int.from_bytes((yield from _take(tape, box, 4)))


def _handler(tape: Tape, movie: Movie, box: _Box) -> Steps[None]:
    """The first of a track: QuickTime has a second one that says where the data is."""
    handler = (yield from _take(tape, box, 12))[8:]
    movie.track.handler = movie.track.handler or handler


def _sample_description(tape: Tape, movie: Movie, box: _Box) -> Steps[None]:
    """The size of a visual sample entry, in coded pixels; other entries are shorter or have other things there."""
    if movie.track.handler in (b"vide", b"pict"):
        movie.track.size = unpack(">HH", (yield from _take(tape, box, 44))[40:])


def _sample_sizes(tape: Tape, movie: Movie, box: _Box) -> Steps[None]:
    _, size, count = unpack(">III", (yield from _take(tape, box, 12)))
    movie.track.samples += count
    if size:
        movie.sample_bytes += size * count
        return
    _require(tape, box, count * 4)
    movie.sample_bytes += (yield from column_sums(tape, rows=count, columns=1))[0]


def _chunk_offsets(tape: Tape, movie: Movie, box: _Box) -> Steps[None]:
    _, count = unpack(">II", (yield from _take(tape, box, 8)))
    width = 4 if box.kind == b"stco" else 8
    _require(tape, box, count * width)
    if count:
        movie.add_chunks(*(yield from extremes(tape, rows=count, width=width)))


def _fragments_header(tape: Tape, movie: Movie, box: _Box) -> Steps[None]:
    version = (yield from _take(tape, box, 4))[0]
    movie.declared_fragment_time = int.from_bytes((yield from _take(tape, box, 8 if version == 1 else 4)))


def _track_defaults(tape: Tape, movie: Movie, box: _Box) -> Steps[None]:
    _, track, _, duration, size = unpack(">IIIII", (yield from _take(tape, box, 20)))
    movie.defaults[track] = duration, size
    movie.limit(len(movie.defaults))


def _track_fragment_header(tape: Tape, movie: Movie, box: _Box) -> Steps[None]:
    flags, track = unpack(">II", (yield from _take(tape, box, 8)))
    yield from _take(tape, box, 8 * bool(flags & 0x1) + 4 * bool(flags & 0x2))
    duration, size = movie.defaults.get(track, (0, 0))
    if flags & 0x8:
        duration = int.from_bytes((yield from _take(tape, box, 4)))
    if flags & 0x10:
        size = int.from_bytes((yield from _take(tape, box, 4)))
    movie.fragment_defaults = duration, size
    movie.track = movie.tracks.get(track, movie.track)


def _track_run(tape: Tape, movie: Movie, box: _Box) -> Steps[None]:
    flags, count = unpack(">II", (yield from _take(tape, box, 8)))
    yield from _take(tape, box, 4 * bool(flags & 0x1) + 4 * bool(flags & 0x4))
    present = [flag for flag in (0x100, 0x200, 0x400, 0x800) if flags & flag]
    _require(tape, box, count * 4 * len(present))
    sums = dict(zip(present, (yield from column_sums(tape, rows=count, columns=len(present))), strict=True))
    duration, size = movie.fragment_defaults
    movie.track.fragment_time += sums.get(0x100, duration * count)
    movie.sample_bytes += sums.get(0x200, size * count)


def _segment_index(tape: Tape, movie: Movie, box: _Box) -> Steps[None]:
    """Adds up the bytes of the segments, which lie behind this box."""
    version = (yield from _take(tape, box, 4))[0]
    yield from _take(tape, box, 8)
    wide = version != 0
    _, first = unpack(">QQ" if wide else ">II", (yield from _take(tape, box, 16 if wide else 8)))
    _, count = unpack(">HH", (yield from _take(tape, box, 4)))
    _require(tape, box, count * 12)
    total = first
    for _ in range(count):
        total += int.from_bytes((yield from tape.take(12))[:4]) & 0x7FFFFFFF
    movie.add_index((tape.offset if box.end is None else box.end) + total)


def _fragment_index(tape: Tape, movie: Movie, box: _Box) -> Steps[None]:
    movie.fragment_index = True
    yield from ()


def _image_size(tape: Tape, movie: Movie, box: _Box) -> Steps[None]:
    """A picture may have tiles and planes with sizes of their own: the largest is the picture's."""
    _, width, height = unpack(">III", (yield from _take(tape, box, 12)))
    known = movie.image_size
    if known is None or width * height > known[0] * known[1]:
        movie.image_size = width, height


_READERS: Final[Mapping[bytes, Callable[[Tape, Movie, _Box], Steps[None]]]] = {
    b"ftyp": _file_type,
    b"mvhd": _movie_header,
    b"tkhd": _track_header,
    b"mdhd": _media_header,
    b"hdlr": _handler,
    b"stsd": _sample_description,
    b"stsz": _sample_sizes,
    b"stco": _chunk_offsets,
    b"co64": _chunk_offsets,
    b"mehd": _fragments_header,
    b"trex": _track_defaults,
    b"tfhd": _track_fragment_header,
    b"trun": _track_run,
    b"sidx": _segment_index,
    b"mfra": _fragment_index,
    b"ispe": _image_size,
}
