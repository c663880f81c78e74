"""A table that is throttled for a quarter of an hour slows runs down, and fails none."""

import pytest
from contracts.status import KINDS

from tests.harness.scenario import calling, saying
from tests.harness.wire import Answer
from tests.harness.world import World

pytestmark = pytest.mark.drawn_by_kind


def refusal(code: str) -> Answer:
    reasons = [{"Code": code}, {"Code": "None"}]
    words = f"Transaction cancelled [{code}, None]"
    body = {"__type": "TransactionCanceledException", "message": words, "CancellationReasons": reasons}
    return Answer(400, body)


@pytest.mark.parametrize("code", ["ThrottlingError", "ProvisionedThroughputExceeded"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_transaction_that_is_throttled_costs_no_run(world: World, kind, code):
    until = world.clock.time() + 900
    world.wire.interceptor = lambda request: (
        refusal(code) if request.operation == "TransactWriteItems" and world.clock.time() < until else None
    )
    get = calling(("get_order", {"order_id": "A-1"}))

    run_id = world.start(get, saying("done"), kind=kind, tools=["get_order"])
    world.step_until(lambda: world.clock.time() >= until)
    world.sweep()
    world.run_to_end(run_id)

    assert world.run(run_id)["status"] == "completed"
