"""What clients get, as the OpenAPI schema tells it."""

from typing import Any, Literal

from contracts.records import CallType, Decision, Effect, Executor, Outcome
from contracts.status import Kind, Status
from pydantic import BaseModel, ConfigDict, Field

CALLER = (
    "`type` is `iam` (then `user_arn`, `caller_id`, `account_id`), `jwt` (`sub`, `email`) or `policy`, "
    "which is no person; null where nothing need be signed."
)
LEFT_OUT = "whether it is null because the answer would be longer than Lambda can give (6 MB) with it"


class FailureView(BaseModel):
    """Why something ended badly."""

    code: str = Field(description="A short word for programs: ours, or the provider's.")
    message: str = Field(description="A sentence; of a call, what the model is told.")


class CallView(BaseModel):
    """One tool call that the model asked for, or one approval that the provider's own tools need."""

    call_id: str = Field(description="The provider's id; in a path it is percent-encoded.")
    turn: int = Field(description="The turn that asked for it.")
    type: CallType = Field(
        description="`function_call` is a call of one of the catalog's tools; the others ask a person to "
        "approve what a tool of the provider's is about to do."
    )
    name: str = Field(description="The tool's name; of an approval, of what is to be approved.")
    executor: Executor = Field(
        description="Who runs it: `tools` is the tool function; with `external` somebody posts the output."
    )
    arguments: str | None = Field(
        description="JSON text, as the model wrote it; of an approval, the provider's request."
    )
    arguments_left_out: bool = Field(default=False, description=f"Of `arguments`: {LEFT_OUT}.")
    effect: Effect | str = Field(description="What the tool says about running a call again.")
    outcome: Outcome = Field(
        description="`pending`, `awaiting_decision` and `running` are still to come to one of the others. "
        "`unknown`: it was begun, and may or may not have taken effect."
    )
    wait_until: str | None = Field(
        default=None, description="Until then it may be decided, or its output posted; then it is closed."
    )
    decision: Decision | None = Field(default=None, description="What a person, or policy, has decided.")
    decision_reason: str | None = Field(default=None, description="In the words of whoever decided.")
    decided_at: str | None = None
    decided_by: dict[str, str] | None = Field(default=None, description=f"Who decided. {CALLER}")
    answered_by: dict[str, str] | None = Field(
        default=None, description="Who posted the output, or why there is none, in the same way."
    )
    same_as: str | None = Field(
        default=None,
        description="The `call_id` of an earlier call with the same arguments, of a tool that must not run "
        "twice: this one shares its outcome and is not run.",
    )
    attempts: int = Field(description="How often it was begun.")
    output: str | None = Field(
        default=None, description="What the model is told, as text; of content parts, the JSON of their list."
    )
    output_left_out: bool = Field(default=False, description=f"Of `output`: {LEFT_OUT}.")
    error: FailureView | None = Field(
        default=None,
        description="Why there is no output; of a call that awaits a decision, that an attempt at it may "
        "have taken effect.",
    )
    created_at: str
    started_at: str | None = Field(default=None, description="When it was begun last.")
    ended_at: str | None = None


class ResultView(BaseModel):
    """What a run came to."""

    output_text: str | None = Field(
        description="What the model said in the end; the words of its refusal, if it said nothing else."
    )
    output_text_left_out: bool = Field(default=False, description=f"Of `output_text`: {LEFT_OUT}.")
    refusal: str | None = Field(
        default=None, description="The words in which the model refused to answer; null if it did not."
    )
    refusal_left_out: bool = Field(default=False, description=f"Of `refusal`: {LEFT_OUT}.")
    object: dict[str, Any] | None = Field(description="The provider's last object, whole.")
    object_left_out: bool = Field(default=False, description=f"Of `object`: {LEFT_OUT}.")


class TurnView(BaseModel):
    """One turn that has ended."""

    turn: int
    provider_id: str = Field(description="OpenAI's id of its resource.")
    status: str = Field(description="The provider's own word for how it ended.")
    started_at: str
    ended_at: str
    usage: dict[str, Any] | None = Field(description="The tokens of this turn, in the provider's words.")


class UnreadableItem(BaseModel):
    """An item of the table that is not what stands there by its key."""

    item: str = Field(
        description="Its sort key: `run`, `turn#...`, `call#<turn>#<call_id>`, `event#...`, `request`."
    )
    attributes: list[str] = Field(description="Those that are missing or hold something else.")


class RunSummary(BaseModel):
    """A run in a list."""

    run_id: str = Field(description="`run_` and a ULID, which begins with the time of the start.")
    readable: Literal[True] = True
    kind: Kind = Field(description="The OpenAI API the run lives on.")
    status: Status = Field(
        description="OpenAI's own words, and `lost`: the provider no longer knows the run. With `queued`, "
        "`in_progress`, `requires_action` and `cancelling` it goes on; with another one it is over for good."
    )
    turn: int = Field(description="How many turns the provider has accepted.")
    max_turns: int
    call_count: int | None = Field(
        default=None, description="How many calls it has asked for; null if that was not counted."
    )
    tools: list[str] = Field(description="The catalog's tools that may be run.")
    metadata: dict[str, str] = Field(description="The caller's.")
    subject: str | None = Field(description="Whose run it is, or what it is about, in the caller's words.")
    usage: dict[str, Any] | None = Field(description="Tokens, summed over the turns that ended.")
    error: FailureView | None = Field(description="Why the run ended as it did, if not `completed`.")
    deadline: str = Field(description="After that the run is cancelled and ends `expired`.")
    due_at: str | None = Field(
        default=None,
        description="When it is looked at next, if nothing moves it before; null once it is over.",
    )
    created_at: str
    updated_at: str
    ended_at: str | None


class UnreadableRun(BaseModel):
    """A run whose own record cannot be read, in its place among the others.

    Beside `run_id` stands what can be read of it, by the same names.
    """

    model_config = ConfigDict(extra="allow")

    run_id: str
    readable: Literal[False] = False
    unreadable: list[UnreadableItem] = Field(description="What of it cannot be read.")


class RunParts(BaseModel):
    """What a run consists of."""

    turns: list[TurnView] = Field(default=[], description="Those that have ended, in order.")
    turns_left_out: int = Field(default=0, description="How many of the oldest turns are left out.")
    calls: list[CallView] = Field(default=[], description="Turn by turn, in the order asked for.")
    calls_left_out: int = Field(default=0, description="How many of the oldest calls are left out.")
    result: ResultView | None = Field(default=None, description="Once the run is over.")
    request: dict[str, Any] | None = Field(
        default=None,
        description="What was asked, with `include=request`: the create body as the client sent it, without "
        "what was null in it.",
    )
    request_left_out: bool = Field(default=False, description=f"Of `request`: {LEFT_OUT}.")


class RunView(RunSummary, RunParts):
    """A run, whole, within the 6 MB that Lambda can answer.

    What would be too long together is left out: the result's `object` first, then the `request`, then the
    longest outputs and arguments of calls, then the result's `output_text` and `refusal`, then the oldest
    calls and turns. A field beside it says so.
    """

    provider_id: str | None = Field(description="OpenAI's id of the current turn's resource.")
    unreadable: list[UnreadableItem] = Field(
        default=[], description="Records of the run that cannot be read, and so are not shown above."
    )


class UnreadableRunView(UnreadableRun, RunParts):
    """A run whose own record cannot be read, with those of its turns and calls that can."""


class RunPage(BaseModel):
    """Runs, newest first."""

    runs: list[RunSummary | UnreadableRun] = Field(
        description="One that cannot be read is shown as such, with `readable` false."
    )
    cursor: str | None = Field(description="Give it back for the next page; null on the last one.")


class DeletionView(BaseModel):
    """A run that is deleted, or is being."""

    run_id: str
    deleted_at: str | None = Field(default=None, description="When all of it was gone; null until then.")


class TimelineEntry(BaseModel):
    """One thing that happened to a run.

    Beside `at` and `type` stands what is known of it: `turn`, `call_id`, `status`, `outcome`, `code`, the
    `usage` of a turn that ended, who did it (`decided_by`, `answered_by`, `requested_by`), ...
    """

    model_config = ConfigDict(extra="allow")

    at: str = Field(description="When Runrelay recorded it.")
    type: str = Field(
        description="`run_created`, `turn_started`, `turn_ended`, `call_requested`, `decision_asked`, "
        "`call_decided`, `call_started`, `call_ended`, `cancel_requested`, `run_ended`; `turn_retried` for a "
        "turn that failed for a reason that passes and was begun again; `waiting_for_provider` for a run "
        "that the provider keeps waiting for a minute, or that we have no key for, with the reason as `why`; "
        "or something out of the ordinary, in a word that may be new."
    )


class Timeline(BaseModel):
    """What happened to a run, in order."""

    run_id: str
    events: list[TimelineEntry]
    events_left_out: int = Field(
        default=0, description="How many of the oldest are left out, for Lambda's answers end at 6 MB."
    )
    unreadable: list[UnreadableItem] = Field(
        default=[], description="Records of the run that cannot be read, and so are not told of."
    )


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: Literal["about:blank"]
    title: str = Field(description="The status in words.")
    status: int
    detail: str = Field(description="What is wrong with this request, for people.")
    errors: list["WrongField"] | None = Field(
        default=None, description="Each wrong field, with a 400 or 422; up to a hundred."
    )
    first: dict[str, Any] | None = Field(
        default=None,
        description="With a 409 on a call: what was decided before (`decision`, `reason`, `decided_at`, "
        "`decided_by`), or the beginning of what was answered (`output` or `error`).",
    )
    unreadable: UnreadableItem | None = Field(
        default=None, description="With a 409: the record that cannot be read, and so cannot be changed."
    )

    deleted_at: str | None = Field(
        default=None, description="With a 410: when all of the run was gone; null while that is under way."
    )
    provider_left: bool | None = Field(
        default=None,
        description="With a 410: whether OpenAI refused to delete what it has of the run, for hours.",
    )


class WrongField(BaseModel):
    """A field that breaks the schema or a rule."""

    field: str = Field(
        description="Where it stands, such as `request.metadata` or `tools.1`; or a query parameter's name."
    )
    message: str
