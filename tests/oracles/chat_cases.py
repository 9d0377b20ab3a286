"""What the chat models declare, as requests: telling examples of every parameter, and both turns of a conversation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from openai_cases import Case
from openai_talk_cases import GOING_ON, talk_examples

from anymedia.backends import anthropic, deepseek, mistral
from anymedia.operations import DescribeRequest
from anymedia.spec import Backend

BACKENDS: Mapping[str, Backend] = {each.BACKEND.name: each.BACKEND for each in (anthropic, mistral, deepseek)}
PROMPT = "What is this?"


def cases(backend: Backend) -> Iterator[Case]:
    """Every parameter of the first model; of the others what they declare anew, and one plain question."""
    seen: set[int] = set()
    for model in backend.models:
        for name, param in model.params.items():
            values = talk_examples(param) if id(param) not in seen else (PROMPT,) if name == "prompt" else ()
            for value in values:
                request = DescribeRequest(**{"prompt": PROMPT, name: value})
                yield Case(route=backend.name, model=model, parameter=name, request=request)
            seen.add(id(param))
    for name, value in GOING_ON.items():
        request = DescribeRequest(**{"prompt": PROMPT, name: value})
        yield Case(route=backend.name, model=backend.models[0], parameter=name, request=request)


CASES = tuple(case for backend in BACKENDS.values() for case in cases(backend))
