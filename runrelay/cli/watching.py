"""A run's timeline as it happens, on a terminal or as lines of JSON."""

import time
from typing import TYPE_CHECKING, Any, Final

from runrelay.cli.output import as_json, console, print_json
from runrelay.client.models import Run, TimelineEntry
from runrelay.progress import doing
from runrelay.timeline import Timeline

if TYPE_CHECKING:
    from runrelay.client.blocking import Runrelay

FIRST_PAUSE, LONGEST_PAUSE, GROWTH = 0.3, 5.0, 1.2
"""Seconds between looks at Runrelay; OpenAI is never asked. Anything new begins them anew."""

DONE: Final = "completed"


def watch(client: "Runrelay", run_id: str, *, json: bool) -> Run:
    """Tell what happens to a run until it is over, from its beginning, and give it as it ended."""
    run = client.runs.get(run_id)
    timeline, told, pause = Timeline(as_json(run)), 0, FIRST_PAUSE
    with doing(is_shown=not json) as say_doing:
        while True:
            events = client.runs.events(run_id).events
            run = client.runs.get(run_id)
            shown = as_json(run)
            _tell(timeline, events, shown, json=json)
            pause = FIRST_PAUSE if len(events) > told else min(pause * GROWTH, LONGEST_PAUSE)
            told = len(events)
            if run.is_over and any(each.type == "run_ended" for each in events):
                return run
            say_doing(timeline.doing(shown))
            time.sleep(pause)


def _tell(timeline: Timeline, events: tuple[TimelineEntry, ...], run: dict[str, Any], *, json: bool) -> None:
    flat = [_flat(event) for event in events]
    if json:
        for event in timeline.new(flat):
            print_json({"run_id": run["run_id"], **event})
        return
    for words in timeline.new_lines(flat, run):
        console.print(words, soft_wrap=True)


def _flat(event: TimelineEntry) -> dict[str, Any]:
    """Give an event as the API does, with what is known of it beside its type."""
    return {**as_json(event.known), "at": event.at.isoformat(), "type": event.type}


def code_of(run: Run) -> int:
    """Give the exit code that says how a run ended."""
    return 0 if run.status == DONE else 1
