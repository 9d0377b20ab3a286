"""Makes each question twice, by the official client and by ours, against one server that answers with our samples.

The official client is the one that says whether such an answer is one: it has to read the same words in it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import anthropic
import openai
from chat_cases import BACKENDS
from laboratory import Pair, Side
from mistralai.client.errors import MistralError
from official_chat import CALLS, FIRST_PROMPT, Call
from openai_cases import EARLIER, Case
from wire_difference import differences

import anymedia
from anymedia.operations import DescribeRequest
from anymedia.testing.conformance.reply_server import ReplyServer
from anymedia.testing.emulator import ReceivedRequest

KEY = "sk-chat-oracle-0123456789abcdef"
PREFIXES = {"anthropic": "", "mistral": "/v1", "deepseek": ""}
"""What our base URL has besides that of the official client."""
ACCEPTED = {
    "stream: false": "what it is if nothing is said: `ChatCompletionRequest.stream` of mistralai 3.7.0",
    "prefix: false": "what it is if nothing is said: `AssistantMessage.prefix` of the same",
    "nulls in an earlier answer": "the official client 2.12.0 of Anthropic gives back absent fields as null",
}
"""What need not be equal, and why. Everything else of `wire_difference` holds."""


class ChatLaboratory:
    """One server, and a client of each kind. Each case is run once, however many tests ask for it."""

    def __init__(self, server: ReplyServer, official: Mapping[str, Call], ours: anymedia.Client) -> None:
        self._server = server
        self._official = official
        self._ours = ours
        self._pairs: dict[str, Pair] = {}

    def pair(self, case: Case) -> Pair:
        if str(case) not in self._pairs:
            self._pairs[str(case)] = self._run(case)
        return self._pairs[str(case)]

    def differences(self, case: Case) -> list[str]:
        """Nothing, if both sent the same."""
        official, ours = self.pair(case).official, self.pair(case).ours
        if official.sent is None or ours.sent is None:
            return [f"the official client: {official.error!r}; ours: {ours.error!r}"]
        return differences(comparable(official.sent), comparable(ours.sent))

    def _run(self, case: Case) -> Pair:
        name, model = case.route, case.model.id
        official = self._side(name, lambda: self._official[name](model, asked(case)))
        if case.request.continue_from == EARLIER:
            first = self._ask(name, model, DescribeRequest(prompt=FIRST_PROMPT, continuable=True))
            assert first.continuation_id is not None
            case = case.continuing(first.continuation_id)
        return Pair(official=official, ours=self._side(name, lambda: self._ask(name, model, asked(case)).text))

    def _ask(self, name: str, model: str, request: DescribeRequest) -> anymedia.Result:
        return self._ours.generate(request, anymedia.Options(backend=name, model=model))

    def _side(self, name: str, call: Callable[[], Any]) -> Side:
        self._server.expect(BACKENDS[name].samples[0].replies, {})
        answer, error = None, None
        try:
            answer = call()
        except (anthropic.AnthropicError, openai.OpenAIError, MistralError, anymedia.AnymediaError) as caught:
            error = caught  # a refusal is compared as well
        sent = self._server.arrived
        return Side(sent=sent[-1] if sent else None, answer=answer, error=error)


def asked(case: Case) -> DescribeRequest:
    assert isinstance(case.request, DescribeRequest)
    return case.request


def comparable(request: ReceivedRequest) -> ReceivedRequest:
    document = {name: value for name, value in request.json.items() if (name, value) != ("stream", False)}
    return replace(request, body=json.dumps(_without_defaults(document)).encode())


def _without_defaults(value: Any) -> Any:
    match value:
        case dict():
            said = {
                name: each for name, each in value.items() if each is not None and (name, each) != ("prefix", False)
            }
            return {name: _without_defaults(each) for name, each in said.items()}
        case list():
            return [_without_defaults(each) for each in value]
    return value


@contextmanager
def chat_laboratory_at(our_client: Callable[[dict[str, str]], anymedia.Client]) -> Iterator[ChatLaboratory]:
    with ExitStack() as stack:
        server = stack.enter_context(ReplyServer())
        variables = {f"{name.upper()}_BASE_URL": server.url + prefix for name, prefix in PREFIXES.items()}
        keys = {f"{name.upper()}_API_KEY": KEY for name in PREFIXES}
        ours = stack.enter_context(our_client({**variables, **keys}))
        official = {name: begin(server.url, KEY) for name, begin in CALLS.items()}
        yield ChatLaboratory(server, official, ours)
