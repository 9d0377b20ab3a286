"""Commands that make media: where results and messages go, and what every ending's exit code is."""

from __future__ import annotations

from pathlib import Path

import pytest
from terminal import GENERATIONS, Terminal

from anymedia.testing.emulator import Emulator, Fault


@pytest.fixture
def terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], emulator: Emulator
) -> Terminal:
    terminal = Terminal(tmp_path, monkeypatch, capsys)
    terminal.use(emulator)
    return terminal


def test_standard_output_is_the_path_and_nothing_else(terminal: Terminal) -> None:
    ended = terminal.type("image", "a red fox")
    assert ended.code == 0
    (path,) = ended.out.splitlines()
    assert Path(path).read_bytes().startswith(b"\x89PNG")
    assert "submitting" in ended.err and "cost 0.0" in ended.err


def test_quiet_leaves_standard_error_empty(terminal: Terminal) -> None:
    ended = terminal.type("image", "a red fox", "--quiet")
    assert (ended.code, ended.err) == (0, "")
    assert len(ended.out.splitlines()) == 1


def test_json_is_one_document_and_no_path_beside_it(terminal: Terminal) -> None:
    ended = terminal.type("image", "a red fox", "--json", "--output", "fox.png")
    assert ended.code == 0 and ended.document["success"] is True
    (result,) = ended.document["results"]
    assert result["files"][0]["path"] == str(terminal.folder / "fox.png")
    assert result["job_id"].startswith("job_") and result["cost"]["amount"] is not None


def test_a_dash_reads_the_prompt_from_standard_input(terminal: Terminal, emulator: Emulator) -> None:
    assert terminal.type("image", "-", stdin="a füchsin\n".encode()).code == 0
    assert b'"a f\\u00fcchsin"' in emulator.requests[-1].body or "a füchsin".encode() in emulator.requests[-1].body


def test_prompts_come_out_in_the_order_they_went_in(terminal: Terminal, emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [Fault.slow(0.3)])
    ended = terminal.type("image", "first fox", "second hen", "--max-concurrent", "2")
    assert [Path(line).name.split("-")[0] for line in ended.out.splitlines()] == ["first", "second"]


@pytest.mark.parametrize(
    ("faults", "code"),
    [
        ([Fault.moderation(), Fault.moderation()], 8),
        ([Fault.moderation(), Fault.slow(0)], 9),
        ([Fault.moderation(), Fault.status(500, billed=True)], 9),
    ],
    ids=["all refused", "one done", "failed differently"],
)
def test_a_batch_has_the_common_code_or_nine(
    terminal: Terminal, emulator: Emulator, faults: list[Fault], code: int
) -> None:
    emulator.script(GENERATIONS, faults)
    ended = terminal.type("image", "fox", "hen", "--max-concurrent", "1")
    assert ended.code == code
    assert ended.err.count("job: job_") == sum(fault.name != "slow" for fault in faults)


@pytest.mark.parametrize(
    ("fault", "code", "charged"),
    [
        (Fault.moderation(), 8, "no"),
        (Fault.status(400, billed=False), 4, "no"),
        (Fault.status(401, billed=False), 4, "no"),
        (Fault.unknown_model(), 4, "no"),
        (Fault.status(500, billed=True), 6, "maybe"),
        (Fault.close_after_body(), 6, "maybe"),
        (Fault.html(), 6, "maybe"),
        (Fault.missing_key("b64_json"), 6, "maybe"),
        (Fault.no_outputs(), 5, "maybe"),
        (Fault.cut_base64(40), 10, "yes"),
        (Fault.status(429, billed=False, headers={"retry-after": "99999"}), 69, "no"),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_every_fault_has_its_exit_code_and_leaves_a_receipt(
    terminal: Terminal, emulator: Emulator, fault: Fault, code: int, charged: str
) -> None:
    emulator.script(GENERATIONS, [fault])
    ended = terminal.type("image", "a red fox", "--json", "--quiet")
    assert ended.code == code
    assert ended.document["success"] is False
    (result,) = ended.document["results"]
    assert result["error"]["charged"] == charged
    assert f"job: {result['job_id']} (charged: {charged})" in ended.err
    assert "error: " in ended.err and "next: " in ended.err
    assert "canary" not in ended.out + ended.err
    assert terminal.pictures() == []


def test_fewer_than_asked_is_nine_and_gives_those_that_came(terminal: Terminal, emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [Fault.fewer_outputs(1)])
    ended = terminal.type("image", "a red fox", "--n", "3")
    assert ended.code == 9
    assert ended.out.splitlines() == [str(path) for path in terminal.pictures()]
    assert "error: 1 of 3 outputs arrived" in ended.err


def test_what_was_never_sent_is_sixty_nine(terminal: Terminal) -> None:
    terminal.set("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    assert terminal.type("image", "a red fox").code == 69


def test_too_dear_is_seven_and_nothing_is_sent(terminal: Terminal, emulator: Emulator) -> None:
    ended = terminal.type("image", "a red fox", "--max-cost", "0.01", "--json")
    assert (ended.code, ended.error["code"], emulator.submits) == (7, "budget_exceeded", 0)


def test_without_a_key_it_is_three(terminal: Terminal) -> None:
    terminal.set("OPENAI_API_KEY", "")
    ended = terminal.type("image", "a red fox", "--backend", "openai", "--json")
    assert (ended.code, ended.error["code"]) == (3, "missing_credentials")
    assert "next: Set OPENAI_API_KEY." in ended.err


def test_an_input_file_becomes_an_edit_and_a_first_frame(terminal: Terminal, emulator: Emulator) -> None:
    made = terminal.type("image", "a red fox").out.strip()
    assert terminal.type("image", "in the rain", "--input", made, "-i", made).code == 0
    assert emulator.requests[-1].path == "/v1/images/edits"
    film = terminal.type("video", "run", "-i", made, "--backend", "sketch", "--dry-run", "--json")
    assert film.document["wire"]["arguments"]["first_frame"] == made


def test_a_result_can_be_continued(terminal: Terminal, emulator: Emulator) -> None:
    first = terminal.type("image", "a red fox", "--continuable", "--json")
    continuation = first.document["results"][0]["continuation_id"]
    assert f"--continue-from {continuation}" in first.err
    assert terminal.type("image", "bluer", "--continue-from", continuation).code == 0
    assert b"previous_response_id" in emulator.requests[-1].body


def test_options_of_the_provider_go_into_the_request(terminal: Terminal, emulator: Emulator) -> None:
    assert terminal.type("image", "a red fox", "--option", 'openai.user="me"').code == 0
    assert b'"user"' in emulator.requests[-1].body


def test_the_same_idempotency_key_is_the_same_job(terminal: Terminal, emulator: Emulator) -> None:
    outputs = {terminal.type("image", "a red fox", "--idempotency-key", "one").out for _ in range(2)}
    assert (len(outputs), emulator.submits) == (1, 1)


def test_generate_makes_what_its_mode_says(terminal: Terminal, emulator: Emulator) -> None:
    assert terminal.type("generate", "--mode", "image", "a red fox", "--quality", "low").code == 0
    assert b'"quality"' in emulator.requests[-1].body


def test_what_a_provider_says_cannot_steer_the_terminal(terminal: Terminal, emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [Fault.status(400, billed=False, message="bad \x1b[31m\x07 \u202ething")])
    ended = terminal.type("image", "a \x1b[2J fox")
    assert ended.code == 4 and "thing" in ended.err
    assert not {"\x1b", "\x07", "\u202e"} & set(ended.err)
    assert "\x1b" not in terminal.type("jobs").out


# --- Dry run ------------------------------------------------------------------------------------------------------


def test_a_dry_run_needs_no_key_and_no_network(terminal: Terminal) -> None:
    terminal.set("OPENAI_API_KEY", "")
    terminal.set("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    ended = terminal.type("image", "a red fox", "--backend", "openai", "--quality", "low", "--dry-run", "--json")
    assert ended.code == 0
    assert ended.document["wire"]["json"] == {
        "model": ended.document["model"],
        "prompt": "a red fox",
        "quality": "low",
    }
    assert float(ended.document["cost"]["at_most"]) > 0


def test_a_dry_run_shows_people_the_request_and_the_price(terminal: Terminal, emulator: Emulator) -> None:
    ended = terminal.type("image", "a red fox", "--dry-run")
    assert ended.out.startswith(f"POST {emulator.base_url}/images/generations\nAuthorization: Bearer [key]\n")
    assert '"prompt": "a red fox"' in ended.out and "at most 0.4" in ended.out
    assert emulator.requests == ()


def test_a_dry_run_of_several_prompts_is_still_one_document(terminal: Terminal) -> None:
    document = terminal.type("image", "fox", "hen", "--dry-run", "--json").document
    assert [each["wire"]["json"]["prompt"] for each in document["results"]] == ["fox", "hen"]


def test_a_dialogue_needs_to_know_who_speaks_with_which_voice(terminal: Terminal) -> None:
    ended = terminal.type("dialogue", "Joe: Hello")
    assert ended.code == 2 and "--speaker-voices" in ended.err


def test_another_backend_is_tried_by_leave_and_it_is_said(terminal: Terminal, emulator: Emulator) -> None:
    with Emulator("google") as google:
        google.script("/v1/interactions", [Fault.rate_limited(10**6)] * 2)
        for name, value in google.variables.items():
            terminal.set(name, value)
        assert terminal.type("image", "a red fox").code == 69
        ended = terminal.type("image", "a red fox", "--fallback")
    assert ended.code == 0 and emulator.billed == 1
    assert "google:gemini-nano-banana-2.1 failed and charged nothing" in ended.err
    assert "adapted backend: google:gemini-nano-banana-2.1 became openai:" in ended.err
