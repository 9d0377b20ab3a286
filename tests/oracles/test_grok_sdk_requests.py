"""xAI's official client as the witness: for ours over gRPC message by message, for ours over REST field by field."""

from __future__ import annotations

import pytest
from grok_cases import Case
from grpc_laboratory import ACCEPTED, GrpcLaboratory, cases, differences_between, in_words_of_rest
from official_xai import OTHERWISE, SAME

from anymedia.backends import grok, grok_sdk
from anymedia.operations import ImageRequest

CASES = tuple(cases())
SERVED = tuple(case for case in CASES if case.model.retires is None)
"""The emulator does not know models that are gone; the request alone is compared for those."""


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_official_client_sends_the_same_message(grpc_laboratory: GrpcLaboratory, case: Case) -> None:
    assert grpc_laboratory.differences(case) == []


@pytest.mark.parametrize("case", CASES, ids=str)
def test_over_rest_the_same_fields_are_sent(grpc_laboratory: GrpcLaboratory, case: Case) -> None:
    assert grpc_laboratory.differences_over_rest(case) == []


@pytest.mark.parametrize("case", SERVED, ids=str)
def test_all_three_bring_the_same_home_for_the_same_money(grpc_laboratory: GrpcLaboratory, case: Case) -> None:
    theirs, ours, over_rest = grpc_laboratory.sides(case)
    assert (theirs.error, ours.error, over_rest.error) == (None, None, None)
    assert ours.answer.cost == over_rest.answer.cost
    ours_home, rest_home = ([file.read_bytes() for file in side.answer.files] for side in (ours, over_rest))
    assert ours_home == rest_home
    if case.model.accepts is ImageRequest:
        assert theirs.answer == ours_home


def test_both_doors_declare_the_same_for_images_and_videos() -> None:
    for model in grok_sdk.BACKEND.models:
        other = grok.BACKEND.model(model.id)
        assert other is not None
        assert (model.params, model.rules, model.price) == (other.params, other.rules, other.price)
        assert {*model.serves} <= {*SAME, *OTHERWISE[model.accepts]}


def test_every_parameter_and_model_has_a_case() -> None:
    declared = {(model.accepts.operation, name) for model in grok_sdk.BACKEND.models for name in model.serves}
    assert {(case.request.operation, case.parameter) for case in CASES} == declared
    assert {case.model.id for case in CASES} == {model.id for model in grok_sdk.BACKEND.models}


def test_words_of_rest_are_found_in_a_message() -> None:
    message = {"aspect_ratio": "IMG_ASPECT_RATIO_19_5_9", "image": {"image_url": "u", "detail": "DETAIL_AUTO"}}
    assert in_words_of_rest(message) == {"aspect_ratio": "19.5:9", "image": {"url": "u", "detail": "DETAIL_AUTO"}}


def test_a_difference_is_found_and_named(grpc_laboratory: GrpcLaboratory) -> None:
    wide, tall = (
        next(case for case in CASES if str(case).endswith(f"2.0: words: aspect_ratio={ratio}"))
        for ratio in ("16:9", "9:16")
    )
    theirs, ours = grpc_laboratory.sides(wide)[0], grpc_laboratory.sides(tall)[1]
    (line,) = differences_between(theirs, ours, dict, ACCEPTED)
    assert line.startswith("aspect_ratio: the official client sent 'IMG_ASPECT_RATIO_16_9'")
