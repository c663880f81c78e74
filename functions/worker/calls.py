"""Calls of a run: written down before anything of them is done, queued, and told to the model."""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from contracts.catalog import CatalogEntry
from contracts.content import sent
from contracts.errors import StaleReadError
from contracts.measures import count_call
from contracts.messages import CallMessage
from contracts.payloads import PayloadBucket
from contracts.queue import Queue
from contracts.records import Call, Failure, LatestCall, Run, place_of

from functions.worker.core.arguments import meaning, what_is_wrong
from functions.worker.core.calls import POLICY, is_named_alike, withdrawn
from functions.worker.core.observation import RequestedCall
from functions.worker.providers.provider import CallAnswer
from functions.worker.repeats import Repeats
from functions.worker.run_store import RunStore

type ApprovalPolicy = Literal["ask", "approve", "deny"]


def approval_policy(name: str) -> ApprovalPolicy:
    """Read a policy by its name.

    Raises:
        ValueError: It is none.
    """
    match name:
        case "ask" | "approve" | "deny":
            return name
        case _:
            raise ValueError(f"no policy for approvals: {name}")


BROWSER_LOGIN = "browser_authentication"

MAX_READS = 5
"""Somebody who decides a call, again and again, while it is withdrawn, loses in the end."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Who decides, and how long they may take.

    Attributes:
        provider_approvals: What becomes of approvals that the provider's own tools need.
        decision_time: How long a call waits for a person.
    """

    provider_approvals: ApprovalPolicy
    decision_time: timedelta


@dataclass(frozen=True, slots=True)
class Calls:
    """Hands calls to the tool function, or to whoever decides or runs them elsewhere."""

    store: RunStore
    payloads: PayloadBucket
    catalog: Mapping[str, CatalogEntry]
    tool_queue: Queue
    policy: Policy

    def record(
        self, run: Run, requested: Sequence[RequestedCall], now: datetime
    ) -> tuple[tuple[Call, ...], Sequence[LatestCall]]:
        """Make the records of what the model asked for in the run's current turn, which ended now.

        Returns:
            The calls, and which are the latest of their kind by now: all to be written with their run.
        """
        repeats = Repeats(self.store, self.catalog)
        calls = (replace(self._call(run, each, now), ordinal=number) for number, each in enumerate(requested))
        asked = zip(calls, requested, strict=True)
        settled = [repeats.settle(run, call, each.arguments, now) for call, each in asked]
        return tuple(settled), repeats.noted

    def _call(self, run: Run, requested: RequestedCall, now: datetime) -> Call:
        """Make a call's record; one that names no tool of this run is answered at once."""
        entry = self.catalog.get(requested.name) if requested.name in run.tools else None
        key = f"{run.run_id}/{run.turn}/{requested.call_id}/arguments"
        call = Call(
            run_id=run.run_id,
            turn=run.turn,
            call_id=requested.call_id,
            name=requested.name,
            arguments=self.payloads.store(key, requested.arguments),
            effect=entry.effect if entry else "pure",
            outcome="pending",
            created_at=now,
            read_at=run.version,
            metadata=run.metadata,
            deadline_at=run.deadline_at,
            traceparent=run.traceparent,
            type=requested.type,
            provider_turn_id=requested.provider_turn_id,
            caller=requested.caller,
        )
        if requested.type != "function_call":
            return self._approval(call, run, now)
        if entry is None:
            error = Failure("unknown_tool", f"There is no tool named {requested.name}.")
            return replace(call, outcome="failed", error=error, ended_at=now)
        call = replace(call, executor=entry.executor)
        if entry.executor == "external" and (wrong := what_is_wrong(requested.arguments, entry.parameters)):
            error = Failure("invalid_arguments", f"The arguments of {call.name} break its schema: {wrong}.")
            return replace(call, outcome="failed", error=error, ended_at=now)
        if _needs_decision(entry):
            return self._awaiting_decision(call, run, now)
        if entry.executor == "external":
            wait_until = now + timedelta(seconds=entry.timeout)
            return replace(call, wait_until=min(wait_until, run.deadline_at))
        return call

    def _approval(self, call: Call, run: Run, now: datetime) -> Call:
        """Decide an approval by policy, or leave it to a person; a login is never given by policy."""
        policy = self.policy.provider_approvals
        if policy == "ask" or (policy == "approve" and call.name == BROWSER_LOGIN):
            return self._awaiting_decision(call, run, now)
        call = replace(call, decided_at=now, decided_by=POLICY, ended_at=now)
        if policy == "approve":
            return replace(call, outcome="succeeded", decision="approved")
        error = Failure("denied", "Approvals are denied by policy.")
        return replace(call, outcome="denied", decision="denied", error=error)

    def _awaiting_decision(self, call: Call, run: Run, now: datetime) -> Call:
        wait_until = min(now + self.policy.decision_time, run.deadline_at)
        return replace(call, outcome="awaiting_decision", asked_at=now, wait_until=wait_until)

    def count_settled(self, recorded: Iterable[Call]) -> None:
        """Count the calls that were over when they were written down: nobody runs them, or decides."""
        for call in recorded:
            if not call.is_open:
                count_call(call, self.catalog)

    def recorded_as(self, asked: RequestedCall, records: Sequence[Call]) -> Call | None:
        """Find the record of a call that is asked for; a provider may give an id again to another call."""
        alike = (record for record in reversed(records) if is_named_alike(record, asked))
        said = meaning(asked.arguments)
        return next((each for each in alike if self._may_say(each, said)), None)

    def _may_say(self, call: Call, said: str) -> bool:
        """Say whether a call's arguments mean that; those that are lost are no proof of another call."""
        arguments = self.payloads.find(call.arguments)
        return arguments is None or meaning(arguments) == said

    def queue(self, calls: Iterable[Call]) -> None:
        """Have calls run; one that is queued twice is still run once."""
        for call in calls:
            self.tool_queue.send(CallMessage(call.run_id, call.turn, call.call_id))

    def close(self, closed: Iterable[Call], read: Iterable[Call]) -> None:
        """Write the outcomes of calls that nobody runs; whoever decided or answered since was first."""
        as_read = {call.call_id: call for call in read}
        for call in closed:
            with suppress(StaleReadError):
                self.store.close_call(as_read[call.call_id], call)
                count_call(call, self.catalog)

    def withdraw(self, run: Run, now: datetime) -> bool:
        """Close the calls of a run that is over, so that none of them is begun, nor one at work begun again.

        One that is decided meanwhile is waiting still, as what it has become.

        Returns:
            Whether somebody is still at one of them: it may ask for a person yet.
        """
        for _ in range(MAX_READS):
            calls = [call for call in self.store.calls(run) if call.is_open]
            waiting = [call for call in calls if call.outcome != "running"]
            at_work = [call for call in calls if call.outcome == "running" and call.withdrawn_at is None]
            if not waiting and not at_work:
                return bool(calls)
            self.close((withdrawn(call, now) for call in waiting), waiting)
            self._mark(at_work, now)
        return True

    def _mark(self, at_work: Iterable[Call], now: datetime) -> None:
        for call in at_work:
            with suppress(StaleReadError):
                self.store.mark_withdrawn(call, now)

    def answer_to(self, call: Call) -> CallAnswer:
        """Say to the model what came of a call: its output, or a short error.

        Raises:
            StaleReadError: The call is not over.
        """
        if call.is_open:
            raise StaleReadError(call.call_id)
        if call.output is not None:
            text = self.payloads.fetch(call.output)
        else:
            text = json.dumps({"error": call.error.message}) if call.error else ""
        return CallAnswer(
            call_id=call.call_id,
            type=call.type,
            name=call.name,
            provider_turn_id=call.provider_turn_id,
            caller=call.caller,
            place=place_of(call),
            text=text,
            is_success=call.outcome == "succeeded",
            reason=call.decision_reason,
            parts=sent(json.loads(text)) if call.output_type == "content" else None,
        )


def _needs_decision(entry: CatalogEntry) -> bool:
    """Say whether a person decides first; a tool whose arguments decide is asked by the tool function."""
    return entry.approval == "always" or (entry.approval == "by_arguments" and entry.executor == "external")
