import json
import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

import botocore.client
import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from contracts.messages import WebhookMessage, from_body

from tests.integration.local_aws import WEBHOOK_SECRET_NAME, Deployed, Fault, lost, queued
from tests.unit.webhook.openai_sender import BODY, KEY, OTHER_SECRET, SECRET, a_webhook, spoil

URL = "https://aws"
JSON = {"content-type": "application/x-amz-json-1.0"}


def a_webhook_now(body: bytes = BODY, *, secret: str = SECRET, seconds_ago: int = 0, **headers: str | None):
    sent_at = datetime.now(UTC) - timedelta(seconds=seconds_ago)
    return a_webhook(body, secret=secret, sent_at=sent_at, **headers)


def an_aws_error(status: int, code: str) -> Fault:
    return lost(status, json.dumps({"__type": code, "message": "no"}).encode(), **JSON)


outages = pytest.mark.parametrize(
    "fault",
    [
        an_aws_error(500, "InternalError"),
        an_aws_error(503, "ServiceUnavailable"),
        an_aws_error(400, "ThrottlingException"),
        an_aws_error(403, "AccessDeniedException"),
        an_aws_error(400, "KMS.DisabledException"),
        EndpointConnectionError(endpoint_url=URL),
        ConnectTimeoutError(endpoint_url=URL),
        ReadTimeoutError(endpoint_url=URL),
        ConnectionClosedError(endpoint_url=URL),
        lost(200, b"<html><body>Welcome to our proxy</body></html>", **{"content-type": "text/html"}),
        lost(200, b""),
        lost(200, b"{}", **JSON),
        lost(200, b"[]", **JSON),
        lost(200, b"null", **JSON),
        lost(200, b"\xff\xfe"),
        lost(302, b""),
        lost(502, b"<html>"),
        lost(500, b"null"),
    ],
    ids=[
        *("500", "503", "throttled", "denied", "kms", "refused", "connect-timeout", "read-timeout", "closed"),
        *("200-html", "200-empty", "200-object", "200-array", "200-null", "200-garbage"),
        *("redirect", "502-html", "500-null"),
    ],
)


# -- Acknowledged means kept ---------------------------------------------------------------------


def test_a_webhook_is_acknowledged_once_it_stands_on_the_queue(aws: SimpleNamespace, webhook: Deployed):
    answer = webhook(a_webhook_now())

    assert answer == {"statusCode": 202, "headers": {}}
    assert [from_body(body) for body in queued(aws)] == [WebhookMessage("wh_1", json.loads(BODY))]


SNAPSHOT = {"AWS_INITIALIZATION_TYPE": "snap-start"}


def test_from_a_snapshot_it_is_botocore_that_keeps_a_webhook(
    aws: SimpleNamespace, start_webhook: Callable[..., Deployed]
):
    webhook = start_webhook(**SNAPSHOT)

    answer = webhook(a_webhook_now())

    assert isinstance(webhook.app._sqs, botocore.client.BaseClient)
    assert answer == {"statusCode": 202, "headers": {}}
    assert [from_body(body) for body in queued(aws)] == [WebhookMessage("wh_1", json.loads(BODY))]


@pytest.mark.parametrize("operation", ["SendMessage", "GetSecretValue"])
def test_from_a_snapshot_a_failing_aws_is_a_503_as_well(
    start_webhook: Callable[..., Deployed], operation: str
):
    webhook = start_webhook(**SNAPSHOT)
    webhook.faults[operation] = lost(503, b"")

    assert webhook(a_webhook_now())["statusCode"] == 503
    assert webhook.requests.count(operation) == 2


@outages
def test_without_a_message_id_a_webhook_is_not_acknowledged(webhook: Deployed, fault: Fault):
    webhook.faults["SendMessage"] = fault
    began_at = time.monotonic()

    answer = webhook(a_webhook_now())

    assert answer["statusCode"] == 503
    assert answer["headers"] == {"content-type": "application/problem+json", "retry-after": "30"}
    assert "SendMessage" in webhook.requests
    assert time.monotonic() - began_at < 5


@outages
def test_without_the_secrets_a_webhook_is_sent_away_to_come_again(
    aws: SimpleNamespace, webhook: Deployed, fault: Fault
):
    webhook.faults["GetSecretValue"] = fault

    answers = [webhook(a_webhook_now())]
    webhook.faults.clear()
    answers.append(webhook(a_webhook_now()))

    assert [answer["statusCode"] for answer in answers] == [503, 202]
    assert answers[0]["headers"]["retry-after"] == "30"
    assert len(queued(aws)) == 1


def test_a_webhook_is_sent_twice_when_the_reply_of_sqs_is_lost_once(aws: SimpleNamespace, webhook: Deployed):
    replies = iter([lost(500, b""), None])
    webhook.faults["SendMessage"] = lambda request: (reply := next(replies)) and reply(request)

    answer = webhook(a_webhook_now())

    assert answer["statusCode"] == 202
    assert len(queued(aws)) == 2


@pytest.mark.parametrize("service", ["SQS", "SECRETS_MANAGER"])
def test_an_aws_that_never_answers_is_a_503_within_five_seconds(
    start_webhook: Callable[..., Deployed], silent_url: str, service: str
):
    webhook = start_webhook(**{f"AWS_ENDPOINT_URL_{service}": silent_url})
    began_at = time.monotonic()

    answer = webhook(a_webhook_now())

    assert answer["statusCode"] == 503
    assert 1 < time.monotonic() - began_at < 5


@pytest.fixture
def silent_url(socket_enabled: None) -> Iterator[str]:
    """A server that accepts connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


# -- Fail closed ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"seconds_ago": -400}, 401),
        ({"seconds_ago": 400}, 401),
        ({"secret": OTHER_SECRET}, 401),
        ({"webhook_signature": None}, 400),
        ({"body": b"[]"}, 400),
        ({"body": b'{"a":' * 9_000 + b"1" + b"}" * 9_000}, 400),
        ({"body": b" " * (256 * 1024 + 1)}, 413),
    ],
    ids=["future", "stale", "forged", "unsigned", "no-event", "too-deep", "too-large"],
)
def test_a_refusal_is_a_problem_document_and_nothing_is_queued(
    aws: SimpleNamespace, webhook: Deployed, sent: dict[str, Any], status: int
):
    answer = webhook(a_webhook_now(**sent))

    problem = json.loads(answer["body"])
    assert answer["statusCode"] == status
    assert answer["headers"] == {"content-type": "application/problem+json"}
    assert problem == {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": problem["detail"],
    }
    assert "SendMessage" not in webhook.requests
    assert queued(aws) == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_whatever_is_not_posted_is_told_so_and_never_queued(aws, webhook: Deployed, method: str):
    event = a_webhook_now()
    event["requestContext"]["http"]["method"] = method

    answer = webhook(event)

    assert (answer["statusCode"], answer["headers"]["allow"]) == (405, "POST")
    assert answer["headers"]["content-type"] == "application/problem+json"
    assert json.loads(answer["body"])["title"] == "Method Not Allowed"
    assert queued(aws) == []


def test_a_replay_of_a_captured_webhook_after_the_tolerance_is_refused(webhook: Deployed):
    captured = a_webhook_now(seconds_ago=299)
    assert webhook(captured)["statusCode"] == 202

    replayed_later = a_webhook_now(seconds_ago=302)

    assert webhook(replayed_later)["statusCode"] == 401


@pytest.mark.parametrize("secret", ["", "whsec_", "your-secret-here", None])
def test_without_a_usable_secret_everything_is_refused_and_an_error_is_logged(
    aws: SimpleNamespace, webhook: Deployed, secret: str | None
):
    if secret is None:
        aws.secretsmanager.delete_secret(SecretId=WEBHOOK_SECRET_NAME, ForceDeleteWithoutRecovery=True)
    elif secret:
        aws.secretsmanager.put_secret_value(SecretId=WEBHOOK_SECRET_NAME, SecretString=secret)
    else:
        aws.secretsmanager.put_secret_value(SecretId=WEBHOOK_SECRET_NAME, SecretBinary=b"binary")

    assert webhook(a_webhook_now())["statusCode"] == 401
    assert {"level": "ERROR", "message": "signing secret unusable"}.items() <= webhook.log_lines[0].items()
    assert "SendMessage" not in webhook.requests


# -- Rotation ------------------------------------------------------------------------------------


def test_a_rotation_reaches_a_warm_function_at_once_without_a_gap(aws: SimpleNamespace, webhook: Deployed):
    assert webhook(a_webhook_now())["statusCode"] == 202
    aws.secretsmanager.put_secret_value(
        SecretId=WEBHOOK_SECRET_NAME, SecretString=f"{OTHER_SECRET}\n{SECRET}\n"
    )

    answers = [webhook(a_webhook_now(secret=secret)) for secret in (OTHER_SECRET, SECRET, OTHER_SECRET)]

    assert [answer["statusCode"] for answer in answers] == [202, 202, 202]
    assert webhook.requests.count("GetSecretValue") == 2


def test_a_revoked_secret_is_refused_once_a_new_one_was_seen(aws: SimpleNamespace, webhook: Deployed):
    assert webhook(a_webhook_now())["statusCode"] == 202
    aws.secretsmanager.put_secret_value(SecretId=WEBHOOK_SECRET_NAME, SecretString=OTHER_SECRET)

    answers = [webhook(a_webhook_now(secret=secret)) for secret in (OTHER_SECRET, SECRET)]

    assert [answer["statusCode"] for answer in answers] == [202, 401]


def test_forged_webhooks_cause_one_look_at_the_secrets_at_most(webhook: Deployed):
    forged = a_webhook_now(secret=OTHER_SECRET)

    answers = [webhook(forged) for _ in range(20)]

    assert {answer["statusCode"] for answer in answers} == {401}
    assert webhook.requests.count("GetSecretValue") == 2  # the first, and one look again


# -- What it says --------------------------------------------------------------------------------


def test_one_line_and_one_metric_tell_each_outcome(webhook: Deployed):
    webhook(a_webhook_now())
    webhook(a_webhook_now(secret=OTHER_SECRET))
    webhook.faults["SendMessage"] = lost(200, b"<html>")
    webhook(a_webhook_now())

    messages = [line["message"] for line in webhook.log_lines if "message" in line]
    metrics = [name for line in webhook.log_lines for name in line if name.startswith("Webhook")]
    assert messages == ["webhook queued", "webhook rejected", "webhook not kept"]
    assert metrics == ["WebhookQueued", "WebhookRejected", "WebhookNotKept"]


def test_nothing_private_is_logged(aws: SimpleNamespace, webhook: Deployed):
    body = b'{"type":"response.completed","data":{"id":"resp_private"}}'
    genuine = a_webhook_now(body)
    aws.secretsmanager.put_secret_value(SecretId=WEBHOOK_SECRET_NAME, SecretString=f"{SECRET} broken-secret")

    webhook(genuine)
    webhook(a_webhook_now(body, webhook_signature=spoil(genuine["headers"]["webhook-signature"])))
    webhook(a_webhook_now(body, webhook_signature="v1,secretsignature secret!"))
    webhook(a_webhook_now(body.replace(b"}}", b"")))
    webhook.faults["SendMessage"] = ReadTimeoutError(endpoint_url="https://aws")
    webhook(genuine)

    said = webhook.output.getvalue()
    assert len(webhook.log_lines) > 5
    for private in ("resp_private", genuine["headers"]["webhook-signature"][3:], "secretsignature"):
        assert private not in said
    for private in (SECRET, SECRET[6:], KEY.decode(), "broken-secret"):
        assert private not in said


@pytest.mark.parametrize("type_", ["\\ud800", "\\u0000", "x" * 1000])
def test_an_odd_type_is_queued_all_the_same(aws: SimpleNamespace, webhook: Deployed, type_: str):
    answer = webhook(a_webhook_now(f'{{"type":"{type_}"}}'.encode()))

    assert answer["statusCode"] == 202
    assert len(queued(aws)) == 1
