"""What a soak will do, all of it chosen by its seed: the runs, and the mischief between their starts."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from contracts.status import Kind, Status

type Json = Mapping[str, Any]

TOOLS: Final = ("get_order", "refund_order", "send_email")
LARGE_CENTS: Final = 150_000
"""More than a refund may be without somebody's decision."""

KINDS: Final[Mapping[Kind, int]] = {"response": 2, "session": 1, "thread": 1}
"""Kind -> its weight."""

VICTIMS: Final = {"WorkerFunction": 6, "ToolFunction": 4, "WebhookFunction": 2, "ApiFunction": 1}
"""Whose process is killed -> the weight."""

KILLS_PER_RUN: Final = 0.15
FORGERIES_PER_RUN: Final = 0.1
DENIED: Final = 0.3


@dataclass(frozen=True, slots=True)
class Kill:
    """End an instance of a function; which of them, if there are several, chance has said as well."""

    function: str
    luck: float


@dataclass(frozen=True, slots=True)
class Forge:
    """Send a webhook that is not authentic."""

    how: str


type Mischief = Kill | Forge

FORGERIES: Final = ("wrong secret", "no signature", "stale", "not JSON", "doubled id")


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """One run of the soak.

    Attributes:
        turns: The simulator's scenario.
        approves: What the soak answers where a decision is asked for.
        mischief: What is done just after it was started.
    """

    number: int
    kind: Kind
    shape: str
    turns: Sequence[Json]
    status: Status
    approves: bool
    mischief: Sequence[Mischief]


def planned_runs(count: int, seed: int) -> list[PlannedRun]:
    """Choose the runs of a soak: the same for the same seed."""
    chance = random.Random(f"soak {seed}")
    return [_planned(number, chance) for number in range(1, count + 1)]


def _planned(number: int, chance: random.Random) -> PlannedRun:
    kind = chance.choices(list(KINDS), list(KINDS.values()))[0]
    shapes = (
        SHAPES if kind == "session" else {name: SHAPES[name] for name in SHAPES if name != "mcp approval"}
    )
    shape = chance.choice(sorted(shapes))
    turns, status = shapes[shape](number)
    return PlannedRun(
        number=number,
        kind=kind,
        shape=shape,
        turns=[{"seconds": round(chance.uniform(0.1, 0.8), 2), **turn} for turn in turns],
        status=status,
        approves=chance.random() >= DENIED,
        mischief=tuple(_mischief(chance)),
    )


def _mischief(chance: random.Random) -> list[Mischief]:
    done: list[Mischief] = []
    if chance.random() < KILLS_PER_RUN:
        function = chance.choices(list(VICTIMS), list(VICTIMS.values()))[0]
        done.append(Kill(function, chance.random()))
    if chance.random() < FORGERIES_PER_RUN:
        done.append(Forge(chance.choice(FORGERIES)))
    return done


# -- what the model does: every call has arguments of its own, so that each effect is known by them -----


def order_id(number: int, nth: int = 1) -> str:
    return f"S-{number}-{nth}"


def _get(number: int) -> Json:
    return {"name": "get_order", "arguments": {"order_id": order_id(number)}}


def _refund(number: int, cents: int = 500, nth: int = 1) -> Json:
    return {"name": "refund_order", "arguments": {"order_id": order_id(number, nth), "cents": cents}}


def _email(number: int, nth: int = 1) -> Json:
    to = f"{order_id(number, nth)}@example.com"
    return {"name": "send_email", "arguments": {"to": to, "subject": "Refund", "body": "Done."}}


def _approval(number: int) -> Json:
    arguments = {"order_id": order_id(number), "cents": LARGE_CENTS}
    return {"server_label": "accounts", "name": "credit", "arguments": arguments}


type Turns = tuple[Sequence[Json], Status]

DONE: Final = {"text": "done"}


def _calling(*calls: Json) -> Turns:
    return [{"calls": calls}, DONE], "completed"


SHAPES: Final[Mapping[str, Callable[[int], Turns]]] = {
    "no call": lambda _: ([DONE], "completed"),
    "one pure call": lambda n: _calling(_get(n)),
    "one keyed call": lambda n: _calling(_refund(n)),
    "one once call": lambda n: _calling(_email(n)),
    "three parallel calls": lambda n: _calling(_get(n), _refund(n), _email(n)),
    "two turns of calls": lambda n: (
        [{"calls": [_refund(n), _email(n)]}, {"calls": [_refund(n, nth=2), _email(n, nth=2)]}, DONE],
        "completed",
    ),
    "a decision": lambda n: _calling(_refund(n, LARGE_CENTS), _email(n)),
    "mcp approval": lambda n: ([{"approvals": [_approval(n)]}, DONE], "completed"),
    "a failing model": lambda _: ([{"fail": {"code": "server_error", "message": "boom"}}], "failed"),
}
