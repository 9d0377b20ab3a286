"""Google credentials: a service account's own file, a token server on loopback, and who is asked for a token when."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

import anymedia
from anymedia import AsyncClient, errors
from anymedia.backends.vertex import BACKEND
from anymedia.backends.vertex.credentials import credentials_in
from anymedia.testing.emulator import Emulator, Fault, Meter
from anymedia.testing.emulator.messages import ReceivedRequest, Reply, json_reply
from anymedia.testing.emulator.server import Listening, LoopbackServer
from canary import files_with_key, holds_key, leaks_of, watch_for
from workplace import Workplace

MODEL = "imagen-4.0-generate-001"
FILMER = "veo-3.1-generate-001"
BELOW = "/v1beta1/projects/my-project/locations/europe-west4/publishers/google/models"
LASTS = 3600


class TokenServer(Listening):
    """Gives a new token for each signed assertion, as Google's does. `lasts` is in seconds."""

    def __init__(self) -> None:
        self.lasts = LASTS
        self.meter = Meter()
        self.refuses = False
        self.asked: list[ReceivedRequest] = []
        self._server = LoopbackServer(self, port=0)

    def refuses_connection(self) -> bool:
        return False

    def fault_for(self, request: ReceivedRequest) -> Fault | None:
        return None

    def cut_short(self, request: ReceivedRequest, fault: Fault) -> None: ...

    def delay(self, request: ReceivedRequest, fault: Fault | None) -> float:
        return 0.05

    def answer(self, request: ReceivedRequest, fault: Fault | None) -> Reply:
        self.asked.append(request)
        if self.refuses:
            return json_reply({"error": "invalid_grant", "error_description": "Invalid JWT Signature."}, status=400)
        document = {"access_token": self.token(len(self.asked)), "expires_in": self.lasts, "token_type": "Bearer"}
        return json_reply(document)

    @staticmethod
    def token(number: int) -> str:
        return f"ya29.loopback-token-{number:08d}"


@pytest.fixture
def tokens() -> Iterator[TokenServer]:
    with TokenServer() as server:
        yield server


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(dialect="vertex") as emulator:
        yield emulator


@pytest.fixture(scope="session")
def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, plain).decode()


@pytest.fixture
def place(workplace: Workplace, tokens: TokenServer, emulator: Emulator, private_key: str) -> Workplace:
    """A machine with the file of a service account, whose tokens come from the loopback server."""
    account = {
        "type": "service_account",
        "project_id": "the-account's-own",
        "private_key_id": "1",
        "private_key": private_key,
        "client_email": "painter@my-project.iam.gserviceaccount.com",
        "token_uri": f"{tokens.url}/token",
    }
    file = workplace.root / "account.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(account), "utf-8")
    workplace.environ |= {
        "GOOGLE_APPLICATION_CREDENTIALS": str(file),
        "GOOGLE_CLOUD_PROJECT": "my-project",
        "GOOGLE_CLOUD_LOCATION": "europe-west4",
        "GOOGLE_VERTEX_BASE_URL": emulator.url,
    }
    return workplace


def drawn(place: Workplace, **asked: Any) -> anymedia.Result:
    return place.draw(backend="vertex", model=MODEL, **asked)


def bearers(emulator: Emulator) -> list[str]:
    return [request.headers.get("authorization", "") for request in emulator.requests]


def test_a_service_account_draws_below_its_project(place: Workplace, emulator: Emulator, tokens: TokenServer) -> None:
    result = drawn(place)
    assert result.files
    (request,) = emulator.requests
    assert request.path == f"{BELOW}/{MODEL}:predict"
    assert "x-goog-api-key" not in request.headers
    assert bearers(emulator) == [f"Bearer {tokens.token(1)}"]
    assert b"assertion=" in tokens.asked[0].body


def test_one_token_serves_many_calls_at_the_same_time(
    place: Workplace, emulator: Emulator, tokens: TokenServer
) -> None:
    async def crowd(client: AsyncClient) -> None:
        drawing = (client.image(f"fox {number}", backend="vertex", model=MODEL) for number in range(8))
        await asyncio.gather(*drawing)

    place.run(crowd)
    assert Counter(bearers(emulator)) == {f"Bearer {tokens.token(1)}": 8}
    assert len(tokens.asked) == 1


def test_a_token_that_soon_expires_is_replaced(place: Workplace, emulator: Emulator, tokens: TokenServer) -> None:
    tokens.lasts = 200

    async def twice(client: AsyncClient) -> None:
        await client.image("a fox", backend="vertex", model=MODEL)
        await client.image("a hare", backend="vertex", model=MODEL)

    place.run(twice)
    assert bearers(emulator) == [f"Bearer {tokens.token(1)}", f"Bearer {tokens.token(2)}"]


def test_a_poll_that_is_not_taken_is_sent_once_more_with_another_token(
    place: Workplace, emulator: Emulator, tokens: TokenServer
) -> None:
    emulator.script(f"{BELOW}/{FILMER}:fetchPredictOperation", [Fault.status(401, billed=False)])
    place.run(lambda client: client.video("a fox", backend="vertex", model=FILMER))
    first, second = (f"Bearer {tokens.token(number)}" for number in (1, 2))
    assert bearers(emulator) == [first, first, second]
    assert emulator.billed == 1


def test_a_poll_that_is_not_taken_twice_leaves_the_job_running(
    place: Workplace, emulator: Emulator, tokens: TokenServer
) -> None:
    emulator.script(f"{BELOW}/{FILMER}:fetchPredictOperation", [Fault.status(401, billed=False)] * 2)
    with pytest.raises(errors.StillRunning):
        place.run(lambda client: client.video("a fox", backend="vertex", model=FILMER))
    first, second = (f"Bearer {tokens.token(number)}" for number in (1, 2))
    assert bearers(emulator) == [first, first, second]


def test_a_purchase_that_is_not_taken_is_never_sent_again_by_itself(
    place: Workplace, emulator: Emulator, tokens: TokenServer
) -> None:
    emulator.script(f"{BELOW}/{MODEL}:predict", [Fault.status(401, billed=False)])

    async def twice(client: AsyncClient) -> None:
        with pytest.raises(errors.AuthenticationRejected) as caught:
            await client.image("a fox", backend="vertex", model=MODEL)
        assert caught.value.charged == "no"
        await client.image("a fox", backend="vertex", model=MODEL)

    place.run(twice)
    assert bearers(emulator) == [f"Bearer {tokens.token(1)}", f"Bearer {tokens.token(2)}"]


def test_credentials_that_google_refuses_are_named_before_anything_is_sent(
    place: Workplace, emulator: Emulator, tokens: TokenServer
) -> None:
    tokens.refuses = True
    error = place.failure(backend="vertex", model=MODEL)
    assert isinstance(error, errors.AuthenticationRejected)
    assert "account.json" in error.message and "Invalid JWT Signature" in error.message
    assert (error.charged, emulator.requests, place.row["status"]) == ("no", (), "rejected")


def test_credentials_of_another_kind_are_refused_by_name(place: Workplace, emulator: Emulator) -> None:
    Path(place.environ["GOOGLE_APPLICATION_CREDENTIALS"]).write_text('{"type": "external_account"}', "utf-8")
    error = place.failure(backend="vertex", model=MODEL)
    assert isinstance(error, errors.AuthenticationRejected)
    assert "external_account" in error.message
    assert emulator.requests == ()


def test_the_credentials_of_a_person_are_read() -> None:
    person = {"client_id": "1", "client_secret": "2", "refresh_token": "3", "type": "authorized_user"}
    assert credentials_in(person).refresh_token == "3"


def test_a_token_server_that_is_away_leaves_the_request_unsent(place: Workplace, emulator: Emulator) -> None:
    file = Path(place.environ["GOOGLE_APPLICATION_CREDENTIALS"])
    account = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps({**account, "token_uri": "http://127.0.0.1:9/token"}), "utf-8")
    error = place.failure(backend="vertex", model=MODEL)
    assert isinstance(error, errors.NotSent) and error.retryable
    assert (emulator.requests, place.row["status"]) == ((), "not_sent")


@pytest.mark.parametrize("fails", ["the provider", "the token server", "the network", "the signature", "the file"])
def test_neither_token_nor_private_key_is_ever_written_down_or_shown(
    fails: str,
    place: Workplace,
    emulator: Emulator,
    tokens: TokenServer,
    private_key: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    watch_for(tokens.token(1), *private_key.splitlines()[1:3])
    said = f"Bearer {tokens.token(1)} is bad"
    file = Path(place.environ["GOOGLE_APPLICATION_CREDENTIALS"])
    account = json.loads(file.read_text("utf-8"))
    match fails:
        case "the provider":
            emulator.script(f"{BELOW}/{MODEL}:predict", [Fault.status(400, billed=False, message=said)])
        case "the token server":
            tokens.refuses = True
        case "the network":
            file.write_text(json.dumps({**account, "token_uri": "http://127.0.0.1:9/token"}), "utf-8")
        case "the signature":
            file.write_text(json.dumps({**account, "private_key": private_key.replace("END", "FIN")}), "utf-8")
        case "the file":
            file.write_text(file.read_text("utf-8")[:-9], "utf-8")
    with caplog.at_level("DEBUG"):
        error = place.failure(backend="vertex", model=MODEL)
    assert leaks_of(error) == []
    told = [message for message in caplog.text.splitlines() if holds_key(message)]
    assert told == [] and files_with_key(place.state) == [] and not holds_key(str(place.rows()))


def test_a_key_is_used_where_both_are_there(place: Workplace, emulator: Emulator, tokens: TokenServer) -> None:
    place.environ["GOOGLE_VERTEX_API_KEY"] = "a-key-of-vertex-express"
    drawn(place)
    (request,) = emulator.requests
    assert request.headers["x-goog-api-key"] == "a-key-of-vertex-express"
    assert request.path == f"/v1beta1/publishers/google/models/{MODEL}:predict"
    assert tokens.asked == []


def unset(place: Workplace, *names: str) -> str | None:
    """What the error says when these variables are not set."""
    for name in names:
        del place.environ[name]
    error = place.failure(backend="vertex", model=MODEL)
    assert isinstance(error, errors.MissingCredentials)
    return error.next


def test_an_error_names_every_variable_that_would_do(place: Workplace) -> None:
    said = unset(place, "GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT")
    assert said == "Set GOOGLE_VERTEX_API_KEY, or GOOGLE_APPLICATION_CREDENTIALS and GOOGLE_CLOUD_PROJECT."


def test_an_error_names_only_what_is_missing(place: Workplace) -> None:
    file = place.environ["GOOGLE_APPLICATION_CREDENTIALS"]
    said = unset(place, "GOOGLE_CLOUD_PROJECT")
    assert said == f"Set GOOGLE_VERTEX_API_KEY, or GOOGLE_CLOUD_PROJECT for the credentials in {file}."
    place.environ["GOOGLE_CLOUD_PROJECT"] = "my-project"
    said = unset(place, "GOOGLE_APPLICATION_CREDENTIALS")
    assert said == "Set GOOGLE_VERTEX_API_KEY, or GOOGLE_APPLICATION_CREDENTIALS."


def test_an_error_names_the_file_that_is_not_there(place: Workplace) -> None:
    Path(file := place.environ["GOOGLE_APPLICATION_CREDENTIALS"]).unlink()
    wanted = f"GOOGLE_APPLICATION_CREDENTIALS to a file ({file} is none)"
    assert unset(place) == f"Set GOOGLE_VERTEX_API_KEY, or {wanted}."


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "it is no JSON"),
        (b"\xff\xfe", "it is no JSON"),
        (b"[]", "it holds no credentials"),
        (b'{"type": 7}', "it holds no credentials"),
        (b'{"type": "external_account"}', "of the kind 'external_account'"),
    ],
    ids=str,
)
def test_doctor_and_the_error_say_what_is_wrong_with_the_file(content: bytes, said: str, place: Workplace) -> None:
    Path(place.environ["GOOGLE_APPLICATION_CREDENTIALS"]).write_bytes(content)
    error = place.failure(backend="vertex", model=MODEL)
    assert isinstance(error, errors.AuthenticationRejected) and said in error.message
    doctor = subprocess.run(
        [sys.executable, "-m", "anymedia", "doctor"],
        env={"HOME": str(place.root), "ANYMEDIA_HOME": str(place.state), **place.environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "warning vertex: its credentials give no token" in doctor.stdout and said in doctor.stdout


def test_the_file_that_gcloud_leaves_in_the_home_folder_is_found(place: Workplace, emulator: Emulator) -> None:
    left = place.root / ".config" / "gcloud" / "application_default_credentials.json"
    left.parent.mkdir(parents=True)
    left.write_bytes(Path(place.environ.pop("GOOGLE_APPLICATION_CREDENTIALS")).read_bytes())
    assert drawn(place).files
    assert emulator.billed == 1


def test_a_model_that_is_not_at_the_location_is_looked_for_elsewhere(place: Workplace, emulator: Emulator) -> None:
    model = "gemini-3-pro-image"
    message = f"Publisher Model `{BELOW.removeprefix('/v1beta1/')}/{model}` was not found."
    emulator.script(f"{BELOW}/{model}:generateContent", [Fault.status(404, billed=False, message=message)])
    error = place.failure(backend="vertex", model=model)
    assert isinstance(error, errors.Rejected) and error.charged == "no"
    assert "europe-west4" in (error.next or "") and "GOOGLE_CLOUD_LOCATION=global" in (error.next or "")


def test_a_project_that_is_no_plain_name_is_refused(place: Workplace) -> None:
    place.environ["GOOGLE_CLOUD_PROJECT"] = "../elsewhere"
    error = place.failure(backend="vertex", model=MODEL)
    assert isinstance(error, errors.InvalidConfiguration)
    assert "GOOGLE_CLOUD_PROJECT" in error.message


@pytest.mark.parametrize(
    ("location", "host"),
    [
        (None, "aiplatform.googleapis.com"),
        ("global", "aiplatform.googleapis.com"),
        ("us", "aiplatform.us.rep.googleapis.com"),
        ("us-central1", "us-central1-aiplatform.googleapis.com"),
    ],
)
def test_the_location_decides_on_the_address_and_not_on_retirements(
    place: Workplace, location: str | None, host: str
) -> None:
    del place.environ["GOOGLE_VERTEX_BASE_URL"]
    place.environ.pop("GOOGLE_CLOUD_LOCATION")
    place.environ |= {} if location is None else {"GOOGLE_CLOUD_LOCATION": location}
    client = place.client()
    backend = client.desk.backends["vertex"]
    assert client.desk.base_url_of(backend) == f"https://{host}"
    assert "vertex" in client.desk.keyed()
    error = place.failure(backend="vertex", model=MODEL)
    assert isinstance(error, errors.RetiredModel)


def test_doctor_says_with_what_a_token_is_fetched(place: Workplace) -> None:
    environ = {**place.environ, "HOME": str(place.root), "ANYMEDIA_HOME": str(place.state), "PATH": os.environ["PATH"]}
    words = [sys.executable, "-m", "anymedia", "doctor"]
    said = subprocess.run(words, env=environ, cwd=place.root, capture_output=True, text=True, timeout=30).stdout
    file = place.environ["GOOGLE_APPLICATION_CREDENTIALS"]
    assert f"vertex: token with {file}, project my-project, location europe-west4" in " ".join(said.split())


def test_a_dry_run_shows_the_header_of_a_token(place: Workplace, emulator: Emulator, tokens: TokenServer) -> None:
    request = anymedia.ImageRequest(prompt="a fox")
    options = anymedia.Options(backend="vertex", model=MODEL)
    shown = place.run(lambda client: client.dry_run(request, options))
    assert shown.wire["headers"] == {"Authorization": "Bearer [token]"}
    assert shown.wire["url"] == f"{emulator.url}{BELOW}/{MODEL}:predict"
    assert (tokens.asked, emulator.requests) == ([], ())


def test_expiry_is_told_in_seconds_since_1970(place: Workplace, tokens: TokenServer) -> None:
    auth = BACKEND.auth
    declared = getattr(auth, "otherwise", None)
    assert declared is not None
    token, expires_at = declared.fetch(None, file=place.environ["GOOGLE_APPLICATION_CREDENTIALS"])
    assert token == tokens.token(1)
    assert abs(expires_at - time.time() - LASTS) < 60
