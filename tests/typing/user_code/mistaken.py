"""What both type checkers must refuse: each line that says so, and no other."""

import anymedia
from anymedia import AsyncClient, Client, ImageRequest, Result


def wrong_keywords(client: Client) -> None:
    client.image("a fox", sise="1024x1024")  # wrong
    client.video("waves", voice="ann")  # wrong
    client.speech("Hello.", first_frame="a.png")  # wrong
    ImageRequest(prompt="a fox", sise=(1024, 1024))  # wrong
    Client(key="sk-...")  # wrong


def forgotten(client: Client) -> None:
    client.clone_voice("Ada", "ada.wav")  # wrong
    client.dub("film.mp4")  # wrong


def wrong_types(client: Client) -> None:
    client.image("a fox", n="two")  # wrong
    client.image(5)  # wrong
    client.image("a fox", input_images=5)  # wrong
    client.video("waves", duration="long")  # wrong
    client.image("a fox", on_progress="show")  # wrong
    anymedia.generate_media(prompts=["a fox", 5], mode="image")  # wrong


def wrong_words(client: Client) -> None:
    client.transcribe()  # wrong
    client.transcribe("talk.mp3", voice="ann")  # wrong
    client.transcribe(["a.mp3", "b.mp3"])  # wrong
    client.describe("photo.jpg")  # wrong
    anymedia.read_media("What?", files="a.png", review="yes")  # wrong
    anymedia.read_media("What?", image_path="a.png")  # wrong
    client.describe(["a.png"], 5)  # wrong
    client.describe("photo.jpg", "What is this?", output_format="json")  # wrong
    print(len(client.transcribe("talk.mp3").text))  # wrong


def wrong_results(result: Result) -> None:
    result.path = result.path  # wrong
    print(result.file)  # wrong
    print(len(result.continuation_id))  # wrong
    print(result.cost.amount + 1)  # wrong
    print(anymedia.generate_media(prompts=["a fox"]).path)  # wrong
    print(anymedia.generate_media("a fox").results)  # wrong


async def forgotten_await(client: AsyncClient) -> None:
    print(client.image("a fox").path)  # wrong


def wrong_names() -> None:
    from anymedia import Cilent  # wrong

    del Cilent
    print(anymedia.generate_medium)  # wrong


def wrong_calls() -> None:
    anymedia.generate_media()  # wrong
    anymedia.generate_media("a fox", mode=5)  # wrong
