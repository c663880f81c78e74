"""How long an invocation has: a request to the provider is begun only if its answer can be waited for."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contracts.batch import Clock

SECONDS_FOR_ONE_REQUEST = 14
"""Three to connect, ten for an answer, and the writes after it."""


class TimeLeft:
    """The clock of the invocation that is under way."""

    def __init__(self) -> None:
        self.clock: Clock | None = None

    def is_enough(self) -> bool:
        """Say whether one more request to the provider can be made."""
        return (
            self.clock is None or self.clock.get_remaining_time_in_millis() > SECONDS_FOR_ONE_REQUEST * 1000
        )
