"""Opens the pictures and masks that a user gives, cut to cover the asked size."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageOps

from anymedia.sketch.made import CannotMake


def opened(path: Path, size: tuple[int, int]) -> Image.Image:
    """The picture at `path`, upright, RGB, on white where it is clear, cut to cover `size`. Raises CannotMake."""
    upright = _upright(path).convert("RGBA")
    white = Image.new("RGBA", upright.size, "white")
    flat = Image.alpha_composite(white, upright).convert("RGB")
    return ImageOps.fit(flat, size, Image.Resampling.LANCZOS)


def area(path: Path, size: tuple[int, int]) -> Image.Image:
    """255 where the picture is to change: where the mask is clear or, if it has no alpha, black."""
    mask = _upright(path)
    clear = mask.mode in ("LA", "RGBA", "PA") or "transparency" in mask.info
    channel = mask.convert("RGBA").getchannel("A") if clear else mask.convert("L")
    found = ImageOps.fit(channel, size, Image.Resampling.NEAREST).point([255] * 128 + [0] * 128)
    if found.getbbox() is None:
        raise CannotMake("the mask leaves nothing to change: what is clear (or black) in it is changed")
    return found


def _upright(path: Path) -> Image.Image:
    try:
        with Image.open(path) as file:
            file.load()
            return ImageOps.exif_transpose(file)
    except (OSError, Image.DecompressionBombError) as error:
        raise CannotMake(f"{path.name} is no picture that can be read: {error}") from error
