"""The loops of `bench.throughput`, in a process of their own, in which nothing else has patched a client.

It reads what was recorded from standard input, and writes times to standard output, both as JSON.
"""

import base64
import hashlib
import hmac
import importlib
import io
import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from http import HTTPStatus
from types import ModuleType, SimpleNamespace
from typing import Any

import boto3
import openai
from standardwebhooks import Webhook

from bench.stub_transport import Replay, numbered, replayed

KEY = b"a signing key of thirty-two byte"
SECRET = f"whsec_{base64.b64encode(KEY).decode()}"
CONTEXT = SimpleNamespace(
    get_remaining_time_in_millis=lambda: 60_000,
    function_name="f",
    memory_limit_in_mb=1024,
    invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:f",
    aws_request_id="1",
)
MOST_IN_BATCH = 10
OTHERS = {
    "SendMessage": {"MessageId": "m"},
    "GetSecretValue": {"ARN": "arn", "SecretString": ""},
    "DeleteMessageBatch": {"Successful": [], "Failed": []},
}


@dataclass(frozen=True)
class Given:
    """What to do: the record, and how often.

    Attributes:
        times: Handled at each turn of each side.
        rounds: Turns.
        seconds: What OpenAI takes in the measurement of one instance.
    """

    body: str
    ids: tuple[str, ...]
    answers: tuple[tuple[str, Any], ...]
    times: int
    rounds: int
    seconds: float
    environments: dict[str, dict[str, str]]


type Handle = Callable[[int], Any]


def main() -> None:
    """Measure everything."""
    given = Given(**json.load(sys.stdin))
    taken = {
        "webhook": _webhooks(given),
        "worker": _records(given),
        "instance": _instance(given),
    }
    json.dump(taken, sys.stdout)


def _webhooks(given: Given) -> list[list[float]]:
    ours = _app("webhook", given)
    os.environ.update(given.environments["webhook"])
    minimal = _minimal_webhook()
    event = _a_webhook(json.loads(given.body)["event"], given.ids[0])
    replay = Replay((), (), {**OTHERS, "GetSecretValue": {"ARN": "arn", "SecretString": SECRET}})
    with replayed(replay):
        return _by_turns(
            given, lambda _: _checked(ours.handler(event, CONTEXT)), lambda _: _checked(minimal(event))
        )


def _records(given: Given) -> list[list[float]]:
    ours, minimal = _app("worker", given), _minimal_worker(given)
    replay = Replay(given.answers, given.ids, _with_key())
    lean = [each for each in given.answers if each[0] in ("GET", "UpdateItem")][:2]
    rounds: list[list[float]] = []
    for _ in range(given.rounds + 1):
        with replayed(replay):
            first = _timed(given, lambda at: _done(ours.handler(_batch(given, at), CONTEXT)))
        with replayed(Replay(lean, given.ids, _with_key())):
            second = _timed(given, lambda at: _done(minimal(_batch(given, at))))
        rounds.append([first, second])
    return rounds[1:]


def _instance(given: Given) -> list[list[float]]:
    """Time ten records on the clock: as ten events, and as one."""
    ours = _app("worker", given)
    replay = Replay(given.answers, given.ids, _with_key())
    rounds = []
    with replayed(replay), redirect_stdout(io.StringIO()):
        _done(ours.handler(_batch(given, 0), CONTEXT))
        replay.seconds_of_openai = given.seconds
        for _ in range(max(3, given.rounds // 3)):
            began = time.perf_counter()
            for number in range(MOST_IN_BATCH):
                _done(ours.handler(_batch(given, number), CONTEXT))
            middle = time.perf_counter()
            _done(ours.handler(_batch(given, *range(MOST_IN_BATCH)), CONTEXT))
            rounds.append([middle - began, time.perf_counter() - middle])
    return rounds


def _with_key() -> dict[str, Any]:
    return {**OTHERS, "GetSecretValue": {"ARN": "arn", "SecretString": "sk-bench"}}


def _by_turns(given: Given, *handles: Handle) -> list[list[float]]:
    for each in handles:
        _timed(given, each)
    return [[_timed(given, each) for each in handles] for _ in range(given.rounds)]


def _timed(given: Given, handle: Handle) -> float:
    with redirect_stdout(io.StringIO()):
        began = time.process_time()
        for at in range(given.times):
            handle(at)
        return time.process_time() - began


def _app(function: str, given: Given) -> ModuleType:
    os.environ.update(given.environments[function])
    with redirect_stdout(io.StringIO()):
        return importlib.import_module(f"functions.{function}.app")


def _checked(answer: dict[str, Any]) -> None:
    assert answer["statusCode"] == HTTPStatus.ACCEPTED, answer


def _done(answer: dict[str, Any]) -> None:
    assert answer == {"batchItemFailures": []}, answer


def _batch(given: Given, *numbers: int) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": f"m-{number}",
                "receiptHandle": f"r-{number}",
                "body": numbered(given.body, given.ids, number),
                "attributes": {"ApproximateReceiveCount": "1"},
            }
            for number in numbers
        ]
    }


def _a_webhook(event: object, webhook_id: str) -> dict[str, Any]:
    body, timestamp = json.dumps(event), str(int(time.time()))
    signed = f"{webhook_id}.{timestamp}.{body}".encode()
    signature = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    return {
        "version": "2.0",
        "headers": {
            "content-type": "application/json",
            "webhook-id": webhook_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": f"v1,{signature}",
        },
        "requestContext": {"http": {"method": "POST", "path": "/webhooks/openai"}},
        "body": body,
        "isBase64Encoded": False,
    }


def _minimal_webhook() -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Write the least that verifies a webhook and sends it on."""
    sqs: Any = boto3.client("sqs")
    key, url = Webhook(SECRET), os.environ["RUN_QUEUE_URL"]

    def handler(event: dict[str, Any]) -> dict[str, Any]:
        key.verify(event["body"], event["headers"])
        sqs.send_message(QueueUrl=url, MessageBody=event["body"])
        return {"statusCode": HTTPStatus.ACCEPTED}

    return handler


def _minimal_worker(given: Given) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Write the least that reads what a webhook is about, and writes down how it stands."""
    client = openai.OpenAI(api_key="sk-bench", base_url=given.environments["worker"]["OPENAI_BASE_URL"])
    dynamodb: Any = boto3.client("dynamodb")

    def handler(event: dict[str, Any]) -> dict[str, Any]:
        for record in event["Records"]:
            response = client.responses.retrieve(json.loads(record["body"])["event"]["data"]["id"])
            dynamodb.update_item(
                TableName=os.environ["TABLE_NAME"],
                Key={"pk": {"S": response.id}, "sk": {"S": "run"}},
                UpdateExpression="SET #status = :status, output_text = :text",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={
                    ":status": {"S": str(response.status)},
                    ":text": {"S": response.output_text},
                },
            )
        return {"batchItemFailures": []}

    return handler


if __name__ == "__main__":
    main()
