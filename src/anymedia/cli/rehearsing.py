"""`--dry-run`: what would be sent, and the most it may cost. Needs no key and no network."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping

from ..client import AsyncClient
from ..media import Json
from ..reading import prepared
from ..requests import request_from
from ..results import SCHEMA
from .running import Asked
from .showing import Screen


def rehearse(screen: Screen, asked: Asked) -> int:
    """Show what would be sent, and the most it may cost."""
    documents = asyncio.run(_rehearse(asked))
    if screen.json:
        many = {"schema": SCHEMA, "dry_run": True, "total": len(documents), "results": documents}
        screen.document(documents[0] if len(documents) == 1 else many)
        return 0
    for each in documents:
        _show_rehearsal(screen, each)
    return 0


async def _rehearse(asked: Asked) -> list[dict[str, Json]]:
    async with AsyncClient() as client:
        if asked.reading is not None:
            question = next(iter(asked.prompts), None)
            ready = await prepared(client, question, {"files": asked.files}, asked.reading)
            return [(await client.dry_run(ready.request, ready.options)).document()]
        documents = []
        for prompt in asked.prompts:
            request, options = await asyncio.to_thread(request_from, asked.kind, prompt, asked.parameters)
            documents.append((await client.dry_run(request, options)).document())
        return documents


def _show_rehearsal(screen: Screen, each: Mapping[str, Json]) -> None:
    wire = dict(each["wire"])
    if "method" in wire:
        screen.result(f"{wire.pop('method')} {wire.pop('url')}")
        for name, value in wire.pop("headers").items():
            screen.result(f"{name}: {value}")
    screen.result(json.dumps(wire.get("json", wire), indent=2, ensure_ascii=False))
    cost = each["cost"]
    screen.result(f"at most {cost['at_most'] or 'unknown'} {cost['currency']}: {cost['price']} ({cost['source']})")
    for warning in each["warnings"]:
        screen.warning(warning)
    for adjustment in each["adjustments"]:
        screen.warning(f"adapted {adjustment['field']}: {adjustment['asked']} became {adjustment['got']}")
    screen.note(f"nothing was sent; it would be made by {each['backend']}:{each['model']}")
