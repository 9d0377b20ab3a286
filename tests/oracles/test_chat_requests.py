"""The official clients of chat models as witnesses: both sides send the same, and read the same words."""

from __future__ import annotations

import pytest
from chat_cases import BACKENDS, CASES
from chat_laboratory import ChatLaboratory
from openai_cases import Case


@pytest.mark.parametrize("case", CASES, ids=str)
def test_both_clients_put_the_same_on_the_wire(chat_laboratory: ChatLaboratory, case: Case) -> None:
    assert chat_laboratory.differences(case) == []


@pytest.mark.parametrize("case", CASES, ids=str)
def test_both_clients_read_the_same_words(chat_laboratory: ChatLaboratory, case: Case) -> None:
    pair = chat_laboratory.pair(case)
    assert (pair.official.error, pair.ours.error) == (None, None)
    assert pair.ours.answer == pair.official.answer != ""


def test_every_parameter_and_model_has_a_case() -> None:
    models = {model.id: set(model.serves) for backend in BACKENDS.values() for model in backend.models}
    served = {(each.route, name) for each in CASES for name in models[each.model.id]}
    assert {(case.route, case.parameter) for case in CASES} == served
    assert {case.model.id for case in CASES} == set(models)
