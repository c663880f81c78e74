"""The same through every function: the handlers, their queues, and tools in processes of their own."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from contracts.status import KINDS

from tests.fuzz.test_fuzz_provider_answers import Provider
from tests.fuzz.world import TOOLS
from tests.harness.scenario import saying
from tests.harness.wire import Answer, Request

SHARE = 50
"""Each takes as long as so many of those in memory."""


@pytest.fixture
def small(socket_enabled) -> Iterator[Any]:
    from tests.schedules.small_world import small_world  # noqa: PLC0415 - it imports everything there is

    with small_world() as world:
        yield world


def test_whatever_a_provider_answers_every_run_ends_and_no_message_is_given_up(small, cases):
    for seed in range(cases // SHARE):
        small.reset()
        kind, provider = KINDS[seed % len(KINDS)], Provider(Random(seed))
        run_id = small.start_kind(kind, saying("done"), tools=list(TOOLS), deadline_seconds=600, max_turns=4)
        small.wire.interceptor = answering(provider, small.aws.on_request)

        small.run_to_end(run_id)

        small.wire.interceptor = lambda _request: None
        assert small.run(run_id)["status"] in (
            "completed",
            "failed",
            "incomplete",
            "cancelled",
            "expired",
            "lost",
        )
        assert small.timeline(run_id)
        assert [len(queue.dead_letters) for queue in (small.run_queue, small.tool_queue)] == [0, 0], seed


def answering(provider: Provider, otherwise: Any) -> Any:
    """Have a provider out of its mind answer whatever is asked of OpenAI."""

    def intercept(request: Request) -> Answer | None:
        if request.service != "openai":
            return otherwise()
        method, _, path = request.operation.partition(" ")
        answer = provider.answer(method, path)
        try:
            body = json.loads(answer.content)
        except (ValueError, RecursionError):
            body = {}
        return Answer(answer.status_code, body, dict(answer.headers))

    return intercept
