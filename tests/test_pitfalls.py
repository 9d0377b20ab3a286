"""The six pitfalls of adding a backend to the seed, each with the test that makes it impossible here."""

from __future__ import annotations

import ast
import asyncio
import itertools
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import anymedia
from anymedia import AsyncClient, errors
from anymedia.operations import (
    ImageRequest,
    MusicRequest,
    Request,
    SoundEffectRequest,
    VideoRequest,
)
from anymedia.registry import shipped_backends
from anymedia.selection import Choice, Preferences, choose
from anymedia.spec import Backend, Between, Param, TextUpTo
from anymedia.testing.conformance.examples import asking
from anymedia.testing.conformance.watch import Watch
from anymedia.testing.conformance.workbench import measured
from anymedia.testing.emulator import Emulator
from toys import queue_backend, toy_model
from workplace import Workplace

TODAY = date(2026, 11, 22)
SHIPPED = shipped_backends()
PROVIDERS = [each for each in SHIPPED.values() if each.role == "provider" and each.priority]
"""Those that may be chosen without being named."""
SUITE = Path(str(anymedia.__file__)).parent / "testing" / "conformance"
TESTS = Path(__file__).parent


def chosen(request: Request, *keyed: str, others: tuple[Backend, ...] = (), allow_rehearsal: bool = True) -> Choice:
    everyone = {**SHIPPED, **{each.name: each for each in others}}
    preferences = Preferences(shipped=frozenset(SHIPPED), allow_rehearsal=allow_rehearsal)
    return choose(request, everyone, frozenset({*keyed, "sketch"}), preferences, today=TODAY)


def default_request(backend: Backend, kind: type[Request]) -> Request | None:
    """The smallest request for the first model that is not retired, or `None` if there is none."""
    alive = (model for model in backend.models_for(kind) if model.retires is None or model.retires > TODAY)
    model = next(alive, None)
    return None if model is None else measured(kind(**(asking(model, {}) or {})))


PLACES = [
    pytest.param(backend, kind, id=f"{backend.name}-{kind.operation}")
    for backend in PROVIDERS
    for kind in backend.priority
    if default_request(backend, kind) is not None
]


# --- 1. Missing from the priority list: it works when named and is never chosen by itself ------------------------


@pytest.mark.parametrize(("backend", "kind"), PLACES)
def test_what_works_when_it_is_named_is_chosen_where_it_alone_has_a_key(backend: Backend, kind: type[Request]) -> None:
    request = default_request(backend, kind)
    assert request is not None
    assert chosen(request, backend.name).candidate.backend is backend


# --- 2. Sync against async: a call that blocks holds up every other ---------------------------------------------


@pytest.fixture
def google(tmp_path: Path) -> Iterator[tuple[Workplace, Emulator]]:
    with Emulator("google", latency=0.4) as emulator:
        yield Workplace(root=tmp_path, environ={**emulator.variables, "TOY_API_KEY": ""}), emulator


def test_eight_pictures_at_once_take_no_longer_than_the_slowest_and_the_loop_goes_on(
    google: tuple[Workplace, Emulator],
) -> None:
    """One after the other they would take 3.2 seconds, and the loop would be seen to stand still."""
    place, emulator = google

    async def tick(ticks: list[float]) -> None:
        while True:
            ticks.append(time.monotonic())
            await asyncio.sleep(0.01)

    async def drawn(client: AsyncClient) -> list[float]:
        ticks: list[float] = []
        ticking = asyncio.ensure_future(tick(ticks))
        await asyncio.gather(*(client.image(f"fox {number}") for number in range(8)))
        ticking.cancel()
        return ticks

    ticks = place.run(drawn)
    assert emulator.submits == 8
    assert ticks[-1] - ticks[0] < 8 * 0.4 / 2
    assert max(after - before for before, after in itertools.pairwise(ticks)) < 0.4


# --- 3. Ephemeral URLs: an address that is kept instead of the bytes --------------------------------------------


@pytest.mark.parametrize("name", ["google", "grok", "openrouter", "openai"])
def test_the_bytes_of_a_film_are_here_when_it_is_done_and_no_address_is_kept(name: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        emulator = stack.enter_context(Emulator(name))
        place = Workplace(root=tmp_path, environ={**emulator.variables, "TOY_API_KEY": ""})
        made = place.run(lambda client: client.video("a fox", wait=30), Watch().backend(SHIPPED[name]))
        address = emulator.url
    assert place.row["status"] == "done"
    assert made.path.read_bytes()[4:8] == b"ftyp" and made.path.stat().st_size == made.files[0].size
    assert made.files[0].url is None and "://" not in str(made.files)
    kept = {column: value for column, value in place.row.items() if column != "account"}
    assert address not in f"{kept} {made.document()}"


# --- 4. Falsy duration: 0 is a value -----------------------------------------------------------------------------


DURATIONS = [
    pytest.param(backend, model, id=f"{backend.name}-{model.id}")
    for backend in SHIPPED.values()
    for model in backend.models
    if "duration" in model.params
]


@pytest.mark.parametrize(("backend", "model"), DURATIONS)
def test_a_duration_of_zero_is_refused_or_sent_and_never_the_default(backend: Backend, model: Any) -> None:
    request = measured(model.accepts(**{**(asking(model, {}) or {}), "duration": 0}))
    assert request.asked_for()["duration"] == 0
    allows = model.params["duration"].allows
    refused = any("`duration`" in problem for problem in model.problems_with(request))
    assert refused or (isinstance(allows, Between) and allows.low == 0)


@pytest.mark.parametrize(
    ("operation", "asked", "found"),
    [
        ("sound_effect", {"prompt_influence": 0}, lambda body: body["prompt_influence"]),
        ("speech", {"voice_stability": 0}, lambda body: body["voice_settings"]["stability"]),
        ("speech", {"seed": 0}, lambda body: body["seed"]),
    ],
)
def test_zero_reaches_the_provider(operation: str, asked: Any, found: Any, tmp_path: Path) -> None:
    with Emulator("elevenlabs") as emulator:
        place = Workplace(root=tmp_path, environ={**emulator.variables, "TOY_API_KEY": ""})
        place.run(lambda client: getattr(client, operation)("Rain.", **asked))
        assert found(emulator.requests[0].json) == 0


# --- 5. Existing tests break: another backend changes who was chosen before --------------------------------------


@pytest.mark.parametrize("kind", [ImageRequest, VideoRequest, MusicRequest, SoundEffectRequest])
def test_an_installed_backend_changes_no_choice_whatever_priority_it_claims(kind: type[Request]) -> None:
    model = toy_model(accepts=kind, params={"prompt": Param(wire_name="prompt", allows=TextUpTo(10_000))})
    newcomer = replace(queue_backend("https://toy.example", model=model), priority={kind: 0})
    request = kind(prompt="a fox")  # type: ignore[call-arg]
    able = [each.name for each in PROVIDERS if kind in each.priority and default_request(each, kind) is not None]
    for only in able:
        assert chosen(request, only, newcomer.name, others=(newcomer,)).candidate.backend.name == only
    assert chosen(request, newcomer.name, others=(newcomer,)).candidate.backend is newcomer


# --- 6. Image-to-image gating: an allow-list that the new backend is not on --------------------------------------


WITH_INPUTS = [
    pytest.param(backend, id=backend.name)
    for backend in PROVIDERS
    if ImageRequest in backend.priority
    and any("input_images" in model.params for model in backend.models_for(ImageRequest))
]


@pytest.mark.parametrize("backend", WITH_INPUTS)
def test_a_backend_that_declares_input_images_is_chosen_for_them(backend: Backend) -> None:
    model = next(each for each in backend.models_for(ImageRequest) if "input_images" in each.params)
    image = model.params["input_images"].allows.valid_examples()[0]
    request = measured(ImageRequest(prompt="a fox", input_images=tuple(image)))
    assert chosen(request, backend.name).candidate.backend is backend
    with pytest.raises(errors.NoBackendAvailable) as caught:
        chosen(request, allow_rehearsal=False)
    assert all(variable in str(caught.value.next) for variable in backend.auth.env)


# --- What stands elsewhere ---------------------------------------------------------------------------------------

ELSEWHERE = {
    "missing from the priority list": (SUITE / "test_declarations.py", "test_every_operation_has_a_priority"),
    "sync against async": (SUITE / "test_purity.py", "test_backend_imports_nothing_that_does_io"),
    "ephemeral URLs": (TESTS / "engine" / "test_downloads.py", "test_a_signed_address_is_in_no_error_*"),
    "falsy duration": (SUITE / "test_parameters.py", "test_declared_parameter_reaches_the_provider"),
    "existing tests break": (TESTS / "conformance" / "test_promises.py", "test_selection_prefers_it_by_its_*"),
    "image-to-image gating": (SUITE / "test_purity.py", "test_nobody_else_knows_its_name"),
}


@pytest.mark.parametrize("pitfall", ELSEWHERE)
def test_the_suite_that_every_backend_passes_watches_for_the_pitfall_too(pitfall: str) -> None:
    file, pattern = ELSEWHERE[pitfall]
    names = [each.name for each in ast.parse(file.read_text("utf-8")).body if isinstance(each, ast.FunctionDef)]
    assert any(Path(name).match(pattern) for name in names)
