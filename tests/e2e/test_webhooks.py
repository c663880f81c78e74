"""Webhooks, from the outside: hostile, doubled, reordered, lost on the way to nobody."""

import base64
import time

import httpx2
import pytest
from runrelay_client import Client, calls, event, text

REFUND = ("refund_order", {"order_id": "A-1", "cents": 500})
EMAIL = ("send_email", {"to": "ann@example.com", "subject": "Refund", "body": "Done."})
TOOLS = ["refund_order", "send_email"]


def test_twenty_deliveries_of_each_webhook_cost_nothing_more(client: Client):
    client.put_faults(webhooks={"duplicate": 19})
    run_id = client.start(calls(REFUND, EMAIL), text("ok"), tools=TOOLS)

    run = client.ended(run_id)
    # One that was slow to be acknowledged comes again.
    client.eventually(lambda: len(client.journal("webhook")) >= 40)
    time.sleep(1)

    assert run["status"] == "completed"
    assert len(client.openai_requests(run_id)) == 4
    assert sorted(effect["effect"] for effect in client.effects()) == ["email", "refund"]


def test_late_and_reordered_webhooks_change_when_a_run_moves_and_not_where_it_ends(client: Client):
    client.put_faults(webhooks={"reorder": 0.5, "delay_seconds": [0, 1], "duplicate": 0.5})
    run_ids = [client.start(calls(REFUND), calls(EMAIL), text("ok"), tools=TOOLS) for _ in range(5)]

    runs = [client.ended(run_id) for run_id in run_ids]

    assert {run["status"] for run in runs} == {"completed"}
    assert len(client.effects()) == 10


def test_a_webhook_for_an_ended_run_changes_nothing(client: Client):
    run_id = client.start(text("ok"))
    run = client.ended(run_id)

    answer = client.deliver(event("response.failed", run["provider_id"]))
    time.sleep(1)

    assert answer.status_code == 202
    assert client.run(run_id) == run
    assert len(client.openai_requests(run_id)) == 2


@pytest.mark.parametrize(
    ("event_type", "resource_id"),
    [
        ("response.completed", "resp_of_somebody_else"),
        ("batch.completed", "batch_1"),
        ("video.completed", "video_1"),
        ("never.heard_of", "x"),
    ],
)
def test_events_of_others_end_quietly(client: Client, event_type, resource_id):
    answer = client.deliver(event(event_type, resource_id))
    time.sleep(1)

    assert answer.status_code == 202
    assert client.dead_letters() == 0


def test_a_genuine_webhook_is_taken_whatever_its_content_type(client: Client):
    body = event("batch.completed", "batch_1")

    as_binary = client.deliver(body, content_type="application/octet-stream")  # API Gateway base64-encodes it

    assert as_binary.status_code == 202


def test_any_of_several_signatures_may_match(client: Client):
    body = event("batch.completed", "batch_1")
    signed = client.signature(body)
    doubled = f"v1,{base64.b64encode(b'0' * 32).decode()} {signed['webhook-signature']}"

    answer = client.http.post(
        client.stack.webhook_url, content=body, headers={**signed, "webhook-signature": doubled}
    )

    assert answer.status_code == 202


BODY = event("response.completed", "resp_1")


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (BODY, {"webhook-signature": f"v1,{base64.b64encode(b'0' * 32).decode()}"}, 401),
        (BODY, {"webhook-signature": "v1,é".encode().decode("latin-1")}, 400),
        (BODY, {"webhook-signature": ""}, 400),
        (BODY, {"webhook-timestamp": "yesterday"}, 400),
        (BODY, {"webhook-timestamp": "1"}, 401),
        (BODY, {"webhook-timestamp": "9" * 5000}, 400),
        (BODY + b" ", {}, 401),
        (b"", {}, 401),
    ],
    ids=["forged", "non-ASCII", "unsigned", "no number", "stale", "5,000 digits", "changed", "emptied"],
)
def test_what_is_not_authentic_is_a_4xx_and_reaches_no_queue(client: Client, body, headers, status):
    answer = client.http.post(
        client.stack.webhook_url,
        content=body,
        headers=[
            (name.encode(), value.encode("latin-1"))
            for name, value in (client.signature(BODY) | headers).items()
        ],
    )

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"\xff\xfe", 400),
        (b"[]", 400),
        (b"{}", 400),
        (b"nonsense", 400),
        (b"[" * 10_000, 400),
        (b"x" * (256 * 1024 + 1), 413),
        (b"x" * (10 * 1024 * 1024), 413),
    ],
    ids=["empty", "not UTF-8", "array", "no type", "not JSON", "deep", "256 KB and a byte", "10 MB"],
)
def test_what_is_signed_and_no_event_is_a_4xx_too(client: Client, body, status):
    answer = client.deliver(body, content_type="application/octet-stream")

    assert answer.status_code == status


def test_a_stale_webhook_is_refused_though_its_signature_is_genuine(client: Client):
    answer = client.http.post(
        client.stack.webhook_url, content=BODY, headers=client.signature(BODY, age_seconds=310)
    )

    assert answer.status_code == 401


def test_another_method_is_no_route(client: Client):
    assert httpx2.get(client.stack.webhook_url, trust_env=False).status_code in {404, 405}
