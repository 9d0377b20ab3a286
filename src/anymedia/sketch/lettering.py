"""Letters a text onto a clear layer, as large as it fits. Latin and Cyrillic, what the font has."""

from __future__ import annotations

import io
from functools import cache
from typing import cast

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont, ImageText

from anymedia.sketch.made import CannotMake
from anymedia.sketch.sprites import DATA

WIDEST, HIGHEST, LARGEST = 0.88, 0.26, 0.16
"""Shares of the picture that the text may take, and of its height that a letter may."""
SMALLEST = 6
"""Pixels."""
INK, EDGE = (255, 255, 255, 255), (22, 24, 44, 255)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = io.BytesIO(DATA.joinpath("picture_font.ttf").read_bytes())
    return ImageFont.truetype(font, size, layout_engine=ImageFont.Layout.BASIC)


def missing(text: str) -> str:
    """The characters of `text` that the font cannot draw."""
    nothing = bytes(_font(24).getmask("\U0010fffe"))
    return "".join(dict.fromkeys(c for c in text if not c.isspace() and bytes(_font(24).getmask(c)) == nothing))


def layer(text: str, width: int, height: int) -> Image.Image:
    """An RGBA layer, `width` x `height`, with `text` in its upper part. Raises CannotMake where it cannot be read."""
    wrapped = ImageText.Text(text, _font(max(SMALLEST + 1, round(height * LARGEST))))
    try:
        wrapped.wrap(round(width * WIDEST), round(height * HIGHEST), scaling=("shrink", SMALLEST))
    except ValueError as error:
        raise CannotMake(f"the lettering {text!r} is too long: shorten it or ask for a larger picture") from error
    size = cast(ImageFont.FreeTypeFont, wrapped.font).size
    wrapped.stroke(max(1, round(size * 0.07)), EDGE)
    lettered, image = Image.new("RGBA", (width, height)), Image.new("RGBA", (width, height), EDGE)
    ImageDraw.Draw(lettered).text((width / 2, height * 0.05 + size * 0.07), wrapped, INK, anchor="ma", align="center")
    shadow = ImageChops.offset(lettered.getchannel("A"), 0, round(size * 0.05))
    image.putalpha(shadow.filter(ImageFilter.GaussianBlur(size * 0.06)).point(lambda alpha: alpha * 2 // 3))
    image.alpha_composite(lettered)
    return image
