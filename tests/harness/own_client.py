"""The functions' own client of AWS, led to where botocore's are led: it has none of their hooks."""

from collections.abc import Callable, Mapping

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import BotoCoreError
from contracts.aws_connection import Connections

type Send = Callable[[str, AWSPreparedRequest], AWSResponse | None]
"""Answers a request in the place of AWS, or leaves it alone; it is given botocore's name of the event."""

SERVICES = {
    "AmazonSQS": "sqs",
    "AWSEvents": "eventbridge",
    "DynamoDB_20120810": "dynamodb",
    "secretsmanager": "secrets-manager",
}

post = Connections.post


def led_to(
    send: Send, connections: Connections, headers: Mapping[str, str], body: bytes
) -> tuple[int, bytes]:
    """Post as `Connections.post` does, unless something else answers.

    Raises:
        ConnectionError: What botocore would say in its own words.
    """
    service, operation = named(headers)
    request = AWSPreparedRequest(
        "POST", f"{connections.url}/", HTTPHeaders.from_dict(dict(headers)), body, stream_output=False
    )
    try:
        answer = send(f"before-send.{service}.{operation}", request)
    except BotoCoreError as error:
        raise ConnectionError(str(error)) from error
    if answer is None:
        return post(connections, headers, body)
    content: bytes = answer.content
    return answer.status_code, content


def named(headers: Mapping[str, str]) -> tuple[str, str]:
    """Name the service and the operation of a request, as botocore's events do."""
    target, _, operation = headers["x-amz-target"].partition(".")
    return SERVICES[target], operation
