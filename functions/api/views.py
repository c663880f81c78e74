"""Records as clients see them, within the room that an answer has."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from contracts import instant
from contracts.items import Unreadable
from contracts.outside_json import UnreadableJsonError, read_json
from contracts.payloads import PayloadBucket, Stored
from contracts.records import Call, Failure, Run, RunRequest, Turn
from contracts.run_records import Listed, RunRecords, UnreadableRun

from functions.api import models
from functions.api.listing import Page, cursor_after
from functions.api.models import (
    CallView,
    FailureView,
    ResultView,
    RunSummary,
    RunView,
    TurnView,
    UnreadableItem,
    UnreadableRunView,
)
from functions.api.room import (
    MAX_ANSWER_BYTES,
    first_that_fit,
    newest_that_fit,
    room_of_body,
    room_of_text,
    room_of_view,
    shortest_that_fit,
)

MAX_FETCHED = 64
"""What is in the bucket is so long that fewer have room, and looking at all of it would take too long."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A place in a view for a text; the view says that it is left out, until there turns out to be room."""

    view: CallView | ResultView
    field: str
    text: Stored

    @property
    def is_open(self) -> bool:
        """Whether the text is left out."""
        return bool(getattr(self.view, f"{self.field}_left_out"))

    def fill(self, text: str) -> None:
        """Put the text in."""
        setattr(self.view, self.field, text)
        setattr(self.view, f"{self.field}_left_out", False)


def run_summary(run: Run) -> RunSummary:
    """Show a run in an answer."""
    return RunSummary(**_summary(run))


def listed_view(run: Listed) -> RunSummary | models.UnreadableRun:
    """Show a run in a list, or as much of it as can be read."""
    if isinstance(run, UnreadableRun):
        return models.UnreadableRun(**_known(run), unreadable=[unreadable_item(run.item)])
    return run_summary(run)


def page_view(page: Page) -> models.RunPage:
    """Show as many runs of a page as an answer has room for; the cursor goes on after them."""
    views = [listed_view(run) for run in page.runs]
    shown = first_that_fit(views, MAX_ANSWER_BYTES)
    after = page.next_after if len(shown) == len(views) else shown[-1].run_id
    return models.RunPage(runs=shown, cursor=cursor_after(after) if after else None)


def run_view(
    records: RunRecords, payloads: PayloadBucket, request: RunRequest | Unreadable | None = None
) -> RunView | UnreadableRunView:
    """Show a run whole, or as much of it as can be read and there is room for.

    Args:
        request: What was asked, if that is to be shown.
    """
    if isinstance(request, Unreadable):
        records.unreadable.append(request)
    last = records.result
    view = _empty_run_view(records)
    view.result = _empty_result_view(last) if last else None
    turns = [_turn_view(turn) for turn in records.turns]
    view.turns = newest_that_fit(turns, MAX_ANSWER_BYTES - room_of_view(view))
    view.turns_left_out = len(turns) - len(view.turns)
    calls = [_empty_call_view(call) for call in records.calls]
    view.calls = newest_that_fit(calls, MAX_ANSWER_BYTES - room_of_view(view))
    view.calls_left_out = len(calls) - len(view.calls)
    room = MAX_ANSWER_BYTES - room_of_view(view)

    if view.result and last:
        room = _fill(list(_words(view.result, last)), payloads, room)
    shown = zip(view.calls, records.calls[view.calls_left_out :], strict=True)
    gaps = [gap for call_view, call in shown for gap in _gaps(call_view, call)]
    room = _fill(gaps, payloads, room)
    if isinstance(request, RunRequest):
        view.request = _document(records, request, "request", payloads, room)
        view.request_left_out = view.request is None
        room -= room_of_body(json.dumps(view.request))
    if view.result and last and last.body is not None and not any(gap.is_open for gap in gaps):
        view.result.object = _document(records, last, "body", payloads, room)
        view.result.object_left_out = view.result.object is None
    view.unreadable = [*map(unreadable_item, records.unreadable)]
    return view


def unreadable_item(item: Unreadable) -> UnreadableItem:
    """Name what cannot be read, and never what it holds."""
    return UnreadableItem(item=item.item, attributes=[*item.attributes])


def _empty_run_view(records: RunRecords) -> RunView | UnreadableRunView:
    """Show a run without its parts."""
    unreadable = [*map(unreadable_item, records.unreadable)]
    if isinstance(records.run, UnreadableRun):
        return UnreadableRunView(**_known(records.run), unreadable=unreadable)
    provider_id = records.run.provider_id
    return RunView(**_summary(records.run), provider_id=provider_id, unreadable=unreadable)


def _document(
    records: RunRecords, record: Turn | RunRequest, attribute: str, payloads: PayloadBucket, room: int
) -> dict[str, Any] | None:
    """Bring an object that a record holds, if it is there and has room; what is none is named as such."""
    text = payloads.find(getattr(record, attribute))
    if text is None:
        return None
    try:
        document = read_json(text)
    except UnreadableJsonError:
        document = None
    if not isinstance(document, dict):
        records.refuse(record, attribute)
        return None
    return document if room_of_body(json.dumps(document)) <= room else None


def call_view(call: Call, payloads: PayloadBucket) -> CallView:
    """Show a call whole, or as much of it as there is room for."""
    view = _empty_call_view(call)
    _fill(list(_gaps(view, call)), payloads, MAX_ANSWER_BYTES - room_of_view(view))
    return view


def _summary(run: Run) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "kind": run.kind,
        "status": run.status,
        "turn": run.turn,
        "max_turns": run.max_turns,
        "call_count": run.call_count,
        "tools": list(run.tools),
        "metadata": dict(run.metadata),
        "subject": run.subject,
        "usage": run.usage,
        "error": _failure(run.error),
        "deadline": instant.to_text(run.deadline_at),
        "due_at": None if run.is_over else _text(run.due_at),
        "created_at": instant.to_text(run.created_at),
        "updated_at": instant.to_text(run.updated_at),
        "ended_at": _text(run.ended_at),
    }


SHOWN = {
    **dict.fromkeys(("kind", "status", "turn", "max_turns", "tools", "metadata", "subject", "usage")),
    **dict.fromkeys(("error", "created_at", "updated_at", "ended_at", "provider_id")),
    "deadline_at": "deadline",
}
"""What is shown of a run that cannot be read, and by which other name."""


def _known(run: UnreadableRun) -> dict[str, Any]:
    known = {name: _plain(run.item.known[name]) for name in SHOWN if name in run.item.known}
    return {"run_id": run.run_id} | {SHOWN[name] or name: value for name, value in known.items()}


def _plain(value: Any) -> Any:  # noqa: ANN401 - any field of a run
    match value:
        case datetime():
            return instant.to_text(value)
        case Failure():
            return _failure(value)
        case tuple():
            return list(value)
        case _:
            return value


def _turn_view(turn: Turn) -> TurnView:
    return TurnView(
        turn=turn.turn,
        provider_id=turn.provider_id,
        status=turn.status,
        started_at=instant.to_text(turn.started_at),
        ended_at=instant.to_text(turn.ended_at),
        usage=_dict(turn.usage),
    )


def _dict[V](mapping: Mapping[str, V] | None) -> dict[str, V] | None:
    return None if mapping is None else dict(mapping)


def _empty_call_view(call: Call) -> CallView:
    """Show a call without its texts."""
    return CallView(
        call_id=call.call_id,
        turn=call.turn,
        type=call.type,
        name=call.name,
        executor=call.executor,
        arguments=None,
        arguments_left_out=True,
        effect=call.effect,
        outcome=call.outcome,
        wait_until=_text(call.wait_until),
        decision=call.decision,
        decision_reason=call.decision_reason,
        decided_at=_text(call.decided_at),
        decided_by=_dict(call.decided_by),
        answered_by=_dict(call.answered_by),
        same_as=call.same_as.partition("#")[2] if call.same_as else None,
        attempts=call.attempts,
        output_left_out=call.output is not None,
        error=_failure(call.error),
        created_at=instant.to_text(call.created_at),
        started_at=_text(call.started_at),
        ended_at=_text(call.ended_at),
    )


def _gaps(view: CallView, call: Call) -> Iterator[Gap]:
    yield Gap(view, "arguments", call.arguments)
    if call.output is not None:
        yield Gap(view, "output", call.output)


def _empty_result_view(last: Turn) -> ResultView:
    """Show what a run's last turn said, without its texts."""
    has_text = last.output_text is not None
    return ResultView(
        output_text=None if has_text else "",
        output_text_left_out=has_text,
        refusal_left_out=last.refusal is not None,
        object=None,
        object_left_out=True,
    )


def _words(view: ResultView, last: Turn) -> Iterator[Gap]:
    if last.output_text is not None:
        yield Gap(view, "output_text", last.output_text)
    if last.refusal is not None:
        yield Gap(view, "refusal", last.refusal)


def _fill(gaps: Sequence[Gap], payloads: PayloadBucket, room: int) -> int:
    """Fill gaps, those with the shortest texts if not all can be, and say how much room is left.

    A text that is lost is left out like one that is too long.
    """
    in_bucket = [number for number, gap in enumerate(gaps) if not gap.text.startswith("inline:")]
    passed_over = set(in_bucket[:-MAX_FETCHED])
    looked_at = [gap for number, gap in enumerate(gaps) if number not in passed_over]
    texts = shortest_that_fit((payloads.find(gap.text) for gap in looked_at), room)
    for number, text in texts.items():
        looked_at[number].fill(text)
        room -= room_of_text(text)
    return room


def _failure(failure: Failure | None) -> FailureView | None:
    return FailureView(**asdict(failure)) if failure else None


def _text(moment: datetime | None) -> str | None:
    return instant.to_text(moment) if moment else None
