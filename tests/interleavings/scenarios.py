"""The runs in which everything comes at every moment: what the model does, and what the client does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from contracts.status import KINDS, Kind

from tests.harness.scenario import Turn, calling, saying

REFUND = ("refund_order", {"order_id": "A-1", "cents": 500})
LARGE_REFUND = ("refund_order", {"order_id": "A-1", "cents": 100_001})
EMAIL = ("send_email", {"to": "a@example.com", "subject": "Refund", "body": "It is on its way."})
QUESTION = ("ask_warehouse", {"question": "Is it still there?"})
APPROVAL: Turn = {
    "seconds": 0,
    "approvals": [{"server_label": "files", "name": "delete", "arguments": {}}],
}

TOOLS = ("refund_order", "send_email", "ask_warehouse")
LAST_WORDS = "All done."
ANSWER = "It is."

PARAMETERS = {"CheckFirstSeconds": "5", "CheckCapSeconds": "900", "DecisionSeconds": "20"}
"""Checks come due while an answer is awaited, and so does the end of a person's time."""


@dataclass(frozen=True)
class Scenario:
    """One run.

    Attributes:
        turns: What the model does before its last words.
        pace: How many seconds the model takes for each turn.
        decision: What the client decides at once about whatever awaits it; nothing if absent.
        answers: Whether the client answers at once what is asked outside.
        cancels: Whether the client cancels as soon as a call is open.
        begun_before_deadline: How many seconds are left when a worker first hears of the run.
        pauses: How many seconds pass before a thing comes.
        outcomes: What becomes of the calls if nothing else comes, by tool; else they succeed.
        status: How the run ends if nothing else comes.
    """

    name: str
    turns: Sequence[Turn] = ()
    pace: int = 0
    decision: bool | None = True
    answers: bool = True
    cancels: bool = False
    begun_before_deadline: int | None = None
    pauses: tuple[int, ...] = (0, 6)
    outcomes: Mapping[str, str] = field(default_factory=dict)
    status: str = "completed"
    kinds: Sequence[Kind] = KINDS

    @property
    def script(self) -> list[Turn]:
        """What the model does, to its last words."""
        return [{**turn, "seconds": self.pace} for turn in (*self.turns, saying(LAST_WORDS))]

    def asked(self, turn: int) -> list[str]:
        """Name what is asked for in a turn, counted from 1, in no order."""
        asked: Turn = self.script[turn - 1] if turn <= len(self.script) else {}
        approvals = [f"{each['server_label']}.{each['name']}" for each in asked.get("approvals", ())]
        return sorted([*(call["name"] for call in asked.get("calls", ())), *approvals])


SCENARIOS = (
    Scenario("no calls"),
    Scenario("no calls in three seconds", pace=3, kinds=("response", "session")),
    Scenario("one call", [calling(EMAIL)]),
    Scenario("a call outside", [calling(QUESTION)]),
    Scenario("parallel calls", [calling(REFUND, EMAIL, QUESTION)]),
    Scenario("two turns of calls", [calling(QUESTION), calling(EMAIL)]),
    Scenario("a decision", [calling(LARGE_REFUND)]),
    Scenario("an approval", [APPROVAL], kinds=("session",)),
    Scenario("nobody decides", [calling(LARGE_REFUND)], decision=None, outcomes={"refund_order": "denied"}),
    Scenario(
        "nobody answers",
        [calling(QUESTION)],
        answers=False,
        outcomes={"ask_warehouse": "failed"},
        kinds=("response",),
    ),
    Scenario("a cancel", [calling(QUESTION, EMAIL)], answers=False, cancels=True, status="cancelled"),
    Scenario("a deadline", [calling(QUESTION)], begun_before_deadline=10, pauses=(0, 12)),
)
