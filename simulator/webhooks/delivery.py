"""Delivering webhooks: at least once, in no order, and as badly as the faults say."""

import asyncio
from dataclasses import dataclass

import httpx2

from simulator.background import Background
from simulator.faults import Faults, SignatureFate
from simulator.journal import Entry, Journal, json_or_none
from simulator.webhooks.endpoints import Endpoint, Endpoints
from simulator.webhooks.events import event
from simulator.webhooks.loopback import reached_at
from simulator.webhooks.signing import signed_headers
from simulator.wire.bodies import JsonObject, as_bytes
from simulator.wire.identifiers import new_id

ACKNOWLEDGE_SECONDS = 5.0
LONGEST_HOLD_SECONDS = 1.0
USER_AGENT = "OpenAI/1.0 (+https://platform.openai.com/docs/webhooks)"


@dataclass(frozen=True)
class Delivery:
    """One event on its way to one endpoint; its attempts and copies share the id."""

    endpoint: Endpoint
    payload: JsonObject
    webhook_id: str


class Deliveries:
    def __init__(
        self, *, endpoints: Endpoints, faults: Faults, journal: Journal, background: Background
    ) -> None:
        self._endpoints = endpoints
        self._faults = faults
        self._journal = journal
        self._background = background
        self._client = httpx2.AsyncClient(
            timeout=ACKNOWLEDGE_SECONDS,
            follow_redirects=False,
            # Of idle connections that a post finds expired, one that is cancelled leaves some unclosed.
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=0),
        )
        self._one_passed = asyncio.Event()

    def announce(self, kind: str, data: JsonObject) -> None:
        """Tell every endpoint that wants to know; returns before anything is sent."""
        payload = event(kind, data)
        for endpoint in self._endpoints.wanting(kind):
            delivery = Delivery(endpoint, payload, new_id("wh"))
            self._background.start(self._deliver(delivery))

    async def send_once(self, delivery: Delivery) -> Entry:
        """Send now, without faults and without a retry."""
        return await self._attempt(delivery, 1, SignatureFate(is_bad=False, is_double=False))

    async def close(self) -> None:
        await self._client.aclose()

    async def _deliver(self, delivery: Delivery) -> None:
        fate = self._faults.draw_delivery()
        if fate.is_dropped:
            self._journal.add(_entry(delivery, attempt=1)).fault = "drop"
            return
        await asyncio.sleep(fate.delay_seconds)
        if fate.is_held_back:
            await self._wait_for_another_to_pass()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._insist(delivery, fault="reorder" if fate.is_held_back else None))
            for _ in range(fate.extra_copies):
                group.create_task(
                    self._attempt(delivery, 1, self._faults.draw_signature(), fault="duplicate")
                )

    async def _insist(self, delivery: Delivery, *, fault: str | None) -> None:
        """Try until the endpoint acknowledges, is deleted, or the retries are used up."""
        attempt = 1
        while True:
            sent = await self._attempt(delivery, attempt, self._faults.draw_signature(), fault=fault)
            pauses = self._faults.webhooks.retry_seconds
            if _is_acknowledged(sent) or attempt > len(pauses):
                return
            await asyncio.sleep(pauses[attempt - 1])
            if not self._endpoints.has(delivery.endpoint):
                return
            attempt, fault = attempt + 1, None

    async def _attempt(
        self, delivery: Delivery, attempt: int, signature: SignatureFate, *, fault: str | None = None
    ) -> Entry:
        body = as_bytes(delivery.payload)
        headers = {"content-type": "application/json", "user-agent": USER_AGENT} | signed_headers(
            body,
            delivery.webhook_id,
            delivery.endpoint.signing_secrets,
            is_bad=signature.is_bad,
            is_double=signature.is_double,
        )
        entry = self._journal.add(_entry(delivery, attempt))
        entry.fault = "bad_signature" if signature.is_bad else fault or _double(signature)
        try:
            async with asyncio.timeout(ACKNOWLEDGE_SECONDS):
                url, host = reached_at(delivery.endpoint.url)
                answer = await self._client.post(url, content=body, headers=headers | host)
            entry.status, entry.response = answer.status_code, json_or_none(answer.content)
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError):
            pass  # the entry keeps its null status, which is how the journal says "no answer"
        self._let_one_pass()
        return entry

    def _let_one_pass(self) -> None:
        self._one_passed.set()
        self._one_passed = asyncio.Event()

    async def _wait_for_another_to_pass(self) -> None:
        try:
            async with asyncio.timeout(LONGEST_HOLD_SECONDS):
                await self._one_passed.wait()
        except TimeoutError:
            pass


def _entry(delivery: Delivery, attempt: int) -> Entry:
    return Entry(
        kind="webhook",
        method="POST",
        path=delivery.endpoint.url,
        request=delivery.payload,
        attempt=attempt,
        webhook_id=delivery.webhook_id,
    )


def _is_acknowledged(sent: Entry) -> bool:
    return sent.status is not None and 200 <= sent.status < 300  # noqa: PLR2004 - any 2xx


def _double(signature: SignatureFate) -> str | None:
    return "double_signature" if signature.is_double else None
