"""A page of the list of runs, and the cursor to the next."""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass

from contracts.status import Kind, Status

from functions.api.run_records import Listed

RUN_ID = "^run_[0-9A-Z]{26}$"

MAX_RUNS_READ = 500
"""A filter that hardly anything passes must not read all runs there ever were for one page."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which runs are wanted; `None` is any."""

    status: Status | None = None
    kind: Kind | None = None

    def passes(self, run: Listed) -> bool:
        """Whether a run is wanted."""
        return self.status in (None, run.status) and self.kind in (None, run.kind)


@dataclass(frozen=True, slots=True)
class Page:
    """Some runs, and the id of the run after which the next page begins; none on the last page."""

    runs: list[Listed]
    next_after: str | None


def page_of(newest: Iterable[Listed], wanted: Filter, *, limit: int) -> Page:
    """Take up to `limit` wanted runs; fewer, even none, if they lie far apart."""
    runs: list[Listed] = []
    last_read = None
    for read, run in enumerate(newest):
        if len(runs) == limit or read == MAX_RUNS_READ:
            return Page(runs, next_after=last_read)
        if wanted.passes(run):
            runs.append(run)
        last_read = run.run_id
    return Page(runs, next_after=None)


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
    except ValueError:
        run_id = ""
    if not re.fullmatch(RUN_ID, run_id):
        raise ValueError("is not one of ours")
    return run_id
