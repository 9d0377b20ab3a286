"""Which pipelines are known, what each can be loaded as, and what its size and length have to be.

Facts: the signatures and checks of diffusers 0.42.1, read 2026-11-23; the tests compare them with what is installed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from ...operations import ImageRequest, Request, Size, VideoRequest

SOURCE = "https://huggingface.co/docs/diffusers/api/pipelines/overview"

LONGEST_SIDE = 4096
"""Pixels. No pipeline was made for more; it is a bound for slips, not a limit of theirs."""


@dataclass(frozen=True, kw_only=True)
class Family:
    """Pipelines that share their weights. `text`, `picture` and `mask` are the classes that begin with words alone,
    with a picture, and with a picture and a mask; `None` where these weights cannot.

    Sides are multiples of `grain`. A film has a multiple of `step` frames and one; `size` and `frames_per_second` are
    what it makes when nothing is asked for; pictures are as large as the weights were made for.
    """

    accepts: type[Request]
    text: str | None = None
    picture: str | None = None
    mask: str | None = None
    has_negative_prompt: bool = True
    grain: int = 8
    step: int = 1
    size: Size | None = None
    frames_per_second: int = 16

    def pipeline_for(self, *, has_picture: bool, has_mask: bool) -> str:
        """The class that serves a request. The rules of the model let no other request through."""
        found = self.mask if has_mask else self.picture if has_picture else self.text
        assert found is not None
        return found


def pictures(stem: str, grain: int, *, has_negative_prompt: bool = True) -> Iterator[tuple[str, Family]]:
    """The classes of one family of pictures. Weights for masks alone may have channels that nothing else fills."""
    masked = f"{stem}InpaintPipeline"
    whole = Family(
        accepts=ImageRequest,
        text=f"{stem}Pipeline",
        picture=f"{stem}Img2ImgPipeline",
        mask=masked,
        has_negative_prompt=has_negative_prompt,
        grain=grain,
    )
    yield f"{stem}Pipeline", whole
    yield f"{stem}Img2ImgPipeline", whole
    yield masked, replace(whole, text=None, picture=None)


LTX = Family(
    accepts=VideoRequest,
    text="LTXPipeline",
    picture="LTXImageToVideoPipeline",
    grain=32,
    step=8,
    size=(704, 512),
    frames_per_second=25,
)
WAN = Family(accepts=VideoRequest, text="WanPipeline", grain=16, step=4, size=(832, 480), frames_per_second=16)

FAMILIES: Mapping[str, Family] = {
    **dict(pictures("StableDiffusion", 8)),
    **dict(pictures("StableDiffusionXL", 8)),
    **dict(pictures("StableDiffusion3", 16)),
    # It hears a negative prompt only with a second scale, `true_cfg_scale`: an option, with the prompt beside it.
    **dict(pictures("Flux", 16, has_negative_prompt=False)),
    "LTXPipeline": LTX,
    "LTXImageToVideoPipeline": LTX,
    "WanPipeline": WAN,
    "WanImageToVideoPipeline": replace(WAN, text=None, picture="WanImageToVideoPipeline"),
}
"""By the class that a folder was saved as."""
