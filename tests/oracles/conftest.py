"""The laboratory of the oracle tests: official client, ours, one recorder. Raw lines go to artefacts/oracles.jsonl."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from functools import cache
from pathlib import Path

import openai
import pytest
from chat_laboratory import ChatLaboratory, chat_laboratory_at
from elevenlabs_laboratory import ElevenLabsLaboratory, elevenlabs_laboratory_at
from evidence import ARTEFACTS
from google import genai
from google.genai import types
from google_laboratory import GoogleLaboratory, google_laboratory_at
from grok_laboratory import GrokLaboratory, grok_laboratory_at
from grpc_laboratory import GrpcLaboratory, grpc_laboratory_at
from laboratory import KEY, Laboratory
from official_openrouter import official_client
from one_file_laboratory import OneFileLaboratory, one_file_laboratory_at
from openrouter_laboratory import KEY as OPENROUTER_KEY
from openrouter_laboratory import OpenRouterLaboratory
from vertex_laboratory import KEY as VERTEX_KEY
from vertex_laboratory import VertexLaboratory

import anymedia
from anymedia.backends.openrouter import BACKEND as OPENROUTER
from anymedia.configuration import load
from anymedia.testing.conformance.watch import Watch
from anymedia.testing.emulator import Emulator, MediaAsked
from anymedia.testing.emulator.pictures import draw


@cache
def small(asked: MediaAsked) -> bytes:
    """The asked format at a size that costs nothing to draw."""
    return draw(replace(asked, width=16, height=16))


@pytest.fixture(scope="session")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    home = tmp_path_factory.mktemp("oracles")
    lines = ARTEFACTS / "oracles.jsonl"
    ARTEFACTS.mkdir(exist_ok=True)
    lines.write_text("", "utf-8")
    with Emulator(dialect="openai", api_key=KEY, media=small, history=10_000) as emulator:
        emulator.record_to(lines)
        with (
            openai.OpenAI(base_url=emulator.base_url, api_key=KEY, max_retries=0) as official,
            our_client(home, {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": emulator.base_url}) as ours,
            closing(Laboratory(emulator, official, ours, lines)) as laboratory,
        ):
            yield laboratory


@pytest.fixture(scope="session")
def vertex_laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VertexLaboratory]:
    home = tmp_path_factory.mktemp("vertex-oracles")
    lines = ARTEFACTS / "vertex-oracles.jsonl"
    lines.unlink(missing_ok=True)
    with Emulator(dialect="vertex", api_key=VERTEX_KEY, media=small, history=10_000) as emulator:
        emulator.record_to(lines)
        here = types.HttpOptions(base_url=emulator.base_url)
        keys = {"GOOGLE_VERTEX_API_KEY": VERTEX_KEY, "GOOGLE_VERTEX_BASE_URL": emulator.base_url}
        with (
            genai.Client(enterprise=True, api_key=VERTEX_KEY, http_options=here) as official,
            our_client(home, keys) as ours,
        ):
            yield VertexLaboratory(emulator, official, ours)


@pytest.fixture(scope="session")
def elevenlabs_laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ElevenLabsLaboratory]:
    home = tmp_path_factory.mktemp("elevenlabs")
    with elevenlabs_laboratory_at(lambda variables: our_client(home, variables), small) as laboratory:
        yield laboratory


def our_client(home: Path, keys: Mapping[str, str]) -> anymedia.Client:
    """A client that sees nothing of the machine it runs on but these variables."""
    environ = {"HOME": str(home), "ANYMEDIA_HOME": str(home / "state")}
    configuration = load(environ=environ, folder=home, arguments={"output_dir": str(home / "out")})
    return anymedia.Client(configuration=configuration, environ={**environ, **keys})


@pytest.fixture(scope="session")
def google_laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GoogleLaboratory]:
    with google_laboratory_at(tmp_path_factory.mktemp("google"), small) as laboratory:
        yield laboratory


@pytest.fixture(scope="session")
def grok_laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GrokLaboratory]:
    with grok_laboratory_at(tmp_path_factory.mktemp("grok"), small) as laboratory:
        yield laboratory


@pytest.fixture(scope="session")
def grpc_laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GrpcLaboratory]:
    with grpc_laboratory_at(tmp_path_factory.mktemp("grok_sdk"), small) as laboratory:
        yield laboratory


@pytest.fixture(scope="session")
def openrouter_laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenRouterLaboratory]:
    home = tmp_path_factory.mktemp("openrouter")
    lines = ARTEFACTS / "openrouter-oracles.jsonl"
    ARTEFACTS.mkdir(exist_ok=True)
    lines.write_text("", "utf-8")
    with Emulator(dialect="openrouter", api_key=OPENROUTER_KEY, media=small, history=10_000) as emulator:
        emulator.record_to(lines)
        keys = {"OPENROUTER_API_KEY": OPENROUTER_KEY, "OPENROUTER_BASE_URL": emulator.base_url}
        with official_client(emulator.base_url, OPENROUTER_KEY) as official, our_client(home, keys) as ours:
            desk = ours.asynchronous.desk
            desk.backends = {**desk.backends, OPENROUTER.name: Watch().backend(OPENROUTER)}  # polls without pauses
            with closing(OpenRouterLaboratory(emulator, official, ours, lines)) as laboratory:
                yield laboratory


@pytest.fixture(scope="session")
def chat_laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChatLaboratory]:
    home = tmp_path_factory.mktemp("chat")
    with chat_laboratory_at(lambda variables: our_client(home, variables)) as laboratory:
        yield laboratory


@pytest.fixture(scope="session")
def one_file_laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneFileLaboratory]:
    home = tmp_path_factory.mktemp("one-file")
    with one_file_laboratory_at(lambda variables: our_client(home, variables)) as laboratory:
        yield laboratory
