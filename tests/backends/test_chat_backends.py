"""Chat models over the public door: what each is asked, what it answers, what it costs, and how it is asked further."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest

from anymedia import AnymediaError, MediaFile, errors
from anymedia.results import Result
from anymedia.spec import Reply
from anymedia.spec.tiny import in_base64
from anymedia.testing.conformance.reply_server import ReplyServer
from toys import KEY, PICTURE
from workplace import Workplace

INPUT = MediaFile(media_type="image/png", data=PICTURE, size=len(PICTURE))
URI = f"data:image/png;base64,{in_base64(PICTURE)}"
WORDS = {"type": "text", "text": "What is it?"}


def chatted(text: str, **usage: int) -> Reply:
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
    return Reply(json={"id": "chat_1", "choices": [choice], "usage": usage})


def messaged(text: str, **usage: int) -> Reply:
    content = [{"type": "thinking", "thinking": "", "signature": "eA=="}, {"type": "text", "text": text}]
    return Reply(json={"id": "msg_1", "content": content, "stop_reason": "end_turn", "usage": usage})


MISTRAL = chatted("A red fox.", prompt_tokens=1_000_000, completion_tokens=100_000)
DEEPSEEK = chatted(
    "A red fox.",
    prompt_tokens=1_000_000,
    prompt_cache_hit_tokens=500_000,
    prompt_cache_miss_tokens=500_000,
    completion_tokens=100_000,
)
ANTHROPIC = messaged("A red fox.", input_tokens=100_000, output_tokens=10_000)
ANSWERS: Mapping[str, Reply] = {"anthropic": ANTHROPIC, "mistral": MISTRAL, "deepseek": DEEPSEEK}
PATHS = {"anthropic": "/v1/messages", "mistral": "/v1/chat/completions", "deepseek": "/chat/completions"}
SHOWN: Mapping[str, list[Any]] = {
    "anthropic": [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": in_base64(PICTURE)}},
        WORDS,
    ],
    "mistral": [WORDS, {"type": "image_url", "image_url": URI}],
    "deepseek": [WORDS, {"type": "image_url", "image_url": {"url": URI}}],
}
COSTS = {"anthropic": "0.30", "mistral": "2.25", "deepseek": "0.273"}
every_backend = pytest.mark.parametrize("backend", ANSWERS)


@pytest.fixture
def provider() -> Iterator[ReplyServer]:
    with ReplyServer() as server:
        yield server


class Chat:
    """One backend whose provider answers what a test says."""

    def __init__(self, backend: str, server: ReplyServer, place: Workplace) -> None:
        self.backend, self.server, self.place = backend, server, place
        prefix, name = PATHS[backend].removesuffix("/chat/completions").removesuffix("/v1/messages"), backend.upper()
        place.environ = {f"{name}_API_KEY": KEY, f"{name}_BASE_URL": server.url + prefix, "TOY_API_KEY": ""}

    def ask(
        self, prompt: str = "What is it?", reply: Reply | None = None, media: Any = (INPUT,), **asked: Any
    ) -> Result:
        self.server.expect([reply or ANSWERS[self.backend]], {})
        return self.place.run(lambda client: client.describe(media, prompt, **asked))

    def failure(self, **asked: Any) -> AnymediaError:
        with pytest.raises(AnymediaError) as caught:
            self.ask(**asked)
        return caught.value

    @property
    def sent(self) -> Any:
        (request,) = self.server.arrived
        return request


@every_backend
def test_a_picture_and_a_question_give_words_and_what_they_cost(
    backend: str, provider: ReplyServer, workplace: Workplace
) -> None:
    chat = Chat(backend, provider, workplace)
    made = chat.ask(instructions="briefly")
    assert (made.backend, made.text, made.cost.amount) == (backend, "A red fox.", Decimal(COSTS[backend]))
    assert chat.sent.path == PATHS[backend] and chat.sent.json["model"] == made.model
    assert chat.sent.json["messages"][-1] == {"role": "user", "content": SHOWN[backend]}
    system = {"role": "system", "content": "briefly"}
    assert chat.sent.json.get("system") == "briefly" or chat.sent.json["messages"][0] == system


@every_backend
def test_an_answer_is_asked_further_with_all_that_was_said(
    backend: str, provider: ReplyServer, workplace: Workplace
) -> None:
    chat = Chat(backend, provider, workplace)
    first = chat.ask(continuable=True)
    chat.ask("And where?", media=None, continue_from=first.continuation_id)
    begun, answered, further = chat.sent.json["messages"]
    assert begun == {"role": "user", "content": SHOWN[backend]} and answered["role"] == "assistant"
    assert further["content"] == [{"type": "text", "text": "And where?"}]


def test_anthropic_is_given_its_thoughts_back_unchanged(provider: ReplyServer, workplace: Workplace) -> None:
    chat = Chat("anthropic", provider, workplace)
    first = chat.ask(continuable=True)
    chat.ask("And where?", media=None, continue_from=first.continuation_id)
    assert chat.sent.json["messages"][1]["content"] == ANTHROPIC.json["content"]
    assert chat.sent.headers["anthropic-version"] == "2026-10-21"


def test_the_model_that_takes_no_pictures_says_so_and_nothing_is_sent(
    provider: ReplyServer, workplace: Workplace
) -> None:
    chat = Chat("deepseek", provider, workplace)
    error = chat.failure(model="deepseek-v4-pro")
    assert isinstance(error, errors.UnsupportedParameter) and "has no `media`" in error.message
    assert provider.arrived == ()
    assert chat.ask(media=None, model="deepseek-v4-pro").text == "A red fox."


@pytest.mark.parametrize(
    ("backend", "status", "reply", "says"),
    [
        ("anthropic", 404, {"type": "error", "error": {"type": "not_found_error", "message": "model: m"}}, "models"),
        ("anthropic", 402, {"type": "error", "error": {"type": "billing_error", "message": "no"}}, "billing"),
        ("mistral", 400, {"object": "error", "message": "no", "type": "invalid_model", "code": "1500"}, "models"),
        ("mistral", 402, {"object": "error", "message": "no", "type": "x", "code": None}, "billing"),
        ("deepseek", 400, {"error": {"message": "Model Not Exist", "type": "invalid_request_error"}}, "models"),
        ("deepseek", 402, {"error": {"message": "Insufficient Balance"}}, "balance"),
    ],
)
def test_a_refusal_costs_nothing_and_says_what_to_do(
    backend: str, status: int, reply: Any, says: str, provider: ReplyServer, workplace: Workplace
) -> None:
    error = Chat(backend, provider, workplace).failure(reply=Reply(status=status, json=reply))
    assert (error.code, error.charged) == ("rejected", "no") and says in str(error)


def test_what_a_text_to_anthropic_may_cost_is_bounded_by_its_length(
    provider: ReplyServer, workplace: Workplace
) -> None:
    chat = Chat("anthropic", provider, workplace)
    assert chat.ask(media=None, max_cost="0.17").text == "A red fox."
    error = chat.failure(media=None, max_cost="0.17", provider_options={"anthropic": {"max_tokens": 100_000}})
    assert isinstance(error, errors.BudgetExceeded) and provider.arrived == ()
