"""`runrelay cost`."""

from dataclasses import replace
from typing import Annotated, Final

import typer

from runrelay.cli.options import Directory, Json, Stack
from runrelay.cli.output import console, print_json
from runrelay.cost.estimate import MANY, MONTH_SECONDS, Load, estimate
from runrelay.cost.report import report
from runrelay.reach import Where

DEFAULT = Load()
FROM_A_STACK: Final = ("runs", "seconds", "turns")
"""What a stack's own list of runs tells; what is typed all the same is meant."""

Runs = Annotated[float, typer.Option(min=1, max=MANY, help="Runs a month.")]
Seconds = Annotated[
    float,
    typer.Option(min=0.1, max=MONTH_SECONDS, help="What the model takes for a run, over all its turns."),
]
Turns = Annotated[
    float, typer.Option(min=1, max=MANY, help="Of the model in a run; between two of them a tool is called.")
]
Interval = Annotated[
    float, typer.Option(min=0.05, max=3600, help="Seconds between two requests of a poller.")
]
RunsAWorker = Annotated[
    int, typer.Option(min=1, max=MANY, help="How many runs a polling worker waits for at once.")
]
RequestsAMinute = Annotated[float, typer.Option(min=1, max=MANY, help="What OpenAI allows.")]
LastMonth = Annotated[
    bool,
    typer.Option("--last-month", help="Reckon with the runs of a stack's last 30 days; so does --stack."),
]


def cost(  # noqa: PLR0913 - options
    context: typer.Context,
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
            found = load_of(client, load)
        typed = (name for name in FROM_A_STACK if _is_typed(context, name))
        load = replace(found, **{name: getattr(load, name) for name in typed})
    told = estimate(load)
    if json:
        print_json(told.as_json())
    else:
        console.print(report(told))


def _is_typed(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
