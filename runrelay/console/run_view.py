"""One run: what it is, what is to come, what happened, as a picture and in words."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from runrelay.cli.output import as_json
from runrelay.client.models import Call, Run, Timeline, TimelineEntry
from runrelay.console.api import Api
from runrelay.console.picture import draw
from runrelay.console.prospects import exits, prospects
from runrelay.console.view import Query, Seen, is_at_work
from runrelay.timeline import in_words

OPEN_BARS_SECONDS: Final = 2
"""So often a picture is drawn anew in which something goes on."""

TOKENS: Final = (
    ("input_tokens", "Input"),
    ("prompt_tokens", "Input"),
    ("output_tokens", "Output"),
    ("completion_tokens", "Output"),
    ("total_tokens", "Total"),
)
"""In the words of the three APIs."""


class RunView:
    """A run's page."""

    template = "run.html"

    def __init__(self, api: Api, run_id: str, query: Query, *, with_request: bool = False) -> None:
        self._api = api
        self._run_id = run_id
        self._zoom = query.get("zoom", "")
        self._with_request = with_request
        self._read: tuple[Run, Timeline] | None = None

    async def look(self) -> Seen:
        """Read the run; its events only if it has changed since.

        Raises:
            RunrelayError: It cannot be read.
        """
        run = await self._api.runs.get(self._run_id, include_request=self._with_request)
        facts = replace(run, request=None, request_left_out=False)
        if self._read is None or self._read[0] != facts:
            self._read = facts, await self._api.runs.events(self._run_id)
        timeline = self._read[1]
        now = datetime.now(UTC)
        moves = is_at_work(run, now) or any(is_running(call) for call in run.calls if not run.is_over)
        return Seen(
            context={
                "run": run,
                "picture": draw(run, timeline.events, self._zoom, now),
                "prospects": list(prospects(run)),
                "exits": exits(run),
                "told": told(run, timeline.events),
                "raised": raised(timeline.events),
                "events_left_out": timeline.events_left_out,
                "token_names": token_names(run),
                "now": now,
            },
            facts=(facts, timeline, int(now.timestamp()) // OPEN_BARS_SECONDS if moves else None),
            is_moving=moves,
            is_over=run.is_over,
        )


def is_running(call: Call) -> bool:
    """Whether a call is at work here, or is about to be."""
    return call.outcome == "running" or (call.outcome == "pending" and not call.awaits_output)


def told(run: Run, events: Sequence[TimelineEntry]) -> list[dict[str, Any]]:
    """Say what happened, one line an event."""
    whole = as_json(run)
    return [
        {"at": each.at, "after": each.at - run.created_at, "words": words, "aside": aside, "type": each.type}
        for each in events
        for words, aside in [in_words({**as_json(each.known), "type": each.type}, whole)]
    ]


def raised(events: Sequence[TimelineEntry]) -> dict[tuple[Any, Any], str]:
    """Give what calls were ended by, in detail, which the model is not told: by turn and id of the call."""
    return {
        (each.known.get("turn"), each.known.get("call_id")): str(each.known["detail"])
        for each in events
        if each.type == "call_ended" and each.known.get("detail")
    }


def token_names(run: Run) -> list[tuple[str, str]]:
    """Name the counts that a run's turns have."""
    told_of = {name for turn in run.turns for name in (turn.usage or {})}
    return [(name, words) for name, words in TOKENS if name in told_of]
