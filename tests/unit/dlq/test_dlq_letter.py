"""What a dead letter is said to be: types and ids, whatever its body holds."""

import json
from typing import Any

import pytest
from contracts.messages import CallMessage, Message, RunMessage, WebhookMessage, to_body

from runrelay.dlq.letter import QueueName, Unreadable, describe, read

SECRET = "swordfish"


def a_body(**facts: Any) -> str:
    run = {"version": 1, "message": "run", "run_id": "run_1", "reason": "check", "attempt": 0}
    return json.dumps(run | facts)


@pytest.mark.parametrize(
    ("queue", "message", "description"),
    [
        (
            "run",
            WebhookMessage("wh_1", {"type": "response.completed", "data": {"id": "resp_1", "text": SECRET}}),
            "webhook response.completed resp_1",
        ),
        ("run", WebhookMessage("wh_1", {"type": "ping"}), "webhook ping"),
        ("run", RunMessage("run_1", "call_ended"), "run run_1 call_ended"),
        ("tool", CallMessage("run_1", 2, "call_1"), "call call_1 of run run_1, turn 2"),
    ],
)
def test_a_message_is_described_by_types_and_ids(queue: QueueName, message: Message, description: str):
    assert describe(read(queue, to_body(message))) == description


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (SECRET, "not a message of Runrelay"),
        ("[]", "not a message of Runrelay"),
        ("[" * 100_000, "not a message of Runrelay"),
        (json.dumps({"version": 1, "message": SECRET}), "not a message of Runrelay"),
        (a_body(version=2), "a message of a newer version"),
        (a_body(run_id=[SECRET]), "a message with fields of the wrong kind"),
        (a_body(run_id=""), "a message with fields of the wrong kind"),
        (a_body(attempt=SECRET), "a message with fields of the wrong kind"),
        (to_body(WebhookMessage("wh_1", {"data": SECRET})), "a message with fields of the wrong kind"),
    ],
)
def test_what_is_not_ours_is_said_to_be_so_and_not_quoted(body: str, why: str):
    assert read("run", body) == Unreadable(why)


@pytest.mark.parametrize(
    ("queue", "message", "why"),
    [
        ("tool", RunMessage("run_1", "check"), "run run_1 check, on the wrong queue"),
        (
            "run",
            CallMessage("run_1", 1, "call_1"),
            "call call_1 of run run_1, turn 1, on the wrong queue",
        ),
    ],
)
def test_a_message_on_the_wrong_queue_is_unreadable_there(queue: QueueName, message: Message, why: str):
    assert read(queue, to_body(message)) == Unreadable(why)


def test_a_webhooks_words_cannot_steer_the_terminal():
    webhook = WebhookMessage("wh_1", {"type": "\x1b[2Jping\n", "data": {"id": "x" * 1000}})

    shown = describe(webhook)

    assert shown.startswith("webhook ?[2Jping? xxx")
    assert len(shown) < 130
