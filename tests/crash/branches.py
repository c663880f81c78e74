"""Branches: at a point of a run the world is forked, and in the fork something breaks.

The fork is the world after the breakage, and it goes on to the end, while the first process goes on as if
nothing had happened, to the next point. A function that is killed is one whose stack is never looked at
again: the fork goes on above it and ends by `os._exit`. So no `finally`, no `except` and no `atexit` of it
ever runs and nothing in its memory is used again, exactly as if its sandbox were gone. (Its own children, the
tools, are not running at any of its requests.)
"""

import inspect
import json
import os
import re
import signal
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, NoReturn

from tests.harness.wire import Carrier, Fault, Invocation, Request, Wire

BRANCH_SECONDS = 120
"""A branch that takes longer hangs, however busy the machine is."""

WORDS = {
    Fault.KILL_BEFORE: "killed before it",
    Fault.KILL_AFTER: "killed after it",
    Fault.LOSE_REQUEST: "the request lost",
    Fault.LOSE_REPLY: "the reply lost",
}


@dataclass(frozen=True)
class Point:
    """A request of a clean run, and what goes wrong there."""

    request: Request
    fault: Fault

    @property
    def is_kill(self) -> bool:
        """Whether the sender dies."""
        return self.fault in (Fault.KILL_BEFORE, Fault.KILL_AFTER)

    def __str__(self) -> str:
        request = self.request
        asked = f"{request.sender}: {request.service} {request.operation} {_target(request.body)}".rstrip()
        return f"request {request.number}, {asked}, {WORDS[self.fault]}"


def _target(body: Any) -> str:
    """Name the item or message of a request, without its ids."""
    if not isinstance(body, dict):
        return ""
    key = body.get("Key") or body.get("Item") or {}
    if "sk" in key:
        return str(key["sk"]["S"]).partition("#")[0]
    if "MessageBody" in body:
        message = json.loads(body["MessageBody"])
        return f"{message['message']} {message.get('reason', '')}".rstrip()
    return str(body.get("IndexName", ""))


type Place = tuple[tuple[str, int], ...]
"""What sends a request: files and lines of ours, the innermost first."""

OURS = re.compile(r".*/(?:functions|contracts)/.*\.py")


def _place() -> Place:
    frame, lines = inspect.currentframe(), []
    while frame is not None:
        if OURS.fullmatch(frame.f_code.co_filename):
            lines.append((frame.f_code.co_filename, frame.f_lineno))
        frame = frame.f_back
    return tuple(lines)


@dataclass
class _Branch:
    point: Point
    pid: int
    reader: int


@dataclass
class Branches:
    """The forks of one world, as many at a time as there are processors.

    Attributes:
        point: In a fork, where it began.
        faults: What is tried at each request.
        sample: Draws one of them for each request; without it all of them are tried.
        elsewhere: How often requests from a place are tried in another world, and not here, with a sample.
        places: Where requests were sent from so far, and how often.
        after_fork: What a fork does first.
    """

    faults: Sequence[Fault]
    processors: int = 1
    sample: Random | None = None
    elsewhere: Counter[Place] = field(default_factory=Counter)
    places: Counter[Place] = field(default_factory=Counter)
    after_fork: Callable[[], None] = lambda: None
    point: Point | None = None
    counts: Counter[Fault] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    _under_way: list[_Branch] = field(default_factory=list)
    _writer: int = -1

    def __post_init__(self) -> None:
        self.tried: Sequence[Fault] = self.faults

    def draw(self) -> None:
        """Choose what is tried at the next request."""
        place = _place()
        self.places[place] += 1
        if self.sample is not None:
            drawn = self.sample.choice(self.faults)
            self.tried = (drawn,) if self.places[place] > self.elsewhere[place] else ()

    def fork(self, request: Request, fault: Fault) -> bool:
        """Fork the world, unless it is a fork already; says in which of the two we are."""
        if self.point is not None or fault not in self.tried:
            return False
        if len(self._under_way) >= self.processors:
            self._collect_oldest()
        reader, writer = os.pipe()
        with warnings.catch_warnings():
            # Other tests' simulators have threads; nothing of a world here has.
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid:
            os.close(writer)
            self.counts[fault] += 1
            self._under_way.append(_Branch(Point(request, fault), pid, reader))
            return False
        sys.settrace(None)  # what a fork runs counts for no coverage
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(BRANCH_SECONDS)
        self.point, self._writer = Point(request, fault), writer
        self.after_fork()
        return True

    def end(self, violations: Sequence[str]) -> NoReturn:
        """End this fork, and say what it saw."""
        with os.fdopen(self._writer, "w") as writer:
            json.dump([f"{self.point}: {violation}" for violation in violations], writer)
        os._exit(0)

    def collect(self) -> None:
        """Wait for all forks."""
        while self._under_way:
            self._collect_oldest()

    def _collect_oldest(self) -> None:
        branch = self._under_way.pop(0)
        with os.fdopen(branch.reader) as reader:
            told = reader.read()
        _, status = os.waitpid(branch.pid, 0)
        ended = f"{branch.point}: the branch ended with status {status} and said nothing"
        self.violations += json.loads(told) if told else [ended]


class BranchingWire(Wire):
    """A wire that forks its world at every request.

    Attributes:
        after_death: What a fork does once its function is dead; it never returns.
    """

    def __init__(self, branches: Branches) -> None:
        super().__init__()
        self.after_death: Callable[[], NoReturn] | None = None
        self._invocation: Invocation | None = None
        self._branches = branches

    def send[A](self, service: str, operation: str, body: Any, carrier: Carrier[A]) -> A:
        """Carry a request; in a fork, kill its sender, or lose it or its reply."""
        if self._branches.point is None:
            self._branches.draw()
        if self._branches.point is not None or not self._branches.faults:
            return super().send(service, operation, body, carrier)
        self._count += 1
        invocation = self._invocations[-1]
        request = Request(service, operation, body, invocation.function, self._count)
        if self._is_covered(invocation):
            self._branches.counts[Fault.KILL_BEFORE] += 1
        elif self._branches.fork(request, Fault.KILL_BEFORE):
            self._kill()
        if self._branches.fork(request, Fault.LOSE_REQUEST):
            raise carrier.unsent
        answer, exchange = carrier.deliver(request)
        self.exchanges.append(exchange)
        if self._branches.fork(request, Fault.KILL_AFTER):
            self._kill()
        if self._branches.fork(request, Fault.LOSE_REPLY):
            raise carrier.lost
        return answer

    def _is_covered(self, invocation: Invocation) -> bool:
        """Say whether to die before a request is to die after the one before it, which was tried.

        Between two requests of one invocation nothing happens outside it; only what runs tools does more.
        """
        is_same, self._invocation = invocation is self._invocation, invocation
        is_tried = {Fault.KILL_BEFORE, Fault.KILL_AFTER} <= set(self._branches.tried)
        return is_same and is_tried and invocation.function != "tools"

    def _kill(self) -> NoReturn:
        """Let the world go on without the function whose stack this is."""
        assert self.after_death is not None, "a world has been made around this wire"
        self._invocations.clear()
        self.after_death()
