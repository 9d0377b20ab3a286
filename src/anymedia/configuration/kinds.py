"""The kinds of value a setting can have: each reads, describes itself and gives its JSON Schema, from one line."""

from __future__ import annotations

import os
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..errors import UnknownName
from ..media import Json
from ..operations import OPERATIONS
from .names import shipped_example
from .place import Place, expanded
from .urls import HTTP_OR_HTTPS, HTTPS_OR_LOOPBACK, problem_with_url


class Kind(ABC):
    """One kind of value."""

    name: str
    """For tables of settings, such as `dollars`."""

    @abstractmethod
    def read(self, value: Json, place: Place) -> Json:
        """The value as settings hold it. Raise `InvalidConfiguration` naming what is allowed."""

    def parse(self, text: str) -> Json:
        """What `read` takes, from the text of an environment variable. Text that means nothing stays text."""
        return text

    @abstractmethod
    def schema(self) -> dict[str, Json]:
        """JSON Schema of the value as a file has it."""

    @abstractmethod
    def example(self) -> Json:
        """A value that `read` takes, as a file has it."""


class Flag(Kind):
    name = "true or false"
    words = MappingProxyType({"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False})

    def read(self, value: Json, place: Place) -> bool:
        if isinstance(value, bool):
            return value
        if place.source.layer == "environment":
            raise place.refusal("must be one of 1, true, yes, 0, false, no", value)
        raise place.refusal("must be true or false", value)

    def parse(self, text: str) -> Json:
        return self.words.get(text.strip().lower(), text)

    def schema(self) -> dict[str, Json]:
        return {"type": "boolean"}

    def example(self) -> Json:
        return True


class Dollars(Kind):
    name = "US dollars"
    written = re.compile(r"[0-9]{1,15}(\.[0-9]{1,9})?")

    def read(self, value: Json, place: Place) -> Decimal:
        amount = _decimal(value)
        if amount is None or not self.written.fullmatch(f"{amount:f}"):
            raise place.refusal('must be US dollars from 0 up, with at most 9 decimals, such as "0.50" or 2', value)
        return amount

    def parse(self, text: str) -> Json:
        return text.strip()

    def schema(self) -> dict[str, Json]:
        number = {"type": "number", "minimum": 0}
        return {"anyOf": [number, {"type": "string", "pattern": f"^{self.written.pattern}$"}]}

    def example(self) -> Json:
        return "5.00"


def _decimal(value: Json) -> Decimal | None:
    """A finite number. Text must be plain digits: no exponent, no separators, no currency sign."""
    if isinstance(value, str):
        return Decimal(value) if Dollars.written.fullmatch(value) else None
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    amount = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    return amount if amount.is_finite() else None


class Bytes(Kind):
    name = "bytes"
    most = 2**50

    def read(self, value: Json, place: Place) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= self.most:
            raise place.refusal("must be bytes, a whole number above 0", value)
        return value

    def parse(self, text: str) -> Json:
        return int(text) if text.strip().isdecimal() else text

    def schema(self) -> dict[str, Json]:
        return {"type": "integer", "minimum": 1, "maximum": self.most}

    def example(self) -> Json:
        return 50_000_000


class Seconds(Kind):
    name = "seconds"
    most = 365 * 24 * 3600

    def read(self, value: Json, place: Place) -> float:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not 0 < value <= self.most:
            raise place.refusal("must be seconds, a number above 0 and at most one year", value)
        return float(value)

    def parse(self, text: str) -> Json:
        try:
            return float(text)
        except ValueError:
            return text

    def schema(self) -> dict[str, Json]:
        return {"type": "number", "exclusiveMinimum": 0, "maximum": self.most}

    def example(self) -> Json:
        return 60


class Age(Kind):
    """A span of time as people write it. It stays text, so that what is shown can be written again."""

    name = "age"
    written = re.compile(r"([0-9]{1,5})([mhdw])")
    units = MappingProxyType({"m": "minutes", "h": "hours", "d": "days", "w": "weeks"})

    def read(self, value: Json, place: Place) -> str:
        if not isinstance(value, str) or age_of(value) is None:
            raise place.refusal('must be an age in minutes, hours, days or weeks, such as "30d" or "12h"', value)
        return value

    def parse(self, text: str) -> Json:
        return text.strip()

    def schema(self) -> dict[str, Json]:
        return {"type": "string", "pattern": f"^{self.written.pattern}$"}

    def example(self) -> Json:
        return "30d"


def age_of(text: str) -> timedelta | None:
    """The span of time that a text such as `30d` stands for."""
    found = Age.written.fullmatch(text)
    return None if found is None else timedelta(**{Age.units[found[2]]: int(found[1])})


class Folder(Kind):
    name = "folder"

    def read(self, value: Json, place: Place) -> Path:
        text = os.fspath(value) if isinstance(value, Path) else value
        if not isinstance(text, str) or not text.strip() or "\0" in text:
            raise place.refusal(f"must be the path of a {self.name}", value)
        if text.startswith("~") and text[1:2] not in ("", "/"):
            raise place.refusal("may begin with ~/ for your own home folder only", text)
        path = expanded(text, place.source.home)
        if place.source.layer == "user file" and not path.is_absolute():
            raise place.refusal("must be absolute or start with ~/ in this file, which serves every folder", text)
        return place.source.folder / path

    def schema(self) -> dict[str, Json]:
        return {"type": "string", "minLength": 1}

    def example(self) -> Json:
        return "~/Pictures"


class SecretFile(Folder):
    name = "file"

    def example(self) -> Json:
        return "~/keys.env"


class Url(Kind):
    name = "URL"

    def read(self, value: Json, place: Place) -> str:
        return read_url(value, place, allow_http=False)

    def schema(self) -> dict[str, Json]:
        return {"type": "string", "pattern": HTTPS_OR_LOOPBACK}

    def example(self) -> Json:
        return "https://proxy.example.org/v1"


class AnyHttpUrl(Url):
    """Plain http to another machine too, where the setting beside it allows that."""

    def read(self, value: Json, place: Place) -> str:
        return read_url(value, place, allow_http=True)

    def schema(self) -> dict[str, Json]:
        return {"type": "string", "pattern": HTTP_OR_HTTPS}

    def example(self) -> Json:
        return "http://127.0.0.1:8000/v1"


def read_url(value: Json, place: Place, *, allow_http: bool) -> str:
    """A base URL. The value is never repeated: it may hold a password."""
    problem = problem_with_url(value, allow_http=allow_http)
    if problem:
        raise place.refusal(problem)
    return str(value)


class VariableName(Kind):
    name = "variable name"
    written = re.compile(r"[A-Z][A-Z0-9_]{0,63}")

    def read(self, value: Json, place: Place) -> str:
        if isinstance(value, str) and self.written.fullmatch(value):
            return value
        raise place.refusal("must be the name of an environment variable in capitals, not the key itself")

    def schema(self) -> dict[str, Json]:
        return {"type": "string", "pattern": f"^{self.written.pattern}$"}

    def example(self) -> Json:
        return "MY_SERVER_API_KEY"


class Operation(Kind):
    name = "operation"

    def read(self, value: Json, place: Place) -> str:
        if value in OPERATIONS:
            return str(value)
        raise place.unknown(value, OPERATIONS)

    def schema(self) -> dict[str, Json]:
        return {"enum": list(OPERATIONS)}

    def example(self) -> Json:
        return next(iter(OPERATIONS))


@dataclass(frozen=True)
class OneOfWords(Kind):
    """One of a few words."""

    words: tuple[str, ...]
    name = "word"

    def read(self, value: Json, place: Place) -> str:
        if value in self.words:
            return str(value)
        raise place.refusal(f"must be one of {', '.join(self.words)}", value)

    def schema(self) -> dict[str, Json]:
        return {"enum": list(self.words)}

    def example(self) -> Json:
        return self.words[0]


class BackendName(Kind):
    name = "backend"

    def read(self, value: Json, place: Place) -> str:
        if not isinstance(value, str) or not value:
            raise place.refusal("must name a backend", value)
        try:
            return place.names.canonical(value)
        except UnknownName as error:
            raise place.refusal(f"must name a backend that is installed, got {value!r}", next=error.next) from None

    def schema(self) -> dict[str, Json]:
        return {"type": "string", "minLength": 1}

    def example(self) -> Json:
        return shipped_example()[0]


class ServerName(Kind):
    name = "name"
    written = re.compile(r"[a-z][a-z0-9_]{0,63}")

    def read(self, value: Json, place: Place) -> str:
        if not self.written.fullmatch(value):
            advice = "Name it with small letters, digits and `_`, beginning with a letter."
            raise place.inside(value).refusal("is no name for a server", next=advice)
        if value in place.names.taken:
            raise place.inside(value).refusal("has the name of a shipped backend", next="Choose another name.")
        return str(value)

    def schema(self) -> dict[str, Json]:
        return {"type": "string", "pattern": f"^{self.written.pattern}$"}

    def example(self) -> Json:
        return "my_server"


@dataclass(frozen=True)
class AnyName(Kind):
    shown: str = "my_agent"
    name = "name"

    def read(self, value: Json, place: Place) -> str:
        if isinstance(value, str) and value.strip():
            return value
        raise place.refusal("must be text that is not empty", value)

    def schema(self) -> dict[str, Json]:
        return {"type": "string", "pattern": r"\S"}

    def example(self) -> Json:
        return self.shown


class ModelName(AnyName):
    """A model of the operation that is the last part of the key."""

    name = "model"

    def read(self, value: Json, place: Place) -> str:
        text = super().read(value, place)
        try:
            place.names.check_model(text, place.key[-1])
        except UnknownName as error:
            raise place.refusal(f"must be a model: {error.message.rstrip('.')}", next=error.next) from None
        return text

    def example(self) -> Json:
        return ":".join(shipped_example())


@dataclass(frozen=True)
class ListOf(Kind):
    """A list; in an environment variable its parts are separated by `separator`."""

    each: Kind
    separator: str = ","

    @property
    def name(self) -> str:  # type: ignore[override]
        return f"list of {self.each.name}s"

    def read(self, value: Json, place: Place) -> tuple[Json, ...]:
        if not isinstance(value, list | tuple):
            raise place.refusal("must be a list", value)
        return tuple(dict.fromkeys(self.each.read(part, place) for part in value))

    def parse(self, text: str) -> Json:
        return [self.each.parse(part.strip()) for part in text.split(self.separator) if part.strip()]

    def schema(self) -> dict[str, Json]:
        return {"type": "array", "items": self.each.schema()}

    def example(self) -> Json:
        return [self.each.example()]


class Command(Kind):
    """A program and its options, one by one: no shell ever reads them."""

    name = "command"

    def read(self, value: Json, place: Place) -> tuple[str, ...]:
        if isinstance(value, list | tuple) and value and all(isinstance(part, str) for part in value):
            return tuple(value)
        raise place.refusal('must be a list of the program and its options, such as ["claude", "--print"]', value)

    def schema(self) -> dict[str, Json]:
        return {"type": "array", "items": {"type": "string"}, "minItems": 1}

    def example(self) -> Json:
        return ["claude"]


@dataclass(frozen=True)
class MapOf(Kind):
    """A table whose keys are of one kind and whose values are of another."""

    keys: Kind
    each: Kind
    name = "table"

    def read(self, value: Json, place: Place) -> Mapping[str, Json]:
        return MappingProxyType({name: self.each.read(each, inner) for name, each, inner in self.entries(value, place)})

    def entries(self, value: Json, place: Place) -> list[tuple[str, Json, Place]]:
        """The names, raw values and places of a table. Names are read, values are not."""
        names = {name: self.keys.read(name, place) for name in table_at(value, place)}
        if len(set(names.values())) < len(names):
            raise place.refusal(f"has two spellings of one name: {', '.join(names)}")
        return [(names[name], each, place.inside(names[name])) for name, each in value.items()]

    def schema(self) -> dict[str, Json]:
        names = self.keys.schema()
        if "enum" in names:
            each = {name: self.each.schema() for name in names["enum"]}
            return {"type": "object", "properties": each, "additionalProperties": False}
        return {"type": "object", "propertyNames": names, "additionalProperties": self.each.schema()}

    def example(self) -> Json:
        return {self.keys.example(): self.each.example()}


@dataclass(frozen=True)
class Record(Kind):
    """A table that is one value, given whole: a later source replaces it whole."""

    of: type[Any]
    name = "table"

    def read(self, value: Json, place: Place) -> Json:
        table = table_at(value, place)
        known = {each.name: each for each in fields(self.of)}
        for name in table:
            if name not in known:
                raise place.unknown(name, known)
        for each in known.values():
            if each.metadata["default"] is MISSING and each.name not in table:
                raise place.refusal(f"needs `{each.name}`")
        given = {name: known[name].metadata["kind"].read(each, place.inside(name)) for name, each in table.items()}
        record = self.of(**given)
        record.check(place)
        return record

    def schema(self) -> dict[str, Json]:
        properties = {
            each.name: {**each.metadata["kind"].schema(), "description": each.metadata["help"]}
            for each in fields(self.of)
        }
        needed = [each.name for each in fields(self.of) if each.metadata["default"] is MISSING]
        return {"type": "object", "properties": properties, "required": needed, "additionalProperties": False}

    def example(self) -> Json:
        return {each.name: each.metadata["kind"].example() for each in fields(self.of)}


def table_at(value: Json, place: Place) -> Mapping[str, Json]:
    if isinstance(value, Mapping) and all(isinstance(name, str) for name in value):
        return value
    raise place.refusal("must be a table", value)
