"""How often a client repeats in all: the bucket of a backend empties, fills again, and is nobody else's."""

from __future__ import annotations

import pytest

from anymedia.engine.retry_quota import RetryQuotas

BROKEN, LIMITED = 35, 100
"""Repetitions that 500 tokens pay for: at 14 after a broken connection or a 5xx, at 5 after a 429."""


def repeated(quotas: RetryQuotas, backend: str, *, limited: bool = False) -> int:
    """How often it may be repeated until it may not."""
    times = 0
    while quotas.allow(backend, limited=limited) and times < 1000:
        times += 1
    return times


@pytest.mark.parametrize(("limited", "times"), [(False, BROKEN), (True, LIMITED)], ids=["broken", "rate-limited"])
def test_a_provider_in_trouble_is_asked_again_so_often_and_no_more(limited: bool, times: int) -> None:
    quotas = RetryQuotas()
    assert repeated(quotas, "openai", limited=limited) == times
    assert not quotas.allow("openai", limited=limited)


def test_the_trouble_of_one_backend_is_not_that_of_another() -> None:
    quotas = RetryQuotas()
    repeated(quotas, "openai")
    assert repeated(quotas, "google") == BROKEN


def test_a_repetition_that_went_through_is_paid_back() -> None:
    quotas = RetryQuotas()
    repeated(quotas, "openai", limited=True)
    quotas.succeeded("openai", attempts=2)
    assert repeated(quotas, "openai") == 1


def test_what_went_through_at_once_pays_one_token_back() -> None:
    quotas = RetryQuotas()
    repeated(quotas, "openai", limited=True)
    for _ in range(4):
        quotas.succeeded("openai", attempts=1)
    assert not quotas.allow("openai", limited=True)
    quotas.succeeded("openai", attempts=1)
    assert repeated(quotas, "openai", limited=True) == 1


def test_a_bucket_never_holds_more_than_it_began_with() -> None:
    quotas = RetryQuotas()
    for _ in range(1000):
        quotas.succeeded("openai", attempts=2)
    assert repeated(quotas, "openai") == BROKEN
