"""Faults of the API: what strikes, how often, and that the SDK raises what it should."""

import openai as sdk
import pytest


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (400, sdk.BadRequestError, None),
        (401, sdk.AuthenticationError, "invalid_api_key"),
        (404, sdk.NotFoundError, None),
        (429, sdk.RateLimitError, "rate_limit_exceeded"),
        (500, sdk.InternalServerError, None),
        (503, sdk.InternalServerError, None),
        (418, sdk.APIStatusError, None),
    ],
)
def test_a_status_strikes_instead_of_the_work(simulator, status, error, code):
    simulator.faults(seed=1, api={str(status): 1})

    with pytest.raises(error) as struck:
        simulator.create()

    assert (struck.value.status_code, struck.value.code) == (status, code)
    assert simulator.http.get("/_sim/resources").json() == []
    (entry,) = simulator.journal()
    assert (entry["status"], entry["fault"]) == (status, str(status))


@pytest.mark.parametrize("status", [429, 503])
def test_a_limited_or_overloaded_api_says_when_to_come_back(simulator, status):
    simulator.faults(seed=1, api={str(status): 1, "retry_after": 2.5})

    with pytest.raises(sdk.APIStatusError) as struck:
        simulator.create()

    headers = struck.value.response.headers
    assert (headers["retry-after"], headers["retry-after-ms"]) == ("2.5", "2500")


def test_a_billing_stop_has_its_code_and_type(simulator):
    simulator.faults(seed=1, api={"429": 1, "code": "credit_balance_exhausted"})

    with pytest.raises(sdk.RateLimitError) as struck:
        simulator.create()

    assert (struck.value.code, struck.value.type) == ("credit_balance_exhausted", "insufficient_quota")


def test_a_lost_answer_is_done_and_not_told(simulator, receiver, eventually):
    simulator.faults(seed=1, api={"lost_answer": 1})

    with pytest.raises(sdk.APIConnectionError) as struck:
        simulator.create()

    assert not isinstance(struck.value, sdk.APITimeoutError)
    (entry,) = simulator.journal(kind="request")
    assert (entry["status"], entry["response"], entry["fault"]) == (None, None, "lost_answer")
    (resource,) = simulator.http.get("/_sim/resources").json()
    event = eventually(lambda: simulator.journal(kind="webhook"))[0]["request"]
    assert event["data"]["id"] == resource["id"]


def test_a_slow_api_makes_an_impatient_client_time_out(simulator, eventually):
    simulator.faults(seed=1, api={"slow_seconds": 0.5})

    with pytest.raises(sdk.APITimeoutError):
        simulator.create(timeout=0.1)

    eventually(lambda: simulator.journal()[0]["status"])  # the work is done all the same


def test_a_seed_repeats_its_faults(simulator):
    def statuses():
        simulator.faults(seed=7, api={"404": 0.3, "500": 0.3})
        headers = {"authorization": "Bearer sk-test"}
        return [simulator.http.post("/v1/conversations", headers=headers).status_code for _ in range(20)]

    first, second = statuses(), statuses()

    assert first == second
    assert set(first) == {200, 404, 500}


def test_faults_can_be_limited_to_methods_and_paths(simulator):
    simulator.faults(seed=1, api={"500": 1, "methods": ["post"], "paths": ["/responses"]})

    simulator.openai.conversations.create()
    with pytest.raises(sdk.NotFoundError):
        simulator.openai.responses.retrieve("resp_x")
    with pytest.raises(sdk.InternalServerError):
        simulator.create()


def test_faults_never_touch_the_controls_and_the_shop(simulator):
    simulator.faults(seed=1, api={"500": 1, "lost_answer": 1})

    assert simulator.http.get("/_sim/health").status_code == 200
    assert simulator.http.get("/shop/ledger").status_code == 200


def test_new_faults_replace_the_old_ones(simulator):
    simulator.faults(seed=1, api={"500": 1})
    simulator.faults()

    assert simulator.create().status == "queued"


@pytest.mark.parametrize(
    ("faults", "param"),
    [
        ({"webhook": {}}, "webhook"),
        ({"seed": "7"}, "seed"),
        ({"webhooks": {"dropped": 1}}, "webhooks.dropped"),
        ({"webhooks": {"drop": 1.5}}, "webhooks.drop"),
        ({"webhooks": {"drop": True}}, "webhooks.drop"),
        ({"webhooks": {"duplicate": -1}}, "webhooks.duplicate"),
        ({"webhooks": {"delay_seconds": [2, 1]}}, "webhooks.delay_seconds"),
        ({"webhooks": {"delay_seconds": 1}}, "webhooks.delay_seconds"),
        ({"webhooks": {"retry_seconds": ["1"]}}, "webhooks.retry_seconds"),
        ({"webhooks": []}, "webhooks"),
        ({"api": {"42": 1}}, "api.42"),
        ({"api": {"429": "often"}}, "api.429"),
        ({"api": {"methods": "POST"}}, "api.methods"),
        ({"api": {"code": 3}}, "api.code"),
    ],
)
def test_a_wrong_fault_is_refused_and_named_and_changes_nothing(simulator, faults, param):
    simulator.faults(seed=1, api={"500": 1})

    answer = simulator.http.put("/_sim/faults", json=faults)

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
    with pytest.raises(sdk.InternalServerError):
        simulator.create()


def test_the_faults_of_the_sessions_api_are_accepted(simulator):
    simulator.faults(api={"unknown_pending_call": 0.1, "stale_required_action": 0.1})
