"""Nothing of what a tool raises is printed: Lambda takes standard error into its log, where it would be kept.

Python prints what nobody has caught, in a thread or in a process, and what was raised where nobody can catch
it; asyncio and `concurrent.futures` log it. All of it may quote what is private. What a tool itself prints or
logs is the tool's business.
"""

import logging
import multiprocessing
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.util import register_after_fork

_TELL_OF_EXCEPTIONS = ("asyncio", "concurrent.futures")
"""Loggers that write of exceptions which nobody has asked for, and of nothing else that matters."""


def fall_silent() -> None:
    """Have this process print nothing that is raised in it, nor one that `multiprocessing` forks from it."""
    sys.excepthook = sys.unraisablehook = threading.excepthook = _say_nothing
    logging.raiseExceptions = False
    for name in _TELL_OF_EXCEPTIONS:
        logging.getLogger(name).disabled = True
    register_after_fork(_say_nothing, _silence_process)


@contextmanager
def ending_silently() -> Iterator[None]:
    """Have whatever is raised end the process with the code that it would have, and without a word."""
    try:
        yield
    except BaseException as error:  # noqa: BLE001 - that is the point
        raise SystemExit(_exit_code(error)) from None


def _say_nothing(*_: object) -> None:
    """Take the place of what would print an exception."""


def _silence_process(_: object) -> None:
    """Have the process that has just been forked, and runs its function next, print nothing of its end."""
    process = multiprocessing.current_process()
    process.run = _silent(process.run)  # type: ignore[method-assign]


def _silent(run: Callable[[], None]) -> Callable[[], None]:
    def run_silently() -> None:
        with ending_silently():
            run()

    return run_silently


def _exit_code(error: BaseException) -> int:
    """Give the code with which Python ends a process for an exception; one that says words has 1."""
    code = error.code if isinstance(error, SystemExit) else 1
    return code if isinstance(code, int) else int(code is not None)
