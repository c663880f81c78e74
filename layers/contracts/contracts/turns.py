"""Which of the records of a turn is its run's own: a worker may have come too late with another one."""

from collections.abc import Iterable

from contracts.records import Call, Turn


def turns_as_written(records: Iterable[Turn], calls: Iterable[Call]) -> dict[int, Turn]:
    """Give each turn's record that was written with its calls; others are of workers that came too late.

    Calls of before `read_at` was kept tell their turn's record by the moment.
    """
    asked = {(call.turn, call.created_at if call.read_at is None else call.read_at) for call in calls}

    def own_last(turn: Turn) -> tuple[bool, int]:
        is_own = not asked.isdisjoint({(turn.turn, turn.read_at), (turn.turn, turn.ended_at)})
        return is_own, turn.read_at or 0

    return {turn.turn: turn for turn in sorted(records, key=own_last)}
