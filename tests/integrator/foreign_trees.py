"""Made-up code bases for the audit, each in order or with one thing forgotten; the texts are in the folder `trees`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

TREES = Path(__file__).parent / "trees"


@dataclass(frozen=True, kw_only=True)
class Omission:
    """One thing forgotten in a tree: what is replaced in which file, and what which rule must say."""

    tree: str
    name: str
    rule: str
    says: str
    file: str
    search: str
    replace: str

    @property
    def id(self) -> str:
        return f"{self.tree}-{self.name.replace(' ', '-')}"


@dataclass(frozen=True, kw_only=True)
class ForeignTree:
    """A code base in order, by path, and what can be forgotten in it."""

    pack: str
    files: dict[str, str]
    omissions: tuple[Omission, ...]

    def write(self, folder: Path, without: Omission | None = None) -> Path:
        """Write the tree, with one thing forgotten or none."""
        for name, text in self.files.items():
            if without is not None and name == without.file:
                assert text.count(without.search) == 1, f"{without.id}: `search` must occur once. Mend it."
                text = text.replace(without.search, without.replace)
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        return folder


def tree(name: str) -> ForeignTree:
    document = tomllib.loads((TREES / f"{name}.toml").read_text("utf-8"))
    omissions = tuple(Omission(tree=name, **each) for each in document["omission"])
    return ForeignTree(pack=document["pack"], files=document["files"], omissions=omissions)


ALL = {name: tree(name) for name in ("media", "llm")}
