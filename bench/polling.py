"""Pollers: OpenAI's own SDK against the same simulator, in the same simulated time.

Each holds a worker from its run's start to its end. A poller that gets an error after the SDK's own two
retries, or passes its time limit, has given its run up.
"""

import asyncio
import random
import warnings
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import httpx2
import openai

from bench.progress import counted
from bench.simulated.assembly import simulator_governed_by
from bench.simulated.latencies import Latencies
from bench.simulated.limiter import Limited
from bench.workload import TOOL, Job
from simulator.app import create_app
from simulator.journal import Journal
from tests.schedules.clockwork import ClockLoop, StandingClock

URL = "http://openai.test"
FUNCTION = {
    "name": TOOL,
    "parameters": {
        "type": "object",
        "properties": {"order_id": {"type": "string"}},
        "required": ["order_id"],
    },
}
TOOLS: Any = [{"type": "function", **FUNCTION}]
OVER = ("completed", "failed", "incomplete", "cancelled", "expired")


class GivenUpError(Exception):
    """The poller's own time limit has passed."""


@dataclass(frozen=True)
class Polling:
    """A way of polling.

    Attributes:
        most_seconds: The longest wait between two requests.
        limit_seconds: After so long it gives a turn up.
        uses_helper: Whether it is the SDK's `create_and_poll`, which there is for thread runs.
    """

    name: str
    first_seconds: float
    factor: float = 1
    most_seconds: float = 0
    limit_seconds: float | None = None
    uses_helper: bool = False

    def waits(self) -> Iterator[float]:
        """Give the waits between requests."""
        wait = self.first_seconds
        while True:
            yield wait
            wait = min(wait * self.factor, max(self.most_seconds, self.first_seconds))


@dataclass
class Outcome:
    """What came of one workload.

    Attributes:
        delays: From each run's end at OpenAI to its being known, of those that came to be known.
        held_seconds: For how long workers were held, waiting or not.
        for_others: OpenAI requests for runs that are not of the workload.
        most_a_minute: OpenAI requests that were answered, those included.
    """

    runs: int
    requests: int = 0
    refused: int = 0
    delays: list[float] = field(default_factory=list)
    held_seconds: float = 0.0
    for_others: int = 0
    most_a_minute: int = 0

    @property
    def given_up(self) -> int:
        """How many runs' ends nobody saw."""
        return self.runs - len(self.delays)


def unlimited(polling: Polling, jobs: Sequence[Job], latencies: Latencies) -> Outcome:
    """Reckon what polling asks where no limit refuses anything; a test holds it to what `poll` does there."""
    answer_seconds, outcome = latencies.openai, Outcome(len(jobs))
    for job in jobs:
        outcome.requests += polling.uses_helper
        outcome.held_seconds += answer_seconds * polling.uses_helper + latencies.tool * job.calls
        for turn in job.turns:
            looks, late = _looks(polling, turn["seconds"], answer_seconds)
            outcome.requests += 1 + looks
            outcome.held_seconds += turn["seconds"] + late + answer_seconds / 2
            if late < 0:
                break
        else:
            outcome.delays.append(late)
    return outcome


def _looks(polling: Polling, seconds: float, answer_seconds: float) -> tuple[int, float]:
    """Count the requests until one sees the end of a turn, and the seconds from that end to its answer.

    They are negative if the turn is given up.
    """
    at, looks = 0.0, 0
    waits = polling.waits()
    while True:
        at += answer_seconds + (0 if polling.uses_helper and not looks else next(waits))
        looks += 1
        if at >= seconds or (polling.limit_seconds and at > polling.limit_seconds):
            return looks, at - seconds + answer_seconds / 2


def poll(
    polling: Polling, jobs: Sequence[Job], *, per_minute: int | None, latencies: Latencies, seed: int
) -> Outcome:
    """Drive every run of a workload by polling."""
    clock = StandingClock()
    limiter = Limited(create_app(), clock.time, per_minute=per_minute)
    loop = ClockLoop(clock)
    random.seed(seed)  # of the SDK's own pauses
    poller = _Poller(polling, limiter, clock, latencies)
    with _quiet(clock), counted(f"polling: {polling.name}", len(jobs)) as tell:
        _complete(loop, clock, [poller.prepare(jobs)])
        _complete(loop, clock, [poller.drive(job, number) for number, job in enumerate(jobs)], tell)
        (outcome,) = _complete(loop, clock, [poller.outcome(len(jobs))])
        loop.close()
    return outcome


def _complete[T](
    loop: ClockLoop,
    clock: StandingClock,
    work: Sequence[Coroutine[Any, Any, T]],
    tell: Callable[[int], None] = lambda _done: None,
) -> list[T]:
    """Let time pass until all of it is done."""
    done: list[asyncio.Task[T]] = []
    tasks = [loop.create_task(each) for each in work]
    for task in tasks:
        task.add_done_callback(done.append)
    while len(done) < len(tasks):
        loop.do_what_is_due()
        tell(len(done))
        clock.skip(loop.seconds_until_next() or 0)
    return [task.result() for task in tasks]


class _Poller:
    """Every poller of one workload."""

    def __init__(
        self, polling: Polling, limiter: Limited, clock: StandingClock, latencies: Latencies
    ) -> None:
        self._polling, self._limiter, self._clock, self._latencies = polling, limiter, clock, latencies
        self._there = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=limiter), base_url=URL)
        http = httpx2.AsyncClient(transport=_Slowly(limiter, latencies.openai))
        self._openai = openai.AsyncOpenAI(api_key="sk-bench", base_url=f"{URL}/v1", http_client=http)
        self._assistant = ""
        self._seen: dict[str, float] = {}
        self._held_seconds = 0.0

    async def prepare(self, jobs: Sequence[Job]) -> None:
        """Tell the simulator what each run does; the assistant is made once for all."""
        for number, job in enumerate(jobs):
            (await self._there.put(f"/_sim/scenarios/{number}", json={"turns": job.turns})).raise_for_status()
        self._assistant = (await self._openai.beta.assistants.create(model="gpt-6-astra")).id
        self._limiter.forget()

    async def drive(self, job: Job, number: int) -> None:
        """Hold a worker for a run, from its start to its end."""
        await asyncio.sleep(job.starts_after)
        started_at = self._clock.time()
        with_scenario = {"scenario": str(number)}
        run = self._thread_run if self._polling.uses_helper else self._responses
        try:
            resource_id = await run(with_scenario)
            self._seen[resource_id] = self._clock.time()
        except (openai.APIError, GivenUpError):
            pass
        self._held_seconds += self._clock.time() - started_at

    async def outcome(self, runs: int) -> Outcome:
        """Hold what was seen against when it happened, which the simulator tells."""
        resources = (await self._there.get("/_sim/resources")).json()
        (await self._there.post("/_sim/reset")).raise_for_status()  # what no poller waits for ends, too
        ended = {each["id"]: each["ended_at"] for each in resources}
        delays = [seen_at - ended[resource_id] for resource_id, seen_at in self._seen.items()]
        return Outcome(runs, self._limiter.requests, self._limiter.refused, delays, self._held_seconds)

    async def _responses(self, metadata: dict[str, str]) -> str:
        said: Any = "hello"
        more: dict[str, Any] = {}
        while said:
            response: Any = await self._openai.responses.create(
                model="gpt-6-astra", input=said, tools=TOOLS, background=True, metadata=metadata, **more
            )
            response = await self._ended(response)
            calls = [item for item in response.output if item.type == "function_call"]
            said = [
                {"type": "function_call_output", "call_id": call.call_id, "output": "{}"} for call in calls
            ]
            more = {"previous_response_id": response.id}
            await asyncio.sleep(self._latencies.tool if said else 0)
        return str(response.id)

    async def _ended(self, response: Any) -> Any:  # noqa: ANN401 - a response of the SDK
        began_at = self._clock.time()
        for wait in self._polling.waits():
            await asyncio.sleep(wait)
            response = await self._openai.responses.retrieve(response.id)
            if response.status in OVER:
                break
            if self._polling.limit_seconds and self._clock.time() - began_at > self._polling.limit_seconds:
                raise GivenUpError
        return response

    async def _thread_run(self, metadata: dict[str, str]) -> str:
        """Poll as the SDK's helpers do, each second."""
        threads: Any = self._openai.beta.threads
        pause = {"poll_interval_ms": int(self._polling.first_seconds * 1000)}
        thread = await threads.create(messages=[{"role": "user", "content": "hello"}])
        run = await threads.runs.create_and_poll(
            thread_id=thread.id,
            assistant_id=self._assistant,
            tools=[{"type": "function", "function": FUNCTION}],
            metadata=metadata,
            **pause,
        )
        while run.status == "requires_action":
            await asyncio.sleep(self._latencies.tool)
            calls = run.required_action.submit_tool_outputs.tool_calls
            outputs = [{"tool_call_id": call.id, "output": "{}"} for call in calls]
            run = await threads.runs.submit_tool_outputs_and_poll(
                run_id=run.id, thread_id=thread.id, tool_outputs=outputs, **pause
            )
        return str(run.id)


class _Slowly(httpx2.AsyncBaseTransport):
    """Answers by an application, each answer taking its time."""

    def __init__(self, app: Limited, seconds: float) -> None:
        self._app = httpx2.ASGITransport(app=app)
        self._seconds = seconds

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        await asyncio.sleep(self._seconds / 2)
        answer = await self._app.handle_async_request(request)
        await asyncio.sleep(self._seconds / 2)
        return answer


@contextmanager
def _quiet(clock: StandingClock) -> Iterator[None]:
    """Have the simulator live by the clock, and keep no journal of so many requests."""
    with (
        patch.object(Journal, "add", lambda _self, entry: entry),
        simulator_governed_by(clock),
        warnings.catch_warnings(),
    ):
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        yield
