"""Who looks at a record, as claims name them."""

from itertools import count
from threading import local


class Owner:
    """Names a worker, and within it the thread: two of them must not take one claim for their own."""

    def __init__(self, worker: str) -> None:
        """Name them after a worker; no other one may be called so."""
        self._worker = worker
        self._numbers = count(1)
        self._thread = local()

    def name(self) -> str:
        """Give the name of whoever asks."""
        name: str | None = getattr(self._thread, "name", None)
        if name is None:
            self._thread.name = name = f"{self._worker}-{next(self._numbers)}"
        return name
