"""Points in time as Runrelay writes them: UTC, ISO 8601 with milliseconds; text order is time order."""

from datetime import UTC, datetime


def now() -> datetime:
    """Read the clock, no finer than it is written: a moment equals itself when it is read again."""
    return as_written(datetime.now(UTC))


def as_written(moment: datetime) -> datetime:
    """Leave out what is finer than a millisecond."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def to_text(moment: datetime) -> str:
    """Write a moment as `2026-11-21T09:30:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_text(text: str) -> datetime:
    """Read what `to_text` wrote."""
    return datetime.fromisoformat(text)
