"""Webhooks that come too often, too late, too many at once, and a queue that takes them without a word."""

import json
from itertools import count

import pytest

from tests.faults.invariants import accepted, check_all, handled
from tests.faults.rows import row
from tests.faults.runs import KINDS, finish, signed, start, webhook
from tests.harness.scenario import saying
from tests.harness.wire import Fault, Request, at_first

WITH_WEBHOOKS = ("response", "session")


def is_look(request: Request) -> bool:
    return request.sender == "worker" and request.operation.startswith("GET /v1/")


@row("F01")
@pytest.mark.parametrize("kind", WITH_WEBHOOKS)
def test_a_delivery_that_comes_a_hundred_times_costs_one_look(world, kind):
    run_id = start(world, kind)
    finish(world, run_id)
    cost, first = world.costs(), world.webhooks[-1]

    answers = [world.receive_webhook(first)["statusCode"] for _ in range(100)]
    finish(world, run_id)

    assert answers == [202] * 100
    assert world.costs().openai_requests == cost.openai_requests
    check_all(world, run_id)


@row("F01")
@pytest.mark.parametrize("kind", WITH_WEBHOOKS)
def test_of_thirty_two_copies_in_hand_at_once_one_looks(world, kind):
    def deliver_copies() -> None:
        for _ in range(31):
            world.receive_webhook(world.webhooks[-1])
        while batch := world.run_queue.visible[:10]:
            world.deliver(*batch)

    run_id = start(world, kind)
    world.wire.interceptor = at_first(is_look, deliver_copies)

    finish(world, run_id)

    check_all(world, run_id)


@row("F02")
@pytest.mark.parametrize("kind", WITH_WEBHOOKS)
def test_an_event_that_comes_under_two_webhook_ids_moves_its_run_once(world, kind):
    run_id, numbers = start(world, kind), count()
    while world.step():
        for event in world.webhooks[:]:
            if event["headers"]["webhook-id"].startswith("wh_twin"):
                continue
            world.webhooks.remove(event)
            assert world.receive_webhook(signed(event["body"], webhook_id=f"wh_twin{next(numbers)}"))

    finish(world, run_id)

    assert {f"wh_twin{number}" for number in range(next(numbers))} <= handled(world)
    check_all(world, run_id)


@row("F11")
@pytest.mark.parametrize("seconds", [400, 301, -302, -400])
def test_a_sender_whose_clock_is_off_by_more_than_the_tolerance_is_refused(world, seconds):
    late = webhook("response.completed", "resp_1", webhook_id="wh_late", seconds_ago=seconds)

    answer = world.receive_webhook(late)

    assert answer["statusCode"] == 401
    assert not [each for each in world.wire.exchanges if each.request.service in ("sqs", "dynamodb")]  # I3


@row("F11")
@pytest.mark.parametrize("seconds", [298, 60, -60, -298])
def test_a_sender_whose_clock_is_off_by_less_is_let_in(world, seconds):
    early = webhook("response.completed", "resp_1", webhook_id="wh_early", seconds_ago=seconds)

    assert world.receive_webhook(early)["statusCode"] == 202


@row("F10")
def test_webhooks_that_come_while_the_secrets_are_out_of_reach_come_again(world):
    failures = count(1)
    world.start_anew()
    world.simulator.faults(webhooks={"retry_seconds": [0.02] * 10})
    run_id = start(world, "response")
    world.wire.interceptor = lambda request: (
        Fault.LOSE_REQUEST if request.sender == "webhook" and next(failures) <= 6 else None
    )

    finish(world, run_id)

    statuses = {entry["status"] for entry in world.simulator.journal(kind="webhook")}
    assert statuses >= {503, 202}
    check_all(world, run_id)


@row("F13")
@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_lost_replies_of_sqs_make_copies_and_no_second_effect(world, kind, times):
    sent: dict[tuple[str, str], int] = {}

    def intercept(request: Request) -> Fault | None:
        if request.operation != "SendMessage":
            return None
        message = (request.sender, request.body["MessageBody"])
        sent[message] = sent.get(message, 0) + 1
        return Fault.LOSE_REPLY if sent[message] <= times else None

    world.simulator.faults(webhooks={"retry_seconds": [0.02] * 10})
    run_id = start(world, kind)
    world.wire.interceptor = intercept

    finish(world, run_id)

    assert max(sent.values()) > times
    check_all(world, run_id)


@row("F13")
def test_a_client_who_was_not_told_that_its_run_began_asks_again_and_has_one_run(world):
    replies = count(1)
    body = {"kind": "response", "request": {"model": "gpt-6-astra", "input": "hello"}}
    key = [("Idempotency-Key", "an order of the client's")]
    world.wire.interceptor = lambda request: (
        Fault.LOSE_REPLY if request.operation == "SendMessage" and next(replies) <= 2 else None
    )

    answers = [world.request("POST", "/runs", body, headers=key) for _ in range(2)]
    run_id = json.loads(answers[1]["body"])["run_id"]
    finish(world, run_id)

    assert [answer["statusCode"] for answer in answers] == [503, 202]
    check_all(world, run_id, effects={})
    assert len(world.simulator.resources()) == 1


@row("F35")
def test_webhooks_that_the_front_door_throttles_come_again(world):
    world.simulator.faults(webhooks={"retry_seconds": [0.02] * 20})
    run_ids = [start(world, "response", saying("done"), tools=[]) for _ in range(10)]
    throttled = 0
    while throttled < 30:
        if webhook := world.next_webhook():
            throttled += 1
            webhook.answer.set_result({"statusCode": 429 if throttled % 3 else 503})
        elif batch := world.run_queue.visible[:10]:
            world.deliver(*batch)

    finish(world, *run_ids)

    assert len(accepted(world)) == 10
    check_all(world, *run_ids, effects={}, openai_requests=2)


@row("F36")
@pytest.mark.parametrize("kind", KINDS)
def test_a_run_ends_though_nothing_can_be_logged(world, kind, mute):
    run_id = start(world, kind)

    finish(world, run_id)

    check_all(world, run_id)
