"""Answers that have to end: httpx2 limits how long it waits for the next bytes, and not for all of them.

One that comes drop by drop would hold a worker until Lambda ends it, and all that it looks at with it; and a
run whose turn has to be stopped first would never end.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx2

BEGAN_AT = "began_at"
"""What a request is marked with, among what httpx2 hands on with it."""


class WholeAnswer(httpx2.SyncByteStream):
    """An answer's bytes, for as long as they may come."""

    def __init__(self, stream: httpx2.SyncByteStream, check: Callable[[], None]) -> None:
        self._stream = stream
        self._check = check

    def __iter__(self) -> Iterator[bytes]:
        """Give what comes.

        Raises:
            ReadTimeout: It has taken too long.
        """
        for some in self._stream:
            self._check()
            yield some

    def close(self) -> None:
        """Have no more of it."""
        self._stream.close()


def whole_within(
    seconds: float, clock: Callable[[], float] = time.monotonic
) -> Mapping[str, list[Callable[..., Any]]]:
    """Make the hooks of a client whose answers have come, whole, so long after they were asked for."""

    def begin(request: httpx2.Request) -> None:
        request.extensions[BEGAN_AT] = clock()

    def limit(response: httpx2.Response) -> None:
        request, stream = response.request, response.stream

        def check() -> None:
            if clock() - request.extensions[BEGAN_AT] > seconds:
                raise httpx2.ReadTimeout("the answer does not come to its end", request=request)

        if isinstance(stream, httpx2.SyncByteStream):
            response.stream = WholeAnswer(stream, check)

    return {"request": [begin], "response": [limit]}
