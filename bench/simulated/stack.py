"""The stack: real handlers and clients, the real simulator, AWS in memory, and time that is told to pass.

A handler does its work at the moment in which it begins, and holds its place (`WorkerConcurrency`) for as
long as its requests would take by `Latencies`; what it writes counts as written when the requests before it
would have been answered. A worker is handed whatever waits, up to `RecordsAtOnce` messages, and begins all of
them at that moment: it computes for each in turn, and is done when the longest look is (`AtOnce`). Webhooks
are sent by the simulator itself, with its faults.
"""

import heapq
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from time import process_time
from typing import Any

import httpx2

from bench.simulated.held import Held
from bench.simulated.latencies import Latencies
from bench.simulated.limiter import Limited
from bench.simulated.queues import LeanAws, LeanQueue, Waiting
from bench.simulated.table import IndexedTable
from bench.simulated.tally import OPENAI, Tally
from tests.harness.functions import LOGICAL_IDS
from tests.harness.gateway import proxy_event
from tests.harness.scenario import Turn
from tests.harness.site import Site
from tests.harness.template import ACCOUNT, REGION, physical_name
from tests.harness.webhooks import PATH
from tests.harness.wire import Request, Wire
from tests.schedules.clockwork import Served, StandingClock

A_MOMENT = 0.001
"""Passes with each request, so that no two are at one time, and moments that are written differ."""

ENDINGS = frozenset({"completed", "incomplete", "failed", "cancelled", "expired", "lost"})
WEBHOOKS = "runrelay.test"
SERVICE_OF_QUEUE = {"RunQueue": "worker", "ToolQueue": "tools"}
PLACES = {"worker": "WorkerConcurrency", "tools": "ToolConcurrency"}
AWS = "aws"


@dataclass(order=True)
class Due:
    """Something that happens at a moment."""

    at: float
    number: int
    act: Callable[[], None] = field(compare=False)


@dataclass(frozen=True)
class Recorded:
    """That a run's end was written down: when, by the stack's clock, and how it ended."""

    at: float
    status: str


@dataclass(frozen=True)
class Sweep:
    """What one sweep did."""

    at: float
    seconds: float
    runs: int


class SimulatedStack:
    """One stack, empty at first.

    Attributes:
        recorded: When each run's end was recorded, by the stack's clock.
        busy_seconds: For how long functions were at work, by their names and by `Latencies`.
        awaited: How many answers they waited for one after another, by their names and who answered.
        polls: Requests of Lambda's to SQS: a receive for each batch, and a delete for what is done.
        held: What the invocation that is under way has waited for.
        processor_seconds: For how long they really computed, here, with what answers them in memory.
    """

    def __init__(  # noqa: PLR0913 - all that it is made of
        self,
        here: Site,
        clock: StandingClock,
        *,
        aws: LeanAws,
        run_table: IndexedTable,
        openai: Served,
        limiter: Limited,
        latencies: Latencies,
    ) -> None:
        self.clock, self.aws, self.limiter, self.latencies = clock, aws, limiter, latencies
        self.simulator = here.simulator
        self.functions = here.functions
        self._parameters = here.template._parameters  # noqa: SLF001
        self.table = run_table
        self.tally = Tally(run_table.indexes)
        self.wire = Wire()
        self.wire.exchanges = self.tally  # type: ignore[assignment]  # keeps nothing
        self.wire.interceptor = self._on_request
        self.recorded: dict[str, Recorded] = {}
        self.busy_seconds: dict[str, float] = dict.fromkeys(LOGICAL_IDS, 0.0)
        self.awaited: Counter[tuple[str, str]] = Counter()
        self.invocations: Counter[str] = Counter()
        self.polls = 0
        self.held = Held()
        self.log_bytes = 0
        self.processor_seconds: dict[str, float] = dict.fromkeys(LOGICAL_IDS, 0.0)
        self.sweeps: list[Sweep] = []
        self.queues = {name: LeanQueue(clock.time) for name in SERVICE_OF_QUEUE}
        aws.queues = {physical_name(name): queue for name, queue in self.queues.items()}
        self.stand_in: Callable[[Sequence[Waiting]], float | None] = lambda _batch: None
        """Handles a batch in a function's place and says how long it takes, or leaves it alone."""

        self.least_in_batch = 1
        """Workers begin when so many messages wait, as if they were behind."""

        self._openai = openai
        self._due: list[Due] = []
        self._numbers = count()
        self._free = {name: self.parameter(parameter) for name, parameter in PLACES.items()}
        self.most_in_batch = {"RunQueue": self.parameter("RecordsAtOnce"), "ToolQueue": 1}

    # -- what happens ---------------------------------------------------------------------------------

    def at(self, moment: float, act: Callable[[], None]) -> None:
        """Have something happen at a moment."""
        heapq.heappush(self._due, Due(moment, next(self._numbers), act))

    def start(self, turns: Sequence[Turn], **wanted: Any) -> str:  # noqa: ANN401
        """Start a response in which the model does this, and give its run's id."""
        scenario = self.simulator.put_scenario(turns)
        body = {
            "kind": "response",
            "request": {"model": "gpt-6-astra", "input": "hello"},
            "metadata": {"scenario": scenario},
            **wanted,
        }
        headers = [("content-type", "application/json")]
        event = proxy_event("POST", "/runs", headers=headers, body=json.dumps(body).encode())
        answer = self.invoke("api", event)
        run_id: str = json.loads(answer["body"])["run_id"]
        return run_id

    def invoke(self, name: str, event: Mapping[str, Any]) -> Any:  # noqa: ANN401 - whatever a handler answers
        """Have a function serve an event now, and count how long that takes."""
        computes = self.latencies.handler * len(event.get("Records", [event]))
        outer, self.held = self.held, Held(computes + (self.latencies.tool if name == "tools" else 0))
        began = process_time()
        answer = self.functions[name].invoke(dict(event), self.wire)
        held, self.held = self.held, outer
        self.processor_seconds[name] += process_time() - began
        self.log_bytes += len(self.functions[name].output.getvalue().encode())
        self.functions[name].forget_output()
        self.busy_seconds[name] += held.seconds
        self.awaited.update({(name, who): count for who, count in held.answers.items()})
        self.invocations[name] += 1
        return answer

    def receive_webhook(self, request: httpx2.Request) -> httpx2.Response:
        """Hand a webhook to its function."""
        event = proxy_event("POST", PATH, headers=request.headers.items(), body=request.content)
        answer = self.invoke("webhook", event)
        return httpx2.Response(answer["statusCode"])

    def sweep_every(self, seconds: float) -> None:
        """Have the sweeper's schedule fire, from now on; nothing else happens while it sweeps."""

        def sweep() -> None:
            began_at = self.clock.time()
            swept = self.invoke("sweeper", {})["runs"]
            self.sweeps.append(Sweep(began_at, self.clock.time() - began_at, swept))
            self.at(began_at + seconds, sweep)

        self.at(self.clock.time() + seconds, sweep)

    def run_until(self, is_enough: Callable[[], bool]) -> None:
        """Let happen what happens until it is enough, or nothing is left to happen."""
        while not is_enough():
            self._openai.loop.do_what_is_due()
            self._do_what_is_due()
            self._deliver()
            wait = self._seconds_until_next()
            if wait is None:
                return
            self.clock.skip(wait)

    # -- the clockwork --------------------------------------------------------------------------------

    def _do_what_is_due(self) -> None:
        while self._due and self._due[0].at <= self.clock.time():
            heapq.heappop(self._due).act()

    def _deliver(self) -> None:
        for name, queue in self.queues.items():
            function = SERVICE_OF_QUEUE[name]
            most, least = self.most_in_batch[name], self._least_of(name)
            while self._free[function] and (batch := queue.take_batch(most, at_least=least)):
                self._free[function] -= 1
                self._hand_over(name, function, batch)

    def _hand_over(self, name: str, function: str, batch: Sequence[Waiting]) -> None:
        failed: set[str] = set()
        seconds = self.stand_in(batch)
        if seconds is None:
            before = self.busy_seconds[function]
            answer = self.invoke(function, {"Records": [_record(name, message) for message in batch]})
            failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
            seconds = self.busy_seconds[function] - before
        done = [message for message in batch if _message_id(message) not in failed]
        for message in done:
            self.queues[name].delete(str(message.number))
        self.polls += 2 if done else 1

        def free() -> None:
            self._free[function] += 1

        self.at(self.clock.time() + self.latencies.queue + seconds, free)

    def _seconds_until_next(self) -> float | None:
        moments = [self._due[0].at] if self._due else []
        moments += [
            at
            for name, queue in self.queues.items()
            if self._free[SERVICE_OF_QUEUE[name]]
            and (at := queue.next_visible_at(self._least_of(name))) is not None
        ]
        waits = [max(0.0, moment - self.clock.time()) + 1e-6 for moment in moments]
        if (works := self._openai.loop.seconds_until_next()) is not None:
            waits.append(works)
        return min(waits, default=None)

    def _on_request(self, request: Request) -> None:
        self.clock.skip(self.latencies.sweeper if request.sender == "sweeper" else A_MOMENT)
        who = OPENAI if request.service == OPENAI else AWS
        self.held.wait(who, self.latencies.openai if who == OPENAI else self.latencies.aws)
        if request.sender == "worker" and (ended := _ended_by(request)):
            run_id, status = ended
            moment = self.clock.time() + self.latencies.queue + self.held.seconds
            self.recorded.setdefault(run_id, Recorded(moment, status))

    def _least_of(self, queue: str) -> int:
        return min(self.least_in_batch, self.most_in_batch[queue])

    def parameter(self, name: str) -> int:
        """Read a number among the template's parameters."""
        return int(self._parameters[name])


def _ended_by(request: Request) -> tuple[str, str] | None:
    """Name the run whose end a request records, and how it ended."""
    if request.operation != "UpdateItem":
        return None
    status = request.body["ExpressionAttributeValues"].get(":status", {}).get("S")
    run_id: str = request.body["Key"]["pk"]["S"]
    return (run_id, status) if status in ENDINGS and request.body["Key"]["sk"]["S"] == "run" else None


def _message_id(message: Waiting) -> str:
    return f"message-{message.number}"


def _record(queue: str, message: Waiting) -> dict[str, Any]:
    return {
        "messageId": _message_id(message),
        "receiptHandle": str(message.number),
        "body": message.body,
        "attributes": {"ApproximateReceiveCount": str(message.receives)},
        "messageAttributes": {
            name: {"stringValue": each["StringValue"], "dataType": each["DataType"]}
            for name, each in message.attributes.items()
        },
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{physical_name(queue)}",
        "awsRegion": REGION,
    }
