"""What parameters may be, as tables, and the checks that refuse what they are not."""

from dataclasses import dataclass

from anymedia.testing.emulator.dialects.openrouter.errors import Refused, error_reply, refused
from anymedia.testing.emulator.messages import Json, ReceivedRequest


@dataclass(frozen=True, kw_only=True)
class Is:
    """A value of this type, among `values` if there are any, from `low` to `high` if it is a number."""

    type: type | tuple[type, ...]
    values: tuple[Json, ...] = ()
    low: float | None = None
    high: float | None = None


TEXT, FLAG, LIST, OBJECT = Is(type=str), Is(type=bool), Is(type=list), Is(type=dict)
Table = dict[str, Is]


def checked(request: ReceivedRequest, table: Table, *, required: tuple[str, ...]) -> Json:
    """The body of a request, if every parameter of it is known and fits. Raises Refused."""
    if not isinstance(request.json, dict):
        raise Refused(error_reply(400))
    for name in required:
        if request.json.get(name) in (None, "", []):
            raise refused(f"{name}: Required")
    for name, value in request.json.items():
        if name not in table:
            raise refused(f"Unrecognized key: {name}")
        check(name, value, table[name])
    return request.json


def check(name: str, value: Json, wanted: Is) -> None:
    """Raises Refused."""
    kinds: tuple[type, ...] = wanted.type if isinstance(wanted.type, tuple) else (wanted.type,)
    if type(value) not in kinds:
        raise refused(f"{name}: Invalid input: expected {' or '.join(kind.__name__ for kind in kinds)}")
    if wanted.values and value not in wanted.values:
        raise refused(f"{name}: Invalid option: expected one of {', '.join(map(str, wanted.values))}")
    if wanted.low is not None and value < wanted.low:
        raise refused(f"{name}: Too small: expected number to be >={wanted.low}")
    if wanted.high is not None and value > wanted.high:
        raise refused(f"{name}: Too big: expected number to be <={wanted.high}")


def objects(value: Json, name: str) -> list[Json]:
    """A list of objects. Raises Refused."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise refused(f"{name}: Invalid input: expected array of objects")
    return value
