"""Commands that only look: models, why, jobs, doctor, config. They spend nothing and need no network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from terminal import KEY, Terminal

from anymedia.testing.emulator import Emulator, Fault


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(tmp_path, monkeypatch, capsys)


# --- models -------------------------------------------------------------------------------------------------------


def test_models_say_whether_they_can_be_used_now(terminal: Terminal) -> None:
    models = terminal.type("models", "--json").document["models"]
    by_name = {f"{model['backend']}:{model['model']}": model for model in models}
    assert by_name["openai:gpt-image-2"]["why_not"] == ["set OPENAI_API_KEY"]
    assert any("was retired" in reason for reason in by_name["openai:dall-e-3"]["why_not"])
    assert by_name["sketch:illustrator"]["usable"] is True
    assert all(model["price"]["source"] and model["price"]["checked"] for model in models)
    assert by_name["openai:gpt-image-2"]["parameters"]["n"]["schema"]["maximum"] == 10


def test_models_are_filtered_by_operation_and_backend(terminal: Terminal) -> None:
    shown = terminal.type("models", "--operation", "sound-effect", "--backend", "SKETCH").out
    assert shown.startswith("sketch:sound-effects  (sound effect, default)  usable now\n")
    assert shown.count("price ") == 1


def test_verbose_models_say_what_each_parameter_allows(terminal: Terminal) -> None:
    assert "  n: a whole number from 1 to 10\n" in terminal.type("models", "--backend", "openai", "-v").out


def test_registration_is_the_three_tables(terminal: Terminal) -> None:
    tables = terminal.type("models", "--registration", "--json").document
    assert tables["api_keys"]["openai"] == ["OPENAI_API_KEY"]
    assert tables["default_models"]["sketch"]["speech"] == "voice"
    assert tables["priorities"]["image"].index("openai") < tables["priorities"]["image"].index("sketch")
    shown = terminal.type("models", "--registration").out
    assert shown.startswith("api keys\n") and "\n  openai: OPENAI_API_KEY\n" in shown and "\npriorities\n" in shown


# --- why ----------------------------------------------------------------------------------------------------------


def test_why_says_that_the_budget_would_not_allow_it(terminal: Terminal) -> None:
    terminal.set("OPENAI_API_KEY", KEY)
    ended = terminal.type("why", "image", "a fox", "--max-cost", "0.001")
    assert ended.code == 7
    assert ended.out.startswith("openai:") and "capped at $0.001" in ended.err


def test_why_names_the_winner_and_the_reason_against_each_other(terminal: Terminal) -> None:
    ended = terminal.type("why", "image", "a fox", "--seed", "3", "--json")
    assert (ended.code, ended.document["backend"]) == (0, "sketch")
    openai = [each for each in ended.document["candidates"] if each["backend"] == "openai"]
    assert all("has no `seed`" in each["why_not"] for each in openai)
    assert terminal.type("why", "image", "a fox").out.startswith("sketch:illustrator would make it, for at most 0 USD.")


def test_why_without_a_winner_has_the_exit_code_of_the_call(terminal: Terminal) -> None:
    ended = terminal.type("why", "speech", "hello", "--voice-stability", "0.5", "--instructions", "warmly")
    assert ended.code == 2
    ended = terminal.type("why", "image", "a fox", "--backend", "openai", "--json")
    assert (ended.code, ended.document["error"]["code"]) == (3, "missing_credentials")


# --- jobs and resume ----------------------------------------------------------------------------------------------


def test_jobs_lists_filters_and_counts_down(terminal: Terminal, emulator: Emulator) -> None:
    terminal.use(emulator)
    emulator.script("/v1/images/generations", [Fault.moderation()])
    terminal.type("image", "a red fox")
    terminal.type("image", "a white hen")
    assert [job["status"] for job in terminal.type("jobs", "--json").document["jobs"]] == ["done", "refused"]
    (line,) = terminal.type("jobs", "--status", "refused").out.splitlines()
    assert "refused  image  openai:" in line and line.endswith("a red fox")
    assert len(terminal.type("jobs", "--limit", "1").out.splitlines()) == 1
    assert len(terminal.type("jobs", "--since", "1h").out.splitlines()) == 2
    assert terminal.type("jobs", "--since", "2099-01-01").out == ""


def test_nothing_to_resume_is_no_error(terminal: Terminal) -> None:
    ended = terminal.type("resume")
    assert (ended.code, ended.out) == (0, "") and "nothing to resume" in ended.err
    assert terminal.type("resume", "--json").document["success"] is True


# --- doctor -------------------------------------------------------------------------------------------------------


def test_doctor_shows_keys_by_source_and_fingerprint_only(terminal: Terminal, emulator: Emulator) -> None:
    terminal.use(emulator)
    ended = terminal.type("doctor")
    assert ended.code == 0
    assert "openai: key from OPENAI_API_KEY, fingerprint " in ended.out
    assert f"is reached at {emulator.base_url}" in ended.out
    assert "fox" not in ended.out and KEY not in ended.out + ended.err
    assert not terminal.state.exists(), "doctor creates nothing"


def test_doctor_names_what_the_ledger_holds_open(terminal: Terminal, emulator: Emulator) -> None:
    terminal.use(emulator)
    emulator.script("/v1/images/generations", [Fault.status(500, billed=True)])
    terminal.type("image", "a red fox")
    ended = terminal.type("doctor", "--json")
    assert ended.code == 0
    said = [finding["says"] for finding in ended.document["findings"] if finding["about"] == "ledger"]
    assert said == ["whole, 1 jobs", "of 1 jobs nobody knows whether they were charged"]


def test_doctor_is_three_when_the_ledger_is_damaged(terminal: Terminal) -> None:
    terminal.state.mkdir()
    (terminal.state / "ledger.sqlite").write_text("this is no database " * 100)
    ended = terminal.type("doctor", "--json")
    assert (ended.code, ended.document["healthy"]) == (3, False)


def test_doctor_is_three_when_the_configuration_is_wrong(terminal: Terminal) -> None:
    Path("anymedia.toml").write_text("offlin = true\n")
    ended = terminal.type("doctor")
    assert ended.code == 3 and "Did you mean 'offline'?" in ended.out


# --- config -------------------------------------------------------------------------------------------------------


def test_config_show_says_where_a_value_comes_from(terminal: Terminal) -> None:
    Path("anymedia.toml").write_text('[budgets]\nper_day = "5"\n[prefer]\nimage = ["sketch"]\n')
    terminal.set("ANYMEDIA_OFFLINE", "1")
    shown = terminal.type("config", "show", "--origin").out
    file = terminal.folder / "anymedia.toml"
    assert f'budgets.per_day = "5"   # {file}\n' in shown
    assert f'prefer.image = ["sketch"]   # {file}\n' in shown
    assert "offline = true   # environment variable ANYMEDIA_OFFLINE\n" in shown
    assert "allow_retired = false   # default\n" in shown
    assert terminal.type("config", "show", "--json").document["settings"]["budgets"]["per_day"] == "5"


def test_config_init_writes_a_file_that_is_valid(terminal: Terminal) -> None:
    written = terminal.type("config", "init")
    assert written.out.strip() == str(terminal.folder / "anymedia.toml")
    assert terminal.type("config", "validate").code == 0
    assert terminal.type("config", "init").code == 2, "an existing file is never replaced"
    assert terminal.type("config", "init", "--user").code == 0


def test_config_schema_is_a_json_schema(terminal: Terminal) -> None:
    schema = json.loads(terminal.type("config", "schema").out)
    Draft202012Validator.check_schema(schema)
    assert "offline" in schema["properties"]
