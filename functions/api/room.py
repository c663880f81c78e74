"""The room that an answer has: Lambda gives six megabytes, of JSON in which the body is a string."""

import json
from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from itertools import accumulate, takewhile

from pydantic import BaseModel

MAX_ANSWER_BYTES = 5_500_000
"""Lambda ends at 6,291,556; the rest is for headers and what stands between."""


def room_of_body(body: str) -> int:
    """Count the bytes that a part of a body, which is JSON, takes in Lambda's answer, which escapes it."""
    return len(json.dumps(body))


def room_of_text(text: str) -> int:
    """Count the bytes that a text takes, as a string in a body."""
    return room_of_body(json.dumps(text))


def room_of_view(view: BaseModel) -> int:
    """Count the bytes that a view takes."""
    return room_of_body(json.dumps(view.model_dump(mode="json")))


def shortest_that_fit(texts: Iterable[str | None], room: int) -> dict[int, str]:
    """Take as many texts as there is room for, by leaving out the longest, and give them by their place.

    However many there are, no more than fit and one are held at a time. A place may be without a text.
    """
    longest_first: list[tuple[int, int, str]] = []
    for place, text in enumerate(texts):
        if text is None:
            continue
        size = room_of_text(text)
        heappush(longest_first, (-size, place, text))
        room -= size
        while room < 0:
            room -= heappop(longest_first)[0]
    return {place: text for _, place, text in longest_first}


def first_that_fit[V: BaseModel](views: Sequence[V], room: int) -> list[V]:
    """Take as many of the first views as there is room for; one at least."""
    return list(views[: max(1, _number_that_fits(views, room))])


def newest_that_fit[V: BaseModel](views: Sequence[V], room: int) -> list[V]:
    """Take as many of the last views as there is room for."""
    return list(views[len(views) - _number_that_fits(reversed(views), room) :])


def _number_that_fits(views: Iterable[BaseModel], room: int) -> int:
    taken = accumulate(map(room_of_view, views))
    return sum(1 for _ in takewhile(lambda bytes_taken: bytes_taken <= room, taken))
