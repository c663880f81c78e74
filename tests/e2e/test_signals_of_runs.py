"""What a stack tells of its runs: a trace of each, and log lines that a run's id finds."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from runrelay_client import Client, calls, text

from runrelay.logs.search import lines, log_groups
from runrelay.stack import Stack
from tests.harness.trace_backend import Backend, attributes

GET = ("get_order", {"order_id": "A-1"})
PATIENCE_SECONDS = 90


def until[T](find: Callable[[], T | None]) -> T:
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while not (found := find()):
        assert time.monotonic() < give_up_at
        time.sleep(0.2)
    return found


@pytest.mark.parametrize("kind", ["response", "session", "thread"])
def test_a_run_is_sent_as_one_trace_when_it_ends(stack: Stack, client: Client, trace_backend: Backend, kind):
    if "OtlpEndpoint" not in stack.parameters:
        pytest.skip("the stack sends no traces")
    run_id = client.start(calls(GET), text("ok"), kind=kind, tools=["get_order"])
    client.ended(run_id)

    def sent() -> list[Any] | None:
        traces = (received.spans for received in list(trace_backend.received))
        of_run = (each for each in traces if attributes(each[0].attributes)["runrelay.run.id"] == run_id)
        return next(of_run, None)

    root, *below = until(sent)
    assert attributes(root.attributes)["runrelay.run.status"] == "completed"
    assert [span.name.partition(" ")[0] for span in below] == ["chat", "execute_tool", "chat"]
    assert {span.parent_span_id for span in below} == {root.span_id}


def test_every_function_has_said_something_that_a_runs_id_finds(stack: Stack, client: Client):
    since = datetime.now(UTC)
    run_id = client.start(calls(GET), text("ok"), tools=["get_order"])
    client.ended(run_id)
    groups = log_groups(stack.client("cloudformation"), stack.stack_name)

    def said() -> set[str]:
        found = lines(stack.client("logs"), groups, run_id, since=since)
        return {line.facts["service"] for line in found if line.facts}

    until(lambda: {"worker", "tools"} <= said())
