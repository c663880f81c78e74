"""What a look at a run asks of AWS and OpenAI, and what they answer: recorded once, for a stub to replay."""

from dataclasses import dataclass
from typing import Any

from tests.harness.scenario import saying
from tests.harness.wire import Exchange
from tests.harness.world import World, harness


@dataclass(frozen=True)
class Recorded:
    """How a webhook that ends a run is dealt with.

    Attributes:
        body: Its message on the run queue.
        ids: Of the webhook, the run and the turn; each request names one of them.
        answers: What the worker was answered, in order: the operation, and the JSON.
    """

    body: str
    ids: tuple[str, ...]
    answers: tuple[tuple[str, Any], ...]


def record() -> Recorded:
    """Have a run without tools come to its end, and note how."""
    with harness() as world:
        run_id = world.start(saying("The order has been shipped. " * 20), tools=["get_order"])
        world.step_until(lambda: bool(world.webhooks))
        return _look(world, run_id)


def _look(world: World, run_id: str) -> Recorded:
    message = world.run_queue.visible[-1]
    before = len(world.wire.exchanges)
    world.deliver(message)
    answers = tuple(map(_answer, world.wire.exchanges[before:]))
    response_id = next(answer["id"] for operation, answer in answers if operation == "GET")
    webhook_id = world.webhooks[-1]["headers"]["webhook-id"]
    return Recorded(message.body, (webhook_id, run_id, response_id), answers)


def _answer(exchange: Exchange) -> tuple[str, Any]:
    return exchange.request.operation.partition(" ")[0], exchange.answer
