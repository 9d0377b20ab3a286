"""One OpenTelemetry span per generation, its phases as children. Prompts go into a trace only where that is configured.

The attribute names of the GenAI conventions are still in development; they are written here and nowhere else.
https://github.com/open-telemetry/semantic-conventions-genai, checked 2026-11-22.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from .redaction import REDACTOR

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer


@cache
def _tracer() -> Tracer:
    """Imported at the first generation, not with the package."""
    from opentelemetry import trace

    return trace.get_tracer("anymedia")


def _nobody_listens() -> bool:
    """Whether the program has set up no tracing: then a span is worth neither its time nor its context."""
    from opentelemetry import trace

    return isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)


def _no_span() -> Span:
    from opentelemetry.trace import INVALID_SPAN

    return INVALID_SPAN


@contextmanager
def generation(operation: str, backend: str, model: str, job_id: str, *, prompt: str | None = None) -> Iterator[Span]:
    """The span of one job, with the prompt if there is one to be traced."""
    if _nobody_listens():
        yield _no_span()
        return
    attributes = {
        "gen_ai.operation.name": "generate_content",
        "gen_ai.provider.name": backend,
        "gen_ai.request.model": model,
        "anymedia.operation": operation,
        "anymedia.job_id": job_id,
        **({} if prompt is None else {"gen_ai.input.messages": _message(prompt)}),
    }
    with _tracer().start_as_current_span(
        f"{operation} {model}", attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as span:
        yield span


def _message(prompt: str) -> str:
    """The prompt as the conventions write messages, without keys and signatures of URLs."""
    return json.dumps([{"role": "user", "parts": [{"type": "text", "content": REDACTOR.clean(prompt)}]}])


@contextmanager
def phase(name: str, attributes: Mapping[str, str | int | float] | None = None) -> Iterator[Span]:
    """A child span: `submit`, `wait`, `download`, `save`."""
    if _nobody_listens():
        yield _no_span()
        return
    with _tracer().start_as_current_span(
        name, attributes=dict(attributes or {}), record_exception=False, set_status_on_exception=False
    ) as span:
        yield span


def failed(span: Span, code: str) -> None:
    """Mark a span as failed with our own error code; texts of providers stay out of traces."""
    from opentelemetry.trace import Status, StatusCode

    span.set_attribute("error.type", code)
    span.set_status(Status(StatusCode.ERROR, code))
