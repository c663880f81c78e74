"""What redriving a dead letter would do: its message, what the table knows, and the clock in; a plan out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, assert_never

from contracts import instant
from contracts.messages import CallMessage, Message, RunMessage, WebhookMessage
from contracts.records import Call, Run

from functions.worker.core import steps
from functions.worker.core.decision import next_step
from functions.worker.core.observation import Woken
from runrelay.dlq.letter import Unreadable, one_line, resource_id

type HeldBack = Literal["unreadable", "ended"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """How the handling of a webhook stands.

    Attributes:
        is_handled: To its end; otherwise it is claimed.
        lease_until: After that, its claim counts for nothing.
    """

    is_handled: bool
    lease_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What the table knows of a message's subject.

    Attributes:
        run: The run it names, or the run of the resource that a webhook names.
        call: The call it names.
        delivery: The earlier handling of the same webhook.
    """

    run: Run | None = None
    call: Call | None = None
    delivery: Delivery | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What redriving would do.

    Attributes:
        says: The same for a person: what is so, and what would be done.
        held_back: Why it is not redriven unless somebody asks for such letters.
    """

    does: Literal["nothing", "wait", "relay", "look", "verify", "run_tool"]
    says: str
    held_back: HeldBack | None = None


def plan(message: Message | Unreadable, known: Known, now: datetime) -> Plan:
    """Say what the function behind the queue would do with a message if it came now."""
    match message:
        case Unreadable(why):
            return Plan("nothing", f"{why}: would fail again", "unreadable")
        case WebhookMessage():
            return _for_webhook(message, known, now)
        case RunMessage():
            woken = Woken(by=message.reason, attempt=message.attempt)
            return _for_run(known.run, woken, now) if known.run else _run_not_found()
        case CallMessage():
            return _for_call(known, now)
        case _:
            assert_never(message)


def _for_webhook(message: WebhookMessage, known: Known, now: datetime) -> Plan:
    provider_id = resource_id(message)
    if known.delivery and known.delivery.is_handled:
        return Plan("nothing", "already handled: webhook delivered")
    if known.delivery and known.delivery.lease_until and known.delivery.lease_until > now:
        return Plan("wait", "the webhook is being handled: would wait for that")
    if known.run:
        return _for_run(known.run, Woken(by="webhook", about=provider_id), now)
    if provider_id is None:
        return Plan("relay", "about no resource: would relay the event to EventBridge")
    return Plan(
        "relay",
        f"no run known by {one_line(provider_id)}: would ask OpenAI for a run of ours, or relay the event",
    )


def _for_run(run: Run, woken: Woken, now: datetime) -> Plan:
    """Have the worker's own decision say what its first step would be."""
    name = f"run {run.run_id} ({run.status}, turn {run.turn})"
    match next_step(run, woken, None, now):
        case steps.DeleteRun():
            planned = Plan("look", f"would delete {name}")
        case _ if run.is_over:
            planned = _run_over(run)
        case steps.Rest(why):
            planned = Plan("nothing", f"nothing to do for {name}: {why}")
        case steps.LookAgain():
            planned = Plan("wait", f"a turn of {name} is being submitted: would wait for that")
        case steps.SubmitTurn(turn=turn):
            planned = Plan("look", f"would submit turn {turn} of {name}")
        case steps.CancelTurn():
            planned = Plan("look", f"would cancel {name}")
        case steps.EndRun(status=status, error=error):
            planned = Plan("look", f"would end {name} as {status}{f': {error.message}' if error else ''}")
        case _:
            planned = Plan("look", f"would look at {name}")
    return planned


def _for_call(known: Known, now: datetime) -> Plan:
    run, call = known.run, known.call
    if call is None:
        return Plan("nothing", "call not found: would be dropped") if run else _run_not_found()
    if call.executor == "tools" and call.outcome == "pending":
        return _running_tool(run, "run_tool", f"would run tool {one_line(call.name)} ({call.effect})")
    if call.executor == "tools" and call.outcome == "running":
        return _for_running_call(run, call, now)
    return _run_over(run) if run and run.is_over else _for_resting_call(call)


def _for_resting_call(call: Call) -> Plan:
    state = f"call waits for somebody ({call.outcome})" if call.is_open else f"call is over ({call.outcome})"
    return Plan("look", f"{state}: would only have the worker look at the run")


def _for_running_call(run: Run | None, call: Call, now: datetime) -> Plan:
    """Say what becomes of a call that somebody claimed: its effect decides, once its owner is dead."""
    if call.lease_until is None or call.lease_until >= now:
        until = f" until {instant.to_text(call.lease_until)} at most" if call.lease_until else ""
        return Plan("wait", f"tool {one_line(call.name)} is running{until}: would wait for that")
    died = f"outcome unknown: owner of {one_line(call.name)} died; effect {call.effect}"
    match call.effect:
        case "pure":
            planned = _running_tool(run, "run_tool", f"{died}: would run it again")
        case "keyed":
            again = "would run it again with the same idempotency key"
            planned = _running_tool(run, "run_tool", f"{died}: {again}")
        case "verify":
            planned = _running_tool(run, "verify", f"{died}: would ask the tool's verify function first")
        case _:  # `once`, or a word of a later version
            planned = Plan("look", f"{died}: would not run it again")
    return planned


def _running_tool(run: Run | None, does: Literal["run_tool", "verify"], says: str) -> Plan:
    """Hold a tool back whose run is over: nobody waits for its output, and its effect would surprise."""
    if run is not None and not run.is_over:
        return Plan(does, says)
    return Plan(does, f"{says}, though the run {f'ended {run.status}' if run else 'is not found'}", "ended")


def _run_over(run: Run) -> Plan:
    return Plan("nothing", f"already done: the run ended {run.status}")


def _run_not_found() -> Plan:
    return Plan("nothing", "run not found: would be dropped")
