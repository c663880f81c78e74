"""How long what a run leaves is kept: a number of days after its deadline, by which it is over.

So every item of a run can be given the same end as it is written, long before the run has one, and none has
to be written again for it. The run's own item gets it only as the run ends: what is open never expires.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts.items import Item, attributes
from contracts.records import Run

TOMBSTONE_DAYS = 90
"""How long it is told that a run was deleted, where runs are kept for ever."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long runs are kept.

    Attributes:
        days: 0 is for ever.
    """

    days: int

    def end(self, deadline_at: datetime) -> datetime | None:
        """Say how long a run with that deadline is kept; `None` is for ever."""
        return deadline_at + timedelta(days=self.days) if self.days else None

    def expiry(self, deadline_at: datetime) -> Item:
        """Give what an item of a run with that deadline has beside its record; nothing, if it is kept."""
        end = self.end(deadline_at)
        return _expiry(end) if end else {}

    def expiry_of_tombstone(self, deleted_at: datetime) -> Item:
        """Give the same for what is left of a run that was deleted: it never stays for ever."""
        return _expiry(deleted_at + timedelta(days=self.days or TOMBSTONE_DAYS))


FOR_EVER = Retention(days=0)


def retention_of(run: Run) -> Retention:
    """Give what holds for a run, whatever holds for those that are started by now: all of it has one end."""
    return Retention(days=run.retention_days or 0)


def _expiry(moment: datetime) -> Item:
    """Name a moment as the table's TTL reads it: whole seconds of the epoch."""
    return attributes({"expires_at": int(moment.timestamp())})
