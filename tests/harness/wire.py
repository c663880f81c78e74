"""The wire: every request that a function sends to AWS or OpenAI passes here, one attempt at a time.

It is the place to count, to fail and to kill. A fault says when it strikes: before the request was applied
or after, when the sender cannot know that it was.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import Enum, auto
from threading import RLock
from typing import Any

from tests.harness.item_sizes import Write


class Killed(BaseException):
    """The function's process is gone. It is no `Exception`, so that no code of ours takes it for one."""


class Fault(Enum):
    """What becomes of a request, and of whoever sent it."""

    KILL_BEFORE = auto()
    KILL_AFTER = auto()
    LOSE_REQUEST = auto()
    LOSE_REPLY = auto()


@dataclass(frozen=True)
class Answer:
    """An answer in the place of the real one; the request is not applied."""

    status: int
    body: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """One attempt at one request.

    Attributes:
        service: `openai`, or botocore's hyphenated service id: `dynamodb`, `sqs`, `s3`, `eventbridge`...
        operation: `PutItem`; for OpenAI, `POST /v1/responses`.
        sender: Which function sends it: `webhook`, `api`, `worker`, `tools`.
        number: Counted from 1 since the world began.
    """

    service: str
    operation: str
    body: Any
    sender: str
    number: int


@dataclass(frozen=True)
class Exchange:
    """A request that was applied, and its answer.

    Attributes:
        writes: What it did to items, for DynamoDB.
    """

    request: Request
    status: int
    answer: Any
    writes: tuple[Write, ...] = ()


type Interceptor = Callable[[Request], Fault | Answer | None]


@dataclass(eq=False)
class Invocation:
    """One run of a handler; once killed, it sends nothing more, whatever its `finally` blocks try.

    It is no other one, however alike: of two workers that overlap, each may die.
    """

    function: str
    is_dead: bool = False


class Wire:
    """Carries requests, writes them down, and lets an interceptor decide about each."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self.interceptor: Interceptor = lambda _request: None
        self._count = 0
        self._invocations: list[Invocation] = []
        self._own: ContextVar[Invocation | None] = ContextVar("own", default=None)
        self._applying = RLock()

    @contextmanager
    def invocation(self, function: str) -> Iterator[Invocation]:
        """Let requests pass on behalf of a function; invocations nest, as those of two instances overlap."""
        invocation = Invocation(function)
        self._invocations.append(invocation)
        outer = self._own.set(invocation)
        try:
            yield invocation
        finally:
            self._own.reset(outer)
            self._invocations.remove(invocation)

    @property
    def is_watched(self) -> bool:
        """Whether requests are a function's; all others pass unseen."""
        return bool(self._invocations)

    def send[A](self, service: str, operation: str, body: Any, carrier: "Carrier[A]") -> A:
        """Carry a request and give its answer.

        Raises:
            Killed: The sender is dead.
            Exception: What `carrier.lost` or `carrier.unsent` says.
        """
        invocation = self._own.get() or self._invocations[-1]
        self._check_alive(invocation)
        self._count += 1
        request = Request(service, operation, body, invocation.function, self._count)
        fault = self.interceptor(request)
        match fault:
            case Answer():
                return carrier.made_up(fault)
            case Fault.LOSE_REQUEST:
                raise carrier.unsent
            case Fault.KILL_BEFORE:
                invocation.is_dead = True
        self._check_alive(invocation)
        with nullcontext() if service == "openai" else self._applying:  # a table is nobody's to share
            answer, exchange = carrier.deliver(request)
        self.exchanges.append(exchange)
        match fault:
            case Fault.LOSE_REPLY:
                raise carrier.lost
            case Fault.KILL_AFTER:
                invocation.is_dead = True
        self._check_alive(invocation)
        return answer

    def _check_alive(self, invocation: Invocation) -> None:
        if invocation.is_dead:
            raise Killed


@dataclass(frozen=True)
class Carrier[A]:
    """How one transport delivers, and how it fails.

    Attributes:
        unsent: Raised when the request is lost.
        lost: Raised when its answer is lost.
    """

    deliver: Callable[[Request], tuple[A, Exchange]]
    made_up: Callable[[Answer], A]
    unsent: Exception
    lost: Exception


def at_first(matches: Callable[[Request], bool], act: Callable[[], Fault | Answer | None]) -> Interceptor:
    """Make an interceptor that acts at the first request that matches, and never again.

    What it does may fail the request, or be anything that happens in the meantime: another delivery, say.
    """
    is_over = False

    def intercept(request: Request) -> Fault | Answer | None:
        nonlocal is_over
        if is_over or not matches(request):
            return None
        is_over = True
        return act()

    return intercept
