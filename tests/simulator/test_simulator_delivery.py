"""How webhooks arrive: signed, at least once, and as badly as the faults say."""

import asyncio
import gc
import time
import warnings
from contextlib import suppress

import openai as sdk
import pytest

from simulator.faults import RETRY_SECONDS
from simulator.webhooks.delivery import Delivery
from simulator.webhooks.endpoints import Endpoint
from simulator.world import World


def ids(receiver):
    return [each.headers["webhook-id"] for each in receiver.received]


def is_authentic(simulator, received):
    try:
        simulator.openai.webhooks.unwrap(received.body, received.headers)
    except sdk.InvalidWebhookSignatureError:
        return False
    return True


def seconds_after_the_end(simulator):
    (webhook,) = simulator.journal(kind="webhook")
    (resource,) = simulator.http.get("/_sim/resources").json()
    return webhook["at"] - resource["ended_at"]


def test_a_webhook_is_signed_and_thin(simulator, receiver, eventually):
    response = simulator.create()

    (got,) = eventually(lambda: receiver.received)
    event = simulator.openai.webhooks.unwrap(got.body, got.headers)
    assert event.model_dump() == {
        "id": event.id,
        "object": "event",
        "type": "response.completed",
        "created_at": event.created_at,
        "data": {"id": response.id},
    }
    assert event.id.startswith("evt_")
    assert got.headers["webhook-id"].startswith("wh_")
    assert got.headers["content-type"] == "application/json"
    assert got.headers["user-agent"] == "OpenAI/1.0 (+https://platform.openai.com/docs/webhooks)"


@pytest.mark.parametrize(
    ("turn", "kind"),
    [
        ({"text": "x"}, "response.completed"),
        ({"calls": [{"name": "a"}]}, "response.completed"),
        ({"fail": {"code": "server_error", "message": "no"}}, "response.failed"),
        ({"incomplete": "content_filter"}, "response.incomplete"),
    ],
)
def test_each_ending_has_its_event(simulator, receiver, eventually, turn, kind):
    simulator.scenario("ends", turn)

    simulator.create("ends")

    (got,) = eventually(lambda: receiver.received)
    assert simulator.openai.webhooks.unwrap(got.body, got.headers).type == kind


def test_a_cancel_is_announced_once(simulator, receiver, eventually):
    simulator.scenario("endless", {"never": True})
    response = simulator.create("endless")

    simulator.openai.responses.cancel(response.id)
    simulator.openai.responses.cancel(response.id)

    (got,) = eventually(lambda: receiver.received)
    assert simulator.openai.webhooks.unwrap(got.body, got.headers).type == "response.cancelled"
    time.sleep(0.1)
    assert len(receiver.received) == 1


def test_a_foreground_response_is_not_announced(simulator, receiver):
    simulator.create(background=False)

    time.sleep(0.1)
    assert receiver.received == []


def test_a_refused_webhook_is_sent_again_with_the_same_id_and_a_valid_signature(
    simulator, receiver, eventually
):
    simulator.faults(webhooks={"retry_seconds": [0.01, 0.01, 0.01]})
    receiver.statuses += [500, 302, 404]

    simulator.create()

    eventually(lambda: len(receiver.received) == 4)
    assert len(set(ids(receiver))) == 1
    assert all(is_authentic(simulator, each) for each in receiver.received)
    assert {each.path for each in receiver.received} == {"/hook"}
    attempts = [(1, 500), (2, 302), (3, 404), (4, 202)]
    eventually(
        lambda: [(each["attempt"], each["status"]) for each in simulator.journal(kind="webhook")] == attempts
    )


def test_each_attempt_has_a_fresh_timestamp(simulator, receiver, eventually):
    simulator.faults(webhooks={"retry_seconds": [1.1]})
    receiver.statuses.append(500)

    simulator.create()

    eventually(lambda: len(receiver.received) == 2)
    first, second = (int(each.headers["webhook-timestamp"]) for each in receiver.received)
    assert second > first


def test_the_retries_end_with_the_schedule(simulator, receiver, eventually):
    simulator.faults(webhooks={"retry_seconds": [0.01]})
    receiver.statuses += [500] * 5

    simulator.create()

    eventually(lambda: len(receiver.received) == 2)
    time.sleep(0.1)
    assert len(receiver.received) == 2


def test_the_usual_schedule_doubles_up_to_five_seconds_and_lasts_a_minute():
    assert RETRY_SECONDS[:5] == (0.3, 0.6, 1.2, 2.4, 4.8)
    assert set(RETRY_SECONDS[5:]) == {5.0}
    assert sum(RETRY_SECONDS) >= 60


def test_a_dropped_webhook_is_never_sent(simulator, receiver, eventually):
    simulator.faults(seed=1, webhooks={"drop": 1})

    simulator.ended(simulator.create())

    (entry,) = eventually(lambda: simulator.journal(kind="webhook"))
    assert (entry["status"], entry["fault"]) == (None, "drop")
    assert receiver.received == []


def test_duplicates_share_the_id_and_come_at_once(simulator, receiver, eventually):
    simulator.faults(seed=1, webhooks={"duplicate": 19})

    simulator.create()

    eventually(lambda: len(receiver.received) == 20)
    assert len(set(ids(receiver))) == 1
    assert all(is_authentic(simulator, each) for each in receiver.received)
    entries = simulator.journal(kind="webhook")
    assert [each.get("fault") for each in entries].count("duplicate") == 19
    assert entries[-1]["at"] - entries[0]["at"] < 0.5


def test_a_fraction_of_a_duplicate_strikes_as_often_as_its_seed_says(simulator, receiver, eventually):
    simulator.faults(seed=3, webhooks={"duplicate": 0.5})

    for _ in range(6):
        simulator.ended(simulator.create())

    eventually(lambda: len(receiver.received) == 9)
    assert len(set(ids(receiver))) == 6


def test_a_delayed_webhook_comes_later(simulator, receiver, eventually):
    simulator.faults(seed=1, webhooks={"delay_seconds": [0.3, 0.4]})

    simulator.create()

    eventually(lambda: receiver.received)
    assert 0.3 <= seconds_after_the_end(simulator) < 1.4


def test_a_reordered_webhook_comes_after_the_next(simulator, receiver, eventually):
    simulator.faults(seed=1, webhooks={"reorder": 1})
    first = simulator.ended(simulator.create())
    simulator.faults(seed=1)

    second = simulator.ended(simulator.create())

    eventually(lambda: len(receiver.received) == 2)
    events = [simulator.openai.webhooks.unwrap(each.body, each.headers) for each in receiver.received]
    assert [event.data.id for event in events] == [second.id, first.id]
    passing, passed = (entry["at"] for entry in simulator.journal(kind="webhook"))
    assert passed - passing < 0.5


def test_a_reordered_webhook_that_nothing_follows_comes_after_a_second(simulator, receiver, eventually):
    simulator.faults(seed=1, webhooks={"reorder": 1})

    simulator.create()

    eventually(lambda: receiver.received)
    assert 0.9 <= seconds_after_the_end(simulator) < 2


def test_a_bad_signature_is_drawn_anew_for_each_attempt(simulator, receiver, eventually):
    simulator.faults(seed=5, webhooks={"bad_signature": 0.5, "retry_seconds": [0.01] * 5})
    receiver.statuses += [401] * 5

    simulator.create()

    eventually(lambda: len(receiver.received) == 6)
    authentic = [is_authentic(simulator, each) for each in receiver.received]
    faults = [each.get("fault") for each in simulator.journal(kind="webhook")]
    assert faults == [None if each else "bad_signature" for each in authentic]
    assert set(authentic) == {True, False}


def test_a_double_signature_holds_a_valid_one(simulator, receiver, eventually):
    simulator.faults(seed=1, webhooks={"double_signature": 1})

    simulator.create()

    (got,) = eventually(lambda: receiver.received)
    assert len(got.headers["webhook-signature"].split()) == 2
    assert is_authentic(simulator, got)


def test_an_endpoint_that_cannot_be_reached_is_tried_again(simulator, eventually):
    simulator.faults(webhooks={"retry_seconds": [0.01]})
    simulator.openai.webhooks.create(
        event_types=["response.completed"], name="x", url="http://127.0.0.1:9/closed"
    )

    simulator.create()

    entries = eventually(lambda: simulator.journal(path="closed")[1:])
    assert [(each["attempt"], each["status"]) for each in entries] == [(2, None)]


def test_a_reset_stops_the_retries(simulator, receiver, eventually):
    simulator.faults(webhooks={"retry_seconds": [0.1] * 10})
    receiver.statuses += [500] * 10
    simulator.create()
    eventually(lambda: receiver.received)

    simulator.http.post("/_sim/reset")
    receiver.clear()

    time.sleep(0.3)
    assert receiver.received == []


def test_a_delivery_that_is_cancelled_leaves_no_connection_unclosed():
    """A receiver has closed what was kept alive; whoever finds that out by the next delivery is cancelled."""
    unclosed = [left for steps in range(12) for left in asyncio.run(unclosed_after(steps))]

    assert unclosed == []


async def unclosed_after(steps: int) -> list[str]:
    connections: list[asyncio.StreamWriter] = []

    async def acknowledge(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while await reader.readuntil(b"}"):
                await asyncio.sleep(0.01)
                writer.write(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")
        writer.close()

    receiver = await asyncio.start_server(acknowledge, "127.0.0.1", 0)
    deliveries = World(None).deliveries
    url = f"http://127.0.0.1:{receiver.sockets[0].getsockname()[1]}/"
    delivery = Delivery(Endpoint(url, None, "a receiver"), {"a": "b"}, "wh_1")
    await asyncio.gather(*(deliveries.send_once(delivery) for _ in range(4)))
    for connection in connections:
        connection.close()
    await asyncio.sleep(0.02)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        cancelled = asyncio.create_task(deliveries.send_once(delivery))
        for _ in range(steps):
            await asyncio.sleep(0)
        cancelled.cancel()
        await asyncio.gather(cancelled, return_exceptions=True)
        await asyncio.sleep(0.02)
        gc.collect()
    await deliveries.close()
    receiver.close()
    await receiver.wait_closed()
    return [str(each.message) for each in caught]
