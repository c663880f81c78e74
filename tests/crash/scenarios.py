"""The runs in which everything breaks once: what the model does in them, and what the client does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.status import KINDS, Kind

from tests.crash.crash_world import Client, CrashWorld
from tests.harness.scenario import Turn, calling, saying

ORDER = ("get_order", {"order_id": "A-1"})
REFUND = ("refund_order", {"order_id": "A-1", "cents": 500})
EMAIL = ("send_email", {"to": "ann@example.com", "subject": "Hello", "body": "Hello."})
LARGE_REFUND = ("refund_order", {"order_id": "A-2", "cents": 200_000})

TOOLS = ("get_order", "refund_order", "send_email")
LAST_WORDS = "All done."

type Act = Callable[[Client], None]


@dataclass(frozen=True)
class Scenario:
    """One run.

    Attributes:
        kinds: Where it is played.
        turns: What the model does before its last words.
        acts: What the client does between the start and the end.
    """

    name: str
    turns: Sequence[Turn]
    acts: Sequence[Act] = ()
    kinds: Sequence[Kind] = KINDS

    @property
    def calls(self) -> list[str]:
        """The tools that are called, in order."""
        return [call["name"] for turn in self.turns for call in turn["calls"]]


def client_of(world: CrashWorld, kind: str, scenario: Scenario, *, acts: Sequence[Act] = ()) -> Client:
    """Make the client of a run that is about to be started.

    Args:
        acts: Beside those of the scenario.
    """
    name = world.simulator.put_scenario([*scenario.turns, saying(LAST_WORDS)])
    body = {
        "kind": kind,
        "request": world._request(kind),
        "metadata": {"scenario": name},
        "tools": list(TOOLS),
    }

    def start(client: Client) -> None:
        client.run_id = client.ask("/runs", body, key="start")["run_id"]

    return Client(world, [start, *scenario.acts, *acts, _settle])


def _settle(client: Client) -> None:
    client.world.settle()


def _until_asked(client: Client) -> None:
    client.world.step_until(lambda: any(_awaits_decision(item) for item in client.world.items()))


def _approve(client: Client) -> None:
    asked = next(item for item in client.world.items() if item["sk"]["S"].startswith("call#"))
    client.ask(f"/runs/{client.run_id}/calls/{asked['call_id']['S']}/decision", {"approve": True}, key="yes")


def _awaits_decision(item: Any) -> bool:
    return item.get("outcome") == {"S": "awaiting_decision"}


def _lose_messages(client: Client) -> None:
    client.world.run_queue.purge()


SCENARIOS = (
    Scenario("no calls", []),
    Scenario("one call", [calling(EMAIL)]),
    Scenario("three calls at once", [calling(ORDER, REFUND, EMAIL)]),
    Scenario("two turns of calls", [calling(REFUND), calling(EMAIL)]),
    Scenario("an approval", [calling(LARGE_REFUND)], [_until_asked, _approve], kinds=["session"]),
    Scenario("a lost start", [], [_lose_messages], kinds=["response"]),
)
