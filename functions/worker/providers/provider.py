"""What the engine asks of an OpenAI API, whichever it is: one adapter for each kind of run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from contracts.catalog import CatalogEntry
from contracts.records import CallType, Run

from functions.worker.core.observation import TurnSeen
from functions.worker.providers.marks import marks_of


@dataclass(frozen=True, slots=True)
class CallAnswer:
    """The answer to one call.

    Attributes:
        name: Of the call's tool; for an approval, of what it approves.
        text: What the model is told: the output, or a short error.
        parts: The output in content parts, if it is not a text; the text is their JSON then.
        is_success: For an approval, whether it is given.
        reason: For an approval, in the words of whoever decided.
        caller: As in the call's record.
        place: Among the calls of the run, in the order asked.
    """

    call_id: str
    type: CallType
    name: str
    provider_turn_id: str | None
    text: str
    is_success: bool
    reason: str | None = None
    parts: Sequence[Mapping[str, Any]] | None = None
    caller: Mapping[str, Any] | None = None
    place: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Submission:
    """Everything a turn is begun with.

    Attributes:
        request: The client's create body.
        answers: To the previous turn's calls; none for the first turn.
    """

    run: Run
    turn: int
    request: Mapping[str, Any]
    offered: Sequence[CatalogEntry]
    answers: Sequence[CallAnswer]

    @property
    def body(self) -> dict[str, Any]:
        """The client's create body; a null in it, which older versions took, counts as absent."""
        return {name: value for name, value in self.request.items() if value is not None}

    @property
    def metadata(self) -> dict[str, str]:
        """The caller's, and ours: by it a turn is found again whose create's answer was lost."""
        return {**self.run.metadata, **marks_of(self.run, self.turn)}


class Provider(Protocol):
    """An adapter to one OpenAI API. It speaks our words and raises only `ProviderError`s.

    Attributes:
        gate: Names what is closed for all when it is busy.
        can_list: Whether `find` can find anything.
    """

    gate: str
    can_list: bool

    def prepare(self, submission: Submission, /) -> str | None:
        """Make what the first turn needs and does no work by itself, and give its id to be kept.

        Raises:
            ProviderError: As `submit`.
        """
        ...

    def submit(self, submission: Submission, /) -> str:
        """Begin a turn, and give the id of its resource.

        Raises:
            ProviderBusyError: Nothing was applied, or it may be repeated; later.
            TooEarlyError: It does not expect the answers yet.
            DoubtfulError: It refuses, and may not a little later.
            AnswerLostError: It may have been applied.
            ProviderRefusedError: It never will be.
        """
        ...

    def find(self, run: Run, /, *, by_older_marks: bool = False) -> Sequence[str]:
        """Find what a run's first turn was begun with: more than once, if answers were lost.

        Args:
            by_older_marks: It was begun by an older version; or is another app's.

        Raises:
            ProviderError: As `look`.
        """
        ...

    def look(self, provider_id: str, says: str | None = None, /) -> TurnSeen:
        """Read how a turn stands.

        Args:
            says: The last word of a webhook's type; it tells which question to ask first.

        Raises:
            ProviderBusyError: Later.
            NotKnownError: There is no such turn, or none yet.
            DoubtfulError: It refuses, and may not a little later.
            ProviderRefusedError: It may not be read.
        """
        ...

    def cancel(self, provider_id: str, /) -> None:
        """End a turn; one that has ended is left alone.

        Raises:
            ProviderError: It could not be cancelled.
        """
        ...

    def delete(self, provider_id: str, run_id: str, /) -> None:
        """Delete what a run's turn lives on, with all that was said there.

        Args:
            run_id: Of our run: what was not made for it stays.

        Raises:
            NotKnownError: It is gone.
            ProviderBusyError: Later.
            DoubtfulError: It refuses, and may not a little later.
            ProviderRefusedError: It will not.
        """
