"""The container walkers, against files that Pillow and PyAV (FFmpeg) write and against what they read in them."""

from __future__ import annotations

import io
import random
import struct
import tracemalloc
from typing import Any

import av
import pytest
from container_samples import (
    ALL,
    CLOSED,
    MOVING,
    OPEN_ENDED,
    PICTURES,
    RATE,
    SOUNDS,
    picture,
    random_sizes,
    sample,
    verdict,
    walked,
    without_fragment_index,
)
from PIL import Image

from anymedia.engine.containers import EXTENSIONS, NotMedia, NotWhole, Walk, sniff


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_what_pillow_says_it_is(name: str) -> None:
    found = walked(sample(name))
    with Image.open(io.BytesIO(sample(name))) as image:
        assert (found.width, found.height) == image.size
        assert (found.frames or 1) == getattr(image, "n_frames", 1)
        assert found.media_type == PICTURES[name][0] == Image.MIME[image.format or ""].replace("apng", "png")
    assert found.duration_seconds == (pytest.approx(0.5) if "animated" in name else None)
    assert found.length_declared


@pytest.mark.parametrize("name", [*MOVING, *SOUNDS, *OPEN_ENDED])
def test_sound_and_film_are_what_pyav_says_they_are(name: str) -> None:
    found = walked(sample(name))
    file: Any
    with av.open(io.BytesIO(sample(name))) as file:
        size = next(((stream.width, stream.height) for stream in file.streams.video), (None, None))
        declared = (file.duration or 0) / 1e6
        shown = len(list(file.decode(video=0))) / RATE if file.streams.video else declared
    assert found.media_type == ALL[name][0]
    assert (found.width, found.height) == size
    assert found.duration_seconds in (pytest.approx(declared, abs=0.1), pytest.approx(shown, abs=0.1))
    assert found.length_declared == (name not in OPEN_ENDED)


@pytest.mark.parametrize("name", ALL)
def test_the_first_bytes_announce_what_the_walk_finds(name: str) -> None:
    without_video = {"audio/webm": "video/webm"}
    media_type = ALL[name][0]
    assert sniff(sample(name)[:64]) == without_video.get(media_type, media_type)
    assert walked(sample(name)).extension == EXTENSIONS[media_type]


@pytest.mark.parametrize("name", ALL)
def test_how_a_file_is_cut_into_chunks_makes_no_difference(name: str) -> None:
    whole, rnd = walked(sample(name)), random.Random(name)
    assert walked(sample(name), 1) == whole
    for _ in range(5):
        assert verdict(sample(name), random_sizes(rnd)) == whole


def cuts(data: bytes) -> list[int]:
    """20 even cuts with one half and the last byte among them, and 80 more at random."""
    even = [len(data) * index // 20 for index in range(20)]
    return [*even, len(data) - 1, *random.Random(1).choices(range(len(data)), k=80)]


@pytest.mark.parametrize("name", CLOSED)
def test_a_file_cut_anywhere_is_not_whole(name: str) -> None:
    for cut in cuts(sample(name)):
        with pytest.raises((NotWhole, NotMedia)) as caught:
            walked(sample(name)[:cut])
        assert cut < 64 or caught.type is NotWhole


@pytest.mark.parametrize("name", OPEN_ENDED)
def test_a_file_without_declared_length_passes_only_if_cut_between_frames_and_says_so(name: str) -> None:
    passed = 0
    for cut in cuts(sample(name)):
        try:
            found = walked(sample(name)[:cut])
        except (NotWhole, NotMedia):
            continue
        passed += 1
        assert not found.length_declared
    assert passed <= (60 if name.startswith("wav") else 10)


@pytest.mark.parametrize("name", [name for name in CLOSED if not name.startswith(("jpeg", "svg"))])
def test_bytes_after_the_end_are_refused(name: str) -> None:
    for garbage in (b"x", b"<html>not found</html>", b"PK\3\4" + bytes(40)):
        with pytest.raises(NotWhole):
            walked(sample(name) + garbage)


def test_zeros_and_further_pictures_may_follow_a_jpeg_but_nothing_else() -> None:
    first = walked(sample("jpeg"))
    assert walked(sample("jpeg") + bytes(9)) == first
    assert walked(sample("jpeg") + bytes(3) + picture("JPEG", (8, 8))) == first
    for garbage in (b"x", b"\0\0x", sample("jpeg")[:-1], b"\xff\xd9"):
        with pytest.raises(NotWhole):
            walked(sample("jpeg") + garbage)


@pytest.mark.parametrize("name", ["png", "png-animated", "opus", "vorbis"])
def test_a_single_changed_byte_shows_where_the_format_has_checksums(name: str) -> None:
    rnd = random.Random(3)
    for _ in range(60):
        damaged = bytearray(sample(name))
        damaged[rnd.randrange(64, len(damaged))] ^= 1 << rnd.randrange(8)
        with pytest.raises(NotWhole):
            walked(bytes(damaged))


def test_a_cut_behind_a_whole_last_frame_of_flac_shows() -> None:
    whole = sample("flac")
    frames = [at for at in range(len(whole)) if whole[at : at + 2] == b"\xff\xf8"]
    assert len(frames) > 2
    for start in frames[1:]:
        with pytest.raises(NotWhole):
            walked(whole[:start])


def test_flac_may_have_long_metadata() -> None:
    whole = sample("flac")
    padding = b"\x01" + (70_000).to_bytes(3) + bytes(70_000)
    assert walked(whole[:42] + padding + whole[42:]) == walked(whole)


def test_a_wav_whose_samples_go_on_behind_its_declared_end_is_refused() -> None:
    data = bytearray(sample("wav"))
    data[4:8] = struct.pack("<I", len(data) - 8 - 2)
    with pytest.raises(NotWhole, match="says it has"):
        walked(bytes(data))


def test_media_data_to_the_end_of_the_file_must_hold_what_the_index_lists() -> None:
    whole = sample("mp4-faststart")
    at = whole.index(b"mdat") - 4
    open_ended = whole[:at] + bytes(4) + whole[at + 4 :]
    assert walked(open_ended) == walked(whole)
    for cut in (1, 10, 1000):
        with pytest.raises(NotWhole, match="of its samples"):
            walked(open_ended[:-cut])


@pytest.mark.parametrize("missing", [b"moov", b"mdat"])
def test_an_mp4_without_index_or_media_is_not_whole(missing: bytes) -> None:
    whole = sample("mp4-faststart")
    with pytest.raises(NotWhole, match=missing.decode()):
        walked(whole.replace(missing, b"free"))


def test_fragments_that_the_global_index_promises_must_be_there() -> None:
    whole = without_fragment_index(sample("mp4-global-index"))
    last = whole.rindex(b"moof") - 4
    with pytest.raises(NotWhole, match="promises"):
        walked(whole[:last])


def test_a_chunk_list_that_points_outside_of_the_media_is_refused() -> None:
    whole = bytearray(sample("mp4"))
    at = whole.index(b"stco") + 12
    whole[at : at + 4] = struct.pack(">I", len(whole))
    with pytest.raises(NotWhole, match="outside"):
        walked(bytes(whole))


def test_mp3_frames_that_the_header_counted_must_be_there() -> None:
    whole = sample("mp3")
    last = whole.rindex(b"\xff\xfb")
    with pytest.raises(NotWhole, match="frames"):
        walked(whole[:last])


@pytest.mark.parametrize(("more_frames", "more_bytes", "is_whole"), [(1, 0, True), (1, 1, False), (2, 0, False)])
def test_mp3_headers_may_count_their_own_frame_if_the_bytes_are_all_there(
    more_frames: int, more_bytes: int, is_whole: bool
) -> None:
    data = bytearray(sample("mp3"))
    at = data.index(b"Info") + 8
    frames, size = struct.unpack(">II", data[at : at + 8])
    data[at : at + 8] = struct.pack(">II", frames + more_frames, size + more_bytes)
    if is_whole:
        assert walked(bytes(data)) == walked(sample("mp3"))
    else:
        with pytest.raises(NotWhole, match="frames"):
            walked(bytes(data))


def test_mp3_frames_that_a_vbri_header_counted_must_be_there() -> None:
    frame = b"\xff\xfb\x90\xc4" + bytes(413)
    size = len(frame) * 6
    header = frame[:4] + bytes(32) + b"VBRI" + struct.pack(">HHHII", 1, 0, 0, size, 5)
    whole = header.ljust(len(frame), b"\0") + frame * 5
    assert walked(whole).duration_seconds == pytest.approx(5 * 1152 / 44100)
    assert walked(whole).length_declared
    with pytest.raises(NotWhole, match="frames"):
        walked(whole[: -len(frame)])


def test_mp3_may_have_tags_around_and_between_its_parts() -> None:
    id3 = b"ID3\4\0\0\0\0\0\x05" + b"x" * 5
    ape = b"APETAGEX" + struct.pack("<IIII", 2000, 40, 0, 0xA0000000) + bytes(8 + 40)
    v1 = b"TAG" + bytes(125)
    whole = sample("mp3")
    assert walked(id3 + whole + ape + v1) == walked(whole)
    twice = walked(id3 + whole + id3 + whole)
    assert twice.duration_seconds == pytest.approx(0.8, abs=0.1)
    assert walked(id3 + sample("aac")).media_type == "audio/aac"


def test_a_chain_of_ogg_streams_adds_up() -> None:
    parts = [walked(sample(name)).duration_seconds or 0.0 for name in ("opus", "ogg-flac", "opus")]
    chain = sample("opus") + sample("ogg-flac") + sample("opus")
    assert walked(chain).duration_seconds == pytest.approx(sum(parts))


def test_a_page_missing_from_the_middle_of_an_ogg_stream_shows() -> None:
    whole = sample("vorbis")
    pages = [at for at in range(len(whole)) if whole[at : at + 4] == b"OggS"]
    with pytest.raises(NotWhole):
        walked(whole[: pages[1]] + whole[pages[2] :])


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        (b'width="40" height="30.4px"', (40, 30)),
        (b'width="4" height="3"', (4, 3)),
        (b'viewBox="0 0 24 16"', (24, 16)),
        (b'width="100%" height="2em" viewBox="0,0,24,16"', (24, 16)),
        (b'width="1cm"', (None, None)),
    ],
)
def test_the_size_of_an_svg_is_in_pixels_or_its_view_box(attributes: bytes, size: tuple[int, int]) -> None:
    found = walked(b'<?xml version="1.0"?>\n<!-- ' + b"a" * 99 + b" --><svg " + attributes + b"/>\n")
    assert (found.width, found.height) == size


def test_300_mib_of_media_data_pass_through_a_few_kilobytes_of_memory() -> None:
    extra = 300 << 20
    whole = sample("mp4")
    at = whole.index(b"mdat") - 4
    size = int.from_bytes(whole[at : at + 4])
    block = bytes(1 << 16)
    walk = Walk()
    tracemalloc.start()
    try:
        walk.feed(whole[:at] + (size + extra).to_bytes(4) + whole[at + 4 : at + size])
        for _ in range(extra // len(block)):
            walk.feed(block)
        walk.feed(whole[at + size :])
        assert walk.finish() == walked(whole)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 256 * 1024
