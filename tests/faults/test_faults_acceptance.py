"""A queue that is down: a webhook is kept, or its sender hears that it was not, and sends it again."""

from tests.faults.rows import row
from tests.faults.runs import finish
from tests.harness.scenario import saying
from tests.harness.wire import Answer, Request
from tests.harness.world import World

DOWN = Answer(500, {"__type": "InternalError", "message": "no"})


def is_queueing(request: Request) -> bool:
    return request.sender == "webhook" and request.operation == "SendMessage"


@row("F12")
def test_a_webhook_that_the_queue_refused_is_queued_when_it_comes_again(world: World):
    run_id = world.start(saying("done"))
    world.step_until(lambda: world.run_queue.visible == [] and world.simulator.awaited() != set())
    arrived = world.next_webhook(seconds=5)
    assert arrived is not None

    world.wire.interceptor = lambda request: DOWN if is_queueing(request) else None
    refused = world.receive_webhook(arrived.event)
    world.wire.interceptor = lambda _request: None
    queued_before = len(world.run_queue.visible)
    accepted = world.receive_webhook(arrived.event)

    assert (refused["statusCode"], accepted["statusCode"]) == (503, 202)
    assert len(world.run_queue.visible) == queued_before + 1
    arrived.answer.set_result(accepted)
    finish(world, run_id)
    assert world.run(run_id)["status"] == "completed"
