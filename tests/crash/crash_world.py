"""A world that is forked at every request, and the client of the run in it."""

import gc
import json
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from simulator.webhooks.signing import signed_headers
from tests.crash.branches import Branches, BranchingWire
from tests.crash.embedded import Embedded, StandingClock, embedded_site, standing_still
from tests.harness.site import deployed
from tests.harness.transports import carried_by
from tests.harness.world import World

if TYPE_CHECKING:
    from tests.harness.webhooks import Webhook

SWEEP_SECONDS = 300
"""As the template has it."""
MAX_SWEEPS = 30
MAX_TRIES = 5
ACCEPTED = 202


class CrashWorld(World):
    """A world in one thread, where a schedule sweeps, and a webhook is sent again until it is kept."""

    def __init__(self, embedded: Embedded, clock: StandingClock, wire: BranchingWire) -> None:
        super().__init__(embedded_site()[0], clock, wire)
        self.acknowledged: set[str] = set()
        """The ids of the webhooks that were answered with a 2xx."""
        self.branching_wire = wire
        self._embedded = embedded
        self._unanswered: Webhook | None = None
        self._sweeps = 0

    def take_webhook(self, *, seconds: float = 0) -> bool:
        """Hand over the webhook that was sent first."""
        self._embedded.drain()
        webhook = self.next_webhook()
        if webhook is None:
            return False
        self._stamp_now(webhook.event)
        self.webhooks.append(webhook.event)
        self._unanswered = webhook
        self._answer(self.receive_webhook(webhook.event))
        return True

    def _stamp_now(self, event: dict[str, Any]) -> None:
        """Sign a webhook when it is handed over: in real time, it may have waited for many forks."""
        webhook_id = event["headers"]["webhook-id"]
        event["headers"] |= signed_headers(event["body"].encode(), webhook_id, [self._embedded.secret])

    def _answer(self, answer: dict[str, Any]) -> None:
        assert self._unanswered is not None
        if answer["statusCode"] == ACCEPTED:
            self.acknowledged.add(self._unanswered.event["headers"]["webhook-id"])
        self._unanswered.answer.set_result(answer)
        self._unanswered = None
        self._embedded.drain()

    def hear_of_death(self) -> None:
        """Have the sender of a webhook see that the function died: it is sent again at once."""
        if self._unanswered:
            self._answer({"statusCode": 500})

    def _let_time_pass(self) -> bool:
        """Let time pass until the next message is visible, or the schedule fires while it may find a run."""
        waits = [queue.seconds_until_next() for queue in (self.run_queue, self.tool_queue)]
        is_soon = any(wait is not None and wait <= SWEEP_SECONDS for wait in waits)
        if is_soon or self._sweeps == MAX_SWEEPS or not self._may_be_swept():
            return super()._let_time_pass()
        self._sweeps += 1
        self.clock.skip(SWEEP_SECONDS)
        self.sweep()
        return True

    def _may_be_swept(self) -> bool:
        """Say whether the sweeper may find anything: a run that is open, or is being deleted."""
        return any("sweep" in item for item in self.items())


@contextmanager
def _no_garbage() -> Iterator[None]:
    """Collect no garbage while the block runs: a collection in a fork copies all memory there is."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def crash_world(branches: Branches) -> Iterator[CrashWorld]:
    """Make a world that is forked wherever it says so, with functions that have never served."""
    site, embedded = embedded_site()
    clock, wire = StandingClock(), BranchingWire(branches)
    with (
        deployed(site),
        standing_still(clock),
        carried_by(wire),
        embedded.answering(clock),
        site.door.opened(),
    ):
        for function in site.functions.values():
            function.forget_output()
            function.begin_anew()
        site.simulator.faults(webhooks={"retry_seconds": [0] * MAX_TRIES})
        branches.after_fork = embedded.shop.branch
        with _no_garbage():
            yield CrashWorld(embedded, clock, wire)
        site.simulator.reset()


class Client:
    """Plays a client's part, act by act; an act that was under way when something died is taken up again."""

    def __init__(self, world: CrashWorld, acts: Sequence[Callable[["Client"], None]]) -> None:
        self.world = world
        self.run_id = ""
        self._acts = acts
        self._done = 0

    def play(self) -> None:
        """Go on from the act that is not over."""
        while self._done < len(self._acts):
            self._acts[self._done](self)
            self._done += 1

    def ask(
        self, path: str, body: dict[str, Any] | None, *, key: str, method: str = "POST"
    ) -> dict[str, Any]:
        """Ask the API until it accepts, as a client does that hears nothing or a 5xx."""
        for _ in range(MAX_TRIES):
            answer = self.world.request(method, path, body, headers=[("Idempotency-Key", key)])
            if answer["statusCode"] < 500:
                break
        assert answer["statusCode"] < 300, answer["body"]
        told: dict[str, Any] = json.loads(answer["body"])
        return told


def explore(client: Client, branches: Branches, see: Callable[[], Sequence[str]]) -> Sequence[str]:
    """Play a client's part with a fork at every point; give the violations seen, in all of them.

    Args:
        see: Says what is wrong when all is over.
    """

    def go_on() -> NoReturn:
        try:
            client.world.hear_of_death()
            client.play()
            seen = see()
        except BaseException:  # noqa: BLE001 - a fork never returns to pytest
            seen = [traceback.format_exc(limit=-6)]
        branches.end(seen)

    client.world.branching_wire.after_death = go_on
    try:
        client.play()
        seen = see()
    except BaseException:
        if branches.point is None:
            raise
        seen = [traceback.format_exc(limit=-6)]
    if branches.point is not None:
        branches.end(seen)
    branches.collect()
    return [*(f"in the clean run: {each}" for each in seen), *branches.violations]
