"""The small world in which runs are played: watched, in one thread and one process, the same each time."""

import random
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from simulator.wire import identifiers
from tests.harness.quick_aws import answered_by
from tests.harness.transports import carried_by
from tests.interleavings.quick_tools import tools_run_here
from tests.interleavings.scenarios import PARAMETERS
from tests.interleavings.watched import Watch, WatchedAws
from tests.schedules.clockwork import HOST
from tests.schedules.small_world import SmallWorld, small_world


class Seeded(random.Random):
    """Gives the same ids in each play, in an order that is nobody's."""

    def token_hex(self, size: int) -> str:
        """Stand in for `secrets.token_hex`."""
        return self.randbytes(size).hex()

    def token_urlsafe(self, size: int) -> str:
        """Stand in for `secrets.token_urlsafe`."""
        return self.randbytes(size).hex()


SEEDED = Seeded()


@contextmanager
def watched_world() -> Iterator[tuple[SmallWorld, Watch]]:
    """Make a small world whose requests are watched, in one thread and one process, with seeded ids."""
    parameters = {**PARAMETERS, "SampleShopUrl": f"http://{HOST}"}
    with ExitStack() as stack:
        small = stack.enter_context(small_world(**parameters))
        watch = Watch()
        aws = WatchedAws(small.aws.table, watch)
        small.aws, small.wire = aws, watch.wire
        for function in small._here.functions.values():
            function._seconds = small.clock.time
        stack.enter_context(answered_by(aws))
        stack.enter_context(carried_by(watch.wire))
        stack.enter_context(tools_run_here())
        stack.enter_context(warnings.catch_warnings())
        # Powertools keeps metrics by process, so that an instance may find another's published already.
        warnings.filterwarnings("ignore", "No application metrics to publish")
        stack.callback(setattr, identifiers, "secrets", identifiers.secrets)
        identifiers.secrets = SEEDED  # type: ignore[assignment]
        yield small, watch


@contextmanager
def instances_kept(small: SmallWorld) -> Iterator[None]:
    """Have functions keep their instances, even those that the block leaves in the middle of a request."""
    functions = list(small._here.functions.values())
    idle = [list(function._idle) for function in functions]
    try:
        yield
    finally:
        for function, before in zip(functions, idle, strict=True):
            function._idle += [each for each in before if each not in function._idle]
