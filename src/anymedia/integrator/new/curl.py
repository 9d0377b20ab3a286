"""Reads a pasted curl command: where it goes, how it shows its key, and which parameters it sends."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from ...errors import InvalidParameter
from ...media import Json

WITHOUT_VALUE = {"-s", "-S", "-L", "-v", "-k", "-f", "-i", "-N", "--silent", "--location", "--compressed", "--fail"}
HEADERS, BODIES, FORMS = ("-H", "--header"), ("-d", "--data", "--data-raw", "--data-binary", "--json"), ("-F", "--form")
_VARIABLE = re.compile(r"\$\{?([A-Z][A-Z0-9_]*)\}?")
_KEY_HEADER = re.compile(r"(?i)^(authorization|.*api[-_]?key|.*token)$")


@dataclass(frozen=True, kw_only=True)
class Curl:
    """One command. `body` is what it sends as JSON, or as a form; `key` is the variable its key comes from."""

    base_url: str
    path: str
    body: Mapping[str, Json]
    is_form: bool = False
    key: str | None = None
    header: str = "Authorization"
    prefix: str = "Bearer "


def read_curl(command: str) -> Curl:
    """Raise `InvalidParameter` for what is no curl command, or one that sends nothing that can be read."""
    try:
        words = shlex.split(command.replace("\\\n", " "))
    except ValueError as error:
        raise InvalidParameter(f"The curl command cannot be read: {error}.") from None
    if not words or words[0] != "curl":
        raise InvalidParameter("A curl command begins with `curl`.", next="Paste it whole, in quotes or by --curl -.")
    options = list(_options(words[1:]))
    url = next((value for name, value in options if name in ("", "--url")), None)
    if url is None or not url.startswith(("https://", "http://")):
        raise InvalidParameter("The curl command names no address.")
    parts = urlsplit(url)
    forms = dict(_form_field(value) for name, value in options if name in FORMS)
    header, prefix, key = _key([value for name, value in options if name in HEADERS])
    base, path = _split(parts.path)
    return Curl(
        base_url=f"{parts.scheme}://{parts.netloc}{base}",
        path=path,
        body=forms or _json([value for name, value in options if name in BODIES]),
        is_form=bool(forms),
        key=key,
        header=header,
        prefix=prefix,
    )


def _options(words: list[str]) -> Iterator[tuple[str, str]]:
    """Every option with its value, and every other word under no name."""
    waiting = iter(words)
    for word in waiting:
        name, _, value = word.partition("=")
        if not word.startswith("-"):
            yield "", word
        elif word in WITHOUT_VALUE:
            continue
        elif word.startswith("--") and value:
            yield name, value
        else:
            yield word, next(waiting, "")


def _split(path: str) -> tuple[str, str]:
    """A version at the beginning of a path belongs to the base URL."""
    found = re.match(r"((?:/(?:api|v\d+\w*))+)(/.*)", path)
    return (found[1], found[2]) if found else ("", path or "/")


def _json(bodies: list[str]) -> Mapping[str, Json]:
    if not bodies:
        return {}
    try:
        body = json.loads(bodies[0])
    except ValueError:
        raise InvalidParameter(
            "The body of the curl command is no JSON.", next="Write out what it reads from."
        ) from None
    if not isinstance(body, dict):
        raise InvalidParameter("The body of the curl command is no JSON object.")
    return body


def _form_field(value: str) -> tuple[str, Json]:
    name, _, content = value.partition("=")
    return name, content


def _key(headers: list[str]) -> tuple[str, str, str | None]:
    """The header that carries the key, what stands before it, and the variable it comes from."""
    for line in headers:
        name, _, value = line.partition(":")
        variable = _VARIABLE.search(value)
        if variable is None and not _KEY_HEADER.match(name.strip()):
            continue
        prefix, _, rest = value.strip().partition(" ")
        return name.strip(), f"{prefix} " if rest else "", variable[1] if variable else None
    return "Authorization", "Bearer ", None
