"""A toy provider of films: submit, poll once, download from an address."""

from __future__ import annotations

from datetime import date

from anymedia.media import Json, MediaFile
from anymedia.operations import VideoRequest
from anymedia.spec import (
    ApiKey,
    Backend,
    Call,
    Flow,
    Model,
    Param,
    Pending,
    Succeeded,
    TextUpTo,
    UnknownPrice,
    get,
    post,
)


def submit(call: Call) -> Flow:
    accepted = yield post("/films", json={"model": call.model.id, **call.body})
    return Pending(state={"id": accepted.json["id"]}, poll_after=0.05)


def poll(call: Call, state: Json) -> Flow:
    film = yield get(f"/films/{state['id']}")
    return Succeeded(files=(MediaFile(media_type="video/mp4", url=film.json["url"]),))


BACKEND = Backend(
    name="toy_film",
    title="Toy film",
    docs="https://toy.example/docs",
    base_url="https://toy.example",
    base_url_env=("TOY_FILM_BASE_URL",),
    auth=ApiKey(env=("OPENAI_API_KEY",)),
    priority={VideoRequest: 900},
    models=(
        Model(
            id="toy-film-1",
            accepts=VideoRequest,
            params={"prompt": Param(wire_name="prompt", allows=TextUpTo(1000))},
            price=UnknownPrice(source="https://toy.example/prices", checked=date(2026, 11, 22)),
            typical_bytes=1000,
            source="https://toy.example/docs",
        ),
    ),
    submit=submit,
    poll=poll,
)
