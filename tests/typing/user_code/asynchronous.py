"""What a user writes in a coroutine. Both type checkers must find nothing."""

import asyncio
from typing import assert_type

from anymedia import AsyncClient, Batch, Result, agenerate_media


async def one_call_each() -> None:
    assert_type(await agenerate_media("a fox", mode="image"), Result)
    assert_type(await agenerate_media("waves", mode="video", first_frame="a.png"), Result)
    assert_type(await agenerate_media(prompts=["a fox"], mode="image"), Batch)
    assert_type(await agenerate_media(prompts=["Hello."], mode="speech", language="en"), Batch)
    assert_type(await agenerate_media(mode="transcription", audio="talk.mp3"), Result)
    assert_type(await agenerate_media("What is this?", mode="describe", media="a.png"), Result)
    assert_type(await agenerate_media(prompts=["What?"], mode="describe", media="a.png"), Batch)


async def a_client() -> None:
    async with AsyncClient() as client:
        fox, waves = await asyncio.gather(client.image("a fox"), client.video("waves", duration=4))
        assert_type(fox, Result)
        assert_type(waves, Result)
        assert_type(await client.speech("Hello.", voice="ann"), Result)
        assert_type(await client.music("a waltz", duration=8), Result)
        assert_type(await client.sound_effect("a door"), Result)
        assert_type(await client.transcribe("talk.mp3", output_format="srt"), Result)
        assert_type(await client.describe(["a.png", "b.png"], "Which is sharper?"), Result)
        assert_type(await client.isolate("street.mp3"), Result)
        assert_type(await client.clone_voice("Ada", "ada.wav", consent="by letter"), Result)
        assert_type(await client.dub("film.mp4", "de", source_language="en"), Result)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(client.image("a hen"))
        assert_type(task.result(), Result)


asyncio.run(a_client())
