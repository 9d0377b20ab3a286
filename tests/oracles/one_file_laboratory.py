"""Makes each call of a backend of one short file twice, by every witness and by ours, against one server that answers
with our samples. A witness has to read the same in them."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import client_one_file
import official_one_file
from httpx2 import HTTPError
from laboratory import Side
from official_one_file import Brought
from one_file_cases import BACKENDS
from one_file_witnesses import KEY, NOBODY_SENDS, Witness, witnesses_at
from openai_cases import Case
from wire_difference import differences

import anymedia
from anymedia.spec import ApiKey, Reply, Sample
from anymedia.testing.conformance.reply_server import ReplyServer
from anymedia.testing.conformance.subjects import ModelSubject
from anymedia.testing.conformance.watch import Watch
from anymedia.testing.conformance.workbench import moved_reply
from anymedia.testing.emulator import ReceivedRequest

ERRORS = (*official_one_file.ERRORS, *client_one_file.ERRORS, HTTPError, anymedia.AnymediaError)
CANCELLED = {
    "replicate": {"status": "canceled"},
    "runway": {"status": "CANCELLED", "createdAt": "2026-11-23T04:00:00Z", "cost": {"credits": 0}},
}
"""What stands in the document of a job that was given up."""
CANCELLATIONS = {
    "replicate": official_one_file.replicate_cancelled,
    "runway": official_one_file.runway_cancelled,
}


class OneFileLaboratory:
    """One server. Each case is run once by each witness and once by us, however many tests ask for it."""

    def __init__(self, server: ReplyServer, witnesses: Sequence[Witness], ours: anymedia.Client) -> None:
        self.witnesses = witnesses
        self._server = server
        self._ours = ours
        self._sides: dict[tuple[str, str], Side] = {}

    def witnesses_of(self, case: Case) -> list[Witness]:
        """The clients of this backend that can send it."""
        if (case.route, case.parameter) in NOBODY_SENDS:
            return []
        return [each for each in self.witnesses if each.backend == case.route and case.parameter not in each.lacks]

    def theirs(self, witness: Witness, case: Case, sample: Sample | None = None) -> Side:
        return self._side(
            witness.client,
            case,
            [witness.answered(reply) for reply in replies_to(case, sample)],
            lambda: brought_home(witness.call(case.model.id, case.request)),
        )

    def ours(self, case: Case, sample: Sample | None = None) -> Side:
        return self._side("ours", case, replies_to(case, sample), lambda: self._generated(case))

    def differences(self, witness: Witness, case: Case) -> list[str]:
        """Nothing, if both sent the same, purchase and polls, and brought the same home."""
        theirs, mine = self.theirs(witness, case), self.ours(case)
        if theirs.error is not None or mine.error is not None:
            return [f"{witness}: {theirs.error!r}; ours: {mine.error!r}"]
        if len(theirs.followed) != len(mine.followed):
            return [f"{witness} asked {len(theirs.followed)} times what became of it, ours {len(mine.followed)}"]
        pairs = zip(everything(theirs), everything(mine), strict=True)
        found = [
            line
            for one, other in pairs
            for line in differences(witness.compared(one, case), witness.compared(other, case))
        ]
        if theirs.answer != mine.answer:
            found.append(f"{witness} read {theirs.answer!r:.200}, ours {mine.answer!r:.200}")
        return [line for line in found if not line.startswith(tuple(witness.accepted))]

    def differences_in_cancelling(self, name: str) -> list[str]:
        """Nothing, if both ask the provider alike to give up a job that it has accepted."""
        backend = BACKENDS[name]
        document = backend.samples[0].replies[0].json
        accepted, cancelled = (
            moved_reply(Reply(json={**document, **more}), self._server.url) for more in ({}, CANCELLED[name])
        )
        self._server.expect([accepted], {})
        job = self._ours.submit(backend.samples[0].request, anymedia.Options(backend=name))
        self._server.expect([cancelled], {})
        assert self._ours.cancel(job.id).status == "cancelled"
        [mine, *_] = self._server.arrived
        self._server.expect([cancelled], {})
        CANCELLATIONS[name](self._server.url, KEY, document["id"])
        [theirs] = self._server.arrived
        return differences(comparable(theirs), comparable(mine))

    def _generated(self, case: Case) -> Brought:
        try:
            made = self._ours.generate(case.request, anymedia.Options(backend=case.route, model=case.model.id))
        except anymedia.errors.PartialResult as partial:
            made = partial.result  # the sample has one picture, whatever the case asks for
        return [file.read_bytes() for file in made.files] if made.text is None else made.text

    def _side(self, who: str, case: Case, replies: Sequence[Reply], call: Callable[[], Any]) -> Side:
        known = (who, f"{case} {case.request!r} {replies!r}")
        if known not in self._sides:
            self._sides[known] = self._run([moved_reply(reply, self._server.url) for reply in replies], call)
        return self._sides[known]

    def _run(self, replies: Sequence[Reply], call: Callable[[], Any]) -> Side:
        self._server.expect(replies, {})
        answer, error = None, None
        try:
            answer = call()
        except ERRORS as caught:
            error = caught  # a refusal is compared as well
        arrived = enumerate(self._server.arrived)
        said = [each for number, each in arrived if not is_download(each, replies[min(number, len(replies) - 1)])]
        return Side(sent=said[0] if said else None, followed=tuple(said[1:]), answer=answer, error=error)


def everything(side: Side) -> list[ReceivedRequest]:
    """The purchase and the polls. The order of a query means nothing where no name comes twice; what has no body has no
    content that it could be the type of: RFC 9110, 8.3."""
    assert side.sent is not None
    return [comparable(each) for each in (side.sent, *side.followed)]


def comparable(request: ReceivedRequest) -> ReceivedRequest:
    query = "&".join(sorted(request.query.split("&")))
    kept = {name: value for name, value in request.headers.items() if request.body or name != "content-type"}
    return replace(request, target=f"{request.path}?{query}" if query else request.path, headers=kept)


def is_download(request: ReceivedRequest, reply: Reply) -> bool:
    """Whether it fetches a file that was made. Where that lies is data, and the key stays at home."""
    return request.method == "GET" and bool(reply.content)


def replies_to(case: Case, sample: Sample | None) -> tuple[Reply, ...]:
    """Those of the sample, or of the one whose request is most like this."""
    subject = ModelSubject(backend=BACKENDS[case.route], model=case.model)
    like = sample or subject.sample_like(case.request.asked_for())
    assert like is not None
    return like.replies


def brought_home(answer: Brought) -> Brought:
    """The words, or the bytes of every file: an address is fetched."""
    if isinstance(answer, str):
        return answer
    return [urllib.request.urlopen(each).read() if isinstance(each, str) else each for each in answer]


@contextmanager
def one_file_laboratory_at(our_client: Callable[[dict[str, str]], anymedia.Client]) -> Iterator[OneFileLaboratory]:
    with ExitStack() as stack:
        server = stack.enter_context(ReplyServer())
        ours = stack.enter_context(our_client(variables_at(server.url)))
        desk = ours.asynchronous.desk
        hurried = {name: Watch().backend(backend) for name, backend in BACKENDS.items()}
        desk.backends = {**desk.backends, **hurried}  # polls without pauses
        yield OneFileLaboratory(server, witnesses_at(stack, server.url), ours)


def variables_at(url: str) -> dict[str, str]:
    """The address and the key of every backend."""
    addresses = {(*each.base_url_env, f"{each.name.upper()}_BASE_URL")[0]: url for each in BACKENDS.values()}
    keys = {each.auth.env[0]: KEY for each in BACKENDS.values() if isinstance(each.auth, ApiKey)}
    return {**addresses, **keys}
