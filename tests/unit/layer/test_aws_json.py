"""The functions' own client of AWS, against a server that answers as it is told to."""

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from contracts import aws_json
from contracts.aws_json import AwsError, AwsJson, AwsUnreachableError

PLAIN = {
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_SESSION_TOKEN": "token",
    "AWS_REGION": "eu-west-1",
}
JSON = b"content-type: application/x-amz-json-1.0\r\n"
MESSAGE = {"QueueUrl": "https://queue", "MessageBody": "hello"}


def answer(status: int, body: Any, *, close: bool = False) -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    closing = b"connection: close\r\n" if close else b""
    return (
        b"HTTP/1.1 %d OK\r\n%s%scontent-length: %d\r\n\r\n" % (status, JSON, closing, len(content)) + content
    )


HANG_UP, DONE = b"", answer(200, {"MessageId": "1"})


@dataclass
class Server:
    """Gives the answers laid down, in order; of those that are nothing, it hangs up.

    Attributes:
        requests: The connection that each came by, and the request.
    """

    listener: socket.socket
    answers: list[bytes] = field(default_factory=list)
    requests: list[tuple[int, bytes]] = field(default_factory=list)
    connections: list[socket.socket] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self._talk, args=(connection, len(self.connections)), daemon=True).start()

    def _talk(self, connection: socket.socket, number: int) -> None:
        with connection, connection.makefile("rb") as asked:
            while head := asked.readline():
                length = 0
                while (line := asked.readline()) != b"\r\n":
                    head += line
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.partition(b":")[2])
                self.requests.append((number, head + b"\r\n" + asked.read(length)))
                told = self.answers.pop(0)
                connection.sendall(told)
                if told == HANG_UP or b"connection: close" in told:
                    return

    def hang_up(self) -> None:
        for connection in self.connections:
            connection.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def server(socket_enabled: None) -> Iterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = Server(listener)
        thread = threading.Thread(target=serving.serve, daemon=True)
        thread.start()
        yield serving
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What was slept, which nobody waits for."""
    slept: list[float] = []
    monkeypatch.setattr(aws_json.time, "sleep", slept.append)
    return slept


@pytest.fixture
def client(server: Server) -> Iterator[AwsJson]:
    made = AwsJson("sqs", PLAIN | {"AWS_ENDPOINT_URL": server.url}, connect_timeout=1, read_timeout=1)
    yield made
    made.connections.close()


def test_an_operation_is_posted_as_awss_json_and_answered_with_a_dictionary(server: Server, client: AwsJson):
    server.answers = [DONE]

    assert client.send_message(**MESSAGE) == {"MessageId": "1"}

    head, _, body = server.requests[0][1].partition(b"\r\n\r\n")
    assert json.loads(body) == MESSAGE
    assert head.startswith(b"POST / HTTP/1.1\r\n")
    assert b"x-amz-target: AmazonSQS.SendMessage" in head
    assert b"x-amz-security-token: token" in head
    assert b"Credential=key/" in head


def test_an_answer_without_a_word_is_an_empty_dictionary(server: Server, client: AwsJson):
    server.answers = [answer(200, b"")]

    assert client.change_message_visibility(QueueUrl="https://queue", VisibilityTimeout=0) == {}


def test_pages_are_asked_for_one_after_another(server: Server):
    client = AwsJson("dynamodb", PLAIN | {"AWS_ENDPOINT_URL": server.url}, connect_timeout=1, read_timeout=1)
    key = {"pk": {"S": "a"}}
    server.answers = [answer(200, {"Items": [1], "LastEvaluatedKey": key}), answer(200, {"Items": [2]})]

    pages = list(client.get_paginator("query").paginate(TableName="t"))
    client.connections.close()

    assert [page["Items"] for page in pages] == [[1], [2]]
    bodies = [json.loads(request.partition(b"\r\n\r\n")[2]) for _, request in server.requests]
    assert bodies == [{"TableName": "t"}, {"TableName": "t", "ExclusiveStartKey": key}]
    assert b"x-amz-target: DynamoDB_20120810.Query\r\n" in server.requests[0][1]


def test_a_connection_is_kept_for_the_next_request(server: Server, client: AwsJson):
    server.answers = [DONE, DONE]

    client.send_message(**MESSAGE)
    client.send_message(**MESSAGE)

    assert [number for number, _ in server.requests] == [1, 1]


def test_a_connection_that_was_closed_meanwhile_costs_no_attempt(server: Server, client: AwsJson, pauses):
    server.answers = [DONE, DONE]
    client.send_message(**MESSAGE)
    server.hang_up()

    client.send_message(**MESSAGE)

    assert [number for number, _ in server.requests] == [1, 2]
    assert pauses == []


def test_a_kept_connection_that_breaks_takes_the_others_with_it_for_they_may_be_as_old(
    server: Server, client: AwsJson
):
    """A NAT gateway forgets connections that are idle, and says so only to who uses them."""
    kept = [client.connections._connect() for _ in range(3)]
    client.connections._idle.extend(kept)

    server.answers = [HANG_UP, DONE]

    assert client.send_message(**MESSAGE) == {"MessageId": "1"}
    assert server.requests[-1][0] > len(kept)


def test_an_answer_that_closes_its_connection_is_followed_by_another_one(server: Server, client: AwsJson):
    server.answers = [answer(200, {"MessageId": "1"}, close=True), DONE]

    client.send_message(**MESSAGE)
    client.send_message(**MESSAGE)

    assert [number for number, _ in server.requests] == [1, 2]


@pytest.mark.parametrize(
    "passing",
    [
        HANG_UP,
        answer(500, b""),
        answer(500, b"null"),
        answer(502, b"<html>"),
        answer(503, {"__type": "ServiceUnavailable"}),
        answer(504, b""),
        answer(429, b""),
        answer(400, {"__type": "com.amazonaws.sqs#ThrottlingException", "message": "slowly"}),
    ],
    ids=["hangs up", "500", "500 null", "502", "503", "504", "429", "throttled"],
)
def test_what_may_pass_is_tried_once_more_after_a_moment(server: Server, client: AwsJson, pauses, passing):
    server.answers = [passing, DONE]

    assert client.send_message(**MESSAGE) == {"MessageId": "1"}
    assert len(pauses) == 1
    assert 0 <= pauses[0] <= 1


def test_it_is_tried_no_more_often_than_that(server: Server, client: AwsJson):
    server.answers = [answer(503, b""), answer(503, b""), DONE]

    with pytest.raises(AwsError):
        client.send_message(**MESSAGE)

    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (
            answer(400, {"__type": "ResourceNotFoundException", "message": "gone"}),
            "ResourceNotFoundException",
        ),
        (answer(400, {"__type": "com.amazonaws.sqs#QueueDoesNotExist"}), "QueueDoesNotExist"),
        (answer(403, {"__type": "AccessDeniedException", "Message": "no"}), "AccessDeniedException"),
        (answer(400, {"code": "Odd:http://more/"}), "Odd"),
        (answer(400, {"__type": "a\0b"}), "400"),
        (answer(400, {"__type": "a\ud800b"}), "400"),
        (answer(302, b""), "302"),
        (answer(200, b"<html>"), "200"),
        (answer(200, []), "200"),
        (answer(200, b"\xff\xfe"), "200"),
        (answer(200, b"[" * 100_000), "200"),
    ],
)
def test_what_is_refused_or_no_answer_is_raised_by_its_code_and_not_tried_again(
    server: Server, client: AwsJson, told: bytes, code: str
):
    server.answers = [told]

    with pytest.raises(getattr(client.exceptions, code)) as raised:
        client.send_message(**MESSAGE)

    assert raised.value.response["Error"]["Code"] == code
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "told",
    [
        HANG_UP,
        b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n{}" % 10**20,
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-2\r\n{}\r\n",
        b"hello\r\n",
    ],
    ids=["hangs up", "a length that no memory has", "a piece of less than nothing", "no status"],
)
def test_whoever_gives_no_answer_is_unreachable(client: AwsJson, server: Server, told: bytes):
    server.answers = [told, told]

    with pytest.raises(AwsUnreachableError):
        client.send_message(**MESSAGE)

    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ({}, "https://sqs.eu-west-1.amazonaws.com"),
        ({"AWS_ENDPOINT_URL": "http://localhost:4566"}, "http://localhost:4566"),
        ({"AWS_ENDPOINT_URL": "http://a", "AWS_ENDPOINT_URL_SQS": "http://b"}, "http://b"),
        ({"AWS_ENDPOINT_URL_SECRETS_MANAGER": "http://b"}, "https://sqs.eu-west-1.amazonaws.com"),
        (
            {"AWS_ENDPOINT_URL": "http://a", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "True"},
            "https://sqs.eu-west-1.amazonaws.com",
        ),
    ],
)
def test_the_endpoint_is_the_regions_or_the_one_that_is_named(environment: dict[str, str], url: str):
    client = AwsJson("sqs", PLAIN | environment, connect_timeout=1, read_timeout=1)

    assert client.connections.url == url


def test_a_plain_environment_is_known():
    assert aws_json.knows(PLAIN)
    assert aws_json.knows(PLAIN | {"AWS_REGION": "us-gov-west-1"})
    assert aws_json.knows({**PLAIN, "AWS_REGION": "", "AWS_DEFAULT_REGION": "us-east-1"})


@pytest.mark.parametrize(
    "more",
    [
        {"AWS_ACCESS_KEY_ID": ""},
        {"AWS_SECRET_ACCESS_KEY": ""},
        {"AWS_REGION": ""},
        {"AWS_REGION": "cn-north-1"},
        {"AWS_REGION": "us-iso-east-1"},
        {"AWS_REGION": "us-isob-east-1"},
        {"AWS_INITIALIZATION_TYPE": "snap-start"},
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1/credentials"},
        {"AWS_PROFILE": "a"},
        {"HTTPS_PROXY": "http://proxy"},
        {"AWS_USE_FIPS_ENDPOINT": "true"},
    ],
    ids=lambda more: "=".join(*more.items()),
)
def test_any_other_environment_is_botocores(more: dict[str, str]):
    assert not aws_json.knows(PLAIN | more)
