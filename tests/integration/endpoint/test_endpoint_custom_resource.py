"""CloudFormation is answered, whatever it asks and whatever happens."""

import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from tests.harness.template import STACK
from tests.integration.endpoint.outside import Function, OpenAI

PHYSICAL_ID = f"{STACK}/webhook-endpoint"


def put_key(function: Function, key: str) -> None:
    function.aws.secretsmanager.put_secret_value(SecretId=f"{STACK}/openai-api-key", SecretString=key)


def test_a_create_registers_the_endpoint_and_tells_what_the_test_saw(function: Function, simulated: OpenAI):
    answer = function.ask("Create")

    endpoint = simulated.endpoint
    words = f"registered as {endpoint.id}; its test event got HTTP 202"
    assert answer == {
        "StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/runrelay/1",
        "RequestId": "request-1",
        "LogicalResourceId": "WebhookEndpoint",
        "Status": "SUCCESS",
        "Reason": words,
        "PhysicalResourceId": PHYSICAL_ID,
        "Data": {"Status": words, "EndpointId": endpoint.id, "TestStatus": "202"},
    }
    assert function.outside.content_types == [""]


def test_an_update_to_another_url_moves_the_endpoint(start: Callable[..., Function], simulated: OpenAI):
    start(simulated).ask("Create")
    before = simulated.endpoint
    moved = start(simulated, WEBHOOK_URL="http://127.0.0.1:9/webhooks/openai")

    answer = moved.ask("Update", PhysicalResourceId=PHYSICAL_ID, OldResourceProperties={"Url": before.url})

    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", PHYSICAL_ID)
    assert (simulated.endpoint.id, simulated.endpoint.url) == (
        before.id,
        "http://127.0.0.1:9/webhooks/openai",
    )


@pytest.mark.parametrize("request_type", ["Create", "Update", "Delete"])
def test_without_a_key_the_stack_goes_on(function: Function, request_type):
    put_key(function, "{}")

    answer = function.ask(request_type, PhysicalResourceId=PHYSICAL_ID)

    words = f"no key: There is no OpenAI key in the secret {STACK}/openai-api-key yet."
    assert (answer["Status"], answer["Data"]["Status"]) == ("SUCCESS", words)
    assert (answer["Data"]["EndpointId"], answer["Data"]["TestStatus"]) == ("none", "none")


@pytest.mark.parametrize(("request_type", "status"), [("Create", "FAILED"), ("Delete", "SUCCESS")])
def test_a_key_that_is_refused_fails_a_deploy_in_openais_words_and_no_deletion(
    function: Function, request_type, status
):
    put_key(function, "sk-wrong")

    answer = function.ask(request_type)

    assert answer["Status"] == status
    assert "HTTP 401: Incorrect API key provided" in answer["Reason"]
    assert ("RegisterWebhook=false" in answer["Reason"]) == (status == "FAILED")


def test_a_delete_deletes_the_endpoint_and_once_more_finds_nothing_to_do(
    function: Function, simulated: OpenAI
):
    function.ask("Create")
    theirs = simulated.client.webhooks.create(
        name="theirs", url="https://example.com/hook", event_types=["batch.failed"]
    )

    answers = [function.ask("Delete", PhysicalResourceId=PHYSICAL_ID) for _ in range(2)]

    assert [answer["Status"] for answer in answers] == ["SUCCESS", "SUCCESS"]
    assert simulated.endpoint.id == theirs.id


@pytest.mark.parametrize(
    "status", ["UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", None], ids=str
)
def test_a_stack_that_stays_keeps_its_endpoint(function: Function, simulated: OpenAI, status):
    function.ask("Create")
    function.stack_status = status

    answer = function.ask("Delete", PhysicalResourceId=PHYSICAL_ID)

    assert (answer["Status"], answer["Reason"][:15]) == ("SUCCESS", "The stack stays")
    assert len(simulated.endpoints) == 1


def test_an_endpoint_that_goes_while_it_is_deleted_is_deleted(function: Function, simulated: OpenAI):
    function.ask("Create")
    simulated.faults("/webhook_endpoints/", method="DELETE", **{"404": 1})

    assert function.ask("Delete")["Status"] == "SUCCESS"


def test_a_delete_that_openai_does_not_answer_can_be_tried_again(function: Function, simulated: OpenAI):
    function.ask("Create")
    simulated.faults("/webhook_endpoints/", method="DELETE", **{"503": 1})
    failed = function.ask("Delete")
    simulated.faults()

    assert failed["Status"] == "FAILED"
    assert function.ask("Delete")["Status"] == "SUCCESS"
    assert simulated.endpoints == []


def test_a_mistake_of_ours_is_an_answer(function: Function):
    function.deployed.app._actions._opened = lambda: 1 / 0

    answer = function.ask("Create")

    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", PHYSICAL_ID)
    assert "A mistake of ours: ZeroDivisionError" in answer["Reason"]


def test_what_would_take_too_long_is_answered_before_lambda_ends_it(function: Function, simulated: OpenAI):
    simulated.faults("/webhook", method="GET", slow_seconds=0.8)
    began = time.monotonic()

    answer = function.ask("Create", seconds=10.5)

    assert (answer["Status"], answer["Reason"][:22]) == ("FAILED", "It took too long: the ")
    assert time.monotonic() - began > 0.8  # and what was begun went on, to be found by the next attempt
    assert len(simulated.endpoints) == 1


@pytest.mark.parametrize(
    "odd",
    [
        {"RequestType": "Dance"},
        {"RequestType": None},
        {"OldResourceProperties": None},
        {"OldResourceProperties": {"Url": 1}},
        {"StackId": None, "RequestId": None, "LogicalResourceId": None},
    ],
)
def test_an_odd_request_is_answered(function: Function, odd):
    answer = function.ask("Update", **odd)

    assert answer["Status"] == ("FAILED" if "RequestType" in odd else "SUCCESS")


def test_an_answer_that_did_not_get_through_is_given_again(function: Function):
    function.outside.statuses = [500, 503]

    assert function.ask("Create")["Status"] == "SUCCESS"


def test_a_url_that_leads_nowhere_raises_nothing(function: Function):
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000)

    assert function.deployed({"RequestType": "Create", "ResponseURL": "nonsense"}, context) == {}
