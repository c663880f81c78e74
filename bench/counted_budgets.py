"""What does a run cost at the wire, and is it within the budgets of the design?"""

from bench.answers import Answer, Scale, Sheet
from bench.budgets import ROWS, Row
from tests.harness.costs import Costs
from tests.harness.world import harness

HEADINGS = (
    "measured / limit",
    "OpenAI requests",
    "items written",
    "items read",
    "queue messages",
    "write units",
    "in indexes",
    "message bytes",
)


def answer(scale: Scale) -> Answer:
    """Measure every row of the table."""
    measured = {}
    for row in ROWS[: scale.of(len(ROWS), small=1)]:
        with harness() as world:
            measured[row] = row.measure(world)
    return Answer(
        sheets=(
            Sheet("Budgets, counted at the wire", HEADINGS, [_cells(*each) for each in measured.items()]),
        ),
        facts={row.name: vars(costs) for row, costs in measured.items()},
        broken=[
            f"{row.name} is over its budget" for row, costs in measured.items() if not row.limit.holds(costs)
        ],
    )


def _cells(row: Row, costs: Costs) -> tuple[str, ...]:
    limit = row.limit
    return (
        row.name,
        f"{costs.openai_requests} / {limit.openai_requests}",
        f"{costs.items_written} / {limit.items_written}",
        f"{costs.items_read} / {limit.items_read}",
        f"{costs.messages_sent} / {limit.messages_sent}",
        *(str(each) for each in (costs.write_units, costs.index_write_units, costs.message_bytes)),
    )
