"""The command `backend new`: writes the first draft of a backend, and says what is left for its author."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from ..integrator.new.asking import facts_from
from ..integrator.new.facts import SHAPES, WRITTEN
from ..integrator.new.writing import marks, write_file, write_plugin
from ..results import SCHEMA
from .commands import shows
from .showing import Screen

EXAMPLES = """\
\b
Examples:
  anymedia backend new tintype --operation image --shape base64
  anymedia backend new lanterna --operation video --openapi lanterna.json --path /videos
  pbpaste | anymedia backend new dagger --operation speech --shape bytes --curl -
"""
SAID = ("shape", "base_url", "path", "key", "header", "prefix", "model", "docs", "found_at", "poll_path", "package")


def new_command(name: str) -> click.Command:
    @click.command(name, help="Write the first draft of a backend, as one file or as a package.", epilog=EXAMPLES)
    @click.argument("name")
    @click.option("--operation", type=click.Choice(WRITTEN), help="What it makes.")
    @click.option("--shape", type=click.Choice(list(SHAPES)), help="How it answers.")
    @click.option("--curl", metavar="COMMAND", help="A curl command of the provider's page; - reads it.")
    @click.option("--openapi", type=click.Path(path_type=Path), metavar="FILE", help="The provider's OpenAPI document.")
    @click.option("--base-url", metavar="URL", help="Where it is.")
    @click.option("--path", metavar="PATH", help="The path of the request that buys.")
    @click.option("--key", metavar="VARIABLE", help="The variable that holds the key.")
    @click.option("--header", metavar="NAME", help="The header that carries the key, if not Authorization.")
    @click.option("--prefix", metavar="TEXT", help="What stands before the key in it, if not Bearer.")
    @click.option("--model", metavar="ID", help="The model.")
    @click.option("--docs", metavar="URL", help="The page of the provider.")
    @click.option("--found-at", metavar="PATH", help="Where the file stands in the reply, such as data[*].url.")
    @click.option("--poll-path", metavar="PATH", help="Where a job is asked after, such as /jobs/{id}.")
    @click.option("--model-at", metavar="NAME", help="The field of the request that names the model, if not `model`.")
    @click.option("--polling-url-at", metavar="PATH", help="Where the address to ask at stands in the first reply.")
    @click.option("--status-at", metavar="PATH", help="Where the status stands in the reply to a poll.")
    @click.option("--done", multiple=True, metavar="STATUS", help="A status of a job that is done (repeatable).")
    @click.option("--failed", multiple=True, metavar="STATUS", help="A status of a job that failed (repeatable).")
    @click.option("--sdk", "package", metavar="PACKAGE", help="The library that makes the call.")
    @click.option(
        "--param",
        "parameters",
        multiple=True,
        metavar="OURS=THEIRS:LIMITS",
        help="A parameter, such as seed=noise:0..9.",
    )
    @click.option("--plugin", is_flag=True, help="Write a small package, with tests and CI.")
    @click.option(
        "--into", type=click.Path(path_type=Path), default=Path(), metavar="FOLDER", help="Where to write it."
    )
    @shows
    def run(screen: Screen, name: str, plugin: bool, into: Path, **options: Any) -> int:
        facts = facts_from(name, **_complete(options))
        path = write_plugin(facts, into) if plugin else write_file(facts, into)
        source = next(path.rglob("__init__.py")) if plugin else path
        left = marks(source.read_text("utf-8"))
        target = f"anymedia_{name}:BACKEND" if plugin else str(path)
        if screen.json:
            yours = [{"line": number, "what": what} for number, what in left]
            screen.document({"schema": SCHEMA, "path": str(path), "yours": yours, "next": f"backend check {target}"})
            return 0
        screen.path(path)
        for number, what in left:
            screen.note(f"yours, line {number}: {what}")
        screen.note(f"next: anymedia backend check {target}")
        return 0

    return run


def _complete(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options, with what is still needed asked for at a terminal."""
    given = {name: value for name, value in options.items() if value not in (None, ())}
    if given.get("package"):
        given.setdefault("shape", "library")
    if given.get("curl") == "-":
        given["curl"] = sys.stdin.read()
    asks = sys.stdin.isatty() and options.get("curl") != "-"
    if "operation" not in given and asks:
        given["operation"] = click.prompt("What does it make", type=click.Choice(WRITTEN), err=True)
    if "shape" not in given and "openapi" not in given and asks:
        for shape, meaning in SHAPES.items():
            click.echo(f"  {shape:12} {meaning}", err=True)
        given["shape"] = click.prompt("How does it answer", type=click.Choice(list(SHAPES)), err=True)
    if not {"base_url", "curl", "openapi"} & given.keys() and given.get("shape") not in ("library", "program") and asks:
        given["base_url"] = click.prompt("Where is it (base URL)", err=True)
        given["path"] = click.prompt("The path of the request that buys", default="/generate", err=True)
    given.setdefault("operation", "image")
    return given
