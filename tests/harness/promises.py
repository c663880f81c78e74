"""How a proof names what was not kept: a promise gives a sentence for all that is wrong."""

from collections.abc import Callable, Iterable, Iterator

type Promise[Evidence] = Callable[[Evidence], Iterator[str]]


def broken[Evidence](promises: Iterable[Promise[Evidence]], seen: Evidence) -> list[str]:
    """Name each promise that was broken, and how."""
    return [
        f"{promise.__name__.replace('_', ' ')}: NOT SO: {wrong}"
        for promise in promises
        for wrong in promise(seen)
    ]
