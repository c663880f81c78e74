"""Twenty webhooks a second, for as long as something else goes on."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event

from runrelay_client import Client

SENDERS = 3
"""As many webhooks at once as the local stack has instances for: none is refused for want of one."""

EACH_SECOND = 20


@dataclass
class Flood:
    """What became of the webhooks that were sent, known when it is over.

    Attributes:
        statuses: What they were answered; `None` is no answer.
    """

    statuses: Counter[int | None] = field(default_factory=Counter)
    seconds: float = 0.0


@contextmanager
def flooded(client: Client, *, seconds_around: float) -> Iterator[Flood]:
    """Have webhooks come, from some seconds before the block to some after it."""
    flood, over = Flood(), Event()
    with ThreadPoolExecutor() as pool:
        sending = [pool.submit(_send_until, over, client) for _ in range(SENDERS)]
        began = time.monotonic()
        try:
            time.sleep(seconds_around)
            yield flood
            time.sleep(seconds_around)
        finally:
            over.set()
        flood.statuses = sum((each.result() for each in sending), Counter[int | None]())
        flood.seconds = time.monotonic() - began


def _send_until(over: Event, client: Client) -> Counter[int | None]:
    """Have the simulator send webhooks, signed, one after the other, and count what they were answered."""
    statuses = Counter[int | None]()
    while not over.is_set():
        next_at = time.monotonic() + SENDERS / EACH_SECOND
        event = {"type": "batch.completed", "data": {"id": "batch_1"}}
        answer = client.http.post(f"{client.stack.simulator_url}/_sim/webhooks", json=event)
        statuses[answer.json()["status"]] += 1
        time.sleep(max(0, next_at - time.monotonic()))
    return statuses
