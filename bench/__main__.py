"""`make bench`: the budgets and the comparisons, as tables."""

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import start_up
from bench.budgets import ROWS, TOOLS, Row
from tasks.demo.polling import EACH_SECOND, WITH_BACKOFF, durations, requests_by_polling
from tests.harness.costs import Costs
from tests.harness.scenario import calling, saying
from tests.harness.world import harness

HELD, MISSED = "[green]held[/]", "[bold red]missed[/]"
TURN_SECONDS = 3.0
WIDTH = 150


def main() -> int:
    """Print every table; 1 if a limit was missed."""
    console = Console()
    console.width = max(console.width, WIDTH)
    verdicts = [*budgets(console)]
    console.print(start_up.table(start_up.rows()))
    polling(console)
    return 0 if all(verdicts) else 1


def budgets(console: Console) -> Iterator[bool]:
    """Show what runs cost, measured / limit."""
    table = _table("Budgets, counted at the wire: measured / limit", "", "OpenAI requests", "items written")
    for heading in ("items read", "queue messages", "", "write units", "in indexes", "message bytes"):
        table.add_column(heading, justify="right")
    for row in ROWS:
        with harness() as world:
            costs = row.measure(world)
        yield row.limit.holds(costs)
        table.add_row(row.name, *_cells(row, costs))
    console.print(table)


def _cells(row: Row, costs: Costs) -> list[str]:
    limit = row.limit
    return [
        f"{costs.openai_requests} / {limit.openai_requests}",
        f"{costs.items_written} / {limit.items_written}",
        f"{costs.items_read} / {limit.items_read}",
        f"{costs.messages_sent} / {limit.messages_sent}",
        HELD if limit.holds(costs) else MISSED,
        *(str(each) for each in (costs.write_units, costs.index_write_units, costs.message_bytes)),
    ]


def polling(console: Console) -> None:
    """Run two turns of a few seconds each, and show what polling them would have asked."""
    with harness() as world:
        world.patience_seconds = 10 * TURN_SECONDS
        run_id = world.start(
            calling(("get_order", {"order_id": "A-1"}), seconds=TURN_SECONDS),
            saying("done", seconds=TURN_SECONDS),
            tools=TOOLS,
        )
        world.run_to_end(run_id)
        world.settle()
        resources, asked = world.simulator.resources(), _looks(world.simulator.journal(kind="request"))
    seconds = sum(durations(resources))
    table = _table(f"Asking how {len(resources)} turns of {seconds:.1f} s together stand", "", "requests")
    table.add_row("Runrelay, woken by webhooks", str(asked))
    for each in (EACH_SECOND, WITH_BACKOFF):
        table.add_row(f"polling {each.name}", str(requests_by_polling(each, resources)))
    console.print(table)


def _looks(requests: list[dict[str, Any]]) -> int:
    return sum(request["method"] == "GET" for request in requests)


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left")
    for at, heading in enumerate(headings):
        table.add_column(heading, justify="right" if at else "left")
    return table


if __name__ == "__main__":
    raise SystemExit(main())
