"""Telling one story: start its run, show its timeline until it ends, and decide what waits for a person."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rich.text import Text

from runrelay.timeline import Timeline
from tasks.demo.clients import Runrelay, Simulator
from tasks.demo.stage import now, say
from tasks.demo.stories import Story

type Json = Mapping[str, Any]

SECONDS_BETWEEN_LOOKS: Final = 0.25
"""At our own API, to draw the timeline. OpenAI is asked by the worker alone."""

SECONDS_TO_DECIDE: Final = 2
PATIENCE_SECONDS: Final = 90


@dataclass(frozen=True, slots=True)
class Told:
    """A story that was told: its run as it ended, or as it stood when patience ended, and its timeline."""

    run: Json
    events: Sequence[Json]


def drive(story: Story, runrelay: Runrelay, simulator: Simulator) -> None:
    """Drive a story's run to its end and show nothing of it."""
    run = runrelay.start(story, simulator.prepare(story, pace=1))
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while run["ended_at"] is None and time.monotonic() < give_up_at:
        time.sleep(SECONDS_BETWEEN_LOOKS)
        run = runrelay.run(run["run_id"])


def tell(story: Story, runrelay: Runrelay, simulator: Simulator, *, pace: float) -> Told:
    """Drive a story's run and show what happens to it."""
    say("", Text.assemble((story.name, "bold magenta"), "  ", (story.tells, "italic")))
    run = runrelay.start(story, simulator.prepare(story, pace=pace))
    run_id = run["run_id"]
    timeline = Timeline(run)

    give_up_at = time.monotonic() + PATIENCE_SECONDS
    with now() as line:
        while run["ended_at"] is None and time.monotonic() < give_up_at:
            time.sleep(SECONDS_BETWEEN_LOOKS)
            events = runrelay.events(run_id)
            run = runrelay.run(run_id)
            say(*timeline.new_lines(events, run))
            line.shows(timeline.doing(run))
            if story.approval and (call := _asked_about(run, events)):
                line.shows(f"{call['name']} waits, the model waits, and somebody thinks it over")
                time.sleep(SECONDS_TO_DECIDE * pace)
                runrelay.approve(run_id, call["call_id"], reason=story.approval)
                say(_approving(run_id, call))
        events = runrelay.events(run_id)
        say(*timeline.new_lines(events, run))
    simulator.calm()
    return Told(run, events)


def _asked_about(run: Json, events: Sequence[Json]) -> Json | None:
    """Pick a call that awaits a decision, once the timeline has said so."""
    asked = {event["call_id"] for event in events if event["type"] == "decision_asked"}
    waiting = (call for call in run["calls"] if call["outcome"] == "awaiting_decision")
    return next((call for call in waiting if call["call_id"] in asked), None)


def _approving(run_id: str, call: Json) -> Text:
    path = f"POST /runs/{run_id[:8]}…/calls/{call['call_id'][:8]}…/decision"
    return Text.assemble(("    a person  ☞  ", "bold yellow"), path, ("  approve: true", "dim"))
