"""Writes the draft of a backend from its facts, as one file or as a small package. Needs the extra `integrator`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import MissingDependency, OutputRefused
from ...media import Json, MediaFile
from ...operations import field_types, needed_fields
from .facts import SHAPES, Facts, all_at, document_with, one_at, with_needed

if TYPE_CHECKING:
    import jinja2

TEMPLATES = Path(__file__).parent / "templates"
MEDIA: Mapping[str, tuple[str, str, str, int]] = {
    "image": ("PNG", "image/png", ".png", 2_000_000),
    "video": ("MP4", "video/mp4", ".mp4", 20_000_000),
    "audio": ("MP3", "audio/mpeg", ".mp3", 1_000_000),
    "text": ("", "text/plain", ".txt", 10_000),
}
"""For each medium: its tiny file, its type, its ending, and the bytes that one output usually has at most."""
ASKED_AFTER = ("queue", "polling-url")
LONGEST_LINE = 120
IN_PROCESS = ("library", "program")


def draft(facts: Facts, today: date | None = None) -> str:
    """The source of the backend file. Raise `MissingDependency` without the template library."""
    facts = replace(facts, parameters=with_needed(facts.kind, facts.parameters), docs=facts.docs or facts.base_url)
    template = _templates().get_template("backend.py.jinja")
    written = template.render(**_words(facts), today=today or datetime.now(UTC).date())
    return re.sub(r"\n{3,}(?=\S)", "\n\n\n", written).rstrip() + "\n"


def marks(source: str) -> list[tuple[int, str]]:
    """The lines of a draft that are left to its author, with their numbers."""
    lines = enumerate(source.splitlines(), 1)
    return [(number, line.partition("YOURS: ")[2].rstrip('"')) for number, line in lines if "YOURS: " in line]


def write_file(facts: Facts, folder: Path) -> Path:
    """`NAME.py` in a folder. Raise `OutputRefused` if it is there."""
    return _write(folder / f"{facts.name}.py", draft(facts))


def write_plugin(facts: Facts, folder: Path) -> Path:
    """A package of its own: entry point, tests on the shipped suite, CI. Raise `OutputRefused` if it is there."""
    root, module = folder / f"anymedia-{facts.name.replace('_', '-')}", f"anymedia_{facts.name}"
    if root.exists():
        raise OutputRefused(f"{root} is there already.", next="Choose another folder, or another name.")
    _write(root / "src" / module / "__init__.py", draft(facts))
    verb = (facts.kind.verb or facts.operation).replace("_", "-")
    for name, template in {
        "pyproject.toml": "pyproject.toml.jinja",
        "README.md": "README.md.jinja",
        "tests/test_backend.py": "test_backend.py.jinja",
        ".ci/run": "ci.jinja",
    }.items():
        _write(root / name, _templates().get_template(template).render(facts=facts, verb=verb).rstrip() + "\n")
    (root / ".ci" / "run").chmod(0o755)
    return root


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise OutputRefused(f"{path} is there already.", next="Choose another folder, or another name.") from None
    return path


def _templates() -> jinja2.Environment:
    try:
        import jinja2
    except ModuleNotFoundError as error:
        raise MissingDependency(
            "Drafts are written with the package 'jinja2'.", next='Run: pip install "anymedia[integrator]"'
        ) from error
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )


# --- What the templates are given ---------------------------------------------------------------------------------


def _words(facts: Facts) -> dict[str, Json]:
    tiny, media_type, extension, typical = MEDIA[facts.kind.makes]
    asked_after = facts.shape in ASKED_AFTER
    words: dict[str, Json] = {
        "facts": facts,
        "shape": facts.shape,
        "kind": facts.kind.__name__,
        "noun": {"image": "picture", "video": "film", "audio": "recording", "text": "words"}[facts.kind.makes],
        "media_type": media_type,
        "extension": extension,
        "typical_bytes": f"{typical:_}",
        "has_poll": asked_after,
        "found": all_at(facts.found_at, "reply"),
        "found_one": one_at(facts.found_at, "reply"),
        "counted": next((each.wire_name for each in facts.parameters if each.ours == "n"), None),
        "max_outputs": _most(facts),
        "purchase": _purchase(facts),
        "before": _before(facts),
        "id_of": one_at(facts.id_at, "response.json"),
        "url_of": one_at(facts.polling_url_at, "response.json"),
        "poll_path": facts.poll_path.replace("{id}", "{quote(state['id'], safe='')}"),
        "status_of": one_at(facts.status_at, "reply"),
        "done": " | ".join(f'"{status}"' for status in facts.done),
        "failed": " | ".join(f'"{status}"' for status in facts.failed),
        "auth": _auth(facts),
        "tiny": _tiny(facts, tiny),
    }
    words["samples"] = _samples(facts, tiny, media_type)
    body = _templates().get_template(f"{facts.shape}.jinja").render(**words) + str(words["samples"])
    source = f"{body} {' '.join(each.allows for each in facts.parameters)} {words['auth']}"
    names = [name for name in _VOCABULARY if re.search(rf"(?<![.\w]){name}\b", source)]
    words["vocabulary"] = sorted({*names, *_ALWAYS}, key=lambda name: (name.islower(), name))
    words["media_names"] = "Json, MediaFile" if re.search(r"\bMediaFile\b", source) else "Json"
    words["imports"] = ["from datetime import date"]
    words["imports"] += ["from urllib.parse import quote"] if "quote(" in source else []
    return words


_ALWAYS = ("Backend", "Call", "Flow", "Model", "Param", "Problem", "Sample", "Succeeded", "UnknownPrice")
_VOCABULARY = (
    *("AnyValue", "ApiKey", "Between", "Control", "Failed", "NoKey", "OneFile", "Pending", "Reply", "Step"),
    *("TextUpTo", "compute", "form", "get", "one_of", "post"),
)


def _auth(facts: Facts) -> str:
    if facts.key is None:
        return "NoKey()"
    usual = facts.header.lower() == "authorization" and facts.prefix == "Bearer "
    how = "" if usual else f', header="{facts.header}", prefix="{facts.prefix}"'
    return f'ApiKey(env=("{facts.key}",){how})'


def _purchase(facts: Facts) -> str:
    """The request that buys: a form where files go out, else JSON."""
    named = f'"{facts.model_at}": call.model.id, ' if facts.model_at else ""
    media_at = f', media_at=("{facts.found_at}",)' if facts.shape == "base64" else ""
    if _sends_files(facts):
        return f'form("{facts.path}", parts=parts{media_at})'
    return _wrapped("post", f'"{facts.path}"', f"json={{{named}**call.body}}", media_at.lstrip(", "))


def _wrapped(name: str, *arguments: str) -> str:
    """A call on one line, or on several where it is too long for one."""
    given = [argument for argument in arguments if argument]
    line = f"{name}({', '.join(given)})"
    if len(f"    response = yield {line}") <= LONGEST_LINE:
        return line
    return f"{name}(\n" + "".join(f"        {argument},\n" for argument in given) + "    )"


def _before(facts: Facts) -> str:
    """What a form needs to be put together first."""
    if not _sends_files(facts):
        return ""
    named = f'"{facts.model_at}": call.model.id, ' if facts.model_at else ""
    parts = "tuple((name, value if isinstance(value, MediaFile) else str(value)) for name, value in body.items())"
    return f"    body = {{{named}**call.body}}\n    parts = {parts}\n"


def _most(facts: Facts) -> str | None:
    """The most outputs of one request, as the constraint of `n` has it."""
    counted = next((each.allows for each in facts.parameters if each.ours == "n"), "")
    found = re.fullmatch(r"Between\(\d+, (\d+)\)", counted)
    return found[1] if found else None


def _sends_files(facts: Facts) -> bool:
    return any(field_types(facts.kind)[each.ours] is MediaFile for each in facts.parameters)


def _tiny(facts: Facts, tiny: str) -> str:
    names = {"MP3"} if _sends_files(facts) else set()
    if facts.shape not in IN_PROCESS and tiny:
        names.add(tiny)
    return ", ".join(sorted(names) + (["in_base64"] if facts.shape == "base64" else []))


def _samples(facts: Facts, tiny: str, media_type: str) -> str:
    needed = {name: _example(facts, name) for name in needed_fields(facts.kind)}
    request = f"{facts.kind.__name__}({', '.join(f'{name}={value}' for name, value in needed.items())})"
    file = f'Reply(content={tiny}, media_type="{media_type}")'
    found_at = facts.found_at.replace("[*]", "[0]")
    linked = document_with(found_at, '"https://files.example/made"')
    match facts.shape:
        case "bytes":
            replies = [file]
        case "base64":
            replies = [_json(document_with(found_at, f"in_base64({tiny})"))]
        case "url":
            replies = [_json(linked), file]
        case "text":
            replies = [_json(document_with(found_at, '"a red fox"'))]
        case "queue":
            replies = [_json(document_with(facts.id_at, '"job_1"')), *_asked_after(facts, linked), file]
        case "polling-url":
            address = document_with(facts.polling_url_at, f'"{facts.base_url}/jobs/1"')
            replies = [_json(address), *_asked_after(facts, linked), file]
        case _:
            replies = []
    told = "".join(f"            {reply},\n" for reply in replies)
    described = f"(\n{told}        )" if len(replies) > 1 else f"({''.join(f'{reply},' for reply in replies)})"
    return (
        f"# YOURS: replies of the provider, word for word. In these, {SHAPES[facts.shape]}.\n"
        f"SAMPLES = (\n    Sample(\n        request={request},\n        replies={described},\n"
        f"        source=DOCS,\n    ),\n)"
    )


def _json(document: str) -> str:
    return f"Reply(json={document})"


def _asked_after(facts: Facts, linked: str) -> list[str]:
    """The replies to two polls: at work, and done."""
    working, done = (document_with(facts.status_at, f'"{status}"') for status in ("running", facts.done[0]))
    return [_json(working), _json(f"{done[:-1]}, {linked[1:]}")]


def _example(facts: Facts, name: str) -> str:
    if field_types(facts.kind)[name] is MediaFile:
        return 'MediaFile(media_type="audio/mpeg", data=MP3)'
    return '"a red fox in snow"'
