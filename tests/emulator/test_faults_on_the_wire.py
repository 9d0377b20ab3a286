"""Each fault shows on the wire what it says; seen with a bare socket, because clients hide what really came."""

import base64
import binascii
import gzip
import json
import socket
import time
from collections.abc import Callable, Iterator

import pytest
from raw_wire import BODY, GENERATIONS, Wire, ask, connect, eventually, read_all, request_bytes

from anymedia.testing.emulator import Emulator, Fault, Sink
from anymedia.testing.emulator.faults import CATALOGUE, fault_from


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


def meets(emulator: Emulator, fault: Fault, *, timeout: float = 5.0) -> Wire:
    emulator.script(GENERATIONS, [fault])
    return ask(emulator, timeout=timeout)


def test_refuse_resets_the_connection_before_anything_is_read(emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [Fault.refuse()])
    # The reset may come before connect() has even returned.
    with pytest.raises(ConnectionResetError), connect(emulator) as connection:
        connection.recv(1)
    assert (emulator.submits, emulator.requests) == (0, ())
    assert ask(emulator).status == 200


def test_refuse_resets_an_open_connection_after_the_headers(emulator: Emulator) -> None:
    with connect(emulator) as connection:
        connection.sendall(b"GET /v1/models HTTP/1.1\r\nHost: emulator\r\n\r\n")
        connection.recv(1 << 16)
        emulator.script(GENERATIONS, [Fault.refuse()])
        connection.sendall(request_bytes())
        assert read_all(connection).end == "reset"
    assert (emulator.submits, emulator.billed) == (0, 0)


@pytest.mark.parametrize("fault", [Fault.reset_before_body(), Fault.reset_while_body(after=20)], ids=lambda f: f.name)
def test_a_reset_before_the_end_of_the_body_is_no_submit(emulator: Emulator, fault: Fault) -> None:
    assert meets(emulator, fault) == Wire(data=b"", end="reset")
    [request] = emulator.requests
    assert (request.pays, request.complete, request.billed, request.fault) == (True, False, False, fault.name)
    assert (emulator.submits, emulator.billed) == (0, 0)


def test_a_reset_before_the_body_comes_while_the_client_still_has_to_send_it(emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [Fault.reset_before_body()])
    with connect(emulator) as connection:
        connection.sendall(request_bytes().removesuffix(BODY))
        assert read_all(connection).end == "reset"


def test_a_reset_within_the_body_waits_for_that_many_bytes(emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [Fault.reset_while_body(after=20)])
    with connect(emulator) as connection:
        connection.sendall(request_bytes().removesuffix(BODY) + BODY[:10])
        assert read_all(connection, timeout=0.1).end == "open"
        connection.sendall(BODY[10:20])
        assert read_all(connection).end == "reset"
    assert emulator.requests[0].body == BODY[:20]


def test_a_reset_within_a_body_that_is_shorter_comes_at_its_end(emulator: Emulator) -> None:
    assert meets(emulator, Fault.reset_while_body(after=1_000_000)).end == "reset"
    assert not emulator.requests[0].complete


@pytest.mark.parametrize("billed", [True, False])
@pytest.mark.parametrize(
    ("fault", "end"),
    [(Fault.reset_after_body, "reset"), (Fault.close_after_body, "closed"), (Fault.no_answer, "open")],
    ids=["reset", "close", "silence"],
)
def test_no_answer_comes_after_the_whole_request_arrived(
    emulator: Emulator, fault: Callable[..., Fault], end: str, billed: bool
) -> None:
    assert meets(emulator, fault(billed=billed), timeout=0.2) == Wire(data=b"", end=end)
    assert eventually(lambda: len(emulator.requests) == 1)
    assert (emulator.submits, emulator.billed) == (1, int(billed))
    assert emulator.requests[0].complete


@pytest.mark.parametrize("billed", [True, False])
def test_a_status_carries_the_providers_error_and_the_given_headers(emulator: Emulator, billed: bool) -> None:
    fault = Fault.status(503, billed=billed, code="overloaded", message="Later.", headers={"retry-after": "7"})
    wire = meets(emulator, fault)
    assert (wire.status, wire.headers["retry-after"]) == (503, "7")
    error = json.loads(wire.body)["error"]
    assert error == {"message": "Later.", "type": "server_error", "param": None, "code": "overloaded"}
    assert (emulator.submits, emulator.billed) == (1, int(billed))


def test_a_status_can_have_any_body(emulator: Emulator) -> None:
    wire = meets(emulator, Fault.status(502, billed=False, body="<h1>Bad gateway</h1>"))
    assert (wire.status, wire.body) == (502, b"<h1>Bad gateway</h1>")


def test_a_request_the_provider_would_refuse_is_not_billed_by_any_fault(emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [Fault.status(500, billed=True)])
    assert ask(emulator, request_bytes(body=b"{}")).status == 500
    assert (emulator.submits, emulator.billed) == (1, 0)


@pytest.mark.parametrize("retry_after", [None, 3600, "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_a_rate_limit_comes_with_and_without_retry_after(emulator: Emulator, retry_after: str | int | None) -> None:
    wire = meets(emulator, Fault.rate_limited(retry_after))
    assert wire.status == 429
    assert wire.headers.get("retry-after") == (None if retry_after is None else str(retry_after))
    assert json.loads(wire.body)["error"]["code"] == "rate_limit_exceeded"
    assert emulator.billed == 0


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (Fault.bad_key(), 401, "invalid_api_key"),
        (Fault.unknown_model(), 404, "model_not_found"),
        (Fault.moderation(), 400, "moderation_blocked"),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_refusal_has_the_providers_code(emulator: Emulator, fault: Fault, status: int, code: str) -> None:
    wire = meets(emulator, fault)
    assert (wire.status, json.loads(wire.body)["error"]["code"]) == (status, code)
    assert emulator.billed == 0


def test_an_echoed_key_stands_in_the_error_text(emulator: Emulator) -> None:
    assert "sk-secret-key" in json.loads(meets(emulator, Fault.echoed_key()).body)["error"]["message"]


def test_a_redirect_points_to_another_origin_that_shows_who_came(emulator: Emulator) -> None:
    with Sink() as sink:
        wire = meets(emulator, Fault.redirect(sink.url + "/steal", 307))
        assert (wire.status, wire.headers["location"]) == (307, sink.url + "/steal")
        assert not sink.reached
    assert emulator.billed == 0


def test_html_comes_with_status_200(emulator: Emulator) -> None:
    wire = meets(emulator, Fault.html())
    assert (wire.status, wire.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert wire.body.startswith(b"<!DOCTYPE html>")
    assert emulator.billed == 1


def test_a_missing_key_is_gone_and_a_renamed_one_has_its_new_name(emulator: Emulator) -> None:
    missing = json.loads(meets(emulator, Fault.missing_key("b64_json")).body)
    assert missing["data"] == [{}, {}, {}]
    renamed = json.loads(meets(emulator, Fault.renamed_key("data", "images")).body)
    assert "data" not in renamed
    assert len(renamed["images"]) == 3


def test_fewer_outputs_than_asked_down_to_none(emulator: Emulator) -> None:
    assert len(json.loads(meets(emulator, Fault.fewer_outputs(2)).body)["data"]) == 2
    assert json.loads(meets(emulator, Fault.no_outputs()).body)["data"] == []
    assert emulator.billed == 2


@pytest.mark.parametrize("fault", [Fault.cut_base64(), Fault.invalid_base64()], ids=lambda f: f.name)
def test_spoiled_base64_does_not_decode(emulator: Emulator, fault: Fault) -> None:
    for output in json.loads(meets(emulator, fault).body)["data"]:
        with pytest.raises(binascii.Error):
            base64.b64decode(output["b64_json"], validate=True)


def test_cut_base64_of_whole_groups_decodes_to_a_cut_file(emulator: Emulator) -> None:
    output = json.loads(meets(emulator, Fault.cut_base64(keep=40)).body)["data"][0]
    assert len(base64.b64decode(output["b64_json"], validate=True)) == 30


def test_a_truncated_reply_announces_no_length(emulator: Emulator) -> None:
    wire = meets(emulator, Fault.truncated(keep=50))
    assert (len(wire.body), wire.end) == (50, "closed")
    assert not {"content-length", "transfer-encoding"} & wire.headers.keys()


@pytest.mark.parametrize("by", [10, -10])
def test_a_wrong_length_is_off_by_that_much(emulator: Emulator, by: int) -> None:
    wire = meets(emulator, Fault.wrong_length(by))
    assert int(wire.headers["content-length"]) == len(wire.body) + by
    assert len(json.loads(wire.body)["data"]) == 3
    assert wire.end == "closed"


def test_broken_chunks_lack_the_last_one(emulator: Emulator) -> None:
    wire = meets(emulator, Fault.broken_chunks())
    size, _, rest = wire.body.partition(b"\r\n")
    assert wire.headers["transfer-encoding"] == "chunked"
    assert json.loads(rest[: int(size, 16)])["data"]
    assert (rest[int(size, 16) :], wire.end) == (b"\r\n", "closed")


def test_a_drip_sends_the_head_at_once_and_the_body_byte_by_byte(emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [Fault.drip(bytes_per_second=0.01)])
    with connect(emulator) as connection:
        connection.sendall(request_bytes())
        wire = read_all(connection, enough=lambda data: bool(data.partition(b"\r\n\r\n")[2]))
        assert len(wire.body) == 1
        assert int(wire.headers["content-length"]) > 1000
        assert read_all(connection, timeout=0.1) == Wire(data=b"", end="open")


def test_slow_headers_come_byte_by_byte(emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [Fault.slow_headers(bytes_per_second=0.01)])
    with connect(emulator) as connection:
        connection.sendall(request_bytes())
        assert read_all(connection, enough=lambda data: len(data) > 0).data == b"H"
        assert read_all(connection, timeout=0.1) == Wire(data=b"", end="open")


@pytest.mark.parametrize("fault", [Fault.drip(100_000), Fault.slow_headers(100_000)], ids=lambda f: f.name)
def test_slow_deliveries_are_complete_in_the_end(emulator: Emulator, fault: Fault) -> None:
    wire = meets(emulator, fault)
    assert len(json.loads(wire.body)["data"]) == 3
    assert len(wire.body) == int(wire.headers["content-length"])


def test_a_slow_answer_is_normal_but_late(emulator: Emulator) -> None:
    started = time.monotonic()
    assert meets(emulator, Fault.slow(0.2)).status == 200
    assert time.monotonic() - started >= 0.2


def test_a_gzip_bomb_is_small_and_unpacks_to_valid_json(emulator: Emulator) -> None:
    wire = meets(emulator, Fault.gzip_bomb(unpacked=8 << 20))
    assert wire.headers["content-encoding"] == "gzip"
    assert len(wire.body) < 20_000
    assert len(json.loads(gzip.decompress(wire.body))["data"][0]["b64_json"]) == 8 << 20


def test_an_oversized_reply_is_valid_json_of_the_announced_length(emulator: Emulator) -> None:
    wire = meets(emulator, Fault.oversized(size=3_000_000))
    assert len(json.loads(wire.body)["data"][0]["b64_json"]) == 3_000_000
    assert int(wire.headers["content-length"]) == len(wire.body)


def test_an_endless_body_goes_on_until_the_client_leaves(emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [Fault.endless()])
    with connect(emulator) as connection:
        connection.sendall(request_bytes())
        assert read_all(connection, enough=lambda data: len(data) > 20 << 20).end == "open"
    assert ask(emulator).status == 200


def test_faults_are_met_in_order_and_then_service_is_normal(emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [Fault.status(500, billed=True), Fault.rate_limited()])
    emulator.script(GENERATIONS, [Fault.html()])
    assert emulator.waiting_faults == {GENERATIONS: ("status", "rate_limited", "html")}
    assert [ask(emulator).status for _ in range(4)] == [500, 429, 200, 200]
    assert [request.fault for request in emulator.requests] == ["status", "rate_limited", "html", None]
    assert (emulator.submits, emulator.billed, emulator.waiting_faults) == (4, 3, {})


def test_a_fault_waits_for_its_own_path(emulator: Emulator) -> None:
    emulator.script("/v1/responses", [Fault.status(500, billed=False)])
    assert ask(emulator).status == 200


def test_a_path_the_provider_does_not_have_cannot_be_scripted(emulator: Emulator) -> None:
    with pytest.raises(ValueError, match="/v1/image/generations"):
        emulator.script("/v1/image/generations", [Fault.html()])


ARGUMENTS: dict[str, dict[str, object]] = {
    "slow": {"seconds": 0.0},
    "status": {"status": 500, "billed": True},
    "redirect": {"to": "http://127.0.0.1:1/"},
    "missing_key": {"key": "data"},
    "renamed_key": {"key": "data", "to": "images"},
}


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_fault_can_be_written_as_json(name: str) -> None:
    fault = fault_from({"fault": name, **ARGUMENTS.get(name, {})})
    assert fault.name == name


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"fault": "explode"}, "one of refuse, "),
        ({"fault": "status", "status": 500}, "billed"),
        ({"fault": "drip", "speed": 1}, "speed"),
        ([], "an object"),
    ],
    ids=str,
)
def test_a_fault_that_does_not_exist_is_explained(document: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        fault_from(document)


def test_a_client_that_leaves_early_is_no_failure_of_the_emulator() -> None:
    with Emulator(latency=0.1) as emulator:
        with connect(emulator) as connection:
            connection.sendall(request_bytes()[:40])
        with connect(emulator) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            connection.sendall(request_bytes())
        assert ask(emulator).status == 200
