"""The official client as the witness: what it puts on the wire and what our backend does must be equal."""

from __future__ import annotations

from dataclasses import replace

import pytest
from elevenlabs_cases import BACKEND, Case, cases
from elevenlabs_laboratory import KEY, ElevenLabsLaboratory, comparable
from evidence import ARTEFACTS
from wire_difference import differences

CASES = tuple(cases())


def named(ending: str) -> Case:
    return next(case for case in CASES if str(case).endswith(ending))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_both_clients_put_the_same_on_the_wire_and_understand_the_answer(
    elevenlabs_laboratory: ElevenLabsLaboratory, case: Case
) -> None:
    assert elevenlabs_laboratory.differences(case) == []
    official, ours = elevenlabs_laboratory.sides(case)
    assert (official.error, ours.error) == (None, None)


def test_every_parameter_of_every_model_has_a_case() -> None:
    declared = {(model.id, name) for model in BACKEND.models for name in model.params}
    assert declared <= {(case.model.id, case.parameter) for case in CASES}


def test_a_difference_is_found_and_named(elevenlabs_laboratory: ElevenLabsLaboratory) -> None:
    official, _ = elevenlabs_laboratory.sides(named("eleven_v4: once: seed=0"))
    _, ours = elevenlabs_laboratory.sides(named("eleven_v4: once: seed=4294967295"))
    assert official.sent is not None and ours.sent is not None
    found = differences(comparable(official.sent), comparable(ours.sent))
    assert found == ["json seed: the official client sent 0, ours 4294967295"]


def test_only_what_says_nothing_is_left_out_of_a_form(elevenlabs_laboratory: ElevenLabsLaboratory) -> None:
    official, _ = elevenlabs_laboratory.sides(named("scribe_v2: once: speakers=1"))
    assert official.sent is not None
    left = {part.name for part in official.sent.parts} - {part.name for part in comparable(official.sent).parts}
    assert left == {"webhook_metadata", "entity_detection", "entity_redaction"}
    one = official.sent.body.replace(b"\r\n\r\n1\r\n", b"\r\n\r\n2\r\n")
    assert differences(comparable(official.sent), comparable(replace(official.sent, body=one))) != []


def test_the_raw_lines_of_both_sides_are_kept_without_the_key(elevenlabs_laboratory: ElevenLabsLaboratory) -> None:
    elevenlabs_laboratory.sides(CASES[0])
    text = (ARTEFACTS / "oracles-elevenlabs.jsonl").read_text("utf-8")
    assert "python-httpx2" in text and "x-fern-sdk-name" in text
    assert KEY not in text
