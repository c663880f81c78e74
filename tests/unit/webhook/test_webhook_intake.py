import json
import string
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from contracts.messages import WebhookMessage, from_body
from contracts.outside_json import MAX_NESTING
from contracts.queue import Queue
from hypothesis import given
from hypothesis import strategies as st

from functions.webhook.intake import MAX_BODY_BYTES, Intake
from functions.webhook.rejection import RejectedWebhookError
from functions.webhook.signing_secrets import SigningSecrets
from tests.unit.webhook.fake_aws import SecretsManager, Sqs
from tests.unit.webhook.openai_sender import BODY, NOW, SECRET, a_webhook

BOM = b"\xef\xbb\xbf"


@dataclass
class Door:
    """An intake and what came through it."""

    secrets_manager: SecretsManager = field(default_factory=lambda: SecretsManager(SECRET))
    sqs: Sqs = field(default_factory=Sqs)

    def accept(self, event: dict[str, Any]) -> WebhookMessage:
        secrets = SigningSecrets(self.secrets_manager, "webhook-secret", Logger("webhook-intake-test"))
        queue = Queue(self.sqs, "https://sqs/run-queue")
        return Intake(secrets, queue, timedelta(seconds=300), lambda: NOW).accept(event)

    def refuse(self, event: dict[str, Any]) -> HTTPStatus:
        """Offer what must not come in, and give the status of the refusal."""
        with pytest.raises(RejectedWebhookError) as rejected:
            self.accept(event)
        assert self.sqs.bodies == []
        return rejected.value.status


@pytest.fixture
def door() -> Door:
    return Door()


# -- What comes in -------------------------------------------------------------------------------


@pytest.mark.parametrize("is_base64_encoded", [False, True])
@pytest.mark.parametrize(
    "body",
    [
        BODY,
        b'{"type":"response.completed"}',
        b'{"type":"response.completed","data":null}',
        b'{"type":"video.completed","data":{"id":"video_1"}}',
        b'{"type":"safety_identifier.blocked","data":{"safety_identifier":"user"}}',
        b'{"type":"a.type.of.tomorrow","data":{"id":"x","new":[1,2.5,true,null]}}',
        b'{\r\n  "type": "response.completed",\r\n  "data": {"id": "resp_1"}\r\n}\r\n',
        '{"type":"response.completed","data":{"id":"résp_☃_\U0001f600"}}'.encode(),
        b'{"type":"response.completed","data":{"id":"\\ud800"}}',
        b'{"type":"response.completed","data":{"id":"\\u0001\\u0000\\uffff"}}',
        b'{"type":"first","type":"response.completed"}',
        b'{"type":""}',
        b'{"type":"response.completed","created_at":' + b"9" * 4300 + b"}",
        b'{"type":"response.completed","data":' + b"[" * (MAX_NESTING - 1) + b"]" * (MAX_NESTING - 1) + b"}",
    ],
)
def test_a_genuine_webhook_is_queued_as_it_came(door: Door, body: bytes, is_base64_encoded: bool):
    message = door.accept(a_webhook(body, is_base64_encoded=is_base64_encoded))

    assert message == WebhookMessage("wh_1", json.loads(body))
    assert [from_body(queued) for queued in door.sqs.bodies] == [message]


def test_a_duplicate_is_queued_again(door: Door):
    door.accept(a_webhook())
    door.accept(a_webhook())

    assert len(door.sqs.bodies) == 2


def test_the_largest_body_still_fits_into_one_message_of_sqs(door: Door):
    smallest_escaped_to_most = "\x7f é".encode()[2:]  # two bytes of UTF-8, six of ASCII
    room = MAX_BODY_BYTES - len(b'{"type":""}')
    body = b'{"type":"%s"}' % (smallest_escaped_to_most * (room // 2)).ljust(room)

    door.accept(a_webhook(body))

    assert len(body) == MAX_BODY_BYTES
    assert len(door.sqs.bodies[0]) < 1024 * 1024


# -- What stays out ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [
        BODY + b" ",
        BODY + b"\n",
        BODY.replace(b",", b",\r\n"),
        BOM + BODY,
        BODY.replace(b"completed", b"complEted"),
        json.dumps(json.loads(BODY)).encode(),
        json.dumps(json.loads(BODY), separators=(",", ":"), sort_keys=True).encode(),
    ],
    ids=["space", "newline", "crlf", "bom", "bit-flip", "re-serialised", "sorted"],
)
def test_only_the_exact_bytes_are_authentic(door: Door, other: bytes):
    assert door.refuse(a_webhook() | {"body": other.decode()}) == HTTPStatus.UNAUTHORIZED


def test_the_flag_decides_whether_a_body_is_base64(door: Door):
    plain, encoded = a_webhook(), a_webhook(is_base64_encoded=True)

    assert door.refuse(encoded | {"isBase64Encoded": False}) == HTTPStatus.UNAUTHORIZED
    assert door.refuse(plain | {"isBase64Encoded": True}) == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize(
    ("body", "is_base64_encoded"),
    [
        ("not base64!", True),
        ("QUJD=", True),
        ("QUJ", True),
        ("QUJD\n", True),
        ("ünïcödé", True),
        ("//79", True),
        ("7aCA", True),
        ('{"type":"\ud800"}', False),
    ],
    ids=["garbage", "padding", "length", "newline", "characters", "utf-16", "surrogate", "lone-surrogate"],
)
def test_a_body_that_is_not_utf8_is_malformed(door: Door, body: str, is_base64_encoded: bool):
    event = a_webhook() | {"body": body, "isBase64Encoded": is_base64_encoded}

    assert door.refuse(event) == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b'{"type":"response.completed"',
        BOM + BODY,
        b"[]",
        b'[{"type":"response.completed"}]',
        b"null",
        b'"response.completed"',
        b"{}",
        b'{"id":"evt_1","data":{"id":"resp_1"}}',
        b'{"type":null}',
        b'{"type":["response.completed"]}',
        b'{"type":"response.completed","data":NaN}',
        b'{"type":"response.completed","data":-Infinity}',
        b'{"type":"response.completed","data":1e999}',
        b'{"type":"response.completed","data":"\x01"}',
        b'{"type":"response.completed","created_at":' + b"9" * 4301 + b"}",
        b'{"type":"response.completed","data":' + b"[" * MAX_NESTING + b"]" * MAX_NESTING + b"}",
        b'{"type":"response.completed","data":' + b"[" * 9_000 + b"]" * 9_000 + b"}",
        b'{"type":"response.completed","data":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b"[" * 100_000,
    ],
    ids=lambda body: body[:40].decode(errors="replace") + f"({len(body)})",
)
def test_a_signed_body_that_is_no_event_is_malformed(door: Door, body: bytes):
    assert door.refuse(a_webhook(body)) == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize("is_base64_encoded", [False, True])
@pytest.mark.parametrize("size", [MAX_BODY_BYTES + 1, 10 * 1024 * 1024])
def test_a_body_that_is_too_large_is_refused_before_anything_is_computed(
    door: Door, size: int, is_base64_encoded: bool
):
    door.secrets_manager.secret = AssertionError("the keys were asked for")
    event = a_webhook(b"{" + b" " * (size - 2) + b"}", is_base64_encoded=is_base64_encoded)

    assert door.refuse(event) == HTTPStatus.REQUEST_ENTITY_TOO_LARGE


def test_a_stale_webhook_costs_no_signature(door: Door):
    door.secrets_manager.secret = AssertionError("the keys were asked for")

    assert door.refuse(a_webhook(sent_at=NOW - timedelta(hours=1))) == HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize(
    "secret", ["", " ", "whsec_", "short", SECRET.removeprefix("whsec_"), "whsec_c2hvcnQ="]
)
def test_without_a_usable_secret_the_door_is_closed(door: Door, secret: str):
    door.secrets_manager.secret = secret

    assert door.refuse(a_webhook()) == HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize("event", [{}, {"headers": None}, {"headers": {}, "body": None}])
def test_a_request_without_anything_is_malformed(door: Door, event: dict[str, Any]):
    assert door.refuse(event) == HTTPStatus.BAD_REQUEST


header_names = st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature", "content-type", "x"])
any_text = st.text(st.integers(0, 0x1FFFF).map(chr))  # lone surrogates too
header_values = st.one_of(
    any_text,
    st.text(string.printable),
    st.from_regex(r"\A(v1a?,)?[A-Za-z0-9+/]{43}=\Z"),
    st.integers().map(str),
    st.just(str(int(NOW.timestamp()))),
)


@given(
    headers=st.dictionaries(header_names, header_values),
    body=st.one_of(st.none(), any_text, st.binary().map(lambda raw: raw.decode("latin-1"))),
    is_base64_encoded=st.booleans(),
)
def test_whatever_a_stranger_sends_is_a_4xx_and_never_queued(
    headers: dict[str, str], body: str | None, is_base64_encoded: bool
):
    event = {"headers": headers, "body": body, "isBase64Encoded": is_base64_encoded}

    assert Door().refuse(event).is_client_error


@given(changes=st.dictionaries(header_names, header_values), body=st.binary())
def test_whatever_a_stranger_makes_of_a_captured_webhook_is_a_4xx_and_never_queued(
    changes: dict[str, str], body: bytes
):
    captured = a_webhook(is_base64_encoded=True)
    event = captured | {"headers": captured["headers"] | changes}
    other = a_webhook(body, is_base64_encoded=True)["body"]

    assert Door().refuse(event | {"body": other}).is_client_error


@given(body=st.binary())
def test_whatever_is_signed_is_queued_or_a_4xx(body: bytes):
    door = Door()

    try:
        door.accept(a_webhook(body, is_base64_encoded=True))
    except RejectedWebhookError as error:
        assert error.status.is_client_error  # noqa: PT017 - either outcome will do
    else:
        assert len(door.sqs.bodies) == 1
