"""What is believed of others, at its edges: the last number, id and letter that is taken, and the first that is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from anymedia.engine import numbers
from anymedia.engine.foreign_words import QUOTED, READ, harmless, quoted
from anymedia.engine.steps import in_words, is_id, is_text, mended, problem_with_created, problem_with_step, settled
from anymedia.media import MediaFile, Spilled
from anymedia.operations import ImageRequest
from anymedia.results import Resource
from anymedia.spec import Created, Failed, Partial, Pcm, Pending, PerUnit, Succeeded

HALF = "\ud83d"
"""Half a surrogate pair: no text that can be written down."""
PART = Spilled(part=Path("a.part"), size=1, sha256="", media_type="image/png", extension=".png")
AT_URL = MediaFile(media_type="image/png", url="https://files.example/a.png")


# --- Numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("amount", ["0", "0.01", "1000000"])
def test_an_amount_that_can_have_been_charged_is_believed(amount: str) -> None:
    assert numbers.cost(Decimal(amount)) == Decimal(amount)


@pytest.mark.parametrize("amount", [Decimal("-0.01"), Decimal("1000000.01"), Decimal("sNaN"), 1, "1", True, None])
def test_another_amount_is_none(amount: Any) -> None:
    assert numbers.cost(amount) is None


@pytest.mark.parametrize(("said", "share"), [(0, 0.0), (0.25, 0.25), (1, 1.0)])
def test_a_share_is_believed(said: float, share: float) -> None:
    assert numbers.fraction(said) == share


@pytest.mark.parametrize("said", [-0.01, 1.01, True, "0.5", None, float("nan"), 10**400])
def test_another_share_is_none(said: Any) -> None:
    assert numbers.fraction(said) is None


@pytest.mark.parametrize(
    ("said", "seconds"),
    [(0, 0.0), (0.5, 0.5), (3600, 3600.0), (3601, 3600.0), (-0.1, 7.0), (True, 7.0), ("5", 7.0), (10**400, 7.0)],
)
def test_a_pause_is_no_longer_than_an_hour_and_the_usual_one_where_none_is_said(said: Any, seconds: float) -> None:
    assert numbers.pause(said, usual=7.0) == seconds


# --- Words ------------------------------------------------------------------------------------------------------------

EDGES = "\x00 \x09 \x0b \x1f \x7f \x9f \u061c \u200b \u200e \u200f \u2028 \u202e \u2060 \u206f \ufeff \ufff9 \ufffb"
BESIDE = (
    "\n~\xa0\u061b\u061d\u200a\u200c\u200d\u2010\u2027\u202f\u205f\u2070\ufefe\uff00\ufff8\ufffc\U000dffff\U000e0080"
)


@pytest.mark.parametrize("letter", [*EDGES.split(" "), "\U000e0000", "\U000e007f"], ids=lambda letter: hex(ord(letter)))
def test_what_a_terminal_obeys_or_nobody_sees_is_one_space(letter: str) -> None:
    assert harmless(f"a{letter}{letter}b") == "a b"


def test_letters_beside_those_stay_and_half_a_pair_is_shown_as_one() -> None:
    assert harmless(BESIDE) == BESIDE
    assert harmless(f"a{HALF}") == "a\\ud83d"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("It is\n  late. ", "It is late"),
        ("Really?!", "Really"),
        ({"code": 7}, '{"code": 7}'),
        (None, "null"),
        ("x" * (QUOTED + 1), "x" * QUOTED),
        (" " * (READ - 1) + "ab", "a"),
    ],
)
def test_words_of_others_are_one_short_line(said: Any, shown: str) -> None:
    assert quoted(said) == shown


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("No.", "No."),
        ("No...", "No..."),
        ("No....", "No"),
        ("No\x1b[1m", "No [1m"),
        ("y" * (QUOTED + 3), "y" * (QUOTED + 3)),
        ("y" * (QUOTED + 4), "y" * QUOTED),
        (7, "7"),
    ],
)
def test_a_sentence_keeps_its_end_and_nothing_else_is_kept_as_it_was(said: Any, kept: str) -> None:
    assert in_words(said) == kept


# --- Steps ------------------------------------------------------------------------------------------------------------


def test_what_is_beside_the_point_and_makes_no_sense_is_left_out() -> None:
    odd, usual = float("nan"), 2.0
    step: Any = Pending(state={}, poll_after=odd, fraction=7.0)
    assert mended(step) == Pending(state={}, poll_after=usual, fraction=None)
    assert mended(Pending(state={}, poll_after=5, fraction=0.5)) == Pending(state={}, poll_after=5, fraction=0.5)
    assert mended(Partial(files=(PART,), state={}, poll_after=odd)) == Partial(files=(PART,), state={})
    assert mended(Partial(files=(), state={}, poll_after=5)).poll_after == 5  # type: ignore[union-attr]
    assert mended(Failed(reason="a\x07b", cost=Decimal(-1))) == Failed(reason="a b")
    step = Succeeded(missing=("a\x07b",), warnings=("c\x07d",), cost=Decimal(-1), text="e\x07f")
    assert mended(step) == Succeeded(missing=("a b",), warnings=("c d",), text="e\x07f")


def sound(rate: int) -> Pcm:
    return Pcm(file=PART, rate=rate)


SENSIBLE = [
    Pending(state={"id": 1}),
    Pending(state=None, id="job 1"),
    Partial(files=(PART, AT_URL), state=[1, "a", None]),
    Failed(reason="no"),
    Succeeded(files=(PART,) * 100),
    Succeeded(files=(sound(1_000_000), MediaFile(media_type="image/png", data=b"x"))),
    Succeeded(text="", usage={"a": 1}, metadata={"b": None}, continuation={"last": AT_URL}),
    Succeeded(resources=(Resource(kind="voice", id="v1"), Resource(kind="voice", id="v2"))),
]


@pytest.mark.parametrize("step", SENSIBLE, ids=repr)
def test_there_is_no_problem_with_a_sensible_step(step: Any) -> None:
    assert problem_with_step(step) is None


SENSELESS: list[tuple[Any, str]] = [
    (Pending(state={}, id=""), "id is no text"),
    (Pending(state={}, id=f"a{HALF}"), "id is no text"),
    (Pending(state={"a": float("nan")}), "not JSON"),
    (Pending(state={"a": {1, 2}}), "not JSON"),
    (Partial(files=(), state={"a": b"x"}), "not JSON"),
    (Succeeded(files=(PART,) * 101), "101 outputs"),
    (Partial(files=(PART,) * 101, state={}), "101 outputs"),
    (Succeeded(files=(sound(1_000_001),)), "rate"),
    (Succeeded(files=("a.png",)), "not media"),  # type: ignore[arg-type]
    (Succeeded(files=(PART, replace(AT_URL, media_type=None))), "no text"),  # type: ignore[arg-type]
    (Succeeded(files=(AT_URL, replace(AT_URL, url=HALF))), "no text"),
    (Succeeded(text=7), "words that are no text"),  # type: ignore[arg-type]
    (Succeeded(resources=(Resource(kind="voice", id="v1"), Resource(kind="voice", id=""))), "id is no text"),
    (Succeeded(usage=[]), "not an object"),  # type: ignore[arg-type]
    (Succeeded(metadata=[]), "not an object"),  # type: ignore[arg-type]
    (Succeeded(usage={"a": Decimal(1)}), "not JSON"),
    (Succeeded(metadata={"a": float("inf")}), "not JSON"),
    (Succeeded(continuation={"a": object()}), "not JSON"),
]


@pytest.mark.parametrize(("step", "problem"), SENSELESS, ids=lambda each: each if isinstance(each, str) else "")
def test_what_cannot_be_written_down_or_fetched_is_named(step: Any, problem: str) -> None:
    assert problem in (problem_with_step(step) or "")


def test_something_that_is_kept_needs_a_name() -> None:
    assert problem_with_created(Created(kind="voice", id="v1")) is None
    assert problem_with_created(Created(kind="voice", id="")) is not None


def test_an_id_is_one_line_of_2000_letters_at_most() -> None:
    assert is_id("a") and is_id("a" * 2000) and is_id("ä 火")
    assert not any(map(is_id, ("a" * 2001, "", "a\nb", HALF, 7, None)))
    assert is_text("a\nb") and not is_text(HALF) and not is_text(b"a")


class Price:
    """Says what it was told to, or raises it."""

    def __init__(self, said: Any) -> None:
        self.said = said

    def settle(self, request: Any, usage: Any) -> Decimal | None:
        if isinstance(self.said, Exception):
            raise self.said
        return self.said  # type: ignore[no-any-return]


def test_usage_that_makes_no_sense_costs_nothing_that_is_known() -> None:
    request, broken = ImageRequest(prompt="a fox"), [ArithmeticError(), TypeError(), ValueError(), Decimal(-1)]
    price = PerUnit(amount=Decimal("0.05"), unit="image", source="a test", checked=date(2026, 11, 23))
    assert settled(price, request, {}) == Decimal("0.05")
    assert [settled(Price(each), request, {}) for each in broken] == [None] * 4  # type: ignore[arg-type]
