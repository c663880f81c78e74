"""The time that passes in a world: the real one, and whatever was skipped.

Waiting is never slept through. When a world has nothing to do before a message becomes visible, its clock
moves there, and with it everything that reads a clock: leases and deadlines, moto's queues, the pauses of
botocore's retries. Only the webhook function keeps the real clock, for the simulator signs by the real one.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import botocore.endpoint
import moto.sqs.models
from contracts import instant

_real_now = instant.now


class Clock:
    """Real time plus an offset."""

    def __init__(self) -> None:
        self._skipped = 0.0

    def time(self) -> float:
        """Give Unix seconds."""
        return time.time() + self._skipped

    def now(self) -> datetime:
        """Give the moment."""
        return instant.as_written(datetime.fromtimestamp(self.time(), UTC))

    def skip(self, seconds: float) -> None:
        """Let time pass at once."""
        self._skipped += seconds


class _TimeModule(ModuleType):
    """Stands for the `time` module where our code, moto or botocore reads it."""

    def __init__(self, clock: Clock) -> None:
        super().__init__("time")
        self.__dict__.update({**vars(time), "time": clock.time, "sleep": clock.skip})


@contextmanager
def governed_by(clock: Clock) -> Iterator[None]:
    """Have everything read this clock while the block runs."""
    module = _TimeModule(clock)
    readers = [
        *((each, "time") for each in _modules_of_ours() if getattr(each, "time", None) is time),
        (botocore.endpoint, "time"),
    ]
    sqs: Any = moto.sqs.models
    milliseconds = sqs.unix_time_millis
    instant.now = clock.now
    sqs.unix_time_millis = lambda: clock.time() * 1000
    for reader, name in readers:
        setattr(reader, name, module)
    try:
        yield
    finally:
        instant.now = _real_now
        sqs.unix_time_millis = milliseconds
        for reader, name in readers:
            setattr(reader, name, time)


@contextmanager
def real_time() -> Iterator[None]:
    """Let what is imported in the block take hold of the real clock."""
    governing, instant.now = instant.now, _real_now
    try:
        yield
    finally:
        instant.now = governing


def _modules_of_ours() -> list[ModuleType]:
    return [
        module
        for name, module in list(sys.modules.items())
        if name.startswith(("functions.", "contracts.")) and not name.startswith("functions.webhook")
    ]
