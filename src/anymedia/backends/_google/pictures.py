"""Gemini's picture models as both doors have them: what they cost, which shapes they draw, what they answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ...media import Json, MediaFile
from ...operations import ImageRequest, Request
from ...spec import Reply, TokenPrice, TokenRate
from ...spec.tiny import PNG, in_base64

# --- Prices -----------------------------------------------------------------------------------------------------

MILLION = Decimal(1_000_000)
TOKENS_AT_SIZE: Mapping[str, int] = {"512": 747, "1K": 1120, "2K": 1680, "4K": 3780}
"""Output tokens of one picture: Google's model card of Gemini 3.1 Flash Image, stored copy; 4K by the price of
gemini-nano-banana-2.1 at inference.sh, where the card has 2520; both checked 2026-11-22. It is taken for every model:
those that publish less for a size then reserve too much, and settle by what is reported."""
TOKENS_PER_INPUT_IMAGE = 1120
"""The same card; LiteLLM's price per input image of the other models comes to no more."""


@dataclass(frozen=True, kw_only=True)
class Rates:
    """Dollars per million tokens, and the token limits that bound one call."""

    text_in: Decimal
    words_out: Decimal
    image_out: Decimal
    most_in: int
    most_out: int

    def at_most(self, request: Request) -> Decimal | None:
        """One picture of its size, and beside it all the thoughts that the model's output limit leaves room for."""
        assert isinstance(request, ImageRequest)
        picture = TOKENS_AT_SIZE[request.resolution or "1K"] * self.image_out
        asked = len(request.prompt.encode("utf-8", "replace"))  # a token is a byte or more
        asked += len(request.input_images or ()) * TOKENS_PER_INPUT_IMAGE
        read = self.most_in if request.continue_from is not None else asked
        return (picture + self.most_out * self.words_out + read * self.text_in) / MILLION

    def price(self, source: str, checked: date) -> TokenPrice:
        """What a page says, and the day it was read."""
        rates = (
            TokenRate(kind="in", dollars=self.text_in, reported_at="billed.input"),
            TokenRate(kind="words out", dollars=self.words_out, reported_at="billed.text"),
            TokenRate(kind="image out", dollars=self.image_out, reported_at="billed.image"),
        )
        return TokenPrice(rates=rates, at_most=self.at_most, source=source, checked=checked)


def rates(text_in: str, words_out: str, image_out: str, *, most_in: int, most_out: int = 32_768) -> Rates:
    return Rates(
        text_in=Decimal(text_in),
        words_out=Decimal(words_out),
        image_out=Decimal(image_out),
        most_in=most_in,
        most_out=most_out,
    )


NANO_BANANA_2_1 = rates("1.5", "7.5", "30", most_in=131_072)
PRO = rates("2", "12", "120", most_in=65_536)
FLASH_3_1 = rates("0.5", "3", "60", most_in=131_072)
FLASH_LITE_3_1 = rates("0.25", "1.5", "30", most_in=65_536, most_out=4096)
FLASH_2_5 = rates("0.3", "2.5", "30", most_in=65_536)

# --- Shapes -----------------------------------------------------------------------------------------------------

RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
ALL_RATIOS = (*RATIOS, "1:4", "4:1", "1:8", "8:1")
"""The official client's ImageResponseFormat. Its documentation of `ImageConfig` names eight; the pages name these."""

# --- Samples ----------------------------------------------------------------------------------------------------

PIXEL = in_base64(PNG)
FILE = MediaFile(media_type="image/png", data=PNG, size=len(PNG))


def answered(*parts: Json, reason: str = "STOP") -> Reply:
    """A reply to generateContent."""
    usage = {
        "promptTokenCount": 4,
        "candidatesTokenCount": 1120,
        "thoughtsTokenCount": 100,
        "totalTokenCount": 1224,
        "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1120}],
    }
    candidate = {"content": {"role": "model", "parts": list(parts)}, "finishReason": reason}
    return Reply(json={"candidates": [candidate], "usageMetadata": usage, "modelVersion": "a model"})


PICTURE = {"inlineData": {"mimeType": "image/png", "data": PIXEL}, "thoughtSignature": "c2ln"}
EARLIER = [
    {"role": "user", "parts": [{"text": "a fox"}]},
    {"role": "model", "parts": [{"inlineData": {"mimeType": "image/png", "data": FILE}, "thoughtSignature": "c2ln"}]},
]
BLOCKED = Reply(
    json={"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 4}}
)
