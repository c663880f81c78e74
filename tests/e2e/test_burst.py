"""Many runs at once, webhooks doubled: what the local stack takes is bounded, and no run is lost or doubled.

pytest tests/e2e/test_burst.py               12 runs
pytest tests/e2e/test_burst.py --exhaustive  60 and 300, on a stack as `make up` starts it
"""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

import httpx2
import pytest
from runrelay_client import Client, calls, text

from runrelay.stack import Stack
from tasks.local_stack import INSTANCES, LocalStack
from tests.soak import processes
from tests.summary import TOLD

MOST_MEGABYTES = 3000
MOST_SECONDS = 300
AT_ONCE = 30
BUSY = {429, 500, 502, 503}


class Taken:
    """The most that a stack took while it was watched."""

    def __init__(self) -> None:
        self.instances: Counter[str] = Counter()
        self.megabytes = 0.0

    def __str__(self) -> str:
        return f"{self.instances.total()} instances and {self.megabytes:.0f} MB at most"

    def look(self, stack: Stack) -> None:
        running = processes.running(stack)
        self.instances |= Counter(each.function for each in running)
        pids = [*stack.pids.values(), *(each.pid for each in running)]
        self.megabytes = max(self.megabytes, sum(map(own_megabytes, pids)))


@contextmanager
def watched(stack: Stack) -> Iterator[Taken]:
    taken, is_over = Taken(), Event()

    def look() -> None:
        while not is_over.wait(0.5):
            taken.look(stack)

    watcher = Thread(target=look)
    watcher.start()
    try:
        yield taken
    finally:
        is_over.set()
        watcher.join()


def own_megabytes(pid: int) -> float:
    """Give the memory of a process; of what it shares with others, its part."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1000


def start(client: Client, number: int) -> str:
    """Start a run that refunds once; what has no answer, or a busy one, is asked again with the same key."""
    refund = ("refund_order", {"order_id": f"A-{number}", "cents": 500})
    body = {
        "kind": "response",
        "request": client.request("response"),
        "tools": ["refund_order"],
        "metadata": {"scenario": client.put_scenario(calls(refund), text("done"))},
    }
    for _ in range(100):
        with suppress(httpx2.TransportError):
            answer = client.post_run(body, **{"idempotency-key": f"burst-{number}"})
            if answer.status_code not in BUSY:
                assert answer.status_code == 202, answer.text
                return str(answer.json()["run_id"])
        time.sleep(0.5)
    raise AssertionError("the API was busy all the time")


def burst(client: Client, stack: Stack, runs: int) -> Taken:
    client.put_faults(webhooks={"duplicate": 0.4})
    began = time.monotonic()
    with watched(stack) as taken, ThreadPoolExecutor(AT_ONCE) as threads:
        run_ids = list(threads.map(lambda number: start(client, number), range(runs)))
        ended = [client.ended(run_id, patience_seconds=MOST_SECONDS) for run_id in run_ids]
    assert Counter(run["status"] for run in ended) == {"completed": runs}
    assert Counter(effect["run_id"] for effect in client.effects()) == dict.fromkeys(run_ids, 1)
    assert client.dead_letters() == 0
    assert taken.megabytes <= MOST_MEGABYTES
    assert time.monotonic() - began < MOST_SECONDS
    return taken


def test_a_burst_of_runs_is_borne_by_the_instances_that_there_may_be(
    client: Client, stack: Stack, record_property
):
    taken = burst(client, stack, 12)

    most = INSTANCES | stack.parameters
    for function in ("Webhook", "Api"):  # what comes through the front door; queues are drawn from as we like
        assert taken.instances[f"{function}Function"] <= int(most[f"{function}Concurrency"])
    record_property(TOLD, f"a burst of 12 runs: {taken}")


@pytest.mark.parametrize("runs", [60, 300])
def test_sixty_runs_and_three_hundred_at_once_end_within_five_minutes(
    is_exhaustive, tmp_path, runs: int, record_property
):
    if not is_exhaustive:
        pytest.skip("only with --exhaustive")
    with LocalStack(tmp_path) as stack, httpx2.Client(timeout=60, trust_env=False, verify=False) as http:
        resting = Taken()
        resting.look(stack)
        taken = burst(Client(stack, http), stack, runs)
    record_property(TOLD, f"a burst of {runs} runs: {taken}; at rest {resting}")
