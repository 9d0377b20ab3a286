"""Who is chosen, for every set of keys, and what is said about the others. Over the public door, nothing sent."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from anymedia import (
    AnymediaError,
    AsyncClient,
    ImageRequest,
    MediaFile,
    MusicRequest,
    SoundEffectRequest,
    SpeechRequest,
    VideoRequest,
    errors,
)
from anymedia.configuration import load
from anymedia.desk import Options
from anymedia.operations import DescribeRequest, Request, TranscriptionRequest, VoiceConversionRequest
from anymedia.registry import _by_name, all_backends, shipped_backends
from anymedia.selection import Preferences, choose
from anymedia.spec import ApiKey, Backend, NoKey
from toys import KEY, queue_backend, toy_model
from workplace import TOYS, Workplace

FOX = ImageRequest(prompt="a fox")
OPENAI = {"OPENAI_API_KEY": KEY}
URL = "http://127.0.0.1:9"


def choice(
    workplace: Workplace,
    request: Request,
    environ: dict[str, str],
    *backends: Backend,
    allow_rehearsal: bool = True,
    settings: Any = None,
    **options: Any,
) -> Any:
    """The winner's `backend:model`, or the error. Nothing is opened."""
    surroundings = {"HOME": str(workplace.root), "ANYMEDIA_HOME": str(workplace.state), **environ}
    found = load(environ=surroundings, folder=workplace.root, arguments=settings or {})
    client = AsyncClient(configuration=found, environ=surroundings, allow_rehearsal=allow_rehearsal)
    client.desk.backends = {**client.desk.backends, **{backend.name: backend for backend in backends}}
    try:
        return client.desk.choose(request, Options(**options))
    except AnymediaError as error:
        return error
    finally:
        asyncio.run(client.close())


def winner(*arguments: Any, **options: Any) -> str:
    found = choice(*arguments, **options)
    return type(found).__name__ if isinstance(found, AnymediaError) else str(found.candidate.backend.name)


SPEECH = SpeechRequest(text="x")
ONLY_REHEARSED = [VideoRequest(prompt="x"), MusicRequest(prompt="x"), SoundEffectRequest(prompt="x")]
REHEARSED = [*ONLY_REHEARSED, SPEECH]
RECORDING = MediaFile(media_type="audio/wav", data=b"RIFF")


@pytest.mark.parametrize(
    ("request_", "environ", "expected"),
    [
        (FOX, {}, "sketch"),
        (FOX, OPENAI, "openai"),
        (FOX, {"OPENAI_API_KEY": ""}, "sketch"),
        (FOX, {"OPENAI_API_KEY": "  \n"}, "sketch"),
        (FOX, {**OPENAI, "ANYMEDIA_OFFLINE": "1"}, "sketch"),
        (FOX, {**OPENAI, "ANYMEDIA_OFFLINE": "0"}, "openai"),
        (ImageRequest(prompt="a fox", seed=7), {}, "sketch"),
        (ImageRequest(prompt="a fox", moderation="low"), OPENAI, "openai"),
        *((request, {}, "sketch") for request in REHEARSED),
        *((request, OPENAI, "NoBackendAvailable") for request in ONLY_REHEARSED),
        *((request, {**OPENAI, "ANYMEDIA_OFFLINE": "1"}, "sketch") for request in REHEARSED),
        (DescribeRequest(prompt="what is this?"), {}, "NoBackendAvailable"),
        (DescribeRequest(prompt="what is this?"), OPENAI, "openai"),
        (TranscriptionRequest(audio=RECORDING), {}, "NoBackendAvailable"),
        (TranscriptionRequest(audio=RECORDING), OPENAI, "openai"),
    ],
)
def test_the_winner_for_a_set_of_keys(request_: Request, environ: Any, expected: str, workplace: Workplace) -> None:
    assert winner(workplace, request_, environ) == expected


@pytest.mark.parametrize("request_", [FOX, *REHEARSED], ids=lambda request: request.operation)
def test_a_rehearsal_is_never_chosen_by_itself_where_that_is_not_allowed(
    request_: Request, workplace: Workplace
) -> None:
    error = choice(workplace, request_, {}, allow_rehearsal=False)
    assert isinstance(error, errors.NoBackendAvailable)
    assert 'backend="sketch"' in str(error)
    assert choice(workplace, request_, {}, allow_rehearsal=False, backend="sketch").candidate.backend.name == "sketch"


def test_a_rehearsal_says_so_loudly(workplace: Workplace) -> None:
    assert any("rehearsal" in warning for warning in choice(workplace, FOX, {}).warnings)
    assert choice(workplace, FOX, OPENAI).warnings == ()


def test_a_server_that_needs_no_key_and_is_used_by_name_only_does_not_end_the_rehearsal(workplace: Workplace) -> None:
    server = replace(queue_backend(URL), auth=NoKey(), priority={})
    assert choice(workplace, FOX, {}, server).candidate.backend.name == "sketch"
    assert choice(workplace, FOX, {}, server, backend="toy").candidate.backend.name == "toy"
    keyed = replace(server, auth=ApiKey(env=("TOY_API_KEY",)))
    assert isinstance(choice(workplace, FOX, {"TOY_API_KEY": KEY}, keyed), errors.NoBackendAvailable)


def test_what_no_provider_with_a_key_can_do_is_not_quietly_rehearsed(workplace: Workplace) -> None:
    error = choice(workplace, ImageRequest(prompt="a fox", seed=7), OPENAI)
    assert isinstance(error, errors.UsageError | errors.NoBackendAvailable)
    assert "seed" in str(error)


# --- What is named is honoured or refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"backend": "openai"}, "openai:gpt-image-2.6-sunburst"),
        ({"backend": "OpenAI"}, "openai:gpt-image-2.6-sunburst"),
        ({"model": "gpt-image-2"}, "openai:gpt-image-2"),
        ({"model": "GPT-IMAGE-2"}, "openai:gpt-image-2"),
        ({"model": "gpt-image-2-2026-04-21"}, "openai:gpt-image-2"),
        ({"model": "openai:gpt-image-2"}, "openai:gpt-image-2"),
        ({"model": "OPENAI:gpt-image-2"}, "openai:gpt-image-2"),
        ({"backend": "openai", "model": "gpt-image-2.5-flare"}, "openai:gpt-image-2.5-flare"),
        ({"backend": "openai", "model": "openai:gpt-image-2"}, "openai:gpt-image-2"),
    ],
    ids=str,
)
def test_what_is_named_is_taken(options: Any, expected: str, workplace: Workplace) -> None:
    assert choice(workplace, FOX, OPENAI, **options).candidate.name == expected


@pytest.mark.parametrize(
    ("options", "environ", "error", "says"),
    [
        ({"backend": "opnai"}, OPENAI, errors.UnknownName, "Did you mean 'openai'?"),
        ({"backend": ""}, OPENAI, errors.UnknownName, ""),
        ({"model": "gpt-image-2.6-sunbrust"}, OPENAI, errors.UnknownName, "gpt-image-2.6-sunburst"),
        ({"model": ""}, OPENAI, errors.UnknownName, ""),
        ({"model": "openai:"}, OPENAI, errors.UnknownName, ""),
        ({"model": "opnai:gpt-image-2"}, OPENAI, errors.UnknownName, ""),
        ({"backend": "sketch", "model": "gpt-image-2"}, OPENAI, errors.UnknownName, "illustrator"),
        ({"backend": "sketch", "model": "openai:gpt-image-2"}, OPENAI, errors.UsageError, ""),
        ({"backend": "openai"}, {}, errors.MissingCredentials, "OPENAI_API_KEY"),
        ({"model": "gpt-image-2"}, {}, errors.MissingCredentials, "OPENAI_API_KEY"),
    ],
    ids=str,
)
def test_what_cannot_be_taken_is_refused_and_never_replaced(
    options: Any, environ: Any, error: type[AnymediaError], says: str, workplace: Workplace
) -> None:
    found = choice(workplace, FOX, environ, **options)
    assert isinstance(found, error)
    assert says in str(found)


def test_a_backend_that_does_not_make_this_is_refused(workplace: Workplace) -> None:
    error = choice(workplace, MusicRequest(prompt="x"), OPENAI, backend="openai")
    assert isinstance(error, errors.NoBackendAvailable)
    assert "openai" in str(error) and error.next


@pytest.mark.parametrize("request_", [ImageRequest(prompt="x", n=11), ImageRequest(prompt="x", size=(1000, 1000))])
def test_an_explicit_backend_names_the_field_and_what_is_allowed(request_: Any, workplace: Workplace) -> None:
    error = choice(workplace, request_, OPENAI, backend="openai")
    assert isinstance(error, errors.InvalidParameter)
    assert (error.backend, error.model) == ("openai", "gpt-image-2.6-sunburst")
    assert error.next


# --- Retirement ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["dall-e-3", "dall-e-2", "gpt-image-1"])
def test_a_retired_model_is_refused_with_its_successor(model: str, workplace: Workplace) -> None:
    error = choice(workplace, FOX, OPENAI, model=model)
    assert isinstance(error, errors.RetiredModel)
    assert "gpt-image-2.6-sunburst" in str(error)


@pytest.mark.parametrize(
    ("environ", "settings", "options"),
    [
        ({"OPENAI_BASE_URL": "http://127.0.0.1:4010/v1"}, {}, {}),
        ({}, {"base_urls": {"openai": "http://localhost:4010/v1"}}, {}),
        ({"ANYMEDIA_ALLOW_RETIRED": "yes"}, {}, {}),
        ({}, {}, {"allow_retired": True}),
    ],
)
def test_retirement_does_not_bind_ones_own_server(
    environ: Any, settings: Any, options: Any, workplace: Workplace
) -> None:
    found = choice(workplace, FOX, OPENAI | environ, model="dall-e-3", settings=settings, **options)
    assert found.candidate.name == "openai:dall-e-3"


def test_the_providers_own_address_spelled_out_lifts_nothing(workplace: Workplace) -> None:
    environ = OPENAI | {"OPENAI_BASE_URL": "https://api.openai.com/v1/"}
    assert isinstance(choice(workplace, FOX, environ, model="dall-e-3"), errors.RetiredModel)


def test_what_is_retired_whole_counts_for_nothing_until_the_server_is_ones_own(workplace: Workplace) -> None:
    film = VideoRequest(prompt="x")
    error = choice(workplace, film, OPENAI)
    assert isinstance(error, errors.NoBackendAvailable) and "sketch" in str(error)
    assert isinstance(choice(workplace, film, OPENAI, backend="openai"), errors.RetiredModel)
    own = OPENAI | {"OPENAI_BASE_URL": "http://127.0.0.1:4010/v1"}
    assert choice(workplace, film, own).candidate.name == "openai:sora-2"


def test_only_retired_models_are_refused_as_retired(workplace: Workplace) -> None:
    backend = queue_backend(URL, model=toy_model(retires=date(2020, 5, 1)))
    with pytest.raises(errors.RetiredModel):
        choose(FOX, {"toy": backend}, frozenset({"toy"}), Preferences(), today=date(2030, 5, 1))


def test_a_model_retires_on_its_day_and_not_before(workplace: Workplace) -> None:
    backend = queue_backend(URL, model=toy_model(retires=date(2030, 5, 1), successor="toy-2"))
    ask = Preferences(model="toy-1")
    arguments = (FOX, {"toy": backend}, frozenset({"toy"}), ask)
    assert choose(*arguments, today=date(2030, 4, 30)).candidate.model.id == "toy-1"
    with pytest.raises(errors.RetiredModel):
        choose(*arguments, today=date(2030, 5, 1))


# --- Preference ------------------------------------------------------------------------------------------------------


def test_a_plugin_ranks_after_every_shipped_backend_whatever_it_claims(workplace: Workplace) -> None:
    pushy = queue_backend(URL, priority={ImageRequest: -(10**6)})
    keys = OPENAI | {"TOY_API_KEY": KEY}
    assert winner(workplace, FOX, keys, pushy) == "openai"
    assert winner(workplace, FOX, {"TOY_API_KEY": KEY}, pushy) == "toy"


def test_the_configured_order_goes_before_the_declared_one(workplace: Workplace) -> None:
    settings = {"prefer": {"image": ["sketch", "openai"]}}
    found = winner(workplace, FOX, OPENAI, settings=settings)
    assert found == "sketch"  # the user named it: that is asking for it


def test_the_configured_model_is_the_default_of_its_backend(workplace: Workplace) -> None:
    for name in ("gpt-image-2", "openai:gpt-image-2"):
        found = choice(workplace, FOX, OPENAI, settings={"models": {"image": name}})
        assert found.candidate.name == "openai:gpt-image-2"
    named = choice(workplace, FOX, OPENAI, settings={"models": {"image": "gpt-image-2"}}, model="gpt-image-2.5-flare")
    assert named.candidate.name == "openai:gpt-image-2.5-flare"


def test_a_model_that_cannot_serve_the_whole_request_gives_way_to_one_that_can(workplace: Workplace) -> None:
    request = ImageRequest(prompt="a fox", quality="max")
    found = choice(workplace, request, OPENAI, settings={"models": {"image": "gpt-image-2"}})
    assert found.candidate.name == "openai:gpt-image-2.6-sunburst"
    assert any("gpt-image-2" in line and "quality" in line for line in found.why)


@pytest.mark.parametrize(
    ("parameters", "field", "got"),
    [
        ({"n": 99}, "n", 10),
        ({"size": (1000, 1000)}, "size", (1008, 1008)),
        ({"output_compression": 200, "output_format": "jpeg"}, "output_compression", 100),
    ],
)
def test_adapting_takes_the_nearest_value_and_says_so(
    parameters: Any, field: str, got: Any, workplace: Workplace
) -> None:
    request = ImageRequest(prompt="a fox", **parameters)
    found = choice(workplace, request, OPENAI, adapt=True).candidate
    (adjustment,) = found.adjustments
    assert (adjustment.field, adjustment.asked) == (field, parameters[field])
    assert adjustment.got == getattr(found.request, field)
    if field != "size":
        assert adjustment.got == got
    assert isinstance(choice(workplace, request, OPENAI, adapt=False), errors.InvalidParameter)


def test_a_call_may_refuse_what_the_configuration_allows(workplace: Workplace) -> None:
    request = ImageRequest(prompt="a fox", n=99)
    assert not isinstance(choice(workplace, request, OPENAI, settings={"adapt": True}), AnymediaError)
    assert isinstance(choice(workplace, request, OPENAI, settings={"adapt": True}, adapt=False), AnymediaError)


# --- Words -----------------------------------------------------------------------------------------------------------


def test_the_error_for_nothing_at_all_names_what_to_set(workplace: Workplace) -> None:
    said = str(choice(workplace, FOX, {}, allow_rehearsal=False))
    assert "OPENAI_API_KEY" in said and "ANYMEDIA_OFFLINE=1" in said
    assert "dall-e" not in said  # what is retired is no way out


def test_a_value_that_nobody_takes_is_the_callers_mistake(workplace: Workplace) -> None:
    for environ in ({}, OPENAI):
        error = choice(workplace, ImageRequest(prompt="   "), environ)
        assert isinstance(error, errors.InvalidParameter)
        assert "prompt" in str(error)


VOICE_KEYS = {"ELEVENLABS_API_KEY": KEY, "GOOGLE_API_KEY": KEY, "XAI_API_KEY": KEY}


@pytest.mark.parametrize(("voice", "meant"), [("Sara", "Sarah"), ("Georg", "George"), ("kore", "Kore")])
def test_a_slip_in_the_name_of_a_voice_does_not_route_the_purchase_to_another(
    voice: str, meant: str, workplace: Workplace
) -> None:
    """Others would take any name of that shape, and only their servers know whether there is such a voice."""
    error = choice(workplace, SpeechRequest(text="Hello.", voice=voice), VOICE_KEYS)
    assert isinstance(error, errors.InvalidParameter) and meant in str(error.next)


@pytest.mark.parametrize(("voice", "expected"), [("Sarah", "elevenlabs"), ("Kore", "google"), ("eve", "grok")])
def test_the_name_of_a_voice_chooses_who_has_it(voice: str, expected: str, workplace: Workplace) -> None:
    assert winner(workplace, SpeechRequest(text="Hello.", voice=voice), VOICE_KEYS) == expected


def test_why_lists_every_candidate_best_first_with_its_reasons(workplace: Workplace) -> None:
    async def why(client: AsyncClient) -> Any:
        return client.why(FOX)

    workplace.environ = OPENAI
    found = workplace.run(why)
    able = next(candidate for candidate in found if candidate.why_not == ())
    assert able.name == "openai:gpt-image-2.6-sunburst"
    assert found[0].backend.priority[ImageRequest] < able.backend.priority[ImageRequest]
    reasons = {candidate.name: candidate.why_not for candidate in found}
    assert any("retired" in reason for reason in reasons["openai:dall-e-3"])
    assert workplace.rows() == []


@pytest.mark.parametrize(
    ("output_format", "expected"),
    [
        (None, "openai:gpt-realtime-2.1-mini"),
        ("wav", "openai:gpt-realtime-2.1-mini"),
        ("mp3", "openai:gpt-4o-mini-tts"),
    ],
)
def test_speech_goes_to_the_model_that_stays_unless_only_another_has_the_format(
    output_format: str | None, expected: str, workplace: Workplace
) -> None:
    found = choice(workplace, replace(SPEECH, output_format=output_format), OPENAI, allow_retired=True)
    assert found.candidate.name == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, "openai:gpt-transcribe"),
        ({"output_format": "srt"}, "openai:whisper-1"),
        ({"timestamps": "word"}, "openai:whisper-1"),
        ({"translate": True}, "openai:whisper-1"),
    ],
    ids=str,
)
def test_a_transcription_goes_to_the_first_model_that_serves_all_of_it(
    asked: Any, expected: str, workplace: Workplace
) -> None:
    found = choice(workplace, TranscriptionRequest(audio=RECORDING, **asked), OPENAI, allow_retired=True)
    assert found.candidate.name == expected


def test_every_request_type_gives_an_answer_or_our_error(workplace: Workplace) -> None:
    request = VoiceConversionRequest(audio=RECORDING)
    assert isinstance(choice(workplace, request, OPENAI), errors.NoBackendAvailable)


# --- The registry ----------------------------------------------------------------------------------------------------


def test_no_two_shipped_backends_share_a_priority() -> None:
    claims: dict[Any, list[str]] = {}
    for backend in shipped_backends().values():
        for kind, priority in backend.priority.items():
            claims.setdefault((kind, priority), []).append(backend.name)
    assert {claim: names for claim, names in claims.items() if len(names) > 1} == {}


def test_no_shipped_default_is_within_sixty_days_of_its_end_where_another_model_stays() -> None:
    for backend in all_backends().values():
        for kind in backend.priority:
            default, *others = backend.models_for(kind)
            stay = default.retires is None or (default.retires - date(2026, 11, 22)).days > 60
            assert stay or all(other.retires == default.retires for other in others)


def test_a_backend_of_another_version_is_refused(workplace: Workplace) -> None:
    with pytest.raises(errors.InvalidConfiguration):
        _by_name(iter([replace(queue_backend(URL), spec_version=2)]))


PLUGIN = """
from toys import queue_backend
{name} = {value}
"""


def with_plugin(workplace: Workplace, text: str, code: str) -> subprocess.CompletedProcess[str]:
    """Run `code` where a distribution with the module `plugin` is installed."""
    site = workplace.root / "site"
    info = site / "a_plugin-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: a-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[anymedia.backends]\nmine = plugin:BACKEND\n")
    (site / "plugin.py").write_text(text)
    environ = {"PYTHONPATH": f"{site}{os.pathsep}{TOYS.parent}", "HOME": str(workplace.root)}
    return subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True)


@pytest.mark.parametrize(
    "text",
    [
        PLUGIN.format(name="BACKEND", value="queue_backend('http://127.0.0.1:9')"),
        PLUGIN.format(name="backends", value="lambda configuration: [queue_backend('http://127.0.0.1:9')]"),
    ],
    ids=["one", "several"],
)
def test_an_installed_plugin_is_found_by_its_entry_point(text: str, workplace: Workplace) -> None:
    done = with_plugin(workplace, text, "from anymedia.registry import all_backends; print(*all_backends())")
    assert "toy" in done.stdout.split(), done.stderr


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("raise RuntimeError('broken')", "'mine'"),
        ("import no_such_package", "'mine'"),
        (PLUGIN.format(name="BACKEND", value="queue_backend('', name='openai')"), "'openai'"),
        (PLUGIN.format(name="BACKEND", value="queue_backend('', aliases=('SKETCH',))"), "'SKETCH'"),
        ("NOTHING = 1", "plugin"),
    ],
    ids=["broken", "needs", "name-taken", "alias-taken", "empty"],
)
def test_a_plugin_that_cannot_be_used_is_named(text: str, says: str, workplace: Workplace) -> None:
    code = (
        "from anymedia.registry import all_backends; from anymedia.errors import InvalidConfiguration\n"
        "try: all_backends()\n"
        "except InvalidConfiguration as error: print(error)\n"
    )
    done = with_plugin(workplace, text, code)
    assert says in done.stdout, done.stderr


def test_a_backend_without_a_priority_is_used_only_where_it_is_named(workplace: Workplace) -> None:
    other, key = queue_backend(URL, priority={}), {"TOY_API_KEY": KEY}
    assert winner(workplace, FOX, key, other, allow_rehearsal=False) == "NoBackendAvailable"
    assert winner(workplace, FOX, key | OPENAI, other) == "openai"
    assert winner(workplace, FOX, key | OPENAI, other, backend="toy") == "toy"
    xai = {"XAI_API_KEY": KEY}
    assert winner(workplace, FOX, xai) == "grok"
    assert winner(workplace, FOX, xai, settings={"prefer": {"image": ["grok_sdk"]}}) == "grok_sdk"
