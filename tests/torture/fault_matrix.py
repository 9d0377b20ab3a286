"""The fault matrix as data: every fault, how it is caused, what it meets, and what must come of it.

A row runs against every way of buying something of every backend that it applies to. A `known_gap` is an outcome that
the engine does not reach yet; money is safe there too, or it would be no gap but a violation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sample_provider import Purchase, Role

from anymedia.testing.emulator import Fault
from anymedia.testing.emulator.messages import json_reply
from anymedia.testing.emulator.rewrites import Situation


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a job ends: the code of its error (`None` for a result), its row, its money, and the exit code of a command.

    `money` is `released`, `reserved` or `settled`; `kept` is any of the latter two.
    """

    code: str | None
    status: str
    charged: str
    money: str
    exit_code: int


DONE = Ending(code=None, status="done", charged="yes", money="kept", exit_code=0)
UNKNOWN = Ending(code="unknown", status="unknown", charged="maybe", money="reserved", exit_code=6)
UNREAD = Ending(code="unexpected_reply", status="unknown", charged="maybe", money="reserved", exit_code=6)
NOT_SENT = Ending(code="not_sent", status="not_sent", charged="no", money="released", exit_code=69)
LIMITED = Ending(code="rate_limited", status="rate_limited", charged="no", money="released", exit_code=69)
REJECTED = Ending(code="rejected", status="rejected", charged="no", money="released", exit_code=4)
BAD_KEY = Ending(code="authentication_rejected", status="rejected", charged="no", money="released", exit_code=4)
REFUSED = Ending(code="refused", status="refused", charged="no", money="released", exit_code=8)
REFUSED_LATER = Ending(code="refused", status="refused", charged="maybe", money="kept", exit_code=8)
FAILED = Ending(code="failed", status="failed", charged="maybe", money="kept", exit_code=5)
EMPTY = Ending(code="empty_output", status="failed", charged="maybe", money="kept", exit_code=5)
PARTIAL = Ending(code="partial", status="partial", charged="yes", money="kept", exit_code=9)
RUNNING = Ending(code="running", status="running", charged="yes", money="reserved", exit_code=75)
EXPIRED = Ending(code="expired", status="expired", charged="yes", money="kept", exit_code=5)
NOT_WHOLE = Ending(code="verify_failed", status="verify_failed", charged="yes", money="kept", exit_code=10)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One fault. `meets` is the role of the request that meets `faults`; `only` names what else a purchase must have.

    `submits` are the paid requests that arrive whole, `resumed` says what a resume without the fault comes to,
    `on_the_command_line` lets the row run there as well.
    """

    id: str
    name: str
    meets: Role = "submit"
    faults: tuple[Fault, ...] = ()
    ends: Ending
    submits: int = 1
    settings: Mapping[str, Any] = field(default_factory=dict)
    wait: float = 10.0
    only: str = "every"
    held: str = ""
    resumed: Ending | None = None
    on_the_command_line: bool = False
    known_gap: str = ""

    @property
    def key(self) -> str:
        return f"{self.id}-{self.name}".replace(" ", "-")

    def applies_to(self, purchase: Purchase) -> bool:
        if purchase.sample.expects != self.expects or not purchase.has(self.meets):
            return False
        if purchase.is_conversation and self.id in NOT_IN_A_CONVERSATION and self.only != "conversation":
            return False
        if purchase.is_call and self.meets != "download" and self.id in NOT_IN_A_CALL:
            return False
        return {
            "every": True,
            "inline": purchase.is_inline,
            "waiting": purchase.waits,
            "polled": purchase.has("poll"),
            "immediate": not purchase.has("poll"),
            "words": not purchase.is_answered_by_a_file,
            "file": purchase.is_answered_by_a_file,
            "answered with an error": purchase.sale.reply.status >= 400 and not purchase.is_charged_though_refused,
            "answered with a bill": purchase.is_charged_though_refused,
            "answered with success": purchase.sale.reply.status < 400,
            "listing": any("[*]" in path for path in purchase.sale.media_at),
            "conversation": purchase.is_conversation,
        }[self.only]

    @property
    def expects(self) -> str:
        """Which samples a row is about: those that succeed, but for the rows about the provider's own failures."""
        return {"F09": "refused", "F26": "partial", "F47": "failed"}.get(self.id, "done")


SHORT = {"timeouts": {"read": 0.25, "total": 0.5}}


def after_accepting(status: int) -> Fault:
    return Fault.status(status, billed=True)


def refusing(status: int) -> Fault:
    return Fault.status(status, billed=False)


def in_another_shape(situation: Situation) -> Any:
    return json_reply({"something": "else"})


def with_a_strange_status(situation: Situation) -> Any:
    return json_reply({k: "pondering" if k in ("status", "state") else v for k, v in situation.reply.json.items()})


NEW_SHAPE = Fault(name="new shape", billed=True, rewrite=in_another_shape)
STRANGE_STATUS = Fault(name="strange status", billed=True, rewrite=with_a_strange_status)

ROWS = (
    # --- Submit ---
    Row(id="F06", name="a bad parameter 400", faults=(refusing(400),), ends=REJECTED, on_the_command_line=True),
    Row(id="F06", name="a bad parameter 422", faults=(refusing(422),), ends=REJECTED),
    Row(id="F07", name="a bad key", faults=(refusing(401),), ends=BAD_KEY, on_the_command_line=True),
    Row(id="F07", name="a key without rights", faults=(refusing(403),), ends=BAD_KEY),
    Row(id="F07", name="the key in the answer", faults=(Fault.echoed_key(),), ends=BAD_KEY),
    Row(id="F08", name="no credit", faults=(refusing(402),), ends=REJECTED),
    Row(id="F09", name="a policy at once", ends=REFUSED, only="answered with an error"),
    Row(id="F09", name="a policy that is charged", ends=REFUSED_LATER, only="answered with a bill"),
    Row(id="F09", name="a policy after work began", ends=REFUSED_LATER, only="answered with success"),
    Row(id="F10", name="no such model 404", faults=(refusing(404),), ends=REJECTED),
    Row(id="F10", name="no such model 410", faults=(refusing(410),), ends=REJECTED),
    Row(id="F11", name="too large", faults=(refusing(413),), ends=REJECTED),
    Row(id="F12", name="a short wait", faults=(Fault.rate_limited("0.2"),), ends=DONE, submits=2),
    Row(id="F13", name="a long wait", faults=(Fault.rate_limited(3600),), ends=LIMITED, on_the_command_line=True),
    Row(id="F14", name="wait without a time", faults=(Fault.rate_limited(),), ends=DONE, submits=2),
    Row(id="F16", name="500", faults=(after_accepting(500),), ends=UNKNOWN, on_the_command_line=True),
    *(Row(id="F17", name=f"{status}", faults=(after_accepting(status),), ends=UNKNOWN) for status in (502, 503, 504)),
    *(Row(id="F18", name=f"{status}", faults=(after_accepting(status),), ends=UNKNOWN) for status in (408, 409)),
    Row(id="F19", name="silence", faults=(Fault.no_answer(),), ends=UNKNOWN, settings=SHORT),
    Row(id="F20", name="reset after the body", faults=(Fault.reset_after_body(),), ends=UNKNOWN),
    Row(id="F21", name="closed without an answer", faults=(Fault.close_after_body(),), ends=UNKNOWN),
    Row(id="F22", name="a cut reply", faults=(Fault.truncated(12),), ends=UNKNOWN, only="words"),
    Row(id="F22", name="a cut file", faults=(Fault.truncated(12),), ends=NOT_WHOLE, only="file"),
    Row(id="F22", name="a short reply", faults=(Fault.wrong_length(10),), ends=UNKNOWN, only="immediate"),
    Row(id="F22", name="chunks without an end", faults=(Fault.broken_chunks(),), ends=UNKNOWN, only="immediate"),
    Row(id="F22", name="the id in a short reply", faults=(Fault.wrong_length(10),), ends=DONE, only="polled"),
    Row(id="F22", name="the id before chunks end", faults=(Fault.broken_chunks(),), ends=DONE, only="polled"),
    Row(id="F23", name="a web page", faults=(Fault.html(),), ends=UNKNOWN, on_the_command_line=True),
    Row(id="F24", name="another shape", faults=(NEW_SHAPE,), ends=UNREAD, only="words"),
    Row(id="F25", name="no outputs", faults=(Fault.no_outputs(),), ends=EMPTY, only="listing",
        on_the_command_line=True),
    Row(id="F26", name="fewer outputs", ends=PARTIAL),
    Row(id="F27", name="a drip", faults=(Fault.drip(20),), ends=UNKNOWN, settings=SHORT),
    Row(id="F27", name="a dripping head", faults=(Fault.slow_headers(20),), ends=UNKNOWN, settings=SHORT),
    Row(id="F30", name="a redirect", faults=(Fault.redirect("http://127.0.0.1:9/", billed=True),), ends=UNKNOWN),
    Row(id="F40", name="a wait until yesterday",
        faults=(Fault.rate_limited("Sun, 06 Nov 1994 08:49:37 GMT"),), ends=DONE, submits=2),
    # --- A conversation over a WebSocket ---
    Row(id="F17", name="refused to open once", faults=(refusing(503),), ends=DONE, submits=2, only="conversation"),
    Row(id="F20", name="reset while opening", faults=(Fault.reset_before_body(),), ends=DONE, only="conversation"),
    *(Row(id="F22", name=f"{how} in the middle", faults=(Fault.cut_conversation(3, how),), ends=UNKNOWN,
          only="conversation") for how in ("reset", "close")),
    Row(id="F22", name="no base64", faults=(Fault.broken_events(),), ends=UNKNOWN, only="conversation"),
    Row(id="F24", name="an event that is no JSON", faults=(Fault.nonsense_event(2),), ends=UNKNOWN,
        only="conversation"),
    Row(id="F27", name="silence in the middle", faults=(Fault.cut_conversation(2, "silence"),), ends=UNKNOWN,
        only="conversation", settings=SHORT),
    Row(id="F30", name="a redirect instead of a conversation", faults=(Fault.redirect("http://127.0.0.1:9/"),) * 3,
        ends=NOT_SENT, submits=3, only="conversation"),
    # --- Poll ---
    Row(id="F41", name="500 then well", meets="poll", faults=(refusing(500), refusing(503)), ends=DONE),
    Row(id="F41", name="silence then well", meets="poll", faults=(Fault.no_answer(),), ends=DONE, settings=SHORT),
    Row(id="F41", name="reset then well", meets="poll", faults=(Fault.reset_after_body(),), ends=DONE),
    Row(id="F42", name="not found at first", meets="poll", faults=(refusing(404),), ends=DONE),
    Row(id="F43", name="not found for ever", meets="poll", faults=(refusing(404),) * 50, ends=RUNNING, resumed=DONE,
        wait=1.5),
    Row(id="F44", name="an unknown status", meets="poll", faults=(STRANGE_STATUS,), ends=DONE, only="waiting"),
    Row(id="F46", name="never done", meets="poll", ends=RUNNING, only="waiting", held="poll", wait=0.4, resumed=DONE),
    Row(id="F47", name="the provider fails", meets="poll", ends=FAILED),
    Row(id="F50", name="the key is revoked", meets="poll", faults=(refusing(401),), ends=RUNNING, resumed=DONE),
    # --- Download ---
    *(Row(id="F53", name=f"gone {status}", meets="download", faults=(refusing(status),) * 9, ends=EXPIRED)
      for status in (403, 404, 410)),
    Row(id="F53", name="the address expired once", meets="download", faults=(refusing(403),), ends=DONE),
    Row(id="F54", name="a short body", meets="download", faults=(Fault.wrong_length(40),), ends=DONE),
    Row(id="F55", name="chunks without an end", meets="download", faults=(Fault.broken_chunks(),), ends=DONE),
    Row(id="F56", name="cut once", meets="download", faults=(Fault.truncated(70),), ends=DONE),
    Row(id="F56", name="cut always", meets="download", faults=(Fault.truncated(70),) * 9, ends=NOT_WHOLE),
    Row(id="F57", name="a web page once", meets="download", faults=(Fault.html(),), ends=DONE),
    Row(id="F57", name="a web page always", meets="download", faults=(Fault.html(),) * 9, ends=NOT_WHOLE),
    Row(id="F59", name="nothing", meets="download", faults=(Fault.truncated(0),) * 9, ends=NOT_WHOLE),
    *(Row(id="F66", name=f"{status}", meets="download", faults=(refusing(status),), ends=DONE)
      for status in (429, 500, 503)),
)  # fmt: skip

OPENS_FIRST = "a conversation is opened before anything is bought in it: this answer only keeps it from opening"
NOT_IN_A_CONVERSATION = {
    "F16": OPENS_FIRST,
    "F17": OPENS_FIRST,
    "F18": OPENS_FIRST,
    "F22": "a conversation has no body; its own rows cut it between events",
    "F23": OPENS_FIRST,
    "F24": "a conversation has no reply of one shape; its own row breaks an event",
    "F27": "a conversation has no body that could drip; its own row is silent between events",
    "F30": OPENS_FIRST,
}
"""Faults that the reply to a purchase may have and a conversation cannot, and why."""

NOT_IN_A_CALL = {
    "F22": "a message of gRPC comes whole or not at all, and a connection that breaks is F20 and F21",
    "F24": "a message of another shape is one whose fields are missing: its samples that fail have none",
    "F27": "what drips is a silence to a library: F19",
}
"""Faults that the reply to a request may have and the call of a library cannot, and why."""

ELSEWHERE = {
    "F01": "tests/torture/test_torture_matrix.py::test_nobody_by_that_name",
    "F02": "tests/torture/test_torture_matrix.py::test_nobody_at_the_address",
    "F03": "tests/torture/test_torture_matrix.py::test_a_certificate_that_is_not_trusted",
    "F04": "tests/torture/test_torture_matrix.py::test_a_connection_that_is_never_taken",
    "F05": "tests/engine/test_money_faults.py::test_a_body_that_was_not_handed_over_is_sent_again_and_bought_once",
    "F15": "tests/torture/test_torture_matrix.py::test_a_storm_of_rate_limits_is_not_fed",
    "F28": "tests/engine/test_money_faults.py::test_a_huge_reply_goes_to_the_disk_and_not_into_memory",
    "F29": "tests/engine/test_money_faults.py::test_a_huge_reply_goes_to_the_disk_and_not_into_memory",
    "F31": "tests/backends/test_grok_sdk.py::test_an_order_that_may_have_been_accepted_is_sent_once",
    "F32": "tests/backends/test_grok_sdk.py::test_a_reply_over_the_limit_of_a_message_is_unknown_and_says_what_to_do",
    "F33": "tests/torture/test_torture_kills.py::test_a_kill_at_any_seam_loses_nothing_and_buys_nothing_twice",
    "F34": "tests/torture/test_torture_kills.py::test_a_kill_at_any_seam_loses_nothing_and_buys_nothing_twice",
    "F35": "tests/torture/test_torture_kills.py::test_a_kill_at_any_seam_loses_nothing_and_buys_nothing_twice",
    "F36": "tests/cli/test_cli_interrupted.py::test_an_answer_that_never_comes_leaves_an_unknown_that_is_named",
    "F37": "tests/torture/test_torture_crowd.py::test_one_key_from_many_processes_is_one_purchase",
    "F38": "tests/engine/test_jobs_idempotency.py::test_the_same_key_with_another_request_is_a_conflict",
    "F52": "tests/engine/test_jobs_verbs.py::test_a_running_job_is_cancelled_at_the_provider_by_whoever_waits_for_it",
    "F45": "tests/engine/test_jobs_resume.py::test_a_status_that_goes_backwards_buys_and_fetches_nothing_again",
    "F48": "tests/torture/test_torture_kills.py::test_a_kill_at_any_seam_loses_nothing_and_buys_nothing_twice",
    "F49": "tests/engine/test_jobs_crash.py::test_two_processes_on_one_running_job_download_once",
    "F58": "tests/engine/test_files_names.py::test_bytes_of_another_kind_get_their_true_ending_and_a_warning",
    "F60": "tests/engine/test_downloads.py::test_a_file_without_end_is_stopped_at_the_cap",
    "F61": "tests/hostile/test_media.py::test_no_file_of_the_corpus_hurts_and_each_ends_as_it_should",
    "F62": "tests/hostile/test_addresses.py::test_every_hop_of_a_chain_of_redirects_is_looked_at",
    "F63": "tests/hostile/test_addresses.py::test_a_name_that_changes_after_the_look_gains_nothing",
    "F64": "tests/engine/test_downloads.py::test_a_flipped_byte_is_noticed_and_the_file_fetched_again",
    "F65": "tests/engine/test_downloads.py::test_a_file_that_changed_meanwhile_is_not_glued_together",
    "F67": "tests/torture/test_torture_disks.py::test_a_disk_that_fills_up_is_said_and_nothing_is_bought_twice",
    "F68": "tests/torture/test_torture_disks.py::test_a_disk_that_cannot_be_written_is_refused_before_paying",
    "F69": "tests/torture/test_torture_anomalies.py::test_any_call_may_fail_and_nothing_is_lost_or_bought_twice",
    "F70": "tests/engine/test_files_names.py::test_a_file_that_appears_while_the_job_runs_is_left_alone",
    "F71": "tests/engine/test_files_folders.py::test_bytes_survive_when_the_folder_is_deleted_meanwhile",
    "F72": "tests/torture/test_torture_swaps.py::test_nothing_escapes_while_folders_and_files_are_swapped_for_links",
    "F73": "tests/engine/test_ledger.py::test_a_ledger_locked_for_a_while_is_waited_for",
    "F74": "tests/engine/test_ledger.py::test_a_ledger_damaged_in_the_middle_stops_spending",
    "F75": "tests/engine/test_ledger_migrations.py::test_a_ledger_of_a_newer_version_is_read_and_not_written_to",
    "F76": "tests/hostile/test_media.py::test_a_reader_that_goes_wrong_in_any_way_is_gone_and_told_of",
    "F77": "tests/torture/test_torture_crowd.py::test_every_process_finds_its_job_in_the_ledger",
    "F78": "tests/torture/test_torture_crowd.py::test_a_cap_for_ten_lets_ten_through",
    "F79": "tests/engine/test_budget.py::test_an_unknown_price_is_over_every_cap",
    "F80": "tests/engine/test_budget.py::test_the_true_cost_takes_the_place_of_the_worst_case",
    "F84": "tests/engine/test_money_edges.py::test_a_faulty_tenth_does_not_touch_the_others",
}
"""Faults that need more than a fault of a reply, and the test that causes each."""

NOT_YET = {
    "F39": "no client of a provider is used, so none can begin to repeat; F16 to F21 are counted for every backend",
    "F51": "there are no webhooks",
    "F81": "there are no agent tools",
    "F82": "there are no agent tools",
    "F83": "there is no gateway",
}
"""Faults that cannot be caused yet, and why."""
