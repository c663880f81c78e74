"""How things are written on pages. What comes from a model or a tool is shown as it is, never believed."""

import json
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from runrelay.durations import UNITS

LONGEST_TEXT: Final = 20_000
LONGEST_JSON: Final = 10 * LONGEST_TEXT
LONGEST_LINE: Final = 90
HIDDEN: Final = frozenset({"Cf", "Cc", "Co", "Cn", "Zl", "Zp"})
"""Categories of characters that cannot be seen, and may turn what is around them about."""

KEPT: Final = frozenset("\n\t\u200d")


def visible(text: str) -> str:
    """Write out characters that would hide something from who has to decide on a text."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        f"\\u{ord(each):04x}" if unicodedata.category(each) in HIDDEN and each not in KEPT else each
        for each in text
    )


def pretty(text: str | None) -> str:
    """Write JSON over several lines; what is none, or very long, stays as it is."""
    if text is None or len(text) > LONGEST_JSON:
        return text or ""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return pretty_document(document) if isinstance(document, dict | list) else text


def pretty_document(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False, default=_plain)


def _plain(value: object) -> Any:  # noqa: ANN401 - any JSON
    return dict(value) if isinstance(value, Mapping) else str(value)


def in_one_line(text: str | None, most: int = LONGEST_LINE) -> str:
    """Give the beginning of a text, in one line."""
    line = visible(" ".join((text or "")[: 4 * most].split()))
    return line if len(line) <= most else f"{line[: most - 1]}…"


def cut(text: str) -> str:
    """Leave out what is too long for a page."""
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT]


def left_out(text: str) -> int:
    """Count the characters that `cut` leaves out."""
    return max(0, len(text) - LONGEST_TEXT)


def age(moment: datetime, now: datetime | None = None) -> str:
    """Say how long ago something was, in one unit."""
    seconds = int(((now or datetime.now(UTC)) - moment).total_seconds())
    for unit, size in UNITS:
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{max(0, seconds)} s"


def clock(moment: datetime) -> str:
    """Write a moment as this machine's clock shows it."""
    here = moment.astimezone()
    form = "%H:%M:%S" if here.date() == datetime.now().astimezone().date() else "%d %b %Y, %H:%M:%S"
    return here.strftime(form)


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def count(number: object) -> str:
    """Write a number with its thousands apart; what was not counted is a dash."""
    return f"{number:,}".replace(",", "\u202f") if isinstance(number, int) else "\u2013"


def tokens(usage: Mapping[str, Any] | None, name: str = "total_tokens") -> str:
    return count((usage or {}).get(name))


def person(who: Mapping[str, str] | None) -> str:
    """Name who did something, as far as API Gateway knows."""
    known = who or {}
    return known.get("email") or known.get("sub") or known.get("user_arn") or known.get("type") or "somebody"


def status_words(status: str) -> str:
    return status.replace("_", " ")
