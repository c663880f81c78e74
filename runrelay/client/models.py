"""What the API answers, field by field, as `/openapi.json` has it.

Words that may be new in a later version (a `status`, an `outcome`, the `type` of an event) are plain texts.
A field that is new is passed over. A text that was too long for an answer is None; a field beside says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

type Kind = Literal["response", "session", "thread"]
type Status = Literal[
    "queued",
    "in_progress",
    "requires_action",
    "cancelling",
    "completed",
    "incomplete",
    "failed",
    "cancelled",
    "expired",
    "lost",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why something ended badly: a short word for programs, and a sentence."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableItem:
    """A record of the stack's table that is damaged: its sort key, and which attributes are wrong."""

    item: str
    attributes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One tool call that the model asked for, or one approval that the provider's own tools need.

    Attributes:
        executor: Who runs it: `tools`, or `external`, which is whoever posts the output.
        arguments: JSON text, as the model wrote it.
        effect: What the tool says about running it again: `pure`, `keyed`, `verify`, `once`.
        outcome: `pending`, `awaiting_decision`, `running`; then `succeeded`, `failed`, `denied`, `unknown`.
        wait_until: Until then it may be decided, or its output posted.
        same_as: The `call_id` of an earlier call whose outcome this one shares.
        attempts: How often it was begun.
        output: What the model is told, as text.
    """

    call_id: str
    turn: int
    type: str
    name: str
    executor: str
    arguments: str | None
    effect: str
    outcome: str
    attempts: int
    created_at: datetime
    arguments_left_out: bool = False
    wait_until: datetime | None = None
    decision: str | None = None
    decision_reason: str | None = None
    decided_at: datetime | None = None
    decided_by: Mapping[str, str] | None = None
    answered_by: Mapping[str, str] | None = None
    same_as: str | None = None
    output: str | None = None
    output_left_out: bool = False
    error: Failure | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def awaits_decision(self) -> bool:
        """Whether somebody has to decide on it: `runs.decide`."""
        return self.outcome == "awaiting_decision"

    @property
    def awaits_output(self) -> bool:
        """Whether somebody outside has to post its output: `runs.give_output`."""
        shares = self.same_as is not None and self.wait_until is None
        return self.executor == "external" and self.outcome == "pending" and not shares


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One turn that has ended; `status` is the provider's own word, `usage` its tokens."""

    turn: int
    provider_id: str
    status: str
    started_at: datetime
    ended_at: datetime
    usage: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a run came to.

    Attributes:
        refusal: The words in which the model refused to answer, if it did.
        object: The provider's last object, whole.
    """

    output_text: str | None
    object: Mapping[str, Any] | None
    output_text_left_out: bool = False
    refusal: str | None = None
    refusal_left_out: bool = False
    object_left_out: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """A run, as lists have it.

    Attributes:
        kind: The OpenAI API it lives on: `response`, `session`, `thread`.
        status: `queued`, `in_progress`, `requires_action`, `cancelling`; and once it is over `completed`,
            `incomplete`, `failed`, `cancelled`, `expired`, `lost`.
        turn: How many turns the provider has accepted.
        call_count: How many calls it has asked for; None if that was not counted.
        due_at: When it is looked at next, if nothing moves it before.
        error: Why it ended as it did, if not `completed`.
    """

    run_id: str
    kind: str
    status: str
    turn: int
    max_turns: int
    tools: tuple[str, ...]
    metadata: Mapping[str, str]
    subject: str | None
    usage: Mapping[str, Any] | None
    error: Failure | None
    deadline: datetime
    created_at: datetime
    updated_at: datetime
    ended_at: datetime | None
    call_count: int | None = None
    due_at: datetime | None = None
    readable: bool = True

    @property
    def is_over(self) -> bool:
        """Whether it has ended, with whatever status: nothing of it changes any more."""
        return self.ended_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(RunSummary):
    """A run, whole.

    Attributes:
        provider_id: OpenAI's id of the current turn's resource.
        turns: Those that have ended, in order.
        calls: Turn by turn, in the order asked for.
        result: Once the run is over.
        request: What was asked, if that was asked for: `runs.get(run_id, include_request=True)`.
    """

    provider_id: str | None
    turns: tuple[Turn, ...] = ()
    turns_left_out: int = 0
    calls: tuple[Call, ...] = ()
    calls_left_out: int = 0
    result: Result | None = None
    request: Mapping[str, Any] | None = None
    request_left_out: bool = False
    unreadable: tuple[UnreadableItem, ...] = ()

    @property
    def output_text(self) -> str | None:
        """What the model said in the end; None while the run goes on."""
        return self.result.output_text if self.result else None

    @property
    def waiting_calls(self) -> tuple[Call, ...]:
        """The calls that wait for somebody: for a decision, or for an output from outside."""
        if self.is_over:
            return ()
        return tuple(call for call in self.calls if call.awaits_decision or call.awaits_output)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableRun:
    """A run whose own record is damaged; `known` is what can be read of it, by the API's names."""

    run_id: str
    unreadable: tuple[UnreadableItem, ...]
    readable: bool = False
    known: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPage:
    """Runs, newest first, and the cursor of the next page."""

    runs: tuple[RunSummary | UnreadableRun, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """A run that is deleted, or is being; `deleted_at` is None until all of it is gone."""

    run_id: str
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One thing that happened to a run; `known` is what is told of it: `turn`, `call_id`, `status`, ..."""

    at: datetime
    type: str
    known: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """What happened to a run, in order; `events_left_out` counts the oldest, if there were too many."""

    run_id: str
    events: tuple[TimelineEntry, ...]
    events_left_out: int = 0
    unreadable: tuple[UnreadableItem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongField:
    """A field of a request that breaks the schema or a rule, such as `request.metadata`, and why."""

    field: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What went wrong (RFC 9457).

    Attributes:
        first: With a 409 on a call, what was decided or answered before.
        unreadable: With a 409, the damaged record that stands in the way.
        provider_left: With a 410, whether something of the run may be left at OpenAI.
    """

    title: str
    status: int
    detail: str
    type: str = "about:blank"
    errors: tuple[WrongField, ...] | None = None
    first: Mapping[str, Any] | None = None
    unreadable: UnreadableItem | None = None
    deleted_at: datetime | None = None
    provider_left: bool | None = None
