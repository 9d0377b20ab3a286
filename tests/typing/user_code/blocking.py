"""What a user writes in a script. Both type checkers must find nothing."""

from decimal import Decimal
from pathlib import Path
from typing import assert_type

import anymedia
from anymedia import Batch, Client, ImageRequest, MediaFile, Options, Progress, Result
from anymedia.errors import AnymediaError, BudgetExceeded, MissingCredentials, Refused, StillRunning


def one_call_each() -> None:
    image = anymedia.generate_media("a fox", mode="image", size="1024x768", n=1)
    assert_type(image, Result)
    assert_type(anymedia.generate_media("a fox"), Result)
    assert_type(anymedia.generate_media("waves", mode="video", duration=4, resolution="720p"), Result)
    assert_type(anymedia.generate_media("Hello there.", mode="speech", voice="ann", speed=1.1), Result)
    assert_type(anymedia.generate_media("a waltz", mode="music", duration=8.5), Result)
    assert_type(anymedia.generate_media("a door", mode="sound_effect", duration=2), Result)


def batches() -> None:
    batch = anymedia.generate_media(prompts=["a fox", "a hen"], max_concurrent=2, max_cost="0.50")
    assert_type(batch, Batch)
    assert_type(anymedia.generate_media(prompts=("rain",), mode="sound_effect"), Batch)
    for outcome in batch:
        assert_type(outcome, Result | AnymediaError)
        if isinstance(outcome, Result):
            print(outcome.path)
        else:
            print(outcome.code, outcome.next)
    assert_type(batch[0], Result | AnymediaError)
    assert_type(batch.results, tuple[Result, ...])
    assert_type(batch.errors, tuple[AnymediaError, ...])


def a_mode_that_is_only_known_at_run_time(mode: str) -> None:
    assert_type(anymedia.generate_media("a fox", mode=mode), Result | Batch)
    assert_type(anymedia.generate_media("Hello.", mode="audio", audio_type="speech"), Result | Batch)


def fields(result: Result) -> None:
    assert_type(result.path, Path)
    assert_type(result.files, tuple[MediaFile, ...])
    assert_type(result.files[0].width, int | None)
    assert_type(result.cost.amount, Decimal | None)
    assert_type(result.continuation_id, str | None)
    assert_type(result.read_bytes(), bytes)
    with open(result, "rb") as file:  # noqa: PTH123  the point is that a result is a path
        print(len(file.read()), [str(each) for each in result.adjustments])


def every_kind_of_file(result: Result) -> None:
    anymedia.generate_media("bluer", input_images=[Path("a.png"), "b.png", b"...", result, result.files[0]])
    anymedia.generate_media("bluer", input_images=[result], mask=Path("mask.png"), output=Path("c.png"))
    anymedia.generate_media("bluer", input_images="a.png", size=(1024, 768), max_cost=Decimal("0.1"))
    anymedia.generate_media("it moves", mode="video", first_frame=result, last_frame=b"...")


def a_client() -> None:
    def shown(progress: Progress) -> None:
        print(progress.stage, progress.fraction)

    with Client(keys={"openai": "sk-..."}) as client:
        first = client.image("a fox", continuable=True, on_progress=shown)
        assert_type(first, Result)
        second = client.image("bluer", continue_from=first.continuation_id)
        assert_type(client.generate(ImageRequest(prompt="a fox"), Options(backend="sketch")), Result)
        assert_type(client.resume(second.job_id), Result)
        print([job.status for job in client.jobs() if job.resumable])


def words(client: Client, talk: Result) -> None:
    assert_type(client.transcribe("talk.mp3", output_format="srt", language="de", output="talk.srt"), Result)
    assert_type(client.transcribe(talk, prompt="Ada, Grace", max_cost="0.10"), Result)
    assert_type(client.transcribe(b"...").text, str | None)
    assert_type(client.transcribe(audio=Path("talk.mp3")), Result)
    assert_type(client.describe("photo.jpg", "What is written on the sign?"), Result)
    assert_type(client.describe(["a.png", Path("b.png"), talk], "Which is sharper?", instructions="one word"), Result)
    assert_type(client.describe(media=b"...", prompt="What is this?"), Result)
    assert_type(anymedia.generate_media(mode="transcription", audio="talk.mp3", prompt="Ada", speakers=2), Result)
    assert_type(anymedia.generate_media("What is this?", mode="describe", media=["a.png"]), Result)
    assert_type(anymedia.generate_media(prompts=["What?", "Where?"], mode="describe", media="a.png"), Batch)
    assert_type(anymedia.read_media("What changed?", files={"before": "a.png", "after": talk}, adapt=True), Result)
    assert_type(anymedia.read_media("What happens?", files=Path("clip.mp4"), frames="scenes", max_frames=60), Result)
    assert_type(anymedia.read_media("And then?", continue_from=talk.continuation_id), Result)
    assert_type(anymedia.read_media(inputs=[{"files": "a.png", "prompt": "What?"}], max_concurrent=2), Batch)
    assert_type(anymedia.read_media(files="a.png", review=True).findings, tuple[anymedia.Finding, ...] | None)


def sounds_and_voices(client: Client, talk: Result) -> None:
    assert_type(client.convert_voice(talk, voice="Kore"), Result)
    assert_type(client.separate_stems("song.mp3", stems=2), Result)
    assert_type(client.align(talk, "Hello there."), Result)
    assert_type(client.design_voice("a warm narrator", name="Ada", base_voice="Puck"), Result)
    assert_type(client.clone_voice("Ada", [talk, b"..."], consent="by letter", consent_audio="yes.wav"), Result)
    assert_type(anymedia.generate_media("a warm narrator", mode="voice_design", language="en-US"), Result)
    assert_type(anymedia.generate_media(mode="dubbing", source="film.mp4", target_language="de"), Result)


def errors() -> None:
    try:
        anymedia.generate_media("a fox", provider_options={"openai": {"user": "me"}})
    except (MissingCredentials, BudgetExceeded) as error:
        print(error.next)
    except Refused as error:
        print(error.message, error.charged)
    except StillRunning as error:
        print(error.job_id)
    except AnymediaError as error:
        if error.retryable:
            print(error.idempotency_key)
