"""What a body may hold, as tables, and the check that answers like Google when it holds something else."""

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any

from anymedia.testing.emulator.dialects.vertex.errors import refused, unknown_field
from anymedia.testing.emulator.messages import Json

Check = Callable[[Json], bool]
Table = dict[str, Any]
"""Names of fields; each has a check of its value, or the table of an object, or a list with the table of its items."""


def text(value: Json) -> bool:
    return isinstance(value, str) and bool(value.strip())


def flag(value: Json) -> bool:
    return isinstance(value, bool)


def whole(low: int, high: int) -> Check:
    return lambda value: type(value) is int and low <= value <= high


def number(low: float, high: float) -> Check:
    return lambda value: isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


def one_of(*values: Json) -> Check:
    """One of these, in any case: the provider reads names of enumerations so."""
    known = {str(value).lower() for value in values}
    return lambda value: type(value) is type(values[0]) and str(value).lower() in known


def encoded(value: Json) -> bool:
    try:
        return bool(base64.b64decode(value, validate=True))
    except (binascii.Error, TypeError, ValueError):
        return False


MEDIA: Table = {"bytesBase64Encoded": encoded, "gcsUri": text, "mimeType": text}
PERSONS = one_of("dont_allow", "allow_adult", "allow_all")

DRAWING: Table = {
    "sampleCount": whole(1, 4),
    "aspectRatio": one_of("1:1", "3:4", "4:3", "9:16", "16:9"),
    "negativePrompt": text,
    "guidanceScale": number(0, 500),
    "seed": whole(1, 2**31 - 1),
    "safetySetting": one_of("block_low_and_above", "block_medium_and_above", "block_only_high", "block_none"),
    "personGeneration": PERSONS,
    "includeSafetyAttributes": flag,
    "includeRaiReason": flag,
    "language": text,
    "outputOptions": {"mimeType": one_of("image/png", "image/jpeg"), "compressionQuality": whole(0, 100)},
    "addWatermark": flag,
    "storageUri": text,
}
GENERATION: Table = {
    "instances": [{"prompt": text}],
    "parameters": DRAWING | {"sampleImageSize": one_of("1K", "2K"), "enhancePrompt": flag},
    "labels": lambda value: isinstance(value, dict),
}
REFERENCE: Table = {
    "referenceType": one_of(*(f"REFERENCE_TYPE_{kind}" for kind in ("RAW", "MASK", "CONTROL", "STYLE", "SUBJECT"))),
    "referenceId": whole(0, 100),
    "referenceImage": MEDIA,
    "maskImageConfig": {
        "maskMode": one_of(
            *(f"MASK_MODE_{mode}" for mode in ("DEFAULT", "USER_PROVIDED", "BACKGROUND", "FOREGROUND", "SEMANTIC"))
        ),
        "maskClasses": lambda value: isinstance(value, list),
        "dilation": number(0, 1),
    },
    "controlImageConfig": {
        "controlType": one_of(*(f"CONTROL_TYPE_{kind}" for kind in ("DEFAULT", "CANNY", "SCRIBBLE", "FACE_MESH"))),
        "computeControl": flag,
    },
    "styleImageConfig": {"styleDescription": text},
    "subjectImageConfig": {
        "subjectType": one_of(*(f"SUBJECT_TYPE_{kind}" for kind in ("DEFAULT", "PERSON", "ANIMAL", "PRODUCT"))),
        "subjectDescription": text,
    },
}
EDIT: Table = {
    "instances": [{"prompt": text, "referenceImages": [REFERENCE]}],
    "parameters": DRAWING
    | {
        "editMode": one_of(
            "EDIT_MODE_DEFAULT",
            "EDIT_MODE_INPAINT_REMOVAL",
            "EDIT_MODE_INPAINT_INSERTION",
            "EDIT_MODE_OUTPAINT",
            "EDIT_MODE_CONTROLLED_EDITING",
            "EDIT_MODE_STYLE",
            "EDIT_MODE_BGSWAP",
            "EDIT_MODE_PRODUCT_IMAGE",
        ),
        "editConfig": {"baseSteps": whole(1, 75)},
    },
    "labels": lambda value: isinstance(value, dict),
}
FILM: Table = {
    "instances": [
        {
            "prompt": text,
            "image": MEDIA,
            "lastFrame": MEDIA,
            "video": MEDIA,
            "referenceImages": [{"image": MEDIA, "referenceType": one_of("asset", "style")}],
        }
    ],
    "parameters": {
        "sampleCount": whole(1, 4),
        "durationSeconds": one_of(4, 6, 8),
        "resolution": one_of("720p", "1080p", "4k"),
        "aspectRatio": one_of("16:9", "9:16"),
        "negativePrompt": text,
        "seed": whole(0, 2**32 - 1),
        "generateAudio": flag,
        "personGeneration": PERSONS,
        "enhancePrompt": flag,
        "fps": whole(24, 24),
        "compressionQuality": one_of("optimized", "lossless"),
        "resizeMode": one_of("crop", "pad"),
        "storageUri": text,
    },
    "labels": lambda value: isinstance(value, dict),
}


def check(document: Json, table: Table, at: str = "") -> None:
    """Raise Refused for a field that no table names, or a value that its check does not take.

    A field may also have its name in snake case, as for every parser of ProtoJSON.
    """
    if not isinstance(document, dict):
        raise refused(f"Invalid value at '{at}': an object is expected.")
    for name, value in document.items():
        where = f"{at}.{name}" if at else name
        match table.get(re.sub(r"_([a-z])", lambda found: found[1].upper(), name)):
            case None:
                raise unknown_field(name, at)
            case [inner]:
                if not isinstance(value, list):
                    raise refused(f"Invalid value at '{where}': a list is expected.")
                for number_of, item in enumerate(value):
                    check(item, inner, f"{where}[{number_of}]")
            case dict() as inner:
                check(value, inner, where)
            case fits if not fits(value):
                raise refused(f"Invalid value at '{where}': {value!r:.60} is not supported.")
