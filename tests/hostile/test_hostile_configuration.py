"""Settings, variables and plugins that somebody got wrong, or meant ill: each is refused in words, and soon."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from anymedia.configuration import load
from anymedia.errors import InvalidConfiguration
from canary import CORE, holds_key

KEY = f"hostile/{CORE}"
SOON = 20.0
"""Seconds. What is wrong is found at once; a machine that is busy may take its time."""


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """A project's file, variables, and what the refusal says."""

    file: str = ""
    environ: dict[str, str] = field(default_factory=dict)
    says: str


ADDRESS = "must be a URL such as https://example.org/v1, without user name"
WRONG = {
    "a key twice": Wrong(file="offline = true\noffline = false", says="given twice"),
    "a table twice": Wrong(file="[budgets]\n[budgets]", says="given twice"),
    "more keys than anybody writes": Wrong(file="\n".join(f"k{n} = 1" for n in range(10**6)), says="larger than 1 MiB"),
    "as many keys as a file may have": Wrong(file="\n".join(f"a{n}=1" for n in range(10**5)), says="no setting `a0`"),
    "as many servers": Wrong(file="\n".join(f"[servers.s{n}]" for n in range(4 * 10**4)), says="needs `base_url`"),
    "deep nesting": Wrong(file="a = " + "[" * 10**5, says="nested too deep"),
    "a misspelt table": Wrong(file="[bugdets]\nper_call = 1", says="Did you mean 'budgets'?"),
    "a misspelt key": Wrong(file="[privacy]\nkeep_promts = '1d'", says="Did you mean 'keep_prompts'?"),
    "a misspelt variable": Wrong(environ={"ANYMEDIA_BUGDETS_PER_DAY": "1"}, says="ANYMEDIA_BUDGETS_PER_DAY"),
    "a negative budget": Wrong(file="budgets.per_day = -5", says="must be US dollars from 0 up"),
    "a negative budget in a variable": Wrong(environ={"ANYMEDIA_BUDGETS_PER_DAY": "-5"}, says="must be US dollars"),
    "a budget that is no number": Wrong(file="budgets.per_day = nan", says="must be US dollars"),
    "no number in a variable": Wrong(environ={"ANYMEDIA_BUDGETS_PER_DAY": "NaN"}, says="must be US dollars"),
    "an endless wait": Wrong(file="timeouts.wait = inf", says="must be seconds"),
    "no age": Wrong(file="privacy.keep_prompts = 'for ever'", says="must be an age"),
    "an age below nothing": Wrong(file="privacy.keep_prompts = '-1d'", says="must be an age"),
    "plain http to another machine": Wrong(file='base_urls.openai = "http://example.org"', says="begin with https"),
    "the same in a variable": Wrong(environ={"OPENAI_BASE_URL": "http://example.org"}, says="begin with https"),
    "an address that looks like this machine": Wrong(
        file='base_urls.openai = "http://127.0.0.1.example.org"', says="begin with https"
    ),
    "an address with a key in it": Wrong(environ={"OPENAI_BASE_URL": f"https://me:{KEY}@example.org"}, says=ADDRESS),
    "an address with a query": Wrong(file=f'base_urls.openai = "https://example.org/?key={KEY}"', says=ADDRESS),
    "a project that sends the key elsewhere": Wrong(
        file='base_urls.openai = "https://evil.example.org"', says="would send your key to another machine"
    ),
    "a variable in an address": Wrong(file='base_urls.openai = "https://example.org/${HOME}?"', says=ADDRESS),
    "a key in a file": Wrong(file=f'openai_api_key = "{KEY}"', says="Keys of providers never stand in a file"),
    "a key in the place of its variable": Wrong(
        file=f'[servers.mine]\nbase_url = "https://example.org"\nkey_env = "{KEY}"', says="not the key itself"
    ),
    "a file of keys elsewhere": Wrong(file='env_file = "/etc/environment"', says="must lie inside the project"),
    "a key with a line break": Wrong(environ={"OPENAI_API_KEY": f"{KEY}\nX-Evil: 1"}, says="no header can carry"),
    "a key in quotes": Wrong(environ={"OPENAI_API_KEY": f'"{KEY}"'}, says="stands in quotes"),
    "a key that was not filled in": Wrong(environ={"OPENAI_API_KEY": "${KEY}"}, says="nothing fills that in"),
    "a key that is hidden letters": Wrong(environ={"OPENAI_API_KEY": f"{KEY}\u202e"}, says="no header can carry"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_refused_in_words_and_soon(wrong: Wrong, tmp_path: Path) -> None:
    from anymedia import AsyncClient

    (tmp_path / "anymedia.toml").write_text(wrong.file, "utf-8")
    machine = {"HOME": str(tmp_path / "home"), "ANYMEDIA_HOME": str(tmp_path / "state")}
    environ = {**machine, "OPENAI_API_KEY": KEY, **wrong.environ}
    began = time.monotonic()
    with pytest.raises(InvalidConfiguration) as caught:
        found = load(environ=environ, folder=tmp_path)
        desk = AsyncClient(configuration=found, environ=environ).desk
        desk.access(desk.backends["openai"])
    error = caught.value
    assert wrong.says in str(error) and not holds_key(str(error)) and len(str(error)) < 1000
    assert time.monotonic() - began < SOON


@pytest.mark.parametrize(
    ("value", "same"),
    [("$OPENAI_API_KEY", True), ("${HOME}/${HOME}", True), ("~/made", False)],
)
def test_variables_in_a_setting_are_not_filled_in(value: str, same: bool, tmp_path: Path) -> None:
    (tmp_path / "anymedia.toml").write_text(f'output_dir = "{value}"')
    found = load(environ={"HOME": "/home/me", "OPENAI_API_KEY": KEY}, folder=tmp_path).settings.output_dir
    assert found == (tmp_path / value if same else Path("/home/me/made"))


# --- Plugins --------------------------------------------------------------------------------------------------------

PLUGINS = {
    "raises": ("raise RuntimeError('it broke')", "The plugin 'raises' (raises) cannot be imported"),
    "declares_nothing": ("A = 1", "declares no BACKEND"),
    "twin": ("from anymedia.backends.openai import BACKEND\nfrom dataclasses import replace\n"
             "BACKEND = replace(BACKEND, aliases=())", "Two backends are named 'openai'"),
    "newer": ("from anymedia.backends.openai import BACKEND\nfrom dataclasses import replace\n"
              "BACKEND = replace(BACKEND, name='new', spec_version=99)", "is written for version 99"),
    "exits": ("raise SystemExit(3)", "The plugin 'exits' (exits) cannot be imported"),
}  # fmt: skip


@pytest.mark.parametrize("name", PLUGINS)
def test_a_plugin_that_is_broken_is_named_with_what_to_do(name: str, tmp_path: Path) -> None:
    content, says = PLUGINS[name]
    (tmp_path / f"{name}.py").write_text(content)
    facts = tmp_path / f"{name}-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(f"[anymedia.backends]\n{name} = {name}\n")
    environ = {**os.environ, "HOME": str(tmp_path), "PYTHONPATH": str(tmp_path), "OPENAI_API_KEY": KEY}
    command = [sys.executable, "-m", "anymedia", "image", "a fox", "--dry-run"]
    ended = subprocess.run(command, env=environ, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 3, ended.stderr
    assert says in ended.stderr and not holds_key(ended.stderr)
