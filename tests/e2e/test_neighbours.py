"""One bad record harms no other: ten messages on the real stack, one of which raises, hangs or kills.

Ten runs are cancelled while nobody reads the run queue, so that ten messages wait for one instance. The
worker asks the provider to cancel each, which is slow to answer. At the request for one of them, the bad one,
the worker's process is killed or frozen while all ten are under way; again each time, for as long as the test
lasts. A record that raises is one that no version of the code can read.

For these tests the queue's visibility timeout and the function's timeout are short, and a message that was
received twice is dead; everything else is as deployed. (The tool queue's messages are handed out in the same
way.)
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from runrelay_client import TERMINAL, Client

from runrelay.stack import Stack
from tests.soak.processes import Process, running

NEVER = {"never": True}
BAD = 4
"""The place of the bad record in its batch: some are before it, and some behind it."""

PATIENCE_SECONDS = 300
POLLER_SECONDS = 1.5
"""The poller looks at the mapping each second."""

MAX_RECEIVES = 2
"""As the worker knows it and as the queue has it: a record's last receive is its own."""

CHANGED = ("VisibilityTimeout", "RedrivePolicy")


class Worker:
    """The worker function as it is deployed, and its queue."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._lambda, self._sqs = stack.client("lambda"), stack.client("sqs")
        mappings = self._lambda.list_event_source_mappings()["EventSourceMappings"]
        (self._mapping,) = [each for each in mappings if "WorkerFunction" in each["FunctionArn"]]
        self._function = self._mapping["FunctionArn"].split(":")[6]
        self._queue = stack.run_queue_url

    @contextmanager
    def alone(self, *, visibility_seconds: int, timeout_seconds: int) -> Iterator[None]:
        """Let one instance at a time read the queue, and let what is lost come back soon, once."""
        usual = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=CHANGED)["Attributes"]
        function = self._lambda.get_function_configuration(FunctionName=self._function)
        usual_function = {"Timeout": function["Timeout"], "Environment": function["Environment"]}
        variables = function["Environment"]["Variables"] | {"MAX_RECEIVES": str(MAX_RECEIVES)}
        redrive = json.dumps(json.loads(usual["RedrivePolicy"]) | {"maxReceiveCount": MAX_RECEIVES})
        self._lambda.put_function_concurrency(FunctionName=self._function, ReservedConcurrentExecutions=1)
        self._set(
            {"VisibilityTimeout": str(visibility_seconds), "RedrivePolicy": redrive},
            {"Timeout": timeout_seconds, "Environment": {"Variables": variables}},
        )
        # A published version keeps its timeout, and for one MiniStack's poller heeds no concurrency.
        self._call(self._function)
        for instance in instances(self._stack):
            instance.kill()
        try:
            yield
        finally:
            self._sqs.purge_queue(QueueUrl=self._queue)
            self._sqs.purge_queue(QueueUrl=self._stack.run_dead_letter_queue_url)
            self._call(self._mapping["FunctionArn"])
            self._set(usual, usual_function)
            self._lambda.delete_function_concurrency(FunctionName=self._function)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Let what is sent in the block pile up on the queue, and nothing else: checks under way are lost."""
        self._read(enabled=False)
        self._sqs.purge_queue(QueueUrl=self._queue)
        try:
            yield
        finally:
            self._read(enabled=True)

    def send(self, body: str) -> None:
        self._sqs.send_message(QueueUrl=self._queue, MessageBody=body)

    def dead_letters(self) -> list[str]:
        answer = self._sqs.receive_message(
            QueueUrl=self._stack.run_dead_letter_queue_url, MaxNumberOfMessages=10, VisibilityTimeout=0
        )
        return [message["Body"] for message in answer.get("Messages", ())]

    def _set(self, attributes: dict[str, str], configuration: dict[str, Any]) -> None:
        self._sqs.set_queue_attributes(QueueUrl=self._queue, Attributes=attributes)
        self._lambda.update_function_configuration(FunctionName=self._function, **configuration)

    def _call(self, function: str) -> None:
        self._lambda.update_event_source_mapping(UUID=self._mapping["UUID"], FunctionName=function)
        time.sleep(POLLER_SECONDS)

    def _read(self, *, enabled: bool) -> None:
        self._lambda.update_event_source_mapping(UUID=self._mapping["UUID"], Enabled=enabled)
        time.sleep(POLLER_SECONDS)


@pytest.fixture
def worker(stack: Stack, client: Client) -> Worker:  # the client's reset comes first
    return Worker(stack)


@contextmanager
def struck(client: Client, provider_id: str, strike: Callable[[Process], bool]) -> Iterator[list[Process]]:
    """Strike the worker at every request to cancel one turn while the block runs; gives whom it met."""
    is_over, met, seen = threading.Event(), list[Process](), 0
    path = f"/v1/responses/{provider_id}/cancel"

    def watch() -> None:
        nonlocal seen
        while not is_over.wait(0.05):
            requests = [entry for entry in client.journal("request") if entry["path"] == path]
            if len(requests) > seen:
                seen = len(requests)
                met.extend(each for each in instances(client.stack) if strike(each))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield met
    finally:
        is_over.set()
        watcher.join()
        for instance in {*met} & {*instances(client.stack)}:
            instance.kill()  # nobody else ends one that is frozen


def instances(stack: Stack) -> list[Process]:
    return [each for each in running(stack) if each.function == "WorkerFunction"]


def runs_at_work(client: Client, count: int) -> list[str]:
    """Start runs whose models never end."""
    run_ids = [client.start(NEVER) for _ in range(count)]
    wait_until(lambda: all(client.run(run_id)["status"] == "in_progress" for run_id in run_ids))
    return run_ids


def wait_until(is_so: Callable[[], Any]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.5)


def have_ended(client: Client, run_ids: list[str]) -> bool:
    return all(client.run(run_id)["status"] in TERMINAL for run_id in run_ids)


def turn_of(client: Client, run_id: str) -> str:
    provider_id: str = client.timeline(run_id)[-1]["provider_id"]
    return provider_id


def cancel(client: Client, run_id: str) -> None:
    client.http.post(f"{client.stack.api_url}/runs/{run_id}/cancel").raise_for_status()


@pytest.mark.parametrize(
    ("strike", "visibility_seconds", "timeout_seconds"),
    [(Process.kill, 4, 30), (Process.freeze, 19, 17)],
    ids=["kills", "hangs"],
)
def test_a_record_that_kills_or_hangs_its_process_takes_no_neighbour_to_the_dead_letter_queue(
    client: Client, worker: Worker, strike, visibility_seconds, timeout_seconds
):
    client.put_faults(webhooks={"drop": 1})
    with worker.alone(visibility_seconds=visibility_seconds, timeout_seconds=timeout_seconds):
        run_ids = runs_at_work(client, 10)
        bad, neighbours = run_ids[BAD], run_ids[:BAD] + run_ids[BAD + 1 :]
        provider_id = turn_of(client, bad)
        client.put_faults(webhooks={"drop": 1}, api={"slow_seconds": 2, "paths": ["/cancel"]})

        with struck(client, provider_id, strike) as met:
            with worker.away():
                for run_id in run_ids:
                    cancel(client, run_id)
            wait_until(lambda: have_ended(client, neighbours) and len(met) > 1)
        dead_letters = worker.dead_letters()

    assert {client.run(run_id)["status"] for run_id in neighbours} == {"cancelled"}
    assert [body for body in dead_letters if bad not in body] == []


def test_a_record_that_raises_takes_no_neighbour_to_the_dead_letter_queue(client: Client, worker: Worker):
    client.put_faults(webhooks={"drop": 1})
    with worker.alone(visibility_seconds=4, timeout_seconds=30):
        neighbours = runs_at_work(client, 9)

        with worker.away():
            for place, run_id in enumerate(neighbours):
                if place == BAD:
                    worker.send("no message of ours")
                cancel(client, run_id)
        wait_until(lambda: have_ended(client, neighbours))
        dead_letters = worker.dead_letters()

    assert {client.run(run_id)["status"] for run_id in neighbours} == {"cancelled"}
    assert dead_letters == []
