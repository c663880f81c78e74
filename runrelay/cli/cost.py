"""`runrelay cost`."""

from typing import Annotated, Final

import typer

from runrelay.cli.options import Directory, Json, Stack
from runrelay.cli.output import console, print_json
from runrelay.cost.estimate import Load, estimate
from runrelay.cost.report import report
from runrelay.reach import Where

DEFAULT = Load()

LONGEST: Final = 30 * 86_400
"""Seconds: no run has a later deadline."""

MOST: Final = 1e12
"""Of anything: beyond it nobody's numbers lie, and sums are infinite in the end."""

Runs = Annotated[float, typer.Option(min=1, max=MOST, help="Runs a month.")]
Seconds = Annotated[
    float,
    typer.Option(min=0.1, max=LONGEST, help="What the model takes for a run, over all its turns."),
]
Turns = Annotated[
    float, typer.Option(min=1, max=MOST, help="Of the model in a run; between two of them a tool is called.")
]
Interval = Annotated[
    float, typer.Option(min=0.05, max=LONGEST, help="Seconds between two requests of a poller.")
]
RunsAWorker = Annotated[
    int, typer.Option(min=1, max=int(MOST), help="How many runs a polling worker waits for at once.")
]
RequestsAMinute = Annotated[float, typer.Option(min=1, max=MOST, help="What OpenAI allows.")]
LastMonth = Annotated[
    bool,
    typer.Option("--last-month", help="Reckon with the runs of a stack's last 30 days; so does --stack."),
]


def cost(  # noqa: PLR0913 - options
    *,
    runs: Runs = DEFAULT.runs,
    seconds: Seconds = DEFAULT.seconds,
    turns: Turns = DEFAULT.turns,
    interval: Interval = DEFAULT.interval_seconds,
    runs_a_worker: RunsAWorker = DEFAULT.runs_a_worker,
    requests_a_minute: RequestsAMinute = DEFAULT.requests_a_minute,
    last_month: LastMonth = False,
    json: Json = False,
    stack: Stack = None,
    directory: Directory = None,
) -> None:
    """Reckon what polling costs, what Runrelay costs, and from when on it costs less."""
    load = Load(
        runs=runs,
        seconds=seconds,
        turns=turns,
        interval_seconds=interval,
        runs_a_worker=runs_a_worker,
        requests_a_minute=requests_a_minute,
    )
    if last_month or stack or directory:
        from runrelay.cost.last_month import load_of  # noqa: PLC0415 - who needs no client loads none

        with Where.said(stack, directory).client() as client:
            load = load_of(client, load)
    told = estimate(load)
    if json:
        print_json(told.as_json())
    else:
        console.print(report(told))
