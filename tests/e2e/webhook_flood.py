"""Up to twenty webhooks a second, before, while and after something else goes on."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

from runrelay_client import Client

SENDERS = 2
"""The local stack has three instances for webhooks: one is left for what others have sent meanwhile."""

EACH_SECOND = 20
"""At most: a machine that is busy answers fewer."""

AROUND = 40
"""How many are answered before the block, and again after it."""


class Flood:
    """What became of the webhooks that were sent.

    Attributes:
        answers: The status of each, in order; `None` is no answer.
        before: How many of them were answered before the block.
        until: How many when it was over.
    """

    def __init__(self) -> None:
        self.answers: list[int | None] = []
        self.before = 0
        self.until: int | None = None

    @property
    def amid(self) -> int:
        """How many were answered while the block went on; in it, so far."""
        return (len(self.answers) if self.until is None else self.until) - self.before

    @property
    def statuses(self) -> Counter[int | None]:
        return Counter(self.answers)


@contextmanager
def flooded(client: Client) -> Iterator[Flood]:
    """Have webhooks come, from some before the block to some after it."""
    flood, over = Flood(), Event()
    with ThreadPoolExecutor() as pool:
        sending = [pool.submit(_send_until, over, client, flood.answers) for _ in range(SENDERS)]
        try:
            _wait_for_more(flood, sending)
            flood.before = len(flood.answers)
            yield flood
            flood.until = len(flood.answers)
            _wait_for_more(flood, sending)
        finally:
            over.set()


def _wait_for_more(flood: Flood, sending: list[Future[None]]) -> None:
    enough = len(flood.answers) + AROUND
    while len(flood.answers) < enough:
        for ended in (each for each in sending if each.done()):
            ended.result()
        time.sleep(0.05)


def _send_until(over: Event, client: Client, answers: list[int | None]) -> None:
    """Have the simulator send webhooks, signed, one after the other, and keep what they were answered."""
    while not over.is_set():
        next_at = time.monotonic() + SENDERS / EACH_SECOND
        event = {"type": "batch.completed", "data": {"id": "batch_1"}}
        answer = client.http.post(f"{client.stack.simulator_url}/_sim/webhooks", json=event)
        answers.append(answer.json()["status"])
        time.sleep(max(0, next_at - time.monotonic()))
