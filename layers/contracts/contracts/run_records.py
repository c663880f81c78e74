"""Everything there is about one run, out of the items of its partition."""

from collections.abc import Mapping, Sequence
from typing import Any

from contracts.items import from_item
from contracts.records import Call, Event, Run, Turn, is_asked_for, place_of
from contracts.turns import turns_as_written


class RunRecords:
    """Everything there is about one run."""

    def __init__(self, items: Sequence[Mapping[str, Any]]) -> None:
        """Sort the items of a run's partition by what they are."""
        self.run = next(from_item(Run, item) for item in items if item["sk"]["S"] == "run")
        turns = [from_item(Turn, item) for item in items if item["sk"]["S"].startswith("turn#")]
        every = [from_item(Call, item) for item in items if item["sk"]["S"].startswith("call#")]
        calls = [call for call in every if is_asked_for(call, self.run)]
        self.turns = _turns_of(self.run, turns, calls)
        self.result = _result_of(self.run, turns)
        self.calls = sorted(calls, key=lambda call: (*place_of(call), call.created_at))
        self.events = [from_item(Event, item) for item in items if item["sk"]["S"].startswith("event#")]


def _turns_of(run: Run, records: Sequence[Turn], calls: Sequence[Call]) -> Sequence[Turn]:
    """Give each turn that ended as the run has it: another record of it is a worker's that came too late.

    A turn that asked for calls has ended by then, whatever becomes of it at the provider.
    """
    read_at = run.turn_read_at or run.result_read_at
    past = (turn for turn in records if turn.turn < run.turn)
    present = (turn for turn in records if turn.turn == run.turn and turn.read_at == read_at)
    turns = turns_as_written((*past, *present), calls)
    return [turns[number] for number in sorted(turns)]


def _result_of(run: Run, records: Sequence[Turn]) -> Turn | None:
    """Give the record of the turn that says what a run came to, once the run is over."""
    if not run.is_over:
        return None
    whole = [turn for turn in records if turn.body is not None and turn.read_at == run.result_read_at]
    return whole[-1] if whole else None
