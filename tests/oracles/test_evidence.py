"""The evidence that is checked in is what the oracles find, and a grade is never better than its weakest case."""

from __future__ import annotations

from itertools import chain, pairwise

import pytest
from evidence import ARTEFACTS, CHECKED_IN, LADDER, Finding, as_text, evidence_of, oracles


def finding(*witnesses: str, parameter: str = "seed", backend: str = "tintype") -> Finding:
    return Finding(operation="image", backend=backend, parameter=parameter, witnesses=frozenset(witnesses))


def grade(*findings: Finding) -> str:
    return evidence_of(findings)["image"]["tintype"]["seed"]


def test_the_checked_in_evidence_is_what_the_oracles_find(request: pytest.FixtureRequest) -> None:
    found = chain.from_iterable(oracle.findings(request.getfixturevalue(oracle.LABORATORY)) for oracle in oracles())
    text = as_text(evidence_of(found))
    (ARTEFACTS / "evidence.json").write_text(text, "utf-8")
    assert CHECKED_IN.read_text("utf-8") == text, f"copy {ARTEFACTS / 'evidence.json'} to {CHECKED_IN}"


@pytest.mark.parametrize("better, worse", tuple(pairwise(LADDER)))
def test_one_weak_case_is_enough_to_lower_a_grade(better: str, worse: str) -> None:
    assert grade(finding(better), finding(better)) == better
    assert grade(finding(better), finding(worse), finding(better)) == worse


def test_a_case_without_a_witness_is_reading() -> None:
    assert grade(finding()) == "reading"
    assert grade(finding("SDK", "schema"), finding()) == "reading"


def test_witnesses_of_every_case_are_named_after_the_grade() -> None:
    assert grade(finding("schema", "live", "SDK")) == "live, SDK, schema"
    assert grade(finding("SDK", "schema"), finding("SDK", "client", "schema")) == "SDK, schema"


def test_a_witness_of_some_cases_is_not_named() -> None:
    assert grade(finding("SDK", "schema"), finding("SDK")) == "SDK"


def test_the_cells_of_several_backends_stay_apart() -> None:
    found = evidence_of([finding("SDK", backend="tintype"), finding("schema", backend="daguerre", parameter="n")])
    assert found == {"image": {"daguerre": {"n": "schema"}, "tintype": {"seed": "SDK"}}}
