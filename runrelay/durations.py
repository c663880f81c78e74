"""How long something took, in words."""

from datetime import timedelta
from typing import Final

UNITS: Final = (("d", 86_400), ("h", 3_600), ("min", 60))
BRIEF_SECONDS: Final = 10


def duration(length: timedelta) -> str:
    """Say how long something took, in at most two units."""
    seconds = max(0.0, length.total_seconds())
    if seconds < 1:
        return f"{round(seconds * 1000)} ms"
    if seconds < BRIEF_SECONDS:
        return f"{seconds:.1f} s"
    for (unit, size), (next_unit, next_size) in zip(UNITS, (*UNITS[1:], ("s", 1)), strict=True):
        if seconds >= size:
            whole, rest = divmod(int(seconds), size)
            return (
                f"{whole} {unit} {rest // next_size} {next_unit}" if rest // next_size else f"{whole} {unit}"
            )
    return f"{int(seconds)} s"
