"""Fences around files: only what is a medium leaves, only from and to where it may, and nothing through a link."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest
from container_samples import sample

from anymedia import AsyncClient, Client, ImageRequest, MediaFile, Options, errors
from anymedia.configuration import load
from anymedia.engine import files
from anymedia.engine.settings import LARGEST_INPUT
from anymedia.registry import shipped_backends
from anymedia.spec import Call, Files, Flow, HttpRequest, Inline, OneFile, Succeeded, post
from anymedia.testing.emulator import Emulator, MediaAsked
from toys import (
    PICTURE,
    Answer,
    Provider,
    drawn,
    padded,
    picture,
    queue_backend,
    says,
    sends,
    serve_job,
    toy,
    toy_model,
)
from workplace import EDITS, Workplace

SECRET = (
    b"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU canary\n-----END OPENSSH PRIVATE KEY-----\n"
)
SENSITIVE = {
    ".ssh/id_rsa": SECRET,
    ".ssh/id_ed25519": SECRET,
    ".netrc": b"machine example.org login fox password canary",
    ".aws/credentials": b"[default]\naws_secret_access_key = canary",
    ".config/gcloud/application_default_credentials.json": b'{"private_key": "canary"}',
    ".azure/accessTokens.json": b'[{"accessToken": "canary"}]',
    ".kube/config": b"apiVersion: v1\nusers: canary",
    ".docker/config.json": b'{"auths": {"canary": {}}}',
    ".git-credentials": b"https://fox:canary@example.org",
    ".env": b"OPENAI_API_KEY=canary",
    ".bash_history": b"export KEY=canary",
    ".gnupg/private-keys-v1.d/key.key": b"\x00\x01canary" * 20,
    "keys.kdbx": b"\x03\xd9\xa2\x9acanary" * 20,
    "cookies.sqlite": b"SQLite format 3\0canary" * 20,
    "key renamed.png": SECRET,
    "key behind a signature.png": b"\x89PNG\r\n\x1a\n" + SECRET,
    "key behind a picture.png": PICTURE + SECRET,
    "key behind a signature.pdf": b"%PDF-1.7\n" + SECRET,
    "key behind an end mark.pdf": b"%PDF-1.7\n%%EOF\n" + SECRET,
    "key behind a tag.mp3": b"ID3\x04\0\0\0\0\0\0" + SECRET,
    "key in the shape of a sound.wav": b"RIFF\xff\xff\xff\xffWAVE" + SECRET,
}


def paths_to(folder: Path) -> list[Path]:
    """Files that must never leave, some of this machine among them."""
    for name, content in SENSITIVE.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    (folder / "link.png").symlink_to(folder / ".ssh/id_rsa")
    of_this_machine = [Path("/etc/passwd"), Path("/proc/self/environ"), Path("/proc/self/mem"), Path("/dev/zero")]
    return [*(folder / name for name in SENSITIVE), folder / "link.png", *of_this_machine]


def test_no_byte_of_a_sensitive_file_leaves(openai: Workplace, emulator: Emulator) -> None:
    paths = paths_to(openai.root / "home")

    async def work(client: AsyncClient) -> list[Any]:
        found = []
        for path in paths:
            for attempt in (client.image("a fox", input_images=path), client.describe(path, "What is it?")):
                try:
                    found.append(await attempt)
                except errors.AnymediaError as error:
                    found.append(error)
        return found

    outcomes = openai.run(work)
    assert {type(outcome) for outcome in outcomes} == {errors.InvalidInput}
    assert len(outcomes) == 2 * len(paths) and len(paths) >= 20
    assert emulator.requests == () and openai.rows() == []


# --- What a file claims to be -----------------------------------------------------------------------------------


POLYGLOTS = {
    "an archive": b"PK\x03\x04" + bytes(60),
    "a page": b"<html><script>alert(1)</script></html>",
    "a key": SECRET,
}


@pytest.mark.parametrize("kind", ["png", "jpeg", "gif", "webp", "wav", "flac", "opus"])
@pytest.mark.parametrize("more", POLYGLOTS)
def test_what_follows_the_end_of_a_medium_is_refused(kind: str, more: str, workplace: Workplace) -> None:
    """Nothing is cut off silently, and nothing is sent along."""
    content = sample(kind) + POLYGLOTS[more]
    error = refusal(workplace, content)
    if kind in ("png", "jpeg", "gif", "webp"):
        assert f"{len(POLYGLOTS[more])} bytes follow its end" in error.message
    assert error.next


@pytest.mark.parametrize("kind", ["png", "jpeg", "gif", "webp", "avif", "mp4", "webm", "wav", "opus", "flac", "mp3"])
def test_a_file_that_is_cut_or_full_of_rubbish_is_refused(kind: str, workplace: Workplace) -> None:
    whole = sample(kind)
    for content in (whole[: len(whole) * 2 // 3], whole[:40] + b"rubbish " * 500):
        assert "whole" in refusal(workplace, content).message or kind == "wav"
    assert measured(workplace, whole).size == len(whole)


def test_what_cameras_and_phones_put_behind_a_picture_is_taken_as_it_is(workplace: Workplace) -> None:
    """More pictures (MPO, gain maps), the zeros some cameras fill up with, and the film of a motion photo."""
    jpeg, film = sample("jpeg"), sample("mp4")
    for content in (jpeg + jpeg, jpeg + bytes(300), jpeg + film, jpeg + jpeg + film):
        found = measured(workplace, content)
        assert (found.media_type, found.size, found.duration) == ("image/jpeg", len(content), None)
    refusal(workplace, jpeg + film + SECRET)
    refusal(workplace, jpeg + film[:-20])
    refusal(workplace, sample("png") + film)


def test_a_pdf_ends_like_one(workplace: Workplace) -> None:
    assert measured(workplace, b"%PDF-1.7\nwords\n%%EOF\r\n").media_type == "application/pdf"
    for content in (b"%PDF-1.7\nwords\n", b"%PDF-1.7\n%%EOF\nPK\x03\x04", b"%PDF-1.7\n%%EOF" + bytes(2000) + b"x"):
        assert "PDF" in refusal(workplace, content).message


def measured(workplace: Workplace, content: bytes, **arguments: Any) -> MediaFile:
    """The file as a request would carry it."""
    path = workplace.root / "input"
    path.write_bytes(content)

    async def work(client: AsyncClient) -> MediaFile:
        request = ImageRequest(prompt="a fox", input_images=(MediaFile(media_type="image/png", path=path),))
        ready = client.desk.measured(request, Options())
        assert isinstance(ready, ImageRequest) and ready.input_images is not None
        return ready.input_images[0]

    return workplace.run(work, **arguments)


def refusal(workplace: Workplace, content: bytes, **arguments: Any) -> errors.AnymediaError:
    with pytest.raises(errors.InvalidInput) as caught:
        measured(workplace, content, **arguments)
    return caught.value


def test_a_file_that_says_it_was_measured_is_measured_all_the_same(openai: Workplace, emulator: Emulator) -> None:
    path = openai.root / "key.png"
    path.write_bytes(SECRET)
    claim = MediaFile(media_type="image/png", path=path, size=len(SECRET), sha256="0" * 64)
    assert isinstance(openai.failure(input_images=claim), errors.InvalidInput)
    assert emulator.requests == ()


def test_a_sparse_file_of_50_gigabytes_is_refused_at_once(openai: Workplace, emulator: Emulator) -> None:
    path = openai.root / "huge.png"
    path.write_bytes(PICTURE)
    os.truncate(path, 50 * 10**9)
    found = openai.failure(input_images=path)
    assert isinstance(found, errors.InvalidInput) and "50.0 GB" in found.message and "largest_input" in str(found)


def test_the_largest_input_is_a_setting_and_no_less_than_what_a_model_takes(workplace: Workplace) -> None:
    assert "100 B" in refusal(workplace, padded(PICTURE, 2000), largest_input=100).message
    declared = [param.allows for each in shipped_backends().values() for model in each.models
                for param in model.params.values()]  # fmt: skip
    assert max(allows.bytes_each for allows in declared if isinstance(allows, Files | OneFile)) <= LARGEST_INPUT


def test_a_socket_is_no_file(openai: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(openai.root)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("picture.png")
        assert "a socket" in openai.failure(input_images="picture.png").message


# --- Between the check and the use ----------------------------------------------------------------------------------


@pytest.fixture(params=["handles", "paths"])
def platform(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A platform with handles of folders, and one that lacks the calls."""
    monkeypatch.setattr(files, "HAS_HANDLES", request.param == "handles")


@pytest.mark.parametrize("swap", ["file", "folder"])
@pytest.mark.parametrize("way", ["form", "inline"])
@pytest.mark.usefixtures("platform")
def test_an_input_that_is_swapped_for_a_link_is_not_sent(
    swap: str, way: str, workplace: Workplace, provider: Provider
) -> None:
    folder, outside = workplace.root / "inputs", workplace.root / "outside"
    for each in (folder, outside):
        each.mkdir()
    (folder / "fox.png").write_bytes(picture())
    (outside / "fox.png").write_bytes(picture("another picture"))

    def submit(call: Call) -> Flow:
        file = call.body["image"][0]
        form = HttpRequest(method="POST", path="/buy", effect="pays", parts=(("image", file),))
        yield form if way == "form" else post("/buy", json={"image": Inline(file=file)})
        return drawn(text="x")

    async def work(client: AsyncClient) -> errors.AnymediaError:
        file = MediaFile(media_type="image/png", path=folder / "fox.png")
        opened = await client.open(ImageRequest(prompt="a fox", input_images=(file,)))
        gone = folder if swap == "folder" else folder / "fox.png"
        gone.rename(workplace.root / "away")
        gone.symlink_to(outside if swap == "folder" else outside / "fox.png")
        with pytest.raises(errors.AnymediaError) as caught:
            await client.finish(opened.job_id)
        return caught.value

    provider.on("POST", "/buy", says({}))
    found = workplace.run(work, toy(provider.url, submit))
    assert isinstance(found, errors.InvalidInput) and "link" in found.message
    assert (found.charged, provider.requests) == ("no", [])


@pytest.mark.usefixtures("platform")
def test_an_output_folder_that_is_swapped_for_a_link_leads_nowhere(openai: Workplace) -> None:
    """What was paid for is kept, the error says so, and it lands once the folder is itself again."""
    outside = openai.root / "outside"
    outside.mkdir()

    def swap(asked: MediaAsked) -> bytes:
        openai.out.rename(openai.root / "away")
        openai.out.symlink_to(outside)
        return PICTURE

    with Emulator(media=swap) as emulator:
        openai.environ["OPENAI_BASE_URL"] = emulator.base_url
        error = openai.failure()
        assert isinstance(error, errors.StillRunning) and "a link" in error.message and "resume" in str(error)
        assert (error.charged, list(outside.iterdir())) == ("yes", [])
        assert [path.read_bytes() for path in (openai.state / "spool").iterdir()] == [PICTURE]
        openai.out.unlink()
        (openai.root / "away").rename(openai.out)
        result = openai.run(lambda client: client.resume(openai.row["id"]))
        assert (result.read_bytes(), emulator.submits) == (PICTURE, 1)
    assert list((openai.state / "spool").iterdir()) == []


def test_a_download_does_not_go_through_a_link_and_is_fetched_when_it_is_gone(
    workplace: Workplace, provider: Provider
) -> None:
    outside = workplace.root / "outside"
    outside.mkdir()
    serve_job(provider)
    done = provider.answer_at("GET", "/jobs/1").reply

    def swap(request: Any) -> Any:
        workplace.out.rename(workplace.root / "away")
        workplace.out.symlink_to(outside)
        return done

    provider.on("GET", "/jobs/1", Answer(swap), Answer(done))
    error = workplace.failure(queue_backend(provider.url))
    assert isinstance(error, errors.StillRunning) and "a link" in error.message
    assert (error.charged, list(outside.iterdir())) == ("yes", [])
    workplace.out.unlink()
    (workplace.root / "away").rename(workplace.out)
    result = workplace.run(lambda client: client.resume(workplace.row["id"]), queue_backend(provider.url))
    assert (result.read_bytes(), provider.count("POST", "/jobs")) == (PICTURE, 1)


@pytest.mark.usefixtures("platform")
def test_a_link_that_takes_the_name_of_an_output_is_neither_followed_nor_replaced(openai: Workplace) -> None:
    outside = openai.root / "outside.png"

    def appear(asked: MediaAsked) -> bytes:
        (openai.out / "fox.png").symlink_to(outside)
        return PICTURE

    with Emulator(media=appear) as emulator:
        openai.environ["OPENAI_BASE_URL"] = emulator.base_url
        result = openai.draw(output=openai.out / "fox.png")
    assert (result.path.name, result.read_bytes()) == ("fox-2.png", PICTURE)
    assert (openai.out / "fox.png").is_symlink() and not outside.exists()
    again = openai.failure(output=openai.out / "fox.png")
    assert isinstance(again, errors.OutputRefused) and again.charged == "no"


@pytest.mark.usefixtures("platform")
def test_to_overwrite_a_link_replaces_the_link(openai: Workplace, emulator: Emulator) -> None:
    outside = openai.root / "outside.png"
    outside.write_bytes(b"mine")
    openai.out.mkdir()
    (openai.out / "fox.png").symlink_to(outside)
    result = openai.draw(output=openai.out / "fox.png", overwrite=True)
    assert (result.read_bytes(), result.path.is_symlink(), outside.read_bytes()) == (PICTURE, False, b"mine")


def test_a_folder_that_the_user_names_may_be_a_link(openai: Workplace, emulator: Emulator) -> None:
    there = openai.root / "there"
    there.mkdir()
    (openai.root / "here").symlink_to(there)
    assert openai.draw(output_dir=openai.root / "here").path.parent == there
    assert openai.draw(output=openai.root / "here" / "fox.png").path == there / "fox.png"


# --- Roots ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def rooted(openai: Workplace) -> Workplace:
    """A configuration with one root: a folder that is reached through a link, with a way out below it."""
    (openai.root / "real root").mkdir()
    (openai.root / "root").symlink_to(openai.root / "real root")
    (openai.root / "outside").mkdir()
    (openai.root / "outside" / "fox.png").write_bytes(picture())
    (openai.root / "root" / "way out").symlink_to(openai.root / "outside")
    openai.arguments = {"roots": [str(openai.root / "root")], "output_dir": str(openai.root / "root" / "made")}
    return openai


ATTACKS = ["outside", "root/../outside", "root/way out", "root/way out/below", "root-beside", "/tmp", "~", ".", "/"]


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_place_outside_of_the_roots_is_refused_before_anything_is_sent(
    attack: str, rooted: Workplace, emulator: Emulator
) -> None:
    place = Path(attack).expanduser() if attack == "~" else rooted.root / attack
    refused = [
        rooted.failure(output_dir=place),
        rooted.failure(output=place / "new.png"),
        rooted.failure(output=place / "fox.png", overwrite=True),
        rooted.failure(input_images=place / "fox.png"),
    ]
    assert [type(error) for error in refused] == [errors.OutputRefused] * 3 + [errors.InvalidInput]
    assert all("outside" in error.message and "`roots`" in str(error) for error in refused)
    assert emulator.requests == () and rooted.rows() == []
    assert list((rooted.root / "outside").iterdir()) == [rooted.root / "outside" / "fox.png"]


def test_a_client_works_inside_of_its_roots(rooted: Workplace, emulator: Emulator) -> None:
    made = rooted.draw(continuable=True)
    assert made.path.parent == rooted.root / "real root" / "made"
    again = rooted.draw(input_images=made, output=rooted.root / "root" / "fox.png")
    assert again.path == rooted.root / "real root" / "fox.png"
    assert rooted.draw(input_images=[made.read_bytes()]).read_bytes() == PICTURE
    assert emulator.requests[-1].path == EDITS


def test_roots_of_a_client_go_before_those_of_its_configuration(rooted: Workplace, emulator: Emulator) -> None:
    configuration = load(environ=rooted.environ, folder=rooted.root, arguments=rooted.arguments)
    with Client(configuration=configuration, environ=rooted.environ, roots=[rooted.root / "outside"]) as client:
        assert client.asynchronous.configuration.origins["roots"] == "argument"
        with pytest.raises(errors.OutputRefused, match="outside of the folders"):
            client.image("a fox")
    assert configuration.for_agents() is configuration


def test_an_agent_without_roots_has_no_folder_at_all(openai: Workplace, emulator: Emulator) -> None:
    configuration = load(environ={**openai.environ, "ANYMEDIA_HOME": str(openai.state)}, folder=openai.root)
    agents = Client(configuration=configuration.for_agents(), environ=openai.environ)
    with agents as client, pytest.raises(errors.OutputRefused, match="No folder is allowed"):
        client.image("a fox", output_dir=openai.root / "made")
    assert emulator.requests == () and not (openai.root / "made").exists()


# --- Names from providers -------------------------------------------------------------------------------------------

HOSTILE = "../../../outside/evil.png"


def test_no_name_that_a_provider_says_is_used_for_a_file(workplace: Workplace, provider: Provider) -> None:
    """Neither that of a header, nor an id, nor a URL's last part."""

    def submit(call: Call) -> Flow:
        response = yield post("/buy", json={})
        return drawn(metadata={"id": response.json["id"], "filename": response.json["filename"]})

    def direct(call: Call) -> Flow:
        response = yield post("/direct", json={})
        return Succeeded(files=(response.spilled,))

    provider.on(
        "POST",
        "/buy",
        says({"id": HOSTILE, "filename": HOSTILE}, content_disposition=f'attachment; filename="{HOSTILE}"'),
    )
    provider.on("POST", "/direct", sends(PICTURE, content_disposition=f"attachment; filename*=UTF-8''{HOSTILE}"))
    workplace.draw(toy(provider.url, submit, model=toy_model()))
    workplace.draw(toy(provider.url, direct, model=toy_model()))
    named = [path for path in workplace.root.rglob("*") if "evil" in path.name or "outside" in path.name]
    assert named == [] and len(workplace.files()) == 2
    assert all(path.parent == workplace.out for path in workplace.files())
    assert all("evil" not in json.dumps(row["output"]) for row in workplace.rows())
