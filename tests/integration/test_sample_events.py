"""The sample events, through the functions that they are for."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from contracts.messages import CallMessage, RunMessage, WebhookMessage, from_body

from tasks import sample_event
from tests.integration import local_aws
from tests.integration.local_aws import WEBHOOK_SECRET_NAME, Deployed, queued
from tests.unit.webhook.openai_sender import SECRET

EVENTS = Path(__file__).parents[2] / "events"

WEBHOOKS = {
    "base64-encoded": 202,
    "forged": 401,
    "not-json": 400,
    "response-cancelled": 202,
    "response-completed": 202,
    "response-failed": 202,
    "response-incomplete": 202,
    "session-action-required": 202,
    "session-idle": 202,
    "test-delivery": 202,
    "unknown-type": 202,
    "without-data": 202,
}
REQUESTS = {
    "cancel-run": 404,
    "decide-call": 404,
    "give-output": 404,
    "list-failed-runs": 200,
    "list-runs": 200,
    "show-openapi": 200,
    "show-run": 404,
    "show-timeline": 404,
    "start-run": 202,
    "start-run-invalid": 422,
    "unknown-route": 404,
    "wrong-method": 405,
}
BATCHES = {
    "worker/batch": [WebhookMessage, RunMessage, RunMessage],
    "worker/call-ended": [RunMessage],
    "worker/cancel": [RunMessage],
    "worker/check": [RunMessage],
    "worker/decided": [RunMessage],
    "worker/decision-needed": [RunMessage],
    "worker/run-created": [RunMessage],
    "worker/webhook": [WebhookMessage],
    "worker/webhook-session-action-required": [WebhookMessage],
    "worker/webhook-unknown-type": [WebhookMessage],
    "tools/call": [CallMessage],
}


@pytest.fixture
def aws() -> Iterator[SimpleNamespace]:
    with local_aws.aws() as clients:
        clients.secretsmanager.create_secret(Name=WEBHOOK_SECRET_NAME, SecretString=SECRET)
        yield clients


@pytest.fixture(scope="module")
def webhook() -> Deployed:
    return local_aws.start("WebhookFunction")


@pytest.fixture(scope="module")
def api() -> Deployed:
    return local_aws.start("ApiFunction")


@pytest.fixture(scope="module")
def sweeper() -> Deployed:
    return local_aws.start("SweeperFunction")


def event(folder: str, name: str) -> dict[str, Any]:
    return sample_event.read(EVENTS / folder / f"{name}.json", SECRET)


def test_every_sample_event_is_run():
    found = {f"{path.parent.name}/{path.stem}" for path in EVENTS.glob("*/*.json")}

    assert found == {
        *(f"webhook/{name}" for name in WEBHOOKS),
        *(f"api/{name}" for name in REQUESTS),
        *BATCHES,
        "sweeper/schedule",
        "endpoint/show",
    }


def test_there_is_a_sample_event_for_every_function():
    assert {path.parent.name for path in EVENTS.glob("*/*.json")} == sample_event.FUNCTIONS.keys()


@pytest.mark.parametrize(("name", "status"), WEBHOOKS.items(), ids=WEBHOOKS)
def test_a_sample_webhook_is_answered_as_its_name_says(aws, webhook: Deployed, name: str, status: int):
    answer = webhook(event("webhook", name))

    assert answer["statusCode"] == status
    assert len(queued(aws)) == (status == 202)


@pytest.mark.parametrize(("name", "status"), REQUESTS.items(), ids=REQUESTS)
def test_a_sample_request_is_answered_as_its_name_says(aws, api: Deployed, name: str, status: int):
    answer = api(event("api", name))

    assert answer["statusCode"] == status
    assert json.loads(answer["body"])


def test_the_sample_event_of_the_endpoint_is_answered(aws):
    endpoint = local_aws.start("EndpointFunction")

    assert endpoint(event("endpoint", "show"))["outcome"] == "no_key"


def test_the_sample_schedule_event_has_runs_swept(aws, sweeper: Deployed):
    with local_aws.credentials(**local_aws.TEMPLATE.environment("SweeperFunction")):
        answer = sweeper(event("sweeper", "schedule"))

    assert answer == {"runs": 0}


@pytest.mark.parametrize(("name", "messages"), BATCHES.items(), ids=BATCHES)
def test_a_sample_batch_holds_messages_that_are_read(name: str, messages: list[type]):
    records = event(*name.split("/"))["Records"]

    assert [type(from_body(record["body"])) for record in records] == messages
    assert len({record["messageId"] for record in records}) == len(records)
    assert {record["attributes"]["ApproximateReceiveCount"] for record in records} == {"1"}
    assert all(record["receiptHandle"] for record in records)
