"""The functions' own client of AWS, led to where botocore's are led: it has none of their hooks."""

from collections.abc import Callable, Mapping

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import BotoCoreError
from contracts.aws_connection import Connections

type Send = Callable[[str, AWSPreparedRequest], AWSResponse | None]
"""Answers a request in the place of AWS, or leaves it alone; it is given botocore's name of the event."""

SERVICES = {"AmazonSQS": "sqs", "secretsmanager": "secrets-manager"}

post = Connections.post


def led_to(
    send: Send, connections: Connections, headers: Mapping[str, str], body: bytes
) -> tuple[int, bytes]:
    """Post as `Connections.post` does, unless something else answers.

    Raises:
        ConnectionError: What botocore would say in its own words.
    """
    target, _, operation = headers["x-amz-target"].partition(".")
    request = AWSPreparedRequest(
        "POST", f"{connections.url}/", HTTPHeaders.from_dict(dict(headers)), body, stream_output=False
    )
    try:
        answer = send(f"before-send.{SERVICES[target]}.{operation}", request)
    except BotoCoreError as error:
        raise ConnectionError(str(error)) from error
    if answer is None:
        return post(connections, headers, body)
    content: bytes = answer.content
    return answer.status_code, content
