"""The list of runs: the partitions of indexes that it is read from, a page of it, and the cursor to the next.

Every run stands in `ListIndex` and, by its kind and status, in `StandingIndex`; one with a subject stands
once more among its subject's. So any filter is a few partitions, each newest first, that are merged: nothing
is read to be passed over.
"""

import base64
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice, product

from contracts.items import standing, subject_standing
from contracts.run_records import Listed
from contracts.status import KINDS, STATUSES, Kind, Status
from ulid import ULID

RUN_ID = "^run_[0-9A-Z]{26}$"

EVERY_RUN = "run"
"""The partition of the list index that holds every run."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
RANDOM_BITS = 80
"""Of a ULID, after its 48 bits of milliseconds."""


def subjects_runs(subject: str) -> str:
    """Name the partition of the list index that holds a subject's runs."""
    return f"subject#{subject}"


@dataclass(frozen=True, slots=True)
class Partition:
    """Runs that an index holds together, in the order of their ids."""

    index: str
    attribute: str
    value: str


@dataclass(frozen=True, slots=True)
class Filter:
    """Which runs are wanted; `None`, or no status, is any.

    Attributes:
        since: Only runs that were created then or later.
        until: Only runs that were created before.
    """

    statuses: Sequence[Status] = ()
    kind: Kind | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def passes(self, run: Listed) -> bool:
        """Whether a run is wanted as it is now; the indexes follow it by a moment.

        One whose status cannot be read is wanted where it was listed last.
        """
        return not self.statuses or run.status is None or run.status in self.statuses

    def partitions(self) -> list[Partition]:
        """Name where the wanted runs stand, each of them once."""
        if not self.statuses and self.kind is None:
            whose = EVERY_RUN if self.subject is None else subjects_runs(self.subject)
            return [Partition("ListIndex", "listing", whose)]
        kinds = KINDS if self.kind is None else (self.kind,)
        places = [standing(kind, status) for kind, status in product(kinds, self.statuses or STATUSES)]
        if self.subject is None:
            return [Partition("StandingIndex", "standing", each) for each in places]
        return [
            Partition("SubjectStandingIndex", "subject_standing", subject_standing(self.subject, each))
            for each in places
        ]

    def ids_between(self, after: str | None) -> tuple[str, str] | None:
        """Give the least and the greatest id of the wanted runs; `None` if there can be none.

        Args:
            after: The run after which, newest first, the page begins.
        """
        least = _first_id(self.since) if self.since else 0
        ends = [_first_id(self.until)] if self.until else []
        ends += [int(ULID.from_str(after.removeprefix("run_")))] if after else []
        greatest = min([*ends, 1 << 128]) - 1
        return (_run_id(least), _run_id(greatest)) if least <= greatest else None


def _first_id(moment: datetime) -> int:
    """Give the least id, as a number, of a run that is created at a moment or later."""
    milliseconds = -((EPOCH - moment) // MILLISECOND)
    return max(0, milliseconds) << RANDOM_BITS


def _run_id(number: int) -> str:
    return f"run_{ULID.from_int(number)}"


@dataclass(frozen=True, slots=True)
class Page:
    """Some runs, and the id of the run after which the next page begins; none on the last page."""

    runs: list[Listed]
    next_after: str | None


def page_of(
    ids: Iterable[str], read: Callable[[Sequence[str]], Iterable[Listed]], wanted: Filter, *, limit: int
) -> Page:
    """Take up to `limit` wanted runs; fewer only if there are no more.

    Args:
        ids: Of runs that were wanted when the index was written, newest first.
        read: Reads runs whole, in the order asked, without those that are gone.
    """
    coming: Iterator[str] = iter(ids)
    runs: list[Listed] = []
    while batch := list(islice(coming, limit - len(runs))):
        runs += [run for run in read(batch) if wanted.passes(run)]
    is_more = len(runs) == limit and next(coming, None) is not None
    return Page(runs, next_after=runs[-1].run_id if is_more else None)


def cursor_after(run_id: str) -> str:
    """Say where the next page begins, in a form that clients do not take apart."""
    return base64.urlsafe_b64encode(run_id.encode()).decode()


def run_id_of(cursor: str) -> str:
    """Read a cursor.

    Raises:
        ValueError: It is none of ours.
    """
    try:
        run_id = base64.urlsafe_b64decode(cursor).decode("ascii")
        ULID.from_str(run_id.removeprefix("run_"))
    except ValueError:
        run_id = ""
    if not re.fullmatch(RUN_ID, run_id):
        raise ValueError("is not one of ours")
    return run_id
