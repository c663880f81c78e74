"""Who decided, answered or cancelled is kept, as API Gateway has verified it; it may need a scope."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from contracts import instant

from functions.api.caller import MAX_CHARACTERS
from tests.harness.gateway import proxy_event
from tests.integration import local_aws
from tests.integration.api.conftest import Answer, Api
from tests.integration.api.records_in_aws import put
from tests.unit.layer.records import RUN_ID, a_call, a_run

ARN = "arn:aws:sts::123456789012:assumed-role/support/ann"
IAM = {
    "iam": {
        "accessKey": "AKIATULIP",
        "accountId": "123456789012",
        "callerId": "AROAX:ann",
        "cognitoIdentity": None,
        "principalOrgId": "o-1",
        "userArn": ARN,
        "userId": "AROAX:ann",
    }
}
JWT = {"jwt": {"claims": {"sub": "user-1", "email": "ann@example.com", "iss": "tulip"}, "scopes": None}}
BY_IAM = {"type": "iam", "user_arn": ARN, "caller_id": "AROAX:ann", "account_id": "123456789012"}
BY_JWT = {"type": "jwt", "sub": "user-1", "email": "ann@example.com"}
ANYBODY = [(IAM, BY_IAM), (JWT, BY_JWT), (None, None), ({}, None), ({"lambda": {"sub": "x"}}, None)]
DECISION, OUTPUT = "/calls/call_1/decision", "/calls/call_1/output"


IN_AN_HOUR = instant.as_written(instant.now() + timedelta(hours=1))


def post(api: Api, path: str, body: bytes, authorizer: Mapping[str, Any] | None) -> Answer:
    headers = [("content-type", "application/json")]
    event = proxy_event("POST", f"/runs/{RUN_ID}{path}", headers=headers, body=body)
    if authorizer is not None:
        event["requestContext"]["authorizer"] = authorizer
    return api.answer(event)


def told(api: Api, kind: str) -> dict[str, Any]:
    events = api.get(f"/runs/{RUN_ID}/events").json["events"]
    return next(event for event in events if event["type"] == kind)


@pytest.fixture
def waiting(aws):
    put(aws, a_run(status="requires_action", deadline_at=IN_AN_HOUR), a_call(outcome="awaiting_decision"))


@pytest.fixture
def wanted(aws):
    put(aws, a_run(status="requires_action", deadline_at=IN_AN_HOUR), a_call(executor="external"))


@pytest.mark.parametrize(("authorizer", "by"), ANYBODY)
def test_who_decided_is_kept_and_shown(waiting, api, authorizer, by):
    answer = post(api, DECISION, b'{"approve": true}', authorizer)

    (call,) = api.get(f"/runs/{RUN_ID}").json["calls"]
    assert answer.status == 202
    assert (
        answer.json["decided_by"] == call["decided_by"] == told(api, "call_decided").get("decided_by") == by
    )


@pytest.mark.parametrize(("authorizer", "by"), ANYBODY)
def test_who_gave_an_output_is_kept_and_shown(wanted, api, authorizer, by):
    answer = post(api, OUTPUT, b'{"output": "x"}', authorizer)

    (call,) = api.get(f"/runs/{RUN_ID}").json["calls"]
    assert (
        answer.json["answered_by"] == call["answered_by"] == told(api, "call_ended").get("answered_by") == by
    )
    assert call["decided_by"] is None


@pytest.mark.parametrize(("authorizer", "by"), ANYBODY)
def test_who_asked_for_a_cancel_is_kept_and_shown(aws, api, authorizer, by):
    put(aws, a_run())

    assert post(api, "/cancel", b"", authorizer).status == 202
    assert post(api, "/cancel", b"", IAM).status == 202
    assert told(api, "cancel_requested").get("requested_by") == by


def test_the_first_who_decided_stays_when_another_says_the_same(waiting, api):
    first = post(api, DECISION, b'{"approve": false, "reason": "no"}', IAM)
    again = post(api, DECISION, b'{"approve": false, "reason": "no"}', JWT)
    other = post(api, DECISION, b'{"approve": true}', JWT)

    assert (first.status, again.status, other.status) == (202, 202, 409)
    assert first.json["decided_by"] == again.json["decided_by"] == other.json["first"]["decided_by"] == BY_IAM


def test_the_first_who_answered_stays_when_another_says_the_same(wanted, api):
    answers = [post(api, OUTPUT, b'{"error": "no"}', authorizer) for authorizer in (JWT, IAM)]

    assert [(answer.status, answer.json["answered_by"]) for answer in answers] == [(202, BY_JWT)] * 2


@pytest.mark.parametrize("sub", ["s" * 10_000, "☃" * 10_000])
def test_of_what_a_token_claims_little_is_kept_and_nothing_is_logged(waiting, api, deployed, sub: str):
    claims = {"sub": sub, "email": ["ann@example.com"], "name": "tulip"}
    answer = post(api, DECISION, b'{"approve": true}', {"jwt": {"claims": claims}})

    assert answer.json["decided_by"] == {"type": "jwt", "sub": sub[:MAX_CHARACTERS]}
    assert deployed.output.getvalue() == ""


@pytest.fixture(scope="module")
def _guarded_instance() -> local_aws.Deployed:
    return local_aws.start("ApiFunction", JWT_DECIDE_SCOPE="runs:decide")


@pytest.fixture
def guarded(aws, _guarded_instance) -> Api:
    return Api(_guarded_instance)


def with_claims(**claims: Any) -> dict[str, Any]:
    return {"jwt": {"claims": {"sub": "user-1", **claims}, "scopes": None}}


@pytest.mark.parametrize(
    "authorizer",
    [
        with_claims(scope="runs:decide"),
        with_claims(scope="openid runs:decide email"),
        with_claims(scp="openid runs:decide"),
        with_claims(scp="[openid runs:decide]"),
        with_claims(scp=["openid", "runs:decide"]),
        with_claims(scope="openid", scp="runs:decide"),
    ],
)
def test_who_has_the_scope_decides(waiting, guarded, authorizer):
    assert post(guarded, DECISION, b'{"approve": true}', authorizer).status == 202


@pytest.mark.parametrize("path", [DECISION, OUTPUT, "/calls/a/b/decision"])
@pytest.mark.parametrize(
    "authorizer",
    [
        None,
        {},
        IAM,
        JWT,
        with_claims(scope="runs:decide:not"),
        with_claims(scope="runs"),
        with_claims(scope=""),
        with_claims(scope=7, scp={"runs:decide": True}),
        with_claims(scp=["runs:decide x", None]),
        with_claims(sub="runs:decide"),
        {"jwt": {"claims": None}},
        {"lambda": {"scope": "runs:decide"}},
    ],
)
def test_who_lacks_the_scope_is_refused_whatever_they_say(waiting, guarded, api, path, authorizer):
    answer = post(guarded, path, b"{", authorizer)

    assert (answer.status, answer.headers["content-type"]) == (403, "application/problem+json")
    assert answer.json["detail"] == "this needs a token with the scope runs:decide"
    assert api.get(f"/runs/{RUN_ID}").json["calls"][0]["outcome"] == "awaiting_decision"


@pytest.mark.parametrize("end", ["\n", "\r", "\x00", "\u2028"])
@pytest.mark.parametrize("path", [DECISION, OUTPUT])
def test_no_path_goes_round_the_scope(waiting, guarded, api, path, end):
    answer = post(guarded, path + end, b'{"approve": true}', JWT)

    assert answer.status in (403, 404)
    assert api.get(f"/runs/{RUN_ID}").json["calls"][0]["outcome"] == "awaiting_decision"


def test_without_the_scope_all_else_may_be_done(aws, guarded):
    put(aws, a_run())

    assert guarded.get(f"/runs/{RUN_ID}").status == 200
    assert guarded.get("/runs").status == 200
    assert post(guarded, "/cancel", b"", JWT).status == 202


# -- Browsers ------------------------------------------------------------------------------------

PREFLIGHT = {"origin": "https://app.example.com", "access-control-request-method": "POST"}


@pytest.mark.parametrize(
    "path", ["/runs", f"/runs/{RUN_ID}", f"/runs/{RUN_ID}/calls/a/b/decision", "/openapi.json"]
)
def test_what_a_browser_asks_beforehand_is_answered_without_a_look(api, guarded, deployed, path: str):
    for each in (api, guarded):
        answer = each.send("OPTIONS", path, headers=PREFLIGHT)
        assert (answer.status, answer.body) == (204, "")

    assert deployed.requests == []


@pytest.mark.parametrize("missing", PREFLIGHT)
def test_any_other_options_are_a_method_that_the_path_does_not_take(api, missing: str):
    headers = {name: value for name, value in PREFLIGHT.items() if name != missing}

    assert api.send("OPTIONS", "/runs", headers=headers).status == 405
