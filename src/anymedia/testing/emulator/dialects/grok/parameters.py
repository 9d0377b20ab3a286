"""What a body may hold, as tables, and the check that answers like xAI when a value is not allowed.

xAI ignores fields that it does not know; here they are refused, so that a slip of the pen shows.
"""

import base64
import binascii
from collections.abc import Callable, Mapping

from anymedia.testing.emulator.dialects.grok.errors import refused
from anymedia.testing.emulator.messages import Json, ReceivedRequest

Check = Callable[[Json], bool]
Table = Mapping[str, Check]


def text(longest: int) -> Check:
    return lambda value: isinstance(value, str) and bool(value.strip()) and len(value) <= longest


def flag(value: Json) -> bool:
    return isinstance(value, bool)


def whole(low: int, high: int) -> Check:
    return lambda value: type(value) is int and low <= value <= high


def number(low: float, high: float) -> Check:
    return lambda value: isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


def one_of(*values: Json) -> Check:
    return lambda value: type(value) is type(values[0]) and value in values


def several(check: Check, at_most: int) -> Check:
    return lambda value: isinstance(value, list) and 0 < len(value) <= at_most and all(map(check, value))


def holding(table: Table) -> Check:
    return lambda value: isinstance(value, dict) and all(name in table and table[name](value[name]) for name in value)


def media(kind: str) -> Check:
    """An address, or a data URI of that kind."""

    def check(value: Json) -> bool:
        return holding({"url": address, "file_id": text(100), "type": one_of("image_url")})(value)

    def address(url: Json) -> bool:
        if not isinstance(url, str) or url.startswith("https://"):
            return isinstance(url, str)
        head, _, data = url.partition(";base64,")
        return head.startswith(f"data:{kind}/") and is_base64(data)

    return check


def is_base64(data: str) -> bool:
    try:
        return bool(base64.b64decode(data, validate=True))
    except (binascii.Error, ValueError):
        return False


STORAGE = holding({"filename": text(255), "expires_after": whole(1, 2_592_000), "public_url": lambda value: True})


def checked(request: ReceivedRequest, table: Table, *, required: tuple[str, ...]) -> Json:
    """The body without nulls. Raises Refused."""
    if not isinstance(request.json, dict):
        raise refused("Failed to parse the request body as JSON.")
    given = {name: value for name, value in request.json.items() if value is not None}
    for name in required:
        if name not in given:
            raise refused(f"Failed to deserialize the JSON body into the target type: missing field `{name}`", 422)
    for name, value in given.items():
        if name not in table:
            raise refused(f"Failed to deserialize the JSON body into the target type: unknown field `{name}`", 422)
        if not table[name](value):
            raise refused(f"Invalid value of `{name}`: {value!r:.100}")
    return given
