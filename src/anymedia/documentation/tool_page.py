"""Writes `docs/reference/TOOL.md`: what an agent must know to make media with one call, from the declarations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..batches import MOST_AT_ONCE
from ..configuration.settings import Declared, declared
from ..earlier_names import EXTRA_NAMES, OTHER_NAMES
from ..errors import AnymediaError
from ..operations import OPERATIONS, Request, needed_fields, request_fields
from ..reading_asked import FRAMES_MAY_BE, MOST_FRAMES, USUAL_FRAMES
from ..registry import shipped_backends
from ..spec.backend import Backend
from ..spec.constraints import Files, OneFile
from ..unified import AUDIO_TYPES
from .errors_page import meanings
from .python_page import call_parameters
from .tables import bullets, code, codes, link, noun, page, sentence, table

NAME = "generate-media"
DESCRIPTION = (
    "Makes images, films, speech, music and sounds, works on recordings and voices, and answers questions about media, "
    "with whichever provider has a key, and without any as a rehearsal. Never pays twice, never drops a parameter."
)
INTRODUCTION = """\
One call makes any medium: `anymedia.generate_media(prompt, mode=...)`, or `anymedia generate PROMPT --mode MODE` in a
shell. What is asked for is served whole, or refused before anything is paid; nothing is dropped, replaced or clamped in
silence. Who is chosen for which keys: [selection](selection.md). What each model allows: [backends](backends.md). How
each parameter is known to be right: [evidence](evidence.md)."""
RESULT = """\
`result.path` is the first file, `result.files` are all, `result.text` the words. `result.document()` and `--json` give:
`schema`, `success`, `operation`, `mode`, `total`, `succeeded`, `failed` and `results`, one entry for each prompt in its
order, with `status`, `files`, `text`, `resources`, `backend`, `model`, `job_id`, `idempotency_key`, `cost` (`amount` is
null when nobody can tell), `continuation_id`, `adjustments`, `why`, `warnings` and `error`. `success` is true only when
all of it is there. Read `warnings`: they say where what came differs from what was asked for. JSON Schemas: [what goes
in](request.schema.json), [what comes out](result.schema.json)."""
ADVICE: Mapping[str, str] = {
    "UsageError": "Change the call as `next` says.",
    "ConfigurationError": "Set what `next` names; the message lists who could have made it.",
    "BudgetExceeded": "Ask for less, or for a model that `next` names. Do not raise a cap by yourself.",
    "NotSent": "Ask again later. Nothing was charged.",
    "Rejected": "Change the request or the key; the same one is refused again. Nothing was charged.",
    "Refused": "Ask for something else. Do not look for a provider that allows it.",
    "GenerationFailed": "Look at `charged`; then ask again, or differently.",
    "OutcomeUnknown": "Do not ask again: it may have been paid for. Tell the user, who settles it.",
    "PartialResult": "Use the files that came; ask for the missing ones alone.",
    "VerificationFailed": "It was paid for. Look at the quarantined file before asking again.",
    "StillRunning": "`anymedia resume JOB` goes on with it and pays nothing.",
    "Cancelled": "Nothing; somebody wanted this.",
    "LedgerError": "Make the state folder writable. Nothing is spent until then.",
    "BackendDefect": "Report it; name another backend meanwhile.",
}
"""What to do after each kind of error, by class."""
EXAMPLES = """\
Without a key these are rehearsals; with one they are the same calls.

```python
import anymedia

fox = anymedia.generate_media("a red fox in snow", mode="image", size="320x240", output="fox.png")
print(fox.path.name, fox.status, f"{fox.files[0].width}x{fox.files[0].height}")
rain = anymedia.generate_media("rain", mode="audio", audio_type="sound_effect", duration=2)
print(rain.files[0].media_type, rain.operation)
pair = anymedia.generate_media(prompts=["a hare", "   "], mode="image", size="64x64")
print([entry["status"] for entry in pair.document()["results"]], pair.document()["failed"])
```

```text
fox.png done 320x240
audio/mpeg sound_effect
['done', ...] 1
```

A provider, here one that is emulated, and what a refusal says:

```python
import os

import anymedia
from anymedia.testing.emulator import Emulator

with Emulator("openai") as emulator, anymedia.Client(environ={**os.environ, **emulator.variables}) as client:
    drawn = client.image("a fox", n=2, quality="low", max_cost="0.50")
    print(drawn.backend, len(drawn.files), emulator.billed)
    try:
        client.image("a fox", n=99, backend="openai")
    except anymedia.AnymediaError as error:
        print(error.code, error.charged, error.retryable, emulator.billed)
```

```text
openai 2 1
invalid_parameter no False 1
```

```bash
anymedia generate "a red fox" --mode image --size 64x64 --output small.png
anymedia generate "a red fox" --mode image --backend openai --dry-run > plan.txt
anymedia describe small.png --review --backend openai --dry-run > review.txt
anymedia why image "a red fox" --quality low || echo "exit code $?"
```"""


READING = """\
`anymedia.read_media(prompt, files=...)`, or `anymedia describe FILE... QUESTION` in a shell, asks about pictures,
recordings, films and documents and answers in words: `result.text`. Options and parameters are those of `describe`."""
READING_PARAMETERS: Mapping[str, str] = {
    "prompt": "the question; with `review` it may be left out",
    "files": "one file, a list, or a mapping of names to files; the names stand before the question",
    "file_paths": "another name for `files`; both together are refused",
    "inputs": 'questions of their own, `[{"files": ..., "prompt": ..., "continue_from": ...}]`, also as JSON text',
    "max_concurrent": f"how many of `inputs` are worked on at the same time, {MOST_AT_ONCE} unless it says otherwise",
    "continuable": "keep the answer open; its `continuation_id` goes into `continue_from`, which needs no files",
    "frames": f"send frames of each film in its place: {FRAMES_MAY_BE}",
    "max_frames": f"the most frames of one film: {USUAL_FRAMES} unless it says otherwise, {MOST_FRAMES} at most",
    "review": "ask for what is wrong with the files: `result.findings`; what is serious is a warning as well",
    "adapt": "a film becomes frames for a model that watches none, a picture that is too large is made smaller",
}


def _reading() -> str:
    rows = [(code(name), words) for name, words in READING_PARAMETERS.items()]
    return f"## Asking about files\n\n{READING}\n\n{table(('parameter', 'what it is'), rows)}"


def render() -> str:
    """The whole page, front matter first."""
    backends = shipped_backends()
    body = page(
        "One tool for every medium",
        INTRODUCTION,
        _modes(backends),
        _reading(),
        _backends(backends),
        f"## Options\n\nWhat every call takes besides what is asked for.\n\n{_options()}",
        *(_parameters(kind, backends) for kind in OPERATIONS.values() if _serving(kind, backends)),
        _earlier_names(),
        _limits(backends),
        f"## What comes back\n\n{RESULT}",
        _errors(),
        f"## Examples\n\n{EXAMPLES}",
    )
    return _front_matter(backends) + "\n" + body


def _front_matter(backends: Mapping[str, Backend]) -> str:
    """The keys that readers of tools look for. No variable is required: without a key it rehearses."""
    variables = dict.fromkeys(name for each in backends.values() for name in each.auth.env)
    keywords = dict.fromkeys([*OPERATIONS, *backends, *(each.title for each in backends.values())])
    lists: dict[str, Sequence[str]] = {"required_env": [], "optional_env": list(variables), "keywords": list(keywords)}
    lines = (f"{name}: [{', '.join(values)}]" for name, values in lists.items())
    return "\n".join(["---", f"name: {NAME}", f"description: {DESCRIPTION}", *lines, "---", ""])


def _serving(kind: type[Request], backends: Mapping[str, Backend]) -> list[Backend]:
    able = (each for each in backends.values() if each.models_for(kind))
    return sorted(able, key=lambda each: each.rank(kind))


def _modes(backends: Mapping[str, Backend]) -> str:
    rows = [
        (
            code(kind.operation),
            f"`audio`, `audio_type={name!r}`" if name in AUDIO_TYPES else "",
            kind.makes,
            codes(needed_fields(kind)),
            ", ".join(each.name for each in _serving(kind, backends) if each.priority) or "nobody",
        )
        for name, kind in OPERATIONS.items()
    ]
    heads = ("mode", "the same", "makes", "needs", "who, the preferred first")
    intro = "`image` is the default. `audio` alone is speech. `prompts` instead of `prompt` makes a batch."
    return f"## Modes\n\n{intro}\n\n{table(heads, rows)}"


def _backends(backends: Mapping[str, Backend]) -> str:
    rows = [
        (
            link(name, f"backends.md#{name}"),
            codes(each.aliases),
            codes(each.auth.env) or "none needed",
            ", ".join(noun(kind.operation) for kind in dict.fromkeys(model.accepts for model in each.models)),
        )
        for name, each in backends.items()
    ]
    words = "A backend or model that is named is taken or refused. A typo is answered with the nearest name."
    if by_name := [each.name for each in backends.values() if not each.priority]:
        words += f" Used only where it is named: {codes(by_name)}."
    return f"## Backends\n\n{words}\n\n{table(('backend', 'also', 'key, one of', 'makes'), rows)}"


def _options() -> str:
    """The table of the options of every call, without the heading it has among the Python names."""
    return call_parameters().partition("\n\n")[2]


def _parameters(kind: type[Request], backends: Mapping[str, Backend]) -> str:
    able, fields = _serving(kind, backends), request_fields(kind)
    rows = []
    for name, each in fields.items():
        serving = [b.name for b in able if any(name in model.serves for model in b.models_for(kind))]
        if serving:
            rows.append((code(name), str(each.metadata["help"]), ", ".join(serving)))
    return f"## Parameters: {noun(kind.operation)}\n\n{table(('parameter', 'what it is', 'who serves it'), rows)}"


def _earlier_names() -> str:
    rows = [(code(theirs), code(ours)) for theirs, ours in OTHER_NAMES.items()]
    rows += [(f"`{theirs}` in `extra_params`", code(ours)) for theirs, ours in EXTRA_NAMES.items()]
    words = (
        "Names of earlier tools mean the same here. `input_audio` is the recording of the operation, `input_images` of "
        "a film its `first_frame`, a `size` such as `720p` or `2K` the `resolution`."
    )
    return f"## Names of earlier tools\n\n{words}\n\n{table(('there', 'here'), rows)}"


def _limits(backends: Mapping[str, Backend]) -> str:
    defaults = [
        f"`max_concurrent`: {MOST_AT_ONCE} prompts of a batch at the same time, unless it says otherwise.",
        *(f"{code('.'.join(each.key))}: {_default(each)}. {sentence(each.help)}" for each in _settings()),
    ]
    inputs = table(("backend", "mode", "input file", "at most"), _inputs(backends))
    words = (
        "All settings: [configuration](configuration.md). What a value may be: [backends](backends.md). Input files:"
    )
    return f"## Defaults and limits\n\n{bullets(defaults)}\n\n{words}\n\n{inputs}"


def _settings() -> Iterator[Declared]:
    wanted = {("output_dir",), ("adapt",), ("fallback",), ("offline",), ("timeouts", "wait"), ("budgets", "per_day")}
    return (each for each in declared() if each.key in wanted)


def _default(setting: Declared) -> str:
    return setting.unset or str(setting.default).lower().removesuffix(".0")


def _inputs(backends: Mapping[str, Backend]) -> Iterator[tuple[str, ...]]:
    """The largest input files of each backend, with the parameters that have the same limit in one row."""
    for name, backend in backends.items():
        alike: dict[tuple[str, str], dict[str, None]] = {}
        for model in backend.models:
            for parameter, declared_as in model.params.items():
                if isinstance(declared_as.allows, Files | OneFile):
                    limit = (model.accepts.operation, declared_as.allows.describe())
                    alike.setdefault(limit, {})[parameter] = None
        yield from ((name, noun(mode), codes(parameters), limit) for (mode, limit), parameters in alike.items())


def errors_table() -> str:
    """The kinds of errors with what to do after each."""
    kinds = [kind for kind in AnymediaError.__subclasses__() if kind.__name__ in ADVICE]
    said = meanings()
    rows = [
        (code(kind.code), kind.charged_by_default, sentence(said[kind.__name__]), ADVICE[kind.__name__])
        for kind in kinds
    ]
    return table(("code", "charged", "meaning", "what to do"), rows)


def _errors() -> str:
    words = (
        "Every error has `code`, `message`, `next`, `retryable`, `charged` (`no`, `yes`, `maybe`) and, once there is a "
        "job, `job_id`. Read `charged` before anything is asked for again. The kinds; [each error](errors.md)."
    )
    return f"## Errors, and what to do\n\n{words}\n\n{errors_table()}"
