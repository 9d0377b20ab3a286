"""The promise: one backend file is added by hand, nothing else, and everything else follows from it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from anymedia import backends, registry
from anymedia.cli.main import cli
from anymedia.errors import MissingCredentials, NoBackendAvailable
from anymedia.operations import VideoRequest
from anymedia.selection import Preferences, candidates, choose
from anymedia.spec import Backend
from anymedia.testing.conformance.subjects import SUBJECTS
from anymedia.testing.conformance.targets import backends_named

TODAY = date(2026, 11, 22)
ADDED = "lanterna"


@pytest.fixture
def added(tmp_path: Path) -> Iterator[Backend]:
    """A house with one more file in its backends: nothing is registered, listed or generated."""
    shutil.copy(Path(__file__).with_name("polled_backend.py"), tmp_path / f"{ADDED}.py")
    backends.__path__.append(str(tmp_path))
    forget_backends()
    yield registry.shipped_backends()[ADDED]
    backends.__path__.remove(str(tmp_path))
    sys.modules.pop(f"{backends.__name__}.{ADDED}", None)
    forget_backends()


def forget_backends() -> None:
    registry.shipped_backends.cache_clear()
    registry._shipped_modules.cache_clear()


def preferences(backend: str | None = None) -> Preferences:
    return Preferences(backend=backend, shipped=frozenset(registry.shipped_backends()))


def test_the_registry_knows_it(added: Backend) -> None:
    assert registry.all_backends()[ADDED] is added
    assert registry.find_backend("LANTERNA", registry.all_backends()) is added


def test_selection_prefers_it_by_its_declared_priority(added: Backend) -> None:
    everyone = registry.all_backends()
    chosen = choose(VideoRequest(prompt="a fox"), everyone, frozenset(everyone), preferences(), today=TODAY)
    assert chosen.candidate.name == "lanterna:lantern-1"


def test_selection_says_which_key_it_needs(added: Backend) -> None:
    everyone = registry.all_backends()
    with pytest.raises(MissingCredentials, match="LANTERNA_API_KEY"):
        choose(VideoRequest(prompt="a fox"), everyone, frozenset(), preferences(ADDED), today=TODAY)
    with pytest.raises(NoBackendAvailable, match="LANTERNA_API_KEY"):
        choose(VideoRequest(prompt="a fox"), everyone, frozenset(), preferences(), today=TODAY)


def test_selection_says_what_it_cannot_serve(added: Backend) -> None:
    request = VideoRequest(prompt="a fox", seed=7)
    everyone = registry.all_backends()
    found = candidates(request, everyone, frozenset(everyone), preferences(), today=TODAY)
    reasons = {candidate.name: candidate.why_not for candidate in found}
    assert reasons["lanterna:lantern-1"] == ("has no `seed`",)


def test_derived_tests_follow(added: Backend) -> None:
    assert added in backends_named([])
    ids = {argument: [subject.id for subject in derive(added)] for argument, derive in SUBJECTS.items()}
    assert "lanterna-lantern-1-duration" in ids["parameter"]
    assert "lanterna-lantern-1-seed" in ids["undeclared"]
    assert "lanterna-sample1-video-done" in ids["polled"]


def test_its_parameters_become_options_of_the_command_line(added: Backend) -> None:
    """No other backend that films has a negative prompt: the option is there because this one declares it."""
    shown = CliRunner().invoke(cli, ["video", "--help"]).output
    assert "--negative-prompt" in shown
    assert "lanterna" in shown


def test_the_command_line_lists_its_models(added: Backend, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ANYMEDIA_HOME", str(tmp_path))
    shown = CliRunner().invoke(cli, ["models"]).output
    assert "lantern-1" in shown
    assert "LANTERNA_API_KEY" in shown
