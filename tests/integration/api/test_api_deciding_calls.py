import json
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import pytest
from botocore.exceptions import EndpointConnectionError
from contracts import instant
from contracts.catalog import load_catalog
from contracts.messages import RunMessage, from_body
from contracts.records import Failure

from tests.integration.api.records_in_aws import put, stored
from tests.integration.local_aws import Deployed, lost, queued
from tests.unit.layer.records import RUN_ID, a_call, a_run, after

PATH = f"/runs/{RUN_ID}/calls/call_1/decision"
JSON = {"Content-Type": "application/json"}
REFUSED = EndpointConnectionError(endpoint_url="https://aws")
EXPIRED = Failure("decision_expired", "Nobody decided on this call in time, so it was denied.")
MAYBE = Failure("outcome_unknown", "It may or may not have taken effect.")


def an_asking_call(**changes: Any):
    soon = instant.now() + timedelta(minutes=30)
    return a_call(**{"outcome": "awaiting_decision", "wait_until": soon, **changes})


@pytest.fixture
def run(aws):
    """A run that waits for its calls."""
    waiting = a_run(status="requires_action", deadline_at=instant.now() + timedelta(hours=1))
    put(aws, waiting)
    return waiting


def messages(aws) -> list[Any]:
    return [from_body(body) for body in queued(aws)]


# -- What a decision does ------------------------------------------------------------------------


def test_an_approved_call_is_pending_and_the_worker_is_told(aws, api, run):
    call = an_asking_call()
    put(aws, call)

    answer = api.post(PATH, {"approve": True, "reason": "within the limit"})

    now = stored(aws, call)
    assert now == replace(
        call,
        outcome="pending",
        wait_until=None,
        decision="approved",
        decision_reason="within the limit",
        decided_at=now.decided_at,
    )
    assert answer.status == 202
    assert answer.json == api.get(f"/runs/{RUN_ID}").json["calls"][0]
    assert {"outcome": "pending", "decision": "approved", "wait_until": None}.items() <= answer.json.items()
    assert messages(aws) == [RunMessage(RUN_ID, "decided")]


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ({"reason": "too much"}, "A person denied this call: too much"),
        ({"reason": ""}, "A person denied this call."),
        ({"reason": None}, "A person denied this call."),
        ({}, "A person denied this call."),
    ],
)
def test_a_denied_call_is_over_and_the_model_is_told_why(aws, api, run, reason: dict[str, Any], words: str):
    call = an_asking_call()
    put(aws, call)

    answer = api.post(PATH, {"approve": False, **reason})

    now = stored(aws, call)
    assert (now.outcome, now.decision, now.error) == ("denied", "denied", Failure("denied", words))
    assert now.decision_reason == (reason.get("reason") or None)
    assert now.decided_at == now.ended_at is not None
    assert answer.json["error"] == {"code": "denied", "message": words}
    assert messages(aws) == [RunMessage(RUN_ID, "decided")]


def test_a_call_that_may_have_taken_effect_is_unknown_when_it_is_denied(aws, api, run):
    call = an_asking_call(fence=1, error=MAYBE, effect="once")
    put(aws, call)

    api.post(PATH, {"approve": False, "reason": "the customer has the mail"})

    now = stored(aws, call)
    words = f"{MAYBE.message} A person denied running it again: the customer has the mail"
    assert (now.outcome, now.decision) == ("unknown", "denied")
    assert now.error == Failure("outcome_unknown", words)


def test_a_call_that_may_have_taken_effect_runs_again_when_it_is_approved(aws, api, run):
    call = an_asking_call(fence=1, error=MAYBE, effect="once")
    put(aws, call)

    api.post(PATH, {"approve": True})

    assert (stored(aws, call).outcome, stored(aws, call).error) == ("pending", None)


def test_a_call_that_its_own_tool_asked_about_never_ran_and_is_denied(aws, api, run):
    call = an_asking_call(fence=1)
    put(aws, call)

    api.post(PATH, {"approve": False})

    assert stored(aws, call).outcome == "denied"


def test_an_approved_call_of_an_outside_executor_waits_for_its_output(aws, api, run):
    call = an_asking_call(executor="external", name="get_order")
    put(aws, call)

    api.post(PATH, {"approve": True})

    now = stored(aws, call)
    assert now.outcome == "pending"
    assert now.decided_at
    assert now.wait_until == now.decided_at + timedelta(seconds=load_catalog()["get_order"].timeout)


@pytest.mark.parametrize("name", ["get_order", "gone_from_the_catalog"])
def test_an_outside_executor_is_not_waited_for_past_the_deadline(aws, api, name: str):
    soon = instant.from_text(instant.to_text(instant.now() + timedelta(seconds=5)))
    call = an_asking_call(executor="external", name=name)
    put(aws, a_run(status="requires_action", deadline_at=soon), call)

    api.post(PATH, {"approve": True})

    assert stored(aws, call).wait_until == soon


@pytest.mark.parametrize("type_", ["mcp_approval_request", "computer_use_approval_request"])
@pytest.mark.parametrize("approve", [True, False])
def test_an_approval_is_over_with_its_decision(aws, api, run, type_: str, approve: bool):
    call = an_asking_call(type=type_, name="shop.refund", effect="pure")
    put(aws, call)

    answer = api.post(PATH, {"approve": approve, "reason": "because"})

    now = stored(aws, call)
    assert (now.outcome, now.decision) == (("succeeded", "approved") if approve else ("denied", "denied"))
    assert now.error == (None if approve else Failure("denied", "A person denied this call: because"))
    assert now.ended_at == now.decided_at
    assert answer.json["outcome"] == now.outcome


def test_a_login_cannot_be_approved(aws, api, run):
    call = an_asking_call(type="computer_use_approval_request", name="browser_authentication")
    put(aws, call)

    answer = api.post(PATH, {"approve": True})

    assert answer.status == 422
    assert [error["field"] for error in answer.json["errors"]] == ["approve"]
    assert "a login is never stored" in answer.json["detail"]
    assert stored(aws, call) == call
    assert messages(aws) == []


def test_a_login_can_be_refused(aws, api, run):
    call = an_asking_call(type="computer_use_approval_request", name="browser_authentication")
    put(aws, call)

    assert api.post(PATH, {"approve": False}).status == 202
    assert stored(aws, call).outcome == "denied"


def test_a_tool_may_have_the_name_of_a_login(aws, api, run):
    put(aws, an_asking_call(name="browser_authentication"))

    assert api.post(PATH, {"approve": True}).status == 202


# -- Which call ----------------------------------------------------------------------------------

IDS = [
    "call_1",
    "a/b",
    "a%2Fb",
    "100%",
    "%",
    "%25",
    "a b",
    "a+b",
    "ünïcödé☃\U0001f600",
    "x/decision",
    "../../runs",
    'quote"\\',
    "line\nbreak",
    "#?&=;",
    "call#00002#x",
    "{}[]<>|^`",
    "decision",
]


def as_http_apis_do(call_id: str) -> str:
    """Give an id as it arrives in `rawPath`, where every escape but `%25` is decoded."""
    return call_id.replace("%", "%25")


def still_quoted(call_id: str) -> str:
    return quote(call_id, safe="")


@pytest.mark.parametrize("call_id", IDS)
@pytest.mark.parametrize("delivered", [as_http_apis_do, still_quoted])
def test_a_call_is_found_whatever_characters_its_id_has(aws, api, run, call_id: str, delivered):
    call = an_asking_call(call_id=call_id)
    put(aws, call, a_call(call_id="another"))

    answer = api.post(f"/runs/{RUN_ID}/calls/{delivered(call_id)}/decision", {"approve": True})

    assert (answer.status, answer.json.get("call_id")) == (202, call_id)
    assert stored(aws, call).outcome == "pending"


def test_among_calls_of_one_id_the_one_that_awaits_a_decision_is_meant(aws, api, run):
    first, asking, last = (
        a_call(turn=1, outcome="succeeded"),
        an_asking_call(turn=2),
        a_call(turn=3, outcome="succeeded"),
    )
    put(aws, first, asking, last)

    answer = api.post(PATH, {"approve": True})

    assert (answer.status, answer.json["turn"]) == (202, 2)
    assert (stored(aws, first), stored(aws, last)) == (first, last)


def test_among_calls_of_one_id_that_await_none_the_latest_is_meant(aws, api, run):
    put(aws, a_call(turn=1, outcome="failed"), a_call(turn=2, outcome="succeeded"))

    assert "the call is succeeded" in api.post(PATH, {"approve": True}).json["detail"]


@pytest.mark.parametrize("call_id", ["call_2", "call_", "CALL_1", "call_1 "])
def test_a_call_that_is_not_there_is_a_404(aws, api, run, call_id: str):
    put(aws, an_asking_call())

    answer = api.post(f"/runs/{RUN_ID}/calls/{call_id}/decision", {"approve": True})

    assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json["detail"] == f"the run has no call {call_id}"


def test_a_call_of_a_run_that_is_not_there_is_a_404(api):
    answer = api.post(PATH, {"approve": True})

    assert (answer.status, answer.json["detail"]) == (404, f"there is no run {RUN_ID}")


def test_a_call_of_another_run_is_not_found(aws, api, run):
    put(aws, an_asking_call(run_id=RUN_ID[:-1] + "9"))

    assert api.post(PATH, {"approve": True}).status == 404


# -- What is no decision to take -----------------------------------------------------------------


@pytest.mark.parametrize("outcome", ["pending", "running", "succeeded", "failed", "denied", "unknown"])
@pytest.mark.parametrize("approve", [True, False])
def test_a_call_that_awaits_no_decision_is_a_conflict_that_says_what_it_is(
    aws, api, run, outcome: str, approve: bool
):
    call = a_call(outcome=outcome)
    put(aws, call)

    answer = api.post(PATH, {"approve": approve})

    assert (answer.status, answer.headers["content-type"]) == (409, "application/problem+json")
    assert answer.json["detail"] == f"the call is {outcome}, it does not await a decision"
    assert stored(aws, call) == call
    assert messages(aws) == []


@pytest.mark.parametrize("status", ["completed", "incomplete", "failed", "cancelled", "expired", "lost"])
def test_a_call_of_a_run_that_is_over_is_not_decided(aws, api, status: str):
    call = an_asking_call()
    put(aws, a_run(status=status, ended_at=after(9)), call)

    answer = api.post(PATH, {"approve": True})

    assert (answer.status, answer.json["detail"]) == (
        409,
        f"the run is {status}, its calls await no decision",
    )
    assert stored(aws, call) == call
    assert messages(aws) == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "approve"),
        ({"approve": None}, "approve"),
        ({"approve": "true"}, "approve"),
        ({"approve": 1}, "approve"),
        ({"approve": []}, "approve"),
        ({"Approve": True}, "approve"),
        ({"approve": True, "reason": 7}, "reason"),
        ({"approve": True, "reason": ["x"]}, "reason"),
        ({"approve": True, "reason": "r" * 1001}, "reason"),
        ({"approve": True, "reason": "\ud800"}, "reason"),
        ({"approve": True, "outcome": "succeeded"}, "outcome"),
        ({"approve": True, "decision": "approved"}, "decision"),
    ],
    ids=lambda value: (json.dumps(value) if isinstance(value, dict) else value)[:60],
)
def test_a_wrong_field_of_a_decision_is_named(aws, api, run, body: dict[str, Any], field: str):
    call = an_asking_call()
    put(aws, call)

    answer = api.post(PATH, body)

    assert (answer.status, answer.headers["content-type"]) == (422, "application/problem+json")
    assert field in [error["field"] for error in answer.json["errors"]]
    assert stored(aws, call) == call
    assert messages(aws) == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"null", 422),
        (b"[]", 422),
        (b"true", 422),
        (b"approve", 400),
        (b'{"approve": tru', 400),
        (b"[" * 100_000, 400),
        (b'{"approve": true}'.ljust(5 * 1024 * 1024 + 1), 413),
    ],
    ids=lambda value: value[:20] if isinstance(value, bytes) else value,
)
def test_a_body_that_is_no_decision_is_refused(aws, api, run, body: bytes, status: int):
    put(aws, an_asking_call())

    answer = api.send("POST", PATH, body=body, headers=JSON)

    assert (answer.status, answer.json["title"]) == (status, HTTPStatus(status).phrase)
    assert messages(aws) == []


def test_a_reason_of_a_thousand_characters_is_kept(aws, api, run):
    call = an_asking_call()
    put(aws, call)

    assert api.post(PATH, {"approve": False, "reason": "☃" * 1000}).status == 202
    assert stored(aws, call).decision_reason == "☃" * 1000


# -- Again, at the same time, and with something down --------------------------------------------


@pytest.mark.parametrize("approve", [True, False])
@pytest.mark.parametrize("fence", [0, 1])
def test_the_same_decision_again_changes_nothing_and_tells_the_worker_again(
    aws, api, run, approve: bool, fence: int
):
    call = an_asking_call(fence=fence, error=MAYBE if fence else None)
    put(aws, call)
    first = api.post(PATH, {"approve": approve, "reason": "first"})
    after_first = stored(aws, call)

    again = api.post(PATH, {"approve": approve, "reason": "first"})

    assert (again.status, again.json) == (202, first.json)
    assert stored(aws, call) == after_first
    assert messages(aws) == 2 * [RunMessage(RUN_ID, "decided")]


@pytest.mark.parametrize("outcome", ["running", "succeeded", "failed"])
def test_the_same_decision_again_is_taken_when_the_call_has_gone_on(aws, api, run, outcome: str):
    put(aws, a_call(outcome=outcome, decision="approved", decided_at=after(3)))

    assert api.post(PATH, {"approve": True}).status == 202
    assert api.post(PATH, {"approve": False}).status == 409


def test_the_same_decision_again_is_taken_when_the_run_is_over_and_nobody_is_told(aws, api):
    put(
        aws,
        a_run(status="completed", ended_at=after(9)),
        a_call(outcome="succeeded", decision="approved", decided_at=after(3)),
    )

    assert api.post(PATH, {"approve": True}).status == 202
    assert messages(aws) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"approve": True}, {"approve": False}),
        ({"approve": False, "reason": "too much"}, {"approve": True, "reason": "too much"}),
        ({"approve": False, "reason": "too much"}, {"approve": False, "reason": "too late"}),
        ({"approve": False, "reason": "too much"}, {"approve": False}),
        ({"approve": True}, {"approve": True, "reason": "why not"}),
    ],
)
@pytest.mark.parametrize("is_over", [False, True])
@pytest.mark.usefixtures("run")
def test_another_decision_or_another_reason_is_a_conflict_that_shows_the_first(
    aws, api, is_over: bool, first: dict[str, Any], second: dict[str, Any]
):
    call = an_asking_call()
    put(aws, call)
    api.post(PATH, first)
    kept = stored(aws, call)
    if is_over:
        put(aws, a_run(status="completed", ended_at=after(9)))

    answer = api.post(PATH, second)

    shown = answer.json["first"]
    assert (answer.status, answer.headers["content-type"]) == (409, "application/problem+json")
    assert answer.json["detail"].startswith(
        f"the call is {kept.outcome}, it does not await a decision: it was"
    )
    assert (shown["decision"], shown["reason"]) == (kept.decision, first.get("reason"))
    assert all(word in answer.json["detail"] for word in shown.values() if word)
    assert stored(aws, call) == kept


@pytest.mark.parametrize("nothing", ["", None])
def test_an_empty_reason_is_no_reason(aws, api, run, nothing: str | None):
    put(aws, an_asking_call())

    answers = [api.post(PATH, {"approve": False} | more) for more in ({}, {"reason": nothing})]

    assert [answer.status for answer in answers] == [202, 202]


def in_the_meantime(deployed: Deployed, write) -> None:
    """Have something happen between what is read and what is written, once."""

    def overtake(_request: Any) -> None:
        del deployed.faults["UpdateItem"]
        write()

    deployed.faults["UpdateItem"] = overtake


def test_of_a_decision_and_an_expiry_the_second_loses(aws, api, deployed: Deployed, run):
    call = an_asking_call()
    expired = replace(call, outcome="denied", decision="denied", error=EXPIRED, ended_at=after(300))
    put(aws, call)
    in_the_meantime(deployed, lambda: put(aws, expired))

    answer = api.post(PATH, {"approve": True})

    assert (answer.status, answer.json["detail"]) == (409, "the call is denied, it does not await a decision")
    assert stored(aws, call) == expired
    assert messages(aws) == []


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize("approve", [True, False])
def test_of_two_people_the_first_one_decides(aws, api, rival, deployed: Deployed, approve: bool):
    call = an_asking_call()
    put(aws, call)
    overtaking = []
    in_the_meantime(deployed, lambda: overtaking.append(rival.post(PATH, {"approve": True})))

    answer = api.post(PATH, {"approve": approve})

    assert [overtaking[0].status, answer.status] == [202, 202 if approve else 409]
    assert stored(aws, call).decision == "approved"


def test_a_decision_is_not_taken_for_the_next_question(aws, api, deployed: Deployed, run):
    call = an_asking_call()
    asked_again = replace(call, fence=1, error=MAYBE)
    put(aws, call)
    in_the_meantime(deployed, lambda: put(aws, asked_again))

    answer = api.post(PATH, {"approve": True})

    assert (answer.status, "asked about again" in answer.json["detail"]) == (409, True)
    assert stored(aws, call) == asked_again


def test_with_the_queue_down_a_decision_is_not_acknowledged_and_a_retry_tells_the_worker(
    aws, api, deployed: Deployed, run
):
    call = an_asking_call()
    put(aws, call)
    deployed.faults["SendMessage"] = REFUSED
    failed = api.post(PATH, {"approve": True})
    deployed.faults.clear()

    retried = api.post(PATH, {"approve": True})

    assert (failed.status, failed.headers["retry-after"]) == (503, "5")
    assert retried.status == 202
    assert stored(aws, call).decision == "approved"
    assert messages(aws) == [RunMessage(RUN_ID, "decided")]


@pytest.mark.parametrize("operation", ["GetItem", "Query", "UpdateItem"])
def test_with_the_table_down_a_decision_is_not_acknowledged(
    aws, api, deployed: Deployed, run, operation: str
):
    call = an_asking_call()
    put(aws, call)
    deployed.faults[operation] = REFUSED

    assert api.post(PATH, {"approve": True}).status == 503
    assert stored(aws, call) == call
    assert messages(aws) == []


def test_a_write_whose_reply_is_lost_goes_unnoticed(aws, api, deployed: Deployed, run):
    call = an_asking_call()
    put(aws, call)
    lose = lost(500, b"")
    assert callable(lose)
    deployed.faults["UpdateItem"] = lambda request: (
        lose(request) if deployed.requests.count("UpdateItem") == 1 else None
    )

    answer = api.post(PATH, {"approve": True})

    assert (answer.status, answer.json["decision"]) == (202, "approved")
    assert deployed.requests.count("UpdateItem") == 2
    assert messages(aws) == [RunMessage(RUN_ID, "decided")]


def test_nothing_private_is_logged_of_a_decision(aws, api, deployed: Deployed, run):
    put(aws, an_asking_call())
    api.post(PATH, {"approve": 1, "reason": "private words"})
    deployed.faults["SendMessage"] = RuntimeError("private words")
    api.post(PATH, {"approve": True, "reason": "private words"})

    assert "private" not in deployed.output.getvalue()
