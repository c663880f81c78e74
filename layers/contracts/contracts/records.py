"""The records of a run, as every function knows them.

One partition a run: its `run` (small, written often), a `turn` for each turn that ended, a `call` for each
tool call, an `event` for each thing out of the ordinary. The request, written once, stands in a partition of
its own, so that reading a run never drags it along. The timeline is read out of these records: no record
exists only to say that another was written.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from zlib import crc32

from contracts.content import OutputType
from contracts.payloads import Stored
from contracts.status import Kind, Status, is_terminal

type Effect = Literal["pure", "keyed", "verify", "once"]
type Outcome = Literal["pending", "awaiting_decision", "running", "succeeded", "failed", "denied", "unknown"]

type CallType = Literal["function_call", "mcp_approval_request", "computer_use_approval_request"]
type Executor = Literal["tools", "external"]
type Decision = Literal["approved", "denied"]
type Repeats = Literal["run", "share"]

OPEN_OUTCOMES: frozenset[Outcome] = frozenset({"pending", "awaiting_decision", "running"})


@dataclass(frozen=True, slots=True)
class Failure:
    """Why something ended badly: a short code and a sentence."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Run:
    """One piece of work from start to a terminal status.

    Attributes:
        turn: How many turns the provider has accepted; 0 before the first.
        version: Counts the writes; every write is conditional on the version it read.
        provider_id: OpenAI's id of the current turn's resource.
        submitting_turn: The turn being submitted, if its acceptance is not yet recorded.
        submitting_by: Who submits it; a lost reply to the claim is told from a lost race by it.
        submitting_until: Until then another worker leaves that submission alone.
        answers_lost: How many submissions of that turn in a row had no answer.
        begun_again: How often the first turn was submitted again, as what became of it before was not known.
        retried_turns: The turns that failed for a reason that passes and were begun again: the provider's id
            of each -> its `turn`, `started_at`, the `code` it failed with, and `at`, when that was seen.
        checks: How many checks in a row have found nothing to do.
        due_at: When the run is to be looked at next, if nothing moves it before.
        check_of_turn: The earlier turn that the check under way was sent for; none if it is this one's.
        sweep: The partition of the sweep index that an open run stands in; none once it is over.
        cancel_requested_at: When a client asked for its cancel; the API writes it, and counts the version up.
        cancel_requested_by: Who did, as a call's `decided_by` says it.
        deletion_requested_at: The same of its deletion, once it was over.
        turn_read_at: The version at which the current turn was read when it ended: names the turn's record.
        result_read_at: The same of the turn that the run ended with.
        doubted_since: Since when every answer about the run was a refusal that may pass; none if it goes on.
        trouble: `since` when the provider has not done what it was asked, for no reason of the run's, and
            `is_told`, whether the timeline says so; none if it goes on.
        half_recorded: The turn of which the calls are too many for one transaction, since some were written.
        ending: The end that was decided, until it is carried out: `status`, `error` or none, `stops_turn`.
        traceparent: Of the start, if it carried one (W3C Trace Context).
        heard: What a webhook first said of a session, whose `idle` may still be from before its turn.
        once_calls: What `LatestCall` says, in older runs: fingerprint -> turn and id, as in a call's key.
        call_count: How many calls its turns have asked for; none in records of before it was kept.
        usage: Tokens, summed over the turns.
        subject: Whose or what it is about, in the caller's words.
        retention_days: How long after its deadline it is kept, as its start had it; none is for ever.
    """

    run_id: str
    kind: Kind
    status: Status
    request_key: str
    tools: tuple[str, ...]
    metadata: Mapping[str, str]
    created_at: datetime
    updated_at: datetime
    deadline_at: datetime
    max_turns: int
    turn: int = 0
    version: int = 1
    provider_id: str | None = None
    turn_started_at: datetime | None = None
    submitting_turn: int | None = None
    submitting_by: str | None = None
    submitting_until: datetime | None = None
    answers_lost: int | None = None
    begun_again: int | None = None
    retried_turns: Mapping[str, Mapping[str, Any]] | None = None
    checks: int = 0
    due_at: datetime | None = None
    check_of_turn: int | None = None
    sweep: str | None = None
    cancel_requested_at: datetime | None = None
    cancel_requested_by: Mapping[str, str] | None = None
    deletion_requested_at: datetime | None = None
    turn_read_at: int | None = None
    result_read_at: int | None = None
    doubted_since: datetime | None = None
    trouble: Mapping[str, Any] | None = None
    half_recorded: int | None = None
    ending: Mapping[str, Any] | None = None
    traceparent: str | None = None
    heard: str | None = None
    once_calls: Mapping[str, str] | None = None
    call_count: int | None = None
    usage: Mapping[str, Any] | None = None
    error: Failure | None = None
    ended_at: datetime | None = None
    subject: str | None = None
    retention_days: int | None = None

    @property
    def is_over(self) -> bool:
        """Whether the run has ended."""
        return is_terminal(self.status)

    @property
    def is_to_be_cancelled(self) -> bool:
        """Whether a cancel was acknowledged, however far it has come."""
        return self.status == "cancelling" or self.cancel_requested_at is not None


@dataclass(frozen=True, slots=True)
class DeletedRun:
    """What is left of a run that was deleted: that there was one. It stands where the run stood.

    Attributes:
        status: Always the same word, by which it is told from a run.
        provider_left: Why something of it may be left at the provider, as a code, if it may.
        due_at: When the last pass is due, over what came too late; none once it is done.
        sweep: As the run's, for as long as it is due.
    """

    run_id: str
    kind: Kind
    created_at: datetime
    deleted_at: datetime
    ended_at: datetime | None = None
    status: Literal["deleted"] = "deleted"
    provider_left: str | None = None
    due_at: datetime | None = None
    sweep: str | None = None


SWEEP_PARTITIONS = tuple(f"open#{number}" for number in range(8))
"""Open runs are spread over the sweep index, so that no partition of it limits how fast runs can move."""


def sweep_partition(run_id: str) -> str:
    """Name the partition of the sweep index that an open run stands in."""
    return SWEEP_PARTITIONS[crc32(run_id.encode()) % len(SWEEP_PARTITIONS)]


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn that ended.

    Attributes:
        status: The provider's own word for how it ended.
        woken_by: What made the worker look: `webhook`, `check`, ...
        read_at: The version of the run that the worker had read; another one's record is another item.
        refusal: What the model said that it would not do, if it refused.
        body: The provider's last object, kept for the turn a run ends with.
    """

    run_id: str
    turn: int
    provider_id: str
    status: str
    started_at: datetime
    ended_at: datetime
    woken_by: str
    usage: Mapping[str, Any] | None = None
    output_text: Stored | None = None
    refusal: Stored | None = None
    body: Stored | None = None
    read_at: int | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call the model asked for, or one approval that its own tools need.

    Attributes:
        arguments: The JSON text as the model wrote it; for an approval, the provider's request.
        effect: An `Effect`, or a word of a later version: it allows nothing.
        type: The provider's word for what it waits for.
        executor: Who gives the output: the tool function, or something outside that posts it.
        provider_turn_id: The provider's own id of the turn, where an answer has to name it.
        asked_at: When a person was asked to decide.
        read_at: The version of the run that was read when it was written, as in the record of its turn; none
            in records of before it was kept.
        ordinal: Its place among the calls that its turn asked for; none in records of before it was kept.
        caller: Which of the provider's programs asked for it, in the provider's words; an answer repeats it.
        wait_until: Until then a person may decide, or an outside executor answer; then it is closed.
        decision: What was decided, by a person or by policy; an approved call runs.
        decision_reason: In the words of whoever decided.
        decided_by: Who, and in `answered_by` who gave the output, as a `type` and what API Gateway verified.
        same_as: The key of an earlier call with the same arguments, whose outcome this one shares.
        metadata: The run's, so that its tool need not read the run.
        deadline_at: The run's likewise; none in records of before it was kept.
        traceparent: The run's likewise, if it has one.
        withdrawn_at: When its run ended while it was at work: whoever takes it up after that begins nothing.
        owner: Who runs it now, or ran it last.
        fence: Counts the claims; an owner's later writes are conditional on it.
        given_back: How many claims were given back before anything of the call was begun.
        lease_until: After that, a `running` call's owner counts as dead.
        output: What the model is told, as text; of content parts, the JSON of their list.
        detail: What went wrong, for people; never for the model.
    """

    run_id: str
    turn: int
    call_id: str
    name: str
    arguments: Stored
    effect: str
    outcome: Outcome
    created_at: datetime
    metadata: Mapping[str, str] = field(default_factory=dict)
    type: CallType = "function_call"
    executor: Executor = "tools"
    provider_turn_id: str | None = None
    asked_at: datetime | None = None
    read_at: int | None = None
    ordinal: int | None = None
    caller: Mapping[str, Any] | None = None
    wait_until: datetime | None = None
    decision: Decision | None = None
    decision_reason: str | None = None
    decided_at: datetime | None = None
    decided_by: Mapping[str, str] | None = None
    answered_by: Mapping[str, str] | None = None
    same_as: str | None = None
    deadline_at: datetime | None = None
    traceparent: str | None = None
    withdrawn_at: datetime | None = None
    fence: int = 0
    given_back: int = 0
    owner: str | None = None
    lease_until: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    output: Stored | None = None
    output_type: OutputType | None = None
    error: Failure | None = None
    detail: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether its outcome is still to come."""
        return self.outcome in OPEN_OUTCOMES

    @property
    def attempts(self) -> int:
        """How often it was begun."""
        return self.fence - self.given_back


def is_asked_for(call: Call, run: Run) -> bool:
    """Say whether a run asks for a call: of very many, some are on record a moment before it does."""
    return call.turn != run.turn or run.status != "in_progress"


@dataclass(frozen=True, slots=True)
class LatestCall:
    """Where a run's latest call of a tool with these arguments stands, if its tool may not simply run again.

    Attributes:
        fingerprint: Of the tool's name and the arguments.
    """

    run_id: str
    fingerprint: str
    turn: int
    call_id: str


RUN_OVER = Failure("run_over", "The run ended before this call was run.")


def place_of(call: Call) -> tuple[int, int]:
    """Give a call's place among those of its run; calls without an ordinal stay in the order they are in."""
    return call.turn, call.ordinal or 0


@dataclass(frozen=True, slots=True)
class Event:
    """Something out of the ordinary on a run's timeline: an orphan, a failed look."""

    run_id: str
    at: datetime
    type: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Alias:
    """Another of the provider's ids that belongs to a run: its session's environment, or what works on.

    Attributes:
        at_work_in_turn: The turn of an orphan, or the last of an ended run, that could not be stopped yet.
        names: What is no turn.
    """

    run_id: str
    provider_id: str
    at_work_in_turn: int | None = None
    names: Literal["environment"] | None = None


KEYED = "idempotency#"
"""Begins the partition of a request that had a key of the client's."""


def is_keyed(request_key: str) -> bool:
    """Say whether a client gave a key with a request, and may send it again under that."""
    return request_key.startswith(KEYED)


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a client asked for; also the idempotency record of its key.

    Attributes:
        request_key: The partition it stands in: made from the run id, or from the client's key.
        fingerprint: SHA-256 of the body; the same key with another one is refused.
        request: The OpenAI create body of the kind, as JSON text.
    """

    request_key: str
    run_id: str
    fingerprint: str
    request: Stored


@dataclass(frozen=True, slots=True)
class DeletedRequest:
    """What is left of the request of a run that was deleted, if it had a key: the key starts no other run."""

    request_key: str
    run_id: str
    deleted_at: datetime
