"""MP3 (and layers I and II) and AAC in ADTS: frame after frame, header to header, with the tags around them.

Layouts: ISO/IEC 11172-3 and 13818-7, ID3v2.4, APEv2. A frame says only how long it is itself, so a cut between two
frames shows only where a Xing, Info or VBRI header has counted them; ADTS never has such a header.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple

from .tape import Steps, Tape, Walker
from .verdict import Found, NotWhole

_KILOBITS_V1: Final = {
    1: (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    2: (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    3: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
}
_KILOBITS_V2: Final = {
    1: (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    2: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    3: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_MP3_RATES: Final = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_ADTS_RATES: Final = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_TAG_SEARCH: Final = 44
"""Within so many bytes after its header the first MP3 frame has its Xing, Info or VBRI tag, if it has one."""


_FIRST_LOOK: Final = 256


class Frame(NamedTuple):
    """One frame: `length` in bytes with its header of `header` bytes, `samples` for each channel, `rate` in Hz."""

    length: int
    header: int
    samples: int
    rate: int


class _Count(NamedTuple):
    """What the first frame says of the whole file; `trimmed` are samples the encoder added around the sound."""

    frames: int
    bytes: int | None
    trimmed: int


@lru_cache(maxsize=1024)
def mp3_frame(head: bytes) -> Frame | None:
    """Reads the first 4 bytes of a frame; `None` if they are none. Free-format frames have no length and are none."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3)
    kilobits, rate, padding = head[2] >> 4, head[2] >> 2 & 3, head[2] >> 1 & 1
    if version == 1 or layer == 4 or kilobits in (0, 15) or rate == 3:
        return None
    bits = 1000 * (_KILOBITS_V1 if version == 3 else _KILOBITS_V2)[layer][kilobits - 1]
    hertz = _MP3_RATES[version][rate]
    if layer == 1:
        return Frame((12 * bits // hertz + padding) * 4, 4, 384, hertz)
    samples = 576 if layer == 3 and version != 3 else 1152
    return Frame(samples // 8 * bits // hertz + padding, 4, samples, hertz)


def adts_frame(head: bytes) -> Frame | None:
    """Reads the first 7 bytes of a frame; `None` if they are none."""
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
        return None
    rate = head[2] >> 2 & 0xF
    length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    if rate >= len(_ADTS_RATES) or length < 7:
        return None
    return Frame(length, 7, 1024 * ((head[6] & 3) + 1), _ADTS_RATES[rate])


def walk_mp3(tape: Tape) -> Walker:
    yield from _tags(tape)
    start = tape.offset
    first = yield from tape.peek(_FIRST_LOOK)
    if adts_frame(first[:7]):
        return (yield from walk_adts(tape))
    frame = mp3_frame(first[:4])
    count = _declared_count(first) if frame else None
    if frame and count:
        yield from tape.skip(frame.length)
    samples, frames, end = yield from _frames(tape, 4, mp3_frame)
    if count:
        _compare(count, frames, end - start)
    seconds = _seconds(samples)
    if count and frame:
        seconds = max(0.0, seconds - count.trimmed / frame.rate)
    return Found(media_type="audio/mpeg", duration_seconds=seconds, length_declared=count is not None)


def walk_adts(tape: Tape) -> Walker:
    yield from _tags(tape)
    samples, _, _ = yield from _frames(tape, 7, adts_frame)
    return Found(media_type="audio/aac", duration_seconds=_seconds(samples), length_declared=False)


def _seconds(samples: Counter[int]) -> float:
    return sum(count / rate for rate, count in samples.items())


def _frames(tape: Tape, header: int, read: Callable[[bytes], Frame | None]) -> Steps[tuple[Counter[int], int, int]]:
    """Passes all frames: samples by their rate, number of frames, offset behind the last of them."""
    samples: Counter[int] = Counter()
    frames, end = 0, tape.offset
    while head := (yield from tape.take_up_to(header)):
        frame = read(head)
        if frame is not None:
            yield from tape.skip(frame.length - header)
            samples[frame.rate] += frame.samples
            frames, end = frames + 1, tape.offset
        else:
            start = tape.offset - len(head)
            if not (yield from _tag(tape, head)):
                raise NotWhole(f"There is neither a frame nor a tag at byte {start}.")
    if not frames:
        raise NotWhole("There are no frames.")
    return samples, frames, end


def _tags(tape: Tape) -> Steps[None]:
    while (head := (yield from tape.peek(4)))[:3] in (b"ID3", b"APE"):
        yield from tape.skip(4)
        if not (yield from _tag(tape, head)):
            raise NotWhole(f"The tag at byte {tape.offset - 4} cannot be read.")


def _tag(tape: Tape, head: bytes) -> Steps[bool]:
    """Passes the tag that begins with these bytes; False if none does."""
    if head[:3] == b"TAG":
        yield from tape.skip(128 - len(head))
    elif head[:3] == b"ID3":
        header = head + (yield from tape.take(10 - len(head)))
        size = header[6] << 21 | header[7] << 14 | header[8] << 7 | header[9]
        yield from tape.skip(size + 10 * bool(header[5] & 0x10))
    elif head[:4] == b"APET":
        header = head + (yield from tape.take(32 - len(head)))
        is_footer = not header[23] & 0x20
        yield from tape.skip(0 if is_footer else int.from_bytes(header[12:16], "little"))
    else:
        return False
    return True


def _declared_count(first: bytes) -> _Count | None:
    at = first.find(b"VBRI", 4, _TAG_SEARCH)
    if at >= 0 and len(first) >= at + 18:
        number = int.from_bytes
        return _Count(number(first[at + 14 : at + 18]), number(first[at + 10 : at + 14]), 0)
    at = max(first.find(b"Xing", 4, _TAG_SEARCH), first.find(b"Info", 4, _TAG_SEARCH))
    return _xing_count(first[at:]) if at >= 0 else None


def _xing_count(tag: bytes) -> _Count | None:
    flags = int.from_bytes(tag[4:8])
    if not flags & 1:
        return None
    frames = int.from_bytes(tag[8:12])
    size = int.from_bytes(tag[12:16]) if flags & 2 else None
    at = 12 + 4 * bool(flags & 2) + 100 * bool(flags & 4) + 4 * bool(flags & 8)
    encoder = tag[at : at + 24]
    delays = int.from_bytes(encoder[21:24]) if encoder[:4] in (b"LAME", b"Lavf", b"Lavc") else 0
    return _Count(frames, size, (delays >> 12) + (delays & 0xFFF))


def _compare(count: _Count, frames: int, size: int) -> None:
    """Some encoders count the frame that holds the tag, some do not: a single missing frame needs a second witness."""
    missing = count.frames - frames
    if missing > 1 or (missing == 1 and count.bytes is not None and count.bytes > size):
        raise NotWhole(f"The file holds {frames} of {count.frames} frames.")


# --- The sound of a whole file ----------------------------------------------------------------------------------


def sound_of(file: bytes) -> bytes:
    """The frames of a file, without its tags and without the frame that counts the others. Raise `NotWhole`."""
    tape, frames = Tape(), bytearray()
    tape.supply(file)
    for _ in _collect(tape, frames):
        tape.end()
    return bytes(frames)


def _collect(tape: Tape, frames: bytearray) -> Steps[None]:
    yield from _tags(tape)
    is_first = True
    while head := (yield from tape.peek(7)):
        frame = adts_frame(head) or mp3_frame(head[:4])
        if frame is not None:
            sound = yield from tape.take(frame.length)
            frames += b"" if is_first and _counts_frames(sound) else sound
            is_first = False
        elif not (yield from _tag(tape, (yield from tape.take_up_to(4)))):
            raise NotWhole(f"There is neither a frame nor a tag before byte {tape.offset}.")


def _counts_frames(first: bytes) -> bool:
    return any(first.find(name, 4, _TAG_SEARCH) >= 0 for name in (b"VBRI", b"Xing", b"Info"))
