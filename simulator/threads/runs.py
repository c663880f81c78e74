"""The Assistants API: runs of an assistant on a thread, which no webhook ever tells of."""

import asyncio
import time
from dataclasses import dataclass, field

from simulator.background import Background
from simulator.faults import Faults
from simulator.scenarios.scenarios import Scenarios
from simulator.scenarios.turn import Turn
from simulator.threads.assistants import Assistants, functions_of
from simulator.threads.run_object import (
    EXPIRES_SECONDS,
    TERMINAL_STATUSES,
    check_outputs,
    ending,
    new_run,
    required_action,
    usage,
)
from simulator.threads.steps import answer_calls, calls_step, end_step, message_step
from simulator.threads.threads import StoredThread, Threads
from simulator.wire.bodies import JsonObject
from simulator.wire.errors import ApiError, invalid
from simulator.wire.metadata import checked_metadata

QUEUED_SHARE = 0.2
CANCELLING_SECONDS = 0.1


@dataclass
class StoredRun:
    """A run.

    Attributes:
        body: The `Run` object as it is now.
        scripted_by: Its first metadata, which name its scenario whatever is modified later.
        steps: Oldest first.
        legs: How many turns of its scenario have begun.
    """

    body: JsonObject
    thread: StoredThread
    scripted_by: JsonObject
    steps: list[JsonObject] = field(default_factory=list)
    legs: int = 0
    submitted: asyncio.Event = field(default_factory=asyncio.Event)
    work: asyncio.Task[None] | None = None
    clock: asyncio.Task[None] | None = None
    created_at: float = field(default_factory=time.time)
    ended_at: float | None = None

    @property
    def is_over(self) -> bool:
        return self.body["status"] in TERMINAL_STATUSES

    def step(self, step_id: str) -> JsonObject:
        step = next((each for each in self.steps if each["id"] == step_id), None)
        if step is None:
            raise ApiError(404, f"No run step found with id '{step_id}'.")
        return step

    def write(self, text: str, *, is_cut: bool) -> None:
        """Write a message, which is a step."""
        read = list(self.thread.messages)
        self.steps.append(
            message_step(self.body, self.thread.answer(text, run=self.body, is_cut=is_cut), read)
        )


class ThreadRuns:
    def __init__(
        self,
        *,
        assistants: Assistants,
        threads: Threads,
        scenarios: Scenarios,
        faults: Faults,
        background: Background,
    ) -> None:
        self._assistants = assistants
        self._threads = threads
        self._scenarios = scenarios
        self._faults = faults
        self._background = background
        self._runs: dict[str, StoredRun] = {}

    def create(self, thread_id: str, request: JsonObject) -> JsonObject:
        """Create a run, which locks its thread.

        Raises:
            ApiError: OpenAI would refuse the request, or the thread has an active run.
        """
        thread = self._threads.get(thread_id)
        if thread.active_run:
            raise invalid(None, f"Thread {thread_id} already has an active run {thread.active_run}.")
        return self._start(thread, request)

    def create_with_thread(self, request: JsonObject) -> JsonObject:
        self._assistants.get(request.get("assistant_id"))
        return self._start(self._threads.create(request.get("thread") or {}), request)

    def get(self, thread_id: str, run_id: str) -> StoredRun:
        self._threads.get(thread_id)
        run = self._runs.get(run_id)
        if run is None or run.thread.id != thread_id:
            raise ApiError(404, f"No run found with id '{run_id}'.")
        return run

    def all(self, thread_id: str | None = None) -> list[StoredRun]:
        """List the runs, of one thread or of all, oldest first."""
        return [run for run in self._runs.values() if thread_id in (None, run.thread.id)]

    def modify(self, thread_id: str, run_id: str, request: JsonObject) -> JsonObject:
        """Change the metadata, which is all that can be changed."""
        run = self.get(thread_id, run_id)
        if "metadata" in request:
            run.body["metadata"] = checked_metadata(request)
        return run.body

    def submit(self, thread_id: str, run_id: str, request: JsonObject) -> JsonObject:
        """Take the outputs of all pending calls at once.

        Raises:
            ApiError: Some are missing or too many, or the run waits for none.
        """
        run = self.get(thread_id, run_id)
        check_outputs(run.body, request.get("tool_outputs"))
        answer_calls(run.steps[-1], request["tool_outputs"], run.thread.messages)
        run.body.update(status="queued", required_action=None)
        run.submitted.set()
        return run.body

    def cancel(self, thread_id: str, run_id: str) -> JsonObject:
        """Begin to cancel a run; it is cancelled a little later.

        Raises:
            ApiError: It has ended, or is being cancelled.
        """
        run = self.get(thread_id, run_id)
        if run.is_over or run.body["status"] == "cancelling":
            raise invalid(None, f"Cannot cancel run with status '{run.body['status']}'.")
        if run.work:
            run.work.cancel()
        run.body.update(status="cancelling", required_action=None)
        run.work = self._background.start(self._cancel(run))
        return run.body

    def clear(self) -> None:
        self._runs.clear()

    def _start(self, thread: StoredThread, request: JsonObject) -> JsonObject:
        assistant = self._assistants.get(request.get("assistant_id"))
        body = new_run(request, thread.id, assistant)
        run = StoredRun(body, thread, body["metadata"])
        turn = self._next(run)
        for at, message in enumerate(request.get("additional_messages") or []):
            thread.add_message(message, f"additional_messages[{at}]")
        self._runs[run.body["id"]] = run
        thread.active_run = run.body["id"]
        self._expire_in(run, EXPIRES_SECONDS)
        run.work = self._background.start(self._run(run, turn))
        return run.body

    async def _run(self, run: StoredRun, turn: Turn) -> None:
        while await self._calls(run, turn):
            await run.submitted.wait()
            turn = self._next(run)
        self._end(run, ending(turn), turn)

    def _next(self, run: StoredRun) -> Turn:
        begun = run.legs
        run.legs += 1
        is_forbidden = run.body["tool_choice"] == "none"
        return self._scenarios.next_turn(
            run.scripted_by,
            begun,
            [] if is_forbidden else functions_of(run.body["tools"]),
            is_parallel=run.body["parallel_tool_calls"],
        )

    async def _calls(self, run: StoredRun, turn: Turn) -> bool:
        """Work through a turn of the scenario, and tell whether it has called something."""
        if turn.expires_in is not None:
            self._expire_in(run, turn.expires_in)
        await asyncio.sleep(turn.seconds * QUEUED_SHARE)
        run.body["status"] = "in_progress"
        run.body["started_at"] = run.body["started_at"] or int(time.time())
        await asyncio.sleep(turn.seconds * (1 - QUEUED_SHARE))
        if turn.is_endless:
            await asyncio.Event().wait()
        if not turn.calls or turn.failure or turn.incomplete_reason or turn.is_expired:
            return False
        if turn.text is not None:
            run.write(turn.text, is_cut=False)
        run.submitted.clear()
        run.body.update(status="requires_action", required_action=required_action(turn))
        run.steps.append(calls_step(run.body))
        return True

    def _expire_in(self, run: StoredRun, seconds: float) -> None:
        """Let a run expire unless it ends first."""
        if run.clock:
            run.clock.cancel()
        run.body["expires_at"] = int(time.time() + seconds)
        run.clock = self._background.start(self._expire(run, seconds))

    async def _expire(self, run: StoredRun, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if run.work:
            run.work.cancel()
        run.clock = None
        self._end(run, {"status": "expired"})

    async def _cancel(self, run: StoredRun) -> None:
        await asyncio.sleep(self._faults.api.cancel_seconds or CANCELLING_SECONDS)
        self._end(run, {"status": "cancelled", "cancelled_at": int(time.time())})

    def _end(self, run: StoredRun, outcome: JsonObject, turn: Turn | None = None) -> None:
        if turn and turn.text is not None and outcome["status"] in ("completed", "incomplete"):
            run.write(turn.text, is_cut=outcome["status"] == "incomplete")
        answers = [each for each in run.thread.messages if each["run_id"] == run.body["id"]]
        run.body.update(
            outcome,
            required_action=None,
            expires_at=None,
            usage=usage(run.thread.messages, answers),
        )
        for step in run.steps:
            end_step(step, run.body)
        run.ended_at = time.time()
        run.thread.active_run = None
        if run.clock:
            run.clock.cancel()
