"""With 429 on half of all requests, the gate keeps those who wait from asking.

The same runs are made twice: with the gate, and with its record deleted before each delivery and each
request, so that every worker finds it open, which needs nothing of our code changed. What is compared are the
requests that the journal has in those seconds for which the provider had said to wait (`Retry-After`).

Two workers are at it: while one is about to ask OpenAI, a batch is delivered to the other.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.harness.scenario import saying
from tests.harness.wire import Request
from tests.schedules.clockwork import HOST
from tests.schedules.small_world import SmallWorld
from tests.summary import TOLD

RUNS = 200
AT_ONCE = 20
RETRY_AFTER_SECONDS = 1
WORKERS = 2
KINDS = ("response", "response", "session", "response", "thread")
GATE = f"gate#http://{HOST}/v1"


@dataclass
class Closings:
    """When the provider said that it is busy, and what it was asked all the same."""

    requests: int = 0
    while_closed: int = 0
    seconds_closed: float = 0
    _until: float = field(default=0)

    def add(self, at: float, *, is_refused: bool) -> None:
        """Count a request, in the order of the journal."""
        self.requests += 1
        self.while_closed += at < self._until
        if is_refused:
            self.seconds_closed += at + RETRY_AFTER_SECONDS - max(at, self._until)
            self._until = at + RETRY_AFTER_SECONDS

    @property
    def rate(self) -> float:
        """Requests a second while closed."""
        return self.while_closed / self.seconds_closed


def test_a_closed_gate_keeps_nine_of_ten_requests_back(small, is_exhaustive, record_property):
    runs = RUNS if is_exhaustive else RUNS // 4
    without = driven(small, runs, before=lambda: small.aws.table.delete(GATE))
    with_gate = driven(small, runs, before=lambda: None)

    for name, seen in (("without the gate", without), ("with the gate", with_gate)):
        record_property(
            TOLD,
            f"{runs} runs, 429 on half of all requests, {name}: {seen.requests} requests, "
            f"{seen.while_closed} of them in {seen.seconds_closed:.0f} s closed: {seen.rate:.2f} a second",
        )
    assert without.while_closed > runs / 2
    assert with_gate.rate <= without.rate / 10


def driven(world: SmallWorld, runs: int, before: Callable[[], None]) -> Closings:
    """Drive runs of every kind to their ends, and tell what the provider was asked."""
    world.reset(
        seed=429,
        api={
            "429": 0.5,
            "retry_after": RETRY_AFTER_SECONDS,
            "paths": ["/responses", "/sessions", "/threads"],
        },
    )
    world.start_anew()
    asked_at = watched(world, before)
    begun = len(world.simulator.journal(kind="request"))

    for wave in range(0, runs, AT_ONCE):
        kinds = [KINDS[number % len(KINDS)] for number in range(wave, wave + AT_ONCE)]
        run_ids = [world.start_kind(kind, saying("done", seconds=0)) for kind in kinds]
        world.step_until(lambda run_ids=run_ids: all(map(world.is_over, run_ids)))
        statuses = {world.run(run_id)["status"] for run_id in run_ids}
        assert statuses == {"completed"}

    assert not world.run_queue.dead_letters
    closings, journal = Closings(), world.simulator.journal(kind="request")[begun:]
    for at, entry in zip(asked_at, journal, strict=True):
        closings.add(at, is_refused=entry["status"] == 429)
    return closings


def watched(world: SmallWorld, before: Callable[[], None]) -> list[float]:
    """Have other workers at work whenever one asks OpenAI, and note when each request is sent."""
    asked_at: list[float] = []
    at_work = 1

    def on_request(request: Request) -> Any:
        nonlocal at_work
        if request.service != "openai":
            return
        if at_work < WORKERS and (batch := world.run_queue.visible[:3]):
            at_work += 1
            world.deliver(*batch)
            at_work -= 1
        asked_at.append(world.clock.time())

    world.aws.on_request = before
    world.wire.interceptor = on_request
    return asked_at
