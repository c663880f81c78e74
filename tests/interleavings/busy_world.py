"""A small world of one run, in which at any request something may come in between."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from contracts.status import Kind
from moto.sqs.models import Message

from tests.harness.item_sizes import Item
from tests.interleavings.scenarios import TOOLS, Scenario
from tests.interleavings.stage import SEEDED
from tests.interleavings.watched import Watch
from tests.schedules.small_world import Sent, SmallWorld

ACCEPTED = 202
DEADLINE_SECONDS = 3600
SWEEP_SECONDS = 300
MOST_SWEEPS = 30
MOST_STEPS = 400
MOST_NESTED_STEPS = 100
ELSE_SECONDS = 15
"""For how long everything else goes on: half of a worker's life."""


class EndlessError(AssertionError):
    """The run never ends."""


@dataclass(frozen=True)
class Told:
    """What the API answered to somebody who wanted something of the run.

    Attributes:
        what: `cancel`, `decision` or `output`.
        body: What was wanted.
        status: The answer's.
        run_status: How the run stood when it was answered.
        was_over: Whether the model had said its last words by then.
    """

    what: str
    call_id: str | None
    body: dict[str, Any]
    status: int
    run_status: str
    was_over: bool


class BusyWorld:
    """One run in a small world, and its client; whatever was in that world before is forgotten.

    Attributes:
        told: What the client was told, in order.
    """

    def __init__(self, small: SmallWorld, watch: Watch, kind: Kind, scenario: Scenario) -> None:
        self.small = small
        self.watch = watch
        self.kind = kind
        self.scenario = scenario
        self.run_id = ""
        self.told: list[Told] = []
        self.asked_too_late: set[str] = set()
        self._webhooks: tuple[Any, Sequence[Sent]] | None = None
        self._delivered: set[str] = set()
        self._asked_in_vain: set[tuple[str, str]] = set()
        self._has_cancelled = False
        self._sweeps = 0
        small.reset()
        watch.forget()
        SEEDED.seed(20261125)

    # -- beginning and going on ------------------------------------------------------------------------

    def begin(self) -> None:
        """Start the run."""
        seconds_left = self.scenario.begun_before_deadline
        wanted = {"deadline_seconds": DEADLINE_SECONDS} if seconds_left is not None else {}
        self.small.start_kind(self.kind, *self.scenario.script, tools=list(TOOLS), **wanted)
        if seconds_left is not None:
            self.small.pass_time(DEADLINE_SECONDS - seconds_left)

    def find_run(self) -> str:
        """Give the run's id, once it is on record."""
        if not self.run_id:
            items = self.small.items()
            self.run_id = next((item["pk"]["S"] for item in items if item["sk"]["S"] == "run"), "")
        return self.run_id

    @property
    def status(self) -> str:
        """How the run stands; nothing before it is on record."""
        run = self.small.aws.table.partition(self.find_run()).get("run")
        return run["status"]["S"] if run else ""

    @property
    def is_over(self) -> bool:
        """Whether the run has ended."""
        return bool(self.find_run()) and self.small.is_over(self.run_id)

    def go_on_to_the_end(self) -> None:
        """Do whatever there is to do; the schedule fires while the run is open and nothing is due soon.

        Raises:
            EndlessError: There is no end of it.
        """
        self.find_run()
        for _ in range(MOST_STEPS):
            if not self._step():
                return
        raise EndlessError(f"after {MOST_STEPS} steps the run is {self.status}")

    def go_on(self, seconds: float, is_enough: Callable[[], bool] = lambda: False) -> None:
        """Do whatever there is to do within a time, or until it is enough."""
        end = self.small.clock.time() + seconds
        for _ in range(MOST_NESTED_STEPS):
            if is_enough():
                return
            if self.do_what_is_due():
                continue
            left = self._seconds_until_next()
            if left is None or self.small.clock.time() + left > end:
                return
            self.small.pass_time(left)

    def _step(self) -> bool:
        if self.do_what_is_due():
            return True
        left = self._seconds_until_next()
        if not self.is_over and (left is None or left > SWEEP_SECONDS):
            self._sweeps += 1
            if self._sweeps > MOST_SWEEPS:
                raise EndlessError(f"after {MOST_SWEEPS} sweeps the run is {self.status}")
            self.small.pass_time(SWEEP_SECONDS)
            self.small.sweep()
            return True
        if left is None:
            return False
        self.small.pass_time(left)
        return True

    def do_what_is_due(self) -> bool:
        """Do one thing that is due: a webhook, something of the client's, a batch."""
        self.small._openai.loop.do_what_is_due()
        return self._take_webhook() or self._act() or self.small._deliver_batch()

    def _seconds_until_next(self) -> float | None:
        waits = [queue.seconds_until_next() for queue in (self.small.run_queue, self.small.tool_queue)]
        known = [wait for wait in waits if wait is not None]
        works = self.small._openai.loop.seconds_until_next()
        return min([*known, *([] if works is None else [works])], default=None)

    # -- what may come ---------------------------------------------------------------------------------

    def webhooks(self) -> Sequence[Sent]:
        """Give every webhook sent so far; more are only sent after a request or as time passes."""
        since = len(self.small.wire.exchanges), self.small.clock.time()
        if self._webhooks is None or self._webhooks[0] != since:
            with self.looking():
                self._webhooks = since, self.small.webhooks_sent()
        return self._webhooks[1]

    def messages(self) -> Sequence[Message]:
        """Give every message sent so far."""
        return self.small.aws.sent

    def awaited_webhooks(self) -> Iterator[int]:
        """Count out the webhooks that were not delivered yet, and the next that may be sent."""
        sent = self.webhooks()
        yield from (n for n, each in enumerate(sent) if each.webhook_id not in self._delivered)
        yield len(sent)

    def distinct_messages(self) -> Iterable[int]:
        """Count out the messages sent so far: of those that say the same, the last."""
        return sorted({message.body: number for number, message in enumerate(self.messages())}.values())

    def go_on_to_the_next_turn(self) -> None:
        """Do whatever there is to do until the model begins a turn, or is told something."""
        before = self._posts()
        self.go_on(ELSE_SECONDS, lambda: self._posts() > before)

    def _posts(self) -> int:
        return sum(each.request.operation.startswith("POST") for each in self.small.wire.exchanges)

    def take_webhook(self, sent: Sent) -> None:
        """Have a webhook delivered, and its message handled."""
        self._delivered.add(sent.webhook_id)
        self._wholly(lambda: self.small.deliver_webhook(sent))

    def sweep(self) -> None:
        """Let the schedule fire, and have its checks handled."""
        self._wholly(self.small.sweep)

    def cancel(self) -> None:
        """Have the client cancel the run, and that message handled."""
        self._has_cancelled = True
        self._ask("cancel", None, f"/runs/{self.run_id}/cancel", {})

    def decide(self, *, approve: bool) -> None:
        """Have a person decide about the latest call."""
        for call_id in self.calls()[-1:]:
            body = {"approve": approve, "reason": "yes" if approve else "no"}
            self._ask("decision", call_id, f"/runs/{self.run_id}/calls/{call_id}/decision", body)

    def answer(self, output: str) -> None:
        """Have the latest call that is run elsewhere answered."""
        for call_id in self.calls("external")[-1:]:
            body = {"output": output}
            self._ask("output", call_id, f"/runs/{self.run_id}/calls/{call_id}/output", body)

    def calls(self, executor: str | None = None) -> list[str]:
        """Give the ids of the calls that are on record, in the order of their turns."""
        items = self.records("call#")
        return [
            item["call_id"]["S"]
            for item in items
            if executor is None or item.get("executor", {}).get("S") == executor
        ]

    def records(self, prefix: str) -> list[Item]:
        """Give the run's items whose sort keys begin so."""
        partition = self.small.aws.table.partition(self.find_run())
        return [partition[key] for key in sorted(partition) if key.startswith(prefix)]

    def _ask(self, what: str, call_id: str | None, path: str, body: dict[str, Any]) -> None:
        def ask() -> None:
            was_over = self._model_is_done()
            answer = self.small.request("POST", path, body)
            self.told.append(Told(what, call_id, body, answer["statusCode"], self.status, was_over))

        if self.find_run() and self.status:
            self._wholly(ask)

    def _wholly(self, do: Callable[[], Any]) -> None:
        """Do something, and have the messages handled that it sends."""
        known = len(self.small.aws.sent)
        do()
        for message in list(self.small.aws.sent[known:]):
            if message in self.small.run_queue.visible:
                self.small.deliver(message)

    def _model_is_done(self) -> bool:
        """Say whether the model has said its last words."""
        with self.looking():
            made = self.small.simulator.resources()
        ended = [each for each in made if each["status"] in ("completed", "idle")]
        script = len(self.scenario.script)
        return len(ended) >= (script if made and made[0]["object"] == "response" else 1)

    def _take_webhook(self) -> bool:
        for sent in self.webhooks():
            if sent.webhook_id not in self._delivered:
                self._delivered.add(sent.webhook_id)
                self.small.deliver_webhook(sent)
                return True
        return False

    def _act(self) -> bool:
        """Do what the client does by itself."""
        for item in self.records("call#"):
            path = f"/runs/{self.run_id}/calls/{item['call_id']['S']}"
            outcome, executor = item["outcome"]["S"], item.get("executor", {}).get("S")
            if self.scenario.cancels and not self._has_cancelled:
                self._has_cancelled = True
                self._ask_alone("cancel", None, f"/runs/{self.run_id}/cancel", {})
                return True
            if outcome == "awaiting_decision" and self.scenario.decision is not None:
                decision = {"approve": self.scenario.decision, "reason": "usual"}
                return self._ask_alone("decision", item["call_id"]["S"], f"{path}/decision", decision)
            if outcome == "pending" and executor == "external" and self.scenario.answers:
                return self._ask_alone("output", item["call_id"]["S"], f"{path}/output", {"output": "usual"})
        return False

    def _ask_alone(self, what: str, call_id: str | None, path: str, body: dict[str, Any]) -> bool:
        """Ask the API; what that sends is delivered in its turn. Says whether it was accepted."""
        if (path, self.status) in self._asked_in_vain:
            return False
        was_over = self._model_is_done()
        answer = self.small.request("POST", path, body)
        self.told.append(Told(what, call_id, body, answer["statusCode"], self.status, was_over))
        if answer["statusCode"] != ACCEPTED:
            self._asked_in_vain.add((path, self.status))
        return bool(answer["statusCode"] == ACCEPTED)

    # -- looking ---------------------------------------------------------------------------------------

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Do something in the block that counts as no request."""
        was, self.watch.is_off = self.watch.is_off, True
        try:
            yield
        finally:
            self.watch.is_off = was

    def show(self) -> dict[str, Any]:
        """Show the run as the API does."""
        with self.looking():
            return self.small.run(self.run_id)

    def timeline(self) -> list[dict[str, Any]]:
        """Show the run's timeline as the API does."""
        with self.looking():
            return self.small.timeline(self.run_id)

    def state(self) -> tuple[Any, ...]:
        """Give what may be compared later, to see whether anything has changed."""
        queues = [
            (message.id, message.visible_at, message.delayed_until)
            for queue in (self.small.run_queue, self.small.tool_queue)
            for message in queue.messages
        ]
        counts = self._posts(), len(self.told), len(self._delivered)
        return self.small.aws.table.items(), queues, counts, self.small.clock.time()
