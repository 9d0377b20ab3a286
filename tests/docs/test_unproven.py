"""What only our own notes say is used where somebody names it, and never by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from anymedia import ImageRequest
from anymedia.registry import shipped_backends
from anymedia.spec import Backend

EVIDENCE = json.loads((Path(__file__).parents[2] / "docs/reference/evidence.json").read_text("utf-8"))
PROVIDERS = [backend for backend in shipped_backends().values() if backend.role == "provider"]


def unproven(backend: Backend, evidence: dict[str, Any]) -> Iterator[str]:
    """The parameters that may be used without the backend being named, and that no foreign witness has seen."""
    for request in backend.priority:
        cells = evidence.get(request.operation, {}).get(backend.name, {})
        names = {name for model in backend.models if model.accepts is request for name in model.params}
        yield from (f"{request.operation} {name}" for name in sorted(names) if cells.get(name, "reading") == "reading")


@pytest.mark.parametrize("backend", PROVIDERS, ids=lambda backend: backend.name)
def test_a_backend_with_a_priority_has_a_witness_for_every_parameter(backend: Backend) -> None:
    found = list(unproven(backend, EVIDENCE))
    assert not found, f"{backend.name} is used by itself, and only our notes know: {found}. Take its priority away."


def test_a_priority_without_a_witness_is_noticed() -> None:
    backend = replace(shipped_backends()["openai"], name="daguerre", priority={ImageRequest: 7})
    cells = {name: "SDK" for model in backend.models for name in model.params}
    assert not list(unproven(backend, {"image": {"daguerre": cells}}))
    assert list(unproven(backend, {"image": {"daguerre": {**cells, "prompt": "reading"}}})) == ["image prompt"]
    assert "image prompt" in unproven(backend, {})
