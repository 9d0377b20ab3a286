"""What an engine hands back, and the label that goes into the file it made. Standard library only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from xml.sax.saxutils import escape, quoteattr

Json = Any
SourceType = Literal["algorithmicMedia", "trainedAlgorithmicMedia"]
DIGITAL_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
"""IPTC NewsCodes vocabulary for `Iptc4xmpExt:DigitalSourceType`; https://cv.iptc.org, checked 2026-11-22."""

Progress = Callable[[float], None]
"""Called with a fraction from 0 to 1. It may raise to stop the engine; engines must not catch that."""


class CannotMake(ValueError):
    """The engine understood the request and cannot serve it. The message says what it can do instead."""


@dataclass(frozen=True, kw_only=True)
class Label:
    """Who made a file, from what. Goes into the file as XMP or as a comment tag; never holds a date."""

    engine: str
    prompt: str
    seed: int
    source_type: SourceType = "algorithmicMedia"

    @property
    def digital_source_type(self) -> str:
        return DIGITAL_SOURCE_TYPES + self.source_type

    def comment(self) -> str:
        """One line for a comment tag."""
        return f"made by anymedia sketch ({self.engine}); seed {self.seed}; {self.digital_source_type}; {self.prompt}"

    def xmp(self) -> str:
        """An XMP packet with the IPTC source type, the tool, the prompt and the seed."""
        attributes = {
            "rdf:about": "",
            "xmlns:dc": "http://purl.org/dc/elements/1.1/",
            "xmlns:xmp": "http://ns.adobe.com/xap/1.0/",
            "xmlns:Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
            "xmlns:anymedia": "urn:anymedia:1:",
            "xmp:CreatorTool": f"anymedia sketch ({self.engine})",
            "Iptc4xmpExt:DigitalSourceType": self.digital_source_type,
            "anymedia:seed": str(self.seed),
        }
        pairs = " ".join(f"{name}={quoteattr(value)}" for name, value in attributes.items())
        prompt = escape(self.prompt)
        return (
            '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
            '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
            f"<rdf:Description {pairs}><dc:description><rdf:Alt>"
            f'<rdf:li xml:lang="x-default">{prompt}</rdf:li></rdf:Alt></dc:description></rdf:Description>'
            '</rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
        )


@dataclass(frozen=True, kw_only=True)
class Made:
    """One finished file and an honest account of it.

    `plan` is JSON: what the engine understood and decided. `ignored_words` are words of the prompt it did not
    understand. `warnings` are sentences for the user, such as a substitution.
    """

    path: Path
    media_type: str
    label: Label
    plan: Mapping[str, Json]
    ignored_words: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    extra: Mapping[str, Json] = field(default_factory=dict)
