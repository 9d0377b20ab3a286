"""The emulator as a server: keep-alive, meter, recorder, media, the foreign host, the program, start and stop."""

import asyncio
import base64
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from raw_wire import BODY, GENERATIONS, ask, connect, eventually, read_all, request_bytes

from anymedia.testing.emulator import Emulator, Fault, MediaAsked, Sink
from anymedia.testing.emulator.dialects import DIALECTS
from anymedia.testing.emulator.faults import script_from
from anymedia.testing.emulator.pictures import draw

EDITS = "/v1/images/edits"


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


def post(url: str, document: object) -> object:
    with urlopen(Request(url, data=json.dumps(document).encode(), method="POST")) as answer:
        return json.load(answer)


def get(url: str) -> dict[str, object]:
    with urlopen(url) as answer:
        document: dict[str, object] = json.load(answer)
        return document


def test_one_connection_carries_many_requests(emulator: Emulator) -> None:
    connection = http.client.HTTPConnection(emulator.url.removeprefix("http://"))
    for _ in range(3):
        connection.request("POST", GENERATIONS, BODY, {"authorization": "Bearer k", "content-type": "application/json"})
        assert len(json.load(connection.getresponse())["data"]) == 3
    connection.close()
    assert (emulator.meter.connections, emulator.billed) == (1, 3)


def test_a_chunked_upload_that_waits_for_100_continue_is_read(emulator: Emulator) -> None:
    with connect(emulator) as connection:
        head = request_bytes().removesuffix(BODY).replace(b"Content-Length", b"X-Length")
        extra = b"Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
        connection.sendall(head.removesuffix(b"\r\n") + extra)
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        connection.sendall(f"{len(BODY):x}\r\n".encode() + BODY + b"\r\n0\r\n\r\n")
        assert read_all(connection).status == 200
    assert emulator.requests[0].json == json.loads(BODY)


def test_nonsense_is_a_bad_request_and_no_failure(emulator: Emulator) -> None:
    assert ask(emulator, b"this is not HTTP\r\n\r\n").status == 400
    assert ask(emulator).status == 200


def test_unknown_paths_and_wrong_methods_are_refused_as_the_provider_does(emulator: Emulator) -> None:
    assert ask(emulator, request_bytes("/v1/paintings")).status == 404
    assert ask(emulator, request_bytes("/v1/models")).status == 405
    assert ask(emulator, request_bytes().replace(b"Authorization", b"X-Nothing")).status == 401
    assert ask(emulator, request_bytes(body=b"{broken")).status == 400
    assert (emulator.submits, emulator.billed) == (2, 0)


@pytest.mark.parametrize(
    "wrong", [{"model": []}, {"prompt": {}}, {"size": 64}, {"size": "--"}, {"n": 1.5}, {"n": True}, {"svg": 1}], ids=str
)
def test_a_value_of_the_wrong_kind_is_refused_and_breaks_nothing(emulator: Emulator, wrong: dict[str, object]) -> None:
    wire = ask(emulator, request_bytes(body=json.dumps(json.loads(BODY) | wrong).encode()))
    assert (wire.status, emulator.billed) == (400, 0)
    assert json.loads(wire.body)["error"]["param"] == next(iter(wrong))


@pytest.mark.parametrize(
    "wrong",
    [
        {"input": 7},
        {"input": ["x"]},
        {"input": [{"content": 7}]},
        {"input": [{"content": [7]}]},
        {"input": [{"content": [{"type": []}]}]},
        {"input": [{"content": [{"type": "input_image", "image_url": "data:image/png;base64,@@"}]}]},
        {"input": [{"content": [{"type": "input_image", "image_url": "data:image/png;base64,aGVsbG8="}]}]},
        {"input": [{"type": "image_generation_call", "id": []}]},
        {"previous_response_id": {}},
        {"stream": "yes"},
        {"tools": "all"},
        {"tools": [{"type": "image_generation", "input_image_mask": [1]}]},
        {"tools": [{"type": "image_generation", "action": "edit"}]},
        {"unheard": 1},
    ],
    ids=str,
)
def test_malformed_responses_input_is_refused_and_breaks_nothing(emulator: Emulator, wrong: dict[str, object]) -> None:
    body = json.dumps({"model": "gpt-6-luna", "input": "x"} | wrong).encode()
    wire = ask(emulator, request_bytes("/v1/responses", body))
    assert wire.status in (400, 404)
    assert str(json.loads(wire.body)["error"]["param"]).startswith(next(iter(wrong)))
    assert emulator.billed == 0


def test_the_meter_counts_by_path_and_weighs_bodies(emulator: Emulator) -> None:
    wire = ask(emulator)
    ask(emulator, b"GET /v1/models HTTP/1.0\r\nAuthorization: Bearer k\r\n\r\n")
    meter = get(emulator.url + "/_meter")
    assert meter["by_path"] == {
        GENERATIONS: {"requests": 1, "submits": 1, "billed": 1},
        "/v1/models": {"requests": 1, "submits": 0, "billed": 0},
    }
    assert (meter["submits"], meter["billed"], meter["connections"]) == (1, 1, 3)
    assert meter["body_bytes_received"] == len(BODY)
    assert int(str(meter["bytes_sent"])) > len(wire.data)
    assert len(emulator.requests) == 2


def test_faults_can_be_scripted_over_http(emulator: Emulator) -> None:
    answer = post(emulator.url + "/_script", {GENERATIONS: [{"fault": "status", "status": 500, "billed": True}]})
    assert answer == {"waiting": {GENERATIONS: ["status"]}}
    assert ask(emulator).status == 500
    wire = ask(emulator, request_bytes("/_script", b'{"/v1/images/generations": [{"fault": "explode"}]}'))
    assert wire.status == 400
    assert "explode" in json.loads(wire.body)["error"]


def test_latency_is_waited_after_the_bill_is_written() -> None:
    with Emulator(latency=0.5) as emulator, connect(emulator) as connection:
        connection.sendall(request_bytes())
        assert eventually(lambda: emulator.billed == 1)
        assert read_all(connection, timeout=0.1).data == b""
        assert read_all(connection).status == 200


def test_many_slow_requests_are_served_at_the_same_time() -> None:
    async def one(port: int) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request_bytes())
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer

    async def many(port: int) -> list[bytes]:
        return await asyncio.gather(*(one(port) for _ in range(40)))

    with Emulator(latency=0.3) as emulator:
        started = time.monotonic()
        answers = asyncio.run(many(int(emulator.url.rpartition(":")[2])))
        assert time.monotonic() - started < 40 * 0.3 / 4
        assert {answer[:15] for answer in answers} == {b"HTTP/1.1 200 OK"}
        assert emulator.billed == 40


def test_media_can_be_the_callers_own_bytes() -> None:
    with Emulator(media=b"any bytes") as emulator:
        outputs = json.loads(ask(emulator).body)["data"]
    assert [base64.b64decode(output["b64_json"]) for output in outputs] == [b"any bytes"] * 3


def test_media_can_be_made_by_the_caller_who_learns_what_is_asked() -> None:
    asked: list[MediaAsked] = []

    def make(wanted: MediaAsked) -> bytes:
        asked.append(wanted)
        return draw(wanted)

    with Emulator(media=make) as emulator:
        ask(emulator)
    assert [(each.prompt, each.width, each.height, each.output_format, each.index) for each in asked] == [
        ("a fox", 64, 64, "png", 0),
        ("a fox", 64, 64, "png", 1),
        ("a fox", 64, 64, "png", 2),
    ]


def test_a_media_function_that_fails_is_raised_at_the_end() -> None:
    def fail(asked: MediaAsked) -> bytes:
        raise LookupError("no such picture")

    with pytest.raises(LookupError, match="no such picture"), Emulator(media=fail) as emulator:
        assert ask(emulator).end == "closed"


def test_history_keeps_the_newest_requests() -> None:
    with Emulator(history=2) as emulator:
        for path in ("/v1/models", "/v1/models/gpt-image-2", "/v1/models/gpt-6-luna"):
            ask(emulator, f"GET {path} HTTP/1.0\r\n\r\n".encode())
        assert [request.path for request in emulator.requests] == ["/v1/models/gpt-image-2", "/v1/models/gpt-6-luna"]


def test_parts_of_a_form_are_kept_byte_for_byte(emulator: Emulator) -> None:
    picture = bytes(range(256)) * 4 + b"\n--edge\r\n-edge--"
    body = (
        b'--edge\r\nContent-Disposition: form-data; name="prompt"\r\n\r\na f\xc3\xb6x\r\n'
        b'--edge\r\nContent-Disposition: form-data; name="image"; filename="a b.png"\r\nContent-Type: image/png\r\n\r\n'
        + picture
        + b"\r\n--edge--\r\n"
    )
    sent = request_bytes(EDITS, body).replace(b"application/json", b'multipart/form-data; boundary="edge"')
    ask(emulator, sent)
    prompt, image = emulator.requests[0].parts
    assert (prompt.name, prompt.text, prompt.filename, prompt.media_type) == ("prompt", "a föx", None, "text/plain")
    assert (image.name, image.filename, image.media_type) == ("image", "a b.png", "image/png")
    assert image.data == picture


def test_the_recorder_keeps_both_sides_without_keys_and_media(emulator: Emulator, tmp_path: Path) -> None:
    emulator.record_to(tmp_path / "new" / "wire.jsonl")
    emulator.script(GENERATIONS, [Fault.echoed_key(), Fault.reset_before_body()])
    for _ in range(3):
        ask(emulator)
    text = (tmp_path / "new" / "wire.jsonl").read_text()
    echoed, cut, normal = map(json.loads, text.splitlines())
    assert "sk-secret-key" not in text
    assert echoed["request"]["headers"]["authorization"] == "[redacted]"
    assert "[redacted]" in echoed["reply"]["json"]["error"]["message"]
    assert (cut["fault"], cut["reply"], cut["request"]["complete"]) == ("reset_before_body", None, False)
    assert (normal["billed"], normal["request"]["json"]["prompt"]) == (True, "a fox")
    assert normal["reply"]["status"] == 200


def test_the_recorder_survives_a_reply_that_only_claims_to_be_json(emulator: Emulator, tmp_path: Path) -> None:
    emulator.record_to(tmp_path / "wire.jsonl")
    fault = Fault.status(200, billed=True, body='{"cut', headers={"Content-Type": "application/json"})
    emulator.script(GENERATIONS, [fault])
    assert ask(emulator).body == b'{"cut'
    assert json.loads((tmp_path / "wire.jsonl").read_text())["reply"]["body"].startswith("<5 bytes sha256:")


def test_the_recorder_replaces_long_media_by_size_and_hash(tmp_path: Path) -> None:
    with Emulator(media=b"x" * 5000) as emulator:
        emulator.record_to(tmp_path / "wire.jsonl")
        ask(emulator)
    [line] = (tmp_path / "wire.jsonl").read_text().splitlines()
    assert json.loads(line)["reply"]["json"]["data"][0]["b64_json"].startswith("<5000 bytes sha256:")
    assert len(line) < 3000


def test_a_sink_tells_who_came_and_what_they_brought() -> None:
    with Sink(body=b"picture", media_type="image/png") as sink:
        assert not sink.reached
        with urlopen(Request(sink.url + "/a.png?signed=1", headers={"X-Goog-Api-Key": "k"})) as answer:
            assert (answer.read(), answer.headers["content-type"]) == (b"picture", "image/png")
        [request] = sink.requests
        assert (request.path, request.query, request.headers["x-goog-api-key"]) == ("/a.png", "signed=1", "k")
        assert sink.reached


def test_a_sink_notices_a_connection_that_says_nothing() -> None:
    with Sink() as sink:
        host, port = sink.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))):
            assert eventually(lambda: sink.reached)
        assert sink.requests == []


def test_a_port_that_is_taken_is_said_at_once(emulator: Emulator) -> None:
    port = int(emulator.url.rpartition(":")[2])
    with pytest.raises(OSError, match="use"), Emulator(port=port):
        pass


def test_an_unknown_dialect_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=f"one of {', '.join(DIALECTS)}, got 'opnai'"):
        Emulator("opnai")


def test_there_is_no_url_outside_the_with_block() -> None:
    with pytest.raises(RuntimeError, match="with"):
        print(Emulator().url)


def test_starting_is_quick_and_stopping_ends_every_connection_and_thread() -> None:
    threads = threading.active_count()
    started = time.process_time()
    with Emulator() as emulator:
        assert time.process_time() - started < 0.05
        emulator.script(GENERATIONS, [Fault.no_answer(), Fault.drip(), Fault.endless()])
        idle, waiting, dripping, flooding = (connect(emulator) for _ in range(4))
        for connection in (waiting, dripping, flooding):
            connection.sendall(request_bytes())
        flooding.recv(1000)
    for connection in (idle, waiting, dripping, flooding):
        assert read_all(connection).end != "open"
        connection.close()
    assert threading.active_count() == threads


@contextmanager
def program(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The emulator as a program, which does not outlive a test that fails."""
    command = [sys.executable, "-W", "error", "-m", "anymedia.testing.emulator", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_the_program_says_where_it_is_serves_and_ends_with_its_meter(tmp_path: Path, stop: signal.Signals) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text(json.dumps({GENERATIONS: [{"fault": "status", "status": 500, "billed": True}]}))
    with program("--faults", str(faults), "--record", str(tmp_path / "wire.jsonl")) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with connect_to(url) as connection:
            connection.sendall(request_bytes())
            assert read_all(connection).status == 500
        assert get(url + "/_meter")["billed"] == 1
        os.kill(process.pid, stop)
        output, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, "")
    assert json.loads(output.splitlines()[-1])["billed"] == 1
    assert len((tmp_path / "wire.jsonl").read_text().splitlines()) == 1


def connect_to(url: str) -> socket.socket:
    host, port = url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=10)


def test_the_program_refuses_a_script_that_makes_no_sense(tmp_path: Path) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text('{"/v1/images/generations": [{"fault": "explode"}]}')
    with program("--faults", str(faults)) as process:
        output, errors = process.communicate(timeout=20)
    assert (process.returncode, output) == (2, "")
    assert "explode" in errors


def test_the_help_of_the_program_names_every_fault_and_an_example() -> None:
    with program("--help") as process:
        output, _ = process.communicate(timeout=20)
    assert "gzip_bomb" in output
    assert '"billed": true' in output


def test_the_emulator_is_an_independent_witness() -> None:
    folder = Path(sys.modules["anymedia.testing.emulator"].__file__ or "").parent
    allowed = ("anymedia.testing.emulator", "h11")
    for file in folder.rglob("*.py"):
        for line in file.read_text().splitlines():
            words = line.split()
            if words[:1] in (["import"], ["from"]) and "anymedia" in words[1]:
                assert words[1].startswith(allowed), f"{file.name}: {line}"


@pytest.mark.parametrize("dialect", ["google", "openai"])
def test_what_leads_a_client_here_and_an_example_fit_the_dialect(dialect: str) -> None:
    with Emulator(dialect) as emulator:
        base_url, key = emulator.variables
        assert emulator.variables[base_url] == emulator.base_url and key.endswith("_API_KEY")
        for path, faults in script_from(json.loads(emulator.example_script)).items():
            emulator.script(path, faults)
        assert [*emulator.waiting_faults.values()] == [("status",)]
