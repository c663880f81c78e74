"""A decision or an output that nobody would be told of is refused: a 202 holds."""

from datetime import timedelta

import pytest
from contracts import instant

from tests.integration.api.records_in_aws import put, stored
from tests.integration.local_aws import queued
from tests.unit.layer.records import RUN_ID, a_call, a_run

SOON = instant.now() + timedelta(hours=1)
WORDS = {
    "decision": ({"approve": True}, {"outcome": "awaiting_decision"}),
    "output": ({"output": "yes"}, {"outcome": "pending", "executor": "external"}),
}


@pytest.mark.parametrize("what", WORDS)
@pytest.mark.parametrize(
    ("facts", "how"),
    [
        ({"deadline_at": SOON, "cancel_requested_at": SOON}, "being cancelled"),
        ({"deadline_at": SOON - timedelta(hours=2)}, "past its deadline"),
        ({"deadline_at": SOON, "status": "expired", "ended_at": SOON}, "expired"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_comes_when_a_run_is_over_or_is_to_be_is_a_409_that_says_so(aws, api, what, facts, how):
    body, standing = WORDS[what]
    put(aws, a_run(**{"status": "requires_action", **facts}), call := a_call(**standing, wait_until=SOON))

    answer = api.post(f"/runs/{RUN_ID}/calls/call_1/{what}", body)

    assert answer.status == 409
    assert answer.json["detail"] == f"the run is {how}, its calls await no {what}"
    assert stored(aws, call) == call
    assert queued(aws) == []


@pytest.mark.parametrize("what", WORDS)
def test_what_comes_when_a_call_has_waited_long_enough_is_a_409_that_says_so(aws, api, what):
    """Whoever closes it may not have come to it yet."""
    body, standing = WORDS[what]
    late = instant.now() - timedelta(seconds=1)
    run = a_run(status="requires_action", deadline_at=SOON)
    put(aws, run, call := a_call(**standing, wait_until=late))

    answer = api.post(f"/runs/{RUN_ID}/calls/call_1/{what}", body)

    until = instant.to_text(late)
    assert (answer.status, answer.json["detail"]) == (409, f"the call waited for its {what} until {until}")
    assert stored(aws, call).outcome == call.outcome
    assert queued(aws) == []
