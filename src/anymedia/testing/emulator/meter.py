"""Counts what a provider would put on the bill, and what crossed the wire. It decides nothing."""

from collections import defaultdict
from dataclasses import asdict, dataclass, field

from anymedia.testing.emulator.messages import Json


@dataclass
class PathCount:
    """Counters of one path: every whole request, those that pay, and those that were billed."""

    requests: int = 0
    submits: int = 0
    billed: int = 0


@dataclass
class Meter:
    """The billing meter. Sizes are in bytes: bodies as received, and everything sent, heads included."""

    connections: int = 0
    body_bytes_received: int = 0
    bytes_sent: int = 0
    by_path: defaultdict[str, PathCount] = field(default_factory=lambda: defaultdict(PathCount))

    @property
    def submits(self) -> int:
        """Paid requests that arrived whole."""
        return sum(count.submits for count in tuple(self.by_path.values()))

    @property
    def billed(self) -> int:
        """Paid requests that were accepted, answered or not."""
        return sum(count.billed for count in tuple(self.by_path.values()))

    def count(self, path: str, *, pays: bool, billed: bool) -> None:
        """Count one whole request to `path`."""
        counted = self.by_path[path]
        counted.requests += 1
        counted.submits += pays
        counted.billed += billed

    def document(self) -> Json:
        """The counters as `GET /_meter` shows them."""
        return {
            "submits": self.submits,
            "billed": self.billed,
            "connections": self.connections,
            "body_bytes_received": self.body_bytes_received,
            "bytes_sent": self.bytes_sent,
            "by_path": {path: asdict(count) for path, count in tuple(self.by_path.items())},
        }
