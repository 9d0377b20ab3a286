"""What Vertex's backend declares, as requests: valid examples of every parameter of every model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openai_cases import EARLIER, Case, completed, examples, picture

from anymedia.backends.vertex import BACKEND
from anymedia.spec import Model, Param


def vertex_cases() -> Iterator[Case]:
    """Every example of every parameter of every model; models that share a declaration share its cases.

    What can be continued is begun once and continued once by each model.
    """
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
                    yield _case(model, name, asked)
        if model.continuation is not None:
            yield _case(model, "continuable", {"continuable": True})
            yield _case(model, "continue_from", {"continue_from": EARLIER, "input_images": (picture(1),)})


def _case(model: Model, name: str, asked: Mapping[str, Any]) -> Case:
    request = model.accepts(**{"prompt": "a red fox in snow", **asked})
    return Case(route=model.accepts.operation, model=model, parameter=name, request=request)


def _same(params: Mapping[str, Param], other: Mapping[str, Param], name: str) -> bool:
    return params[name] is other.get(name)


def valid_examples(param: Param) -> tuple[Any, ...]:
    return tuple(value for value in examples(param) if param.allows.problem_with(value) is None)
