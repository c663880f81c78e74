"""How long a provider asks to be left alone."""

import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from math import ceil

from contracts import instant

MAX_SECONDS = 300
"""A provider that asks for more is asked again by then, as its gate opens: it may have been a mistake."""

_NUMBER = re.compile(r"[0-9]+(\.[0-9]*)?")


def seconds_asked_for(headers: Mapping[str, str]) -> int | None:
    """Read `retry-after-ms`, or `retry-after` in seconds, whole or not, or as a date; as the SDK would."""
    milliseconds, text = (headers.get(name, "").strip() for name in ("retry-after-ms", "retry-after"))
    if _NUMBER.fullmatch(milliseconds):
        seconds = float(milliseconds) / 1000
    elif _NUMBER.fullmatch(text):
        seconds = float(text)
    elif (until := _seconds_until(text)) is not None:
        seconds = until
    else:
        return None
    return ceil(min(max(seconds, 0), MAX_SECONDS))


def _seconds_until(date: str) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - instant.now()).total_seconds()
