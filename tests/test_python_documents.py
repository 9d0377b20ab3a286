"""What a result turns into: the document, a notebook's picture; and what it costs to import the package."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import anymedia
from anymedia import AnymediaError, Client, MediaFile, generate_media
from anymedia.testing.emulator import Emulator, Fault
from toys import KEY
from workplace import GENERATIONS, Workplace

# --- Documents -------------------------------------------------------------------------------------------------------

DOCUMENT = json.loads((Path(__file__).parents[1] / "docs" / "reference" / "result.schema.json").read_text("utf-8"))


def checked(document: Any) -> Any:
    """The document as it comes out of JSON, valid."""
    document = json.loads(json.dumps(document, allow_nan=False))
    jsonschema.Draft202012Validator(DOCUMENT).validate(document)
    assert document["total"] == len(document["results"]) == document["succeeded"] + document["failed"]
    assert [entry["index"] for entry in document["results"]] == list(range(document["total"]))
    assert document["success"] == all(entry["success"] for entry in document["results"])
    return document


def test_the_document_of_a_result_is_what_the_design_promises(shell: Workplace, emulator: Emulator) -> None:
    document = checked(generate_media("a fox", n=2, continuable=None, adapt=True).document())
    (entry,) = document["results"]
    assert (document["success"], document["operation"], document["mode"]) == (True, "image", "image")
    assert (entry["status"], len(entry["files"]), entry["error"]) == ("done", 2, None)
    assert entry["why"]


def test_the_document_of_a_mixed_batch_tells_each_truth(shell: Workplace, emulator: Emulator) -> None:
    faults = [Fault.moderation(), Fault.status(500, billed=True), Fault.fewer_outputs(1), Fault.missing_key("data")]
    emulator.script(GENERATIONS, faults)
    batch = generate_media(prompts=["a", "b", "c", "d", "e", ""], n=2, max_concurrent=1)
    document = checked(batch.document())
    assert document["success"] is False
    entries = document["results"]
    assert [entry["status"] for entry in entries] == [
        "refused",
        "unknown",
        "partial",
        "unknown",
        "done",
        "invalid_parameter",
    ]
    assert [entry["error"] and entry["error"]["charged"] for entry in entries] == [
        "no",
        "maybe",
        "yes",
        "maybe",
        None,
        "no",
    ]
    assert [len(entry["files"]) for entry in entries] == [0, 0, 1, 0, 2, 0]
    assert entries[1]["cost"]["amount"] is None and entries[0]["cost"]["amount"] == "0"
    assert all(entry["job_id"] and entry["idempotency_key"] for entry in entries[:5])
    assert KEY not in json.dumps(document)


def test_an_adjustment_stands_in_the_document(shell: Workplace, emulator: Emulator) -> None:
    document = checked(generate_media("a fox", size="1000x1000", adapt=True).document())
    (adjustment,) = document["results"][0]["adjustments"]
    assert (adjustment["field"], adjustment["asked"]) == ("size", "1000x1000")


def test_a_notebook_shows_the_picture(shell: Workplace, emulator: Emulator) -> None:
    result = generate_media('a "fox" <script>')
    bundle = result._repr_mimebundle_()
    assert bundle["text/html"].startswith('<img src="data:image/png;base64,')
    assert "<script>" not in bundle["text/html"]
    assert KEY not in bundle["text/plain"]
    assert bundle["text/plain"] == f"{result.path} (by openai:{result.model}, cost {result.cost}, {result.job_id})"
    batch = generate_media(prompts=["a", ""])
    assert batch._repr_html_().count("<img") == 1


def test_results_are_frozen(shell: Workplace, emulator: Emulator) -> None:
    result = generate_media("a fox")
    with pytest.raises(AttributeError):
        result.backend = "mine"  # type: ignore[misc]
    assert isinstance(result.files[0], MediaFile)


# --- Clients and imports ---------------------------------------------------------------------------------------------


def test_the_blocking_client_serves_several_threads(shell: Workplace, emulator: Emulator) -> None:
    with Client() as client, ThreadPoolExecutor(4) as threads:
        results = list(threads.map(client.image, ["a", "b", "c", "d"]))
        assert len({result.path for result in results}) == 4
        assert len(client.jobs()) == 4


def test_a_closed_client_says_so(shell: Workplace, emulator: Emulator) -> None:
    client = Client()
    client.image("a fox")
    client.close()
    client.close()
    with pytest.raises(AnymediaError):
        client.image("a fox")


@pytest.mark.parametrize("name", anymedia.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(anymedia, name) is not None
    assert name in dir(anymedia)


def modules_after(code: str, workplace: Workplace) -> set[str]:
    """The top-level modules a fresh interpreter has loaded after `code`."""
    script = (
        f"import sys; before = set(sys.modules)\n{code}\n"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    environ = {"HOME": str(workplace.root), "ANYMEDIA_HOME": str(workplace.state)}
    done = subprocess.run([sys.executable, "-c", script], env=environ, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_package_imports_nobody_elses(workplace: Workplace) -> None:
    for names in ("anymedia", "anymedia.errors", "anymedia.operations"):
        foreign = modules_after(f"import {names}", workplace) - sys.stdlib_module_names - {"anymedia"}
        assert foreign == set()


def test_the_first_client_brings_no_http_library_and_no_number_cruncher(workplace: Workplace) -> None:
    loaded = modules_after("import anymedia; anymedia.Client()", workplace)
    heavy = {"httpx2", "httpx", "numpy", "PIL", "av", "onnxruntime", "opentelemetry", "click", "openai"}
    assert loaded & heavy == set()
