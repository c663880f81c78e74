"""What the engine asks of an OpenAI API, whichever it is: one adapter for each kind of run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from runrelay.catalog import CatalogEntry
from runrelay.records import Run

from functions.worker.core.observation import TurnSeen


@dataclass(frozen=True, slots=True)
class CallOutput:
    """The answer to one call."""

    call_id: str
    output: str


@dataclass(frozen=True, slots=True)
class Submission:
    """Everything a turn is begun with.

    Attributes:
        request: The client's create body.
        outputs: The answers to the previous turn's calls; none for the first turn.
    """

    run: Run
    turn: int
    request: Mapping[str, Any]
    offered: Sequence[CatalogEntry]
    outputs: Sequence[CallOutput]


class Provider(Protocol):
    """An adapter to one OpenAI API. It speaks our words and raises only `ProviderError`s."""

    def submit(self, submission: Submission) -> str:
        """Begin a turn, and give the id of its resource.

        Raises:
            ProviderBusyError: Nothing was applied; later.
            AnswerLostError: It may have been applied.
            ProviderRefusedError: It never will be.
        """
        ...

    def look(self, provider_id: str) -> TurnSeen:
        """Read how a turn stands.

        Raises:
            ProviderBusyError: Later.
            NotKnownError: There is no such turn.
            ProviderRefusedError: It may not be read.
        """
        ...

    def cancel(self, provider_id: str) -> None:
        """End a turn; one that has ended is left alone.

        Raises:
            ProviderError: It could not be cancelled.
        """
