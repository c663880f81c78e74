"""A tool's function in a process of its own.

Python cannot end a thread, and an exception raised into a blocked call may never arrive. A process can be
ended at its timeout, and a tool that crashes its process takes nothing with it. Lambda has no shared memory
for `multiprocessing.Queue`, but it has fork and pipes.
"""

import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from typing import Any

from pydantic_core import to_json

_fork = multiprocessing.get_context("fork")

MAX_DETAIL_CHARACTERS = 4000


@dataclass(frozen=True, slots=True)
class Returned[T]:
    """The function returned."""

    value: T


@dataclass(frozen=True, slots=True)
class Raised:
    """The function raised.

    Attributes:
        for_model: The words of a `ToolError`, which are meant for the model.
        detail: The end of the traceback.
    """

    for_model: str | None
    detail: str


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The function was ended at its timeout."""


@dataclass(frozen=True, slots=True)
class Died:
    """The function's process ended without a word."""

    exit_code: int | None


type Failed = Raised | TimedOut | Died
type Ending[T] = Returned[T] | Failed


def as_text(value: Any) -> str:  # noqa: ANN401 - whatever a tool returns
    """Write a value as the model gets it: a string as it is, anything else as JSON."""
    return value if isinstance(value, str) else to_json(value).decode()


def run_in_child[T](
    function: Callable[[], T], *, timeout_seconds: float, told_errors: type[Exception]
) -> Ending[T]:
    """Run a function in a child process, for at most so long.

    Args:
        function: Its value goes through a pipe: it returns texts, truths, or records of them.
        told_errors: Exceptions whose words are meant for the model.
    """
    receiver, sender = _fork.Pipe(duplex=False)
    child = _fork.Process(target=_report, args=(function, sender, told_errors))
    child.start()
    sender.close()
    try:
        ending: Ending[T] | None = receiver.recv() if receiver.poll(timeout_seconds) else TimedOut()
    except (EOFError, OSError):  # it closed the pipe, or died in the middle of its words
        ending = None
    finally:
        _end(child)
        receiver.close()
    return ending or Died(child.exitcode)


def _end(child: ForkProcess) -> None:
    """End a child and whatever it started; one that has ended keeps its exit code."""
    assert child.pid is not None, "it was started"  # noqa: S101
    with suppress(ProcessLookupError):  # it has no group of its own yet
        os.killpg(child.pid, signal.SIGKILL)
    child.kill()
    child.join()


def _report(function: Callable[[], Any], sender: Connection, told_errors: type[Exception]) -> None:
    os.setpgid(0, 0)
    try:
        ending: Ending[Any] = Returned(function())
    except Exception as error:  # noqa: BLE001 - whatever a tool raises is an answer
        detail = traceback.format_exc()[-MAX_DETAIL_CHARACTERS:]
        ending = Raised(str(error) if isinstance(error, told_errors) else None, detail)
    sender.send(ending)
    sender.close()
