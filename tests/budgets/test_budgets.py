"""The table of budgets in the design and in issue 3, counted at the wire.

A row is held when it is within its limit. What it costs today is written down beside it, exactly, so that a
request more is noticed even where the limit has room for it: then change the number here, knowingly.
"""

import pytest

from bench.budgets import ROWS, Row

EXACTLY = {
    # OpenAI requests, items written, items read, queue messages
    "response, no tools": (2, 8, 5, 3),
    "response, no tools, with Idempotency-Key": (2, 8, 5, 3),
    "response, no tools, with a subject": (2, 8, 5, 3),
    "each further turn with one call": (2, 11, 5, 3),
    "two further turns with one call each": (4, 22, 10, 6),
    "a further turn with four parallel calls": (2, 23, 23, 9),
    "twenty duplicates of a webhook, one after another": (0, 20, 0, 20),
    "a duplicate webhook during the first one's look": (0, 1, 1, 1),
    "a duplicate webhook during the first one's claim": (0, 1, 0, 1),
    "session, no tools": (3, 18, 12, 7),
    "session, each further turn with one call": (2, 14, 8, 4),
    "thread, no tools": (4, 7, 3, 2),
    "thread, each further turn with one call": (2, 9, 6, 4),
}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_budget_is_held_to_the_request(row: Row, world):
    costs = row.measure(world)

    assert row.limit.holds(costs), costs
    counted = (costs.openai_requests, costs.items_written, costs.items_read, costs.messages_sent)
    assert counted == EXACTLY[row.name]
