"""What `runrelay cost` reckons with is what is counted at the wire."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bench.simulated.stack import SimulatedStack
from bench.wire_counts import a_call, a_check, a_run, counting, counting_busy
from runrelay.cost.counts import BUSY, CALL, CHECK, RUN, drift
from tests.budgets.test_budgets import EXACTLY


@pytest.fixture
def stack(socket_enabled) -> Iterator[SimulatedStack]:
    with counting() as made:
        yield made


@pytest.fixture
def busy_stack(socket_enabled) -> Iterator[SimulatedStack]:
    with counting_busy() as made:
        yield made


@pytest.mark.parametrize(
    ("kept", "count"), [(RUN, a_run), (CALL, a_call), (CHECK, a_check)], ids=["run", "call", "check"]
)
def test_the_counts_that_are_kept_are_those_of_the_wire(stack, kept, count):
    assert list(drift(kept, count(stack))) == []


@pytest.mark.parametrize(
    ("kept", "count"),
    [(BUSY.run, a_run), (BUSY.call, a_call), (BUSY.check, a_check)],
    ids=["run", "call", "check"],
)
def test_the_counts_of_a_busy_stack_are_those_of_the_wire(busy_stack, kept, count):
    assert list(drift(kept, count(busy_stack))) == []


def test_a_count_that_has_drifted_is_named_with_what_it_is_now():
    assert list(drift(RUN, replace(RUN, write_units=11))) == [("write_units 9", "11")]
    assert [name for name, _ in drift(RUN, replace(RUN, invocations={"worker": 3}))] != []
    assert list(drift(BUSY.run, replace(BUSY.run, sqs_requests=3.7))) == [("sqs_requests 3.6", "3.7")]
    assert list(drift(RUN, replace(RUN, log_bytes=RUN.log_bytes + 1))) == []


def test_they_are_those_of_the_budgets():
    assert (RUN.openai_requests, RUN.messages) == (EXACTLY["response, no tools"][0], 3)
    assert (CALL.openai_requests, CALL.messages) == (
        EXACTLY["each further turn with one call"][0],
        EXACTLY["each further turn with one call"][3],
    )
