"""Everything there is about one run, as far as it can be read."""

from collections.abc import Mapping, Sequence
from typing import Any

from contracts.items import RUN, Record, Unreadable, key_of, read
from contracts.records import Call, Event, Run, Turn, is_asked_for, place_of
from contracts.turns import turns_as_written

type Listed = Run | UnreadableRun
"""A run in a list."""


class UnreadableRun:
    """A run whose own item cannot be read, in the place where a run would be.

    Attributes:
        item: The item, with what can be read of it.
    """

    def __init__(self, item: Unreadable) -> None:
        self.item = item
        self.run_id = item.partition
        self.status = item.known.get("status")
        self.kind = item.known.get("kind")


def listed(item: Mapping[str, Any]) -> Listed:
    """Read a run for a list: one that cannot be read harms no other."""
    run = read(Run, item)
    return UnreadableRun(run) if isinstance(run, Unreadable) else run


class RunRecords:
    """The records of a run, and which of its items are none.

    Attributes:
        run_id: Told apart from the run, which may not say it.
        unreadable: The items that cannot be read, in the order of their keys.
    """

    def __init__(self, items: Sequence[Mapping[str, Any]]) -> None:
        """Sort the items of a run's partition by what they are."""
        self.unreadable: list[Unreadable] = []
        own = next(item for item in items if item["sk"]["S"] == RUN)
        self.run_id: str = own["pk"]["S"]
        self.run = listed(own)
        turns = self._read(Turn, items, "turn#")
        every = self._read(Call, items, "call#")
        self.events = self._read(Event, items, "event#")
        if isinstance(self.run, UnreadableRun):
            self.unreadable.append(self.run.item)
            self.result, calls, own_turns = None, every, turns
        else:
            run = self.run
            calls = [call for call in every if is_asked_for(call, run)]
            own_turns = _own_turns(run, turns)
            self.result = _result_of(run, turns)
        by_number = turns_as_written(own_turns, calls)
        self.turns = [by_number[number] for number in sorted(by_number)]
        self.calls = sorted(calls, key=lambda call: (*place_of(call), call.created_at))

    def _read[R: Record](
        self, record_type: type[R], items: Sequence[Mapping[str, Any]], prefix: str
    ) -> Sequence[R]:
        found = [read(record_type, item) for item in items if item["sk"]["S"].startswith(prefix)]
        self.unreadable += [each for each in found if isinstance(each, Unreadable)]
        return [each for each in found if not isinstance(each, Unreadable)]

    def refuse(self, record: Record, attribute: str) -> None:
        """Say that a record holds something that only its reader finds wrong."""
        partition, item = (value["S"] for value in key_of(record).values())
        self.unreadable.append(Unreadable(partition, item, (attribute,), {}))


def _own_turns(run: Run, records: Sequence[Turn]) -> Sequence[Turn]:
    """Give each turn that ended as the run has it: another record of it is a worker's that came too late.

    A turn that asked for calls has ended by then, whatever becomes of it at the provider.
    """
    read_at = run.turn_read_at or run.result_read_at
    past = (turn for turn in records if turn.turn < run.turn)
    present = (turn for turn in records if turn.turn == run.turn and turn.read_at == read_at)
    return (*past, *present)


def _result_of(run: Run, records: Sequence[Turn]) -> Turn | None:
    """Give the record of the turn that says what a run came to, once the run is over."""
    if not run.is_over:
        return None
    whole = [turn for turn in records if turn.body is not None and turn.read_at == run.result_read_at]
    return whole[-1] if whole else None
