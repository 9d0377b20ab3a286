"""A parameter of a model, and facts across parameters. One line in a backend says all there is to know about one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..media import Json
from .constraints import Constraint, shown


@dataclass(frozen=True, kw_only=True)
class Param:
    """One parameter of one model: its dotted name on the wire, what it may be, and how it is written there.

    A provider that takes it in several fields: `wire_name="width height"`, and `encode` gives a sequence with a value
    for each, or for as many as there are.
    """

    wire_name: str
    allows: Constraint
    encode: Callable[[Json], Json] = lambda value: value

    @property
    def wire_names(self) -> tuple[str, ...]:
        """The fields that it is written to."""
        return tuple(self.wire_name.split())


@dataclass(frozen=True, kw_only=True)
class Rule:
    """When the parameters in `when` have these values, those in `needs` must have one of theirs.

    A value is a single value or a tuple of values; `Rule.ASKED` stands for any value, `Rule.ABSENT` for none.
    """

    ASKED = "<asked>"
    ABSENT = "<absent>"

    when: Mapping[str, Json]
    needs: Mapping[str, Json]
    why: str = ""

    def problem_with(self, asked: Mapping[str, Json]) -> str | None:
        if not all(_matches(asked, name, wanted) for name, wanted in self.when.items()):
            return None
        met = all(_matches(asked, name, wanted) for name, wanted in self.needs.items())
        return None if met else self.describe()

    def describe(self) -> str:
        left, right = (" and ".join(_condition(pair) for pair in part.items()) for part in (self.when, self.needs))
        return f"{left} needs {right}" + (f" ({self.why})" if self.why else "")


def _matches(asked: Mapping[str, Json], name: str, wanted: Json) -> bool:
    value = asked.get(name)
    if wanted == Rule.ASKED:
        return value is not None
    allowed = wanted if isinstance(wanted, tuple) else (wanted,)
    return (value is None and Rule.ABSENT in allowed) or (value is not None and value in allowed)


def _condition(pair: tuple[str, Json]) -> str:
    name, wanted = pair
    if wanted == Rule.ASKED:
        return f"`{name}`"
    allowed = wanted if isinstance(wanted, tuple) else (wanted,)
    words = ["not given" if value == Rule.ABSENT else shown(value) for value in allowed]
    return f"`{name}` {' or '.join(words)}"
