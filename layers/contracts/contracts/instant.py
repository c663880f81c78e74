"""Points in time as Runrelay writes them: UTC, ISO 8601 with milliseconds; text order is time order."""

from datetime import UTC, datetime


def now() -> datetime:
    """Read the clock."""
    return datetime.now(UTC)


def to_text(moment: datetime) -> str:
    """Write a moment as `2026-11-21T09:30:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_text(text: str) -> datetime:
    """Read what `to_text` wrote."""
    return datetime.fromisoformat(text)
