"""Very many runs that are over, put into the table of a stack as their last writes left them."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import batched
from typing import Any, Final

from contracts import instant
from contracts.items import attributes, standing_of, to_item
from contracts.records import Failure, Run
from contracts.status import KINDS, Status
from ulid import ULID

from runrelay.stack import Stack

ENDS: Final[tuple[Status, ...]] = ("completed", "completed", "completed", "failed", "cancelled", "expired")
APART: Final = timedelta(seconds=7)
IN_A_BATCH: Final = 25
WRITERS: Final = 4


def fill(stack: Stack, count: int) -> None:
    """Put runs into the table, the latest begun a minute ago."""
    dynamodb = stack.client("dynamodb")

    def write(batch: Sequence[dict[str, Any]]) -> None:
        wanted = {stack.table_name: [{"PutRequest": {"Item": item}} for item in batch]}
        while wanted:
            wanted = dynamodb.batch_write_item(RequestItems=wanted)["UnprocessedItems"]

    latest = instant.now() - timedelta(minutes=1)
    with ThreadPoolExecutor(WRITERS) as writers:
        list(writers.map(write, batched(_items(count, latest), IN_A_BATCH, strict=False)))


def _items(count: int, latest: datetime) -> Iterator[dict[str, Any]]:
    for number in range(count):
        run = _run(number, latest - number * APART)
        yield {**to_item(run), **attributes(standing_of(run)), "listing": {"S": "run"}}


def _run(number: int, created_at: datetime) -> Run:
    status = ENDS[number % len(ENDS)]
    ended_at = created_at + timedelta(seconds=5)
    run_id = f"run_{ULID.from_datetime(created_at)}"
    return Run(
        run_id=run_id,
        kind=KINDS[number % len(KINDS)],
        status=status,
        request_key=f"request#{run_id}",
        tools=("get_order",),
        metadata={},
        created_at=created_at,
        updated_at=ended_at,
        ended_at=ended_at,
        deadline_at=created_at + timedelta(days=1),
        max_turns=20,
        turn=2,
        version=4,
        call_count=number % 4,
        usage={"input_tokens": 200, "output_tokens": number, "total_tokens": 200 + number},
        subject=f"order {number}",
        error=None if status == "completed" else Failure("server_error", "The model had an error."),
    )
