"""Options of every call that makes something, whatever it makes: who, where to, for how much, how long to wait."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click
from click.shell_completion import CompletionItem

from ..errors import InvalidParameter
from ..media import Json


def call_options() -> list[click.Option]:
    """Their names are those of `anymedia.Options`; the library reads the values."""
    return [
        click.Option(
            ["--backend"],
            metavar="NAME",
            shell_complete=_complete_backend,
            help="Who makes it. Honoured or refused, never replaced.",
        ),
        click.Option(
            ["--model"],
            metavar="ID",
            shell_complete=_complete_model,
            help="Which model makes it. Honoured or refused, never replaced.",
        ),
        click.Option(["-o", "--output"], type=click.Path(), metavar="FILE", help="The file to write."),
        click.Option(["--output-dir"], type=click.Path(), metavar="DIR", help="The folder to write to."),
        click.Option(["--overwrite"], is_flag=True, help="Let --output replace a file."),
        click.Option(["--marks/--no-marks"], default=None, help="Write beside each file who made it, with what model."),
        click.Option(["--adapt/--no-adapt"], default=None, help="Take the nearest allowed value, and say so."),
        click.Option(["--max-cost"], metavar="DOLLARS", help="The most it may cost; of a batch, all together."),
        click.Option(
            ["--allow-unknown-cost"], is_flag=True, default=None, help="Let a price nobody knows fit under a cap."
        ),
        click.Option(
            ["--allow-retired"], is_flag=True, default=None, help="Ask for a model although its provider retired it."
        ),
        click.Option(
            ["--fallback/--no-fallback"],
            default=None,
            help="After a failure that cost nothing try the next backend, where none was named, and say so.",
        ),
        click.Option(
            ["--wait"],
            type=click.FloatRange(min=0),
            metavar="SECONDS",
            help="How long to wait. After that the job goes on and can be resumed.",
        ),
        click.Option(["--idempotency-key"], metavar="KEY", help="The same key with the same request is the same job."),
        click.Option(
            ["--option", "provider_options"],
            multiple=True,
            metavar="BACKEND.FIELD=JSON",
            callback=_provider_options,
            help="A field of the provider's own, such as openai.user='\"me\"'. Repeatable.",
        ),
    ]


def _provider_options(ctx: click.Context, option: click.Parameter, values: Sequence[str]) -> Json:
    """`{backend: {field: value}}`, or `None` if none was given."""
    options: dict[str, dict[str, Json]] = {}
    for text in values:
        name, equals, value = text.partition("=")
        backend, dot, field = name.partition(".")
        if not (equals and dot and backend and field):
            raise InvalidParameter(
                f"`--option {text}` is not BACKEND.FIELD=JSON.", next="Such as: openai.user='\"me\"'"
            )
        options.setdefault(backend, {})[field] = _json(name, value)
    return options or None


def _json(name: str, value: str) -> Json:
    try:
        return json.loads(value)
    except ValueError:
        advice = f"Text needs quotes: --option '{name}={json.dumps(value)}'"
        raise InvalidParameter(f"The value of `--option {name}` is not JSON: {value}", next=advice) from None


def _complete_backend(ctx: click.Context, option: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from ..registry import all_backends

    return [CompletionItem(name) for name in all_backends() if name.startswith(incomplete)]


def _complete_model(ctx: click.Context, option: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from ..registry import all_backends

    known = (model.id for backend in all_backends().values() for model in backend.models)
    return [CompletionItem(name) for name in known if name.startswith(incomplete)]
