"""A provider of sound that does not exist: it serves every operation on sound, keeps voices, and deletes them.

A backend file too: `BACKEND` is found when this file stands among the backends.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from anymedia.media import MediaFile
from anymedia.operations import (
    AlignmentRequest,
    AudioIsolationRequest,
    DubbingRequest,
    Request,
    StemSeparationRequest,
    VoiceCloneRequest,
    VoiceConversionRequest,
    VoiceDesignRequest,
)
from anymedia.spec import (
    ApiKey,
    Backend,
    Between,
    Call,
    Created,
    Files,
    Flow,
    Model,
    OneFile,
    Param,
    PerUnit,
    Resource,
    Succeeded,
    TextUpTo,
    delete,
    form,
    post,
)

PAGE = "https://studio.example/reference"
SOUND = OneFile(media_types=("audio/wav", "video/mp4"), bytes_each=10**8)
WORDS = TextUpTo(1000)


def fields_of(call: Call) -> tuple[tuple[str, str | MediaFile], ...]:
    """Every parameter as one field of a form, several files as several."""
    pairs: list[tuple[str, Any]] = []
    for name, value in call.body.items():
        pairs += [(name, each) for each in value] if isinstance(value, tuple) else [(name, value)]
    return tuple((name, each if isinstance(each, MediaFile) else str(each)) for name, each in pairs)


def work(call: Call) -> Flow:
    """Sound at `/OPERATION`, as many outputs as it sends."""
    response = yield form(f"/{call.request.operation}", parts=fields_of(call), media_at=("sounds[*]",))
    return Succeeded(files=tuple(response.json.get("sounds", ())), text=response.json.get("words"))


def keep_voice(call: Call) -> Flow:
    """A voice that is made first and heard afterwards: the second step may fail when the first is done."""
    made = yield form("/voices", parts=fields_of(call), effect="creates")
    voice = Resource(kind="voice", id=made.json["id"])
    yield Created(kind=voice.kind, id=voice.id, delete=delete(f"/voices/{voice.id}"))
    heard = yield post("/previews", json={"voice": voice.id}, media_at=("sound",))
    return Succeeded(files=(heard.json["sound"],), resources=(voice,))


def model(kind: type[Request], submit: Any = work, **params: Any) -> Model:
    return Model(
        id=f"studio-{kind.operation}",
        accepts=kind,
        params={name: Param(wire_name=name, allows=allows) for name, allows in params.items()},
        price=PerUnit(amount=Decimal("0.01"), unit="generation", source=PAGE, checked=date(2026, 11, 22)),
        typical_bytes=1000,
        submit=submit,
        source=PAGE,
    )


MODELS = (
    model(VoiceConversionRequest, audio=SOUND, voice=WORDS),
    model(AudioIsolationRequest, audio=SOUND),
    model(StemSeparationRequest, audio=SOUND, stems=Between(2, 6)),
    model(DubbingRequest, source=SOUND, target_language=WORDS, speakers=Between(1, 9)),
    model(AlignmentRequest, audio=SOUND, text=WORDS),
    model(VoiceDesignRequest, keep_voice, prompt=WORDS, name=WORDS),
    model(
        VoiceCloneRequest,
        keep_voice,
        name=WORDS,
        voice_samples=Files(media_types=("audio/wav",), at_most=3, bytes_each=10**8),
    ),
)
BACKEND = Backend(
    name="studio",
    title="Studio",
    docs=PAGE,
    base_url="https://studio.example",
    auth=ApiKey(env=("TOY_API_KEY",)),
    priority={each.accepts: 500 for each in MODELS},
    models=MODELS,
    submit=work,
)
