"""The whole system in one process: the real handlers, moto, and the simulator on loopback.

    with harness() as world:
        run_id = world.start(calling(("get_order", {"order_id": "A-1"})), saying("done"), tools=["get_order"])
        world.run_to_end(run_id)
        assert world.run(run_id)["status"] == "completed"
        assert world.costs().openai_requests == 4

Nothing happens unless the world does it, in the thread that asks: every handler runs inside `step`, `deliver`
or `receive_webhook`. So a test decides what is delivered, when, in which order and how often. The wire
(`world.wire`) sees every request of theirs, and may fail it or kill its sender.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from moto.sqs.models import Message

from tests.harness import table
from tests.harness.clock import Clock, governed_by
from tests.harness.costs import Costs, costs_of
from tests.harness.gateway import proxy_event
from tests.harness.item_sizes import Item
from tests.harness.queues import SourceQueue
from tests.harness.scenario import Turn
from tests.harness.site import API_KEY, Site, deployed, site
from tests.harness.template import physical_name
from tests.harness.transports import carried_by
from tests.harness.webhooks import Webhook
from tests.harness.wire import Killed, Wire

MAX_STEPS = 3000
ENDINGS = frozenset({"completed", "incomplete", "failed", "cancelled", "expired", "lost"})


class StuckError(AssertionError):
    """Nothing will ever happen again, or things never end."""


class World:
    """One system, empty at first."""

    def __init__(self, here: Site, clock: Clock, wire: Wire) -> None:
        self.clock = clock
        self.wire = wire
        self.run_queue = SourceQueue("RunQueue", batch_size=10, clock=clock)  # the template's 1 is no promise
        self.tool_queue = SourceQueue("ToolQueue", batch_size=1, clock=clock)
        self.webhooks: list[dict[str, Any]] = []
        """The event of every webhook received so far; any of them may be received again."""
        self.simulator = here.simulator
        self.patience_seconds = 2.0
        """How long a due webhook is waited for, in real time; then the clock moves on without it."""
        self._site = here
        self._given_up: set[str] = set()

    # -- clients --------------------------------------------------------------------------------------

    def start(
        self, *turns: Turn, kind: str = "response", idempotency_key: str | None = None, **wanted: Any
    ) -> str:
        """Start a run in which the model does this, turn by turn, and give its id."""
        metadata = {"scenario": self.simulator.put_scenario(turns), **wanted.pop("metadata", {})}
        request = wanted.pop("request", None) or self._request(kind)
        body = {"kind": kind, "request": request, "metadata": metadata, **wanted}
        headers = [("Idempotency-Key", idempotency_key)] if idempotency_key else []
        answer = self.request("POST", "/runs", body, headers=headers)
        assert answer["statusCode"] == 202, answer["body"]
        run_id: str = json.loads(answer["body"])["run_id"]
        return run_id

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Sequence[tuple[str, str]] = (),
        wire: Wire | None = None,
    ) -> dict[str, Any]:
        """Ask the API."""
        path, _, query = path.partition("?")
        raw = json.dumps(body).encode() if body is not None else b""
        event = proxy_event(
            method, path, headers=[("content-type", "application/json"), *headers], body=raw, query=query
        )
        answer: dict[str, Any] = self._site.functions["api"].invoke(event, wire or self.wire)
        return answer

    def ask_openai(self, path: str, body: dict[str, Any]) -> Any:
        """Ask the provider for something behind our back, as anybody in its project may."""
        return self.simulator.post(path, body, api_key=API_KEY)

    def is_at_openai(self, path: str) -> bool:
        """Say whether the provider has an object."""
        return self.simulator.is_known(path, api_key=API_KEY)

    def made(self, kind: str) -> list[str]:
        """Give the paths of the objects that the provider has made for runs, and keeps what is said in."""
        many = {"response": "/responses", "session": "/agents/sessions", "thread": "/threads"}[kind]
        asked = self.simulator.journal(kind="request")
        posts = [each for each in asked if (each["method"], each["path"]) == ("POST", f"/v1{many}")]
        return [f"{many}/{each['response']['id']}" for each in posts if each["status"] == HTTPStatus.OK]

    # -- looking, which costs nothing -----------------------------------------------------------------

    def run(self, run_id: str) -> dict[str, Any]:
        """Show a run as `GET /runs/{run_id}` does."""
        return self._shown(f"/runs/{run_id}")

    def timeline(self, run_id: str) -> list[dict[str, Any]]:
        """Show a run's timeline."""
        events: list[dict[str, Any]] = self._shown(f"/runs/{run_id}/events")["events"]
        return events

    def items(self) -> list[Item]:
        """Give every item of the table."""
        return table.items(physical_name("RunTable"))

    def is_over(self, run_id: str) -> bool:
        """Say whether a run has ended."""
        runs = (item for item in self.items() if item["pk"]["S"] == run_id and item["sk"]["S"] == "run")
        return any(run["status"]["S"] in ENDINGS for run in runs)

    def costs(self) -> Costs:
        """Count everything the functions have sent so far."""
        return costs_of(self.wire.exchanges, table.indexes(self._site.template))

    def output(self, function: str) -> str:
        """Give what a function has printed: log lines and metrics."""
        return self._site.functions[function].output.getvalue()

    def errors(self, function: str) -> str:
        """Give what a function has sent to standard error, with the processes of its tools."""
        return self._site.functions[function].errors

    # -- delivering -----------------------------------------------------------------------------------

    def deliver(self, *messages: Message, seconds: float | None = None) -> list[Message]:
        """Deliver messages of one queue as one batch, in this order, and give those that were not done.

        A message that is delayed, in flight or deleted is delivered all the same: at least once is often
        twice. What was not done stays on the queue, invisible for as long as the function said.

        Args:
            seconds: How long the function has; its timeout if absent.
        """
        queue, function = (
            (self.tool_queue, "tools")
            if json.loads(messages[0].body).get("message") == "call"
            else (self.run_queue, "worker")
        )
        event = queue.receive(messages)
        try:
            answer = self._site.functions[function].invoke(event, self.wire, seconds=seconds)
        except Killed:
            return list(messages)
        return queue.settle(messages, answer)

    def receive_webhook(self, event: dict[str, Any]) -> dict[str, Any]:
        """Hand an event to the webhook function, for the first time or again."""
        try:
            answer: dict[str, Any] = self._site.functions["webhook"].invoke(event, self.wire)
        except Killed:
            return {"statusCode": 500, "body": '{"message":"Internal Server Error"}'}
        return answer

    def sweep(self, *, seconds: float | None = None) -> int:
        """Let the schedule fire, and count the runs that were found overdue.

        Args:
            seconds: How long the function has; its timeout if absent.
        """
        swept: dict[str, int] = self._site.functions["sweeper"].invoke({}, self.wire, seconds=seconds)
        return swept["runs"]

    def trace(self, event: dict[str, Any]) -> None:
        """Hand an event to the function that sends traces."""
        self._site.functions["trace"].invoke(event, self.wire)

    def next_webhook(self, *, seconds: float = 0) -> Webhook | None:
        """Take a webhook that has arrived and do nothing with it; set its `answer` in the end."""
        return self._site.door.next(seconds=seconds)

    @contextmanager
    def settings(self, function: str, **variables: str) -> Iterator[None]:
        """Have a function serve with other settings while the block runs."""
        served_by = self._site.functions[function]
        before = served_by._environment
        served_by._environment = {**before, **variables}
        served_by.forget_instances()
        try:
            yield
        finally:
            served_by._environment = before
            served_by.forget_instances()

    def start_anew(self) -> None:
        """Have every function begin with a new instance, which remembers nothing."""
        for function in self._site.functions.values():
            function.forget_instances()

    # -- going on -------------------------------------------------------------------------------------

    def run_to_end(self, run_id: str) -> None:
        """Do whatever there is to do until a run is over."""
        self.step_until(lambda: self.is_over(run_id))

    def step_until(self, is_enough: Callable[[], bool]) -> None:
        """Do whatever there is to do until it is enough.

        Raises:
            StuckError: There is nothing left to do, or no end of it.
        """
        for _ in range(MAX_STEPS):
            if is_enough():
                return
            if not self.step():
                raise StuckError(f"nothing is left to do: {self.items()}")
        raise StuckError(f"it was not enough after {MAX_STEPS} steps")

    def settle(self) -> None:
        """Do whatever there is to do until nothing is left, letting any time pass.

        Raises:
            StuckError: There is no end of it.
        """
        for _ in range(MAX_STEPS):
            if not self.step():
                return
        raise StuckError(f"there was still something to do after {MAX_STEPS} steps")

    def step(self) -> bool:
        """Do the next thing: a webhook, a batch, or else waiting; say whether there was anything."""
        return (
            self.take_webhook()
            or self._deliver_batch()
            or self._wait_for_simulator()
            or self._let_time_pass()
        )

    def take_webhook(self, *, seconds: float = 0) -> bool:
        """Hand over a webhook that has arrived, and its answer to its sender."""
        webhook = self.next_webhook(seconds=seconds)
        if webhook is None:
            return False
        self.webhooks.append(webhook.event)
        webhook.answer.set_result(self.receive_webhook(webhook.event))
        return True

    def _deliver_batch(self) -> bool:
        for queue in (self.run_queue, self.tool_queue):
            if batch := queue.visible[: queue.batch_size]:
                self.deliver(*batch)
                return True
        return False

    def _wait_for_simulator(self) -> bool:
        """Wait for a webhook that is due, or a run that no webhook tells of; in vain, not once more."""
        if self.take_webhook(seconds=0.01):  # most are here at once, and asking takes longer
            return True
        give_up_at = time.monotonic() + self.patience_seconds
        while awaited := self.simulator.awaited() - self._given_up:
            if self.take_webhook(seconds=0.02):
                return True
            if time.monotonic() > give_up_at:
                self._given_up |= awaited
        return self.take_webhook()

    def _let_time_pass(self) -> bool:
        waits = [queue.seconds_until_next() for queue in (self.run_queue, self.tool_queue)]
        known = [wait for wait in waits if wait is not None]
        if known:
            self.clock.skip(min(known))
        return bool(known)

    def _request(self, kind: str) -> dict[str, Any]:
        """Make the create body that says the least."""
        match kind:
            case "session":
                return {"agent": {"model": "gpt-6-astra"}, "input": "hello"}
            case "thread":
                model = {"model": "gpt-6-astra"}
                thread = {"messages": [{"role": "user", "content": "hello"}]}
                return {"assistant_id": self.ask_openai("/assistants", model)["id"], "thread": thread}
            case _:
                return {"model": "gpt-6-astra", "input": "hello"}

    def _shown(self, path: str) -> dict[str, Any]:
        answer = self.request("GET", path, wire=Wire())
        assert answer["statusCode"] == 200, answer["body"]
        shown: dict[str, Any] = json.loads(answer["body"])
        return shown


@contextmanager
def harness() -> Iterator[World]:
    """Make a world, and leave nothing of it behind."""
    here, clock, wire = site(), Clock(), Wire()
    for function in here.functions.values():
        function.forget_output()
    try:
        with deployed(here), governed_by(clock), carried_by(wire), here.door.opened():
            yield World(here, clock, wire)
    finally:
        here.simulator.reset()
