"""One span per generation with its phases below, and nothing of what was asked for in it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from anymedia.testing.emulator import Emulator, Fault
from toys import KEY, RUNNING, Provider, queue_backend, serve_job
from workplace import GENERATIONS, Workplace

_EXPORTER = InMemorySpanExporter()


@pytest.fixture(scope="module", autouse=True)
def _provider() -> None:
    """OpenTelemetry takes one provider per process and never lets it go."""
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        trace.set_tracer_provider(TracerProvider())
    trace.get_tracer_provider().add_span_processor(SimpleSpanProcessor(_EXPORTER))  # type: ignore[attr-defined]


@pytest.fixture
def exporter() -> Iterator[InMemorySpanExporter]:
    _EXPORTER.clear()
    yield _EXPORTER
    _EXPORTER.clear()


def by_name(exporter: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in exporter.get_finished_spans()}


def test_a_purchase_is_one_span_with_its_phases(
    openai: Workplace, emulator: Emulator, exporter: InMemorySpanExporter
) -> None:
    result = openai.draw(prompt="a very secret fox")
    spans = by_name(exporter)
    assert spans.keys() == {"image gpt-image-2.6-sunburst", "submit", "save"}
    whole = spans["image gpt-image-2.6-sunburst"]
    assert whole.attributes["gen_ai.provider.name"] == "openai"
    assert whole.attributes["gen_ai.request.model"] == result.model
    assert whole.attributes["anymedia.job_id"] == result.job_id
    assert {spans[name].parent.span_id for name in ("submit", "save")} == {whole.context.span_id}
    assert whole.status.is_ok or not whole.status.description


def test_waiting_and_downloading_are_phases_too(
    workplace: Workplace, provider: Provider, exporter: InMemorySpanExporter
) -> None:
    serve_job(provider, RUNNING)
    workplace.draw(queue_backend(provider.url))
    names = [span.name for span in exporter.get_finished_spans()]
    assert {"submit", "wait", "download", "save", "image toy-1"} == {*names}


def test_no_trace_holds_a_prompt_a_key_or_an_address(
    openai: Workplace, emulator: Emulator, exporter: InMemorySpanExporter
) -> None:
    emulator.script(GENERATIONS, [Fault.echoed_key(500), Fault.status(400, billed=False, message="a very secret fox")])
    for _ in range(2):
        openai.failure(prompt="a very secret fox")
    openai.draw(prompt="a very secret fox")
    text = "".join(span.to_json() for span in exporter.get_finished_spans())
    assert "secret" not in text and KEY not in text and str(openai.root) not in text


def test_a_prompt_is_traced_where_the_configuration_says_so_without_keys_or_signatures(
    openai: Workplace, emulator: Emulator, exporter: InMemorySpanExporter
) -> None:
    openai.arguments = {"privacy": {"trace_prompts": True}}
    openai.draw(prompt=f"a fox like https://a.example.org/b?signature=zibeline with {KEY}")
    whole = by_name(exporter)["image gpt-image-2.6-sunburst"]
    ((message,),) = (json.loads(whole.attributes["gen_ai.input.messages"]),)
    assert message["role"] == "user" and "a fox like https://a.example.org/b?" in message["parts"][0]["content"]
    text = "".join(span.to_json() for span in exporter.get_finished_spans())
    assert "zibeline" not in text and KEY not in text


def test_a_failure_is_marked_with_our_code(
    openai: Workplace, emulator: Emulator, exporter: InMemorySpanExporter
) -> None:
    emulator.script(GENERATIONS, [Fault.moderation()])
    openai.failure()
    whole = by_name(exporter)["image gpt-image-2.6-sunburst"]
    assert whole.attributes["error.type"] == "refused"
    assert (whole.status.is_ok, whole.status.description) == (False, "refused")
    assert whole.events == ()
