"""How often requests may be repeated when a provider is in trouble: a bucket of tokens for each backend.

Without it a thousand jobs that all fail multiply the load that made them fail. The constants are those of the AWS
SDKs' standard mode (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html, checked 2026-11-22).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

CAPACITY = 500
AFTER_A_FAILURE = 14
AFTER_A_LIMIT = 5
"""What one more attempt costs, after a broken connection or a 5xx, and after a 429."""


@dataclass
class _Bucket:
    tokens: int = CAPACITY

    def take(self, cost: int) -> bool:
        if self.tokens < cost:
            return False
        self.tokens -= cost
        return True

    def refill(self, tokens: int) -> None:
        self.tokens = min(CAPACITY, self.tokens + tokens)


@dataclass(frozen=True)
class RetryQuotas:
    """The buckets of one client, by backend."""

    _buckets: defaultdict[str, _Bucket] = field(default_factory=lambda: defaultdict(_Bucket))

    def allow(self, backend: str, *, limited: bool) -> bool:
        """Pay for one more attempt. `limited` says that the provider answered 429."""
        return self._buckets[backend].take(AFTER_A_LIMIT if limited else AFTER_A_FAILURE)

    def succeeded(self, backend: str, *, attempts: int) -> None:
        """A request went through: what its last repetition cost comes back, or one token if it needed none."""
        self._buckets[backend].refill(1 if attempts == 1 else AFTER_A_FAILURE)
