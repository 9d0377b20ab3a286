"""A provider that costs nothing: a loopback server that answers as the provider does, counts what it would have
billed, and breaks on request. An independent witness: it imports nothing of anymedia's backends, engine or spec.

    with Emulator(dialect="openai") as emulator:
        emulator.script("/v1/images/generations", [Fault.status(500, billed=True)])
        ...  # point any client at emulator.base_url
        assert emulator.billed == 1
"""

from anymedia.testing.emulator.emulator import Emulator
from anymedia.testing.emulator.faults import Fault
from anymedia.testing.emulator.messages import Part, ReceivedRequest
from anymedia.testing.emulator.meter import Meter
from anymedia.testing.emulator.pictures import MediaAsked
from anymedia.testing.emulator.sink import Sink

__all__ = ["Emulator", "Fault", "MediaAsked", "Meter", "Part", "ReceivedRequest", "Sink"]
