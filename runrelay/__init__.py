"""What a user of Runrelay installs and types: `from runrelay import Runrelay`.

Here: the client, and what is run against a stack, deployed or local. Not here: what runs on AWS (`functions`,
`layers`), and what is for work on this repository alone (`tasks`, `bench`, `tests`).

The client is imported when one of its names is asked for. The command does without it, and so does the
function that runs tools, where it is not even there.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runrelay.client.asynchronous import AsyncRunrelay
    from runrelay.client.blocking import Runrelay
    from runrelay.client.errors import (
        ConflictError,
        DeletedError,
        InvalidRequestError,
        NoStackError,
        NotAllowedError,
        NotFoundError,
        RunrelayError,
        UnavailableError,
        UnexpectedAnswerError,
        UnreadableRunError,
        WaitTimeoutError,
    )
    from runrelay.client.models import (
        Call,
        Deletion,
        Failure,
        Problem,
        Result,
        Run,
        RunSummary,
        Timeline,
        TimelineEntry,
        Turn,
        UnreadableItem,
        UnreadableRun,
        WrongField,
    )

__all__ = [
    "AsyncRunrelay",
    "Call",
    "ConflictError",
    "DeletedError",
    "Deletion",
    "Failure",
    "InvalidRequestError",
    "NoStackError",
    "NotAllowedError",
    "NotFoundError",
    "Problem",
    "Result",
    "Run",
    "RunSummary",
    "Runrelay",
    "RunrelayError",
    "Timeline",
    "TimelineEntry",
    "Turn",
    "UnavailableError",
    "UnexpectedAnswerError",
    "UnreadableItem",
    "UnreadableRun",
    "UnreadableRunError",
    "WaitTimeoutError",
    "WrongField",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever has that name
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_module_of(name)), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _module_of(name: str) -> str:
    special = {"Runrelay": "blocking", "AsyncRunrelay": "asynchronous"}
    return f"runrelay.client.{special.get(name) or ('errors' if name.endswith('Error') else 'models')}"
