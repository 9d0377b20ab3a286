"""What the corpora and chance have found, each as the reply that showed it: they stay found."""

from __future__ import annotations

from typing import Any

import pytest

from anymedia import AnymediaError, Result
from anymedia.spec import Call, Continuation, Failed, Flow, Pending, PerUnit, Step, Succeeded, post
from toys import KEY, PRICE, Provider, drawn, says, toy, toy_model
from workplace import Workplace

BY_THE_SECOND = PerUnit(
    amount=PRICE.amount, unit="second", source="a toy", checked=PRICE.checked, reported_at="seconds"
)


def ending(workplace: Workplace, provider: Provider, step: Step, **changes: Any) -> Result | AnymediaError:
    """How a job ends whose purchase is answered, and read as this step."""

    def submit(call: Call) -> Flow:
        yield post("/jobs", json={})
        return step

    provider.on("POST", "/jobs", says({}))
    try:
        return workplace.draw(toy(provider.url, submit, **changes))
    except AnymediaError as error:
        return error


@pytest.mark.parametrize("reason", [{"code": 7}, ["no"], 10**30, None, "\x1b[31mno"], ids=repr)
def test_a_reason_that_is_no_sentence_is_told_all_the_same(
    workplace: Workplace, provider: Provider, reason: Any
) -> None:
    error = ending(workplace, provider, Failed(reason=reason))
    assert isinstance(error, AnymediaError) and error.code == "failed"
    assert str(error).isprintable()


@pytest.mark.parametrize(
    "identity",
    [7, 10**30, {"value": "a"}, ["a"], "", "a\0b", "\ud800", "x" * 100_000],
    ids=lambda each: type(each).__name__,
)
def test_a_job_whose_id_is_none_is_an_unexpected_reply_that_is_kept(
    workplace: Workplace, provider: Provider, identity: Any
) -> None:
    error = ending(workplace, provider, Pending(state={"id": identity}, id=identity))
    assert isinstance(error, AnymediaError) and (error.code, error.charged) == ("unexpected_reply", "maybe")
    assert len(list(workplace.quarantine.iterdir())) == 1


@pytest.mark.parametrize("cost", [-1, float("nan"), "free", [1]], ids=repr)
def test_a_cost_that_is_no_amount_is_not_believed_and_costs_nobody_the_picture(
    workplace: Workplace, provider: Provider, cost: Any
) -> None:
    made = ending(workplace, provider, drawn(cost=cost))
    assert isinstance(made, Result) and f"{made.cost}" == "0.05 USD"


def test_words_of_the_provider_about_what_is_missing_are_made_fit_to_be_shown(
    workplace: Workplace, provider: Provider
) -> None:
    error = ending(workplace, provider, Succeeded(missing=("fox\u202egnp", {"en": "no"})))  # type: ignore[arg-type]
    assert isinstance(error, AnymediaError) and str(error).isprintable()


def test_usage_that_nobody_can_have_used_leaves_the_cost_unknown(workplace: Workplace, provider: Provider) -> None:
    made = ending(workplace, provider, drawn(usage={"seconds": 1e308}), model=toy_model(price=BY_THE_SECOND))
    assert isinstance(made, Result) and made.cost.amount is None


def test_more_outputs_than_anybody_asks_for_are_not_written_one_by_one(
    workplace: Workplace, provider: Provider
) -> None:
    def submit(call: Call) -> Flow:
        response = yield post("/jobs", json={}, media_at=("pictures[*]",))
        return Succeeded(files=tuple(response.json["pictures"]))

    provider.on("POST", "/jobs", says({"pictures": ["QUJD"] * 10_000}))
    error = workplace.failure(toy(provider.url, submit))
    assert (error.code, error.charged) == ("unknown", "maybe")
    assert "100 outputs" in error.message and len(list(workplace.quarantine.glob("*.part"))) == 100


def test_an_id_too_long_for_an_address_is_told_and_is_no_bug(workplace: Workplace, provider: Provider) -> None:
    def submit(call: Call) -> Flow:
        yield post("/" + "x" * 100_000, json={})
        return drawn()

    assert workplace.failure(toy(provider.url, submit)).code == "invalid_parameter"


@pytest.mark.parametrize("identity", [7, ["gpt-image-2"], None, "\x1b[31m"], ids=repr)
def test_a_list_of_models_without_names_is_told_and_is_no_bug(
    workplace: Workplace, provider: Provider, identity: Any
) -> None:
    provider.on("GET", "/models", says({"data": [{"id": identity, "object": "model"}]}))
    environ = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": provider.url}
    with pytest.raises(AnymediaError) as caught:
        workplace.run(lambda client: client.live_models("openai"), environ=environ)
    assert (caught.value.code, caught.value.charged) == ("backend_defect", "no")


def test_a_continuation_with_half_a_surrogate_pair_can_be_kept(workplace: Workplace, provider: Provider) -> None:
    lives = Continuation(state="server", how="an id", lives="a day")
    model = toy_model(continuation=lives)
    made = ending(workplace, provider, drawn(continuation={"id": "job\ud800"}), model=model)
    assert isinstance(made, Result) and made.continuation_id is not None
