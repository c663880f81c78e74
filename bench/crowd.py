"""A crowd of open runs in the table, as one of ours left it, and a provider that knows them all.

One run is really started and begun; the crowd are copies of its record under ids of their own. So there are
a hundred thousand in seconds, and each is what a worker would have written.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from math import ceil

from contracts import instant
from contracts.messages import RunMessage, to_body
from contracts.records import sweep_partition
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from bench.simulated.stack import SimulatedStack
from tests.harness.item_sizes import Item
from tests.harness.scenario import ENDLESS

LOOK = re.compile(r"/v1/responses/resp_crowd_(\d+)")
CHECKS_OF_LONG_RUNS = 9
"""After so many in vain, the pause until the next is the longest that there is."""

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def gather(
    stack: SimulatedStack, runs: int, *, due_in: timedelta, apart: timedelta = timedelta(milliseconds=1)
) -> list[str]:
    """Have so many runs be open, whose turns are at work, and whose checks are due one after another."""
    model = _begun(stack)
    first = instant.now() + due_in
    return [_copy(stack, model, number, instant.to_text(first + number * apart)) for number in range(runs)]


def keep_open(stack: SimulatedStack, runs: int) -> "Knowing":
    """Have so many long runs be open all the while, each checked as rarely as any run, one after another.

    Returns:
        What answers for them.
    """
    every = stack.parameter("CheckCapSeconds")
    apart = timedelta(seconds=every) / runs
    run_ids = gather(stack, runs, due_in=timedelta(), apart=apart)
    for number, run_id in enumerate(run_ids):
        run = stack.table.partition(run_id)["run"]
        stack.table.put({**run, "checks": {"N": str(CHECKS_OF_LONG_RUNS)}})
        body = to_body(RunMessage(run_id, "check"))
        stack.queues["RunQueue"].send(body, ceil(number * apart.total_seconds()))
    knowing = Knowing(run_ids, status="in_progress")
    stack.limiter.stand_before(knowing.before)
    return knowing


def _begun(stack: SimulatedStack) -> Item:
    """Start a run, have its turn begun, and take its record out of the table."""
    run_id = stack.start([ENDLESS])
    stack.run_until(lambda: "provider_id" in stack.table.partition(run_id)["run"])
    for queue in stack.queues.values():
        queue.messages.clear()
    model = stack.table.partition(run_id)["run"]
    stack.table.delete(run_id)
    return model


def _copy(stack: SimulatedStack, model: Item, number: int, due_at: str) -> str:
    run_id: str = model["pk"]["S"][:-6] + _digits(number)
    stack.table.put(
        {
            **model,
            "pk": {"S": run_id},
            "run_id": {"S": run_id},
            "provider_id": {"S": f"resp_crowd_{number}"},
            "sweep": {"S": sweep_partition(run_id)},
            "due_at": {"S": due_at},
        }
    )
    return run_id


def _digits(number: int) -> str:
    return "".join(CROCKFORD[number >> 5 * place & 31] for place in range(5, -1, -1))


class Knowing:
    """Answers a look at any run of a crowd: its response has completed, or is still at work.

    Attributes:
        looks: How many it has answered.
    """

    def __init__(self, run_ids: list[str], *, status: str) -> None:
        self._run_ids, self._status = run_ids, status
        self.looks = 0

    def before(self, app: ASGIApp) -> ASGIApp:
        """Answer for the crowd, and leave all else to an application."""

        async def ask(scope: Scope, receive: Receive, send: Send) -> None:
            found = LOOK.fullmatch(scope["path"])
            self.looks += bool(found)
            answer = JSONResponse(self._response(int(found[1]))) if found else app
            await answer(scope, receive, send)

        return ask

    def _response(self, number: int) -> dict[str, object]:
        text = {"type": "output_text", "text": "done", "annotations": []}
        message = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed"}
        return {
            "id": f"resp_crowd_{number}",
            "object": "response",
            "created_at": 1,
            "status": self._status,
            "model": "gpt-6-astra",
            "output": [{**message, "content": [text]}] if self._status == "completed" else [],
            "metadata": {"runrelay_run_id": self._run_ids[number], "runrelay_turn": "1"},
            "usage": None,
        }


def open_runs(stack: SimulatedStack) -> Iterator[Item]:
    """Give the runs that stand in the sweep index."""
    return (item for item in stack.table.items() if "sweep" in item)
