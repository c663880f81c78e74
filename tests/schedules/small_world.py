"""The whole system, small and quick: many runs a second, at a time of its own.

The handlers, their clients and the simulator are the real ones. What differs from `tests.harness.world`:
time stands still until it is told to pass (`clockwork`), AWS is answered in memory (`quick_aws`), and the
simulator drops every webhook. A test takes them out of its journal and delivers them, or does not.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx2

from functions.worker import gate
from simulator.app import create_app
from simulator.serving import served
from simulator.webhooks.signing import new_secret, signed_headers
from simulator.wire.bodies import as_bytes
from tests.harness.clock import governed_by
from tests.harness.functions import LOGICAL_IDS, Function
from tests.harness.gateway import proxy_event
from tests.harness.item_sizes import Item
from tests.harness.memory_table import MemoryTable
from tests.harness.quick_aws import QuickAws, answered_by
from tests.harness.scenario import Turn
from tests.harness.simulation import Simulation
from tests.harness.site import API_KEY, Site, deployed
from tests.harness.template import Template
from tests.harness.transports import carried_by
from tests.harness.webhooks import PATH, Door
from tests.harness.wire import Wire
from tests.harness.world import ENDINGS, World
from tests.schedules.clockwork import HOST, Served, StandingClock, serving

ASSISTANTS = {"authorization": f"Bearer {API_KEY}", "openai-beta": "assistants=v2"}
ALL_DROPPED = {"webhooks": {"drop": 1.0}}


@dataclass(frozen=True)
class Sent:
    """A webhook as the simulator would have sent it."""

    webhook_id: str
    event: dict[str, Any]


class SmallWorld(World):
    """One system, empty at first, and again after `reset`."""

    def __init__(
        self, here: Site, clock: StandingClock, *, aws: QuickAws, openai: Served, shop: Simulation
    ) -> None:
        super().__init__(here, clock, Wire())
        self.aws = aws
        self.wire.interceptor = lambda _request: self.aws.on_request()
        self._openai = openai
        self._here = here
        self._shop = shop
        self.reset()

    def reset(self, **faults: Any) -> None:
        """Forget everything but the functions' instances."""
        self.simulator.reset()
        self.simulator.faults(**(ALL_DROPPED | faults))
        self._shop.reset()
        self.aws.table.clear()
        self.aws.sent.clear()
        self.wire.exchanges.clear()
        for queue in (self.run_queue, self.tool_queue):
            queue.purge()
            queue._queue.dead_letter_queue._messages.clear()
        for function in self._here.functions.values():
            function.forget_output()
        body = {"model": "gpt-6-astra"}
        made = self.simulator._client.post("/v1/assistants", json=body, headers=ASSISTANTS)
        self._assistant_id: str = made.raise_for_status().json()["id"]

    def start_kind(self, kind: str, *turns: Turn, **wanted: Any) -> str:
        """Start a run of a kind in which the model does this."""
        requests: dict[str, Any] = {
            "response": {"model": "gpt-6-astra", "input": "hello"},
            "session": {"agent": {"model": "gpt-6-astra"}, "input": "hello"},
            "thread": {
                "assistant_id": self._assistant_id,
                "thread": {"messages": [{"role": "user", "content": "hello"}]},
            },
        }
        return self.start(*turns, kind=kind, request=requests[kind], **wanted)

    def items(self) -> list[Item]:
        """Give every item of the table."""
        return self.aws.table.items()

    def is_over(self, run_id: str) -> bool:
        """Say whether a run has ended."""
        return self.aws.table.partition(run_id)["run"]["status"]["S"] in ENDINGS

    def due_at(self, run_id: str) -> float:
        """Give the moment at which a run is due, in Unix seconds."""
        return datetime.fromisoformat(self.run(run_id)["due_at"]).timestamp()

    def webhooks_sent(self) -> list[Sent]:
        """Give every webhook so far, in the order of sending; none of them arrived."""
        self._openai.loop.do_what_is_due()
        sent = self.simulator.journal(kind="webhook")
        return [Sent(entry["webhook_id"], entry["request"]) for entry in sent]

    def deliver_webhook(self, sent: Sent) -> None:
        """Deliver a webhook, for the first time or again, signed now."""
        body = as_bytes(sent.event)
        signed = signed_headers(body, sent.webhook_id, [self._here.webhook_secret])
        headers = {"content-type": "application/json", **signed}
        answer = self.receive_webhook(proxy_event("POST", PATH, headers=headers.items(), body=body))
        assert answer["statusCode"] == 202, answer

    def effects(self) -> list[dict[str, Any]]:
        """Give the side effects that the shop counted."""
        return self._shop.effects()

    def step(self) -> bool:
        """Deliver what is visible, or let time pass until something happens."""
        self._openai.loop.do_what_is_due()
        return self._deliver_batch() or self._let_time_pass()

    def pass_time(self, seconds: float) -> None:
        """Let time pass, and the simulator live in it."""
        end = self.clock.time() + seconds
        while (
            left := self._openai.loop.seconds_until_next()
        ) is not None and self.clock.time() + left <= end:
            self.clock.skip(left)
            self._openai.loop.do_what_is_due()
        self.clock.skip(max(0.0, end - self.clock.time()))

    def _let_time_pass(self) -> bool:
        """Go on to the next message, or to what the simulator does before it."""
        waits = [queue.seconds_until_next() for queue in (self.run_queue, self.tool_queue)]
        known = [wait for wait in waits if wait is not None]
        if known:
            works = self._openai.loop.seconds_until_next()
            self.pass_time(min(known if works is None else [*known, works]))
        return bool(known)


@contextmanager
def small_world(**parameters: str) -> Iterator[SmallWorld]:
    """Make a small world, with these parameters of the template.

    The shop is served over HTTP, for tools run in processes of their own.
    """
    secret, clock = new_secret(), StandingClock()
    app = create_app(webhook_url="http://nobody.test/", webhook_secret=secret, api_key=API_KEY)
    with ExitStack() as stack:
        openai = stack.enter_context(serving(app, clock))
        shop_url = stack.enter_context(served(create_app()))
        client = stack.enter_context(httpx2.Client(base_url=f"http://{HOST}", trust_env=False))
        shop = stack.enter_context(httpx2.Client(base_url=shop_url, trust_env=False))
        template = Template({"OpenAIBaseUrl": f"http://{HOST}/v1", "SampleShopUrl": shop_url, **parameters})
        functions = {name: Function(name, template) for name in LOGICAL_IDS}
        here = Site(template, functions, Simulation(client), Door(), secret)
        aws = QuickAws(MemoryTable(template))
        for block in (deployed(here, on_moto=True), governed_by(clock), answered_by(aws)):
            stack.enter_context(block)
        gate.time.monotonic = clock.time  # type: ignore[attr-defined] - the harness's own `time`, in the block
        world = SmallWorld(here, clock, aws=aws, openai=openai, shop=Simulation(shop))
        stack.enter_context(carried_by(world.wire))
        yield world
