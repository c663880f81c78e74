"""The list of runs: its filters, as they stand in the URL, and one page of it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

import typer

from runrelay.cli.inputs import moment_of
from runrelay.client.models import RunSummary
from runrelay.command_line import CommandError
from runrelay.console.api import Api
from runrelay.console.view import Query, Seen, is_at_work

ON_A_PAGE: Final = 50
OPEN: Final = ("queued", "in_progress", "requires_action", "cancelling")
ENDED: Final = ("completed", "incomplete", "failed", "cancelled", "expired", "lost")
GROUPS: Final = {"open": OPEN, "over": ENDED, "bad": ("incomplete", "failed", "expired", "lost")}
"""Words for several statuses."""

STATUSES: Final = (
    ("", "Any"),
    ("open", "Open"),
    ("requires_action", "Waiting"),
    ("over", "Over"),
    ("completed", "Completed"),
    ("bad", "Ended badly"),
)
KINDS: Final = ("response", "session", "thread")
SINCE: Final = (
    ("", "any time"),
    ("1h", "the last hour"),
    ("24h", "the last 24 hours"),
    ("7d", "the last 7 days"),
)
FIELDS: Final = ("status", "kind", "subject", "since", "until", "cursor")


@dataclass(frozen=True, slots=True)
class Filter:
    """What is wanted, in the words of the URL."""

    given: dict[str, str]

    @classmethod
    def of(cls, query: Query) -> "Filter":
        return cls({name: query[name].strip() for name in FIELDS if query.get(name, "").strip()})

    def wanted(self) -> dict[str, Any]:
        """Say it to the API, which refuses what is none of its words."""
        wanted: dict[str, Any] = {
            name: self.given[name] for name in ("kind", "subject") if name in self.given
        }
        if status := self.given.get("status"):
            wanted["status"] = [
                word for each in status.split(",") for word in GROUPS.get(each.strip(), (each.strip(),))
            ]
        for name in ("since", "until"):
            if name in self.given:
                wanted[name] = _moment(self.given[name])
        return wanted

    def url(self, **changes: str | None) -> str:
        """Give the address of the list with something changed; another filter begins at its first page."""
        pairs = {**self.given, "cursor": "", **changes}
        query = urlencode({name: value for name, value in pairs.items() if value})
        return f"/?{query}" if query else "/"

    def get(self, name: str) -> str:
        return self.given.get(name, "")


class BadFilterError(CommandError):
    """The URL says something that is no filter."""


def _moment(given: str) -> datetime:
    try:
        return moment_of(given)
    except typer.BadParameter as error:
        raise BadFilterError(error.message) from error


class ListView:
    """A page of the list."""

    template = "runs.html"

    def __init__(self, api: Api, query: Query) -> None:
        self._api = api
        self._filter = Filter.of(query)

    async def look(self) -> Seen:
        """Read the page.

        Raises:
            BadFilterError, RunrelayError: It cannot be read.
        """
        cursor = self._filter.get("cursor") or None
        page = await self._api.page(cursor, limit=ON_A_PAGE, **self._filter.wanted())
        now = datetime.now(UTC)
        runs = [run for run in page.runs if isinstance(run, RunSummary)]
        return Seen(
            context={
                "runs": page.runs,
                "filter": self._filter,
                "older": self._filter.url(cursor=page.cursor) if page.cursor else None,
                "statuses": STATUSES,
                "kinds": KINDS,
                "sinces": SINCE,
            },
            facts=(page.runs, page.cursor is None),
            is_moving=any(is_at_work(run, now) for run in runs),
        )
