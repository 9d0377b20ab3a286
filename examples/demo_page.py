"""The page of the demo: everything that was made, with what made it, in one file without external requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from anymedia import Result

STYLE = """
:root { color-scheme: light dark; --paper: #faf7f2; --card: #ffffff; --ink: #23201c; --soft: #6f675d;
  --line: #e6dfd4; --accent: #b4552d; --note: #fdf1dc; }
@media (prefers-color-scheme: dark) { :root { --paper: #191714; --card: #23201c; --ink: #f0ebe3; --soft: #a89f93;
  --line: #3a352e; --accent: #e79a6f; --note: #3a2f1c; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 17px/1.5 ui-rounded, "Nunito", "Segoe UI", system-ui, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 3rem 1.25rem 4rem; }
h1 { font-size: 2.1rem; line-height: 1.15; margin: 0 0 .5rem; letter-spacing: -.01em; }
h2 { font-size: .85rem; text-transform: uppercase; letter-spacing: .08em; color: var(--accent); margin: 0 0 .35rem; }
.lead { color: var(--soft); max-width: 46rem; margin: 0 0 2.25rem; }
.pieces { display: grid; grid-template-columns: repeat(6, 1fr); gap: 1.25rem; }
article { grid-column: span 2; background: var(--card); border: 1px solid var(--line); border-radius: 14px;
  overflow: hidden; display: flex; flex-direction: column; }
article.wide { grid-column: span 3; }
.words { padding: 1.1rem 1.25rem 1.25rem; }
.prompt { font-size: 1.12rem; margin: 0 0 .8rem; }
.prompt::before { content: "\\201c"; } .prompt::after { content: "\\201d"; }
img, video { display: block; width: 100%; aspect-ratio: 16 / 9; object-fit: cover; background: var(--line); }
audio { display: block; width: calc(100% - 2.5rem); margin: 1.25rem 1.25rem 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem .9rem; margin: 0; font-size: .9rem; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.note { background: var(--note); border-radius: 8px; padding: .55rem .8rem; margin: .9rem 0 0; font-size: .88rem; }
a { color: var(--accent); }
footer { color: var(--soft); font-size: .9rem; margin-top: 2rem; max-width: 46rem; }
code { font: .92em ui-monospace, "DejaVu Sans Mono", monospace; }
@media (max-width: 820px) { article, article.wide { grid-column: span 6; } }
"""

PLANNED: Mapping[str, tuple[str, ...]] = {
    "image": ("scene", "time_of_day", "weather", "subjects", "colours"),
    "speech": ("voice", "voice_is", "language"),
    "music": ("genre", "moods", "key", "bpm", "parts"),
    "sound_effect": ("sounds", "distant"),
    "video": ("scene", "time_of_day", "weather", "actors", "sound"),
}
"""What is shown of each engine's plan; `result.provider_metadata["plan"]` has all of it."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One piece on the page. `note` says why it is not what was asked for."""

    title: str
    prompt: str
    result: Result
    note: str | None = None


def page(pieces: Sequence[Shown]) -> str:
    """The whole page as HTML."""
    in_rows = sorted(pieces, key=lambda piece: not is_seen(piece))
    common = [words for words in pieces[0].result.warnings if all(words in piece.result.warnings for piece in pieces)]
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>anymedia: the demo</title>
<style>{STYLE}</style>
<main>
<h1>Five media, no key, no network</h1>
<p class="lead">Everything here was made on this machine by the built-in sketch engines: a rehearsal and a first
impression, not a generative model. With a provider's key in the environment, the same calls go to the provider.
{escape(" ".join(common))}</p>
<div class="pieces">
{"".join(article(piece, common) for piece in in_rows)}</div>
<footer><p>Every file carries its prompt, its seed and the IPTC digital source type in its metadata, so that nobody
mistakes it for a photograph or a recording. Your own words: <code>make demo PROMPT="..."</code></p></footer>
</main>
</html>
"""


def is_seen(piece: Shown) -> bool:
    return piece.result.files[0].media_type.startswith(("image/", "video/"))


def article(piece: Shown, common: Sequence[str]) -> str:
    """One piece, without the warnings that all have in common."""
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in facts_of(piece.result))
    remarks = [piece.note] if piece.note else []
    remarks += [words for words in piece.result.warnings if words not in common]
    notes = "".join(f'<p class="note">{escape(remark)}</p>' for remark in remarks)
    return f"""<article{' class="wide"' if is_seen(piece) else ""}>
{player(piece)}
<div class="words"><h2>{escape(piece.title)}</h2>
<p class="prompt">{escape(piece.prompt)}</p>
<dl>{facts}</dl>{notes}</div>
</article>
"""


def player(piece: Shown) -> str:
    name, words = escape(piece.result.path.name), escape(piece.prompt)
    match piece.result.files[0].media_type.partition("/")[0]:
        case "image":
            return f'<a href="{name}"><img src="{name}" alt="{words}"></a>'
        case "video":
            return f'<video src="{name}" controls loop preload="auto" aria-label="{words}"></video>'
    return f'<audio src="{name}" controls preload="metadata" aria-label="{words}"></audio>'


def facts_of(result: Result) -> Iterator[tuple[str, str]]:
    """What made it, what it understood, what came out: (name, words)."""
    yield "made by", str(result.provider_metadata["engine"])
    plan = result.provider_metadata["plan"]
    for name in PLANNED[result.operation]:
        if plan.get(name):
            yield name.replace("_", " "), in_words(plan[name])
    file = result.files[0]
    if file.width is not None:
        yield "size", f"{file.width} x {file.height} pixels"
    if file.duration is not None:
        yield "length", f"{file.duration:g} seconds"
    yield "seed", str(result.provider_metadata["seed"])
    yield "cost", str(result.cost)


def in_words(value: Any) -> str:
    """A value of a plan for people: a list with commas, a thing by its name."""
    match value:
        case True:
            return "yes"
        case {"word": word, "count": int(count)}:
            return f"{count} x {word}" if count > 1 else str(word)
        case {"noun": noun, "moves": moves}:
            return f"{noun} {moves}"
        case dict():
            return ", ".join(f"{name}: {in_words(each)}" for name, each in value.items() if each)
        case list() | tuple():
            return ", ".join(in_words(each) for each in value)
    return str(value)
