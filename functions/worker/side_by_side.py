"""The records of one batch looked at side by side, for a worker waits on OpenAI most of its time.

- Each has the worker's whole time for itself, and nobody's failure is another's: `contracts.batch` says what
  becomes of one. Those that are about the same thing go one after another, in the order they came in.
- A record that ends its process takes all that are under way with it. So one that came back is begun only
  when nothing else is in the batch any more: the others are done by then, and off the queue, or were sent
  anew. What was sent anew keeps its count of receives, and burns none by waiting.
- A new one may end the process too, and one that came back burns a receive by that, but never its last.
- Records that are done are taken off the queue while others take long, and not only with the answer.

See docs/decisions/0030-records-side-by-side.md.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import Any

from contracts.batch import Batch, Clock, Handle, Record, answer, receive_count

SECONDS_UNTIL_TAKEN_OFF = 5
"""How long a record that is done waits for those beside it, before it is taken off the queue."""

type Lane = Sequence[Record]
"""Records that are handled one after another."""


class SideBySide:
    """Hands the records of an SQS event to a function, several at once."""

    def __init__(self, batch: Batch, *, at_once: int, max_receives: int) -> None:
        """Handle each record as a batch does.

        Args:
            at_once: With one, a batch is handled as any other: one record after another.
            max_receives: How often a record is received at most.
        """
        self._batch = batch
        self._at_once = at_once
        self._max_receives = max_receives

    def process(self, event: Mapping[str, Any], clock: Clock, handle: Handle) -> dict[str, Any]:
        """Handle the records; the metrics that were counted meanwhile are published in the end.

        Returns:
            A partial batch response.
        """
        records: Sequence[Record] = event["Records"]
        if self._at_once == 1 or len(records) == 1:
            return self._batch.process(event, clock, handle)
        new = [record for record in records if receive_count(record) == 1]
        back = sorted((record for record in records if receive_count(record) > 1), key=receive_count)
        done: list[Record] = []
        try:
            failed = self._part(back[:-1])
            if back and receive_count(back[-1]) >= self._max_receives:
                new = self._part(new)
            failed += self._handle_at_once(new, clock, handle, done)
            if back:
                self._batch.take_off(done)
                failed += self._handle_last(back[-1], clock, handle)
        finally:
            self._batch.publish_metrics()
        return answer(failed)

    # -- those that are new ---------------------------------------------------------------------------

    def _handle_at_once(
        self, new: Iterable[Record], clock: Clock, handle: Handle, done: list[Record]
    ) -> list[Record]:
        """Handle records that came for the first time, and give those that have to come back.

        Args:
            done: The others, until they are taken off the queue.
        """
        lanes = _lanes(new)

        def handle_lane(lane: Lane) -> list[Record]:
            return [record for at, record in enumerate(lane) if not is_done(record, is_first=at == 0)]

        def is_done(record: Record, *, is_first: bool) -> bool:
            is_put_off = (
                not is_first and not self._batch.is_time_left(clock) and self._batch.send_anew(record)
            )
            if not is_put_off and not self._batch.is_done(record, clock, handle):
                return False
            done.append(record)
            return True

        with ThreadPoolExecutor(max(1, min(self._at_once, len(lanes)))) as threads:
            handled = [threads.submit(copy_context().run, handle_lane, lane) for lane in lanes]
            while wait(handled, SECONDS_UNTIL_TAKEN_OFF).not_done:
                self._batch.take_off([done.pop() for _ in range(len(done))])
            return [record for each in handled for record in each.result()]

    # -- those that came back -------------------------------------------------------------------------

    def _part(self, records: Sequence[Record]) -> list[Record]:
        """Send records anew, a second apart, for another batch; give the rest, if one could not be sent."""
        parted = 0
        while parted < len(records) and self._batch.send_anew(records[parted], parted + 1):
            parted += 1
        self._batch.take_off(records[:parted])
        return [*records[parted:]]

    def _handle_last(self, last: Record, clock: Clock, handle: Handle) -> list[Record]:
        """Handle the one that came back most often, with nothing beside it."""
        if not self._batch.is_time_left(clock) and self._batch.send_anew(last):
            return []
        return [] if self._batch.is_done(last, clock, handle) else [last]


def _lanes(records: Iterable[Record]) -> list[Lane]:
    """Part records by what they are about."""
    lanes: dict[str, list[Record]] = {}
    for record in records:
        lanes.setdefault(_about(record), []).append(record)
    return list(lanes.values())


def _about(record: Record) -> str:
    """Name what a record is about: a run, or a provider's resource. Of what cannot be read, it is itself."""
    try:
        facts = json.loads(record["body"])
        return str(facts.get("run_id") or facts["event"]["data"]["id"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return str(record["messageId"])
