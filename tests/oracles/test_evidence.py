"""The evidence that is checked in is what the oracles find, and a grade is never better than its weakest case."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import date
from itertools import chain, pairwise
from pathlib import Path

import pytest
from evidence import (
    ARTEFACTS,
    CHECKED_IN,
    LADDER,
    RECORDINGS,
    Evidence,
    Finding,
    as_text,
    evidence_of,
    oracles,
    with_live,
)

from anymedia import AsyncClient
from anymedia.backends.openai import BACKEND as OPENAI
from anymedia.configuration import load
from anymedia.integrator.recording.recorder import Recorder
from anymedia.integrator.recording.takes import takes_of
from anymedia.registry import shipped_backends
from anymedia.spec import Backend
from anymedia.testing.emulator import Emulator


def finding(*witnesses: str, parameter: str = "seed", backend: str = "tintype") -> Finding:
    return Finding(operation="image", backend=backend, parameter=parameter, witnesses=frozenset(witnesses))


def grade(*findings: Finding) -> str:
    return evidence_of(findings)["image"]["tintype"]["seed"]


def test_the_checked_in_evidence_is_what_the_oracles_find(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    found = chain.from_iterable(oracle.findings(request.getfixturevalue(oracle.LABORATORY)) for oracle in oracles())
    text = as_text(with_live(evidence_of(found), shipped_backends(), [RECORDINGS], tmp_path))
    (ARTEFACTS / "evidence.json").write_text(text, "utf-8")
    assert CHECKED_IN.read_text("utf-8") == text, f"copy {ARTEFACTS / 'evidence.json'} to {CHECKED_IN}"


@pytest.mark.parametrize("better, worse", tuple(pairwise(LADDER)))
def test_one_weak_case_is_enough_to_lower_a_grade(better: str, worse: str) -> None:
    assert grade(finding(better), finding(better)) == better
    assert grade(finding(better), finding(worse), finding(better)) == worse


def test_a_case_without_a_witness_is_reading() -> None:
    assert grade(finding()) == "reading"
    assert grade(finding("SDK", "schema"), finding()) == "reading"


def test_witnesses_of_every_case_are_named_after_the_grade() -> None:
    assert grade(finding("schema", "live", "SDK")) == "live, SDK, schema"
    assert grade(finding("SDK", "schema"), finding("SDK", "client", "schema")) == "SDK, schema"


def test_a_witness_of_some_cases_is_not_named() -> None:
    assert grade(finding("SDK", "schema"), finding("SDK")) == "SDK"


def test_the_cells_of_several_backends_stay_apart() -> None:
    found = evidence_of([finding("SDK", backend="tintype"), finding("schema", backend="daguerre", parameter="n")])
    assert found == {"image": {"daguerre": {"n": "schema"}, "tintype": {"seed": "SDK"}}}


# --- Recordings ---------------------------------------------------------------------------------------------------

KEY = "sk-canary-0123456789abcdefghij"
KNOWN: Evidence = {"image": {"openai": {"mask": "SDK", "prompt": "SDK, schema"}}}


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Backend, Path]:
    """A backend whose provider is the emulator, and the folder of a recording that was made there."""
    folder = tmp_path_factory.mktemp("recordings")
    with Emulator(dialect="openai", api_key=KEY) as emulator:
        tintype = replace(OPENAI, base_url=emulator.base_url)
        asyncio.run(_record(tintype, folder))
    return tintype, folder


async def _record(backend: Backend, folder: Path) -> None:
    environ = {"HOME": str(folder), "ANYMEDIA_HOME": str(folder / "state"), "OPENAI_API_KEY": KEY}
    configuration = load(environ=environ, folder=folder, arguments={"output_dir": str(folder / "out")})
    async with AsyncClient(configuration=configuration, environ=environ) as client:
        client.desk.backends = {**client.desk.backends, backend.name: backend}
        takes, _ = await takes_of(client, backend, operations=["image"], into=folder)
        await Recorder(client, backend, today=date(2026, 11, 23)).record(takes[0])


def test_a_recording_made_at_the_provider_moves_the_cells_of_its_request(
    planted: tuple[Backend, Path], tmp_path: Path
) -> None:
    tintype, folder = planted
    cells = with_live(KNOWN, {"openai": tintype}, [folder], tmp_path)["image"]["openai"]
    assert cells.pop("prompt") == "live, 2026-11-23, SDK, schema"
    assert cells.pop("mask") == "SDK"
    assert set(cells.values()) <= {"live, 2026-11-23"}


def test_a_recording_made_anywhere_else_is_none_of_the_provider(planted: tuple[Backend, Path], tmp_path: Path) -> None:
    assert with_live(KNOWN, {"openai": OPENAI}, [planted[1]], tmp_path) == KNOWN


def test_a_recording_that_is_not_sent_as_it_was_counts_no_more(planted: tuple[Backend, Path], tmp_path: Path) -> None:
    tintype, folder = planted
    [path] = folder.glob("openai/*.json")
    recording = json.loads(path.read_text("utf-8"))
    recording["exchanges"][0]["request"]["json"]["prompt"] = "another"
    changed = tmp_path / "changed" / "openai" / "image.json"
    changed.parent.mkdir(parents=True)
    changed.write_text(json.dumps(recording), "utf-8")
    assert with_live(KNOWN, {"openai": tintype}, [tmp_path / "changed"], tmp_path / "play") == KNOWN
