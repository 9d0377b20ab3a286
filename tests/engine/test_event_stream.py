"""Server-sent events, cut anywhere, in every spelling that the standard allows."""

from __future__ import annotations

import json
from base64 import b64encode
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anymedia.engine.event_stream import EventStream
from anymedia.engine.reply_scanner import BadReply, ReplyScanner


class Bowl:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.content = b""

    def declare(self, media_type: str) -> None: ...

    def write(self, chunk: bytes, /) -> None:
        self.content += chunk

    def close(self) -> bytes:
        return self.content

    def abandon(self) -> None: ...


def read(*pieces: bytes) -> list[Any]:
    stream = EventStream(lambda: ReplyScanner(media_at=("b64",), open_sink=lambda path: Bowl()))
    found = [event for piece in pieces for event in stream.feed(piece)]
    return [*found, *stream.finish()]


PICTURE = bytes(range(256)) * 4
EVENTS = (
    b": a comment that goes on for longer than any line would have to\n\n"
    b'event: image.partial\nid: 7\ndata: {"type": "image.partial", "b64": "'
    + b64encode(PICTURE)
    + b'"}\n\ndata:{"type":"image.completed","b64":null}\n\ndata: [DONE]\n\n'
)
READ = [{"type": "image.partial", "b64": PICTURE}, {"type": "image.completed", "b64": None}]


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_events_are_read_with_every_line_end(line_end: bytes) -> None:
    assert read(EVENTS.replace(b"\n", line_end)) == READ


@given(st.lists(st.integers(0, len(EVENTS)), max_size=6), st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_where_the_chunks_are_cut_does_not_matter(cuts: list[int], line_end: bytes) -> None:
    wire = EVENTS.replace(b"\n", line_end)
    edges = [0, *sorted(cuts), len(wire)]
    assert read(*(wire[start:end] for start, end in pairwise(edges))) == READ


def test_byte_by_byte() -> None:
    assert read(*(EVENTS[index : index + 1] for index in range(len(EVENTS)))) == READ


def test_data_over_several_lines_is_one_event() -> None:
    assert read(b'data: {"type":\ndata:  "a",\ndata:"n": 1}\n\n') == [{"type": "a", "n": 1}]


def test_the_empty_line_behind_the_last_event_may_be_missing() -> None:
    assert read(b'data: {"type": "completed"}') == [{"type": "completed"}]


def test_an_event_that_is_no_json_is_a_bad_reply() -> None:
    with pytest.raises(BadReply):
        read(b"data: <html>Bad gateway</html>\n\n")


def test_an_event_that_breaks_off_is_a_bad_reply() -> None:
    with pytest.raises(BadReply):
        read(b'data: {"type": "image.partial", "b64": "AAAA')


def test_no_event_is_no_document() -> None:
    assert read(b"") == read(b"\n\n: nothing\n\n") == []


def test_a_line_that_only_begins_like_data_is_no_data() -> None:
    assert read(b"database: 1\n\n" + json.dumps({}).encode() + b"\n\n") == []
