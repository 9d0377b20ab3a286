"""Asks for a critical review of media, and reads its findings out of an answer. Claims none that cannot be read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final, get_args

from .media import Json
from .results import Finding, Result, Severity

QUESTION: Final = "Review this."
"""What is asked for where a review is wanted and there is no question."""
CRITICAL: Final = (
    "You review work before it is used. Look for what is wrong with it and not for what is good. Judge it against the "
    "request, and say only what you can point at. If nothing is wrong, say so with an empty list."
)
LOOKED_FOR: Mapping[str, str] = MappingProxyType(
    {
        "image": (
            "In a picture look at the anatomy and the count of things, at text and whether it is spelled rightly, at "
            "perspective, light and shadow, at edges, seams and repeated patterns, at cropping and sharpness, and at "
            "whether everything asked for is there."
        ),
        "audio": (
            "In a recording listen for words that are wrong, missing or said twice, for pronunciation, pace and "
            "pauses, for noise, clicks, distortion and uneven loudness, for cuts, and for an end that comes too soon."
        ),
        "video": (
            "In a film look at what changes between frames and should not: faces, hands, clothes, objects, light. Look "
            "at motion that jumps, stops or breaks the laws of nature, at cuts, at text, at the first and the last "
            "frame, and at sound that does not fit what is seen."
        ),
    }
)
"""What is looked at, by the medium."""
FORM: Final = (
    'Answer with JSON alone: {"findings": [{"severity": "minor", "what": "...", "where": "...", "fix": "..."}]}. '
    "`severity` is `minor` for what few would notice, `major` for what spoils it, and `foundation` for a fault in what "
    "everything else rests on, so that mending details is in vain. `what` is one sentence. `where` says the place or "
    "the time, `fix` what to do; leave them out where there is nothing to say."
)
UNREADABLE: Final = (
    "No review could be read out of the answer: its words are in `text`, and nothing was judged by them."
)


def review_instructions(media: Iterable[str], own: str | None) -> str:
    """How to review files of these media, and after it what the caller says besides."""
    looked_for = [LOOKED_FOR[medium] for medium in dict.fromkeys(media) if medium in LOOKED_FOR]
    return "\n\n".join(filter(None, (CRITICAL, *looked_for, own, FORM)))


def reviewed(result: Result) -> Result:
    """The result with the findings in its words, and a warning where there are none to be read or one is serious."""
    findings = findings_in(result.text or "")
    if findings is None:
        return replace(result, warnings=(*result.warnings, UNREADABLE))
    serious = [f"The review objects to the foundation: {each.what}" for each in findings if each.severity == SERIOUS]
    return replace(result, findings=findings, warnings=(*result.warnings, *serious))


# --- Reading an answer ------------------------------------------------------------------------------------------

SERIOUS: Final = "foundation"
_FENCED = re.compile(r"```\w*[ \t]*\n(.*?)```", re.DOTALL)
_OPENING = re.compile(r"[{\[]")
MOST_TRIED: Final = 200
"""Places in an answer at which JSON might begin."""


def findings_in(text: str) -> tuple[Finding, ...] | None:
    """The findings of a review, from JSON in a fence, by itself or among words; `None` if there is no such JSON.

    One finding that cannot be read makes the whole unreadable, because what was left out might be the serious one. So
    do two reviews that differ: one of them may be the example that the model was given.
    """
    for pieces in (_FENCED.findall(text), [text]):
        reviews = [value["findings"] for piece in pieces for value in _json_in(piece) if _is_review(value)]
        if reviews:
            return _findings_of(reviews[0]) if all(each == reviews[0] for each in reviews) else None
    return None


def _json_in(text: str) -> Iterator[Json]:
    """The JSON among the words, one value after the other."""
    place = 0
    for _ in range(MOST_TRIED):
        opening = _OPENING.search(text, place)
        if opening is None:
            return
        try:
            value, place = json.JSONDecoder().raw_decode(text, opening.start())
            yield value
        except (ValueError, RecursionError):
            place = opening.end()


def _is_review(value: Json) -> bool:
    return isinstance(value, Mapping) and "findings" in value


def _findings_of(listed: Json) -> tuple[Finding, ...] | None:
    if not isinstance(listed, list):
        return None
    findings = tuple(found for each in listed if (found := _finding_of(each)) is not None)
    return findings if len(findings) == len(listed) else None


def _finding_of(value: Json) -> Finding | None:
    if not isinstance(value, Mapping):
        return None
    severity, what = str(value.get("severity")).strip().lower(), value.get("what")
    if severity not in get_args(Severity) or not isinstance(what, str) or not what.strip():
        return None
    where, fix = value.get("where") or None, value.get("fix") or None
    if not isinstance(where, str | None) or not isinstance(fix, str | None):
        return None
    return Finding(severity=severity, what=what.strip(), where=where, fix=fix)  # type: ignore[arg-type]
