"""The Assistants API: runs of an assistant on a thread, which no webhook ever tells of."""

import asyncio
import time

from simulator.background import Background
from simulator.faults import Faults
from simulator.scenarios.scenarios import Scenarios
from simulator.scenarios.turn import Turn
from simulator.threads.assistants import Assistants, functions_of
from simulator.threads.run_object import (
    EXPIRES_SECONDS,
    check_outputs,
    ending,
    new_run,
    required_action,
    usage,
)
from simulator.threads.steps import answer_calls
from simulator.threads.stored_run import Listener, StoredRun
from simulator.threads.threads import StoredThread, Threads
from simulator.wire.bodies import JsonObject
from simulator.wire.errors import ApiError, invalid
from simulator.wire.metadata import checked_metadata

QUEUED_SHARE = 0.2
CANCELLING_SECONDS = 0.1


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

    def create(self, thread_id: str, request: JsonObject, listener: Listener | None = None) -> JsonObject:
        """Create a run, which locks its thread.

        Raises:
            ApiError: OpenAI would refuse the request, or the thread has an active run.
        """
        thread = self._threads.get(thread_id)
        if thread.active_run:
            raise invalid(None, f"Thread {thread_id} already has an active run {thread.active_run}.")
        return self._start(self._new(thread, request, listener))

    def create_with_thread(self, request: JsonObject, listener: Listener | None = None) -> JsonObject:
        self._assistants.get(request.get("assistant_id"))
        run = self._new(self._threads.create(request.get("thread") or {}), request, listener)
        run.tell("thread.created", run.thread.body)
        return self._start(run)

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

    def submit(
        self, thread_id: str, run_id: str, request: JsonObject, listener: Listener | None = None
    ) -> JsonObject:
        """Take the outputs of all pending calls at once.

        Raises:
            ApiError: Some are missing or too many, or the run waits for none.
        """
        run = self.get(thread_id, run_id)
        check_outputs(run.body, request.get("tool_outputs"))
        run.listener = listener
        answer_calls(run.steps[-1], request["tool_outputs"], run.thread.messages)
        run.tell("thread.run.step.completed", run.steps[-1])
        run.enter("queued", required_action=None)
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
        run.enter("cancelling", required_action=None)
        run.work = self._background.start(self._cancel(run))
        return run.body

    def clear(self) -> None:
        for run in self._runs.values():
            run.close()
        self._runs.clear()

    def _new(self, thread: StoredThread, request: JsonObject, listener: Listener | None) -> StoredRun:
        assistant = self._assistants.get(request.get("assistant_id"))
        body = new_run(request, thread.id, assistant)
        for at, message in enumerate(request.get("additional_messages") or []):
            thread.add_message(message, f"additional_messages[{at}]")
        return StoredRun(body, thread, body["metadata"], listener)

    def _start(self, run: StoredRun) -> JsonObject:
        turn = self._next(run)
        self._runs[run.body["id"]] = run
        run.thread.active_run = run.body["id"]
        self._expire_in(run, EXPIRES_SECONDS)
        for word in ("created", "queued"):
            run.tell(f"thread.run.{word}", run.body)
        run.work = self._background.start(self._run(run, turn))
        return run.body

    async def _run(self, run: StoredRun, turn: Turn) -> None:
        while await self._calls(run, turn):
            await run.submitted.wait()
            turn = self._next(run)
        self._end(run, ending(turn))

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
        run.enter("in_progress", started_at=run.body["started_at"] or int(time.time()))
        seconds = turn.seconds * (1 - QUEUED_SHARE)
        if turn.text is None:
            await asyncio.sleep(seconds)
        else:
            await run.write(turn.text, seconds)
        if turn.is_endless:
            await asyncio.Event().wait()
        if not turn.calls or turn.failure or turn.incomplete_reason or turn.is_expired:
            return False
        run.finish_writing()
        run.ask(required_action(turn))
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

    def _end(self, run: StoredRun, outcome: JsonObject) -> None:
        answers = [each for each in run.thread.messages if each["run_id"] == run.body["id"]]
        used = usage(run.thread.messages, answers)
        run.end(outcome | {"required_action": None, "expires_at": None, "usage": used})
