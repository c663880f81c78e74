"""What a stream tells piece by piece: a text in its words, and anything in just the time that it may take."""

import asyncio
import itertools
import math
import re
from collections.abc import AsyncIterator, Sequence

# A shorter pause than this between two things is none.
LEAST_PAUSE_SECONDS = 0.02


async def paced[T](things: Sequence[T], seconds: float) -> AsyncIterator[tuple[T, ...]]:
    """Hand things over in batches, spread evenly; if there are none, just the time passes."""
    if not things:
        await asyncio.sleep(seconds)
    size = max(1, math.ceil(LEAST_PAUSE_SECONDS / seconds * len(things))) if seconds else len(things)
    for batch in itertools.batched(things, size or 1, strict=False):
        await asyncio.sleep(seconds * len(batch) / len(things))
        yield batch


def words(text: str) -> list[str]:
    """Cut a text into its words, each with the space before it."""
    return re.findall(r"\s*\S+\s*$|\s*\S+|\s+", text)
