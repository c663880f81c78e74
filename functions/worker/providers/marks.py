"""Our marks in a resource's metadata: by them a turn is found again whose create's answer was lost.

Older versions called them `run_id` and `turn`, and what was begun with those is still found. They may be the
caller's own words as well, or another app's: they count for nothing beside the marks of today, and nothing is
stopped for them.
"""

import re
from collections.abc import Iterable, Iterator

from contracts.marks import MARKS, RUN_MARK, TURN_MARK
from contracts.records import Run

from functions.worker.providers.plain_json import Object, number_in, object_in, text_in

_OLD_RUN_MARK, _OLD_TURN_MARK = "run_id", "turn"
_RUN_ID = re.compile("run_[0-9A-Z]{26}")


def marks_of(run: Run, turn: int) -> dict[str, str]:
    """Give the metadata by which a turn is known to be a run's."""
    return {RUN_MARK: run.run_id, TURN_MARK: str(turn)}


def older_marks_of(run: Run, turn: int) -> dict[str, str]:
    """Give the metadata by which an older version knew it."""
    return {_OLD_RUN_MARK: run.run_id, _OLD_TURN_MARK: str(turn)}


def may_be_anothers(resource: Object) -> bool:
    """Say whether a resource has marks of older versions at most, which may be another app's own words."""
    return object_in(resource.get("metadata")).keys().isdisjoint(MARKS)


def marks_in(resource: Object) -> tuple[str | None, int | None]:
    """Say which run, and which of its turns, a resource says that it was begun for."""
    metadata = object_in(resource.get("metadata"))
    if not metadata.keys().isdisjoint(MARKS):
        return text_in(metadata.get(RUN_MARK)) or None, number_in(metadata.get(TURN_MARK))
    run_id, turn = text_in(metadata.get(_OLD_RUN_MARK)), number_in(metadata.get(_OLD_TURN_MARK))
    return (run_id, turn) if turn and _RUN_ID.fullmatch(run_id) else (None, None)


def marked(resources: Iterable[Object], run: Run, *, by_older_marks: bool) -> Iterator[Object]:
    """Pick what a run's first turn was begun with, by the marks of today or of older versions."""
    for resource in resources:
        is_older = may_be_anothers(resource)
        if marks_in(resource) == (run.run_id, 1) and is_older == by_older_marks:
            yield resource
