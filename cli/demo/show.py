"""Telling one story: start its run, show its timeline until it ends."""

import time
from typing import Any, Final

from rich.text import Text

from cli.demo.clients import Runrelay, Simulator
from cli.demo.stage import now, say
from cli.demo.stories import Story
from cli.demo.timeline import Timeline

SECONDS_BETWEEN_LOOKS: Final = 0.25
"""At our own API, to draw the timeline. OpenAI is asked by the worker alone."""

PATIENCE_SECONDS: Final = 90


def tell(story: Story, runrelay: Runrelay, simulator: Simulator, *, pace: float) -> dict[str, Any]:
    """Drive a story's run and show what happens to it.

    Returns:
        The run as it ended, or as it stands when patience ends.
    """
    say("", Text.assemble((story.name, "bold magenta"), "  ", (story.tells, "italic")))
    simulator.prepare(story, pace=pace)
    run = runrelay.start(story)
    timeline = Timeline(run)

    give_up_at = time.monotonic() + PATIENCE_SECONDS
    with now() as line:
        while run["ended_at"] is None and time.monotonic() < give_up_at:
            time.sleep(SECONDS_BETWEEN_LOOKS)
            events = runrelay.events(run["run_id"])
            run = runrelay.run(run["run_id"])
            say(*timeline.new_lines(events, run))
            line.shows(timeline.doing(run))
        say(*timeline.new_lines(runrelay.events(run["run_id"]), run))
    simulator.calm()
    return run
