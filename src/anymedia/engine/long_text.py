"""A text over the limit of its model: each part is a job of its own, and their sound becomes one file."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from ..media import Json, MediaFile
from ..spec.backend import JOINED_FORMATS, Call
from ..spec.wire import ChildJobs, Failed, Flow, Pending, Succeeded, compute
from .joining import JOINED_TYPES, join


def in_parts(call: Call) -> bool:
    """Whether the text of a call is too long to be spoken at once."""
    return len(call.model.parts_of(call.request)) > 1


def submit(call: Call) -> Flow:
    """Nothing is bought yet: the parts are, once this job is in the ledger as their parent."""
    yield from ()
    return Pending(state={}, poll_after=0.0)


def poll(call: Call, state: Json) -> Flow:
    results = yield ChildJobs(requests=call.model.parts_of(call.request))
    files = [result.files[0] for result in results]
    (media_type, *others) = {file.media_type for file in files}
    if others or media_type not in JOINED_TYPES:
        kinds = ", ".join(sorted({media_type, *others}))
        return Failed(
            reason=f"the parts came as {kinds}, which cannot be joined; ask for {' or '.join(JOINED_FORMATS)}"
        )
    joined = yield compute(join, files=[str(file.path) for file in files], media_type=media_type)
    return Succeeded(
        files=(MediaFile(media_type=media_type, path=Path(joined)),),
        cost=Decimal(0),  # the parts have costs of their own
        metadata={"parts": [result.job_id for result in results]},
        warnings=tuple(dict.fromkeys(warning for result in results for warning in result.warnings)),
    )
