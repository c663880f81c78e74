"""A tool's function in a process of its own.

Python cannot end a thread, and an exception raised into a blocked call may never arrive. A process can be
ended at its timeout, and a tool that crashes its process takes nothing with it. Lambda has no shared memory
for `multiprocessing.Queue`, but it has fork and pipes.
"""

import multiprocessing
import os
import signal
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from types import TracebackType
from typing import Any

from functions.tools.masking import mask
from functions.tools.silence import ending_silently, fall_silent

_fork = multiprocessing.get_context("fork")

MAX_DETAIL_CHARACTERS = 4000

CALLERS = {__package__, "runrelay.toolbox"}
"""Packages that call tools, here and on a developer's machine."""


class _Begun(Enum):
    BEGUN = auto()


BEGUN = _Begun.BEGUN


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
    """The function's process ended without a word: it was killed, or ended itself by `os._exit`."""

    exit_code: int | None


@dataclass(frozen=True, slots=True)
class Lost:
    """Something else ran the function and cannot say how it ended."""

    detail: str


type Failed = Raised | TimedOut | Died | Lost


@dataclass(frozen=True, slots=True)
class NotBegun:
    """What had to come before the function failed, so the function was never begun."""

    because: Failed


type Ending[T] = Returned[T] | Failed | NotBegun

ENDINGS = (Returned, Raised, TimedOut)
"""What is heard of a child; anything else is not what we have it say."""


def run_in_child[T](
    function: Callable[[], T],
    *,
    timeout_seconds: float,
    told_errors: type[Exception],
    prepare: Callable[[], object] = lambda: None,
) -> Ending[T]:
    """Run a function in a child process, for at most so long.

    Args:
        function: Its value goes through a pipe: it returns texts, truths, or records of them.
        told_errors: Exceptions whose words are meant for the model.
        prepare: What has to come before, in the same process and within the same time.
    """
    receiver, sender = _fork.Pipe(duplex=False)
    child = _fork.Process(target=_report, args=(prepare, function, sender, told_errors))
    child.start()
    sender.close()
    ends_at = time.monotonic() + timeout_seconds
    is_begun = False
    try:
        ending = _heard(receiver, ends_at)
        if ending is BEGUN:
            is_begun = True
            ending = _heard(receiver, ends_at)
    except Exception:  # noqa: BLE001 - it closed the pipe, died in the middle of its words, or wrote others there
        ending = None
    finally:
        exit_code = _end(child)
        receiver.close()
    ended: Any = ending if isinstance(ending, ENDINGS) else Died(exit_code)
    return ended if is_begun else NotBegun(ended)


def _heard(receiver: Connection, ends_at: float) -> Any:  # noqa: ANN401 - an ending, or `BEGUN`
    is_there = receiver.poll(max(0, ends_at - time.monotonic()))
    return receiver.recv() if is_there else TimedOut()


def _end(child: ForkProcess) -> int | None:
    """End a child and whatever it started, leave none of its files open, and give its exit code."""
    assert child.pid is not None, "it was started"  # noqa: S101
    with suppress(ProcessLookupError):  # it has no group of its own yet
        os.killpg(child.pid, signal.SIGKILL)
    child.kill()
    child.join()
    exit_code = child.exitcode
    child.close()
    return exit_code


def end_of(detail: str) -> str:
    """Keep the end of what went wrong, without secrets; masked first, so that none is cut in two."""
    return mask(detail)[-MAX_DETAIL_CHARACTERS:]


def _words(error: BaseException) -> str | None:
    """Give what an error says; one that says nothing has no words for the model."""
    try:
        return str(error) or None
    except BaseException:  # noqa: BLE001 - a tool's errors may have code of their own
        return None


def _traceback(error: BaseException) -> str:
    try:
        begins_at = _outside(error.__traceback__) or error.__traceback__
        return "".join(traceback.TracebackException(type(error), error, begins_at).format())
    except BaseException:  # noqa: BLE001 - as above
        return type(error).__name__


def _outside(trace: TracebackType | None) -> TracebackType | None:
    """Leave out what called the tool: its frames are what somebody wants to see."""
    while trace is not None and trace.tb_frame.f_globals.get("__name__", "").rpartition(".")[0] in CALLERS:
        trace = trace.tb_next
    return trace


def _raised(error: BaseException, told_errors: type[Exception]) -> Raised:
    words = _words(error) if isinstance(error, told_errors) else None
    return Raised(words and mask(words), end_of(_traceback(error)))


def _report(
    prepare: Callable[[], object],
    function: Callable[[], Any],
    sender: Connection,
    told_errors: type[Exception],
) -> None:
    """Say how the function ended; what it raises is an answer, `SystemExit` and its like as any other."""
    os.setpgid(0, 0)
    fall_silent()
    own_id = os.getpid()
    with ending_silently():
        try:
            prepare()
            sender.send(BEGUN)
            ending: Returned[Any] | Raised = Returned(function())
        except BaseException as error:
            if os.getpid() != own_id:
                raise
            ending = _raised(error, told_errors)
        if os.getpid() == own_id:  # and not a process that the tool has forked, which says nothing for it
            sender.send(ending)
            sender.close()
