"""What one run makes happen on AWS and at OpenAI, as it was counted at the wire.

A test measures each of these again (`tests/bench/test_cost_counts.py`), so that they do not drift.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from math import isclose
from typing import Any, Final

FUNCTIONS: Final = ("api", "webhook", "worker", "tools")


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Counts, of one run or of many.

    Attributes:
        http_api_requests: The start and the webhooks; a client that asks how the run stands makes more.
        invocations: By the function's name.
        aws_requests: That the functions send, by the function's name: they wait for each.
        openai_beside: Answers of OpenAI's that a worker awaits beside those for another run.
        aws_beside: The same of AWS's.
        messages: On queues.
        sqs_requests: To send them, and Lambda's, to receive and to delete each batch.
        write_units: To the table, of 1 KB, those of transactions twice.
        index_write_units: To its indexes.
        read_units: Of 4 KB, strongly consistent.
        events: On EventBridge.
        log_bytes: That functions print; the platform adds lines of its own where something fails.
        stored_bytes: What stays in the table, its indexes included, for as long as a run is kept.
    """

    http_api_requests: float = 0
    openai_requests: float = 0
    invocations: Mapping[str, float] = field(default_factory=dict)
    aws_requests: Mapping[str, float] = field(default_factory=dict)
    openai_beside: float = 0
    aws_beside: float = 0
    messages: float = 0
    sqs_requests: float = 0
    write_units: float = 0
    index_write_units: float = 0
    read_units: float = 0
    events: float = 0
    log_bytes: float = 0
    stored_bytes: float = 0

    def __add__(self, other: "Counts") -> "Counts":
        return self._with(other, 1)

    def __sub__(self, other: "Counts") -> "Counts":
        return self._with(other, -1)

    def __mul__(self, times: float) -> "Counts":
        return Counts()._with(self, times)

    def _with(self, other: "Counts", times: float) -> "Counts":
        def add(mine: Any, others: Any) -> Any:  # noqa: ANN401 - a count, or one of each function
            if isinstance(mine, Mapping):
                return {name: add(mine.get(name, 0), others.get(name, 0)) for name in FUNCTIONS}
            return mine + others * times

        return Counts(
            **{each.name: add(getattr(self, each.name), getattr(other, each.name)) for each in fields(self)}
        )


RUN: Final = Counts(
    http_api_requests=2,
    openai_requests=2,
    invocations={"api": 1, "webhook": 1, "worker": 3},
    aws_requests={"api": 3, "webhook": 1, "worker": 15},
    messages=3,
    sqs_requests=9,
    write_units=9,
    index_write_units=10,
    read_units=4.5,
    events=3,
    log_bytes=2862,
    stored_bytes=3586,
)
"""A response of one turn, without a tool: its start, its webhook, and the check that finds it over."""

CALL: Final = Counts(
    http_api_requests=1,
    openai_requests=2,
    invocations={"webhook": 1, "worker": 2, "tools": 1},
    aws_requests={"webhook": 1, "worker": 15, "tools": 3},
    messages=3,
    sqs_requests=9,
    write_units=11,
    index_write_units=7,
    read_units=4.5,
    events=3,
    log_bytes=3523,
    stored_bytes=1546,
)
"""What a further turn with one call adds."""

CHECK: Final = Counts(
    openai_requests=1,
    invocations={"worker": 1},
    aws_requests={"worker": 3},
    messages=1,
    sqs_requests=3,
    write_units=1,
    index_write_units=2,
    read_units=1,
    log_bytes=553,
)
"""What a check adds that finds a turn still at work."""


@dataclass(frozen=True, slots=True)
class Rates:
    """What runs are made of, where so many messages come in one batch."""

    run: Counts
    call: Counts
    check: Counts


IDLE: Final = Rates(RUN, CALL, CHECK)
"""Each message alone, as where few runs are at work."""

BUSY: Final = Rates(
    replace(
        RUN,
        invocations={**RUN.invocations, "worker": 0.3},
        openai_beside=1.8,
        aws_beside=13.5,
        sqs_requests=3.6,
    ),
    replace(
        CALL,
        invocations={**CALL.invocations, "worker": 0.2},
        openai_beside=1.8,
        aws_beside=13.5,
        sqs_requests=5.4,
    ),
    replace(
        CHECK,
        invocations={"worker": 0.1},
        openai_beside=0.9,
        aws_beside=2.7,
        sqs_requests=1.2,
    ),
)
"""Ten messages in each batch of a worker's, as where more wait than workers take."""

NEAR: Final = {"log_bytes": 0.05, "stored_bytes": 0.05}
"""Bytes follow the width of numbers and durations in them; everything else is exact."""

EXACT: Final = 1e-9


def drift(kept: Counts, seen: Counts) -> Iterator[tuple[str, str]]:
    """Name what is written here and is not what was counted, as pairs of words."""
    for each in fields(Counts):
        one, two = getattr(kept, each.name), getattr(seen, each.name)
        if isinstance(one, Mapping):
            is_same = all(isclose(one.get(name, 0), two.get(name, 0), abs_tol=EXACT) for name in FUNCTIONS)
        else:
            is_same = abs(one - two) <= max(one, 100) * NEAR.get(each.name, EXACT)
        if not is_same:
            yield f"{each.name} {one}", f"{two}"
