"""Foreign clients as witnesses of the backends of one short file: both send the same, and read the same replies."""

from __future__ import annotations

import pytest
from one_file_cases import BACKENDS, CASES, UNSUCCESSFUL, case_of
from one_file_laboratory import OneFileLaboratory
from one_file_witnesses import NOBODY_SENDS
from openai_cases import Case

from anymedia.spec import Backend, Sample

WITNESSED = tuple(case for case in CASES if (case.route, case.parameter) not in NOBODY_SENDS)


@pytest.mark.parametrize("case", WITNESSED, ids=lambda case: f"{case.route}: {case}")
def test_both_clients_send_and_read_the_same(one_file_laboratory: OneFileLaboratory, case: Case) -> None:
    witnesses = one_file_laboratory.witnesses_of(case)
    assert witnesses
    for witness in witnesses:
        assert one_file_laboratory.differences(witness, case) == []


@pytest.mark.parametrize("backend, sample", UNSUCCESSFUL, ids=lambda each: getattr(each, "name", None))
def test_both_clients_see_that_nothing_was_made(
    one_file_laboratory: OneFileLaboratory, backend: Backend, sample: Sample
) -> None:
    case = case_of(backend, sample)
    assert one_file_laboratory.ours(case, sample).error is not None
    for witness in one_file_laboratory.witnesses_of(case):
        assert one_file_laboratory.theirs(witness, case, sample).error is not None


@pytest.mark.parametrize("name", [name for name, backend in BACKENDS.items() if backend.cancel is not None])
def test_both_clients_cancel_alike(one_file_laboratory: OneFileLaboratory, name: str) -> None:
    assert one_file_laboratory.differences_in_cancelling(name) == []


def test_every_parameter_and_model_has_a_case() -> None:
    declared = {(name, each) for name, backend in BACKENDS.items() for model in backend.models for each in model.params}
    assert {(case.route, case.parameter) for case in CASES} == declared
    models = {(name, model.id) for name, backend in BACKENDS.items() for model in backend.models}
    assert {(case.route, case.model.id) for case in CASES} == models
