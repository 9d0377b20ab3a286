"""The reply scanner: one pass over a JSON reply, its media decoded into sinks on the way."""

from __future__ import annotations

import base64
import itertools
import json
import random
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anymedia.engine.reply_scanner import BadReply, ReplyScanner

MEDIA_AT = ("data[*].b64_json", "output[1].result", "video.data")
PICTURE = bytes(range(256)) * 3


class Recorder:
    """A sink that remembers; its answer is itself."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.media_type: str | None = None
        self.data = b""
        self.fate: list[str] = []

    def declare(self, media_type: str) -> None:
        assert not self.data
        self.media_type = media_type

    def write(self, data: bytes) -> None:
        assert not self.fate
        self.data += data

    def close(self) -> Recorder:
        self.fate.append("closed")
        return self

    def abandon(self) -> None:
        self.fate.append("abandoned")


class Scan:
    """One reply scanned with recorders; every sink must have come to exactly one end."""

    def __init__(self, media_at: Sequence[str] = MEDIA_AT, cap: int = 1 << 20) -> None:
        self.sinks: list[Recorder] = []
        self.scanner = ReplyScanner(media_at=media_at, open_sink=self.open, cap=cap)

    def open(self, path: str) -> Recorder:
        self.sinks.append(Recorder(path))
        return self.sinks[-1]

    def read(self, chunks: Sequence[bytes]) -> Any:
        try:
            for chunk in chunks:
                self.scanner.feed(chunk)
            return self.scanner.finish()
        finally:
            assert [len(sink.fate) for sink in self.sinks] == [1] * len(self.sinks)


def bad(reply: bytes, **options: Any) -> BadReply:
    """The error, which must be the same for the reply as one piece and byte by byte."""
    with pytest.raises(BadReply) as whole:
        Scan(**options).read([reply])
    with pytest.raises(BadReply) as in_bytes:
        Scan(**options).read([reply[i : i + 1] for i in range(len(reply))])
    assert whole.value.reason == in_bytes.value.reason
    assert whole.value.salvaged == in_bytes.value.salvaged
    return whole.value


def pieces(reply: bytes, cuts: Sequence[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(reply) + 1) for cut in cuts), len(reply)]
    return [reply[start:end] for start, end in itertools.pairwise(edges)]


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def image_reply(media: str) -> bytes:
    return b'{"id": "job_1", "data": [{"b64_json": "' + media.encode() + b'"}]}'


def read_image(media: str, chunks: int = 1) -> Recorder:
    reply = image_reply(media)
    size = max(1, len(reply) // chunks)
    document = Scan().read([reply[i : i + size] for i in range(0, len(reply), size)])
    recorder = document["data"][0]["b64_json"]
    assert isinstance(recorder, Recorder)
    return recorder


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
media_values = st.binary(max_size=40).map(text) | st.sampled_from(["https://cdn.example/a.png", "http://a/b"])
at_media = media_values | json_values.filter(lambda value: not isinstance(value, str))
images = st.fixed_dictionaries({"b64_json": at_media}, optional={"revised_prompt": st.text(), "more": json_values})
documents = st.fixed_dictionaries(
    {},
    optional={
        "id": st.text(),
        "other": json_values,
        "data": st.lists(images, max_size=4) | json_values.filter(lambda value: not isinstance(value, list)),
        "output": st.lists(st.fixed_dictionaries({"result": st.binary(max_size=9).map(text)}), max_size=3),
        "video": st.fixed_dictionaries({"data": at_media}, optional={'da"ta\\': json_values}),
    },
)


def media_strings(document: Any) -> Iterator[tuple[Any, str | int, str]]:
    """Holder, key and path of each string that must be decoded, by looking, not by scanning."""
    data = document.get("data")
    for index, image in enumerate(data if isinstance(data, list) else []):
        yield image, "b64_json", f"data[{index}].b64_json"
    for item in document.get("output", [])[1:2]:
        yield item, "result", "output[1].result"
    if "video" in document:
        yield document["video"], "data", "video.data"


def decoded(document: Any) -> tuple[Any, list[tuple[str, bytes]]]:
    found = []
    for holder, key, path in media_strings(document):
        value = holder[key]
        if isinstance(value, str) and not value.startswith("http"):
            holder[key] = base64.b64decode(value)
            found.append((path, holder[key]))
    return document, found


def without_recorders(value: Any) -> Any:
    match value:
        case Recorder():
            return value.data
        case list():
            return [without_recorders(item) for item in value]
        case dict():
            return {key: without_recorders(item) for key, item in value.items()}
    return value


@settings(deadline=None)
@given(documents, st.lists(st.integers(0, 5000), max_size=20), st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_any_document_cut_anywhere_reads_as_the_standard_library_reads_it(
    document: Any, cuts: list[int], ascii_only: bool, indent: Any
) -> None:
    try:
        reply = json.dumps(document, ensure_ascii=ascii_only, indent=indent).encode()
    except UnicodeEncodeError:
        reply = json.dumps(document).encode()
    expected, media = decoded(json.loads(reply))
    scan = Scan()
    assert without_recorders(scan.read(pieces(reply, cuts))) == expected
    found = sorted((sink.path, sink.data) for sink in scan.sinks)
    assert found == sorted(media)


@settings(deadline=None)
@given(st.binary(max_size=60), st.randoms(use_true_random=False), st.lists(st.integers(0, 500), max_size=12))
def test_escapes_whitespace_and_missing_padding_do_not_change_the_media(
    data: bytes, rnd: random.Random, cuts: list[int]
) -> None:
    media = text(data).rstrip("=") if rnd.random() < 0.5 else text(data)
    written = "".join(rnd.choice([c, c, c, f"\\u{ord(c):04X}", c + "\\n", c + " ", "\\t" + c]) for c in media)
    reply = image_reply(written.replace("/", rnd.choice(["/", "\\/"])))
    scan = Scan()
    scan.read(pieces(reply, cuts))
    assert [sink.data for sink in scan.sinks] == [data]


@pytest.mark.parametrize("written", ["\\u0051UJD\\u0051UJD", "\\/\\/\\/\\/QUJ\\u0044", "QUJD\\n\\t\\r\\fQUJD"])
def test_an_escape_may_be_cut_anywhere(written: str) -> None:
    reply = image_reply("QUJD" * 6 + written)  # by so many bytes it is decided that this is media
    data = b"ABC" * 6 + base64.b64decode("".join(json.loads(f'"{written}"').split()))
    for cuts in [*([cut] for cut in range(len(reply))), range(len(reply))]:
        scan = Scan()
        scan.read(pieces(reply, cuts))
        assert [sink.data for sink in scan.sinks] == [data]


@pytest.mark.parametrize("chunks", [1, 7, 1000])
@pytest.mark.parametrize("head", ["data:image/png;base64,", "data:image\\/png;base64,", "DATA:Image/PNG;x=1;BASE64,"])
def test_a_data_url_is_decoded_and_its_media_type_told_to_the_sink(head: str, chunks: int) -> None:
    sink = read_image(head + text(PICTURE), chunks)
    assert (sink.media_type, sink.data) == ("image/png", PICTURE)


def test_a_data_url_with_broken_utf_8_in_its_head_is_read_all_the_same() -> None:
    scan = Scan()
    with pytest.raises(BadReply, match="is not UTF-8"):
        scan.read([b'{"\xff": 1, "data": [{"b64_json": "data:image/\xff;base64,QUJD"}]}'])
    assert [sink.data for sink in scan.sinks] == [b"ABC"]


def test_plain_base64_tells_the_sink_no_media_type() -> None:
    assert read_image(text(PICTURE)).media_type is None


@pytest.mark.parametrize(
    "value",
    [None, 17, True, {"b64_json": "no media"}, ["not", "media"], "https://cdn.example/a.png?sig=%22", "http://a/",
     "gs://bucket/a.mp4", 'https://a/"quoted"', "data:image/svg+xml,%3Csvg/%3E", "data:" + "x" * 400],
)  # fmt: skip
def test_what_is_no_base64_string_stays_in_the_document(value: Any) -> None:
    document = {"data": [{"b64_json": value}], "after": 1}
    for reply in (json.dumps(document), json.dumps(document).replace("/", "\\/")):
        scan = Scan()
        assert scan.read([reply.encode()]) == document
        assert Scan().read([bytes([byte]) for byte in reply.encode()]) == document
        assert not scan.sinks


def test_base64_that_begins_like_a_url_is_media() -> None:
    for media in ("http", "httpsAAA", "dataABCD", "file" * 20):
        assert read_image(media).data == base64.b64decode(media)


def test_an_empty_media_string_is_a_sink_without_bytes() -> None:
    assert read_image("").data == b""


def test_only_the_named_places_are_media() -> None:
    document = {
        "output": [{"result": "not base64!"}, {"result": text(b"second")}, {"result": "neither?"}],
        "nested": {"data": [{"b64_json": "also not!"}]},
        "data": {"b64_json": "an object, not an array!"},
        "video": {"data": text(b"film"), "data2": "no!"},
    }
    scan = Scan()
    scan.read([json.dumps(document).encode()])
    assert {sink.path: sink.data for sink in scan.sinks} == {"output[1].result": b"second", "video.data": b"film"}


def test_media_may_be_in_arrays_of_arrays_and_under_escaped_keys() -> None:
    scan = Scan(media_at=("[*][*].a/b",))
    scan.read([b'[[{"a\\/b": "QQ=="}], [1, {"a\\u002fb": "Qg=="}]]'])
    assert [(sink.path, sink.data) for sink in scan.sinks] == [("[0][0].a/b", b"A"), ("[1][1].a/b", b"B")]


def test_text_that_looks_like_what_the_scanner_keeps_in_place_of_media_is_untouched() -> None:
    document = {"data": [{"b64_json": None, "x": "null"}, {"b64_json": text(b"A")}, {"b64_json": None}]}
    answer = Scan().read([json.dumps(document).encode()])
    assert without_recorders(answer)["data"] == [
        {"b64_json": None, "x": "null"},
        {"b64_json": b"A"},
        {"b64_json": None},
    ]


@pytest.mark.parametrize(
    "reply",
    [b'{"id": "why?", "more": "a", "data": []}', rb'{"more\": ": "a\\", "data": [{"revised_prompt": "\"\u0022\\\""}]}'],
)
def test_a_kept_string_may_be_cut_anywhere(reply: bytes) -> None:
    for cuts in [*([cut] for cut in range(len(reply))), range(len(reply))]:
        assert Scan().read(pieces(reply, cuts)) == json.loads(reply)


def test_a_field_with_an_escape_in_its_name_is_salvaged_and_those_behind_it() -> None:
    assert bad(b'{"a\\"b": 1, "id": "job_1", ').salvaged == {'a"b': 1, "id": "job_1"}


def test_a_reply_may_hold_16_mib_of_text_where_nothing_else_is_said() -> None:
    def scan(size: int) -> Any:
        scanner = ReplyScanner(open_sink=Recorder)
        scanner.feed(b'"' + b"a" * (size - 2) + b'"')
        return scanner.finish()

    assert len(scan(16 << 20)) == (16 << 20) - 2
    with pytest.raises(BadReply, match="16777216 bytes"):
        scan((16 << 20) + 1)


def test_a_number_with_white_space_behind_it_is_salvaged() -> None:
    assert bad(b'{"cost": 1 , "name": tru').salvaged == {"cost": 1}


@pytest.mark.parametrize("reply", [b"3", b'"text"', b"null", b" [] ", b"{}", b'{"data": []}'])
def test_documents_without_media_need_no_sink(reply: bytes) -> None:
    assert Scan().read([reply]) == json.loads(reply)
    assert Scan(media_at=()).read([reply]) == json.loads(reply)


@pytest.mark.parametrize(
    "media",
    ["A", "AAAAA", "QQ==QUFB", "QQ==\\n=", "Q===", "=", "====", "QUJD*", "QUJ\\u00e9", "QUJDé", "QUJD\\\\",
     "QUJD\\\"", "QUJD\\x", "QUJD\\u12", "-_-_", "QUJD\nQUJD", "QUJDQUJD:", "QUJD?", "QUJD" * 6 + "QUI=QUJD",
     "data:image/png;base64,!"],
)  # fmt: skip
def test_a_media_string_that_is_no_base64_is_refused_and_its_sink_abandoned(media: str) -> None:
    error = bad(image_reply(media))
    assert error.reason == "`data[0].b64_json` of the reply is not base64."
    assert error.salvaged == {"id": "job_1"}


@pytest.mark.parametrize(
    "reply",
    [b"", b" ", b"<html>", b"{", b'{"a"}', b'{"a": }', b'{"a": 1,}', b"[1 2]", b"[1}", b"]", b'{"a": tru}',
     b'{"a": "\\x"}', b'{"a": "\n"}', b"'a'", b"NaN", b'{"a": Infinity}', b'{"data": [{"b64_json": "QQ==" "QQ=="}]}',
     b'{"data": [{"b64_json": 1"QQ=="}]}', b'{"data": [{"b64_json" "QQ=="}]}', b"1" * 5000],
)  # fmt: skip
def test_what_is_not_json_is_refused(reply: bytes) -> None:
    assert bad(reply).reason.startswith(("The reply is not JSON", "The reply ends early"))


@pytest.mark.parametrize("garbage", [b"x", b" {}", b"]", b'{"data": [{"b64_json": "QQ=="}]}', b"\x00", b'"'])
def test_bytes_after_the_end_are_refused_and_open_no_sink(garbage: bytes) -> None:
    scan = Scan()
    with pytest.raises(BadReply):
        scan.read([image_reply("QUJD") + garbage])
    assert len(scan.sinks) == 1
    assert bad(image_reply("QUJD") + garbage).salvaged == {"id": "job_1"}


def test_every_cut_of_a_reply_is_refused_with_the_fields_that_came_whole() -> None:
    reply = b'{"id": "job_1", "n": 42, "ok": true, "data": [{"b64_json": "' + text(PICTURE).encode() + b'"}], "z": 1}'
    for cut in range(len(reply)):
        with pytest.raises(BadReply) as caught:
            Scan().read([reply[:cut]])
        error = caught.value
        assert (error.salvaged or {}).get("id") == ("job_1" if cut >= 14 else None)
        assert (error.salvaged or {}).get("n") == (42 if cut >= 24 else None)
        assert (error.salvaged or {}).get("ok") == (True if cut >= 36 else None)


def test_what_was_closed_before_a_cut_is_handed_back() -> None:
    scan = Scan()
    with pytest.raises(BadReply) as caught:
        scan.read([b'{"data": [{"b64_json": "QUJD"}, {"b64_json": "' + b"QUJD" * 9])
    assert caught.value.closed == (scan.sinks[0],)
    assert [sink.fate for sink in scan.sinks] == [["closed"], ["abandoned"]]


@pytest.mark.parametrize(
    "reply",
    [
        b'{"data": [{"b64_json": "QQ==", "b64_json": "QQ=="}]}',
        b'{"data": [{"b64_json": null, "b64_js\\u006fn": "QQ=="}]}',
        b'{"data": [], "data": [{"b64_json": "QQ=="}]}',
    ],
)
def test_a_key_twice_on_the_way_to_media_is_refused(reply: bytes) -> None:
    assert "twice" in bad(reply).reason


def test_a_key_twice_elsewhere_is_the_last_one_as_in_the_standard_library() -> None:
    assert Scan().read([b'{"a": 1, "a": 2, "data": [{"x": 1, "x": 2}]}']) == {"a": 2, "data": [{"x": 2}]}


@pytest.mark.parametrize("broken", [b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xc0\xaf"])
def test_invalid_utf_8_is_refused_and_never_salvaged(broken: bytes) -> None:
    error = bad(b'{"id": "job_1", "prompt": "' + broken + b'", "n": 1}')
    assert "UTF-8" in error.reason
    assert error.salvaged == {"id": "job_1", "n": 1}


def test_nesting_is_limited_whatever_the_size() -> None:
    assert Scan().read([b"[" * 200 + b"]" * 200])
    assert "nested deeper" in bad(b"[" * 201 + b"]" * 201).reason
    assert "nested deeper" in bad(b'{"data":' * 10_000).reason


def test_text_over_the_cap_is_refused_but_media_does_not_count() -> None:
    assert "more than 1000 bytes" in bad(b'{"id": "a", "x": "' + b"y" * 1000 + b'"}', cap=1000).reason
    assert "more than 1000 bytes" in bad(b'{"id": "a"}' + b" " * 1000, cap=1000).reason
    sink = Scan(cap=1000).read([image_reply(text(PICTURE * 100))])["data"][0]["b64_json"]
    assert sink.data == PICTURE * 100


def test_a_long_url_at_a_media_path_counts_as_text() -> None:
    assert "more than" in bad(image_reply("https://" + "a" * 2000), cap=1000).reason


def test_giving_up_abandons_the_open_sink_once_and_ends_the_scanner() -> None:
    scan = Scan()
    scan.scanner.feed(image_reply(text(PICTURE))[:200])
    scan.scanner.abandon()
    scan.scanner.abandon()
    assert [sink.fate for sink in scan.sinks] == [["abandoned"]]
    with pytest.raises(ValueError, match="no more bytes"):
        scan.scanner.feed(b"x")
    with pytest.raises(BadReply) as caught:
        scan.scanner.finish()
    assert caught.value.salvaged == {"id": "job_1"}


@pytest.mark.parametrize("moment", ["write", "close"])
def test_what_a_sink_raises_passes_through_and_the_sink_is_abandoned(moment: str) -> None:
    class Full(Recorder):
        def write(self, data: bytes) -> None:
            self.fail("write")

        def close(self) -> Recorder:
            self.fail("close")
            return self

        def fail(self, now: str) -> None:
            if now == moment:
                raise OSError(28, "No space left on device")

    sinks: list[Full] = []

    def open_full(path: str) -> Full:
        sinks.append(Full(path))
        return sinks[-1]

    scanner = ReplyScanner(media_at=MEDIA_AT, open_sink=open_full)
    with pytest.raises(OSError, match="No space"):
        scanner.feed(image_reply(text(PICTURE)))
    assert [sink.fate for sink in sinks] == [["abandoned"]]


@pytest.mark.parametrize("path", ["", "a..b", ".a", "a[x]", "a]", "[0]a", "a.", "a[-1]"])
def test_a_path_that_cannot_be_read_is_a_mistake_of_the_backend(path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        ReplyScanner(media_at=(path,), open_sink=Recorder)


def test_damaged_replies_raise_nothing_but_bad_reply() -> None:
    rnd = random.Random(20)
    reply = json.dumps({"id": "j", "data": [{"b64_json": text(PICTURE), "a": ['\\"', 1.5e3]}], "video": {"data": None}})
    for _ in range(1500):
        damaged = bytearray(reply.encode())
        for _ in range(rnd.randint(1, 4)):
            at = rnd.randrange(len(damaged))
            damaged[at : at + rnd.randint(0, 3)] = bytes(rnd.choices(b'{}[]":,\\ =ux0A\xff', k=rnd.randint(0, 3)))
        try:
            answer = Scan().read(pieces(bytes(damaged), [rnd.randrange(3000) for _ in range(4)]))
        except BadReply:
            continue
        assert isinstance(json.loads(damaged), type(answer))
