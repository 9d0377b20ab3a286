"""The seed's selection: who makes what for which keys, in which order, under which names."""

from __future__ import annotations

import pytest
from house import House, winner

from anymedia import errors
from anymedia.operations import ImageRequest, Request, VideoRequest
from anymedia.registry import all_backends, find_backend
from anymedia.selection import retirement


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (("google", "openai"), "google:gemini-nano-banana-2.1"),
        (("openai",), "openai:gpt-image-2.6-sunburst"),
        (("openrouter",), "openrouter:google/gemini-3.1-flash-image"),
        (("grok",), "grok:grok-imagine-image-2.0"),
        (("grok", "openrouter", "elevenlabs"), "grok:grok-imagine-image-2.0"),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, tuple) else None,
)
def test_a_picture_is_drawn_by_the_first_of_google_openai_grok_openrouter(
    keys: tuple[str, ...], expected: str, house: House
) -> None:
    made = house.opens(*keys).make()
    assert winner(made) == expected
    assert house.buyers == {made.backend: 1}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (("grok", "openai"), "grok"),
        (("grok", "google", "openai"), "grok"),
        (("google", "openai"), "google"),
        (("openai",), "openai"),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, tuple) else None,
)
def test_a_film_is_made_by_the_first_of_grok_google_openai(keys: tuple[str, ...], expected: str, house: House) -> None:
    """OpenAI's own films were shut down; its emulator is a server of the user's own, which may still have them."""
    made = house.opens(*keys).make(mode="video")
    assert made.backend == expected
    assert house.buyers == {expected: 1}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [(("elevenlabs", "openai"), "elevenlabs:eleven_v4"), (("openai",), "openai:gpt-realtime-2.1-mini")],
    ids=lambda value: "+".join(value) if isinstance(value, tuple) else None,
)
def test_speech_is_spoken_by_elevenlabs_before_openai(keys: tuple[str, ...], expected: str, house: House) -> None:
    """The seed's models, eleven_multilingual_v2 and gpt-4o-mini-tts, have newer ones before them."""
    assert winner(house.opens(*keys).make("Hello.", mode="audio")) == expected


def test_without_any_key_it_is_rehearsed_with_a_warning_and_costs_nothing(house: House) -> None:
    """The seed answers "none"; here a rehearsal that says so is the answer, and never where agents ask."""
    made = house.make("a red fox", size="64x64")
    assert (made.backend, made.cost.amount) == ("sketch", 0)
    assert any("rehearsal" in warning for warning in made.warnings)


def test_the_error_for_no_able_backend_names_every_variable_that_would_help(house: House) -> None:
    error = house.opens("elevenlabs").failure()
    assert isinstance(error, errors.NoBackendAvailable)
    for name in ("GOOGLE_API_KEY", "GEMINI_API_KEY", "OPENAI_API_KEY", "XAI_API_KEY", "OPENROUTER_API_KEY"):
        assert name in str(error.next), name


@pytest.mark.parametrize(
    ("kind", "order"), [(ImageRequest, "google openai grok openrouter"), (VideoRequest, "grok google openai")]
)
def test_the_priority_lists_are_exactly_those_of_the_seed(kind: type[Request], order: str) -> None:
    """Among the backends that the seed has; the others have their places between and after them."""
    declared = [each for each in all_backends().values() if each.name in order.split()]
    ranked = sorted(declared, key=lambda each: each.priority[kind])
    assert [each.name for each in ranked] == order.split()


@pytest.mark.parametrize(
    ("backend", "variables"),
    [
        ("grok", ("XAI_API_KEY",)),
        ("openai", ("OPENAI_API_KEY",)),
        ("google", ("GOOGLE_API_KEY", "GEMINI_API_KEY")),
        ("openrouter", ("OPENROUTER_API_KEY",)),
        ("elevenlabs", ("ELEVENLABS_API_KEY",)),
    ],
)
def test_every_backend_has_the_variables_of_the_seed(backend: str, variables: tuple[str, ...], house: House) -> None:
    assert find_backend(backend, all_backends()).auth.env == variables
    operation = "speech" if backend == "elevenlabs" else "image"
    error = house.failure("x", mode=operation, backend=backend)
    assert isinstance(error, errors.MissingCredentials)
    assert all(name in str(error.next) for name in variables)


@pytest.mark.parametrize("seeds_default", ["google:gemini-3.1-flash-image-preview", "grok:grok-imagine-video"])
def test_a_default_model_of_the_seed_is_served_or_refused_with_its_successor(seeds_default: str, house: House) -> None:
    backend, _, name = seeds_default.partition(":")
    model = all_backends()[backend].model(name)
    assert model is not None
    house.place.environ |= {"GEMINI_API_KEY": "anything", "XAI_API_KEY": "anything"}
    if model.retires is None:
        assert winner(house.opens(backend).make(mode="video", model=name)) == seeds_default
    else:
        error = house.failure(model=name)
        assert isinstance(error, errors.RetiredModel)
        assert retirement(model) in error.message and str(model.successor) in str(error.next)


@pytest.mark.parametrize(
    ("keys", "model", "path"),
    [
        (("google",), "gemini-3.1-flash-image", "/v1/models/gemini-3.1-flash-image:generateContent"),
        (("google",), "gemini-3-pro-image", "/v1/models/gemini-3-pro-image:generateContent"),
        (("google",), None, "/v1/interactions"),
        (("vertex",), "imagen-4.0-generate-001", "imagen-4.0-generate-001:predict"),
    ],
    ids=str,
)
def test_gemini_models_are_asked_for_content_and_imagen_for_a_prediction(
    keys: tuple[str, ...], model: str | None, path: str, house: House
) -> None:
    """Google's newest picture model is asked by an interaction instead; Imagen lives on at Vertex AI alone."""
    made = house.opens(*keys).make(model=model)
    (sent,) = house.paid(keys[0])
    assert sent.path.endswith(path)
    assert "gemini" in made.model or model is not None


@pytest.mark.parametrize("name", ["eleven_labs", "ElevenLabs", "elevenlabs"])
def test_the_other_spelling_of_elevenlabs_is_elevenlabs(name: str, house: House) -> None:
    assert house.opens("elevenlabs").make("Hello.", mode="speech", backend_type=name).backend == "elevenlabs"
