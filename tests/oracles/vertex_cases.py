"""What Vertex's backend declares, as requests: valid examples of every parameter of every model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openai_cases import Case, completed, examples

from anymedia.backends.vertex import BACKEND
from anymedia.spec import Param


def vertex_cases() -> Iterator[Case]:
    """Every example of every parameter of every model; models that share a declaration share its cases."""
    seen: list[Mapping[str, Param]] = []
    for model in BACKEND.models:
        names = [
            name for name in model.params if name == "prompt" or not any(_same(model.params, s, name) for s in seen)
        ]
        seen.append(model.params)
        for name in names:
            for value in valid_examples(model.params[name]):
                asked = completed(model, {name: value}, examples=valid_examples)
                if asked is not None:
                    request = model.accepts(**{"prompt": "a red fox in snow", **asked})
                    yield Case(route=model.accepts.operation, model=model, parameter=name, request=request)


def _same(params: Mapping[str, Param], other: Mapping[str, Param], name: str) -> bool:
    return params[name] is other.get(name)


def valid_examples(param: Param) -> tuple[Any, ...]:
    return tuple(value for value in examples(param) if param.allows.problem_with(value) is None)
