"""Writes the references of the shipped skills: what the declarations know stands in no skill by hand.

A skill is copied away from here: its pages may link to nothing but themselves and the web.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import is_dataclass
from functools import partial
from pathlib import Path
from typing import Any

from .. import spec
from ..integrator.audit import pack
from ..operations import OPERATIONS, Request, needed_fields
from ..registry import shipped_backends
from ..skills import FOLDER
from ..spec.backend import Backend, Model
from .audit_rules_page import rules_of_pack
from .backends_page import continuations, models_table, parameters_of, rules_of
from .errors_page import OTHER_EXIT_CODES
from .tables import bullets, code, codes, noun, page, table
from .tool_page import errors_table

MADE: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "image-generation/references/backends.md": ("Who draws, and what each allows", ("image",)),
    "video-generation/references/backends.md": ("Who films, and what each allows", ("video",)),
    "audio-generation/references/speech.md": ("Who speaks, and what each allows", ("speech",)),
    "audio-generation/references/music-and-sounds.md": (
        "Who composes and makes sounds, and what each allows",
        ("music", "sound_effect"),
    ),
    "audio-generation/references/voices-and-recordings.md": (
        "Who works on voices and recordings, and what each allows",
        (
            "voice_design",
            "voice_clone",
            "voice_conversion",
            "audio_isolation",
            "stem_separation",
            "dubbing",
        ),
    ),
    "audio-generation/references/understanding.md": (
        "Who transcribes and answers questions, and what each allows",
        ("transcription", "alignment", "describe"),
    ),
}
"""Each page of backends: its title, and the operations it is about."""
RULES = {
    "media-backend-integrator/references/audit-rules.md": "media",
    "llm-backend-integrator/references/audit-rules.md": "llm",
}
ERRORS = ("image-generation", "video-generation", "audio-generation")
"""The skills that come with the page of errors."""
INTRODUCTION = """\
The preferred one stands first. A parameter that is not listed for a model is refused before anything is sent, and so is
a value outside what is allowed. Models that were retired on the day the facts were last checked are left out. What is
installed and usable on this machine: `anymedia models`."""
ERRORS_INTRODUCTION = """\
`--json` gives `error` with `code`, `message`, `next`, `retryable` and `charged` (`no`, `yes`, `maybe`); a program ends
with the exit code that `anymedia` says. Read `charged` before anything is asked for again."""
VOCABULARY_INTRODUCTION = """\
The names of `anymedia.spec`, in which a backend is written. Everything is a frozen value with keyword-only fields, or a
function that makes one."""
AUDIT_INTRODUCTION = "What `anymedia backend audit` looks for with this pack, and how to mend it."


def renders() -> Mapping[Path, Callable[[], str]]:
    """Each generated file of the skills, and what writes it."""
    made = {FOLDER / name: partial(_backends_page, *about) for name, about in MADE.items()}
    errors = {FOLDER / name / "references" / "errors.md": _errors_page for name in ERRORS}
    rules = {FOLDER / name: partial(_rules_page, of) for name, of in RULES.items()}
    vocabulary = {FOLDER / "media-backend-integrator" / "references" / "vocabulary.md": _vocabulary_page}
    return {**made, **errors, **rules, **vocabulary}


# --- Who makes what ---------------------------------------------------------------------------------------------


def _backends_page(title: str, operations: Sequence[str]) -> str:
    kinds = [OPERATIONS[name] for name in operations]
    able = [each for each in shipped_backends().values() if any(_models(each, kind) for kind in kinds)]
    able.sort(key=lambda each: min(each.rank(kind) for kind in kinds if _models(each, kind)))
    needs = bullets(f"{code(kind.operation)} needs {codes(needed_fields(kind))}." for kind in kinds)
    return page(title, INTRODUCTION, needs, *(_section(backend, kinds) for backend in able))


def _section(backend: Backend, kinds: Sequence[type[Request]]) -> str:
    served = [kind for kind in kinds if _models(backend, kind)]
    models = [model for kind in served for model in _models(backend, kind)]
    parts = [f"## {backend.name}", bullets(_facts(backend, served)), models_table(backend, models)]
    parts.append(continuations(models))
    for kind in served:
        of_kind = _models(backend, kind)
        parts += [f"### {backend.name}: {noun(kind.operation)}", parameters_of(kind, of_kind), rules_of(of_kind)]
    return "\n\n".join(part for part in parts if part)


def _models(backend: Backend, kind: type[Request]) -> list[Model]:
    """Those that were not retired on the day the facts were last checked."""
    return [each for each in backend.models_for(kind) if each.retires is None or each.retires > each.price.checked]


def _facts(backend: Backend, served: Sequence[type[Request]]) -> list[str]:
    facts = [f"{backend.title}. Key: {codes(backend.auth.env) or 'none needed'}."]
    if backend.extra:
        facts.append(f"Needs the extra: {code(f'anymedia[{backend.extra}]')}.")
    if not any(kind in backend.priority for kind in served):
        facts.append("Used only where it is named.")
    if backend.role == "rehearsal":
        facts.append("A rehearsal on this machine: chosen by itself only where no provider has a key.")
    return facts


# --- Errors, rules, vocabulary ----------------------------------------------------------------------------------


def _errors_page() -> str:
    return page("Errors, and what to do", ERRORS_INTRODUCTION, errors_table(), OTHER_EXIT_CODES)


def _rules_page(name: str) -> str:
    return page(f"The rules of the pack {name}", AUDIT_INTRODUCTION, rules_of_pack(pack.read(name)))


def _vocabulary_page() -> str:
    # The name of a type, such as a union of others, says nothing by itself and is left out.
    things = ((name, getattr(spec, name)) for name in spec.__all__)
    rows = [_word(name, each) for name, each in things if is_dataclass(each) or inspect.isfunction(each)]
    return page("The vocabulary of a backend", VOCABULARY_INTRODUCTION, table(("name", "takes", "what it is"), rows))


def _word(name: str, thing: Any) -> tuple[str, str, str]:
    takes = codes(inspect.signature(thing).parameters)
    words = inspect.cleandoc(thing.__doc__ or "").partition("\n\n")[0]
    # A dataclass without words of its own has its signature for them.
    return code(name), takes, "" if words.startswith(f"{name}(") else words
