"""Answering a call that something outside executes: its output, or why there is none."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus

from contracts import instant
from contracts.catalog import CatalogEntry
from contracts.measures import count_call
from contracts.messages import RunMessage
from contracts.payloads import PayloadBucket
from contracts.queue import Queue
from contracts.records import Call, Failure, Run

from functions.api.caller import Caller
from functions.api.calls import refuse_unless_in_time, run_and_call
from functions.api.inputs import GiveOutput
from functions.api.problems import ProblemError, shortened
from functions.api.run_store import RunStore

GIVEN = "tool_error"
"""The code of an error that was given in the place of an output."""


@dataclass(frozen=True, slots=True)
class Answerer:
    """Writes outputs down, and has the worker go on."""

    store: RunStore
    payloads: PayloadBucket
    catalog: Mapping[str, CatalogEntry]
    run_queue: Queue

    def answer(self, run_id: str, call_id: str, given: GiveOutput, by: Caller | None) -> Call:
        """Give a call its output; the same one once more, whoever's it is, only tells the worker again.

        Raises:
            ProblemError: 404; 409, the call does not await this output.
            QueueUnavailableError: The output is written down but nobody was told; repeat it.
        """
        run, call = run_and_call(self.store, run_id, call_id, awaited="pending")
        if not self._is_recorded(call, given):
            self._refuse_unless_awaited(run, call, instant.now())
            answered = replace(self._answered(call, given), answered_by=by)
            call = self.store.change_call(call, answered)
            if call is answered:
                count_call(call, self.catalog)
        if not self._is_recorded(call, given):
            raise self._not_awaited(call)
        if not run.is_over:
            self.run_queue.send(RunMessage(run_id, "call_ended"))
        return call

    def _answered(self, call: Call, given: GiveOutput) -> Call:
        now = instant.now()
        if given.text is None:
            error = Failure(GIVEN, given.error)
            return replace(call, outcome="failed", error=error, ended_at=now, wait_until=None)
        digest = hashlib.sha256(given.text.encode()).hexdigest()[:16]
        key = f"{call.run_id}/{call.turn}/{call.call_id}/output-external-{digest}"
        output = self.payloads.store(key, given.text)
        return replace(
            call,
            outcome="succeeded",
            output=output,
            output_type="content" if given.is_content else None,
            ended_at=now,
            wait_until=None,
        )

    def _is_recorded(self, call: Call, given: GiveOutput) -> bool:
        if call.executor != "external":
            return False
        if given.text is None:
            return call.outcome == "failed" and call.error == Failure(GIVEN, given.error)
        if call.outcome != "succeeded" or call.output is None:
            return False
        return self.payloads.find(call.output) == given.text

    def _refuse_unless_awaited(self, run: Run, call: Call, now: datetime) -> None:
        """Refuse an output that nobody waits for.

        Raises:
            ProblemError: 409, which says how the call stands.
        """
        if call.type != "function_call":
            raise ProblemError(HTTPStatus.CONFLICT, f"the call is of type {call.type}, it takes no output")
        if call.executor != "external":
            raise ProblemError(HTTPStatus.CONFLICT, "the call is run by the tool function")
        if call.outcome != "pending":
            raise self._not_awaited(call)
        if call.same_as is not None and call.wait_until is None:
            raise ProblemError(HTTPStatus.CONFLICT, "the call shares the outcome of another one like it")
        refuse_unless_in_time(run, call, now, awaited="output")

    def _not_awaited(self, call: Call) -> ProblemError:
        """Say how a call stands, and show what it was answered with."""
        words = f"the call is {call.outcome}, it does not await this output"
        first = self._first_answer(call)
        if not first:
            return ProblemError(HTTPStatus.CONFLICT, words)
        told = ", ".join(f"{name} {json.dumps(text, ensure_ascii=False)}" for name, text in first.items())
        return ProblemError(HTTPStatus.CONFLICT, f"{words}: it was answered with the {told}", first=first)

    def _first_answer(self, call: Call) -> dict[str, str]:
        """Give what somebody answered a call with, or the beginning of it."""
        if call.output is not None and (output := self.payloads.find(call.output)) is not None:
            return {"output": shortened(output)}
        if call.error is not None and call.error.code == GIVEN:
            return {"error": shortened(call.error.message)}
        return {}
