"""The statuses of a run, as a table: each status and where it may go.

The words are OpenAI's own, plus `lost`: the provider no longer knows the run.
"""

from typing import Literal, get_args

type Kind = Literal["response", "session", "thread"]
type Status = Literal[
    "queued",
    "in_progress",
    "requires_action",
    "cancelling",
    "completed",
    "incomplete",
    "failed",
    "cancelled",
    "expired",
    "lost",
]

KINDS: tuple[Kind, ...] = get_args(Kind.__value__)
STATUSES: tuple[Status, ...] = get_args(Status.__value__)

_ENDINGS: frozenset[Status] = frozenset({"completed", "incomplete", "failed", "cancelled", "expired", "lost"})

EXITS: dict[Status, frozenset[Status]] = {
    "queued": frozenset({"in_progress", "cancelling", "requires_action"}) | _ENDINGS,
    "in_progress": frozenset({"requires_action", "cancelling"}) | _ENDINGS,
    "requires_action": frozenset({"in_progress", "cancelling"}) | _ENDINGS,
    "cancelling": _ENDINGS,
    **{status: frozenset() for status in _ENDINGS},
}


def is_terminal(status: Status) -> bool:
    """Say whether there is no way out of a status."""
    return not EXITS[status]
