"""What the rest of the world hears of runs and webhooks: an EventBridge rule that feeds a queue."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx2
import openai
import pytest
from runrelay_client import Client, calls, event, text

from cli.stack import Stack

GET = ("get_order", {"order_id": "A-1"})
PATIENCE_SECONDS = 90


@dataclass
class Subscriber:
    """A queue that every event of Runrelay goes to, and what has come out of it so far."""

    sqs: Any
    queue_url: str
    heard: list[dict[str, Any]] = field(default_factory=list)

    def hear(self, detail_type: str, *, count: int = 1, **facts: Any) -> list[dict[str, Any]]:
        """Wait for so many events with these facts in their detail, and give their details.

        SQS delivers more than once: an event counts once.
        """
        until = time.monotonic() + PATIENCE_SECONDS
        while len(found := self._matching(detail_type, facts)) < count:
            assert time.monotonic() < until, f"heard only {self.heard}"
            self._receive()
        return found

    def _matching(self, detail_type: str, facts: dict[str, Any]) -> list[dict[str, Any]]:
        return [
            each["detail"]
            for each in self.heard
            if each["detail-type"] == detail_type and each["detail"].items() >= facts.items()
        ]

    def _receive(self) -> None:
        answer = self.sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        for message in answer.get("Messages", ()):
            self.sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
            published = json.loads(message["Body"])
            assert published["source"] == "runrelay"
            if published["id"] not in [each["id"] for each in self.heard]:
                self.heard.append(published)


@pytest.fixture(scope="module")
def subscription(stack: Stack) -> Iterator[Subscriber]:
    """Subscribe to everything that Runrelay announces."""
    name = f"subscriber-{uuid4()}"
    events, sqs = stack.client("events"), stack.client("sqs")
    queue_url = sqs.create_queue(QueueName=name)["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]
    events.put_rule(Name=name, EventPattern=json.dumps({"source": ["runrelay"]}))
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": attributes["QueueArn"]}])
    yield Subscriber(sqs, queue_url)
    events.remove_targets(Rule=name, Ids=["queue"])
    events.delete_rule(Name=name)
    sqs.delete_queue(QueueUrl=queue_url)


@pytest.fixture
def subscriber(subscription: Subscriber, client: Client) -> Subscriber:
    return subscription


@pytest.fixture
def another_app(stack: Stack) -> Iterator[openai.OpenAI]:
    """Another app of the same OpenAI project."""
    with httpx2.Client(trust_env=False) as http:
        yield openai.OpenAI(
            api_key=stack.openai_api_key,
            base_url=f"{stack.simulator_url}/v1",
            max_retries=0,
            http_client=http,
        )


def test_every_status_of_a_run_is_announced(client: Client, subscriber: Subscriber):
    run_id = client.start(calls(GET), text("ok"), tools=["get_order"])
    run = client.ended(run_id)

    heard = subscriber.hear("Run Status Changed", count=4, run_id=run_id)

    assert len(heard) == 4
    assert {(each["status_from"], each["status"], each["turn"]) for each in heard} == {
        ("queued", "in_progress", 1),
        ("in_progress", "requires_action", 1),
        ("requires_action", "in_progress", 2),
        ("in_progress", "completed", 2),
    }
    for each in heard:
        assert (each["kind"], each["metadata"], each["error"]) == ("response", run["metadata"], None)


def test_the_end_of_a_failed_run_is_announced_with_the_providers_words(
    client: Client, subscriber: Subscriber
):
    run_id = client.start({"fail": {"code": "server_error", "message": "boom"}})
    client.ended(run_id)

    (end,) = subscriber.hear("Run Status Changed", run_id=run_id, status="failed")

    assert end["error"] == {"code": "server_error", "message": "boom"}


@pytest.mark.parametrize("event_type", ["batch.completed", "never.heard_of", "response"])
def test_an_event_of_an_unknown_type_is_relayed_as_it_came(
    client: Client, subscriber: Subscriber, event_type
):
    body = event(event_type, "thing_1")
    webhook_id = f"wh_{uuid4().hex}"

    client.deliver(body, **client.signature(body, webhook_id=webhook_id))

    (relayed,) = subscriber.hear("Webhook Relayed", webhook_id=webhook_id)
    assert relayed == {"webhook_id": webhook_id, "run_id": None, "event": json.loads(body)}


def test_the_webhook_of_another_apps_response_is_relayed(
    client: Client, subscriber: Subscriber, another_app: openai.OpenAI
):
    response = another_app.responses.create(model="gpt-6-astra", input="not a run of ours", background=True)

    relayed = heard_about(subscriber, response.id)

    (sent,) = [each for each in client.journal("webhook") if each["request"]["data"]["id"] == response.id]
    assert relayed["event"] == sent["request"]
    assert relayed["event"]["type"] == "response.completed"


def test_another_apps_metadata_of_the_same_name_makes_no_run(
    client: Client, subscriber: Subscriber, another_app: openai.OpenAI
):
    response = another_app.responses.create(
        model="gpt-6-astra", input="x", background=True, metadata={"run_id": "run_of_theirs"}
    )

    assert heard_about(subscriber, response.id)["event"]["data"] == {"id": response.id}


def heard_about(subscriber: Subscriber, resource_id: str) -> dict[str, Any]:
    """Wait until a webhook about a resource is relayed."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        for relayed in subscriber.hear("Webhook Relayed", count=0):
            if relayed["event"]["data"]["id"] == resource_id:
                return relayed
        assert time.monotonic() < until, f"heard only {subscriber.heard}"
        subscriber._receive()


def test_a_run_whose_response_was_deleted_at_the_provider_is_lost(
    client: Client, subscriber: Subscriber, another_app: openai.OpenAI
):
    run_id = client.start({"never": True})
    subscriber.hear("Run Status Changed", run_id=run_id, status="in_progress")
    response_id = client.run(run_id)["provider_id"]
    another_app.responses.delete(response_id)

    client.deliver(event("response.completed", response_id))

    run = client.ended(run_id)
    assert (run["status"], run["error"]["code"]) == ("lost", "not_found")
    (end,) = subscriber.hear("Run Status Changed", run_id=run_id, status="lost")
    assert end["status_from"] == "in_progress"
    assert end["error"]["code"] == "not_found"
