"""The schema of what goes in takes what the backends are known to take, and refuses what the call refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pages import DOCS

from anymedia import MediaFile, generate_media
from anymedia.errors import UsageError
from anymedia.operations import OPERATIONS, Request
from anymedia.registry import shipped_backends
from workplace import Workplace

REFERENCE = DOCS / "reference"
REQUEST = Draft202012Validator(json.loads((REFERENCE / "request.schema.json").read_text("utf-8")))


@pytest.mark.parametrize("name", ["request", "result"])
def test_a_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(json.loads((REFERENCE / f"{name}.schema.json").read_text("utf-8")))


def plain(value: Any) -> Any:
    """A value as it is written in a call that consists of JSON."""
    if isinstance(value, MediaFile):
        return "file.bin"
    if isinstance(value, tuple):
        return "x".join(map(str, value)) if isinstance(value[0], int) else [plain(each) for each in value]
    return value


def arguments(request: Request) -> dict[str, Any]:
    asked = {name: plain(value) for name, value in request.asked_for().items()}
    if request.main_input is not None:
        asked["prompt"] = asked.pop(request.main_input)
    return {"mode": request.operation, **asked}


def samples() -> Iterator[Request]:
    for backend in shipped_backends().values():
        yield from (sample.request for sample in backend.samples)


def test_every_sample_of_every_backend_is_a_request() -> None:
    seen = set()
    for request in samples():
        found = arguments(request)
        assert [error.message for error in REQUEST.iter_errors(found)] == [], found
        seen.add(request.operation)
    assert seen == set(OPERATIONS)


@pytest.mark.parametrize(
    "wrong",
    [
        {"mode": "image", "prompt": "a fox", "durration": 4},
        {"mode": "image", "prompt": "a fox", "duration": 4},
        {"mode": "image", "prompt": "a fox", "n": "many"},
        {"mode": "image", "prompt": "a fox", "size": "large"},
        {"mode": "voice_clone", "name": "Grace", "samples": ["a.mp3"]},
        {"mode": "picture", "prompt": "a fox"},
    ],
)
def test_what_the_schema_refuses_the_call_refuses(wrong: dict[str, Any], shell: Workplace) -> None:
    assert not REQUEST.is_valid(wrong)
    with pytest.raises(UsageError):
        generate_media(**wrong)


def test_what_the_schema_takes_is_made(shell: Workplace) -> None:
    asked = {
        "mode": "image",
        "prompt": "a fox",
        "size": "64x64",
        "backend": "sketch",
        "output": str(shell.out / "fox.png"),
        "max_cost": "0.10",
    }
    assert REQUEST.is_valid(asked)
    assert generate_media(**asked).path.stat().st_size > 0
