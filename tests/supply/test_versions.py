"""What is public changes only with the version and the change log; what is said tells what to do."""

from __future__ import annotations

import subprocess
import sys

import pytest

from anymedia.documentation.public_facts import facts, parsed, render
from anymedia.documentation.versions import Promise, complaints, main, promised

FACTS = {
    "python anymedia.Client.image": "function -> Result",
    "python anymedia.Client.image(prompt)": "str; required; place 1",
    "python anymedia.Client.image(n)": "int; default 1",
    "python anymedia.Result.files": "tuple[MediaFile, ...]; default ()",
    "error RateLimited": "code rate_limited, exit 69, a NotSent",
    "command anymedia image": "a command",
    "option anymedia image --max-cost": "value",
    "json generation results[].job_id": "a field",
    "setting adapt": "default False",
}
EMPTY = "## [Unreleased]\n"


def said(change: dict[str, str | None], *, version: str = "1.4.0", log: str = EMPTY, was: str = "1.4.0") -> list[str]:
    """What is said of a change after version `was` was released."""
    after = {name: what for name, what in {**FACTS, **change}.items() if what is not None}
    promise = Promise(version=was, released=True, facts=FACTS)
    return list(complaints(promise, after, version, log))


BREAKING = [
    ({"python anymedia.Client.image": None, "python anymedia.Client.image(prompt)": None,
      "python anymedia.Client.image(n)": None}, "image"),
    ({"python anymedia.Client.image(n)": None}, "n"),
    ({"python anymedia.Client.image(n)": "int; default 2"}, "n"),
    ({"python anymedia.Client.image(prompt)": "str; required; place 2"}, "prompt"),
    ({"python anymedia.Client.image(prompt)": "bytes; required; place 1"}, "prompt"),
    ({"python anymedia.Client.image(size)": "str; required"}, "size"),
    ({"python anymedia.Result.files": "list[MediaFile]; default ()"}, "files"),
    ({"error RateLimited": "code rate_limited, exit 5, a NotSent"}, "RateLimited"),
    ({"error RateLimited": "code slow_down, exit 69, a NotSent"}, "RateLimited"),
    ({"option anymedia image --max-cost": None}, "--max-cost"),
    ({"option anymedia image --size": "value, required"}, "--size"),
    ({"json generation results[].job_id": None}, "job_id"),
    ({"setting adapt": "default True"}, "adapt"),
]  # fmt: skip
COMPATIBLE = [
    {"python anymedia.Client.image(seed)": "int | None; default None"},
    {"python anymedia.Client.image(prompt)": "bytes | str; required; place 1"},
    {"python anymedia.Client.image(prompt)": "str; default ''; place 1"},
    {"option anymedia image --seed": "value"},
    {"json generation results[].seed": "a field"},
    {"command anymedia sing": "a command", "option anymedia sing --loud": "value, required"},
    {"python anymedia.Result.seed": "int; required"},
]


@pytest.mark.parametrize(("change", "word"), BREAKING, ids=lambda value: str(value)[:60])
def test_what_breaks_needs_a_major_version_and_a_line_in_the_change_log(change: dict[str, str], word: str) -> None:
    log = f"{EMPTY}\n### Changed\n\n- `{word}` is another.\n"
    version, line = said(change)[0], said(change)[1]
    assert "from 1.4.0 to 2.0.0 or more" in version and "docs/explanation/versions.md" in version
    assert f"say it in CHANGELOG.md with `{word}`" in line
    assert said(change, version="2.0.0")[0] == line and len(said(change, log=log)) >= 1
    if word != "image":
        assert said(change, version="2.0.0", log=log) == []


@pytest.mark.parametrize("change", COMPATIBLE, ids=lambda value: next(iter(value)))
def test_what_is_new_needs_a_minor_version_alone(change: dict[str, str]) -> None:
    (complaint,) = said(change)
    assert "to 1.5.0 or more" in complaint
    assert said(change, version="1.5.0") == []


@pytest.mark.parametrize(
    ("change", "version", "enough"),
    [
        ({"setting adapt": None}, "0.4.9", "0.5.0"),
        ({"setting more": "default 1"}, "0.4.1", "0.4.2"),
    ],
)
def test_before_the_first_major_version_the_numbers_stand_one_further_right(
    change: dict[str, str | None], version: str, enough: str
) -> None:
    log = f"{EMPTY}\n- `adapt` is gone.\n"
    assert f"to {enough} or more" in said(change, version=version, was=version, log=log)[0]
    assert said(change, version=enough, was=version, log=log) == []


def test_a_version_that_is_not_released_may_change_if_the_change_log_says_so() -> None:
    after = {**FACTS, "setting adapt": "default True", "setting more": "default 1"}
    promise = promised("# What version 0.1.0 promises.\n" + "\n".join(f"{k}: {v}" for k, v in FACTS.items()), EMPTY)
    assert not promise.released and promise.facts == FACTS
    (complaint,) = complaints(promise, after, "0.1.0", EMPTY)
    assert "`adapt`" in complaint
    assert list(complaints(promise, after, "0.1.0", EMPTY + "- `adapt` is on.\n")) == []


def test_a_line_of_an_older_version_does_not_count() -> None:
    log = f"{EMPTY}\n## [1.4.0] - 2026-11-23\n\n- `adapt` was added.\n"
    assert any("`adapt`" in each for each in said({"setting adapt": None}, version="2.0.0", log=log))


def test_today_keeps_what_was_promised() -> None:
    assert main([]) == 0


def test_the_facts_hold_what_everybody_uses_and_survive_their_own_text() -> None:
    found = facts()
    for name in (
        "python anymedia.generate_media(prompt)",
        "python anymedia.ImageRequest.seed",
        "python anymedia.Client.image(prompt)",
        "keyword CallParameters.max_cost",
        "error OutcomeUnknown",
        "option anymedia image --aspect-ratio",
        "option anymedia jobs --status",
        "json generation results[].files[].sha256",
        "json report slowest[].job_id",
        "setting budgets.per_day",
        "variable ANYMEDIA_HOME",
        "status unknown",
    ):
        assert name in found
    assert parsed(render()) == found


def test_the_facts_are_the_same_in_another_process() -> None:
    program = "from anymedia.documentation.public_facts import render; print(render(), end='')"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout == render()
