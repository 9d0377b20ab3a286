"""The package as its user writes it: one call, many prompts, other names, results, documents, imports."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from anymedia import AnymediaError, Batch, Result, agenerate_media, errors, generate_media
from anymedia.testing.emulator import Emulator, Fault
from toys import picture
from workplace import GENERATIONS, Workplace

# --- One prompt ------------------------------------------------------------------------------------------------------


def test_one_call_draws(shell: Workplace, emulator: Emulator) -> None:
    result = generate_media("a fox", mode="image")
    assert isinstance(result, Result)
    assert result.path.parent == shell.out
    assert result.read_bytes() == Path(result).read_bytes() == picture()
    assert (result.operation, result.backend, result.status) == ("image", "openai", "done")
    assert isinstance(result.cost.amount, Decimal)
    assert emulator.submits == 1


def test_the_mode_may_be_left_out_and_is_image(shell: Workplace, emulator: Emulator) -> None:
    assert generate_media("a fox").operation == "image"


def test_the_coroutine_does_the_same(shell: Workplace, emulator: Emulator) -> None:
    assert asyncio.run(agenerate_media("a fox")).path.exists()


def test_the_blocking_call_works_within_a_running_loop(shell: Workplace, emulator: Emulator) -> None:
    async def notebook() -> Result:
        return generate_media("a fox")

    assert asyncio.run(notebook()).path.exists()


def test_results_are_inputs(shell: Workplace, emulator: Emulator) -> None:
    first = generate_media("a fox")
    (shell.root / "by path.png").write_bytes(picture("path"))
    inputs = [first, shell.root / "by path.png", str(shell.root / "by path.png"), picture("bytes"), first.files[0]]
    generate_media("all of them", input_images=inputs)
    sent = [part.data for part in emulator.requests[-1].parts if part.name == "image[]"]
    assert sent == [picture(), picture("path"), picture("path"), picture("bytes"), picture()]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"mode": "image", "prompts": ["b"]}, errors.InvalidParameter),
        ({"mode": "picture"}, errors.UnknownName),
        ({"mode": "imgae"}, errors.UnknownName),
        ({"mode": ""}, errors.UnknownName),
        ({"mode": None}, errors.UsageError),
        ({"mode": 7}, errors.UsageError),
        ({"mode": "image", "audio_type": "music"}, errors.InvalidParameter),
        ({"mode": "audio", "audio_type": "noise"}, errors.UnknownName),
        ({"mode": "audio", "audio_type": "image"}, errors.UnknownName),
        ({"mode": "audio", "audio_type": 7}, errors.UsageError),
        ({"promt": "x"}, errors.UnsupportedParameter),
        ({"aspect": "16:9"}, errors.UnsupportedParameter),
        ({"n": "2"}, errors.InvalidParameter),
        ({"n": 2.5}, errors.InvalidParameter),
        ({"n": True}, errors.InvalidParameter),
        ({"n": 0}, errors.InvalidParameter),
        ({"size": "big"}, errors.InvalidParameter),
        ({"size": (0, 0)}, errors.InvalidParameter),
        ({"size": 1024}, errors.InvalidParameter),
        ({"quality": 7}, errors.InvalidParameter),
        ({"input_images": "missing.png"}, errors.InvalidInput),
        ({"input_images": b""}, errors.InvalidInput),
        ({"input_images": b"no picture at all"}, errors.InvalidInput),
        ({"input_images": [None]}, errors.InvalidParameter),
        ({"input_images": 7}, errors.InvalidParameter),
        ({"input_images": "https://example.com/a.png"}, errors.InvalidInput),
        ({"input_images": "."}, errors.InvalidInput),
        ({"mask": b"\x89PNG\r\n\x1a\n"}, errors.UsageError),
        ({"wait": "5"}, errors.InvalidParameter),
        ({"wait": -1}, errors.InvalidParameter),
        ({"wait": float("nan")}, errors.InvalidParameter),
        ({"overwrite": "no"}, errors.InvalidParameter),
        ({"adapt": "no"}, errors.InvalidParameter),
        ({"allow_retired": 1}, errors.InvalidParameter),
        ({"allow_unknown_cost": "no"}, errors.InvalidParameter),
        ({"backend": 5}, errors.InvalidParameter),
        ({"model": 5}, errors.InvalidParameter),
        ({"agent": 5}, errors.InvalidParameter),
        ({"idempotency_key": 5}, errors.InvalidParameter),
        ({"idempotency_key": ""}, errors.InvalidParameter),
        ({"on_progress": 5}, errors.InvalidParameter),
        ({"output_dir": 5}, errors.InvalidParameter),
        ({"provider_options": {"openai": 5}}, errors.InvalidParameter),
        ({"provider_options": ["openai"]}, errors.InvalidParameter),
        ({"provider_options": {"opnai": {}}}, errors.UnknownName),
        ({"provider_options": {"openai": {"n": 5}}}, errors.InvalidParameter),
        ({"provider_options": {"OpenAI": {"n": 5}}}, errors.InvalidParameter),
        ({"provider_options": {"openai": {"model": "x"}}}, errors.InvalidParameter),
        ({"provider_options": {"openai": {"x": float("nan")}}}, errors.InvalidParameter),
        ({"provider_options": {"openai": {"x": object()}}}, errors.InvalidParameter),
        ({"provider_options": {"openai": {5: 5}}}, errors.InvalidParameter),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_wrong_call_is_a_typed_error_before_anything_is_sent(
    arguments: Any, error: type[AnymediaError], shell: Workplace, emulator: Emulator
) -> None:
    with pytest.raises(error) as caught:
        generate_media("a fox", **arguments)
    assert (caught.value.charged, caught.value.exit_code) == ("no", 2)
    assert emulator.requests == ()
    assert shell.rows() == []
    assert shell.files() == []


@pytest.mark.parametrize("prompt", [None, "", "  ", 7, b"a fox", ["a", "b"], "x" * 100_000])
def test_a_wrong_prompt_is_refused(prompt: Any, shell: Workplace, emulator: Emulator) -> None:
    with pytest.raises(errors.InvalidParameter):
        generate_media(prompt)
    assert emulator.requests == ()


def test_options_of_a_provider_reach_it_in_any_case_or_are_refused(shell: Workplace, emulator: Emulator) -> None:
    try:
        generate_media("a fox", provider_options={"OpenAI": {"user": "me"}})
    except errors.UsageError:
        assert emulator.submits == 0
    else:
        assert emulator.requests[-1].json["user"] == "me"


def test_options_of_another_provider_are_not_sent_and_that_is_said(shell: Workplace, emulator: Emulator) -> None:
    result = generate_media("a fox", provider_options={"sketch": {"x": 1}})
    assert "x" not in emulator.requests[-1].json
    assert any("sketch" in warning for warning in result.warnings)


def test_a_careless_progress_callback_does_not_lose_what_was_paid_for(shell: Workplace, emulator: Emulator) -> None:
    def careless(progress: Any) -> None:
        raise RuntimeError("oh")

    for attempt in range(2):
        try:
            generate_media("a fox", on_progress=careless, idempotency_key="mine")
        except RuntimeError:
            assert attempt == 0
    assert generate_media("a fox", idempotency_key="mine").path.exists()
    assert emulator.submits == 1


# --- Many prompts ----------------------------------------------------------------------------------------------------


def test_a_batch_has_the_outcome_of_every_prompt_in_order(shell: Workplace, emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [Fault.slow(0.2)])
    batch = generate_media(prompts=["one", "", "three", "four"], max_concurrent=4)
    assert isinstance(batch, Batch)
    assert (len(batch), batch.succeeded, batch.failed) == (4, 3, 1)
    names = [outcome.path.name.split("-")[0] for outcome in batch.results]
    assert names == ["one", "three", "four"]
    assert isinstance(batch[1], errors.InvalidParameter)
    assert emulator.submits == 3


def test_failures_in_a_batch_stay_where_they_are(shell: Workplace, emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [Fault.moderation(), Fault.status(500, billed=True)])
    batch = generate_media(prompts=["a", "b", "c"], max_concurrent=1)
    assert [getattr(outcome, "code", "done") for outcome in batch] == ["refused", "unknown", "done"]
    assert [row["status"] for row in shell.rows()] == ["refused", "unknown", "done"]


def test_a_batch_of_one_is_a_batch(shell: Workplace, emulator: Emulator) -> None:
    assert isinstance(generate_media(prompts=["a"]), Batch)


def test_a_batch_keeps_to_its_number_at_once(shell: Workplace, emulator: Emulator) -> None:
    emulator.latency = 0.1
    generate_media(prompts=list("abcdef"), max_concurrent=2)
    assert emulator.meter.connections <= 2


def test_the_cap_of_a_batch_is_for_all_of_it_in_input_order(shell: Workplace, emulator: Emulator) -> None:
    batch = generate_media(prompts=list("abcd"), quality="low", max_cost="0.03")
    assert [isinstance(outcome, Result) for outcome in batch] == [True, True, False, False]
    assert all(isinstance(error, errors.BudgetExceeded) for error in batch.errors)
    assert emulator.submits == 2


@pytest.mark.parametrize("value", [0, -1, True, 1.5, "2", None])
def test_a_wrong_max_concurrent_is_refused(value: Any, shell: Workplace, emulator: Emulator) -> None:
    with pytest.raises(errors.InvalidParameter):
        generate_media(prompts=["a"], max_concurrent=value)
    assert emulator.requests == ()


@pytest.mark.parametrize("prompts", [[], (), "a fox", 7, {"a": 1}])
def test_prompts_are_a_list(prompts: Any, shell: Workplace, emulator: Emulator) -> None:
    with pytest.raises(errors.InvalidParameter):
        generate_media(prompts=prompts)
    assert emulator.requests == ()


@pytest.mark.parametrize("name", ["output", "idempotency_key", "continue_from"])
def test_what_is_for_one_prompt_is_refused_for_many(name: str, shell: Workplace, emulator: Emulator) -> None:
    with pytest.raises(errors.InvalidParameter):
        generate_media(prompts=["a", "b"], **{name: "x.png"})
    assert shell.rows() == []


@pytest.mark.parametrize("first", [5, None, b"x"])
def test_a_bad_first_prompt_does_not_take_the_others_along(first: Any, shell: Workplace, emulator: Emulator) -> None:
    batch = generate_media(prompts=[first, "a fox"])
    assert isinstance(batch[0], errors.InvalidParameter)
    assert isinstance(batch[1], Result)
    assert [row["status"] for row in shell.rows()] == ["done"]


def test_a_parameter_that_nobody_knows_reserves_nothing(shell: Workplace, emulator: Emulator) -> None:
    try:
        batch = generate_media(prompts=["a", "b"], colour="red")
    except errors.UnsupportedParameter:
        pass
    else:
        assert all(isinstance(error, errors.UnsupportedParameter) for error in batch.errors)
    assert shell.rows() == []
