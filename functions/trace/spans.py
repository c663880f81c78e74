"""The spans of a run: itself, its turns, its calls, by OpenTelemetry's conventions for generative AI 1.41.0.

They are made of what is on record when the run is over, and of nothing that comes later; so they are the same
whenever they are made. None of them holds anything that was said: no arguments, outputs, texts or messages.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from contracts import instant
from contracts.records import Call, Run, Turn
from contracts.trace_context import SpanContext, call_span, run_span, turn_span_id

from functions.trace.run_reader import TracedRun

type Value = str | int | bool
type Attributes = Mapping[str, Value]

PROVIDER = "openai"

UNFINISHED = "unfinished"
"""The outcome of a call that was still open, or at work, when its run ended."""

USAGE = {
    "gen_ai.usage.input_tokens": ("input_tokens", "prompt_tokens"),
    "gen_ai.usage.output_tokens": ("output_tokens", "completion_tokens"),
}
"""An attribute -> what the APIs call it: Responses and sessions the first, thread runs the second."""


@dataclass(frozen=True, slots=True)
class Moment:
    """An event of a span."""

    at: datetime
    name: str
    attributes: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Span:
    """A span, before it is encoded.

    Attributes:
        kind: `client` for what the provider does.
        parent_id: None of a run that was started without a `traceparent`.
        error: Why it failed, in a word; none if it did not.
    """

    context: SpanContext
    parent_id: str | None
    name: str
    kind: Literal["internal", "client"]
    started_at: datetime
    ended_at: datetime
    attributes: Attributes
    moments: tuple[Moment, ...] = ()
    error: str | None = None


def spans_of(traced: TracedRun) -> tuple[Span, ...]:
    """Make the spans of a run that is over, its own first; none if whoever began the trace drops it."""
    run, records = traced.run, traced.records
    parent = SpanContext.read(run.traceparent)
    root = run_span(run.run_id, parent)
    if run.ended_at is None or not root.is_sampled:
        return ()
    turns = _turns(traced, root, run.ended_at)
    calls = (_call(call, root, run.ended_at) for call in records.calls)
    below = sorted((*turns, *calls), key=lambda span: (span.started_at, span.context.span_id))
    return (_run(traced, root, parent, run.ended_at), *below)


def _run(traced: TracedRun, root: SpanContext, parent: SpanContext | None, ended_at: datetime) -> Span:
    run = traced.run
    usage = run.usage or {}
    return Span(
        context=root,
        parent_id=parent.span_id if parent else None,
        name="invoke_agent",
        kind="internal",
        started_at=run.created_at,
        ended_at=ended_at,
        attributes=_present(
            {
                "gen_ai.operation.name": "invoke_agent",
                "gen_ai.provider.name": PROVIDER,
                "gen_ai.request.model": traced.model,
                "gen_ai.conversation.id": run.provider_id if run.kind == "session" else None,
                **_tokens(usage),
                "runrelay.run.id": run.run_id,
                "runrelay.run.kind": run.kind,
                "runrelay.run.status": run.status,
                "runrelay.run.turns": run.turn,
            }
        ),
        moments=tuple(
            Moment(event.at, event.type) for event in traced.records.events if event.at <= ended_at
        ),
        error=None if run.status == "completed" else (run.error.code if run.error else run.status),
    )


def _turns(traced: TracedRun, root: SpanContext, ended_at: datetime) -> Iterator[Span]:
    """Make the spans of the turns that ended, of those that were begun again, and of one that never ended."""
    run = traced.run
    for turn in traced.records.turns:
        ended = min(turn.ended_at, ended_at)
        yield _turn(traced, root, _facts(turn, run), started_at=turn.started_at, ended_at=ended)
    for provider_id, failed in (run.retried_turns or {}).items():
        yield _turn(
            traced,
            root,
            {"turn": failed["turn"], "provider_id": provider_id, "status": "failed", "code": failed["code"]},
            started_at=instant.from_text(failed["started_at"]),
            ended_at=instant.from_text(failed["at"]),
        )
    if _has_open_turn(traced) and run.turn_started_at is not None:
        yield _turn(
            traced,
            root,
            {"turn": run.turn, "provider_id": run.provider_id, "status": UNFINISHED},
            started_at=run.turn_started_at,
            ended_at=ended_at,
        )


def _has_open_turn(traced: TracedRun) -> bool:
    run = traced.run
    return run.turn > 0 and all(turn.turn != run.turn for turn in traced.records.turns)


def _facts(turn: Turn, run: Run) -> dict[str, Any]:
    """Say what is known of a turn that ended; why the last one failed is written on its run."""
    error = run.error if turn.turn == run.turn and turn.status != "completed" else None
    return {
        "turn": turn.turn,
        "provider_id": turn.provider_id,
        "status": turn.status,
        "woken_by": turn.woken_by,
        "usage": turn.usage,
        "code": error and error.code,
    }


def _turn(
    traced: TracedRun,
    root: SpanContext,
    facts: Mapping[str, Any],
    *,
    started_at: datetime,
    ended_at: datetime,
) -> Span:
    run, status = traced.run, facts["status"]
    provider_id = str(facts["provider_id"])
    return Span(
        context=SpanContext(root.trace_id, turn_span_id(run.run_id, facts["turn"], provider_id)),
        parent_id=root.span_id,
        name=f"chat {traced.model}" if traced.model else "chat",
        kind="client",
        started_at=started_at,
        ended_at=max(started_at, ended_at),
        attributes=_present(
            {
                "gen_ai.operation.name": "chat",
                "gen_ai.provider.name": PROVIDER,
                "gen_ai.request.model": traced.model,
                "gen_ai.response.id": provider_id,
                **_tokens(facts.get("usage") or {}),
                "runrelay.run.id": run.run_id,
                "runrelay.turn.number": facts["turn"],
                "runrelay.turn.status": status,
                "runrelay.turn.woken_by": facts.get("woken_by"),
            }
        ),
        error=facts.get("code")
        or (status if status in ("failed", "cancelled", "expired", UNFINISHED) else None),
    )


def _call(call: Call, root: SpanContext, run_ended_at: datetime) -> Span:
    """Make the span of a call; of one that outlives its run, as far as the run saw it."""
    is_over = call.ended_at is not None and call.ended_at <= run_ended_at
    outcome = call.outcome if is_over else UNFINISHED
    ended_at = call.ended_at if is_over and call.ended_at else run_ended_at
    is_function = call.type == "function_call"
    return Span(
        context=call_span(call),
        parent_id=root.span_id,
        name=f"execute_tool {call.name}",
        kind="internal",
        started_at=call.created_at,
        ended_at=max(call.created_at, ended_at),
        attributes=_present(
            {
                "gen_ai.operation.name": "execute_tool",
                "gen_ai.tool.name": call.name,
                "gen_ai.tool.call.id": call.call_id,
                "gen_ai.tool.type": "function" if is_function else "extension",
                "runrelay.run.id": call.run_id,
                "runrelay.turn.number": call.turn,
                "runrelay.call.outcome": outcome,
                "runrelay.call.effect": call.effect,
                "runrelay.call.executor": call.executor,
                "runrelay.call.attempts": call.attempts,
                "runrelay.call.decision": call.decision,
            }
        ),
        moments=tuple(each for each in _moments(call) if each.at <= run_ended_at),
        error=None if outcome == "succeeded" else (call.error.code if is_over and call.error else outcome),
    )


def _moments(call: Call) -> Iterator[Moment]:
    """Tell when a person was asked and has decided, and when a function took the call."""
    if call.asked_at is not None:
        yield Moment(call.asked_at, "decision_asked")
    if call.decided_at is not None:
        yield Moment(call.decided_at, "call_decided", _present({"runrelay.call.decision": call.decision}))
    if call.started_at is not None:
        yield Moment(call.started_at, "call_started", {"runrelay.call.attempt": call.attempts})


def _tokens(usage: Mapping[str, Any]) -> dict[str, Value | None]:
    """Read the counts of tokens that have names in the conventions; what is no count is left out."""
    return {
        attribute: next((usage[name] for name in names if type(usage.get(name)) is int), None)
        for attribute, names in USAGE.items()
    }


def _present(values: Mapping[str, Value | None]) -> Attributes:
    return {name: value for name, value in values.items() if value is not None}
