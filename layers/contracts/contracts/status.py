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

_ENDINGS: tuple[Status, ...] = ("completed", "incomplete", "failed", "cancelled", "expired", "lost")

EXITS: dict[Status, tuple[Status, ...]] = {
    "queued": ("in_progress", "cancelling", *_ENDINGS),
    "in_progress": ("queued", "requires_action", "cancelling", *_ENDINGS),
    "requires_action": ("in_progress", "cancelling", *_ENDINGS),
    "cancelling": _ENDINGS,
    "completed": (),
    "incomplete": (),
    "failed": (),
    "cancelled": (),
    "expired": (),
    "lost": (),
}


def is_terminal(status: Status) -> bool:
    """Say whether there is no way out of a status."""
    return not EXITS[status]
