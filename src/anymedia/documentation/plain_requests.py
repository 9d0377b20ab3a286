"""The plainest request of an operation, for pages that must ask something of every backend."""

from __future__ import annotations

from collections.abc import Sequence

from ..operations import Request, needed_fields
from ..spec.backend import Backend


def plain_request(kind: type[Request], backends: Sequence[Backend]) -> Request:
    """The required parameters alone, with the values of the first sample that has them."""
    samples = (sample.request for backend in backends for sample in backend.samples)
    found = next((request for request in samples if type(request) is kind), None)
    if found is None:
        names = ", ".join(backend.name for backend in backends)
        raise ValueError(f"None of {names} has a sample of {kind.operation}; add one to its file.")
    return kind(**{name: getattr(found, name) for name in needed_fields(kind)})
