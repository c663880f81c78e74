"""The runs of the show: what is asked for, what the model does, what goes wrong, and how each must end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from contracts.status import Kind, Status

MODEL: Final = "gpt-6-astra"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One run.

    Attributes:
        turns: The simulator's scenario: what the model does, turn by turn.
        faults: The simulator's faults, in force while the run lasts.
        approval: The words with which a person approves what waits for them; without any, nothing may wait.
        is_recovered: All its webhooks are lost, and a check must find how its turn ended.
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
    approval: str | None = None
    is_recovered: bool = False
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
    return {"model": MODEL, "input": prompt}


def session(prompt: str) -> dict[str, Any]:
    """Make the create body of a run of kind `session`."""
    return {"agent": {"model": MODEL, "instructions": "Resolve order tickets."}, "input": prompt}


def thread(prompt: str) -> dict[str, Any]:
    """Make the create body of a run of kind `thread`, without its assistant: the simulator makes one."""
    return {"thread": {"messages": [{"role": "user", "content": prompt}]}}


def turn(
    seconds: float,
    *calls: Mapping[str, Any],
    approvals: Sequence[Mapping[str, Any]] = (),
    text: str | None = None,
) -> dict[str, Any]:
    """Have the model work for so long, then ask for calls and approvals, or say a text."""
    asked = {"calls": list(calls), "approvals": list(approvals)}
    return {"seconds": seconds, **(asked if text is None else {"text": text})}


def get_order(order_id: str) -> dict[str, Any]:
    return {"name": "get_order", "arguments": {"order_id": order_id}}


def refund_order(order_id: str, cents: int) -> dict[str, Any]:
    return {"name": "refund_order", "arguments": {"order_id": order_id, "cents": cents}}


def accounts_credit(order_id: str, cents: int) -> dict[str, Any]:
    """Have a tool of the agent's own, on an MCP server, wait for an approval."""
    arguments = {"order_id": order_id, "cents": cents}
    return {"server_label": "accounts", "name": "credit", "arguments": arguments}


def send_email(to: str, subject: str) -> dict[str, Any]:
    body = "We have refunded you. Sorry for the trouble."
    return {"name": "send_email", "arguments": {"to": to, "subject": subject, "body": body}}


WARM_UP: Final = Story(
    name="warm up",
    tells="As many calls at once as the first story has, and no effect.",
    request=response("Where are my four orders?"),
    tools=["get_order"],
    turns=[
        turn(0, *(get_order(f"A-{number}") for number in range(1042, 1046))),
        turn(0, text="On their way."),
    ],
)

STORIES: Final = (
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
    Story(
        name="session",
        tells="An agent looks up an order at once; for the accounts it needs the approval of a person.",
        kind="session",
        request=session("The bicycle A-5005 never arrived. Credit me with what it cost."),
        tools=["get_order"],
        turns=[
            turn(4, get_order("A-5005"), approvals=[accounts_credit("A-5005", 125_000)]),
            turn(3, text="All 1,250 euros are on your account."),
        ],
        approval="The carrier lost it.",
    ),
    Story(
        name="thread",
        tells="A run of the Assistants API, as compatible servers have it: no webhooks, so it is polled.",
        kind="thread",
        request=thread("Where is my order A-1042?"),
        tools=["get_order"],
        turns=[turn(3, get_order("A-1042")), turn(3, text="Your order A-1042 is on its way.")],
    ),
    Story(
        name="lost webhook",
        tells="OpenAI's webhook never arrives; a check that was planned at the start finds the end.",
        request=response("Name three things to pack for the mountains."),
        turns=[turn(4, text="A rain jacket, a map, and chocolate.")],
        faults={"webhooks": {"drop": 1}},
        is_recovered=True,
    ),
)
