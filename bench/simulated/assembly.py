"""How a stack in simulated time is put together."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

import httpx2

from bench.simulated.held import AtOnce
from bench.simulated.latencies import Latencies
from bench.simulated.limiter import Limited
from bench.simulated.queues import LeanAws
from bench.simulated.stack import SimulatedStack
from bench.simulated.table import IndexedTable
from functions.worker import gate, side_by_side
from simulator.app import create_app
from simulator.responses import work
from simulator.threads import stored_run
from simulator.webhooks.signing import new_secret
from tests.harness.clock import _TimeModule, governed_by
from tests.harness.functions import LOGICAL_IDS, Function
from tests.harness.quick_aws import serving as answering
from tests.harness.simulation import Simulation
from tests.harness.site import API_KEY, Site, deployed
from tests.harness.template import Template
from tests.harness.transports import carried_by
from tests.harness.webhooks import PATH, Door
from tests.schedules.clockwork import HOST, StandingClock, serving

WEBHOOKS = "runrelay.test"


@contextmanager
def simulated_stack(
    latencies: Latencies, *, per_minute: int | None = None, **parameters: str
) -> Iterator[SimulatedStack]:
    """Make a stack whose OpenAI takes so many requests a minute."""
    secret, clock = new_secret(), StandingClock()
    app = create_app(webhook_url=f"http://{WEBHOOKS}{PATH}", webhook_secret=secret, api_key=API_KEY)
    limiter = Limited(app, clock.time, per_minute=per_minute)
    with ExitStack() as stack:
        openai = stack.enter_context(serving(limiter, clock))
        client = stack.enter_context(httpx2.Client(base_url=f"http://{HOST}", trust_env=False))
        urls = {"OpenAIBaseUrl": f"http://{HOST}/v1", "SampleShopUrl": f"http://{HOST}"}
        template = Template({**urls, **parameters})
        functions = {name: Function(name, template, seconds=clock.time, settings={}) for name in LOGICAL_IDS}
        here = Site(template, functions, Simulation(client), Door(), secret)
        run_table = IndexedTable(template)
        aws = LeanAws(run_table)
        for block in (deployed(here, on_moto=True), governed_by(clock), answering(aws)):
            stack.enter_context(block)
        stack.enter_context(simulator_governed_by(clock))
        stack.enter_context(patch.object(gate, "time", _TimeModule(clock)))
        gate.time.monotonic = clock.time  # type: ignore[attr-defined]
        made = SimulatedStack(
            here,
            clock,
            aws=aws,
            run_table=run_table,
            openai=openai,
            limiter=limiter,
            latencies=latencies,
        )
        stack.enter_context(patch.object(side_by_side, "ThreadPoolExecutor", lambda _most: AtOnce(made)))
        stack.enter_context(carried_by(made.wire))
        stack.enter_context(_door_to(made))
        yield made
        here.simulator.reset()  # what it is still at has nobody to tell


@contextmanager
def simulator_governed_by(clock: StandingClock) -> Iterator[None]:
    """Have the simulator say by a clock when something ended."""
    time = _TimeModule(clock)
    with patch.object(work, "time", time), patch.object(stored_run, "time", time):
        yield


@contextmanager
def _door_to(stack: SimulatedStack) -> Iterator[None]:
    """Have the simulator's webhooks arrive at a stack."""
    send_by_http = httpx2.AsyncHTTPTransport.handle_async_request

    async def send(transport: httpx2.AsyncHTTPTransport, request: httpx2.Request) -> httpx2.Response:
        if request.url.host == WEBHOOKS:
            return stack.receive_webhook(request)
        return await send_by_http(transport, request)

    with patch.object(httpx2.AsyncHTTPTransport, "handle_async_request", send):
        yield
