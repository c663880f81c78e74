"""The outside world whose side effects are counted."""

import time

import pytest

REFUND = {"order_id": "A-1", "cents": 500, "run_id": "run_1", "call_id": "call_1"}
EMAIL = {"to": "a@example.com", "subject": "s", "body": "b", "run_id": "run_1", "call_id": "call_2"}


def ledger(simulator):
    return simulator.http.get("/shop/ledger").json()


def test_a_refund_under_the_same_key_is_done_once_and_answered_alike(simulator):
    first, second = (
        simulator.http.post("/shop/refunds", json=REFUND, headers={"idempotency-key": "k"}) for _ in range(2)
    )

    assert first.json() == second.json()
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    (entry,) = ledger(simulator)
    del entry["at"]
    assert entry == REFUND | {"id": first.json()["id"], "effect": "refund", "idempotency_key": "k"}


def test_a_key_used_with_another_body_is_a_conflict(simulator):
    headers = {"idempotency-key": "k"}
    simulator.http.post("/shop/refunds", json=REFUND, headers=headers)

    answer = simulator.http.post("/shop/refunds", json=REFUND | {"cents": 501}, headers=headers)

    assert answer.status_code == 409
    assert len(ledger(simulator)) == 1


def test_refunds_without_a_key_are_done_each_time(simulator):
    for _ in range(2):
        simulator.http.post("/shop/refunds", json=REFUND)

    assert [entry["idempotency_key"] for entry in ledger(simulator)] == [None, None]


def test_emails_are_sent_each_time_whatever_the_key(simulator):
    for _ in range(2):
        simulator.http.post("/shop/emails", json=EMAIL, headers={"idempotency-key": "k"})

    entries = ledger(simulator)
    assert [(entry["effect"], entry["call_id"]) for entry in entries] == [("email", "call_2")] * 2
    assert len({entry["id"] for entry in entries}) == 2


def test_an_order_is_made_up_and_always_the_same(simulator):
    first, second, other = (
        simulator.http.get(f"/shop/orders/{order_id}").json() for order_id in ("A-1", "A-1", "B-2")
    )

    assert first == second
    assert first["order_id"] == "A-1"
    assert first["cents"] != other["cents"]


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("refunds", REFUND | {"order_id": ""}, "order_id"),
        ("refunds", REFUND | {"cents": "5"}, "cents"),
        ("refunds", REFUND | {"cents": 0}, "cents"),
        ("refunds", REFUND | {"cents": True}, "cents"),
        ("refunds", REFUND | {"run_id": 1}, "run_id"),
        ("refunds", {}, "order_id"),
        ("emails", EMAIL | {"to": None}, "to"),
        ("emails", EMAIL | {"subject": 1}, "subject"),
        ("emails", EMAIL | {"call_id": []}, "call_id"),
    ],
)
def test_a_wrong_field_is_refused_named_and_without_effect(simulator, path, body, param):
    answer = simulator.http.post(f"/shop/{path}", json=body)

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
    assert ledger(simulator) == []


def test_an_order_may_be_missing_or_slow_to_find(simulator):
    started = time.monotonic()

    missing = simulator.http.get("/shop/orders/missing-1")
    slow = simulator.http.get("/shop/orders/slow-1")

    assert (missing.status_code, slow.status_code) == (404, 200)
    assert time.monotonic() - started >= 1
