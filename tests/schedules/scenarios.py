"""What the model does in the runs whose schedules are varied."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.harness.scenario import Turn, calling, saying

REFUND = ("refund_order", {"order_id": "A-1", "cents": 500})
LARGE_REFUND = ("refund_order", {"order_id": "A-1", "cents": 100_001})
EMAIL = ("send_email", {"to": "a@example.com", "subject": "Refund", "body": "It is on its way."})
ORDER = ("get_order", {"order_id": "A-1"})
QUESTION = ("ask_warehouse", {"question": "Is it still there?"})

TOOLS = ["refund_order", "send_email", "ask_warehouse"]


@dataclass(frozen=True)
class Scenario:
    """What the model does, in so many seconds for each turn.

    Attributes:
        attempts: How often each call is begun, of the calls in no order.
    """

    name: str
    turns: Callable[[int], Sequence[Turn]]
    attempts: tuple[int, ...]


NO_CALL = Scenario("no call", lambda pace: [saying("done", seconds=pace)], ())
ONE_CALL = Scenario(
    "one call", lambda pace: [calling(REFUND, seconds=pace), saying("done", seconds=pace)], (1,)
)
OUTSIDE_CALL = Scenario(
    "a call answered outside",
    lambda pace: [calling(QUESTION, seconds=pace), saying("done", seconds=pace)],
    (0,),
)
PARALLEL_CALLS = Scenario(
    "parallel calls",
    lambda pace: [calling(REFUND, EMAIL, QUESTION, seconds=pace), saying("done", seconds=pace)],
    (1, 1, 0),
)
TWO_ROUNDS = Scenario(
    "two rounds",
    lambda pace: [
        calling(QUESTION, seconds=pace),
        calling(EMAIL, seconds=pace),
        saying("done", seconds=pace),
    ],
    (1, 0),
)
LARGE_REFUND_DECIDED = Scenario(
    "a call that needs a decision",
    lambda pace: [calling(LARGE_REFUND, QUESTION, seconds=pace), saying("done", seconds=pace)],
    (1, 0),
)
"""A claim that finds that it needs a decision is no attempt."""
APPROVAL = Scenario(
    "an approval of the provider's",
    lambda pace: [
        {"seconds": pace, "approvals": [{"server_label": "files", "name": "delete", "arguments": {}}]},
        saying("done", seconds=pace),
    ],
    (0,),
)
