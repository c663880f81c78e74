"""Our marks in a resource's metadata: by them a turn is found again whose create's answer was lost.

Older versions called them `run_id` and `turn`, and what was begun with those is still found. They may be the
caller's own words as well, and count for nothing beside the marks of today.
"""

import re

from contracts.marks import MARKS, RUN_MARK, TURN_MARK
from contracts.records import Run

from functions.worker.providers.plain_json import Object, number_in, object_in, text_in

_OLD_RUN_MARK, _OLD_TURN_MARK = "run_id", "turn"
_RUN_ID = re.compile("run_[0-9A-Z]{26}")


def marks_of(run: Run, turn: int) -> dict[str, str]:
    """Give the metadata by which a turn is known to be a run's."""
    return {RUN_MARK: run.run_id, TURN_MARK: str(turn)}


def old_marks_of(run: Run, turn: int) -> dict[str, str]:
    """Give the metadata by which an older version knew it."""
    return {_OLD_RUN_MARK: run.run_id, _OLD_TURN_MARK: str(turn)}


def marks_in(resource: Object) -> tuple[str | None, int | None]:
    """Say which run, and which of its turns, a resource says that it was begun for."""
    metadata = object_in(resource.get("metadata"))
    if not metadata.keys().isdisjoint(MARKS):
        return text_in(metadata.get(RUN_MARK)) or None, number_in(metadata.get(TURN_MARK))
    run_id, turn = text_in(metadata.get(_OLD_RUN_MARK)), number_in(metadata.get(_OLD_TURN_MARK))
    return (run_id, turn) if turn and _RUN_ID.fullmatch(run_id) else (None, None)
