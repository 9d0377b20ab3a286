"""Masks for Vertex AI: transparent pixels of ours are white in Google's. Pillow, a foreign hand, reads them."""

from __future__ import annotations

import base64
import io
import json
import random
from pathlib import Path
from zlib import crc32

import pytest
from PIL import Image

import anymedia
from anymedia import errors
from anymedia.backends.vertex.masks import white_where_transparent
from anymedia.media import MediaFile
from anymedia.testing.emulator import Emulator, MediaAsked
from anymedia.testing.emulator.pictures import draw
from workplace import Workplace

EDITOR = "imagen-3.0-capability-001"
SIZE = (37, 23)


def png(image: Image.Image, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", **options)
    return file.getvalue()


def transparent_in_places(mode: str) -> Image.Image:
    """A gradient with noise, so that the writer uses every filter; its last channel is the transparency."""
    chance = random.Random(7)
    image = Image.new(mode, SIZE)
    for x in range(SIZE[0]):
        for y in range(SIZE[1]):
            alpha = chance.choice((0, 255, 7 * x % 256, (x * y) % 256))
            image.putpixel((x, y), (x * 5, alpha) if mode == "LA" else (x * 5, y * 9, chance.randrange(256), alpha))
    return image


def converted(content: bytes) -> bytes:
    return white_where_transparent(None, MediaFile(media_type="image/png", data=content))  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparent_pixels_become_white_and_opaque_ones_black(mode: str) -> None:
    image = transparent_in_places(mode)
    found = Image.open(io.BytesIO(converted(png(image))))
    assert (found.mode, found.size) == ("L", SIZE)
    assert found.tobytes() == bytes(255 - alpha for alpha in image.getchannel("A").tobytes())


@pytest.mark.parametrize("mode", ["L", "RGB", "P"])
def test_a_mask_without_transparency_is_sent_as_it_is(mode: str) -> None:
    content = png(Image.new(mode, SIZE))
    assert converted(content) == content


def test_a_broken_mask_is_refused() -> None:
    content = png(transparent_in_places("RGBA"))
    for broken in (content[: len(content) // 2], content[:41] + b"\xff" * 9 + content[50:]):
        with pytest.raises(ValueError, match="broken"):
            converted(broken)


@pytest.fixture
def place(workplace: Workplace) -> Workplace:
    workplace.environ["GOOGLE_VERTEX_API_KEY"] = "a-key-of-vertex-express"
    return workplace


def edited(place: Workplace, emulator: Emulator, mask: Path) -> anymedia.Result:
    place.environ["GOOGLE_VERTEX_BASE_URL"] = emulator.url
    picture = draw(MediaAsked(prompt="input", output_format="png", width=SIZE[0], height=SIZE[1]))
    return place.draw(backend="vertex", model=EDITOR, input_images=[picture], mask=mask)


def test_google_is_sent_a_mask_of_its_own_kind(place: Workplace, tmp_path: Path) -> None:
    image = transparent_in_places("RGBA")
    mask = tmp_path / "mask.png"
    mask.write_bytes(png(image))
    with Emulator(dialect="vertex") as emulator:
        assert edited(place, emulator, mask).files
        (request,) = emulator.requests
    sent = json.loads(request.body)["instances"][0]["referenceImages"][1]
    assert sent["maskImageConfig"] == {"maskMode": "MASK_MODE_USER_PROVIDED"}
    found = Image.open(io.BytesIO(base64.b64decode(sent["referenceImage"]["bytesBase64Encoded"])))
    assert found.tobytes() == bytes(255 - alpha for alpha in image.getchannel("A").tobytes())


def test_a_mask_that_cannot_be_read_costs_nothing(place: Workplace, tmp_path: Path) -> None:
    mask = tmp_path / "mask.png"
    content = png(transparent_in_places("RGBA"))
    pixels = b"IDAT" + b"\xff" * 9 + content[50:-16]  # its checksum is right: only who decodes it finds out
    mask.write_bytes(content[:37] + pixels + crc32(pixels).to_bytes(4) + content[-12:])
    with Emulator(dialect="vertex") as emulator:
        with pytest.raises(errors.InvalidParameter, match="mask") as caught:
            edited(place, emulator, mask)
        assert (caught.value.charged, emulator.requests) == ("no", ())
