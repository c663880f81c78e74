"""The runs of the show: what is asked for, what the model does, what goes wrong, and how each must end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from runrelay.status import Kind, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One run.

    Attributes:
        turns: The simulator's scenario: what the model does, turn by turn.
        faults: The simulator's faults, in force while the run lasts.
        status: How it must end.
        effects: What must have happened in the shop, counted by kind; nothing else may have.
    """

    name: str
    tells: str
    request: Mapping[str, Any]
    turns: Sequence[Mapping[str, Any]]
    tools: Sequence[str] = ()
    kind: Kind = "response"
    faults: Mapping[str, Any] = field(default_factory=dict)
    status: Status = "completed"
    effects: Mapping[str, int] = field(default_factory=dict)

    @property
    def scenario(self) -> str:
        """The name that the simulator knows it by."""
        return self.name.replace(" ", "-")

    @property
    def text(self) -> str:
        """What the model says at the end."""
        return str(self.turns[-1].get("text", ""))


def response(prompt: str) -> dict[str, Any]:
    """Make the create body of a run of kind `response`."""
    return {"model": "gpt-6-astra", "input": prompt}


def turn(seconds: float, *calls: Mapping[str, Any], text: str | None = None) -> dict[str, Any]:
    """Have the model work for so long, then ask for calls, or say a text."""
    return {"seconds": seconds, "calls": list(calls)} if text is None else {"seconds": seconds, "text": text}


def get_order(order_id: str) -> dict[str, Any]:
    return {"name": "get_order", "arguments": {"order_id": order_id}}


def refund_order(order_id: str, cents: int) -> dict[str, Any]:
    return {"name": "refund_order", "arguments": {"order_id": order_id, "cents": cents}}


def send_email(to: str, subject: str) -> dict[str, Any]:
    body = "We have refunded you. Sorry for the trouble."
    return {"name": "send_email", "arguments": {"to": to, "subject": subject, "body": body}}


STORIES: Final = (
    Story(
        name="no tools",
        tells="The model thinks, the webhook comes, the run is over.",
        request=response("Name three things to pack for the mountains."),
        turns=[turn(6, text="A rain jacket, a map, and chocolate.")],
    ),
    Story(
        name="one tool",
        tells="The model needs an order: its tool runs, and its output begins the next turn.",
        request=response("Where is my order A-1042?"),
        tools=["get_order"],
        turns=[turn(3, get_order("A-1042")), turn(4, text="Your order A-1042 is on its way.")],
    ),
    Story(
        name="four tools",
        tells="Four side effects in parallel, gathered, and answered in one request.",
        request=response("Refund my three broken lamps and write me an e-mail about it."),
        tools=["refund_order", "send_email"],
        turns=[
            turn(
                4,
                refund_order("A-1042", 500),
                refund_order("A-1043", 750),
                refund_order("A-1044", 1200),
                send_email("ada@example.com", "Your three refunds"),
            ),
            turn(3, text="Refunded all three, and told you by e-mail."),
        ],
        effects={"refund": 3, "email": 1},
    ),
    Story(
        name="three turns",
        tells="One thing after the other: look, act, answer.",
        request=response("If A-2001 is paid, refund one euro of it."),
        tools=["get_order", "refund_order"],
        turns=[
            turn(2, get_order("A-2001")),
            turn(3, refund_order("A-2001", 100)),
            turn(4, text="It was paid; one euro is on its way back."),
        ],
        effects={"refund": 1},
    ),
    Story(
        name="failing tool",
        tells="The shop refuses a negative refund; the model is told so and does better.",
        request=response("Give me five euros back for A-3007."),
        tools=["refund_order"],
        turns=[
            turn(3, refund_order("A-3007", -500)),
            turn(3, refund_order("A-3007", 500)),
            turn(2, text="Done: five euros back, the right way round."),
        ],
        effects={"refund": 1},
    ),
    Story(
        name="duplicates",
        tells="Ten copies of each webhook arrive at once, and nothing happens twice.",
        request=response("Refund A-4010 and confirm it by e-mail."),
        tools=["refund_order", "send_email"],
        turns=[
            turn(3, refund_order("A-4010", 2500), send_email("grace@example.com", "Your refund")),
            turn(4, text="Refunded once, and one e-mail sent."),
        ],
        faults={"webhooks": {"duplicate": 9}},
        effects={"refund": 1, "email": 1},
    ),
)
