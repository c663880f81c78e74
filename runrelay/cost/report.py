"""An estimate for the terminal: a table, a plot, and what it rests on."""

from collections.abc import Iterator

from rich.console import Group
from rich.table import Table
from rich.text import Text

from runrelay.cost import prices
from runrelay.cost.assumptions import assumptions
from runrelay.cost.estimate import Estimate, Month

BAR: str = "█"
WIDTH = 40


def report(told: Estimate) -> Group:
    """Lay it out."""
    load = told.load
    turns = f"{load.turns:.3g} {'turn' if load.turns == 1 else 'turns'}"
    heading = (
        f"{load.runs:,.0f} runs a month, {load.seconds:,.0f} s each, {turns}; "
        f"polled every {load.interval_seconds:g} s"
    )
    blank = Text()
    words = map(Text, _break_even(told))
    notes = (Text(each, style="dim") for each in _notes(told))
    return Group(Text(heading, style="bold"), _table(told), blank, _plot(told), blank, *words, blank, *notes)


def _table(told: Estimate) -> Table:
    table = Table("", "polling", "Runrelay", title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    rows = {
        "OpenAI requests a run": lambda month: f"{month.requests_a_run:,.1f}",
        "OpenAI requests a month": lambda month: f"{month.requests:,.0f}",
        f"of {told.load.requests_a_minute:g} requests a minute": lambda month: f"{month.share_of_limit:.2%}",
        "worker hours held": lambda month: f"{month.worker_hours:,.1f}",
        "median s to notice an end": lambda month: f"{month.seconds_to_notice:.1f}",
        "AWS, dollars a month": lambda month: f"{month.dollars:,.2f}",
    }
    months: tuple[Month, Month] = told.polling, told.runrelay
    for name, shown in rows.items():
        table.add_row(name, *map(shown, months))
    return table


def _plot(told: Estimate) -> Group:
    """Draw what a month costs by how long its runs are."""
    most = max(max(polling, runrelay) for _, polling, runrelay in told.dollars_by_seconds)
    lines = [Text("AWS, dollars a month, by the seconds of a run")]
    for seconds, polling, runrelay in told.dollars_by_seconds:
        for name, dollars, style in (("polling", polling, "yellow"), ("Runrelay", runrelay, "green")):
            label = f"{seconds:>6,.0f} s" if name == "polling" else " " * 8
            bar = BAR * max(1, round(WIDTH * dollars / most))
            lines.append(Text.assemble(f"{label}  {name:<8} ", (bar, style), f" {dollars:,.2f}"))
    return Group(*lines)


def _break_even(told: Estimate) -> Iterator[str]:
    seconds, runs = told.breaks_even_at_seconds, told.breaks_even_at_runs
    busy = told.runrelay_busy.dollars
    if seconds is None:
        yield "Runrelay costs more on AWS than polling, however long the runs are."
    else:
        yield f"Runrelay costs less on AWS than polling for runs of {seconds:,.0f} s and more."
    at = f"At {told.load.seconds:,.0f} s a run it costs"
    yield f"{at} more, however many there are." if runs is None else f"{at} less from {runs:,.0f} a month on."
    yield f"That is with workers handed a message at a time; handed ten, as when busy, it costs {busy:,.2f}."
    if told.polling.share_of_limit > 1:
        yield "Polling would need more requests than OpenAI allows."


def _notes(told: Estimate) -> Iterator[str]:
    yield f"List prices of {prices.REGION}, read on {prices.READ_ON}; what a run of Runrelay does is counted."
    yield (
        "Polling: containers of a quarter processor, one at least, each waiting for "
        f"{told.load.runs_a_worker} runs at once; no table, no queue, nothing that survives their end."
    )
    yield "OpenAI documents no price for a retrieve: none is reckoned. Its tokens are the same either way."
    yield from (f"Assumed: {words}." for words in assumptions())
