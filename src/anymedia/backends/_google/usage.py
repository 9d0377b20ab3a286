"""Tokens in Google's replies, told apart by the rate that they cost."""

from collections.abc import Mapping

from ...media import Json


def billed(*, input_tokens: Json, output: Json, thoughts: Json, media: int | None, medium: str) -> dict[str, int]:
    """Tokens by rate. Output of a kind that was not told counts as media, the dearest; empty if nothing was told."""
    if type(input_tokens) is not int or type(output) is not int:
        return {}
    made = output if media is None else media
    words = output - made + (thoughts if type(thoughts) is int else 0)
    return {"input": input_tokens, medium: made, "text": words}


def tokens_of(medium: str, by_modality: Json, count: str) -> int | None:
    """The tokens of one modality in a list of them, or `None` if the list does not tell."""
    listed = [each for each in by_modality or () if isinstance(each, Mapping) and type(each.get(count)) is int]
    if not listed:
        return None
    return sum(int(each[count]) for each in listed if str(each.get("modality")).lower() == medium)
