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

from runrelay.stack import Stack
from tests.harness.announced import check

GET = ("get_order", {"order_id": "A-1"})
NEVER = {"never": True}
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

    def hear_of_run(self, run_id: str, event_type: str) -> dict[str, Any]:
        """Wait until a webhook of that type is relayed as a run's."""
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            for relayed in self.hear("Webhook Relayed", count=0, run_id=run_id):
                if relayed["event"]["type"] == event_type:
                    return relayed
            assert time.monotonic() < until, f"heard only {self.heard}"
            self._receive()

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
            check(published)
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


SIP = {"sip_headers": [{"name": "From", "value": "sip:+1@example.com"}], "type": "sip"}
WEBHOOKS = {
    **{f"response.{word}": {"id": "resp_x"} for word in ("completed", "failed", "cancelled", "incomplete")},
    "agent.session.created": {"id": "sess_x", "environment_type": "none"},
    "agent.session.action_required": {"id": "sess_x", "required_action": {"type": "function_call"}},
    **{
        f"agent.session.{word}": {
            "id": "sess_x",
            "environment_type": "openai_hosted",
            "environment_id": "env_x",
        }
        for word in ("in_progress", "idle", "failed")
    },
    **{f"agent.environment.{word}": {"id": "env_x"} for word in ("ready", "failed", "suspended", "expired")},
    **{f"batch.{word}": {"id": "batch_x"} for word in ("completed", "failed", "expired", "cancelled")},
    **{f"fine_tuning.job.{word}": {"id": "ftjob_x"} for word in ("succeeded", "failed", "cancelled")},
    **{f"eval.run.{word}": {"id": "evalrun_x"} for word in ("succeeded", "failed", "canceled")},
    **{f"video.{word}": {"id": "video_x"} for word in ("completed", "failed")},
    "realtime.call.incoming": {"call_id": "rtc_x", **SIP, "sip_media_security": {"mode": "srtp"}},
    "live.transport.incoming": {"session_id": "live_x", **SIP},
    "live.transport.connected": {"session_id": "live_x", "type": "webrtc"},
    "live.call.incoming": {"session_id": "live_x", **SIP},
    "safety.alert.created": {"id": "alert_x"},
    "safety.org_alert.created": {"id": "alert_x"},
    "safety.warning_issued": {"id": "warning_x"},
    "safety.deactivation_issued": {"id": "deactivation_x"},
    "safety_identifier.blocked": {
        "safety_category": "bio",
        "safety_identifier": "user_x",
        "model": "gpt-6-astra",
    },
    "never.heard_of": {"id": "thing_x", "nested": {"list": [1, "é", None]}},
    "agent.session.turned_blue": {"id": "sess_x"},
    "response": {"id": "resp_x"},
}
"""Every type of event that OpenAI is known to send, and some that it is not, with data as it sends them.

The ids do not exist, as in OpenAI's test deliveries.
"""


def test_every_webhook_is_relayed_as_it_came_and_none_becomes_a_dead_letter(
    client: Client, subscriber: Subscriber
):
    sent = {}
    for event_type, data in WEBHOOKS.items():
        body, webhook_id = event(event_type, **data), f"wh_{uuid4().hex}"
        assert client.deliver(body, **client.signature(body, webhook_id=webhook_id)).status_code == 202
        sent[webhook_id] = json.loads(body)

    relayed = {webhook_id: subscriber.hear("Webhook Relayed", webhook_id=webhook_id) for webhook_id in sent}

    assert relayed == {
        webhook_id: [{"stack": "runrelay", "webhook_id": webhook_id, "run_id": None, "event": body}]
        for webhook_id, body in sent.items()
    }
    assert client.dead_letters() == 0


@pytest.mark.parametrize(
    ("event_type", "kind"),
    [
        ("agent.session.in_progress", "session"),
        ("agent.session.turned_blue", "session"),
        ("response.turned_blue", "response"),
        ("safety.alert.created", "session"),
    ],
)
def test_a_webhook_that_moves_nothing_is_relayed_with_its_run_and_on_its_timeline(
    client: Client, subscriber: Subscriber, event_type, kind
):
    run_id = client.start(NEVER, kind=kind)
    provider_id = client.until(run_id, lambda run: run["status"] == "in_progress")["provider_id"]
    body, webhook_id = event(event_type, provider_id, note="raw"), f"wh_{uuid4().hex}"

    client.deliver(body, **client.signature(body, webhook_id=webhook_id))

    (relayed,) = subscriber.hear("Webhook Relayed", webhook_id=webhook_id)
    assert relayed == {
        "stack": "runrelay",
        "webhook_id": webhook_id,
        "run_id": run_id,
        "event": json.loads(body),
    }
    received = [each for each in client.timeline(run_id) if each.get("webhook_id") == webhook_id]
    assert [(each["type"], each["event_type"]) for each in received] == [("webhook_received", event_type)]
    client.cancel(run_id)


def test_an_event_of_the_environment_of_a_runs_session_belongs_to_the_run(
    client: Client, subscriber: Subscriber
):
    request = client.request("session") | {"environment": {"type": "openai_hosted"}}
    run_id = client.start(NEVER, kind="session", request=request)
    created = subscriber.hear_of_run(run_id, "agent.session.created")
    environment_id = created["event"]["data"]["environment_id"]

    client.deliver(event("agent.environment.suspended", environment_id))

    relayed = subscriber.hear_of_run(run_id, "agent.environment.suspended")
    assert relayed["event"]["data"] == {"id": environment_id}
    assert "agent.environment.suspended" in [each.get("event_type") for each in client.timeline(run_id)]
    client.cancel(run_id)


def test_a_call_that_waits_for_a_person_is_announced(client: Client, subscriber: Subscriber):
    large = ("refund_order", {"order_id": "A-1", "cents": 200_000})
    run_id = client.start(calls(large), text("ok"), tools=["refund_order"])

    (asked,) = subscriber.hear("Call Awaiting Decision", run_id=run_id)

    call = client.waiting(run_id)
    assert (asked["call_id"], asked["name"], asked["type"]) == (
        call["call_id"],
        "refund_order",
        "function_call",
    )
    assert json.loads(asked["arguments"]) == large[1]
    assert asked["wait_until"] == call["wait_until"]
    client.decide(run_id, call["call_id"], approve=False)
    client.ended(run_id)


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
        model="gpt-6-astra", input="x", background=True, metadata={"runrelay_run_id": "run_of_theirs"}
    )

    assert heard_about(subscriber, response.id)["event"]["data"] == {"id": response.id}


def heard_about(subscriber: Subscriber, resource_id: str) -> dict[str, Any]:
    """Wait until a webhook about a resource is relayed."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        for relayed in subscriber.hear("Webhook Relayed", count=0):
            if relayed["event"]["data"].get("id") == resource_id:
                return relayed
        assert time.monotonic() < until, f"heard only {subscriber.heard}"
        subscriber._receive()


def test_a_run_whose_response_was_deleted_at_the_provider_is_not_lost_by_one_look(
    client: Client, subscriber: Subscriber, another_app: openai.OpenAI
):
    run_id = client.start({"never": True})
    subscriber.hear("Run Status Changed", run_id=run_id, status="in_progress")
    response_id = client.run(run_id)["provider_id"]
    another_app.responses.delete(response_id)

    client.deliver(event("response.completed", response_id))

    def looks() -> int:
        return [each["path"] for each in client.journal("request")].count(f"/v1/responses/{response_id}")

    run = client.until(run_id, lambda _run: looks() > 3)  # the deletion is one of them
    assert run["status"] == "in_progress"
