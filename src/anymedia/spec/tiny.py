"""The smallest whole file of each kind, for the samples of backends: what a provider would send or be sent."""

import zlib
from base64 import b64decode, b64encode

PNG = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGP4z8AARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg==")
"""Four red pixels."""
MP3 = (b"\xff\xf3\x44\xc0" + bytes(92)) * 10
"""Ten silent frames of MPEG-2 layer III: 24 kHz, 32 kbit/s, mono."""
WAV = b"RIFF\x04\x02\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\xc0\x5d\0\0\x80\xbb\0\0\x02\0\x10\0data\xe0\x01\0\0" + bytes(480)
"""Ten silent milliseconds: 24 kHz, 16 bits, mono."""
MP4 = zlib.decompress(
    b64decode(
        "eNp9UsFKw0AQnU2t9qDQYpEKQSIWPBVU9Kj0WLx40pOXtLuhodkm7G4DepAePNSD/yKIglfpxW/wB/wHD3V2k9i02g6ZfTM7szM7+wIA"
        "tqduIl+GHMACjahHPDo+RP+bh2EMAAGPuxRmpPBllID+pkJms+b9JiwVC79zJdwe2teqZ3oW/lbTvZf3+bdvOVWAOqNKItoskGp6Iq1r"
        "zpJ3Tn0XDYfT+dmbRi/Hxml0aSCySOxTls+8Qj9suX0aMJ1DOPf7HhrVmJui+WvWaRKzqWBeboz1gQicxCYNqdoB2h9SSZrLeUPC4gVP"
        "oYcuQwuxtTBjXmqTCa4XTFJpHnw4HJ7hsRXEA6eS5Iz0UsSdHaz4pG/38rCZFCcOjB9HsAH3VrWziinE0kO3lchee5Q1ksowkV2LpFzZ"
        "OGBndv9Xqxi7TWOV6V4nzDG5j3g6oEozeMKZQS27ebaQYeFGUZCfvOQnv0TJE0xTuc2piz55hvIawutWsbb3efcD0W9jJQ=="
    )
)
"""One black frame of 16x16 pixels, MPEG-4 in MP4, written by FFmpeg."""


def in_base64(content: bytes) -> str:
    """The bytes as a reply in JSON holds them."""
    return b64encode(content).decode()
