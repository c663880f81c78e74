"""The client against the local stack, each kind of run to its end."""

import anyio
import pytest
from runrelay_client import Client, calls, text

from runrelay import AsyncRunrelay, DeletedError, NoStackError, Runrelay
from runrelay.client.places import find
from runrelay.stack import Stack

LARGE_REFUND = ("refund_order", {"order_id": "A-1", "cents": 200_000})
ASK = ("ask_warehouse", {"question": "Can the parcel still be stopped?"})
TOOLS = ["refund_order", "ask_warehouse"]


@pytest.mark.parametrize("kind", ["response", "session", "thread"])
def test_a_run_is_started_its_calls_answered_and_its_end_waited_for(client: Client, stack: Stack, kind):
    scenario = client.put_scenario(calls(LARGE_REFUND), calls(ASK), text("done"))
    with Runrelay(url=stack.api_url) as runrelay:
        runs = runrelay.runs
        started = runs.start(
            kind=kind,
            request=client.request(kind),
            tools=TOOLS,
            metadata={"scenario": scenario},
            subject=scenario,
        )

        asks = runs.wait(started.run_id, until=lambda run: run.waiting_calls, timeout=120)
        (call,) = asks.waiting_calls
        assert runs.decide(asks.run_id, call.call_id, approve=True).outcome == "pending"
        waits = runs.wait(
            started.run_id,
            until=lambda run: any(call.awaits_output for call in run.waiting_calls),
            timeout=120,
        )
        (call,) = waits.waiting_calls
        assert runs.give_output(waits.run_id, call.call_id, output="no").outcome == "succeeded"
        ended = runs.wait(started.run_id, timeout=120)

        assert (ended.status, ended.output_text) == ("completed", "done")
        assert [run.run_id for run in runs.list(subject=scenario)] == [started.run_id]
        assert runs.events(started.run_id).events[-1].type == "run_ended"
        runs.delete(started.run_id)
        with pytest.raises(DeletedError):
            runs.get(started.run_id)
    assert [effect["effect"] for effect in client.effects()] == ["refund"]


def test_runs_are_waited_for_side_by_side(client: Client, stack: Stack):
    metadata = {"scenario": client.put_scenario(text("hello"))}

    async def main() -> list[str | None]:
        said: list[str | None] = []

        async def one(runrelay: AsyncRunrelay) -> None:
            request = client.request("response")
            run = await runrelay.runs.start_and_wait(request=request, metadata=metadata, timeout=120)
            said.append(run.output_text)

        async with AsyncRunrelay(url=stack.api_url) as runrelay, anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(one, runrelay)
        return said

    assert anyio.run(main) == ["hello"] * 3


def test_a_stack_is_found_by_its_name(stack: Stack, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", stack.aws_endpoint_url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    assert stack.http_api_id in find(stack=stack.stack_name, region=stack.region).url
    with pytest.raises(NoStackError, match="no-such-stack is not found"):
        find(stack="no-such-stack", region=stack.region)
