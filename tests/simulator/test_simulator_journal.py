"""What the simulator tells about itself, and the slate it wipes."""

import time

import openai as sdk
import pytest


def test_a_request_is_journaled_with_its_answer(simulator):
    before = time.time()

    simulator.openai.conversations.create(metadata={"a": "b"})

    (entry,) = simulator.journal()
    assert before <= entry.pop("at") <= time.time()
    response = entry.pop("response")
    assert (response["object"], response["metadata"]) == ("conversation", {"a": "b"})
    assert entry == {
        "kind": "request",
        "method": "POST",
        "path": "/v1/conversations",
        "request": {"metadata": {"a": "b"}},
        "status": 200,
        "attempt": 1,
    }


def test_a_webhook_is_journaled_with_its_answer(simulator, receiver, eventually):
    response = simulator.create()

    (entry,) = eventually(
        lambda: [each for each in simulator.journal(kind="webhook") if each["status"] is not None]
    )
    del entry["at"]
    assert entry.pop("request")["data"] == {"id": response.id}
    assert entry == {
        "kind": "webhook",
        "method": "POST",
        "path": receiver.url,
        "status": 202,
        "response": {"taken": True},
        "attempt": 1,
        "webhook_id": receiver.received[0].headers["webhook-id"],
    }


def test_a_refusal_is_journaled_too(simulator):
    simulator.http.get("/v1/responses/resp_x")
    with pytest.raises(sdk.NotFoundError):
        simulator.openai.responses.retrieve("resp_x")

    assert [entry["status"] for entry in simulator.journal()] == [401, 404]


def test_the_retries_of_the_sdk_are_counted_as_attempts(simulator):
    simulator.faults(seed=1, api={"500": 1, "retry_after": 0})
    patient = simulator.openai.with_options(max_retries=1)

    with pytest.raises(sdk.InternalServerError):
        patient.responses.retrieve("resp_x")

    assert [entry["attempt"] for entry in simulator.journal()] == [1, 2]


def test_controls_and_shop_are_not_journaled(simulator):
    simulator.faults()
    simulator.scenario("a")
    simulator.http.get("/shop/orders/A-1")

    assert simulator.journal() == []


def test_the_journal_is_in_order_and_can_be_filtered(simulator, eventually):
    created = simulator.create()
    eventually(lambda: any(entry["status"] for entry in simulator.journal(kind="webhook")))
    simulator.openai.responses.retrieve(created.id)

    everything = simulator.journal()

    assert [entry["kind"] for entry in everything] == ["request", "webhook", "request"]
    assert everything == sorted(everything, key=lambda entry: entry["at"])
    assert simulator.journal(kind="request", path=created.id) == everything[2:]
    assert simulator.journal(since=everything[1]["at"]) == everything[1:]
    assert simulator.http.get("/_sim/journal", params={"since": "noon"}).status_code == 400


def test_resources_tell_how_long_each_response_took(simulator):
    simulator.scenario("slow", {"seconds": 0.2})
    simulator.scenario("endless", {"never": True})
    simulator.ended(simulator.create("slow"))
    endless = simulator.create("endless")

    first, second = simulator.http.get("/_sim/resources").json()

    assert 0.2 <= first["ended_at"] - first["created_at"] < 5
    assert isinstance(first["created_at"], float)
    del second["created_at"]
    assert second == {
        "id": endless.id,
        "object": "response",
        "status": second["status"],
        "metadata": {"scenario": "endless"},
        "previous_response_id": None,
        "ended_at": None,
    }


def test_a_reset_leaves_nothing_but_the_default_endpoint(simulator, receiver, eventually):
    simulator.faults(api={"500": 0.0001})
    simulator.scenario("a")
    simulator.scenario("slow", {"seconds": 0.4})
    response = simulator.create("slow")
    conversation = simulator.openai.conversations.create()
    endpoint = simulator.openai.webhooks.create(
        event_types=["batch.failed"], name="x", url="https://example.com"
    )
    simulator.http.post("/shop/emails", json={"to": "a", "subject": "b", "body": "c"})

    simulator.http.post("/_sim/reset")
    receiver.clear()

    for path in ("/_sim/scenarios", "/_sim/journal", "/_sim/resources", "/shop/ledger"):
        assert simulator.http.get(path).json() == []
    for retrieve, gone in (
        (simulator.openai.responses.retrieve, response.id),
        (simulator.openai.conversations.retrieve, conversation.id),
        (simulator.openai.webhooks.retrieve, endpoint.id),
    ):
        with pytest.raises(sdk.NotFoundError):
            retrieve(gone)
    time.sleep(0.4)
    assert receiver.received == []
    simulator.create()
    eventually(lambda: receiver.received)


def test_any_event_can_be_sent_at_once_and_without_faults(simulator, receiver):
    simulator.faults(seed=1, webhooks={"drop": 1, "bad_signature": 1})
    asked = {"type": "batch.completed", "data": {"id": "batch_1"}, "webhook_id": "wh_mine", "id": "evt_mine"}

    answer = simulator.http.post("/_sim/webhooks", json=asked)

    (got,) = receiver.received
    event = simulator.openai.webhooks.unwrap(got.body, got.headers)
    assert answer.json() == {"webhook_id": "wh_mine", "status": 202, "body": {"taken": True}}
    assert got.headers["webhook-id"] == "wh_mine"
    assert (event.id, event.type, event.data.id) == ("evt_mine", "batch.completed", "batch_1")


def test_an_event_that_is_refused_is_not_sent_again(simulator, receiver):
    receiver.statuses.append(500)

    answer = simulator.http.post("/_sim/webhooks", json={"type": "made.up", "data": {}})

    assert answer.json()["status"] == 500
    time.sleep(0.4)
    assert len(receiver.received) == 1


@pytest.mark.parametrize(
    ("body", "param"), [({}, "type"), ({"type": "a", "data": 1}, "data"), ({"type": "a", "x": 1}, "x")]
)
def test_an_event_without_a_type_or_with_unknown_fields_is_refused(simulator, body, param):
    answer = simulator.http.post("/_sim/webhooks", json=body)

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
