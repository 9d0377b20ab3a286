"""The shipped suite runs here too: its subjects and workbenches come from the package.

What a purchase does when it fails is tried with one sample of each operation, drawn by the seed of the torture, which
tries the same with more faults; `ANYMEDIA_TORTURE=long` tries it with every sample.
"""

import os
import random
import re

import pytest

from anymedia.testing.conformance.conftest import bench, pytest_generate_tests, workbenches

__all__ = ["bench", "pytest_collection_modifyitems", "pytest_generate_tests", "workbenches"]

WITH_FAULTS = {
    "test_refusal_becomes_an_error_of_its_own_kind",
    "test_purchase_is_not_repeated_after_a_server_error",
    "test_purchase_is_not_repeated_without_an_answer",
    "test_missing_output_is_never_success",
    "test_refused_poll_does_not_lose_the_job",
    "test_flow_does_not_wait_by_asking_again_and_again",
    "test_polling_ends_at_the_deadline",
    "test_refused_key_is_said_to_be_refused",
    "test_rate_limit_past_the_deadline_is_said_with_its_time",
    "test_key_reaches_the_provider_in_its_header",
    "test_key_goes_to_no_other_host",
    "test_key_stays_out_of_errors_logs_and_the_ledger",
}
SAMPLE = re.compile(r"-sample\d+-")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if os.environ.get("ANYMEDIA_TORTURE") == "long":
        return
    alike = {id(item): SAMPLE.sub("-", item.name) for item in items if _is_tried_with_faults(item)}
    chance = random.Random(os.environ.get("ANYMEDIA_TORTURE_SEED", "0"))
    drawn = {alike[id(item)]: item for item in chance.sample(items, len(items)) if id(item) in alike}
    left_out = [item for item in items if id(item) in alike and drawn[alike[id(item)]] is not item]
    config.hook.pytest_deselected(items=left_out)
    gone = set(map(id, left_out))
    items[:] = [item for item in items if id(item) not in gone]


def _is_tried_with_faults(item: pytest.Item) -> bool:
    return "test_shipped_backends" in item.nodeid and getattr(item, "originalname", "") in WITH_FAULTS
