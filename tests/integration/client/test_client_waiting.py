"""Waiting for runs, and the client that is awaited, with the real API function over HTTP."""

from typing import Any

import anyio
import pytest
from api_server import ApiServer, Fault
from contracts import instant
from stored_runs import HELLO, SOON, a_waiting_run, an_ended_run, ended

from runrelay import AsyncRunrelay, NotFoundError, Runrelay, UnavailableError, WaitTimeoutError
from tests.integration.api.records_in_aws import put
from tests.unit.layer.records import RUN_ID, a_call


def test_a_wait_ends_when_the_run_does(aws, client: Runrelay, server: ApiServer):
    put(aws, a_waiting_run())
    answer = server.answer

    def then_it_ends(request):
        if len(server.seen) == 2:
            ended(aws, an_ended_run())
        return answer(request)

    server.answer = then_it_ends  # type: ignore[method-assign]
    run = client.runs.wait(RUN_ID, timeout=30)

    assert (run.status, len(server.seen)) == ("completed", 3)


def test_a_wait_can_end_when_somebody_is_waited_for(aws, client: Runrelay):
    put(aws, a_waiting_run(), a_call(executor="external", wait_until=instant.now() + SOON))

    run = client.runs.wait(RUN_ID, timeout=30, until=lambda run: run.waiting_calls)

    assert [call.call_id for call in run.waiting_calls] == ["call_1"]


def test_a_wait_refuses_a_question_that_is_awaited_for_its_answer_is_always_true(aws, client: Runrelay):
    put(aws, a_waiting_run())

    async def is_enough(run) -> bool:
        return False

    with pytest.raises(TypeError, match="no async function"):
        client.runs.wait(RUN_ID, timeout=30, until=is_enough)


def test_a_wait_whose_time_is_up_has_the_run_as_seen_last(aws, client: Runrelay):
    put(aws, a_waiting_run())

    with pytest.raises(WaitTimeoutError, match="requires_action") as caught:
        client.runs.wait(RUN_ID, timeout=0.3)
    assert caught.value.run.run_id == RUN_ID
    assert isinstance(caught.value, TimeoutError)


def test_a_wait_is_not_prolonged_by_what_the_api_asks_for(server: ApiServer):
    server.faults += [Fault(503, {"Retry-After": "20"})] * 2

    with Runrelay(url=server.url) as client, pytest.raises(UnavailableError) as caught:
        client.runs.wait(RUN_ID, timeout=1)
    assert (len(server.seen), caught.value.retry_after) == (1, 20.0)


def test_a_wait_at_whose_end_the_api_is_silent_has_the_run_as_seen_last(aws, server: ApiServer):
    put(aws, a_waiting_run())
    answer = server.answer
    server.answer = lambda request: answer(request) if not server.seen else None  # type: ignore[method-assign]

    with Runrelay(url=server.url) as client, pytest.raises(WaitTimeoutError) as caught:
        client.runs.wait(RUN_ID, timeout=0.3)
    assert caught.value.run.status == "requires_action"
    assert isinstance(caught.value.__cause__, UnavailableError)


def test_a_wait_is_over_if_the_api_is_silent_for_good_though_there_is_time_left(aws, server: ApiServer):
    put(aws, a_waiting_run())
    answer = server.answer
    server.answer = lambda request: answer(request) if not server.seen else None  # type: ignore[method-assign]

    with Runrelay(url=server.url, max_retries=1) as client, pytest.raises(UnavailableError):
        client.runs.wait(RUN_ID, timeout=60)


def test_a_run_is_started_and_waited_for(client: Runrelay, server: ApiServer):
    with pytest.raises(WaitTimeoutError):
        client.runs.start_and_wait(request=HELLO, timeout=0)
    assert [request.method for request in server.seen] == ["POST", "GET"]


# -- The same, awaited ---------------------------------------------------------------------------


def test_the_client_that_is_awaited_does_all_of_it(aws, server: ApiServer):
    put(
        aws,
        a_waiting_run(),
        a_call(call_id="asks", outcome="awaiting_decision", wait_until=instant.now() + SOON),
        a_call(call_id="outside", executor="external", wait_until=instant.now() + SOON),
    )
    other = an_ended_run(run_id="run_01JDZ3V8W8Q5Z8Q5Z8Q5Z8Q000")
    ended(aws, other)

    async def everything() -> list[Any]:
        async with AsyncRunrelay(url=server.url) as client:
            runs = client.runs
            run = await runs.start(request=HELLO)
            with pytest.raises(WaitTimeoutError):
                await runs.start_and_wait(request=HELLO, timeout=0)
            with pytest.raises(NotFoundError):
                await runs.get("run_01JDZ3V8W8Q5Z8Q5Z8Q5Z8QNNN")
            return [
                (await runs.wait(RUN_ID, until=lambda run: run.waiting_calls)).status,
                (await runs.decide(RUN_ID, "asks", approve=True)).outcome,
                (await runs.give_output(RUN_ID, "outside", output="x")).outcome,
                [each.run_id async for each in runs.list(kind="response", limit=99)][-2:],
                (await runs.events(RUN_ID)).events[0].type,
                (await runs.cancel(run.run_id)).run_id == run.run_id,
                (await runs.delete(other.run_id)).run_id == other.run_id,
            ]

    assert anyio.run(everything) == [
        "requires_action",
        "pending",
        "succeeded",
        [RUN_ID, other.run_id],
        "run_created",
        True,
        True,
    ]


def test_a_wait_that_is_awaited_is_not_prolonged_either(server: ApiServer):
    server.faults += [Fault(503, {"Retry-After": "20"})] * 2

    async def wait() -> None:
        async with AsyncRunrelay(url=server.url) as client:
            await client.runs.wait(RUN_ID, timeout=1)

    with pytest.raises(UnavailableError):
        anyio.run(wait)
    assert len(server.seen) == 1


def test_a_lost_answer_is_asked_for_again_when_awaited(server: ApiServer):
    server.faults += [Fault(is_done=True), Fault(503, {"Retry-After": "0"})]

    async def start() -> str:
        async with AsyncRunrelay(url=server.url) as client:
            return (await client.runs.start(request=HELLO)).run_id

    run_id = anyio.run(start)

    assert len(server.seen) == 3
    with Runrelay(url=server.url) as client:
        assert [run.run_id for run in client.runs.list()] == [run_id]
