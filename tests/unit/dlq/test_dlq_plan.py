"""What redriving a dead letter would do, said before it is done."""

from typing import Any

import pytest
from contracts.messages import CallMessage, RunMessage, WebhookMessage

from runrelay.dlq.letter import Unreadable
from runrelay.dlq.plan import Delivery, Known, Plan, plan
from tests.unit.layer.records import RUN_ID, a_call, a_run, after

NOW = after(60)
LOOK = RunMessage(RUN_ID, "cancel")
CALL = CallMessage(RUN_ID, 1, "call_1")
DIED: dict[str, Any] = {"outcome": "running", "owner": "dead", "fence": 1, "lease_until": after(59)}


def a_webhook(resource_id: str | None = "resp_1") -> WebhookMessage:
    data = {"id": resource_id} if resource_id else {}
    return WebhookMessage("wh_1", {"type": "response.completed", "data": data})


@pytest.mark.parametrize("message", [LOOK, a_webhook(), RunMessage(RUN_ID, "check")])
def test_a_run_that_ended_is_done_already(message: Any):
    planned = plan(message, Known(run=a_run(status="completed")), NOW)

    assert planned == Plan("nothing", "already done: the run ended completed")


def test_a_run_that_is_to_be_deleted_would_be():
    run = a_run(status="completed", deletion_requested_at=after(10), due_at=after(10))

    planned = plan(RunMessage(RUN_ID, "delete"), Known(run=run), NOW)

    assert planned == Plan("look", f"would delete run {RUN_ID} (completed, turn 1)")


def test_a_webhook_that_was_handled_is_not_handled_again():
    known = Known(run=a_run(), delivery=Delivery(is_handled=True))

    assert plan(a_webhook(), known, NOW) == Plan("nothing", "already handled: webhook delivered")


def test_a_webhook_whose_handling_was_cut_short_has_the_worker_look():
    known = Known(run=a_run(), delivery=Delivery(is_handled=False, lease_until=after(59)))

    assert plan(a_webhook(), known, NOW) == Plan("look", f"would look at run {RUN_ID} (in_progress, turn 1)")


def test_a_webhook_in_somebodys_hands_waits():
    known = Known(run=a_run(), delivery=Delivery(is_handled=False, lease_until=after(61)))

    assert plan(a_webhook(), known, NOW).does == "wait"


def test_a_webhook_about_an_earlier_turn_does_nothing():
    planned = plan(a_webhook("resp_0"), Known(run=a_run()), NOW)

    assert planned == Plan(
        "nothing",
        f"nothing to do for run {RUN_ID} (in_progress, turn 1): the webhook is about an earlier turn",
    )


@pytest.mark.parametrize(
    ("message", "says"),
    [
        (
            a_webhook("resp_9"),
            "no run known by resp_9: would ask OpenAI for a run of ours, or relay the event",
        ),
        (a_webhook(None), "about no resource: would relay the event to EventBridge"),
    ],
)
def test_a_webhook_about_nothing_we_know_is_relayed(message: WebhookMessage, says: str):
    assert plan(message, Known(), NOW) == Plan("relay", says)


@pytest.mark.parametrize(
    ("message", "run", "says"),
    [
        (LOOK, a_run(), f"would cancel run {RUN_ID} (in_progress, turn 1)"),
        (RunMessage(RUN_ID, "check"), a_run(), f"would look at run {RUN_ID} (in_progress, turn 1)"),
        (
            RunMessage(RUN_ID, "created"),
            a_run(status="queued", turn=0, provider_id=None),
            f"would submit turn 1 of run {RUN_ID} (queued, turn 0)",
        ),
        (
            RunMessage(RUN_ID, "call_ended"),
            a_run(status="requires_action"),
            f"would look at run {RUN_ID} (requires_action, turn 1)",
        ),
        (
            RunMessage(RUN_ID, "check"),
            a_run(deadline_at=after(59)),
            f"would end run {RUN_ID} (in_progress, turn 1) as expired: The run passed its deadline.",
        ),
    ],
)
def test_an_open_run_is_looked_at_as_the_worker_would(message: RunMessage, run: Any, says: str):
    assert plan(message, Known(run=run), NOW) == Plan("look", says)


@pytest.mark.parametrize("message", [LOOK, CALL])
def test_a_run_that_is_not_there_is_said_to_be_missing(message: Any):
    assert plan(message, Known(), NOW) == Plan("nothing", "run not found: would be dropped")


def test_a_call_that_is_not_there_is_said_to_be_missing():
    assert plan(CALL, Known(run=a_run()), NOW) == Plan("nothing", "call not found: would be dropped")


def test_a_pending_call_would_run():
    known = Known(run=a_run(), call=a_call(name="send_email", effect="once"))

    assert plan(CALL, known, NOW) == Plan("run_tool", "would run tool send_email (once)")


@pytest.mark.parametrize("outcome", ["succeeded", "failed", "denied", "unknown"])
def test_a_call_that_is_over_only_has_the_worker_look(outcome: str):
    known = Known(run=a_run(), call=a_call(outcome=outcome))

    assert plan(CALL, known, NOW) == Plan(
        "look", f"call is over ({outcome}): would only have the worker look at the run"
    )


def test_a_call_that_is_over_of_a_run_that_is_over_does_nothing():
    known = Known(run=a_run(status="failed"), call=a_call(outcome="succeeded"))

    assert plan(CALL, known, NOW) == Plan("nothing", "already done: the run ended failed")


@pytest.mark.parametrize("waiting", [{"outcome": "awaiting_decision"}, {"executor": "external"}])
def test_a_call_that_waits_for_somebody_does_not_run(waiting: dict[str, Any]):
    planned = plan(CALL, Known(run=a_run(), call=a_call(**waiting)), NOW)

    assert planned.does == "look"


def test_a_running_call_is_left_to_its_owner():
    running = a_call(outcome="running", owner="alive", fence=1, lease_until=after(60))

    assert plan(CALL, Known(run=a_run(), call=running), NOW) == Plan(
        "wait", "tool get_order is running until 2026-11-21T09:31:00.000Z at most: would wait for that"
    )


@pytest.mark.parametrize(
    ("effect", "does", "says"),
    [
        ("pure", "run_tool", "would run it again"),
        ("keyed", "run_tool", "would run it again with the same idempotency key"),
        ("verify", "verify", "would ask the tool's verify function first"),
        ("once", "look", "would not run it again"),
    ],
)
def test_a_call_whose_owner_died_is_left_to_its_effect(effect: Any, does: Any, says: str):
    known = Known(run=a_run(), call=a_call(effect=effect, **DIED))

    assert plan(CALL, known, NOW) == Plan(
        does, f"outcome unknown: owner of get_order died; effect {effect}: {says}"
    )


@pytest.mark.parametrize("call", [a_call(), *(a_call(effect=each, **DIED) for each in ("pure", "verify"))])
@pytest.mark.parametrize("run", [a_run(status="cancelled"), None])
def test_a_tool_whose_run_is_over_is_held_back(run: Any, call: Any):
    planned = plan(CALL, Known(run=run, call=call), NOW)

    assert planned.held_back == "ended"


def test_an_unreadable_message_is_held_back():
    planned = plan(Unreadable("a message of a newer version"), Known(), NOW)

    assert planned == Plan("nothing", "a message of a newer version: would fail again", "unreadable")
