"""`models --live`: the providers' own lists of models, read over the wire, beside what is declared here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from terminal import KEY, Terminal

import anymedia
from anymedia.spec import Reply
from anymedia.testing.conformance.reply_server import ReplyServer
from anymedia.testing.emulator import Emulator, Fault

MODELS = "/v1/models"


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(tmp_path, monkeypatch, capsys)


@pytest.fixture
def provider() -> Iterator[ReplyServer]:
    """A provider whose list a test writes."""
    with ReplyServer() as server:
        yield server


def listing(*models: dict[str, Any]) -> Reply:
    return Reply(json={"object": "list", "data": list(models)})


def expect(provider: ReplyServer, *replies: Reply) -> None:
    provider.expect(replies, {})


def at(provider: ReplyServer, terminal: Terminal) -> Terminal:
    terminal.set("OPENAI_API_KEY", KEY)
    terminal.set("OPENAI_BASE_URL", f"{provider.url}/v1")
    return terminal


def found(terminal: Terminal, *options: str) -> list[Any]:
    ended = terminal.type("models", "--live", "--json", *options)
    assert ended.code == 0, ended.err
    (only,) = ended.document["backends"]
    return [
        (each["kind"], each["model"], each["what"], each["declared"], each["listed"]) for each in only["differences"]
    ]


def test_a_list_is_read_with_the_key_and_buys_nothing(terminal: Terminal, emulator: Emulator) -> None:
    terminal.use(emulator)
    ended = terminal.type("models", "--live", "--backend", "OpenAI")
    assert ended.code == 0
    assert ended.out.startswith("openai  lists ") and " gone, " in ended.out.splitlines()[0]
    assert "  new      gpt-6-astra\n" in ended.out
    assert [request.path for request in emulator.requests] == [MODELS]
    assert emulator.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert emulator.submits == 0 and not (terminal.state / "ledger.sqlite").exists()


def test_what_is_new_gone_or_changed_is_told(terminal: Terminal, provider: ReplyServer) -> None:
    expect(
        provider,
        listing(
            {"id": "gpt-image-2", "shutdown_date": "2027-03-01"},
            {"id": "GPT-IMAGE-1.5", "shutdown_date": "2026-12-01"},
            {"id": "gpt-image-3", "shutdown_date": None},
        ),
    )
    differences = found(at(provider, terminal))
    assert ("changed", "gpt-image-2", "retires", None, "2027-03-01") in differences
    assert ("new", "gpt-image-3", None, None, None) in differences
    assert ("gone", "gpt-6-luna", None, None, None) in differences
    assert not [each for each in differences if each[1] in ("gpt-image-1.5", "sora-2")], "known, and known to be over"


def test_a_shutdown_that_was_called_off_is_a_change(terminal: Terminal, provider: ReplyServer) -> None:
    expect(provider, listing({"id": "gpt-image-1.5", "shutdown_date": None}))
    assert ("changed", "gpt-image-1.5", "retires", "2026-12-01", None) in found(at(provider, terminal))


def test_a_list_without_dates_says_nothing_of_them(terminal: Terminal, provider: ReplyServer) -> None:
    expect(provider, listing({"id": "gpt-image-1.5"}))
    assert "gpt-image-1.5" not in {model for _, model, *_ in found(at(provider, terminal))}


def test_an_operation_filters_what_is_known_to_be_of_another(terminal: Terminal, provider: ReplyServer) -> None:
    expect(provider, listing({"id": "gpt-image-3", "shutdown_date": None}))
    models = {model for _, model, *_ in found(at(provider, terminal), "--operation", "describe")}
    assert models == {"gpt-6-luna", "gpt-audio-1.5", "gpt-image-3"}


def test_google_lists_two_versions_page_by_page(terminal: Terminal, provider: ReplyServer) -> None:
    expect(
        provider,
        Reply(json={"models": [{"name": "models/gemini-3-pro-image"}], "nextPageToken": "more"}),
        Reply(json={"models": [{"name": "models/gemini-9-image"}]}),
        Reply(json={"models": [{"name": "models/lyria-3-pro-preview"}]}),
    )
    terminal.set("GEMINI_API_KEY", KEY)
    terminal.set("GOOGLE_GEMINI_BASE_URL", provider.url)
    differences = found(terminal)
    assert [model for kind, model, *_ in differences if kind == "new"] == ["gemini-9-image"]
    assert {"gemini-3-pro-image", "lyria-3-pro-preview"}.isdisjoint(model for _, model, *_ in differences)
    targets = [request.target for request in provider.arrived]
    assert [target.partition("?")[0] for target in targets] == ["/v1/models", "/v1/models", "/v1beta/models"]
    assert "pageToken=more" in targets[1]


def test_a_server_of_ones_own_is_asked_too(terminal: Terminal, provider: ReplyServer) -> None:
    expect(provider, listing({"id": "flux"}, {"id": "kept"}))
    Path("anymedia.toml").write_text(
        f'[servers.mill]\nbase_url = "{provider.url}/v1"\n[servers.mill.models]\nimage = ["kept", "lost"]\n'
    )
    assert [each[:2] for each in found(terminal)] == [("gone", "lost"), ("new", "flux")]


@pytest.mark.parametrize("dialect", ["elevenlabs", "google", "grok", "vertex"])
def test_a_list_that_agrees_with_the_declarations_shows_nothing_gone_or_changed(
    dialect: str, terminal: Terminal
) -> None:
    with Emulator(dialect=dialect) as emulator:
        for name, value in emulator.variables.items():
            terminal.set(name, value)
        differences = found(terminal)
    assert not [each for each in differences if each[0] != "new"]
    assert emulator.submits == 0


def test_a_limit_that_elevenlabs_changed_is_named(terminal: Terminal, provider: ReplyServer) -> None:
    speaks = {"model_id": "eleven_v4", "can_do_text_to_speech": True, "maximum_text_length_per_request": 5000}
    expect(provider, Reply(json=[speaks]))
    terminal.set("ELEVENLABS_API_KEY", KEY)
    terminal.set("ELEVENLABS_BASE_URL", provider.url)
    differences = found(terminal)
    changed = [each for each in differences if each[0] == "changed"]
    was, now = "text of up to 10,000 characters", "text of up to 5,000 characters"
    assert changed == [("changed", "eleven_v4", "text", was, now)]
    gone = {model for kind, model, *_ in differences if kind == "gone"}
    assert "eleven_v3" in gone and "music_v2_5" not in gone, "music is in no list"


def test_abilities_and_prices_are_compared_where_a_list_tells_them(terminal: Terminal) -> None:
    with Emulator(dialect="openrouter") as emulator:
        for name, value in emulator.variables.items():
            terminal.set(name, value)
        ended = terminal.type("models", "--live", "--json")
    (only,) = ended.document["backends"]
    assert [(each["kind"], each["model"], each["operations"]) for each in only["differences"]] == [
        ("new", "recraft/recraft-v4", ["image"])
    ]
    assert emulator.submits == 0


def test_a_price_or_an_ability_that_changed_is_named(terminal: Terminal, provider: ReplyServer) -> None:
    model = "bytedance-seed/seedream-4.5"
    picture = {
        "id": model,
        "supported_parameters": {
            "resolution": {"type": "enum", "values": ["4K", "2K", "1K"]},
            "n": {"type": "range", "min": 1, "max": 4},
            "quality": {"type": "enum", "values": ["high"]},
        },
    }
    film = {
        "id": "alibaba/wan-3.0",
        "supported_durations": [5],
        "supported_resolutions": ["480p", "720p", "1080p"],
        "supported_aspect_ratios": None,
        "supported_sizes": None,
        "supported_frame_images": ["first_frame"],
        "generate_audio": None,
        "seed": True,
        "pricing_skus": {"duration_seconds": "0.3"},
    }
    pricing = [{"billable": "output_image", "unit": "image", "cost_usd": 0.05}]
    expect(
        provider,
        Reply(json={"data": [{"id": model, "expiration_date": "2027-01-31"}, {"id": "some/text-model"}]}),
        Reply(json={"data": [picture]}),
        Reply(json={"endpoints": [{"pricing": pricing}, {"pricing": pricing}]}),
        Reply(json={"data": [film]}),
    )
    terminal.set("OPENROUTER_API_KEY", KEY)
    terminal.set("OPENROUTER_BASE_URL", provider.url)
    changed = {(m, what): (here, there) for kind, m, what, here, there in found(terminal) if kind == "changed"}
    ratios = changed.pop((model, "aspect_ratio"))
    files = changed.pop((model, "input_images"))
    film_ratios = changed.pop(("alibaba/wan-3.0", "aspect_ratio"))
    assert ratios[1] is files[1] is film_ratios[1] is None, "what the list no longer has"
    assert changed.pop(("alibaba/wan-3.0", "duration"))[1] == "5"
    assert changed.pop(("alibaba/wan-3.0", "price"))[1] == "$0.3 per second"
    assert changed == {
        (model, "retires"): (None, "2027-01-31"),
        (model, "n"): ("a whole number from 1 to 10", "a whole number from 1 to 4"),
        (model, "quality"): (None, "high"),
        (model, "seed"): ("a whole number from 0 to 2,147,483,647", None),
        (model, "price"): ("$0.04 per image", "$0.05 per image"),
    }


def test_one_provider_that_does_not_answer_does_not_hide_the_others(
    terminal: Terminal, emulator: Emulator, provider: ReplyServer
) -> None:
    terminal.use(emulator)
    expect(provider, Reply(status=403, json={"error": {"message": "not yours"}}))
    terminal.set("GEMINI_API_KEY", KEY)
    terminal.set("GOOGLE_GEMINI_BASE_URL", provider.url)
    ended = terminal.type("models", "--live", "--json")
    google, openai = ended.document["backends"]
    assert (google["error"]["code"], openai["listed"] > 20) == ("authentication_rejected", True)
    assert ended.code == 4


def test_a_busy_provider_is_asked_again(terminal: Terminal, emulator: Emulator) -> None:
    terminal.use(emulator)
    emulator.script(MODELS, [Fault.status(503, billed=False)])
    assert terminal.type("models", "--live").code == 0
    assert len(emulator.requests) == 2


@pytest.mark.parametrize("reply", [Reply(json={"models": "none"}), Reply(content=b"\x89PNG", media_type="image/png")])
def test_a_list_that_nobody_understands_is_an_error_that_cost_nothing(
    terminal: Terminal, provider: ReplyServer, reply: Reply
) -> None:
    expect(provider, reply)
    ended = at(provider, terminal).type("models", "--live", "--backend", "openai", "--json")
    error = ended.document["results"][0]["error"]
    assert (error["code"], error["charged"]) == ("backend_defect", "no")


def test_without_a_key_or_a_list_it_says_so(terminal: Terminal) -> None:
    ended = terminal.type("models", "--live")
    assert ended.code == 3 and "OPENAI_API_KEY" in ended.err
    ended = terminal.type("models", "--live", "--backend", "openai")
    assert ended.code == 3 and "needs a key" in ended.err
    ended = terminal.type("models", "--live", "--backend", "sketch")
    assert ended.code == 2 and "offers no list of its models" in ended.err


def test_a_blocking_client_gives_the_same_as_values(terminal: Terminal, emulator: Emulator) -> None:
    terminal.use(emulator)
    with anymedia.Client() as client:
        live = client.live_models("openai")
    document = terminal.type("models", "--live", "--json").document["backends"][0]
    assert (live.backend, len(live.listed)) == (document["backend"], document["listed"])
    assert json.loads(json.dumps([each.model for each in live.differences])) == [
        each["model"] for each in document["differences"]
    ]
