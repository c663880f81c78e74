"""A run as the simulator keeps it: the object, its steps, what it is writing, and who reads its stream."""

import asyncio
import time
from dataclasses import dataclass, field

from simulator.threads.run_events import DONE, LAST, call_deltas, message_delta, uncalled
from simulator.threads.run_object import TERMINAL_STATUSES
from simulator.threads.steps import calls_step, end_step, message_step, wrote
from simulator.threads.threads import StoredThread, add_text, end_message
from simulator.wire.bodies import JsonObject
from simulator.wire.errors import ApiError
from simulator.wire.event_lines import event_line
from simulator.wire.pieces import paced, words

# By the status in which a run ends: why its last message is no whole one; None if it is.
CUT_BY = {
    "completed": None,
    "incomplete": "max_tokens",
    "failed": "run_failed",
    "cancelled": "run_cancelled",
    "expired": "run_expired",
}

type Listener = asyncio.Queue[bytes | None]


@dataclass
class StoredRun:
    """A run.

    Attributes:
        body: The `Run` object as it is now.
        scripted_by: Its first metadata, which name its scenario whatever is modified later.
        steps: Oldest first.
        legs: How many turns of its scenario have begun.
        writing: The message that it has begun and not ended.
        listener: Who reads its stream; None if nobody does.
    """

    body: JsonObject
    thread: StoredThread
    scripted_by: JsonObject
    listener: Listener | None = None
    steps: list[JsonObject] = field(default_factory=list)
    legs: int = 0
    writing: JsonObject | None = None
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

    def enter(self, status: str, **changes: object) -> None:
        """Enter a status, which the stream tells; it ends with those that nothing of it comes after."""
        self.body.update(status=status, **changes)
        self.tell(f"thread.run.{status}", self.body)

    def tell(self, kind: str, told: JsonObject) -> None:
        if self.listener is None:
            return
        self.listener.put_nowait(event_line(kind, told))
        if kind in LAST:
            self.listener.put_nowait(DONE)
            self.close()

    def close(self) -> None:
        """End the stream, if there is one, after what has been told."""
        if self.listener is not None:
            self.listener.put_nowait(None)
            self.listener = None

    async def write(self, text: str, seconds: float) -> None:
        """Begin a message, which is a step, and write its text in just this time."""
        message = self.writing = self.thread.begin_answer(self.body)
        step = message_step(self.body, message)
        self._begin(step, step)
        for word in ("created", "in_progress"):
            self.tell(f"thread.message.{word}", message)
        async for batch in paced(words(text), seconds):
            for piece in batch:
                self.tell("thread.message.delta", message_delta(message, piece))
                add_text(message, piece)

    def finish_writing(self, *, cut_by: str | None = None) -> None:
        """End the message that is being written, if there is one, and its step unless the run ended first.

        Args:
            cut_by: Why it is no whole message; None if it is one.
        """
        message, self.writing = self.writing, None
        if message is None:
            return
        end_message(message, cut_by=cut_by)
        self.tell(f"thread.message.{message['status']}", message)
        if cut_by in (None, "max_tokens"):
            wrote(self.steps[-1], message, self.thread.messages)
            self.tell("thread.run.step.completed", self.steps[-1])

    def ask(self, required_action: JsonObject) -> None:
        """Require the outputs of calls, which are a step."""
        self.submitted.clear()
        step = calls_step(self.body, required_action)
        self._begin(step, uncalled(step))
        for delta in call_deltas(step):
            self.tell("thread.run.step.delta", delta)
        self.enter("requires_action", required_action=required_action)

    def end(self, outcome: JsonObject) -> None:
        """End as the outcome says, with what it is in the midst of."""
        self.finish_writing(cut_by=CUT_BY[outcome["status"]])
        for step in self.steps:
            if end_step(step, outcome):
                self.tell(f"thread.run.step.{step['status']}", step)
        self.ended_at = time.time()
        self.thread.active_run = None
        if self.clock:
            self.clock.cancel()
        self.enter(**outcome)

    def _begin(self, step: JsonObject, told: JsonObject) -> None:
        self.steps.append(step)
        for word in ("created", "in_progress"):
            self.tell(f"thread.run.step.{word}", told)
