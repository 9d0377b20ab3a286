"""Which source wins, where files are looked for, and what a stranger's checkout may not decide."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from machine import EVERYTHING, Machine

from anymedia.configuration import BudgetSettings, Server, Settings, load
from anymedia.engine.budget import Caps
from anymedia.engine.settings import Timeouts
from anymedia.errors import InvalidConfiguration

# Layers


def test_without_any_source_every_setting_has_its_default(machine: Machine) -> None:
    found = machine.load()
    assert found.settings == Settings()
    assert set(found.origins.values()) == {"default"}
    assert found.files == ()
    assert found.state_folder == machine.home / "state" / "anymedia"
    assert (found.caps(), found.timeouts(), found.wait) == (Caps(), Timeouts(), 1800)


def test_each_source_wins_over_the_one_before(machine: Machine) -> None:
    named = machine.home / "named.toml"
    given = {"ANYMEDIA_CONFIG": str(named), "ANYMEDIA_TIMEOUTS_WRITE": "4"}
    machine.user_file.write_text("[timeouts]\nconnect=1\nread=1\nwrite=1\ntotal=1\nwait=1")
    machine.project_file.write_text("[timeouts]\nread=2\nwrite=2\ntotal=2\nwait=2")
    named.write_text("[timeouts]\nwrite=3\ntotal=3\nwait=3")
    given |= {"ANYMEDIA_TIMEOUTS_TOTAL": "4", "ANYMEDIA_TIMEOUTS_WAIT": "4"}
    arguments = {"timeouts": {"wait": 5}}
    found = load(environ=machine.environ | given, folder=machine.project, arguments=arguments)
    assert found.timeouts() == Timeouts(connect=1, read=2, write=4, total=4)
    assert found.wait == 5
    assert {key: value for key, value in found.origins.items() if key.startswith("timeouts.")} == {
        "timeouts.connect": str(machine.user_file),
        "timeouts.read": str(machine.project_file),
        "timeouts.write": "environment variable ANYMEDIA_TIMEOUTS_WRITE",
        "timeouts.total": "environment variable ANYMEDIA_TIMEOUTS_TOTAL",
        "timeouts.wait": "argument",
    }
    assert found.files == (machine.user_file, machine.project_file, named)


def test_tables_are_merged_key_by_key(machine: Machine) -> None:
    machine.user_file.write_text("[budgets]\nper_day = 1\n[budgets.per_agent]\nann = 1\nben = 1")
    machine.project_file.write_text("[budgets.per_agent]\nben = 2")
    found = machine.load()
    assert found.settings.budgets.per_agent == {"ann": Decimal(1), "ben": Decimal(2)}
    assert found.settings.budgets.per_day == 1
    assert found.origins["budgets.per_agent.ben"] == str(machine.project_file)


def test_a_server_is_replaced_whole(machine: Machine) -> None:
    machine.user_file.write_text('[servers.mine]\nbase_url = "https://one.example.org"\nkey_env = "MY_KEY"')
    machine.project_file.write_text('[servers.mine]\nbase_url = "https://two.example.org"')
    assert machine.load().settings.servers == {"mine": Server(base_url="https://two.example.org")}


def test_the_explicit_file_stands_in_for_the_one_of_the_variable(machine: Machine) -> None:
    (machine.project / "other.toml").write_text("offline = true")
    found = machine.load(explicit=Path("other.toml"), ANYMEDIA_CONFIG="/nowhere.toml")
    assert found.settings.offline
    assert found.files == (machine.project / "other.toml",)


def test_a_file_that_is_named_counts_last_even_if_it_was_found_before(machine: Machine) -> None:
    machine.user_file.write_text("[timeouts]\nwait = 1")
    machine.project_file.write_text("[timeouts]\nwait = 2")
    assert machine.load().wait == 2
    found = machine.load(ANYMEDIA_CONFIG=str(machine.user_file))
    assert (found.wait, found.files) == (1, (machine.project_file, machine.user_file))


def test_arguments_that_are_none_were_not_asked_for(machine: Machine) -> None:
    machine.project_file.write_text("offline = true\n[budgets]\nper_call = 1")
    found = machine.with_arguments({"offline": None, "adapt": False, "budgets": {"per_call": None, "per_run": "0"}})
    assert (found.settings.offline, found.settings.adapt) == (True, False)
    assert found.settings.budgets == BudgetSettings(per_call=Decimal(1), per_run=Decimal(0))


def test_every_setting_can_stand_in_a_file(machine: Machine) -> None:
    machine.project_file.write_text(EVERYTHING)
    found = machine.load()
    settings = found.settings
    assert settings.output_dir == machine.project / "made"
    assert settings.roots == (machine.project / "made", machine.project / "inputs")
    assert settings.prefer == {"image": ("openai", "my_server")}
    assert settings.servers["my_server"].models == {"image": ("flux-dev", "flux-fast")}
    assert found.caps() == Caps(
        per_call=Decimal("0.5"),
        per_run=Decimal(2),
        per_day=Decimal("10.25"),
        per_backend={"openai": Decimal(5)},
        per_agent={"night shift": Decimal("1.00")},
        allow_unknown_cost=True,
    )
    assert found.origins['budgets.per_agent."night shift"'] == str(machine.project_file)


# Where files are looked for


def test_the_project_file_is_found_in_a_parent(machine: Machine) -> None:
    machine.project_file.write_text("offline = true")
    deep = machine.project / "a" / "b"
    deep.mkdir(parents=True)
    assert machine.load(folder=deep).files == (machine.project_file,)


@pytest.mark.parametrize("as_worktree", [False, True])
def test_the_search_ends_at_a_git_folder(machine: Machine, as_worktree: bool) -> None:
    (machine.home / "work" / "anymedia.toml").write_text("offline = true")
    git = machine.project / ".git"
    git.write_text("gitdir: elsewhere") if as_worktree else git.mkdir()
    assert machine.load().files == ()


def test_the_search_ends_at_the_home_folder(machine: Machine) -> None:
    (machine.home.parent / "anymedia.toml").write_text("offline = true")
    assert machine.load().files == ()


def test_a_parent_that_anybody_may_write_to_is_no_project(machine: Machine) -> None:
    shared = machine.home / "work"
    (shared / "anymedia.toml").write_text("offline = true")
    shared.chmod(0o1777)
    assert machine.load().files == ()
    assert machine.load(folder=shared).files == (shared / "anymedia.toml",)


def test_relative_folders_start_where_they_are_written(machine: Machine) -> None:
    inner = machine.project / "inner"
    inner.mkdir()
    machine.project_file.write_text('output_dir = "made"')
    assert machine.load(folder=inner).settings.output_dir == machine.project / "made"
    assert machine.load(folder=inner, ANYMEDIA_OUTPUT_DIR="made").settings.output_dir == inner / "made"
    assert machine.load(ANYMEDIA_OUTPUT_DIR="~/made").settings.output_dir == machine.home / "made"


def test_the_user_file_may_not_hold_a_relative_folder(machine: Machine) -> None:
    machine.user_file.write_text('output_dir = "made"')
    with pytest.raises(InvalidConfiguration, match=r"`output_dir` must be absolute or start with ~/"):
        machine.load()


def test_anymedia_home_is_the_state_folder(machine: Machine) -> None:
    assert machine.load(ANYMEDIA_HOME="state").state_folder == machine.project / "state"
    assert machine.load(ANYMEDIA_HOME="~/state").state_folder == machine.home / "state"


# What a stranger's checkout may not decide


@pytest.mark.parametrize(
    "text",
    [
        '[base_urls]\nopenai = "https://collector.example.org/v1"',
        '[servers.mine]\nbase_url = "https://collector.example.org/v1"\nkey_env = "OPENAI_API_KEY"',
    ],
)
def test_a_project_file_cannot_send_a_key_to_another_machine(machine: Machine, text: str) -> None:
    error = machine.refusal(text)
    assert "would send your key to another machine" in error.message
    assert f"ANYMEDIA_CONFIG={machine.project_file}" in str(error.next)
    assert machine.load(ANYMEDIA_CONFIG="anymedia.toml").files == (machine.project_file,)
    machine.project_file.unlink()
    machine.user_file.write_text(text)
    assert machine.load().files == (machine.user_file,)


@pytest.mark.parametrize("root", ["/", "..", "~"])
def test_a_project_file_cannot_let_agents_out_of_the_project(machine: Machine, root: str) -> None:
    assert "`roots` must lie inside the project" in machine.refusal(f'roots = ["{root}"]').message


# Environment variables


@pytest.mark.parametrize(
    ("text", "claim"),
    [("1", True), ("true", True), ("YES", True), ("0", False), ("False", False), ("no", False), ("", False)],
)
def test_offline_reads_the_usual_words(machine: Machine, text: str, claim: bool) -> None:
    assert machine.load(ANYMEDIA_OFFLINE=text).settings.offline is claim


@pytest.mark.parametrize(
    ("variable", "text", "message"),
    [
        ("ANYMEDIA_OFFLINE", "maybe", "`offline` must be one of 1, true, yes, 0, false, no, got 'maybe'"),
        (
            "ANYMEDIA_TIMEOUTS_READ",
            "soon",
            "`timeouts.read` must be seconds, a number above 0 and at most one year, got 'soon'",
        ),
        ("ANYMEDIA_TIMEOUTS_READ", "nan", "`timeouts.read` must be seconds"),
        ("ANYMEDIA_BUDGETS_PER_CALL", "-1", "`budgets.per_call` must be US dollars"),
        ("ANYMEDIA_PREFER_IMAGE", "opnai", "`prefer.image` must name a backend that is installed, got 'opnai'"),
    ],
)
def test_a_wrong_variable_is_named(machine: Machine, variable: str, text: str, message: str) -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        load(environ={**machine.environ, variable: text}, folder=machine.project)
    assert message in caught.value.message
    assert f"(environment variable {variable})" in caught.value.message


def test_variables_hold_amounts_lists_and_tables_by_operation(machine: Machine) -> None:
    settings = machine.load(
        ANYMEDIA_BUDGETS_PER_CALL=" 0.50 ",
        ANYMEDIA_ROOTS=os.pathsep.join(["~/in", "out"]),
        ANYMEDIA_PREFER_IMAGE="openai, sketch",
        ANYMEDIA_MODELS_IMAGE="gpt-image-1",
    ).settings
    assert settings.budgets.per_call == Decimal("0.50")
    assert settings.roots == (machine.home / "in", machine.project / "out")
    assert settings.prefer == {"image": ("openai", "sketch")}
    assert settings.models == {"image": "gpt-image-1"}


@pytest.mark.parametrize(
    ("variable", "nearest"),
    [("ANYMEDIA_OUTPT_DIR", "ANYMEDIA_OUTPUT_DIR"), ("ANYMEDIA_HOEM", "ANYMEDIA_HOME")],
)
def test_a_misspelt_variable_is_refused_with_the_nearest(machine: Machine, variable: str, nearest: str) -> None:
    with pytest.raises(InvalidConfiguration, match=f"no environment variable `{variable}`") as caught:
        load(environ={**machine.environ, variable: "x"}, folder=machine.project)
    assert caught.value.next == f"Did you mean '{nearest}'?"


def test_variables_of_others_are_left_alone(machine: Machine) -> None:
    machine.user_file.write_text("servers.mine = {base_url = 'https://x.org', key_env = 'ANYMEDIA_MINE_KEY'}")
    machine.load(ANYMEDIA_MINE_KEY="k", ANYMEDIA_PLUGIN_COLOUR="blue", ANYMEDIA_TEST_LIVE="1", ANYMEDIAN="x")


# Arguments


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"output_dri": "x"}, "There is no setting `output_dri` (argument)."),
        ({"offline": "yes"}, "`offline` must be true or false, got 'yes' (argument)."),
        ({"budgets": {1: 2}}, "`budgets` must be a table"),
    ],
)
def test_wrong_arguments_are_refused(machine: Machine, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        machine.with_arguments(arguments)
    assert message in caught.value.message


def test_arguments_may_be_python_values(machine: Machine) -> None:
    found = machine.with_arguments({"output_dir": Path("made"), "budgets": {"per_call": Decimal("0.1")}, "roots": ()})
    assert found.settings.output_dir == machine.project / "made"
    assert found.settings.budgets.per_call == Decimal("0.1")
    assert found.origins["roots"] == "argument"
