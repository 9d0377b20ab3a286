"""What looks like a key is hidden wherever it stands, and ordinary words stay what they are."""

from __future__ import annotations

import base64
import logging
import sys
from collections.abc import Callable

import pytest

from anymedia.engine.redaction import HIDDEN, RedactingFilter, Redactor, fingerprint, package_logger

LETTERS = "a1B2c3D4e5F6g7H8"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Bearer abcdef", f"Authorization: {HIDDEN}"),
        ("authorization='Basic dXNlcjpwYXNz'", f"authorization='{HIDDEN}'"),
        ("Authorization: Key short, Authorization: token short", f"Authorization: {HIDDEN}, Authorization: {HIDDEN}"),
        ("authorization: none of them", f"authorization: {HIDDEN} of them"),
        ('{"X-API-Key": "short"}', f'{{"X-API-Key": "{HIDDEN}"}}'),
        ("xi-api-key=short, next", f"xi-api-key={HIDDEN}, next"),
        ("x-goog-api-key : short", f"x-goog-api-key : {HIDDEN}"),
        ("sent BEARER abc-12 to it", f"sent Bearer {HIDDEN} to it"),
        (f"the key sk-{LETTERS} is wrong", f"the key {HIDDEN} is wrong"),
        (f"xai_{LETTERS}", HIDDEN),
        (f"rk-{LETTERS} pk-{LETTERS}", f"{HIDDEN} {HIDDEN}"),
        (f"AIza{LETTERS}{LETTERS[:14]}", HIDDEN),
        ("see https://files.example/a?signature=1&b=2 and wait", f"see https://files.example/a?{HIDDEN} and wait"),
        ("WSS is wss://talk.example/?token=1", f"WSS is wss://talk.example/?{HIDDEN}"),
        ("ws://h/?t=1 http://h/?t=1", f"ws://h/?{HIDDEN} http://h/?{HIDDEN}"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----\nbelow", f"{HIDDEN}\nbelow"),
        ("it begins -----BEGIN PRIVATE KEY-----\nMII\nand is cut", f"it begins {HIDDEN}"),
        ("{'private_key': 'a', 'refresh_token': 'b'}", f"{{'private_key': '{HIDDEN}', 'refresh_token': '{HIDDEN}'}}"),
        ('"access_token": "a", "id_token": "b"', f'"access_token": "{HIDDEN}", "id_token": "{HIDDEN}"'),
        ('{"client_secret" : "a"}', f'{{"client_secret" : "{HIDDEN}"}}'),
        ("the token ya29.abcdefghij", f"the token {HIDDEN}"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, shown: str) -> None:
    assert Redactor().clean(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "a bearer is a person",
        "the bearer bond",
        "a forbearer something",
        "ask-me-anything-you-like-today",
        f"sk-{LETTERS[:15]}",
        f"AIza{LETTERS}{LETTERS[:13]}",
        f"fAIza{LETTERS}{LETTERS}",
        "preauthorization: none",
        "maya29.abcdefghijkl and ya29.abcdefghi",
        "fox",
        "https://files.example/a is there? yes",
    ],
)
def test_ordinary_words_are_not_hidden(text: str) -> None:
    assert Redactor().clean(text) == text


def test_a_secret_that_was_told_is_hidden_whole_though_another_begins_like_it() -> None:
    redactor = Redactor()
    redactor.hide(["secret", "secret-and-more", "short"])
    redactor.hide(["another-one"])
    assert redactor.clean("secret-and-more, another-one, short") == f"{HIDDEN}, {HIDDEN}, short"
    assert redactor.without_secrets("secret https://h/?a=1") == f"{HIDDEN} https://h/?a=1"


def test_a_secret_is_hidden_when_it_is_all_there_is() -> None:
    redactor = Redactor()
    redactor.hide(["secret"])
    assert redactor.clean("secret") == HIDDEN


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize(("before", "hidden"), [("", 16), ("x", 15), ("xy", 15)])
def test_a_secret_is_hidden_in_base64_wherever_it_begins(
    before: str, hidden: int, encode: Callable[[bytes], bytes]
) -> None:
    redactor = Redactor()
    redactor.hide(["k~~?>secret~"])
    for after in ("", "x", "xy", "xyz"):
        text = encode(f"{before}k~~?>secret~{after}".encode()).decode()
        shown = redactor.clean(text)
        assert HIDDEN in shown
        assert len(shown) - len(HIDDEN) == len(text) - hidden  # what is left holds a bit of a neighbour


def test_two_keys_have_two_fingerprints_of_eight_digits() -> None:
    assert fingerprint("one") == "2cf51319"
    assert fingerprint("two") != fingerprint("one")


def test_a_logger_cleans_what_it_says_and_how_it_failed(caplog: pytest.LogCaptureFixture) -> None:
    logger = package_logger("anymedia.test_redactor")
    assert len(package_logger("anymedia.test_redactor").filters) == 1
    with caplog.at_level(logging.INFO, "anymedia"):
        logger.info("see %s", "https://h/?a=1", extra={"job_id": "7"})
        try:
            raise ValueError("https://h/?b=2")
        except ValueError:
            logger.exception("it failed")
    told, failed = caplog.records
    assert (told.getMessage(), told.__dict__["job_id"]) == (f"see https://h/?{HIDDEN}", "7")
    assert (failed.__dict__["job_id"], "b=2" in caplog.text, "Traceback" in caplog.text) == (None, False, True)


@pytest.mark.parametrize("has_error", [True, False], ids=["with the error", "in words alone"])
def test_a_traceback_that_was_written_out_by_somebody_else_is_cleaned_too(has_error: bool) -> None:
    try:
        raise ValueError("https://h/?b=2")
    except ValueError:
        record = logging.LogRecord("other", logging.ERROR, __file__, 1, "it failed", (), sys.exc_info())
    record.exc_text = logging.Formatter().formatException(record.exc_info)  # type: ignore[arg-type]
    record.exc_info = record.exc_info if has_error else None
    assert RedactingFilter().filter(record)
    assert "b=2" not in record.exc_text and "ValueError" in record.exc_text
