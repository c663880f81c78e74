"""The simulator in this very thread, so that the whole world is one process which can be forked at any point.

Nothing of it goes on by itself: its event loop runs while a request is answered and until all that follows
from it is done. So webhooks come in the order in which they were sent, every time, and a fork takes along
whatever was under way. Its timers go by the world's clock.
"""

import asyncio
import atexit
import os
import pickle
import selectors
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import botocore.endpoint
import httpx2
from contracts import instant
from starlette.applications import Starlette
from starlette.routing import Mount

from simulator.app import create_app
from simulator.shop.routes import ShopRoutes
from simulator.shop.shop import Shop
from simulator.webhooks.signing import new_secret
from tests.harness import transports
from tests.harness.clock import Clock, governed_by
from tests.harness.functions import LOGICAL_IDS, Function
from tests.harness.gateway import proxy_event
from tests.harness.simulation import Simulation
from tests.harness.site import API_KEY, Site, deployed
from tests.harness.template import Template
from tests.harness.webhooks import PATH, Door, Webhook

HOST = "simulator.test"
URL = f"http://{HOST}"


class StandingClock(Clock):
    """A clock that goes on by a millisecond whenever it is read: it does not matter how long forks take."""

    _reading = time.time()
    """Of all such clocks: an instance that outlives a world is never told that it is earlier than it was."""

    def time(self) -> float:
        """Give Unix seconds."""
        StandingClock._reading += 0.001
        return self._reading

    def skip(self, seconds: float) -> None:
        """Let time pass at once."""
        StandingClock._reading += seconds


@contextmanager
def standing_still(clock: StandingClock) -> Iterator[None]:
    """Have everything read this clock while the block runs, whatever it reads of time."""
    with governed_by(clock):
        botocore.endpoint.time.monotonic = clock.time  # what stands there is what stands everywhere
        yield


class _Loop(asyncio.SelectorEventLoop):
    """An event loop whose timers go by a world's clock."""

    def __init__(self) -> None:
        super().__init__(selectors.SelectSelector())
        self.clock: Clock = StandingClock()

    def time(self) -> float:
        return self.clock.time()


class EmbeddedShop:
    """The shop, kept in a file: tools run in processes of their own, and what they do there must be seen."""

    def __init__(self) -> None:
        self._folder = Path(mkdtemp(prefix="crash-shop-"))
        atexit.register(rmtree, self._folder, ignore_errors=True)
        self._file = self._folder / "shop.pickle"
        self._shop = Shop()
        self._app = Starlette(routes=[Mount("/shop", routes=ShopRoutes(self._shop).routes())])

    def branch(self) -> None:
        """Go on with a file of one's own, in a fork of the world."""
        branched = self._folder / f"shop-{os.getpid()}.pickle"
        if self._file.exists():
            branched.write_bytes(self._file.read_bytes())
        self._file = branched

    def forget(self) -> None:
        """Begin anew, and leave no file behind."""
        for file in self._folder.iterdir():
            file.unlink()

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request, by whichever process."""
        self._shop.clear()
        if self._file.exists():
            vars(self._shop).update(pickle.loads(self._file.read_bytes()))
        answer = asyncio.run(_call(self._app, request))
        written = self._file.with_suffix(".new")
        written.write_bytes(pickle.dumps({"ledger": self._shop.ledger, "_refunded": self._shop._refunded}))
        written.replace(self._file)
        return answer


class Embedded:
    """The simulator, answering in the thread that asks."""

    def __init__(self) -> None:
        self.secret = new_secret()
        self.door = Door()
        self.shop = EmbeddedShop()
        self._loop = _Loop()
        self._app = create_app(webhook_url=URL + PATH, webhook_secret=self.secret, api_key=API_KEY)
        self._send_elsewhere = transports._send_by_http

    @contextmanager
    def answering(self, clock: StandingClock) -> Iterator[None]:
        """Answer whatever is sent to `HOST` while the block runs."""
        self._loop.clock = clock
        send_webhook = httpx2.AsyncHTTPTransport.handle_async_request
        httpx2.AsyncHTTPTransport.handle_async_request = self._knock  # type: ignore[assignment, method-assign]
        transports._send_by_http = self._send
        try:
            yield
        finally:
            transports._send_by_http = self._send_elsewhere
            httpx2.AsyncHTTPTransport.handle_async_request = send_webhook  # type: ignore[method-assign]
            self.shop.forget()

    def drain(self) -> None:
        """Let everything happen that waits for nothing but its turn."""
        self._loop.run_until_complete(self._until_quiet())

    def _send(self, transport: httpx2.HTTPTransport, request: httpx2.Request) -> httpx2.Response:
        if request.url.host != HOST:
            return self._send_elsewhere(transport, request)
        if request.url.path.startswith("/shop/"):
            return self.shop.answer(request)
        answer = self._loop.run_until_complete(_call(self._app, request))
        self.drain()
        return answer

    async def _until_quiet(self) -> None:
        while self._loop._ready:  # type: ignore[attr-defined]  # noqa: ASYNC110 - it waits for no event
            await asyncio.sleep(0)

    async def _knock(self, request: httpx2.Request) -> httpx2.Response:
        """Stand in the transport's place for a webhook's attempt."""
        headers = request.headers.items()
        webhook = Webhook(proxy_event("POST", PATH, headers=headers, body=request.content))
        self.door._waiting.put(webhook)
        answer = await asyncio.wrap_future(webhook.answer)
        return httpx2.Response(answer["statusCode"], text=answer.get("body", ""))


async def _call(app: Starlette, request: httpx2.Request) -> httpx2.Response:
    transport = httpx2.ASGITransport(app=app)
    answer = await transport.handle_async_request(request)
    content = await answer.aread()
    return httpx2.Response(answer.status_code, headers=answer.headers, content=content, request=request)


@cache
def embedded_site() -> tuple[Site, Embedded]:
    """Set up once what does not change from one world to the next."""
    embedded = Embedded()
    client = httpx2.Client(base_url=URL, trust_env=False)
    template = Template({"OpenAIBaseUrl": f"{URL}/v1", "SampleShopUrl": URL})
    functions = {name: Function(name, template, seconds=_seconds) for name in LOGICAL_IDS}
    site = Site(template, functions, EmbeddedSimulation(client), embedded.door, embedded.secret)
    with deployed(site):
        for function in functions.values():
            function.begin_anew()  # a clock governs only what is imported
    return site, embedded


class EmbeddedSimulation(Simulation):
    """The simulator's controls, when nothing of it goes on by itself."""

    def awaited(self) -> set[str]:
        """Wait for nothing: what was due has come."""
        return set()


def _seconds() -> float:
    return instant.now().timestamp()
