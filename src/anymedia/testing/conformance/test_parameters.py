"""What is declared reaches the wire under its own name; what is not allowed or not declared never leaves."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from ...errors import InvalidParameter, UnsupportedParameter
from ...media import Json
from ...operations import Request
from ...spec.backend import Model
from ...spec.params import Rule
from ...spec.wire import Compute
from ..emulator.messages import ReceivedRequest
from .examples import asking, breaking, keeping, rule_met, smallest, undeclared_values, values_of
from .on_the_wire import arguments_of, carries, comparable, fingerprint
from .subjects import ModelSubject, ParameterSubject, RuleSubject, UndeclaredSubject
from .workbench import Made, Workbench, measured


def test_declared_parameter_reaches_the_provider(parameter: ParameterSubject, bench: Workbench) -> None:
    tried = 0
    for value in values_of(parameter.model, parameter.name):
        asked = asking(parameter.model, {parameter.name: value})
        if asked is not None:
            tried += 1
            check = _check_computation if parameter.is_computed else _check_requests
            check(parameter, bench, asked, value)
    assert tried, f"`{parameter.name}`: the rules of {parameter.model.id} forbid every valid value of it."


def _check_requests(parameter: ParameterSubject, bench: Workbench, asked: dict[str, Json], value: Json) -> None:
    encoded = parameter.param.encode(value)
    wire_name = parameter.param.wire_name
    sent = any(carries(request, wire_name, encoded) for request in _sent(parameter, bench, asked))
    assert sent or _is_given_to_a_library(parameter, bench, asked, encoded), (
        f"`{parameter.name}`={value!r:.60} does not reach the provider: no request carries {encoded!r:.60} as "
        f"`{wire_name}`. The flow dropped it: send all of call.body, and test values with `is None`, because 0, False "
        f'and "" are values.'
    )


def _is_given_to_a_library(
    parameter: ParameterSubject, bench: Workbench, asked: dict[str, Json], encoded: Json
) -> bool:
    """Whether a library was called with the value. What it makes of it on the wire is in its own words."""
    called = [each for flow in _made(parameter, bench, asked).flows for each in flow.effects]
    given = [arguments_of(each) for each in called if isinstance(each, Compute)]
    name = parameter.param.wire_name
    return any(name in each and each[name] == comparable(encoded) for each in given)


def _check_computation(parameter: ParameterSubject, bench: Workbench, asked: dict[str, Json], value: Json) -> None:
    arguments = _computed(parameter, bench, asked)
    wire_name = parameter.param.wire_name
    if wire_name in arguments[0]:
        encoded = comparable(parameter.param.encode(value))
        assert arguments[0][wire_name] == encoded, (
            f"`{parameter.name}`={value!r:.60} does not reach the computation: its argument `{wire_name}` is "
            f"{arguments[0][wire_name]!r:.60}. The flow dropped it: test values with `is None`, because 0, False and "
            f'"" '
            f"are values."
        )


def test_every_value_of_a_parameter_makes_a_difference(parameter: ParameterSubject, bench: Workbench) -> None:
    """A provider's defaults may equal one value, so it is the values that are compared with each other."""
    seen: list[tuple[Json, Json]] = []
    look = _computed if parameter.is_computed else _fingerprints
    for value in values_of(parameter.model, parameter.name):
        asked = asking(parameter.model, {parameter.name: value})
        if asked is None:
            continue
        now = look(parameter, bench, asked)
        same = [other for other, before in seen if before == now]
        assert not same, (
            f"`{parameter.name}`={value!r:.60} sends the same as `{parameter.name}`={same[0]!r:.60}: it is not used. "
            f"Send it, or remove it from Model.params."
        )
        seen.append((value, now))
    _compare_with_none(parameter, bench, seen)


def _compare_with_none(parameter: ParameterSubject, bench: Workbench, seen: list[tuple[Json, Json]]) -> None:
    if len(seen) > 1 or parameter.name in smallest(parameter.model):
        return
    value = seen[0][0]
    asked = asking(parameter.model, {parameter.name: value}) or {}
    without = {name: other for name, other in asked.items() if name != parameter.name}
    if parameter.model.problems_with(measured(parameter.model.accepts(**without))):
        return  # the rules ask for it
    if not parameter.is_computed and _is_always_sent(parameter, bench, without, value):
        return
    look = _computed if parameter.is_computed else _fingerprints
    assert look(parameter, bench, without) != seen[0][1], (
        f"`{parameter.name}`={value!r:.60} changes nothing. Send it, or remove it from Model.params."
    )


def _is_always_sent(parameter: ParameterSubject, bench: Workbench, without: dict[str, Json], value: Json) -> bool:
    """Whether a parameter has one value only, and the backend says so to the provider even when nobody asks."""
    encoded, wire_name = parameter.param.encode(value), parameter.param.wire_name
    return any(carries(request, wire_name, encoded) for request in _sent(parameter, bench, without))


def test_parameters_also_reach_the_provider_when_a_result_is_continued(
    parameter: ParameterSubject, bench: Workbench
) -> None:
    """Continuing often takes another route, and that is where a parameter is forgotten."""
    if parameter.is_computed or parameter.model.continuation is None or _is_fixed(parameter, "continuable"):
        return
    for value, other in _pairs_to_compare(parameter):
        assert _fingerprints(parameter, bench, value) != _fingerprints(parameter, bench, other), (
            f"`{parameter.name}`={value[parameter.name]!r:.60} is dropped when continuable=True. Send it on that route "
            f'too, or add Rule(when={{"continuable": True}}, needs={{"{parameter.name}": Rule.ABSENT}}).'
        )


def _pairs_to_compare(parameter: ParameterSubject) -> Iterator[tuple[dict[str, Json], dict[str, Json]]]:
    """Continuable requests with a value of the parameter, each with one of another value, or without it."""
    name, model = parameter.name, parameter.model
    values = values_of(model, name)[:2]
    found = [asked for value in values if (asked := asking(model, {name: value, "continuable": True}))]
    if len(found) > 1 or name in smallest(model):
        yield from itertools.pairwise(found)
    else:
        yield from ((asked, {other: asked[other] for other in asked if other != name}) for asked in found)


def _is_fixed(parameter: ParameterSubject, when: str) -> bool:
    """Whether the rules leave a parameter no choice: what is forbidden or constant need not be sent."""
    rules = [rule for rule in parameter.model.rules if when in rule.when and parameter.name in rule.needs]
    return any(rule_met(parameter.name, rule.needs[parameter.name], {}) for rule in rules)


def _sent(subject: ModelSubject, bench: Workbench, asked: dict[str, Json]) -> tuple[ReceivedRequest, ...]:
    """Every request that `asked` leads to. What becomes of the job is the business of other tests."""
    made = _made(subject, bench, asked)
    assert made.arrived, f"{subject.model.id}: nothing was sent for {sorted(asked)}: {made.error!r}."
    return made.arrived


def _made(subject: ModelSubject, bench: Workbench, asked: dict[str, Json]) -> Made:
    sample = subject.sample_like(asked)
    replies = () if sample is None else sample.replies
    return bench.make_once(subject.model.accepts(**asked), model=subject.model.id, replies=replies)


def _fingerprints(subject: ModelSubject, bench: Workbench, asked: dict[str, Json]) -> Json:
    return [fingerprint(request) for request in _sent(subject, bench, asked)]


def _computed(subject: ModelSubject, bench: Workbench, asked: dict[str, Json]) -> list[dict[str, Json]]:
    effects = bench.effects(subject.model.accepts(**asked), subject.model)
    found = [arguments_of(effect) for effect in effects if isinstance(effect, Compute)]
    assert found, f"{subject.model.id}: the flow of {sorted(asked)} computes nothing."
    return found


# --- What is refused ----------------------------------------------------------------------------------------------


def test_value_outside_the_limits_is_refused_before_any_connection(
    parameter: ParameterSubject, bench: Workbench
) -> None:
    for value in parameter.param.allows.invalid_examples():
        made = bench.make(_request(parameter.model, {parameter.name: value}), model=parameter.model.id)
        _assert_refused(made, InvalidParameter, parameter.name, f"`{parameter.name}`={value!r:.60}")


def test_undeclared_parameter_is_refused_before_any_connection(undeclared: UndeclaredSubject, bench: Workbench) -> None:
    for value in undeclared_values(undeclared.model.accepts, undeclared.name):
        made = bench.make(_request(undeclared.model, {undeclared.name: value}), model=undeclared.model.id)
        _assert_refused(made, UnsupportedParameter, undeclared.name, f"`{undeclared.name}`={value!r:.60}")


def _request(model: Model, changed: dict[str, Json]) -> Request:
    return model.accepts(**{**smallest(model), **changed})


def _assert_refused(made: Made, kind: type[Exception], name: str, what: str) -> None:
    assert isinstance(made.error, kind), (
        f"{what} must be refused with {kind.__name__}, and was not: {made.outcome}, {made.error!r}. "
        f"Let Param.allows say what is allowed."
    )
    assert f"`{name}`" in str(made.error), f"The error for {what} does not name `{name}`: {made.error}"
    assert not made.arrived, f"{what} was refused only after {len(made.arrived)} requests had been sent."


def test_broken_rule_is_refused_before_any_connection(rule: RuleSubject, bench: Workbench) -> None:
    cases = list(breaking(rule.model, rule.rule))
    assert cases, (
        f"The rule `{rule.rule.describe()}` can never be broken by declared values: it says nothing. Remove or mend it."
    )
    for name, asked in cases:
        made = bench.make(rule.model.accepts(**asked), model=rule.model.id)
        _assert_refused(made, InvalidParameter, name, f"a request that breaks `{rule.rule.describe()}`")


def test_kept_rule_is_accepted(rule: RuleSubject, bench: Workbench) -> None:
    asked = keeping(rule.model, rule.rule)
    assert asked is not None, (
        f"No request can keep the rule `{rule.rule.describe()}` and the others too. Mend Model.rules."
    )
    rule.model.check(measured(rule.model.accepts(**asked)))
    if not rule.is_computed:
        _sent(rule, bench, asked)


def test_rules_name_parameters_of_the_model(rule: RuleSubject) -> None:
    named = {*rule.rule.when, *rule.rule.needs}
    unknown = [name for name in named if name not in rule.model.serves]
    assert not unknown, f"The rule `{rule.rule.describe()}` names {unknown}, which {rule.model.id} does not declare."
    for name in named & rule.model.params.keys():
        _assert_values_are_allowed(rule, name)


def _assert_values_are_allowed(rule: RuleSubject, name: str) -> None:
    wanted = rule.rule.when.get(name, rule.rule.needs.get(name))
    for value in wanted if isinstance(wanted, tuple) else (wanted,):
        if value in (Rule.ASKED, Rule.ABSENT):
            continue
        problem = rule.model.params[name].allows.problem_with(value)
        assert problem is None, f"The rule `{rule.rule.describe()}` names a value of `{name}` that {problem}."


def test_nearest_value_is_an_allowed_one(parameter: ParameterSubject) -> None:
    """With `adapt=True` the nearest value is sent: it must be allowed itself."""
    allows = parameter.param.allows
    for value in parameter.param.allows.invalid_examples():
        near = allows.nearest(value)
        assert near is None or allows.problem_with(near) is None, (
            f"`{parameter.name}`: the nearest value to {value!r:.60} is said to be {near!r:.60}, which "
            f"{allows.problem_with(near)}. Mend Constraint.nearest."
        )
