"""How long an invocation holds its place: for its answers in turn, and of looks at once for the longest."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self


@dataclass
class Held:
    """What an invocation has waited for, one after another.

    Attributes:
        answers: By who gave them: `openai` or `aws`.
    """

    seconds: float = 0.0
    answers: Counter[str] = field(default_factory=Counter)

    def wait(self, who: str, seconds: float) -> None:
        """Wait for one more answer."""
        self.seconds += seconds
        self.answers[who] += 1

    def copy(self) -> "Held":
        return Held(self.seconds, Counter(self.answers))


class Holding(Protocol):
    """What knows the invocation that is under way."""

    held: Held


class AtOnce:
    """Stands for the threads of `side_by_side`, in time that is told to pass: all begin at one moment.

    Each does its work at once, and before the next; the longest is what is waited for in the end.
    """

    def __init__(self, holding: Holding) -> None:
        self._holding = holding
        self._began = self._longest = holding.held

    def __enter__(self) -> Self:
        return self

    def submit[**P, A](self, work: Callable[P, A], *arguments: P.args, **named: P.kwargs) -> Future[A]:
        """Do work that began with all the others."""
        self._holding.held = held = self._began.copy()
        future: Future[A] = Future()
        try:
            future.set_result(work(*arguments, **named))
        except Exception as error:  # noqa: BLE001 - whoever asks for the result gets it
            future.set_exception(error)
        self._longest = max(self._longest, held, key=lambda each: each.seconds)
        return future

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._holding.held = self._longest
