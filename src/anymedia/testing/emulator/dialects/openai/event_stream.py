"""Answers as server-sent events. Names and fields: types of the openai package 3.54.0, checked 2026-11-22."""

import json
from collections.abc import Iterable, Iterator, Sequence

from anymedia.testing.emulator.messages import Json, Reply


def event(document: Json) -> bytes:
    """One event, whose type is said twice."""
    return f"event: {document['type']}\ndata: {json.dumps(document)}\n\n".encode()


def streamed(events: Iterable[bytes]) -> Reply:
    """A paid answer in as many chunks as it has events."""
    return Reply(headers=(("content-type", "text/event-stream"),), pieces=tuple(events), accepted=True)


def response_events(response: Json, previews: Sequence[Json]) -> Iterator[bytes]:
    """A finished response from its beginning; `previews` are the unfinished pictures of its one call."""
    numbered = enumerate(_in_order(response, previews))
    return (event(document | {"sequence_number": number}) for number, document in numbered)


def _in_order(response: Json, previews: Sequence[Json]) -> Iterator[Json]:
    begun = response | {"status": "in_progress", "output": [], "usage": None}
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    for index, item in enumerate(response["output"]):
        place = {"output_index": index}
        yield {"type": "response.output_item.added", "item": _begun(item)} | place
        if item["type"] == "image_generation_call":
            yield from _drawn({"item_id": item["id"]} | place, previews)
        yield {"type": "response.output_item.done", "item": item} | place
    yield {"type": "response.completed", "response": response}


def _begun(item: Json) -> Json:
    if item["type"] == "image_generation_call":
        return {"id": item["id"], "type": item["type"], "status": "in_progress", "result": None}
    return item | {"status": "in_progress", "content": []}


def _drawn(place: Json, previews: Sequence[Json]) -> Iterator[Json]:
    call = "response.image_generation_call"
    yield {"type": f"{call}.in_progress"} | place
    yield {"type": f"{call}.generating"} | place
    for index, preview in enumerate(previews):
        yield {"type": f"{call}.partial_image", "partial_image_index": index} | preview | place
    yield {"type": f"{call}.completed"} | place
