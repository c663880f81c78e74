"""How long a run may stand still when every webhook is lost: computed from the configuration, never measured.

A run whose turn has ended is looked at by its next check at the latest. If that check's message is lost too,
it is overdue a grace later, and the next sweep finds it. So it stands still for at most the longest gap of
its check schedule, the sweeper's grace, and one sweep interval. Not in it are the seconds that the functions
themselves take, and trouble at the provider. (That its calls have ended, a run hears by a message of ours.)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import yaml
from contracts.status import Kind

from functions.sweeper.overdue import GRACE
from functions.worker.core.schedule import CheckSchedule, PollSchedule, Schedule
from tasks.checkout import TEMPLATE

MANY: Final = 1000
"""After so many checks in a row that found nothing, every schedule has reached its longest gap."""

GRANULARITY_SECONDS: Final = 1
"""SQS delays messages by whole seconds, rounded up."""


@dataclass(frozen=True, slots=True)
class Bound:
    """The longest stand-still of a run, and what it is made of; seconds."""

    longest_gap: int
    grace: int
    sweep_interval: int
    granularity: int = GRANULARITY_SECONDS

    @property
    def seconds(self) -> int:
        return self.longest_gap + self.grace + self.sweep_interval + self.granularity

    def __str__(self) -> str:
        return (
            f"{self.seconds} s: {self.longest_gap} s between checks + {self.grace} s grace + "
            f"{self.sweep_interval} s between sweeps + {self.granularity} s"
        )


@dataclass(frozen=True, slots=True)
class Configuration:
    """The template parameters that say when runs are looked at without a webhook."""

    delivery: str
    check_first_seconds: int
    check_cap_seconds: int
    sweep_minutes: int

    @classmethod
    def deployed(cls, parameters: Mapping[str, str]) -> Self:
        """Read the template's defaults, but for the parameters given."""
        declared = yaml.load(TEMPLATE.read_text(), _Tagless)["Parameters"]
        values = {name: each.get("Default") for name, each in declared.items()} | dict(parameters)
        return cls(
            delivery=str(values["Delivery"]),
            check_first_seconds=int(values["CheckFirstSeconds"]),
            check_cap_seconds=int(values["CheckCapSeconds"]),
            sweep_minutes=int(values["SweepMinutes"]),
        )

    def bound(self, kind: Kind) -> Bound:
        """Compute the longest stand-still of a run of this kind."""
        longest_gap = self._schedule(kind).delay(MANY)
        return Bound(longest_gap, int(GRACE.total_seconds()), self.sweep_minutes * 60)

    def _schedule(self, kind: Kind) -> Schedule:
        """Choose as the worker does."""
        if kind == "thread" or self.delivery == "poll":
            return PollSchedule()
        return CheckSchedule(self.check_first_seconds, self.check_cap_seconds)


class _Tagless(yaml.SafeLoader):
    """Reads the template for its parameters alone."""


def _nothing(_loader: yaml.Loader, _suffix: str, _node: yaml.Node) -> Any:
    return None


_Tagless.add_multi_constructor("!", _nothing)
