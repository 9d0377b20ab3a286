"""Every operation has its doors: a method of both clients, a mode, a request type that is public, a command."""

from __future__ import annotations

import inspect
import shutil
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import anymedia
from anymedia import AsyncClient, Client, Result, errors
from anymedia.cli.main import COMMANDS
from anymedia.configuration import load
from anymedia.documentation.parameter_types import method_arguments
from anymedia.operations import OPERATIONS
from anymedia.unified import make
from scribe import recording
from studio import BACKEND
from toys import KEY, Provider, says
from workplace import Workplace

SOUND = b64encode(recording()).decode()
Work = Callable[[AsyncClient, Path], Any]


@pytest.fixture
def studio(workplace: Workplace, provider: Provider) -> Workplace:
    """A workplace with a recording, whose provider answers every operation with two sounds."""
    for kind in OPERATIONS.values():
        reply = {"words": "Hello 0.0 0.4"} if kind.makes == "text" else {"sounds": [SOUND, SOUND]}
        provider.on("POST", f"/{kind.operation}", says(reply))
    provider.on("POST", "/voices", says({"id": "voice_1"}))
    provider.on("POST", "/previews", says({"sound": SOUND}))
    (workplace.root / "talk.wav").write_bytes(recording())
    return workplace


def sent(provider: Provider, path: str) -> dict[str, Any]:
    """The form of the last request, with the bytes of files."""
    return {part.name: part.data if part.filename else part.text for part in provider.last(path).parts}


METHODS: dict[str, tuple[Work, dict[str, Any]]] = {
    "voice_conversion": (
        lambda client, file: client.convert_voice(file, voice="Ann"),
        {"audio": recording(), "voice": "Ann"},
    ),
    "audio_isolation": (lambda client, file: client.isolate(file), {"audio": recording()}),
    "stem_separation": (
        lambda client, file: client.separate_stems(file, stems=2),
        {"audio": recording(), "stems": "2"},
    ),
    "dubbing": (
        lambda client, file: client.dub(file, "de", speakers=1),
        {"source": recording(), "target_language": "de", "speakers": "1"},
    ),
    "alignment": (lambda client, file: client.align(file, "Hello."), {"audio": recording(), "text": "Hello."}),
    "voice_design": (
        lambda client, file: client.design_voice("a warm narrator", name="Ada"),
        {"prompt": "a warm narrator", "name": "Ada"},
    ),
    "voice_clone": (
        lambda client, file: client.clone_voice("Ada", file, consent="by letter"),
        {"name": "Ada", "voice_samples": recording()},
    ),
}
"""What each method is asked, and what the provider is sent. A consent is for the ledger alone."""


@pytest.mark.parametrize("operation", METHODS)
def test_a_method_sends_what_it_was_asked(studio: Workplace, provider: Provider, operation: str) -> None:
    work, expected = METHODS[operation]
    backend = replace(BACKEND, base_url=provider.url)
    result: Result = studio.run(lambda client: work(client, studio.root / "talk.wav"), backend)
    path = "/voices" if operation.startswith("voice_") and operation != "voice_conversion" else f"/{operation}"
    assert sent(provider, path) == expected
    assert (result.operation, result.status) == (operation, "done")
    assert result.text == ("Hello 0.0 0.4" if operation == "alignment" else None)
    assert len(result.files) == (0 if operation == "alignment" else 1 if path == "/voices" else 2)


def test_every_operation_has_its_doors() -> None:
    for kind in OPERATIONS.values():
        verb = kind.verb or kind.operation
        assert verb.replace("_", "-") in COMMANDS
        assert getattr(anymedia, kind.__name__) is kind
        for client in (AsyncClient, Client):
            arguments = list(inspect.signature(getattr(client, verb)).parameters)
            assert set(arguments) == {"self", "parameters", *filter(None, method_arguments(kind))}, kind.operation


def test_a_mode_is_another_door(studio: Workplace, provider: Provider) -> None:
    def dubbed(client: AsyncClient) -> Any:
        asked = {"source": studio.root / "talk.wav", "target_language": "de"}
        return make(client, None, prompts=None, mode="dubbing", audio_type=None, max_concurrent=1, parameters=asked)

    result = studio.run(dubbed, replace(BACKEND, base_url=provider.url))
    assert isinstance(result, Result) and sent(provider, "/dubbing")["target_language"] == "de"


# --- Consent ------------------------------------------------------------------------------------------------------


def test_consent_stays_in_the_ledger_and_is_sent_to_nobody(studio: Workplace, provider: Provider) -> None:
    async def cloned(client: AsyncClient) -> Any:
        made = await client.clone_voice("Ada", studio.root / "talk.wav", consent="Ada agreed by letter.")
        return await client.job(made.job_id)

    job = studio.run(cloned, replace(BACKEND, base_url=provider.url))
    assert job.document()["request"]["consent"] == "Ada agreed by letter."
    assert all(b"agreed" not in request.body for request in provider.requests)


@pytest.mark.parametrize("consent", [None, "", " \n"])
def test_nobody_is_cloned_without_a_word_of_consent(studio: Workplace, provider: Provider, consent: Any) -> None:
    backend = replace(BACKEND, base_url=provider.url)
    with pytest.raises(errors.UsageError, match="`consent`"):
        studio.run(lambda client: client.clone_voice("Ada", studio.root / "talk.wav", consent=consent), backend)
    assert not provider.requests and not studio.rows()


# --- The command line ---------------------------------------------------------------------------------------------

WITH_STUDIO = """
import sys
import anymedia.backends
anymedia.backends.__path__.append(sys.argv.pop(1))
from anymedia.cli.main import main
sys.exit(main())
"""


def command(studio: Workplace, *line: str) -> subprocess.CompletedProcess[str]:
    """A command line on a machine whose only provider is the studio."""
    folder = studio.root / "more"
    folder.mkdir(exist_ok=True)
    shutil.copy(Path(__file__).with_name("studio.py"), folder)
    environ = {"HOME": str(studio.root), "ANYMEDIA_HOME": str(studio.state), "TOY_API_KEY": "sk-key", "PATH": ""}
    whole = [sys.executable, "-c", WITH_STUDIO, str(folder), *line]
    return subprocess.run(whole, capture_output=True, text=True, timeout=60, env=environ, cwd=studio.root)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (("dub", "talk.wav", "de", "--speakers", "2"), ("/dubbing", "target_language", "de", "speakers")),
        (("separate-stems", "talk.wav", "--stems", "4"), ("/stem_separation", "stems")),
        (("align", "talk.wav", "Hello there."), ("/alignment", "Hello there.")),
        (
            ("clone-voice", "Ada", "talk.wav", "talk.wav", "--consent", "by letter"),
            ("/voices", "Ada"),
        ),
    ],
)
def test_arguments_of_a_command_arrive(studio: Workplace, line: tuple[str, ...], shown: tuple[str, ...]) -> None:
    ended = command(studio, *line, "--dry-run")
    assert (ended.returncode, ended.stderr.count("error:")) == (0, 0), ended.stderr
    assert ended.stdout.startswith("POST https://studio.example")
    assert all(each in ended.stdout for each in shown)


def test_too_few_arguments_and_a_missing_consent_are_said(studio: Workplace) -> None:
    few = command(studio, "dub", "talk.wav")
    assert few.returncode == 2 and "dubbing takes FILE TARGET_LANGUAGE, got 1." in few.stderr
    silent = command(studio, "clone-voice", "Ada", "talk.wav")
    assert silent.returncode == 2 and "voice clone needs `--consent`: the statement" in silent.stderr


# --- The blocking client ------------------------------------------------------------------------------------------


def test_the_blocking_client_makes_lists_and_deletes_a_voice(studio: Workplace, provider: Provider) -> None:
    provider.on("DELETE", "/voices/voice_1", says({}))
    environ = {"HOME": str(studio.root), "ANYMEDIA_HOME": str(studio.state), "TOY_API_KEY": KEY}
    configuration = load(environ=environ, folder=studio.root, arguments={"output_dir": str(studio.out)})
    with Client(configuration=configuration, environ=environ) as client:
        client.asynchronous.desk.backends = {"studio": replace(BACKEND, base_url=provider.url)}
        made = client.clone_voice("Ada", [studio.root / "talk.wav", recording()], consent="by letter")
        assert [kept.id for kept in client.resources("voice")] == [made.resources[0].id] == ["voice_1"]
        assert client.delete_resource("voice_1").deleted_at is not None
        assert client.resources() == ()
